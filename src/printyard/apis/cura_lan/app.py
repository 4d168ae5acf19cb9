"""The app of the group's API."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Request, Router
from litestar.di import Provide

from printyard.apis.cura_lan.caller import Caller, Office, Shelf, caller_of
from printyard.apis.cura_lan.refused import RefusedUploads
from printyard.apis.cura_lan.routes import HANDLERS, POLLED, setup
from printyard.apis.cura_lan.translate import STATUSES, envelope
from printyard.serving.app import OpenApi, Poll, api_app
from printyard.serving.asgi import AsgiApp
from printyard.serving.cache import RenderCache
from printyard.serving.reply import Reply
from printyard.serving.spec import Door
from printyard.serving.visit import principal_of, visit_of

ROOT = "/cluster-api/v1"


def build(door: Door) -> AsgiApp:
    """The app behind a door."""
    office = Office(
        door=door, cache=RenderCache(door.spec.name, door.epoch), refused=RefusedUploads(door.clock), shelf=Shelf(),
        pictures={},
    )  # fmt: skip

    def caller(request: Request[Any, Any, Any]) -> Caller:
        return caller_of(office, principal_of(request), visit_of(request))

    def answering(fn: Callable[[Caller], Awaitable[Reply]]) -> Poll:
        return lambda principal, visit: fn(caller_of(office, principal, visit))

    front = api_app(
        door,
        [Router(ROOT, route_handlers=HANDLERS), Router(setup.ROOT, route_handlers=setup.HANDLERS)],
        statuses=STATUSES,
        envelope=envelope,
        openapi=OpenApi(title="Cura over the network", version="v1", path=f"{ROOT}/openapi.json"),
        dependencies={"caller": Provide(caller, sync_to_thread=False)},
    )
    front.polled = {(*ROOT.split("/")[1:], *path): answering(fn) for path, fn in POLLED.items()}
    return front
