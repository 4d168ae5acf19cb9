"""Hangs up on clients that dawdle: a request's head has to come soon and be short, its body may not stand still.

Uvicorn itself waits for ever for both, and takes a head of any length.
"""

import asyncio

from printyard.app.gathering import GatheringProtocol

HEAD_SECONDS = 20.0
"""From the connection, or from the first byte of a later request, to the end of its head."""

HEAD_BYTES = 64 * 1024
"""A signed URL and a browser's cookies are a tenth of it."""

BODY_SECONDS = 120.0
"""Between two pieces of a body, while the server would take more."""

TOO_SLOW = (408, "Request Timeout")
TOO_LARGE = (431, "Request Header Fields Too Large")


class PatientProtocol(GatheringProtocol):
    """One connection. What comes in one piece, as most requests do, never needs a timer."""

    head_seconds, head_bytes, body_seconds = HEAD_SECONDS, HEAD_BYTES, BODY_SECONDS

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._head_size = 0
        self._in_head, self._in_body = True, False
        self._timer: asyncio.TimerHandle | None = None
        self._wait(self.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._rest()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        had_begun = self._in_head
        super().data_received(data)
        if self._in_head:
            self._head_size += len(data)
            if self._head_size > self.head_bytes:
                self._refuse(*TOO_LARGE)
            elif self._timer is None or not had_begun:
                self._rest()
                self._wait(self.head_seconds)
        else:
            self._rest()
            if self._in_body:
                self._wait(self.body_seconds)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._head_size, self._in_head, self._in_body = 0, True, False

    def on_headers_complete(self) -> None:
        self._in_head, self._in_body = False, True
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_body = False
        super().on_message_complete()

    def handle_websocket_upgrade(self) -> None:
        self._in_body = False
        super().handle_websocket_upgrade()

    def _wait(self, seconds: float) -> None:
        self._timer = self.loop.call_later(seconds, self._too_slow)

    def _rest(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _too_slow(self) -> None:
        self._timer = None
        if self.transport.is_closing():
            return
        if self._in_head:
            self._refuse(*TOO_SLOW)
        elif self.flow.read_paused:  # it is the server that is slow
            self._wait(self.body_seconds)
        elif self.cycle.response_started:
            self.transport.close()
        else:
            self._refuse(*TOO_SLOW)

    def _refuse(self, status: int, title: str) -> None:
        """Say why, and hang up; a request that is being read sees its client go away."""
        self._rest()
        lines = (f"HTTP/1.1 {status} {title}", "Content-Length: 0", "Connection: close", "", "")
        self.transport.write("\r\n".join(lines).encode())
        self.transport.close()
