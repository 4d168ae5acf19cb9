"""The dispatcher: which API answers where, who may call from where, and for which printer.

A path is split into whole segments, still encoded while it is split, so that %2F never makes one. The longest root or
owned stem wins; at the root the yard's APIs win over those of the front printer, at a printer's
own address it is the reverse.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from urllib.parse import quote, unquote_to_bytes

import msgspec

from printyard.app.lifespans import Lifespans
from printyard.serving.answers import plain_answer
from printyard.serving.asgi import READING, AsgiApp, Message, Receive, Scope, Send, text_header
from printyard.serving.head import serve_head
from printyard.serving.hosts import Host, Hosts
from printyard.serving.origins import CorsHeaders, Origins
from printyard.serving.peer import Peer, Proxies
from printyard.serving.spec import ApiScope, ApiSpec, Door
from printyard.serving.visit import VISIT, Visit

PRINTERS = "printers"
CAMERA = ("webcam",)
"""The root of the camera's API, which stands at the root of a camera's own address."""
WEBSOCKET = "WEBSOCKET"

Segments = tuple[str, ...]


class ClaimedTwice(ValueError):
    """Two APIs want the same path in the same scope."""


class Served(msgspec.Struct, frozen=True):
    """An API that is built and answers."""

    door: Door
    app: AsgiApp

    @property
    def spec(self) -> ApiSpec:
        """What it declared."""
        return self.door.spec


class Family(msgspec.Struct, frozen=True):
    """All printers of one kind of machine, as one group."""

    machine_id: str


class OwnCamera(msgspec.Struct, frozen=True):
    """The camera of a printer, at an address of its own."""

    slug: str


Pinned = str | Family | OwnCamera
"""What an address shows: a printer (its slug), a family, or a camera."""


class Pins(msgspec.Struct, frozen=True, kw_only=True):
    """What has an address, port or host name of its own."""

    addresses: Mapping[tuple[str, int], Pinned] = {}
    ports: Mapping[int, Pinned] = {}
    hosts: Mapping[str, Pinned] = {}

    def of(self, server: tuple[str, int | None] | None, host: Host) -> Pinned | None:
        """What this address shows, or None for the whole yard."""
        address, port = server or ("", None)
        if port is not None and (found := self.addresses.get((address, port)) or self.ports.get(port)):
            return found
        return self.hosts.get(host.name)


class PrinterDirectory(msgspec.Struct, frozen=True, kw_only=True):
    """Asks for printers, from memory: `find` gives the id behind a slug, `front` the slug of the front printer.

    `first` gives the slug of the first printer of a kind of machine, which stands in front of its family.
    """

    find: Callable[[str], str | None]
    front: Callable[[], str | None]
    first: Callable[[str], str | None] = lambda _: None


class Security(msgspec.Struct, frozen=True, kw_only=True):
    """The rules that stand before all routing."""

    hosts: Hosts
    origins: Origins
    proxies: Proxies


class Found(msgspec.Struct, frozen=True):
    """Who answers a path, and for which printer. `depth` is how many segments make the prefix.

    `family` is the kind of machine whose group was called ("": the whole yard); `rewritten` replaces the path's
    segments, where the address alone says what is meant.
    """

    served: Served
    slug: str | None = None
    front: bool = False
    depth: int = 0
    family: str = ""
    rewritten: Segments | None = None


class Table:
    """Roots and stems of one scope."""

    def __init__(self, served: Iterable[Served], scope: ApiScope) -> None:
        """Raises ClaimedTwice."""
        self.claims: dict[Segments, Served] = {}
        for api in served:
            if api.spec.scope not in {scope, ApiScope.BOTH}:
                continue
            for path in (*api.spec.roots, *api.spec.owns):
                stem = split(path.encode())
                other = self.claims.setdefault(stem, api)
                if other is not api:
                    raise ClaimedTwice(f"{other.spec.name} and {api.spec.name} both claim {path} ({scope.value})")
        self._longest = max(map(len, self.claims), default=0)

    def match(self, segments: Segments) -> tuple[int, Served] | None:
        """The API with the longest stem of that path, and the stem's length."""
        for length in range(min(len(segments), self._longest), -1, -1):
            if served := self.claims.get(segments[:length]):
                return length, served
        return None


class Routes:
    """From a path to an API and a printer."""

    def __init__(self, served: Sequence[Served], printers: PrinterDirectory) -> None:
        """Raises ClaimedTwice."""
        self._yard = Table(served, ApiScope.YARD)
        self._printer = Table(served, ApiScope.PRINTER)
        self._printers = printers

    def find(self, segments: Segments, pinned: Pinned | None) -> Found | None:
        """Who answers; None if nobody does. `pinned` is whose own address was called."""
        if isinstance(pinned, OwnCamera):
            camera = self._printer.match(CAMERA) if not segments else None
            return camera and Found(camera[1], slug=pinned.slug, front=True, rewritten=CAMERA)
        slug = pinned if isinstance(pinned, str) else None
        family = pinned.machine_id if isinstance(pinned, Family) else ""
        if len(segments) > 2 and segments[0] == PRINTERS:
            under = self._printer.match(segments[2:])
            if under is not None:
                return Found(under[1], slug=segments[1], depth=2)
        yard = self._yard.match(segments)
        printer = self._printer.match(segments)
        if printer is not None and (slug is not None or yard is None or printer[0] > yard[0]):
            front = self._printers.first(family) if family else self._printers.front()
            return Found(printer[1], slug=slug or front, front=True, family=family)
        return None if yard is None else Found(yard[1], family=family)

    def printer_id(self, slug: str | None) -> str | None:
        """The id of a printer that is there."""
        return None if slug is None else self._printers.find(slug)


