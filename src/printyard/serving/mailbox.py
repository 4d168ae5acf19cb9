"""A mailbox between what changes and a connection that may be slow: the newest of each thing, no growing queue."""

import asyncio
from collections import deque
from collections.abc import Hashable

MAX_SAID = 1000


class Stalled(Exception):
    """The client does not read, or not fast enough: the connection must end."""


class Mailbox:
    """What one connection has yet to send.

    `show` keeps only the newest message of each key (a state); `say` keeps all, in order (answers, happenings), and
    a client that leaves too many of them unread is stalled. What was said goes before what is shown.
    """

    def __init__(self, *, max_said: int = MAX_SAID) -> None:
        self._said: deque[bytes] = deque()
        self._shown: dict[Hashable, bytes] = {}
        self._max_said = max_said
        self._stalled = False
        self._bell = asyncio.Event()

    def say(self, message: bytes) -> None:
        """Send this too."""
        if len(self._said) >= self._max_said:
            self._stalled = True
        else:
            self._said.append(message)
        self._bell.set()

    def show(self, key: Hashable, message: bytes) -> None:
        """Send this instead of what was shown under the key before, if that has not gone yet."""
        self._shown[key] = message
        self._bell.set()

    def forget(self, key: Hashable) -> None:
        """Do not send what is shown under the key."""
        self._shown.pop(key, None)

    async def take(self) -> list[bytes]:
        """Waits until there is something; all that is to be sent. Raises Stalled. Safe to cancel."""
        while not (self._said or self._shown or self._stalled):
            self._bell.clear()
            await self._bell.wait()
        if self._stalled:
            raise Stalled
        taken = [*self._said, *self._shown.values()]
        self._said.clear()
        self._shown.clear()
        return taken
