"""Workers of one kind: started on demand, each with one task at a time, ended when idle, replaced when they die."""

import asyncio
import logging
from typing import Final, NoReturn, TypeVar

import msgspec

from printyard.core.errors import CoreError, Invalid, NotFound, StorageFull, TimedOut
from printyard.core.ports.time import Clock
from printyard.core.ports.workers import Watch
from printyard.infra.workers.process import Link, Spawn
from printyard.infra.workers.tasks import Task
from printyard.infra.workers.wire import OUT_OF_MEMORY, Done, Failed, Progress, Reply, decode, encode, read_reply

logger = logging.getLogger(__name__)

IDLE_SECONDS: Final = 60.0
SILENCE_SECONDS: Final = 120.0

_ERRORS: Final[dict[str, type[CoreError]]] = {error.__name__: error for error in (Invalid, NotFound, StorageFull)}
"""What a worker may say of its task; anything else is a fault of the task itself."""

Answer = TypeVar("Answer")


class WorkerPool:
    """At most `limit` workers of one kind.

    One that has had no work for `idle_seconds` is let go; one that neither answers nor makes progress for
    `silence_seconds` is killed.
    """

    def __init__(
        self,
        name: str,
        spawn: Spawn,
        clock: Clock,
        *,
        limit: int = 1,
        idle_seconds: float = IDLE_SECONDS,
        silence_seconds: float = SILENCE_SECONDS,
    ) -> None:
        self._name = name
        self._spawn = spawn
        self._clock = clock
        self._idle_seconds = idle_seconds
        self._silence_seconds = silence_seconds
        self._permits = asyncio.Semaphore(limit)
        self._idle: dict[Link, asyncio.Task[None]] = {}
        self._busy: set[asyncio.Task[msgspec.Raw]] = set()
        self._closed = False

    async def ask(self, task: Task, answer: type[Answer], progress: Watch | None = None) -> Answer:
        """Have a task done; a caller who gives up ends the worker that was at it, and goes on when it has ended.

        `progress` is told 0 when the task's turn has come, then what the worker says.
        Raises Invalid, NotFound or StorageFull as the worker says, Invalid if the task killed it, TimedOut if it hung.
        """
        async with self._permits:
            if self._closed:
                raise TimedOut("The server is shutting down.")
            # A task of its own, so that close() can end the work without cancelling the caller.
            if progress is not None:
                progress(0.0)
            work = asyncio.create_task(self._work(task, progress))
            self._busy.add(work)
            try:
                body = await work
            except asyncio.CancelledError:
                if self._closed:
                    raise TimedOut("The server is shutting down.") from None
                work.cancel()
                await asyncio.wait({work})  # so that nobody writes to its paths any more
                raise
            finally:
                self._busy.discard(work)
        return decode(body, answer)

    async def close(self) -> None:
        """End all workers now, also those at work."""
        self._closed = True
        for work in tuple(self._busy):
            work.cancel()
        retirements, self._idle = self._idle, {}
        for retirement in retirements.values():
            retirement.cancel()
        await asyncio.gather(*self._busy, *retirements.values(), return_exceptions=True)
        await asyncio.gather(*(link.close() for link in retirements))

    async def _work(self, task: Task, progress: Watch | None) -> msgspec.Raw:
        link = await self._take()
        try:
            reply = await self._converse(link, task, progress)
        except BaseException:
            await link.kill()
            raise
        self._idle[link] = asyncio.create_task(self._retire(link))
        if isinstance(reply, Failed):
            raise _ERRORS.get(reply.error, Invalid)(reply.message, code=reply.code)
        return reply.answer

    async def _take(self) -> Link:
        """The worker that rested least (its memory is warm), or a new one."""
        while self._idle:
            link, retirement = self._idle.popitem()
            retirement.cancel()
            if link.alive:
                return link
            logger.warning("worker %s ended while it was idle, with status %d", self._name, await link.kill())
        return await self._spawn()

    async def _converse(self, link: Link, task: Task, progress: Watch | None) -> Done | Failed:
        try:
            await link.send(encode(task))
        except OSError:
            await self._mourn(link)
        while True:
            reply = await self._next_reply(link)
            if not isinstance(reply, Progress):
                return reply
            if progress is not None:
                progress(reply.fraction)

    async def _next_reply(self, link: Link) -> Reply:
        """What the worker says next. Raises TimedOut, and Invalid if it has died or talks nonsense."""
        hearing = asyncio.ensure_future(link.receive())
        waiting = asyncio.ensure_future(self._clock.sleep(self._silence_seconds))
        try:
            await asyncio.wait((hearing, waiting), return_when=asyncio.FIRST_COMPLETED)
            if not hearing.done():
                raise TimedOut("The work took too long without getting on, and was given up.")
            body = hearing.result()
        finally:
            hearing.cancel()
            waiting.cancel()
        if body is None:
            await self._mourn(link)
        try:
            return read_reply(body)
        except msgspec.DecodeError:
            await self._mourn(link)

    async def _mourn(self, link: Link) -> NoReturn:
        status = await link.kill()
        logger.error("worker %s ended in the middle of its work, with status %d", self._name, status)
        if status == OUT_OF_MEMORY:
            raise Invalid("The file needs more memory than it may have.", code="out_of_memory")
        raise Invalid("The file could not be worked on: the worker ended.", code="worker_ended")

    async def _retire(self, link: Link) -> None:
        await self._clock.sleep(self._idle_seconds)
        if self._idle.pop(link, None) is not None:
            await link.close()
