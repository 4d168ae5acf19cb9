"""The group's printers."""

from litestar.openapi import ResponseSpec
from litestar.params import FromPath

from printyard.apis.cura_lan import views
from printyard.apis.cura_lan.caller import Caller, Here
from printyard.apis.cura_lan.routes.verbs import read
from printyard.apis.cura_lan.schemas import Printer
from printyard.core.errors import NotFound
from printyard.core.fleet.board import Snapshot
from printyard.dialects.ultimaker.cluster_parts import Library
from printyard.serving.reply import Reply

CAMERA_PORT = 8080


@read("/printers", responses={200: ResponseSpec(list[Printer])})
async def printers(caller: Here) -> Reply:
    """All of them; rendered once per change, since every Cura in the network asks each two seconds."""
    materials = await caller.library()
    resource = ("printers", caller.group, caller.visit.host, caller.visit.peer.scheme)
    return caller.office.cache.reply(
        resource, caller.version, lambda: [shown_as(caller, shown, materials) for shown in caller.printers]
    )


@read("/printers/{uuid:str}")
async def one_printer(caller: Here, uuid: FromPath[str]) -> Printer:
    """One, by its UUID."""
    for shown in caller.printers:
        if shown.printer.device_guid == uuid:
            return shown_as(caller, shown, await caller.library())
    raise NotFound("There is no such printer in this group.")


def shown_as(caller: Caller, shown: Snapshot, materials: Library) -> Printer:
    """A printer of the group."""
    machine = caller.core.printers.machine(caller.principal, shown.printer.id)
    return views.printer(shown, machine, place(caller, shown), materials)


def place(caller: Caller, shown: Snapshot) -> str:
    """The printer's address, of which Cura makes http://ADDRESS:8080/?action=stream for its camera.

    A printer without a camera at port 8080 has its camera here, so the address is one that makes that URL right: what
    Cura puts behind it becomes a query that says nothing.
    """
    camera = caller.office.door.places.cameras.get(shown.printer.slug)
    if camera is not None and camera[1] == CAMERA_PORT:
        return camera[0] or caller.place(shown)
    url = caller.office.door.urls.url(caller.visit, f"/printers/{shown.printer.slug}/webcam")
    return f"{url.removeprefix('http://')}/?from=" if url.startswith("http://") else caller.place(shown)


HANDLERS = [printers, one_printer]
