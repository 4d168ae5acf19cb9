"""Camera pictures: single ones, and the endless multipart stream that browsers and slicers show as video."""

from collections.abc import AsyncGenerator

import msgspec

from printyard.core.errors import CoreError
from printyard.core.ports.facets import Camera
from printyard.serving.answers import Answer
from printyard.serving.asgi import Receive, Scope, Send
from printyard.serving.mailbox import Stalled
from printyard.serving.pump import STALL_SECONDS, first_of, gone, within
from printyard.serving.reply import Reply, reply

BOUNDARY = "printyardframe"
JPEG = "image/jpeg"
NO_STORE = ("cache-control", "no-store, no-cache, must-revalidate")
STREAM_HEADERS = [
    (b"content-type", f"multipart/x-mixed-replace; boundary={BOUNDARY}".encode()),
    (b"cache-control", NO_STORE[1].encode()),
    (b"x-accel-buffering", b"no"),
]


async def snapshot(camera: Camera) -> Reply:
    """The newest picture. Raises Offline."""
    return reply(Answer(200, await camera.snapshot(), JPEG, (NO_STORE,)))


def part(picture: bytes) -> bytes:
    """One picture of the stream. The next boundary goes right behind it: clients show a picture when they see that."""
    head = f"Content-Type: {JPEG}\r\nContent-Length: {len(picture)}\r\n\r\n".encode()
    return head + picture + f"\r\n--{BOUNDARY}\r\n".encode()


class CameraStream(msgspec.Struct, frozen=True):
    """The pictures of a camera, for as long as the client looks; a slow client gets fewer, none gets old ones."""

    camera: Camera
    stall_seconds: float = STALL_SECONDS

    def reply(self) -> Reply:
        """As the return value of a handler."""
        return Reply(self)

    async def __call__(self, _: Scope, receive: Receive, send: Send) -> None:
        """Answer. Raises Offline before the first picture; later the stream just ends."""
        first = await self.camera.snapshot()

        async def show() -> None:
            await write(f"--{BOUNDARY}\r\n".encode() + part(first))
            pictures = self.camera.stream()
            try:
                async for picture in pictures:
                    await within(self.stall_seconds, write(part(picture)))
            finally:
                # The camera works only while somebody iterates: do not leave it to the garbage collector to say so.
                if isinstance(pictures, AsyncGenerator):
                    await pictures.aclose()

        async def write(data: bytes) -> None:
            await send({"type": "http.response.body", "body": data, "more_body": True})

        await send({"type": "http.response.start", "status": 200, "headers": STREAM_HEADERS})
        try:
            await first_of(show(), gone(receive))
        except Stalled:
            return
        except CoreError:
            pass
        await send({"type": "http.response.body", "body": f"--{BOUNDARY}--\r\n".encode(), "more_body": False})
