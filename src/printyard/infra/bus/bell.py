"""A bell for one process: rung from any thread, heard in the event loop."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from printyard.core.ports.bus import Listener


class LocalBell:
    """core.ports.bus.Bell. It holds one number, no queue: a slow listener misses rings, never facts."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._newest = 0
        self._ears: set[LocalEar] = set()

    @property
    def newest(self) -> int:
        return self._newest

    def ring(self, number: int) -> None:
        with self._lock:
            if number <= self._newest:
                return
            self._newest = number
            ears = tuple(self._ears)
        for ear in ears:
            ear.wake()

    @contextmanager
    def listen(self) -> Iterator[Listener]:
        """Called in an event loop, in which the listener is then to wait."""
        ear = LocalEar(self)
        with self._lock:
            self._ears.add(ear)
        try:
            yield ear
        finally:
            with self._lock:
                self._ears.discard(ear)


class LocalEar:
    """core.ports.bus.Listener, for one task."""

    def __init__(self, bell: LocalBell) -> None:
        self._bell = bell
        self._loop = asyncio.get_running_loop()
        self._rung = asyncio.Event()

    async def wait(self, seen: int) -> int:
        while (newest := self._bell.newest) <= seen:
            # Between the comparison and this line nothing runs in the loop, so a wake-up since is still to come.
            self._rung.clear()
            if self._bell.newest <= seen:
                await self._rung.wait()
        return newest

    def wake(self) -> None:
        """From any thread."""
        try:
            self._loop.call_soon_threadsafe(self._rung.set)
        except RuntimeError:
            return  # the loop is closed, and nobody waits any more