class Doors:
    """The whole house as one ASGI app."""

    def __init__(
        self,
        served: Sequence[Served],
        printers: PrinterDirectory,
        security: Security,
        pins: Pins,
        *,
        public_prefix: str = "",
    ) -> None:
        """`public_prefix`: what a proxy puts before our paths, whether it takes it away or not. Raises ClaimedTwice."""
        self._routes = Routes(served, printers)
        self._lifespans = Lifespans([api.app for api in served])
        self._security = security
        self._pins = pins
        self._prefix = public_prefix.rstrip("/").encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "lifespan":
            await self._lifespans(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        host = self._security.hosts.of(scope)
        if host is None:
            await plain_answer(421, "this server does not answer to that host name\n").send(send)
            return
        call = self._call(scope, host, scope["method"])
        origins = self._security.origins
        admitted = await self._vouched(call)
        asked = origins.preflight(scope, host, admitted=admitted)
        if asked is not None:
            await send({"type": "http.response.start", "status": 204, "headers": list(asked)})
            await send({"type": "http.response.body", "body": b""})
            return
        cors = origins.cors(scope, host, admitted=admitted) if call.origin else ()
        if scope["method"] not in READING and not admitted and origins.foreign(scope, host):
            await plain_answer(403, "this server does not take that from another site's page\n").send(send)
        elif call.found is None:
            await plain_answer(404, "there is nothing here\n").send(with_headers(send, cors))
        else:
            serve = serve_head if scope["method"] == "HEAD" else called
            visit = self._visit(call, call.found)
            await serve(call.found.served.app, inner(scope, visit, call), receive, with_headers(send, cors))

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        host = self._security.hosts.of(scope)
        if host is not None and not self._security.origins.foreign(scope, host):
            call = self._call(scope, host, WEBSOCKET)
            if call.found is not None:
                visit = self._visit(call, call.found)
                await call.found.served.app(inner(scope, visit, call), receive, send)
                return
        # Closed before it was accepted: the client gets a 403.
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": "refused"})

    async def _vouched(self, call: "Call") -> bool:
        """Whether the API itself admits the page that calls."""
        if not call.origin or call.found is None or self._security.origins.own(call.origin, call.host):
            return False
        served = call.found.served
        admits = served.spec.admits_origin
        if admits is None:
            return False
        return await admits(served.door, "/" + "/".join(call.segments[call.found.depth :]), call.origin)

    def _call(self, scope: Scope, host: Host, method: str) -> "Call":
        """Split the path and find who answers."""
        raw = scope.get("raw_path") or quote(scope["path"]).encode()
        query: bytes = scope.get("query_string", b"")
        path = raw
        if self._prefix and (raw == self._prefix or raw.startswith(self._prefix + b"/")):
            path = raw[len(self._prefix) :]
        segments = split(path)
        found = self._routes.find(segments, self._pins.of(scope.get("server"), host))
        if found is not None and found.rewritten is not None:
            segments = found.rewritten
        return Call(
            found=found,
            host=host,
            method=method,
            origin=text_header(scope, b"origin"),
            peer=self._security.proxies.peer(scope),
            segments=segments,
            target=raw + b"?" + query if query else raw,
        )

    def _visit(self, call: "Call", found: Found) -> Visit:
        """What the API is told."""
        return Visit(
            api=found.served.spec.name,
            method=call.method,
            target=call.target,
            segments=call.segments[found.depth :],
            host=call.host,
            peer=call.peer,
            prefix=f"/{PRINTERS}/{found.slug}" if found.depth else "",
            printer_id=self._routes.printer_id(found.slug),
            printer_slug=found.slug,
            front=found.front,
            origin=call.origin,
            family=found.family,
        )


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A request, as far as the dispatcher has read it."""

    found: Found | None
    host: Host
    method: str
    origin: str
    peer: Peer
    segments: Segments
    target: bytes


def split(path: bytes) -> Segments:
    """The segments of a raw path, decoded one by one; empty ones (double and trailing slashes) do not count."""
    if b"%" not in path:
        return tuple(segment for segment in path.decode("latin-1").split("/") if segment)
    return tuple(unquote_to_bytes(segment).decode("utf-8", "replace") for segment in path.split(b"/") if segment)


def inner(scope: Scope, visit: Visit, call: Call) -> Scope:
    """The scope for the API: the printer's root is the root path, and a slash within a segment stays encoded."""
    path = "/" + "/".join(segment.replace("/", "%2F") for segment in call.segments)
    return {**scope, "path": path, "root_path": visit.prefix, VISIT: visit}


def with_headers(send: Send, headers: CorsHeaders) -> Send:
    """Add headers to the answer."""
    if not headers:
        return send

    async def extended(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *headers]}
        await send(message)

    return extended


async def called(app: AsgiApp, scope: Scope, receive: Receive, send: Send) -> None:
    """Run the app as it is."""
    await app(scope, receive, send)
