"""A clock that stands still until the test moves it."""

import asyncio
import heapq
import itertools
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any

from printyard.core.model.value import Instant, after

NOON = Instant(1_767_268_800_000_000)
"""2026-01-01T12:00:00Z."""

TICKS = 50
"""How often others run before they count as settled, on an event loop that does not tell what is ready."""

Outside = Callable[[], Iterable["asyncio.Future[Any]"]]
"""What is under way in threads, as futures of this event loop."""


class ManualClock:
    """core.ports.time.Clock, moved by `advance` alone; `outside` are threads whose work belongs to the settling."""

    def __init__(self, now: Instant = NOON) -> None:
        self._now = now
        self._order = itertools.count()
        self._sleepers: list[tuple[Instant, int, asyncio.Future[None]]] = []
        self._outside: list[Outside] = []

    def now(self) -> Instant:
        return self._now

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        await self._sleeper(seconds)

    def later(self, seconds: float, work: Callable[[], None]) -> Callable[[], object]:
        if seconds <= 0:
            return asyncio.get_running_loop().call_soon(work).cancel
        future = self._sleeper(seconds)
        future.add_done_callback(lambda done: None if done.cancelled() else work())
        return future.cancel

    def _sleeper(self, seconds: float) -> "asyncio.Future[None]":
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (after(self._now, seconds), next(self._order), future))
        return future

    @property
    def sleepers(self) -> int:
        """How many wait for this clock."""
        return sum(not future.done() for _, _, future in self._sleepers)

    @contextmanager
    def including(self, outside: Outside) -> Iterator[None]:
        """Let work in threads count as unsettled, for as long as the context lasts."""
        self._outside.append(outside)
        try:
            yield
        finally:
            self._outside.remove(outside)

    @contextmanager
    def including_threads(self) -> Iterator[None]:
        """Let whatever is done in threads for this event loop count as unsettled, for as long as the context lasts."""
        loop, jobs = asyncio.get_running_loop(), set[asyncio.Future[Any]]()
        into_thread = loop.run_in_executor

        def watched(executor: Executor | None, work: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # noqa: ANN401
            job = into_thread(executor, work, *args)
            jobs.add(job)
            job.add_done_callback(jobs.discard)
            return job

        loop.run_in_executor = watched  # type: ignore[method-assign,assignment]
        try:
            with self.including(lambda: tuple(jobs)):
                yield
        finally:
            loop.run_in_executor = into_thread  # type: ignore[method-assign]

    async def advance(self, seconds: float) -> None:
        """Let time pass: each sleeper wakes at its own instant, and all that follows happens before the next one."""
        target = after(self._now, seconds)
        await self.settle()
        while self._sleepers and self._sleepers[0][0] <= target:
            instant, _, future = heapq.heappop(self._sleepers)
            if future.done():
                continue
            self._now = max(self._now, instant)
            future.set_result(None)
            await self.settle()
        self._now = target
        await self.settle()

    async def settle(self) -> None:
        """Let everybody run until nobody can go on without more time."""
        while True:
            await _others()
            busy = {future for outside in self._outside for future in outside() if not future.done()}
            if not busy:
                return
            await asyncio.wait(busy)


async def _others() -> None:
    """Let the tasks of this loop run until none of them is ready."""
    ready = getattr(asyncio.get_running_loop(), "_ready", None)
    for _ in itertools.count() if ready is not None else range(TICKS):
        await asyncio.sleep(0)
        if ready is not None and not ready:
            return
