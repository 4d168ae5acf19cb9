"""Actions on printers, and what became of any action."""

from collections.abc import Callable, Coroutine
from typing import Any

import msgspec
from litestar import Request, get, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from printyard.apis.digital_factory.bodies import body_of
from printyard.apis.digital_factory.connect.caller import Caller, Here
from printyard.apis.digital_factory.connect.routes import either
from printyard.apis.digital_factory.connect.views.actions import status_of
from printyard.apis.digital_factory.cura.materials import import_profiles
from printyard.apis.digital_factory.envelope import BadField, MissingField, NoRecord, told_as
from printyard.apis.digital_factory.ids import uuid_of
from printyard.apis.digital_factory.schemas import clusters as schemas
from printyard.apis.digital_factory.schemas.pages import Data
from printyard.core.access.rules import require
from printyard.core.actions import Errand
from printyard.core.clusters import Cluster
from printyard.core.errors import Unsupported
from printyard.core.fleet.board import Snapshot
from printyard.core.model.user import Right
from printyard.core.ports.facets import Display
from printyard.serving.answers import Answer
from printyard.serving.reply import Reply, reply

Asked = schemas.PrinterActionBodyRequest
Doing = Callable[[Caller, Snapshot, Asked], Coroutine[Any, Any, bytes | None]]

PICTURE, PICTURE_SECONDS = "connect-snapshot", 300.0
MODEL = "PrinterActionBodyRequest"


async def rename(caller: Caller, shown: Snapshot, asked: Asked) -> bytes | None:
    """Give the printer another name."""
    await caller.core.printers.rename(caller.principal, shown.printer.id, asked.name or "")
    return None


async def enable(caller: Caller, shown: Snapshot, asked: Asked) -> bytes | None:
    """Let it have new jobs, or not if the body says so."""
    wanted = True if asked.enabled is None else asked.enabled
    await caller.core.printers.decide(caller.principal, shown.printer.id, enabled=wanted)
    return None


async def disable(caller: Caller, shown: Snapshot, asked: Asked) -> bytes | None:
    """Let it have no new jobs."""
    wanted = False if asked.enabled is None else asked.enabled
    await caller.core.printers.decide(caller.principal, shown.printer.id, enabled=wanted)
    return None


async def update_firmware(caller: Caller, shown: Snapshot, asked: Asked) -> bytes | None:
    """Begin an update. There is no calendar of updates: one that is scheduled begins at once, or is refused."""
    if asked.schedule_update is False:
        raise Unsupported("There is no scheduled update that could be cancelled.")
    firmware = caller.core.printers.facets(caller.principal, shown.printer.id, Right.CONFIGURE).firmware
    if firmware is None:
        raise Unsupported("This printer cannot be updated from here.")
    await firmware.update(asked.channel or "stable")
    caller.asked_anew(shown)
    return None


async def get_webcam_snapshot(caller: Caller, shown: Snapshot, _: Asked) -> bytes | None:
    """Take a picture."""
    camera = caller.core.printers.facets(caller.principal, shown.printer.id).camera
    if camera is None:
        raise Unsupported("This printer has no camera.")
    return await camera.snapshot()


async def import_material(caller: Caller, _: Snapshot, asked: Asked) -> bytes | None:
    """Read an uploaded archive of profiles into the yard's materials, which are those of all its printers."""
    await import_profiles(caller.desk, asked.material_profile_id or "")
    return None


async def lock(caller: Caller, shown: Snapshot, asked: Asked) -> bytes | None:
    """Lock its display with a PIN."""
    await display_of(caller, shown).lock(asked.pin_code or "")
    caller.asked_anew(shown)
    return None


async def unlock(caller: Caller, shown: Snapshot, _: Asked) -> bytes | None:
    """Let everybody use its display again (ours: the document has only the lock)."""
    await display_of(caller, shown).unlock()
    caller.asked_anew(shown)
    return None


def display_of(caller: Caller, shown: Snapshot) -> Display:
    """A printer's display. Raises Unsupported where it has none that can be locked."""
    display = caller.core.printers.facets(caller.principal, shown.printer.id, Right.CONFIGURE).display
    if display is None:
        raise Unsupported("The display of this printer cannot be locked.")
    return display


