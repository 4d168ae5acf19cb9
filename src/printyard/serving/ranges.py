"""Downloads: whole or one byte range, from a reader that gives pieces; always as an attachment that no browser runs."""

import re
from collections.abc import Awaitable, Callable
from urllib.parse import quote

import msgspec

from printyard.serving.asgi import Receive, Scope, Send, text_header
from printyard.serving.reply import Reply

PIECE_BYTES = 256 * 1024
RANGE = re.compile(r"bytes=([0-9]{0,18})-([0-9]{0,18})")
PLAIN_NAME = re.compile(r"[A-Za-z0-9 ._()+-]+")

Read = Callable[[int, int], Awaitable[bytes]]
"""Bytes at (offset, size)."""


class Download(msgspec.Struct, frozen=True, kw_only=True):
    """Something to download. `etag` is without quotes; `file_name` is what the client may call it."""

    size: int
    read: Read
    file_name: str
    etag: str
    media_type: str = "application/octet-stream"
    attachment: bool = True

    def reply(self) -> Reply:
        """As the return value of a handler."""
        return Reply(self)

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        """Answer a GET with 200, 206, 304 or 416."""
        tag = f'"{self.etag}"'
        headers = [("accept-ranges", "bytes"), ("etag", tag), ("x-content-type-options", "nosniff")]
        if tag in {known.strip() for known in text_header(scope, b"if-none-match").split(",")}:
            await start(send, 304, headers)
            await send({"type": "http.response.body", "body": b""})
            return
        headers.append(("content-type", self.media_type))
        if self.attachment:
            headers.append(("content-disposition", disposition(self.file_name)))
        wanted = self._range(scope, tag)
        if wanted is None:
            await start(send, 416, [*headers, ("content-range", f"bytes */{self.size}"), ("content-length", "0")])
            await send({"type": "http.response.body", "body": b""})
            return
        first, length = wanted
        if length == self.size:
            await start(send, 200, [*headers, ("content-length", str(self.size))])
        else:
            span = f"bytes {first}-{first + length - 1}/{self.size}"
            await start(send, 206, [*headers, ("content-range", span), ("content-length", str(length))])
        await self._pieces(first, length, send)

    def _range(self, scope: Scope, tag: str) -> tuple[int, int] | None:
        """Offset and length of what is wanted; None if there is nothing of that."""
        condition = text_header(scope, b"if-range")
        if condition and condition != tag:
            return 0, self.size
        return byte_range(text_header(scope, b"range"), self.size)

    async def _pieces(self, first: int, length: int, send: Send) -> None:
        end = first + length
        while first < end:
            piece = await self.read(first, min(PIECE_BYTES, end - first))
            if not piece:
                # The promised length cannot be kept; the server then closes the connection, so the client sees a cut.
                raise OSError("the stored bytes end early")
            first += len(piece)
            await send({"type": "http.response.body", "body": piece, "more_body": first < end})
        if length == 0:
            await send({"type": "http.response.body", "body": b""})


async def start(send: Send, status: int, headers: list[tuple[str, str]]) -> None:
    """The head of an answer."""
    raw = [(name.encode(), value.encode("latin-1")) for name, value in headers]
    await send({"type": "http.response.start", "status": status, "headers": raw})


def byte_range(value: str, size: int) -> tuple[int, int] | None:
    """Offset and length that a Range header asks for; None if that lies outside.

    All of it, where it asks for what we do not do (several ranges, other units), as a server may.
    """
    match = RANGE.fullmatch(value.replace(" ", "").lower())
    if match is None or match[0] == "bytes=-":
        return 0, size
    if not match[1]:
        length = min(int(match[2]), size)
        return (size - length, length) if length else None
    first = int(match[1])
    last = min(int(match[2]), size - 1) if match[2] else size - 1
    if match[2] and int(match[2]) < first:
        return 0, size
    return (first, last - first + 1) if first < size else None


def disposition(file_name: str) -> str:
    """A Content-Disposition that carries any name: plain for all clients, and exact for those that know RFC 6266."""
    if PLAIN_NAME.fullmatch(file_name):
        return f'attachment; filename="{file_name}"'
    plain = re.sub(r"[^A-Za-z0-9 ._()+-]", "_", file_name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file_name, safe='')}"
