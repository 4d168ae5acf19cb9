"""Websockets: one task reads, one writes from a mailbox, and the connection ends as a whole."""

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

from litestar.exceptions import WebSocketDisconnect

from printyard.serving.mailbox import Mailbox, Stalled
from printyard.serving.pump import STALL_SECONDS, drain, first_of, until

MAX_MESSAGE_CHARACTERS = 1024 * 1024
TRY_AGAIN_LATER = 1013
TOO_BIG = 1009
POLICY = 1008


class Socket(Protocol):
    """What is used of Litestar's WebSocket, once it is accepted."""

    async def receive_data(self, mode: Any) -> Any:  # noqa: ANN401 - text or bytes
        """The next message. Raises WebSocketDisconnect."""

    async def send_data(self, data: Any, mode: Any) -> None:  # noqa: ANN401 - text or bytes
        """Send a message."""

    async def close(self, code: int = 1000, reason: str | None = None) -> None:
        """Close it."""


class TooBig(Exception):
    """A message over the limit."""


async def converse(
    socket: Socket,
    mailbox: Mailbox,
    heard: Callable[[str], Awaitable[None]],
    *,
    ended: Awaitable[Any] | None = None,
    stall_seconds: float = STALL_SECONDS,
    max_characters: int = MAX_MESSAGE_CHARACTERS,
) -> None:
    """Talk over an accepted websocket until one side ends it.

    Each text message is given to `heard`, one at a time; what lies in the mailbox is sent as text. A client that does
    not read is dropped (1013), one that says too much at once too (1009); when `ended` completes (the credential is
    withdrawn), the connection is closed with 1008.
    """

    async def write(data: bytes) -> None:
        await socket.send_data(data.decode(), "text")

    async def listen() -> None:
        while True:
            said = await socket.receive_data("text")
            if len(said) > max_characters:
                raise TooBig
            await heard(said)

    try:
        await first_of(listen(), drain(mailbox, write, stall_seconds), until(ended))
    except WebSocketDisconnect:
        return
    except Stalled:
        await socket.close(TRY_AGAIN_LATER, "too slow")
        return
    except TooBig:
        await socket.close(TOO_BIG, "message too big")
        return
    await socket.close(POLICY, "ended")
