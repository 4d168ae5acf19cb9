"""Sends what is written in one turn of the loop in one piece, and takes large bodies in without copying them about.

An answer's head and body are one call to the system.
"""

import asyncio
from typing import Any, Self

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MOST_BYTES = 64 * 1024
"""More than so many are not held back: the connection shall tell soon that it is full."""

MOST_WAITING_BYTES = 512 * 1024
"""Of a body's bytes that nobody has asked for yet; with more the client waits. Uvicorn's own 64 KiB are less than one
read, so that each would stop and start the connection."""


class Gathering:
    """A transport that holds back what is written until the end of the turn. All else is the real one's."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self._held: list[bytes] = []
        self._size = 0

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a transport has
        return getattr(self._transport, name)

    def write(self, data: bytes) -> None:
        """Send this soon."""
        if not self._held:
            self._loop.call_soon(self._let_go)
        self._held.append(data)
        self._size += len(data)
        if self._size > MOST_BYTES:
            self._let_go()

    def close(self) -> None:
        """Close, as soon as all is sent."""
        self._let_go()
        self._transport.close()

    def _let_go(self) -> None:
        if self._held:
            held, self._held, self._size = self._held, [], 0
            if not self._transport.is_closing():
                self._transport.write(held[0] if len(held) == 1 else b"".join(held))


class Body:
    """What came of a request's body and was not yet asked for; as a bytearray, but a single piece is never copied."""

    __slots__ = ("_pieces", "_size")

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0

    def __iadd__(self, piece: bytes) -> Self:
        self._pieces.append(piece)
        self._size += len(piece)
        return self

    def __len__(self) -> int:
        return self._size

    def __bytes__(self) -> bytes:
        return b"".join(self._pieces)


class GatheringProtocol(HttpToolsProtocol):
    """Uvicorn's protocol on such a transport."""

    def on_body(self, body: bytes) -> None:
        """As uvicorn's, with another buffer and another limit."""
        cycle = self.cycle
        if cycle.response_complete or self.parser.should_upgrade():
            super().on_body(body)
            return
        if not cycle.body:
            cycle.body = Body()  # type: ignore[assignment]
        cycle.body += body
        if len(cycle.body) > MOST_WAITING_BYTES:
            self.flow.pause_reading()
        cycle.message_event.set()

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(Gathering(transport, self.loop))  # type: ignore[arg-type]
