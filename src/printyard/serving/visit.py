"""A visit: what the dispatcher found out about a request before any API sees it."""

from typing import Any, Protocol

import msgspec

from printyard.core.model.user import Principal
from printyard.serving.asgi import Scope
from printyard.serving.hosts import Host
from printyard.serving.peer import Peer

VISIT = "printyard"
"""The key of the scope under which the visit lies; the principal lies under "user", for Litestar's `request.user`."""


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """What a request is about.

    `method` and `target` (path and query, still percent-encoded) are as received: HEAD stays HEAD here, though the API
    sees GET. `prefix` is the printer's root as the client wrote it ("/printers/luke"; "" at the root).
    `segments` are the decoded path segments behind it, so a %2F is a slash *within* one.
    `front`: the printer was not named, but stands for this address. A printer-scope request whose `printer_id` is None
    is for a printer that is not there. `family` is the kind of machine at whose group's own address the caller is.
    """

    api: str
    method: str
    target: bytes
    segments: tuple[str, ...]
    host: Host
    peer: Peer
    prefix: str = ""
    printer_id: str | None = None
    printer_slug: str | None = None
    front: bool = False
    origin: str = ""
    family: str = ""

    @property
    def printer_missing(self) -> bool:
        """Whether it asks for a printer that is not there."""
        return self.printer_id is None and (self.front or self.printer_slug is not None)


class Connection(Protocol):
    """Anything with a scope: a Litestar Request, WebSocket or ASGIConnection."""

    scope: Any


def visit_of(connection: Connection) -> Visit:
    """The visit of a request."""
    visit: Visit = connection.scope[VISIT]
    return visit


def principal_of(connection: Connection) -> Principal:
    """Who asks."""
    principal: Principal = connection.scope["user"]
    return principal


def scope_visit(scope: Scope) -> Visit:
    """The visit that lies in a scope."""
    visit: Visit = scope[VISIT]
    return visit
