"""The app of the UltiMaker printer API."""

from collections.abc import Awaitable, Callable
from typing import Any

from litestar import Request, Router
from litestar.di import Provide

from printyard.apis.ultimaker.caller import Caller, caller_of
from printyard.apis.ultimaker.routes import HANDLERS, POLLED
from printyard.apis.ultimaker.translate import STATUSES, envelope
from printyard.serving.app import OpenApi, Poll, api_app
from printyard.serving.asgi import AsgiApp
from printyard.serving.cache import RenderCache
from printyard.serving.reply import Reply
from printyard.serving.spec import Door

ROOT = "/api/v1"


def build(door: Door) -> AsgiApp:
    """The app behind a door."""
    cache = RenderCache(door.spec.name, door.epoch)

    def caller(request: Request[Any, Any, Any]) -> Caller:
        return caller_of(door, cache, request)

    def answering(fn: Callable[[Caller], Awaitable[Reply]]) -> Poll:
        return lambda principal, visit: fn(Caller(door, principal, visit, cache))

    front = api_app(
        door,
        [Router(ROOT, route_handlers=HANDLERS)],
        statuses=STATUSES,
        envelope=envelope,
        openapi=OpenApi(title="UltiMaker printer API", version="v1", path=f"{ROOT}/openapi.json"),
        dependencies={"caller": Provide(caller, sync_to_thread=False)},
    )
    front.polled = {(*ROOT.split("/")[1:], *path): answering(fn) for path, fn in POLLED.items()}
    return front
