"""Work that many may wait for: begun once for each key, and given up when the last of them gives up."""

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from printyard.core.ports.workers import Watch

logger = logging.getLogger(__name__)

Result = TypeVar("Result")
Work = Callable[[Watch], Coroutine[Any, Any, Result]]


class UnderWay(Generic[Result]):
    """One piece of work: its task, how many wait for it, and who wants to know how far it is."""

    def __init__(self, work: Work[Result]) -> None:
        self.waiting = 0
        self.watches: list[Watch] = []
        self.task = asyncio.create_task(work(self._tell))
        self.given_up = False
        self._told: float | None = None

    def _tell(self, fraction: float) -> None:
        self._told = fraction
        for watch in self.watches:
            watch(fraction)

    async def wait(self, watch: Watch | None) -> Result:
        """Its result. Whoever waits may give up; the last one ends it."""
        self.waiting += 1
        if watch is not None:
            self.watches.append(watch)
            if self._told is not None:
                watch(self._told)
        try:
            return await asyncio.shield(self.task)
        finally:
            self.waiting -= 1
            if watch is not None:
                self.watches.remove(watch)
            if self.waiting == 0 and not self.task.done():
                self.given_up = True
                self.task.cancel()


class SharedWork(Generic[Result]):
    """All of one sort that is under way, by key."""

    def __init__(self) -> None:
        self._under_way: dict[str, UnderWay[Result]] = {}

    async def do(self, key: str, work: Work[Result], watch: Watch | None = None) -> Result:
        """The result of the work of this key; `work` is begun unless it is under way. It is told how to report.

        What was given up is waited for: two of the same key are never at it at once.
        """
        while (found := self._under_way.get(key)) is not None and found.given_up:
            await asyncio.wait({found.task})
        if found is None:
            found = self._under_way[key] = UnderWay(work)
            found.task.add_done_callback(lambda done: self._forget(key, done))
        return await found.wait(watch)

    async def end(self) -> None:
        """Wait until nothing is under way."""
        await asyncio.gather(*(found.task for found in self._under_way.values()), return_exceptions=True)

    def _forget(self, key: str, done: "asyncio.Task[Result]") -> None:
        del self._under_way[key]
        if not done.cancelled() and (error := done.exception()) is not None:
            logger.info("%s: %s", key, error)  # heard here, also if nobody waits any more
