"""Long answers: send as the client reads, notice when it goes away, and end when told."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from typing import Any

from printyard.serving.asgi import Receive
from printyard.serving.mailbox import Mailbox, Stalled

STALL_SECONDS = 30.0

SendBytes = Callable[[bytes], Awaitable[None]]


async def within(seconds: float, sending: Awaitable[None]) -> None:
    """Send one piece. Raises Stalled if the client does not take it in time."""
    try:
        async with asyncio.timeout(seconds):
            await sending
    except TimeoutError:
        raise Stalled from None


async def drain(mailbox: Mailbox, send: SendBytes, stall_seconds: float = STALL_SECONDS) -> None:
    """Send what comes into a mailbox, until cancelled. Raises Stalled."""
    while True:
        for message in await mailbox.take():
            await within(stall_seconds, send(message))


async def gone(receive: Receive, kind: str = "http.disconnect") -> None:
    """Returns when the client has gone away."""
    while (await receive())["type"] != kind:
        pass


async def first_of(*works: Coroutine[Any, Any, None]) -> None:
    """Run all at once until the first one ends, then cancel the others; what it raised is raised."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    for task in done:
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error


async def until(ended: Awaitable[None] | None) -> None:
    """Returns when that has happened; never, if there is nothing to wait for."""
    if ended is None:
        await asyncio.get_running_loop().create_future()
    else:
        with suppress(asyncio.CancelledError):
            await ended
