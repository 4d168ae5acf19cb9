"""The printer's past: prints and events, newest first."""

from typing import Any

from litestar.params import FromPath

from printyard.apis.ultimaker import events as log
from printyard.apis.ultimaker.bodies import Asked, fields_of, optional_number, sent, value_of, whole
from printyard.apis.ultimaker.caller import Here
from printyard.apis.ultimaker.routes.verbs import act_answered, read
from printyard.apis.ultimaker.schemas import HistoryEvent, HistoryJob, Message
from printyard.apis.ultimaker.views.prints import NO_PRINT, history_job
from printyard.core.errors import Invalid, NotFound

COUNT = 50
MAX_COUNT = 1000
MAX_OFFSET = 10**9
MAX_PARAMETERS = 100
MAX_PARAMETER_LENGTH = 1000


def page_of(asked: dict[str, Any]) -> tuple[int, int]:
    """Offset (0) and count (50) of a query; the document has doubles. Raises Invalid."""
    offset = whole(asked, "offset") if "offset" in asked else 0
    count = whole(asked, "count") if "count" in asked else COUNT
    if not 0 <= offset <= MAX_OFFSET:
        raise Invalid("The offset must be 0 or more.")
    if count < 0:
        raise Invalid("The count must be 0 or more.")
    return offset, min(count, MAX_COUNT)


def parameters_of(said: dict[str, Any]) -> list[str]:
    """One per line, or a list, or a field that comes more than once. Raises Invalid if there is none."""
    value = value_of(said, "parameters")
    lines = value.splitlines() if isinstance(value, str) else value
    if not isinstance(lines, list) or not all(isinstance(line, str | int | float) for line in lines):
        raise Invalid("The parameters must be texts.")
    found = [str(line) for line in lines if str(line).strip()]
    if not found:
        raise Invalid("At least one of the parameters is required.")
    if len(found) > MAX_PARAMETERS or any(len(line) > MAX_PARAMETER_LENGTH for line in found):
        raise Invalid(f"There are at most {MAX_PARAMETERS} parameters of {MAX_PARAMETER_LENGTH} characters.")
    return found


@read("/history/print_jobs")
async def print_jobs(caller: Here, request: Asked) -> list[HistoryJob]:
    """The print under way is among them, with an empty result."""
    offset, count = page_of(dict(request.query_params))
    if not count:
        return []
    jobs = await caller.core.jobs.history(caller.principal, printer_id=caller.printer_id, offset=offset, limit=count)
    return [history_job(job) for job in jobs]


@read("/history/print_jobs/{uuid:str}")
async def one_print_job(caller: Here, uuid: FromPath[str]) -> HistoryJob:
    """A print of this printer, by the uuid that its upload was answered with."""
    job = await caller.core.jobs.get(caller.principal, uuid.lower())
    if job.printer_id != caller.printer_id:
        raise NotFound(NO_PRINT)
    return history_job(job)


@read("/history/events")
async def events(caller: Here, request: Asked) -> list[HistoryEvent]:
    """Of all types, or of one."""
    asked = dict(request.query_params)
    offset, count = page_of(asked)
    only = optional_number(asked, "type_id")
    if not count:
        return []
    return await log.events(
        caller.core, caller.principal, caller.printer_id,
        offset=offset, count=count, type_id=None if only is None else whole(only, "type_id"),
    )  # fmt: skip


@act_answered("/history/events")
async def post_event(caller: Here, request: Asked) -> Message:
    """A program's own event: a type id and at least one parameter."""
    said = fields_of(await sent(request))
    type_id = whole(said, "type_id")
    if not 0 <= type_id < 2**31:
        raise Invalid("The type_id must be a number from 0 to 2147483647.")
    body: dict[str, object] = {log.TYPE_ID: type_id, log.PARAMETERS: parameters_of(said)}
    await caller.core.history.note(caller.principal, caller.printer_id, body)
    return Message("Event logged")


HANDLERS = [print_jobs, one_print_job, events, post_event]
