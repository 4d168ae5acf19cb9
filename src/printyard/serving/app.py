"""One app per API: Litestar for routing and parsing, with our own doorkeeper, errors, limits and headers around it."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Protocol, TypeAlias

import msgspec
from litestar import Litestar, MediaType, Request
from litestar.exceptions import WebSocketException
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.types import ControllerRouterHandler, Method
from litestar.types.internal_types import PathParameterDefinition

from printyard.core.errors import CoreError, Invalid
from printyard.core.model.user import Principal
from printyard.serving.answers import Answer
from printyard.serving.asgi import AsgiApp, Message, Receive, Scope, Send
from printyard.serving.body import ArrivingBody, has_body
from printyard.serving.doorkeeper import Doorkeeper
from printyard.serving.envelope import Envelope, Errors, Statuses
from printyard.serving.reply import Reply, reply
from printyard.serving.spec import Door
from printyard.serving.visit import Visit, scope_visit, visit_of

BODY_BYTES = 1024 * 1024
DEFAULT_POLICY = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
REFUSED_FROM = 400

Poll: TypeAlias = Callable[[Principal, Visit], Awaitable[Reply]]
"""Answers a GET that clients repeat every second."""


class Polls(Protocol):
    """Which paths are polled: a dictionary by segments, or whatever looks them through."""

    def get(self, segments: tuple[str, ...], /) -> Poll | None:
        """What answers a path; None leaves it to the framework."""


class OpenApi(msgspec.Struct, frozen=True, kw_only=True):
    """What the description of an API says of itself, and the whole path of its JSON document; there are no pages."""

    title: str
    version: str
    path: str


class JsonRequest(Request[Any, Any, Any]):
    """Litestar's request; a body that no decoder can read is the caller's mistake, also where Litestar overlooks it."""

    async def json(self) -> Any:  # noqa: ANN401 - any JSON
        """The body as JSON. Raises Invalid for bytes that are no UTF-8, and for a tower of brackets."""
        try:
            return await super().json()
        except (UnicodeDecodeError, RecursionError):
            raise Invalid("the body is no JSON", code="malformed") from None


class Front:
    """What stands before an API's framework: the doorkeeper, the API's errors, limits of bodies, and headers."""

    def __init__(self, door: Door, errors: Errors, policy: str) -> None:
        self._keeper = Doorkeeper(door)
        self._errors = errors
        self.polled: Polls = {}
        """By their path's segments: GETs so frequent that they pass the framework by, which only describes them."""
        self._defaults = (
            (b"cache-control", b"no-store"),
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"no-referrer"),
            (b"content-security-policy", policy.encode()),
        )
        self.app: AsgiApp | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, websocket or lifespan of the API."""
        if self.app is None:
            raise RuntimeError("the front has no app behind it")
        if scope["type"] == "http":
            await self._http(self.app, scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(self.app, scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def failed(self, request: Request[Any, Any, Any], exception: Exception) -> Reply:
        """Litestar's exception handler for everything."""
        return reply(self.answer(exception, visit_of(request)))

    async def dropped(self, exception: Exception, scope: Any) -> None:  # noqa: ANN401 - Litestar's own kind of scope
        """Litestar's hook after any exception: a websocket has no answer that could tell of it, so the log does."""
        if scope["type"] == "websocket" and not isinstance(exception, WebSocketException):
            self._errors.answer(exception, scope_visit(scope))

    def answer(self, exception: Exception, visit: Visit) -> Answer:
        """Anything that was raised, in the API's words, and with a challenge if it is a 401."""
        answer = self._errors.answer(exception, visit)
        if answer.status == 401 and isinstance(exception, CoreError):
            answer = answer.with_headers(*self._keeper.challenge(exception))
        return answer

    async def _http(self, app: AsgiApp, scope: Scope, receive: Receive, send: Send) -> None:
        visit = scope_visit(scope)
        body = ArrivingBody(scope, receive) if has_body(scope) else None

        async def dressed(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = message["headers"] = list(message.get("headers", ()))
                known = {name for name, _ in headers}
                headers.extend(pair for pair in self._defaults if pair[0] not in known)
                if body is not None and message["status"] >= REFUSED_FROM and not await body.drop():
                    headers.append((b"connection", b"close"))
            await send(message)

        try:
            principal = scope["user"] = await self._keeper.admit(scope, visit)
            poll = self.polled.get(visit.segments) if scope["method"] == "GET" else None
            if poll is not None:
                app = (await poll(principal, visit)).run
        except Exception as exception:  # noqa: BLE001 - every error has an answer
            await self.answer(exception, visit).send(dressed)
            return
        await app(scope, receive if body is None else body, dressed)

    async def _websocket(self, app: AsgiApp, scope: Scope, receive: Receive, send: Send) -> None:
        visit = scope_visit(scope)
        try:
            scope["user"] = await self._keeper.admit(scope, visit)
        except Exception as exception:  # noqa: BLE001 - closed before it is accepted: the client sees a 403
            self._errors.answer(exception, visit)
            await send({"type": "websocket.close", "code": 1008, "reason": "refused"})
            return
        await app(scope, receive, send)


def api_app(
    door: Door,
    handlers: Sequence[ControllerRouterHandler],
    *,
    statuses: Statuses,
    envelope: Envelope,
    openapi: OpenApi | None = None,
    body_limit: int = BODY_BYTES,
    policy: str = DEFAULT_POLICY,
    **options: Any,  # noqa: ANN401 - whatever Litestar takes
) -> Front:
    """The app of an API.

    `handlers` are Litestar's, with whole paths below the scope's root ("/api/v1/printer"); they ask `principal_of` and
    `visit_of` of the request. `statuses` must be total over the core's errors, `envelope` gives their shape.
    `body_limit` bounds what Litestar itself parses (uploads have their own limits). `policy` is the content security
    policy. `options` go to Litestar. Raises TypeError if the table is not total.
    """
    front = Front(door, Errors(door.spec.name, statuses, envelope), policy)
    front.app = Litestar(
        list(handlers),
        exception_handlers={Exception: front.failed},
        after_exception=[front.dropped],
        logging_config=None,
        request_class=JsonRequest,
        openapi_config=openapi_config(openapi),
        request_max_body_size=body_limit,
        debug=False,
        **options,
    )  # type: ignore[assignment]  # Litestar's scope is a TypedDict of its own
    return front


def openapi_config(openapi: OpenApi | None) -> OpenAPIConfig | None:
    """Litestar's configuration of the document, or None.

    The document's own path is the router's: Litestar catches all below that path, which else would be the API's own.
    """
    if openapi is None:
        return None
    return OpenAPIConfig(
        title=openapi.title,
        version=openapi.version,
        path=openapi.path,
        render_plugins=[JsonRenderPlugin(path="/", media_type=MediaType.JSON)],
        operation_id_creator=operation_id,
    )


def operation_id(_: HTTPRouteHandler, method: Method, path: list[str | PathParameterDefinition]) -> str:
    """An operation's name: its method and its path, which no two share (a handler may serve several paths)."""
    parts = [part if isinstance(part, str) else f"by_{part.name}" for part in path]
    return "_".join([method.lower(), *parts])
