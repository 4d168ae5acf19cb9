"""Bodies as streams of chunks, for what is too large to hold."""

from collections.abc import AsyncIterator
from typing import Any, Protocol

from printyard.core.errors import Incomplete, TooLarge
from printyard.core.ports.blobs import Partial
from printyard.serving.asgi import content_length


class Incoming(Protocol):
    """A request whose body has not been read: a Litestar Request is one."""

    scope: Any
    receive: Any


async def chunks(request: Incoming) -> AsyncIterator[bytes]:
    """The body, piece by piece. Raises Incomplete where the client goes away, or sends less than it announced."""
    announced, received = content_length(request.scope), 0
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            raise Incomplete("the connection was cut")
        chunk: bytes = message.get("body", b"")
        received += len(chunk)
        if chunk:
            yield chunk
        if not message.get("more_body", False):
            break
    if announced is not None and received < announced:
        raise Incomplete(f"{announced} bytes were announced, {received} came")


def check_announced(request: Incoming, limit: int | None) -> None:
    """Refuse a body whose announced length is over the limit before a byte of it is read. Raises TooLarge."""
    announced = content_length(request.scope)
    if limit is not None and announced is not None and announced > limit:
        raise TooLarge(f"the body has more than {limit} bytes")


async def stream_into(request: Incoming, partial: Partial, limit: int | None = None) -> int:
    """Append a raw body to an upload; how many bytes came.

    When the client goes away, what came is brought to the disk before Incomplete is raised, so that it can go on later.
    Raises TooLarge, StorageFull.
    """
    check_announced(request, limit)
    received = 0
    try:
        async for chunk in chunks(request):
            received += len(chunk)
            if limit is not None and received > limit:
                raise TooLarge(f"the body has more than {limit} bytes")
            await partial.write(chunk)
    except Incomplete:
        await partial.sync()
        raise
    return received
