"""One watcher of a camera: pictures as they come, in multipart/x-mixed-replace."""

import asyncio
import contextlib
from collections.abc import AsyncGenerator, AsyncIterator

from printyard.core.errors import CoreError
from printyard.core.ports.facets import Camera
from printyard.serving.asgi import Receive, Scope, Send

BOUNDARY = b"printyard-picture"
SEND_SECONDS = 10.0
"""How long a client may take for one picture before it is dropped."""

HEADERS = [
    (b"content-type", b"multipart/x-mixed-replace; boundary=" + BOUNDARY),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


def part(picture: bytes) -> bytes:
    """A picture as one part, which begins with the boundary."""
    return b"--%s\r\nContent-Type: image/jpeg\r\nContent-Length: %d\r\n\r\n%s\r\n" % (BOUNDARY, len(picture), picture)


class Stream:
    """An ASGI app that shows a camera to one client until one of the two has gone."""

    def __init__(self, camera: Camera) -> None:
        self._camera = camera

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The first picture comes before the answer begins: a camera that fails is an error, and no empty stream."""
        async with contextlib.aclosing(as_generator(self._camera.stream())) as pictures:
            first = await anext(pictures)
            await send({"type": "http.response.start", "status": 200, "headers": list(HEADERS)})
            showing = asyncio.create_task(show(first, pictures, send))
            leaving = asyncio.create_task(gone(receive))
            try:
                await asyncio.wait({showing, leaving}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (showing, leaving):
                    task.cancel()
                await asyncio.gather(showing, leaving, return_exceptions=True)


async def show(first: bytes, pictures: AsyncIterator[bytes], send: Send) -> None:
    """Send pictures until the camera ends, or the client takes too long for one."""
    with contextlib.suppress(CoreError, TimeoutError):
        await put(send, part(first))
        async for picture in pictures:
            await put(send, part(picture))
    await send({"type": "http.response.body", "body": b"--%s--\r\n" % BOUNDARY, "more_body": False})


async def put(send: Send, data: bytes) -> None:
    """Send one part in time. Raises TimeoutError."""
    async with asyncio.timeout(SEND_SECONDS):
        await send({"type": "http.response.body", "body": data, "more_body": True})


async def gone(receive: Receive) -> None:
    """Returns when the client has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass


async def as_generator(pictures: AsyncIterator[bytes]) -> AsyncGenerator[bytes, None]:
    """The same pictures as something that can be closed."""
    async for picture in pictures:
        yield picture