class Action(msgspec.Struct, frozen=True):
    """An action: the right that it takes, the fields that it needs, and what it does."""

    right: Right
    doing: Doing
    needs: tuple[str, ...] = ()


ACTIONS = {
    "rename": Action(Right.CONFIGURE, rename, ("name",)),
    "enable": Action(Right.MANAGE, enable),
    "disable": Action(Right.MANAGE, disable),
    "import_material": Action(Right.CONFIGURE, import_material, ("material_profile_id",)),
    "update_firmware": Action(Right.CONFIGURE, update_firmware),
    "get_webcam_snapshot": Action(Right.READ, get_webcam_snapshot),
    "lock": Action(Right.CONFIGURE, lock, ("pin_code",)),
    "unlock": Action(Right.CONFIGURE, unlock),
}


@post(
    either("/{cluster_id:str}/printers/{cluster_printer_id:str}/action/{action:str}"),
    tags=["actions"],
    maybe_body=Asked,
    words={"action": list(ACTIONS)},
)
async def act_on_printer(
    caller: Here,
    cluster_id: FromPath[str],
    cluster_printer_id: FromPath[str],
    action: FromPath[str],
    request: Request[Any, Any, Any],
) -> Data[schemas.ActionStatusResponse]:
    """Begin an action on a printer of a cluster; its fate is asked for later."""
    cluster = await caller.cluster(cluster_id)
    shown = printer_in(cluster, cluster_printer_id)
    known = ACTIONS.get(action)
    if known is None:
        raise BadField(MODEL, "action", f"The actions are {', '.join(ACTIONS)}.")
    asked = await body_of(request, Asked, optional=True)
    for field in known.needs:
        if not getattr(asked, field):
            raise MissingField(MODEL, field)
    require(caller.principal, known.right)
    action_id = await caller.core.actions.begin(
        caller.principal,
        shown.printer.id,
        Errand(what=action, subject=shown.printer.id),
        lambda: known.doing(caller, shown, asked),
    )
    return Data(data=schemas.ActionStatusResponse(action_id=action_id, status="pending"))


def printer_in(cluster: Cluster, guid: str) -> Snapshot:
    """A printer of a cluster by its own GUID, or by its id. Raises NotFound."""
    for shown in cluster.printers:
        if guid.lower() in {shown.printer.device_guid.lower(), shown.printer.id}:
            return shown
    raise NoRecord("printer")


@get(either("/{cluster_id:str}/action_status/{action_id:str}"), tags=["actions"])
async def action_status(
    caller: Here, cluster_id: FromPath[str], action_id: FromPath[str]
) -> Data[schemas.ActionStatusResponse]:
    """What became of an action of this cluster."""
    cluster = await caller.cluster(cluster_id)
    with told_as("action"):
        action = await caller.core.actions.get(caller.principal, uuid_of(action_id))
    record = action.record
    if all(shown.printer.id != record.printer_id for shown in cluster.printers):
        raise NoRecord("action")
    url = ""
    if record.command["what"] == "get_webcam_snapshot":
        path = f"/connect/v1/webcam_snapshots/{record.id}"
        query = caller.office.door.signer.sign(PICTURE, record.id, "GET", caller.principal.id, PICTURE_SECONDS)
        url = f"{caller.url(path)}?{query}"
    return Data(data=status_of(record, url, lost=action.lost))


@get("/webcam_snapshots/{action_id:str}", tags=["actions"], media="image/jpeg")
async def webcam_snapshot(caller: Here, action_id: FromPath[str], request: Request[Any, Any, Any]) -> Reply:
    """The picture that an action took; the address is the credential."""
    query: bytes = request.scope["query_string"]
    caller.office.door.signer.check(query, PICTURE, action_id, caller.visit.method)
    return reply(Answer(200, caller.core.actions.picture(action_id), "image/jpeg"))


HANDLERS: list[ControllerRouterHandler] = [act_on_printer, action_status, webcam_snapshot]
