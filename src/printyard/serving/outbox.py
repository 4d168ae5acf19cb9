"""What waits to be sent to one listener of a feed. The frames are shared by all who hear the same."""

import asyncio
from collections import deque

LIMIT_BYTES = 4 * 1024 * 1024
TAKEN_BYTES = 64 * 1024
"""So much is put together for one write."""


class Outbox:
    """Frames in their order. A listener who does not keep up is dropped: a gap in differences would lie.

    `doubtful`: something was withdrawn since it was last asked who this is.
    """

    def __init__(self, limit_bytes: int = LIMIT_BYTES) -> None:
        self.closed = False
        self.doubtful = False
        self._limit = limit_bytes
        self._frames: deque[bytes] = deque()
        self._size = 0
        self._bell = asyncio.Event()
        self._ending = False

    def put(self, data: bytes) -> None:
        """Add a frame; or close, if too much waits."""
        if self._size + len(data) > self._limit:
            self.close()
            return
        self._frames.append(data)
        self._size += len(data)
        self._bell.set()

    def close(self) -> None:
        """No more; what waits is dropped."""
        self.closed = True
        self._frames.clear()
        self._size = 0
        self._bell.set()

    def end(self) -> None:
        """No more, after what waits."""
        self._ending = True
        self._bell.set()

    def doubt(self) -> None:
        """Ask again who this is, before anything else is sent."""
        self.doubtful = True
        self._bell.set()

    async def take(self, seconds: float) -> bytes | None:
        """The next frames, as soon as there are some; None if there were none for so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._bell.wait()
        except TimeoutError:
            return None
        taken = [self._frames.popleft()] if self._frames else []
        size = sum(map(len, taken))
        while self._frames and size + len(self._frames[0]) <= TAKEN_BYTES:
            size += len(self._frames[0])
            taken.append(self._frames.popleft())
        self._size -= size
        if self._ending and not taken:
            self.closed = True
        if not (self._frames or self._ending or self.closed):
            self._bell.clear()
        return taken[0] if len(taken) == 1 else b"".join(taken)
