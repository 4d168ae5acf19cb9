"""The house's outside, by script: a store whose disk fills up, analyses that fail, secrets that hide nothing."""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any, TypeVar

from msgspec.structs import replace

from printyard.core.errors import Invalid, StorageFull
from printyard.core.model.file import Analysis, Blob
from printyard.core.ports.store import Store, Transaction
from printyard.core.ports.workers import Preview, Processed, Watch
from printyard.gcode.embedded import Pictures
from printyard.gcode.limits import Limits
from printyard.gcode.plan import Plan

T = TypeVar("T")


class WatchedStore:
    """core.ports.store.Store around another, counted, and out of order at will.

    `full` refuses all that writes, `away` all that reads too. `hold` keeps writes back until `release`.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self.full = self.away = False
        self.reads = self.writes = 0
        self._open = asyncio.Event()
        self._open.set()
        self._under_way: set[asyncio.Future[Any]] = set()

    def hold(self) -> None:
        """Keep what is written from now on back."""
        self._open.clear()

    def release(self) -> None:
        """Let what was kept back be written."""
        self._open.set()

    def under_way(self) -> Iterable["asyncio.Future[Any]"]:
        """What the threads work on."""
        return tuple(self._under_way)

    async def read(self, work: Callable[[Transaction], T]) -> T:
        self.reads += 1
        if self.away:
            raise StorageFull("The test took the database away.")
        unit = self._watch(self._store.read(work))
        return await unit

    async def write(self, work: Callable[[Transaction], T]) -> T:
        await self._open.wait()
        self.writes += 1
        if self.full or self.away:
            raise StorageFull("The test filled the disk.")
        unit = self._watch(self._store.write(work))
        return await unit

    def _watch(self, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        task = asyncio.get_running_loop().create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return task


class FakePlans:
    """core.ports.workers.Plans: every file takes `seconds`, unless there is an `error`; there are no plans to open.

    `found` is what else there is to find in every file, `known` what is found in certain ones, by their SHA-256;
    `shown` are the pictures of certain ones. Nothing is found while `at_work` is cleared.
    """

    def __init__(self) -> None:
        self.seconds = 60.0
        self.found = Analysis()
        self.known: dict[str, Analysis] = {}
        self.shown: dict[str, Pictures] = {}
        self.error: Exception | None = None
        self.analysed: list[str] = []
        self.at_work = asyncio.Event()
        self.at_work.set()

    def path(self, blob: Blob, limits: Limits) -> Path:
        raise Invalid("This file has no plan.")

    def open(self, blob: Blob, limits: Limits) -> AbstractAsyncContextManager[Plan]:
        raise Invalid("This file has no plan.")

    async def analyse(self, blob: Blob, limits: Limits, watch: Watch | None = None) -> Analysis:
        self.analysed.append(blob.sha256)
        await self.at_work.wait()
        if self.error is not None:
            raise self.error
        found = self.known.get(blob.sha256) or replace(self.found, seconds=self.seconds)
        return replace(found, limits_key=limits.key())

    async def preview(self, blob: Blob, limits: Limits, watch: Watch | None = None) -> Preview:
        raise Invalid("This file has no plan.")

    async def pictures(self, blob: Blob) -> Pictures:
        return self.shown.get(blob.sha256, Pictures())

    async def process(
        self, blob: Blob, name: str, limits: Limits, *, force: bool = False, watch: Watch | None = None
    ) -> Processed:
        raise Invalid("This file cannot be processed.")


class FakeSeal:
    """core.ports.secrets.Seal that can be seen through, and notices only whether something is sealed."""

    MARK = b"sealed:"

    def close(self, plain: bytes) -> bytes:
        return self.MARK + plain

    def open(self, sealed: bytes) -> bytes:
        if not sealed.startswith(self.MARK):
            raise Invalid("This was not sealed here.")
        return sealed.removeprefix(self.MARK)


class FakePasswords:
    """core.ports.secrets.Passwords without their slowness."""

    async def hash(self, password: str) -> str:
        return f"hash of {password}"

    async def verify(self, hashed: str, password: str) -> bool:
        return hashed == f"hash of {password}"
