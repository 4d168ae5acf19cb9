"""Handing in a print: the form is streamed to the disk, checked, and printed at once or not at all."""

from datetime import UTC, datetime

from printyard.apis.ultimaker.bodies import Asked
from printyard.apis.ultimaker.caller import Caller
from printyard.apis.ultimaker.documents import FILE
from printyard.core.errors import Invalid
from printyard.core.files import file_name
from printyard.core.jobs.queue import Claims
from printyard.core.model.job import Job
from printyard.core.model.value import MICROSECONDS, Instant
from printyard.core.ports.blobs import Partial
from printyard.serving.uploads import PartHead, received_form

UPLOAD_BYTES = 8_000_000_000
OWNER_LENGTH = 200
SUFFIXES = (".gz", ".gcode", ".gco", ".g", ".ufp", ".bgcode")
UNTITLED = "Untitled"
FIRST_YEAR = 1970


async def received(caller: Caller, request: Asked) -> Job:
    """The job that was handed in. Raises what `Queue.print_now` raises, and Invalid or Incomplete for a bad upload.

    A printer that would refuse it says so before the bytes come; whatever goes wrong on the way, nothing of them stays.
    """
    core, principal, printer_id = caller.core, caller.principal, caller.printer_id
    core.jobs.expect(principal, printer_id)

    async def open_part(head: PartHead) -> Partial | None:
        """One client sends its texts with file names: only `file` is a file."""
        return await core.files.begin(principal, UPLOAD_BYTES) if head.name == FILE else None

    async with received_form(request, open_part, limit=UPLOAD_BYTES) as form:
        if form.parts.count(FILE) > 1:
            raise Invalid("There is more than one file.")
        file = form.file(FILE)
        uploaded_as = file_name(file.head.file_name) if file.head.file_name.strip() else ""
        claims = claims_of(caller, form.fields, uploaded_as)
        blob = await file.partial.finish(uploaded_as or claims.name)
        return await core.jobs.print_now(principal, printer_id, blob, claims)


def claims_of(caller: Caller, fields: dict[str, str], uploaded_as: str) -> Claims:
    """What the form says of the print. Raises Invalid."""
    name = fields.get("jobname", "").strip() or fields.get("job_name", "").strip() or stem(uploaded_as) or UNTITLED
    file_name(name)
    owner = " ".join(fields.get("owner", "").split())[:OWNER_LENGTH]
    created_at = fields.get("created_at", "").strip()
    return Claims(
        name=name,
        user=owner or caller.principal.name,
        created_at=instant_of(created_at) if created_at else None,
    )


def stem(name: str) -> str:
    """A file's name without what only tells its kind."""
    while (cut := next((suffix for suffix in SUFFIXES if name.lower().endswith(suffix)), "")) and len(cut) < len(name):
        name = name[: -len(cut)]
    return name


def instant_of(text: str) -> Instant:
    """A moment since 1970 in ISO 8601; without a zone it is UTC. Raises Invalid."""
    try:
        moment = datetime.fromisoformat(text)
        moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise Invalid(f"The created_at must be a date and time, not {text[:40]!r}.") from None
    if moment.year < FIRST_YEAR:
        raise Invalid(f"The created_at must not lie before {FIRST_YEAR}.")
    return Instant(round(moment.timestamp() * MICROSECONDS))
