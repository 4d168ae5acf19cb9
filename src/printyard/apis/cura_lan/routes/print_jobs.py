"""The group's jobs: those that wait, those that are printed, and uploads that were refused."""

from typing import Any

from litestar import get
from litestar.openapi import ResponseSpec
from litestar.params import FromPath

from printyard.apis.cura_lan import jobs
from printyard.apis.cura_lan.caller import Asked, Here
from printyard.apis.cura_lan.handing_in import received
from printyard.apis.cura_lan.pictures import picture_of
from printyard.apis.cura_lan.routes.verbs import act, make, read, remove, write
from printyard.apis.cura_lan.schemas import Accepted, PrintJob
from printyard.apis.cura_lan.translate import ORDERS, PRINT_ORDERS, Order
from printyard.core.access.rules import require
from printyard.core.errors import Invalid
from printyard.core.model.job import JobState
from printyard.core.model.user import Right
from printyard.gcode.picture import blank
from printyard.serving.answers import Answer
from printyard.serving.forms import read_json
from printyard.serving.reply import Reply, reply

MAX_POSITION = 1_000_000


@read("/print_jobs", responses={200: ResponseSpec(list[PrintJob])})
async def print_jobs(caller: Here) -> Reply:
    """All of them; gathered once per change, since every Cura in the network asks each two seconds."""
    cache, resource = caller.office.cache, ("print_jobs", caller.group)
    refused = tuple(upload.id for upload in caller.office.refused.of(caller.group))
    version = (caller.core.history.newest, refused, caller.version)
    if (kept := cache.known(resource, version)) is not None:
        return kept
    rows = await jobs.listed(caller)
    return cache.reply(resource, version, lambda: rows)


@make("/print_jobs")
async def hand_in(caller: Here, request: Asked) -> Accepted:
    """A form with `file`, and maybe `owner` and `require_printer_name` (the `unique_name` of a printer)."""
    job = await received(caller, request)
    waits = job.state is JobState.WAITING_APPROVAL
    return Accepted(job.id, "Print job waits for approval." if waits else "Print job accepted.")


@read("/print_jobs/{uuid:str}")
async def print_job(caller: Here, uuid: FromPath[str]) -> PrintJob:
    """One job."""
    return await jobs.shown_one(caller, uuid)


@write("/print_jobs/{uuid:str}")
async def change(caller: Here, uuid: FromPath[str], request: Asked) -> None:
    """{"force": true}: print it in spite of what would have to be changed on the printer.

    It is not asked again whether that is meant: Cura has asked its user, and shows no answer.
    """
    require(caller.principal, Right.CONTROL)
    if fields(await read_json(request)).get("force") is not True:
        raise Invalid("All that can be changed of a job is to force it.")
    await jobs.obey(caller, uuid, Order.FORCE)


@remove("/print_jobs/{uuid:str}")
async def withdraw(caller: Here, uuid: FromPath[str]) -> None:
    """Take it out of the queue."""
    await jobs.remove(caller, uuid)


@write("/print_jobs/{uuid:str}/action")
async def print_action(caller: Here, uuid: FromPath[str], request: Asked) -> None:
    """{"action": "pause" | "print" | "abort"} of a print; `resume` is another word for `print`."""
    require(caller.principal, Right.CONTROL)
    order = ORDERS.get(str(fields(await read_json(request)).get("action")))
    if order not in PRINT_ORDERS:
        raise Invalid("The action must be pause, print or abort.")
    await jobs.obey(caller, uuid, order)


@act("/print_jobs/{uuid:str}/action/{action:str}")
async def action(caller: Here, uuid: FromPath[str], action: FromPath[str], request: Asked) -> None:
    """`move` with {"list": "queued", "to_position": 0}, and the cloud's names: pause, resume, abort, remove, force."""
    require(caller.principal, Right.CONTROL)
    order = ORDERS.get(action)
    if order is None:
        raise Invalid(f"The action must be one of {', '.join(ORDERS)}.")
    said = fields(await read_json(request))
    inner = said.get("data")
    await jobs.obey(caller, uuid, order, position(inner if isinstance(inner, dict) else said))


@get("/print_jobs/{uuid:str}/preview_image", media_type="image/png")
async def preview_image(caller: Here, uuid: FromPath[str]) -> Reply:
    """A picture of the print: its file's own (PNG or JPEG), else one that was drawn (PNG)."""
    if any(upload.id == uuid for upload in caller.office.refused.of(caller.group)):
        return reply(Answer(200, blank(), "image/png"))
    return reply(await picture_of(caller, await jobs.one(caller, uuid)))


def fields(said: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON is anything
    """An object, or an empty one for nothing at all: an empty body comes as application/json too. Raises Invalid."""
    if said is None:
        return {}
    if not isinstance(said, dict):
        raise Invalid("The body must be an object.")
    return said


def position(said: dict[str, Any]) -> int:
    """Where in the queue; its top if nothing is said. Raises Invalid."""
    place = said.get("to_position", 0)
    if isinstance(place, bool) or not isinstance(place, int) or not 0 <= place <= MAX_POSITION:
        raise Invalid("The to_position must be a whole number, 0 for the top.")
    return place


HANDLERS = [print_jobs, hand_in, print_job, change, withdraw, print_action, action, preview_image]
