"""The API itself: since when it answers, and coffee."""

from datetime import UTC, datetime

from litestar import get
from litestar.types import ControllerRouterHandler

from printyard.apis.digital_factory.desk import AtDesk
from printyard.apis.digital_factory.schemas.clusters import ApiUptimeResponse
from printyard.apis.digital_factory.schemas.pages import Data
from printyard.core.errors import Unsupported
from printyard.core.model.user import EVERYTHING
from printyard.core.model.value import MICROSECONDS, seconds_between


@get("/", tags=["connect"])
async def get_uptime(desk: AtDesk) -> Data[ApiUptimeResponse]:
    """Since when the API answers; `ok` says whether the database takes facts."""
    now = desk.now
    clock = f"{datetime.fromtimestamp(now // MICROSECONDS, UTC):%Y-%m-%d %H:%M:%S}"
    degraded = any(shown.storage_degraded for shown in desk.core.printers.board.all(EVERYTHING))
    uptime = int(seconds_between(desk.office.began, now))
    return Data(data=ApiUptimeResponse(ok=not degraded, time=clock, uptime=uptime, version="v1"))


@get("/teapot", tags=["connect"], status_code=204, errors=(418,))
async def brew() -> None:
    """Refuses to brew coffee."""
    raise Unsupported("Coffee is made elsewhere.", code="teapot")


HANDLERS: list[ControllerRouterHandler] = [get_uptime, brew]
