"""/connect/v1: clusters, their queues and printers."""

from collections.abc import Iterable

from litestar import Router
from litestar.di import Provide
from litestar.handlers import HTTPRouteHandler
from litestar.types import ControllerRouterHandler

from printyard.apis.digital_factory.connect import caller
from printyard.apis.digital_factory.connect.routes import (
    care,
    clusters,
    description,
    events,
    house,
    job_actions,
    job_lists,
    jobs,
    materials,
    printer_actions,
    registering,
    statuses,
)
from printyard.apis.digital_factory.connect.spec.operations import operations
from printyard.serving.app import Poll

ROOT = "/connect/v1"
ROOMS = (
    house, description, clusters, statuses, events, registering, care, printer_actions, jobs, job_actions, job_lists,
    materials,
)  # fmt: skip
HANDLERS: list[ControllerRouterHandler] = [
    Router(ROOT, route_handlers=[handler for room in ROOMS for handler in room.HANDLERS])
]
ROOT_SEGMENTS, SPELLINGS, POLLED_LENGTH = ("connect", "v1"), frozenset({"cluster", "clusters"}), 5
OPEN = frozenset({"/", "/teapot", "/spec", "/webcam_snapshots/{action_id}"})
"""The paths that need no credential; of a picture, the address is one."""

PUBLIC: frozenset[tuple[str, str]] = frozenset(("GET", (ROOT + path).rstrip("/")) for path in OPEN)
"""The same as `ApiSpec.public` wants it."""


def provided(callers: caller.Callers) -> dict[str, Provide]:
    """The dependencies of the handlers of /connect/v1."""
    described = description.Described(operations=tuple(operations(_handlers(), OPEN)), root=ROOT)
    return callers.provided() | {"described": Provide(lambda: described, sync_to_thread=False)}


class Polled:
    """serving.app.Polls: the status of a cluster, under both of its spellings."""

    def __init__(self, callers: caller.Callers) -> None:
        self._callers = callers

    def get(self, segments: tuple[str, ...], /) -> Poll | None:
        """What answers a path that is polled."""
        if len(segments) != POLLED_LENGTH or segments[-1] != "status" or segments[:2] != ROOT_SEGMENTS:
            return None
        if segments[2] not in SPELLINGS:
            return None
        return lambda principal, visit: statuses.answered(self._callers.of(principal, visit), segments[3])


def _handlers() -> Iterable[HTTPRouteHandler]:
    return (one for room in ROOMS for one in room.HANDLERS if isinstance(one, HTTPRouteHandler))
