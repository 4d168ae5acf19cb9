"""What happens and changes, pushed as server-sent events (ours: the original has to be polled)."""

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.params import FromPath, HeaderParameter
from litestar.types import ControllerRouterHandler

from printyard.apis.digital_factory.connect.caller import Caller, Here
from printyard.apis.digital_factory.connect.routes import either
from printyard.apis.digital_factory.envelope import BadField
from printyard.apis.digital_factory.paging import Query
from printyard.core.access.rules import require
from printyard.core.model.user import Right
from printyard.serving.listening import Caller as Opener, Listening

STREAM = "text/event-stream"
LastEventId = Annotated[str, HeaderParameter(name="Last-Event-ID")]


@get("/events", tags=["events"], media_type=STREAM, media=STREAM, query=("last_event_id",))
async def fleet_events(
    caller: Here, request: Request[Any, Any, Any], last_event_id: LastEventId = ""
) -> Response[str]:  # fmt: skip
    """What happens in all clusters: `fact`s with ids to go on from, a whole `status` of each, then `delta`s."""
    require(caller.principal, Right.READ)
    return listening(caller, request, last_event_id, None)


@get(either("/{cluster_id:str}/events"), tags=["events"], media_type=STREAM, media=STREAM, query=("last_event_id",))
async def cluster_events(
    caller: Here, cluster_id: FromPath[str], request: Request[Any, Any, Any], last_event_id: LastEventId = ""
) -> Response[str]:  # fmt: skip
    """The same of one cluster."""
    cluster = await caller.cluster(cluster_id)
    return listening(caller, request, last_event_id, cluster.id)


def listening(caller: Caller, request: Request[Any, Any, Any], said: str, only: str | None) -> Response[str]:
    """The stream of a listener. Raises BadField, Throttled."""
    seat = caller.push.seat(caller.principal, only)
    opener = Opener(caller.office.door, request.scope, caller.principal)
    return Listening(seat, cursor(said or Query(request).text("last_event_id")), opener).reply()


def cursor(text: str) -> int | None:
    """The id of the last event that the client has seen; None if it has seen none. Raises BadField."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise BadField("query", "last_event_id", "Last-Event-ID is the number of an event.")
    return int(text)


HANDLERS: list[ControllerRouterHandler] = [fleet_events, cluster_events]
