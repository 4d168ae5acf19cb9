"""Registration: by the PIN on a printer's display, or by the device's own id."""

import re
from typing import Any

from litestar import Request, get, post, put
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from printyard.apis.digital_factory.bodies import body_of
from printyard.apis.digital_factory.connect.caller import Caller, Here
from printyard.apis.digital_factory.envelope import BadField, NoRecord, told_as
from printyard.apis.digital_factory.ids import Kind
from printyard.apis.digital_factory.instant import instant
from printyard.apis.digital_factory.paging import Query
from printyard.apis.digital_factory.schemas import clusters as schemas
from printyard.apis.digital_factory.schemas.pages import Data
from printyard.core.access.rules import require
from printyard.core.clusters import Cluster
from printyard.core.model.state import Link
from printyard.core.model.user import Right
from printyard.dialects.ultimaker.words import host_name

MAKERBOT = "makerbot"
"""How the ids of their kinds of machines begin."""

PIN = re.compile(r"[0-9A-Za-z]{6}")
BRANDS = frozenset({"", "ultimaker"})


@post("/confirm-registration-pin/{pin_code:str}", status_code=200, tags=["registration"], query=("printer_brand",))
async def confirm_pin(
    caller: Here, pin_code: FromPath[str], request: Request[Any, Any, Any]
) -> Data[schemas.RegistrationResponse]:
    """Register the printer whose display shows this PIN."""
    if not PIN.fullmatch(pin_code):
        raise BadField("path", "pin_code", "A PIN has six digits or letters.")
    if Query(request).text("printer_brand").lower() not in BRANDS:
        raise NoRecord("printer")
    with told_as("pin_code"):
        cluster = await caller.core.clusters.confirm_pin(caller.principal, pin_code.upper())
    return Data(data=await registered(caller, cluster))


@post("/confirm-registration/{connection_id:str}", status_code=200, tags=["registration"])
async def confirm_connection(caller: Here, connection_id: FromPath[str]) -> Data[schemas.RegistrationResponse]:
    """Register the printer whose own id (its GUID) this is, without its PIN: for those who manage printers."""
    with told_as("connection"):
        cluster = await caller.core.clusters.confirm_connection(caller.principal, connection_id)
    return Data(data=await registered(caller, cluster))


async def registered(caller: Caller, cluster: Cluster) -> schemas.RegistrationResponse:
    """The answer that a cluster is registered."""
    return schemas.RegistrationResponse(
        cluster_id=await caller.ids.of(Kind.CLUSTER, cluster.id),
        host_name=host_name(cluster.host.printer),
        generated_time=instant(caller.core.clock.now()),
    )


@get("/makerbot/printers", tags=["registration"])
async def makerbot_printers(caller: Here) -> Data[list[schemas.MakerBotPrinterResponse]]:
    """Printers of that make, registered or not; there are none unless a driver knows such machines."""
    hosts = await caller.core.clusters.hosts(caller.principal)
    found = [(shown, one) for shown, one in hosts if shown.printer.model_id.startswith(MAKERBOT)]
    users = await caller.ids.many(Kind.USER, {one.owner_id for _, one in found if one.owner_id})
    organizations = await caller.ids.many(Kind.ORGANIZATION, {one.organization_id for _, one in found})
    return Data(
        data=[
            schemas.MakerBotPrinterResponse(
                friendly_name=shown.printer.name,
                host_guid=shown.printer.device_guid,
                is_authorized=one.registered_at is not None,
                is_online=shown.state.link is Link.ONLINE,
                printer_type=shown.printer.model_id.removeprefix(MAKERBOT).strip("_"),
                organization_id=organizations[one.organization_id],
                user_id=users.get(one.owner_id),
            )
            for shown, one in found
        ]
    )


@put(
    "/makerbot/printers",
    status_code=200,
    tags=["registration"],
    body=schemas.ConfirmRegistrationMakerBotRequest,
)
async def confirm_makerbot(caller: Here, request: Request[Any, Any, Any]) -> Data[schemas.RegistrationResponse]:
    """Register a printer of that make, by its GUID."""
    require(caller.principal, Right.MANAGE)
    wanted = (await body_of(request, schemas.ConfirmRegistrationMakerBotRequest)).printer_id
    known = {
        shown.printer.device_guid.lower()
        for shown, _ in await caller.core.clusters.hosts(caller.principal)
        if shown.printer.model_id.startswith(MAKERBOT)
    }
    if wanted.lower() not in known:
        raise NoRecord("printer")
    return Data(data=await registered(caller, await caller.core.clusters.confirm_connection(caller.principal, wanted)))


HANDLERS: list[ControllerRouterHandler] = [confirm_pin, confirm_connection, makerbot_printers, confirm_makerbot]
