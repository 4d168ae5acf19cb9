"""The printer as a whole: what clients poll most, so it is rendered once per change."""

from litestar.openapi import ResponseSpec

from printyard.apis.ultimaker.caller import Here
from printyard.apis.ultimaker.routes.camera import feed_url
from printyard.apis.ultimaker.routes.verbs import read
from printyard.apis.ultimaker.schemas import Printer
from printyard.apis.ultimaker.translate import printer_status
from printyard.apis.ultimaker.views import machine, peripherals
from printyard.core.fleet.board import Snapshot
from printyard.serving.reply import Reply


@read("/printer", responses={200: ResponseSpec(Printer)})
async def printer(caller: Here) -> Reply:
    """All parts in one object. What stands outside of the snapshot counts for the cache too."""
    facets, kind, feed = caller.facets, caller.machine, feed_url(caller)
    network = await peripherals.network_status(facets.network)
    air = await peripherals.air_status(facets.air)

    def content(shown: Snapshot) -> Printer:
        return Printer(
            heads=[machine.head(shown.state, kind)],
            camera=peripherals.camera(feed),
            bed=machine.bed(shown),
            network=peripherals.network(network),
            led=machine.led(shown.state),
            status=printer_status(shown),
            airmanager=peripherals.air_manager(air),
        )

    return caller.rendered("printer", content, feed, network, air)


@read("/printer/status", responses={200: ResponseSpec(str)})
async def status(caller: Here) -> Reply:
    """One of six words; "idle" takes a print."""
    return caller.rendered("status", printer_status)


HANDLERS = [printer, status]
