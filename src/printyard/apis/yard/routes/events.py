"""The event stream: server-sent events, resumable by Last-Event-ID."""

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.params import FromQuery, HeaderParameter

from printyard.apis.yard.desk import AtDesk
from printyard.apis.yard.push import Watched
from printyard.apis.yard.translate import SEEN_WITH
from printyard.core.access.rules import may, require
from printyard.core.errors import Invalid
from printyard.core.events import FactName
from printyard.core.model.user import Principal, Right
from printyard.serving.listening import Caller, Listening

LastEventId = Annotated[str, HeaderParameter(name="Last-Event-ID")]


@get(
    "/yard/v1/events",
    tags=["events"],
    media_type="text/event-stream",
    description="Server-sent events. `fact` (with an id: its number), `printer` (a whole view), `delta` (slug, and a "
    "JSON merge patch against what was sent last), `removed`, `hello` and `reset`. With Last-Event-ID, or `after`, the "
    "missed facts come first.",
)
async def events(
    desk: AtDesk, request: Request[Any, Any, Any],
    printer: FromQuery[str] = "", names: FromQuery[str] = "", after: FromQuery[str] = "",
    last_event_id: LastEventId = "",
) -> Response[str]:  # fmt: skip
    """Everything that happens, as it happens."""
    require(desk.principal, Right.READ)
    watched = Watched(
        scope=desk.principal.scope,
        names=facts_of(desk.principal, names),
        printer_id=desk.printer_id(printer) if printer else None,
    )
    cursor = number(last_event_id or after)
    feed = desk.office.push.feed(desk.principal, watched)
    return Listening(feed, cursor, Caller(desk.office.door, request.scope, desk.principal)).reply()


def facts_of(principal: Principal, names: str) -> frozenset[FactName]:
    """The facts that the caller may see, or those of them that it named. Raises Invalid for a name that no fact has."""
    seen = frozenset(name for name, right in SEEN_WITH.items() if may(principal, right))
    if not names:
        return seen
    try:
        return seen & frozenset(FactName(name.strip()) for name in names.split(",") if name.strip())
    except ValueError as error:
        raise Invalid(f"There is no such fact: {error}.") from None


def number(text: str) -> int | None:
    """The number of the last fact that the client saw. Raises Invalid."""
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 19):
        raise Invalid("Last-Event-ID is the number of a fact.")
    return int(text)


HANDLERS = [events]
