"""Deadlines by the injected clock, so that a test can let them pass."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from printyard.core.ports.time import Clock

T = TypeVar("T")


async def within(clock: Clock, seconds: float, work: "Coroutine[Any, Any, T] | asyncio.Task[T]") -> T:
    """What `work` gives, if it does so in time; else it is cancelled. Raises TimeoutError, and what it raises."""
    task = work if isinstance(work, asyncio.Task) else asyncio.create_task(work)
    timer = asyncio.create_task(clock.sleep(seconds))
    try:
        await asyncio.wait({task, timer}, return_when=asyncio.FIRST_COMPLETED)
        if task.done():
            return task.result()
        raise TimeoutError
    finally:
        timer.cancel()
        if not task.done():
            task.cancel()
            await asyncio.wait({task})
            if not task.cancelled():
                task.exception()
