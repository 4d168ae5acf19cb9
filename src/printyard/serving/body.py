"""Request bodies: time limits while one arrives, and manners when nobody wants it."""

import asyncio

from printyard.core.errors import Incomplete, TimedOut, TooLarge
from printyard.serving.asgi import Message, Receive, Scope, content_length, header

IDLE_SECONDS = 30.0
DROP_BYTES = 256 * 1024 * 1024
DROP_SECONDS = 20.0


def has_body(scope: Scope) -> bool:
    """Whether a body is announced."""
    length = content_length(scope)
    return bool(length) or (length is None and header(scope, b"transfer-encoding") is not None)


class ArrivingBody:
    """Wraps `receive` of a request with a body. Awaiting it raises TimedOut if the client stalls."""

    def __init__(self, scope: Scope, receive: Receive, *, idle_seconds: float = IDLE_SECONDS) -> None:
        self._receive = receive
        self._idle_seconds = idle_seconds
        self._ended = False
        # The server sends "100 Continue" when it is first asked for the body; until then a polite client keeps it.
        self._withheld = header(scope, b"expect") is not None
        self._endless = (content_length(scope) or 0) > DROP_BYTES

    async def __call__(self) -> Message:
        """The next message; as ASGI's receive."""
        if self._ended:
            return await self._receive()
        self._withheld = False
        try:
            async with asyncio.timeout(self._idle_seconds):
                message = await self._receive()
        except TimeoutError:
            self._ended = True
            raise TimedOut("the body did not arrive in time", code="body_timed_out") from None
        if message["type"] != "http.request" or not message.get("more_body", False):
            self._ended = True
        return message

    async def drop(self) -> bool:
        """Read what is left and forget it, within bounds: a client that sends all before it reads must get its answer.

        False if the connection must be closed instead.
        """
        if self._ended:
            return True
        if self._withheld or self._endless:
            return False
        dropped, more = 0, True
        try:
            async with asyncio.timeout(DROP_SECONDS):
                while more and dropped <= DROP_BYTES:
                    message = await self()
                    dropped += len(message.get("body", b""))
                    more = message.get("more_body", False)
        except (TimeoutError, TimedOut):
            return False
        return dropped <= DROP_BYTES


async def read_body(receive: Receive, limit: int) -> bytes:
    """A small body as bytes. Raises TooLarge above `limit` bytes, Incomplete if the client went away."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Incomplete("the connection was cut")
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise TooLarge(f"the body has more than {limit} bytes")
        if chunk:
            parts.append(chunk)
        if not message.get("more_body", False):
            return b"".join(parts)
