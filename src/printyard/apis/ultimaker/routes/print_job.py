"""The print job that holds the printer, until its print is taken off the plate."""

from collections.abc import Awaitable, Callable, Mapping

import msgspec
from litestar import Response, get, post
from litestar.enums import MediaType
from litestar.openapi import ResponseSpec
from litestar.params import FromPath

from printyard.apis.ultimaker.bodies import Asked, sent, text
from printyard.apis.ultimaker.caller import Caller, Here
from printyard.apis.ultimaker.downloads import container_download, gcode_download
from printyard.apis.ultimaker.handing_in import received
from printyard.apis.ultimaker.routes.verbs import read, write
from printyard.apis.ultimaker.schemas import PrintAccepted, PrintJob
from printyard.apis.ultimaker.views.prints import NO_PRINT, held_job, print_job as view
from printyard.core.errors import Invalid, NotFound
from printyard.core.jobs.queue import Queue
from printyard.core.model.file import File
from printyard.core.model.job import JobState
from printyard.core.model.user import Principal
from printyard.serving.reply import Reply

TARGETS: Mapping[str, Callable[[Queue, Principal, str], Awaitable[None]]] = {
    "print": Queue.resume,
    "pause": Queue.pause,
    "abort": Queue.cancel,
}
"""What a print can be told."""


def shown_job(caller: Caller) -> PrintJob:
    """The print, as the document shows it. Raises NotFound."""
    return view(caller.shown)


async def printed_file(caller: Caller) -> File:
    """The file of the print. Raises NotFound where nothing is printed, or what was started elsewhere."""
    job = held_job(caller.shown)
    if job.file_id is None:
        raise NotFound(NO_PRINT)
    return await caller.core.files.get(caller.principal, job.file_id)


@read("/print_job", responses={200: ResponseSpec(PrintJob)})
async def print_job(caller: Here) -> Reply:
    """Exactly 15 keys: a client in use takes no more and no less."""
    return caller.rendered("print_job", view)


@post("/print_job", status_code=201)
async def hand_in(caller: Here, request: Asked) -> PrintAccepted:
    """A form with `file`, and maybe `jobname`, `owner` and `created_at`. 405 if the printer cannot print it at once."""
    job = await received(caller, request)
    waits = job.state is JobState.WAITING_APPROVAL
    return PrintAccepted("Print job waits for approval." if waits else "Print job accepted.", job.id)


@read("/print_job/state")
async def state(caller: Here) -> str:
    """One of nine words."""
    return shown_job(caller).state


@write(["/print_job/state", "/print_job"])
async def set_state(caller: Here, request: Asked) -> None:
    """`print`, `pause` or `abort`, as a bare text or as {"target"}; one client sends it to the job itself."""
    target = text(await sent(request), "target", "state")
    command = TARGETS.get(target)
    if command is None:
        raise Invalid(f"The target must be one of {', '.join(TARGETS)}, not {target[:40]!r}.")
    held_job(caller.shown)
    await command(caller.core.jobs, caller.principal, caller.printer_id)


@get("/print_job/gcode")
async def gcode(caller: Here) -> Reply:
    """The plain G-code, unpacked."""
    return gcode_download(caller.core.files.blobs, await printed_file(caller))


@get("/print_job/container")
async def container(caller: Here) -> Reply:
    """The file as it was received."""
    return container_download(caller.core.files.blobs, await printed_file(caller))


@read("/print_job/{leaf:str}")
async def one_field(caller: Here, leaf: FromPath[str]) -> Response[bytes]:
    """Any field of the print by itself. 404 for one without a value, such as the end of a print that goes on."""
    job = shown_job(caller)
    value = getattr(job, leaf) if leaf in PrintJob.__struct_fields__ else None
    if value is None:
        raise NotFound(NO_PRINT)
    return Response(msgspec.json.encode(value), media_type=MediaType.JSON)


HANDLERS = [print_job, hand_in, state, set_state, gcode, container, one_field]
