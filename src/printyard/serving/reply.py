"""Replies: what a Litestar handler returns when the bytes are ready, or come by and by."""

from typing import Any

from litestar import Response

from printyard.serving.answers import Answer
from printyard.serving.asgi import AsgiApp, Receive, Scope, Send


class Reply(Response[Any]):
    """A response that writes itself to the wire; Litestar's own rendering is passed by.

    Built from an ASGI app, which is called with the request's scope, receive and send.
    """

    def __init__(self, app: AsgiApp) -> None:
        self._app = app

    def to_asgi_response(self, *_: object, **__: object) -> Any:  # noqa: ANN401 - Litestar's own class or a plain ASGI app
        """What Litestar calls to send it, with arguments by name."""
        return self.run

    async def run(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Write it to the wire."""
        await self._app(scope, receive, send)


def reply(answer: Answer) -> Reply:
    """An answer as the return value of a handler."""

    async def app(_: Scope, __: Receive, send: Send) -> None:
        await answer.send(send)

    return Reply(app)
