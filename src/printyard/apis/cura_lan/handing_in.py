"""Handing in a print: the form is streamed to the disk, and becomes a job of the group's queue.

Cura tells its user that all went well, whatever it is answered: what is refused is kept, to be shown among the jobs.
"""

from collections import Counter

from printyard.apis.cura_lan.caller import Asked, Caller
from printyard.apis.cura_lan.refused import RefusedUpload
from printyard.core.access.rules import require
from printyard.core.errors import CoreError, Forbidden, Incomplete, Invalid, NotFound, Unauthenticated
from printyard.core.files import file_name
from printyard.core.fleet.board import Snapshot
from printyard.core.jobs.choosing import group_for
from printyard.core.jobs.needing import needs_of, setup_of
from printyard.core.jobs.queue import Claims, Wishes
from printyard.core.model.file import Blob, FileKind
from printyard.core.model.job import Job
from printyard.core.model.needs import NO_NEEDS, Needs
from printyard.core.model.user import Right
from printyard.core.model.value import Id
from printyard.core.ports.blobs import Partial
from printyard.dialects.ultimaker import words
from printyard.serving.uploads import Form, PartHead, received_form

FILE = "file"
OWNER = "owner"
REQUIRED = "require_printer_name"
UPLOAD_BYTES = 8_000_000_000
OWNER_LENGTH = 200
UNTITLED = "Untitled"

SILENT = (Unauthenticated, Forbidden, Incomplete)
"""What is not shown as a job: nobody may fill a list that he may not add to, and who was cut off knows it."""


async def received(caller: Caller, request: Asked) -> Job:
    """The job that was handed in.

    Raises Invalid, TooLarge, Incomplete, StorageFull, Unauthenticated, NotFound (no such printer in this group).
    """
    require(caller.principal, Right.PRINT)
    fields: dict[str, str] = {}
    try:
        return await _received(caller, request, fields)
    except SILENT:
        raise
    except CoreError as error:
        core = caller.core
        caller.office.refused.add(
            caller.group,
            RefusedUpload(
                id=core.ids.new(), name=fields.get(FILE) or UNTITLED, owner=_owner(caller, fields),
                at=core.clock.now(), code=error.code, reason=error.message,
            ),
        )  # fmt: skip
        raise


async def _received(caller: Caller, request: Asked, fields: dict[str, str]) -> Job:
    core, principal = caller.core, caller.principal

    async def open_part(head: PartHead) -> Partial | None:
        """One client sends its texts with file names: only `file` is a file."""
        if head.name != FILE:
            return None
        fields[FILE] = _name(head.file_name)
        return await core.files.begin(principal, UPLOAD_BYTES)

    async with received_form(request, open_part, limit=UPLOAD_BYTES) as form:
        fields.update(form.fields)
        file = form.file(FILE)
        name = file_name(file.head.file_name) if file.head.file_name.strip() else UNTITLED
        required = _required(caller, form)
        blob = await file.partial.finish(name)
        if blob.kind is FileKind.OTHER:
            raise Invalid("The file holds no G-code.", code="no_model")
        group = required.printer.group_id if required is not None else await _group(caller, blob)
        stored = await core.files.add(principal, name, blob)
        claims = Claims(name=name, user=_owner(caller, fields), application=principal.application or "Cura")
        wishes = Wishes(printer_id=None if required is None else required.printer.id)
        return await core.jobs.submit(principal, group, stored.id, claims, wishes)


def _required(caller: Caller, form: Form) -> Snapshot | None:
    """The printer that must print it: the one that was named, or the group of one. Raises NotFound."""
    printers, name = caller.printers, form.fields.get(REQUIRED, "").strip()
    if not printers:
        raise NotFound("There is no printer here.", code="no_printer")
    if name:
        for shown in printers:
            if name in {words.host_name(shown.printer), shown.printer.device_guid}:
                return shown
        raise NotFound("There is no such printer in this group.", code="no_such_printer")
    return printers[0] if caller.visit.printer_id is not None else None


async def _group(caller: Caller, blob: Blob) -> Id:
    """The queue that it goes to, where any printer will do."""
    core, principal, printers = caller.core, caller.principal, caller.printers
    groups = dict.fromkeys(shown.printer.group_id for shown in printers)
    if len(groups) == 1:
        return next(iter(groups))
    machines = {shown.printer.id: core.printers.machine(principal, shown.printer.id) for shown in printers}
    materials = {material.guid.lower(): material for material in await core.materials.all(principal)}
    waiting: Counter[str] = Counter(job.group_id for job in await core.jobs.waiting(principal))
    setups = [
        (shown, setup_of(shown.printer, shown.state, machines[shown.printer.id], materials)) for shown in printers
    ]
    needs = await _needs(caller, blob, printers[0])
    return group_for(needs, setups, waiting)


async def _needs(caller: Caller, blob: Blob, shown: Snapshot) -> Needs:
    """What its file asks for; nothing where it cannot be read: the queue will say so."""
    try:
        machine = caller.core.printers.machine(caller.principal, shown.printer.id)
        return needs_of(await caller.core.analyses.of(blob, machine))
    except CoreError:
        return NO_NEEDS


def _owner(caller: Caller, fields: dict[str, str]) -> str:
    owner = " ".join(fields.get(OWNER, "").split())[:OWNER_LENGTH]
    return owner or caller.principal.name


def _name(said: str) -> str:
    """A name that can be shown, of whatever was sent."""
    try:
        return file_name(said)
    except Invalid:
        return UNTITLED
