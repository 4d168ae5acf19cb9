"""The cache of plans: FOLDER/KEY.plan with KEY.json, its analysis, and KEY.view, its preview, beside it.

The key is the hash of the G-code, the key of the limits and the version of the kernel, so that nothing in the cache is
ever wrong: it is only dropped, the longest unused first, when the whole grows too large.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec

from printyard.core.errors import Invalid, StorageFull
from printyard.core.model.file import Analysis, Blob
from printyard.core.ports.blobs import Blobs
from printyard.core.ports.workers import Processed, Watch
from printyard.gcode.embedded import Pictures
from printyard.gcode.limits import KERNEL_VERSION, Limits
from printyard.gcode.plan import Plan, PlanError
from printyard.gcode.preview.layout import FORMAT
from printyard.infra.blobs.disk import FreeBytes, free_bytes, read_at
from printyard.infra.workers.pictures import CachedPictures
from printyard.infra.workers.pool import WorkerPool
from printyard.infra.workers.processing import process, process_key
from printyard.infra.workers.shared import SharedWork
from printyard.infra.workers.shelf import PlanShelf
from printyard.infra.workers.tasks import MakePlan, MakePreview, Warm, Warmed

CACHE_BYTES: Final = 2_000_000_000
RESERVE_BYTES: Final = 512_000_000
ROOM_RATIO: Final = 4
"""Making a plan takes about so many times the size of its G-code: the plan, and as much again while it's written. A
preview, or a processed copy and its way into the store, take less."""


class Held(msgspec.Struct):
    """A plan that is open, or being opened, and how many wait for it or use it."""

    opening: asyncio.Task[Plan]
    users: int = 0


class CachedPlans:
    """core.ports.workers.Plans: what a worker makes, once per key and shared by all who ask."""

    def __init__(
        self,
        folder: Path,
        blobs: Blobs,
        workers: WorkerPool,
        *,
        cache_bytes: int = CACHE_BYTES,
        reserve_bytes: int = RESERVE_BYTES,
        free_bytes: FreeBytes = free_bytes,
    ) -> None:
        self._shelf = PlanShelf(folder, self._is_held)
        self._folder = folder
        self._blobs = blobs
        self._workers = workers
        self._cache_bytes = cache_bytes
        self._reserve_bytes = reserve_bytes
        self._free_bytes = free_bytes
        self._making: SharedWork[Analysis] = SharedWork()
        self._drawing: SharedWork[None] = SharedWork()
        self._processing: SharedWork[Processed] = SharedWork()
        self._pictures = CachedPictures(folder.with_name("pictures"), blobs, workers)
        self._held: dict[str, Held] = {}

    async def start(self) -> None:
        """Make the folder, and drop what a killed server left half-written."""
        await asyncio.to_thread(self._shelf.prepare)
        await self._pictures.start()

    async def close(self) -> None:
        """End the workers; what is being made is given up."""
        await self._workers.close()
        opening = [held.opening for held in self._held.values()]
        await asyncio.gather(self._processing.end(), self._drawing.end(), self._making.end(), self._pictures.close())
        await asyncio.gather(*opening, return_exceptions=True)

    async def warm(self) -> Warmed:
        """Get a worker ready: compiles the kernel if it never was."""
        return await self._workers.ask(Warm(), Warmed)

    def path(self, blob: Blob, limits: Limits) -> Path:
        """Where the plan lies for as long as it's open. Raises Invalid for a file that is no G-code."""
        return self._shelf.plan(key_of(blob, limits))

    def open(self, blob: Blob, limits: Limits) -> AbstractAsyncContextManager[Plan]:
        return self._open(blob, limits)

    async def analyse(self, blob: Blob, limits: Limits, watch: Watch | None = None) -> Analysis:
        key = key_of(blob, limits)
        known = await asyncio.to_thread(self._shelf.analysis, key)
        return known if known is not None else await self._made(key, blob, limits, watch)

    async def preview(self, blob: Blob, limits: Limits, watch: Watch | None = None) -> "CachedPreview":
        key = key_of(blob, limits)
        size = await asyncio.to_thread(self._shelf.preview_size, key)
        if size is None:
            await self._drawing.do(key, lambda tell: self._draw(key, blob, limits, tell), watch)
            size = (await asyncio.to_thread(self._shelf.preview(key).stat)).st_size
        return CachedPreview(self, blob, limits, f"{key}-{FORMAT}", size)

    async def read_preview(self, blob: Blob, limits: Limits, offset: int, size: int) -> bytes:
        """Bytes of a preview; one that was dropped meanwhile is drawn again, and is the same."""
        path = self._shelf.preview(key_of(blob, limits))
        try:
            return await asyncio.to_thread(read_at, path, offset, size)
        except FileNotFoundError:
            await self.preview(blob, limits)
            return await asyncio.to_thread(read_at, path, offset, size)

    async def pictures(self, blob: Blob) -> Pictures:
        return await self._pictures.of(blob)

    async def process(
        self, blob: Blob, name: str, limits: Limits, *, force: bool = False, watch: Watch | None = None
    ) -> Processed:
        key = process_key(blob, name, limits, force=force)

        async def work(tell: Watch) -> Processed:
            await asyncio.to_thread(self._make_room, blob.size * ROOM_RATIO)
            output = self._shelf.copy(key)
            try:
                return await process(self._blobs, self._workers, blob, name, limits, output, force=force, watch=tell)
            finally:
                await asyncio.to_thread(self._shelf.sweep, output)

        return await self._processing.do(key, work, watch)

    @asynccontextmanager
    async def _open(self, blob: Blob, limits: Limits) -> AsyncIterator[Plan]:
        key = key_of(blob, limits)
        held = self._held.get(key)
        if held is None:
            held = self._held[key] = Held(asyncio.create_task(self._opened(key, blob, limits)))
        held.users += 1
        try:
            # Shielded: others may wait for the same plan.
            yield await asyncio.shield(held.opening)
        finally:
            held.users -= 1
            if held.users == 0:
                del self._held[key]
                held.opening.add_done_callback(_close)

    async def _opened(self, key: str, blob: Blob, limits: Limits) -> Plan:
        """The plan, from the cache or made; one that is damaged is made again."""
        with suppress(FileNotFoundError, PlanError):
            return await asyncio.to_thread(self._shelf.open, key)
        await self._made(key, blob, limits)
        return await asyncio.to_thread(self._shelf.open, key)

    async def _made(self, key: str, blob: Blob, limits: Limits, watch: Watch | None = None) -> Analysis:
        return await self._making.do(key, lambda tell: self._make(key, blob, limits, tell), watch)

    async def _make(self, key: str, blob: Blob, limits: Limits, tell: Watch) -> Analysis:
        await asyncio.to_thread(self._make_room, blob.content_size * ROOM_RATIO)
        draft = self._shelf.draft(key)
        try:
            async with self._blobs.local(blob) as source:
                task = MakePlan(source=source, plan=draft, limits=limits.to_config(), content_size=blob.content_size)
                analysis = await self._workers.ask(task, Analysis, tell)
            await asyncio.to_thread(self._shelf.keep, key, analysis)
            await self._pictures.of(blob)  # by the same worker, which is there: whoever shows the file wants them next
        finally:
            await asyncio.to_thread(self._shelf.sweep, draft)
        await asyncio.to_thread(self._shelf.shrink, self._cache_bytes, key)
        return analysis

    async def _draw(self, key: str, blob: Blob, limits: Limits, tell: Watch) -> None:
        """Draw the preview, after its plan; drawing is the smaller part of the work, and tells nothing."""
        await self.analyse(blob, limits, tell)
        sketch = self._shelf.sketch(key)
        async with self._open(blob, limits):
            try:
                await self._workers.ask(MakePreview(plan=self._shelf.plan(key), preview=sketch), int, tell)
                await asyncio.to_thread(self._shelf.keep_preview, key)
            finally:
                await asyncio.to_thread(self._shelf.sweep, sketch)
        await asyncio.to_thread(self._shelf.shrink, self._cache_bytes, key)

    def _make_room(self, size: int) -> None:
        """Raises StorageFull where not even dropping all plans that are not open gives enough."""
        for cache_bytes in (self._cache_bytes, 0):
            if self._free_bytes(self._folder) - size >= self._reserve_bytes:
                return
            self._shelf.shrink(cache_bytes)
        if self._free_bytes(self._folder) - size < self._reserve_bytes:
            raise StorageFull("The disk has no room for the plan of this file.")

    def _is_held(self, key: str) -> bool:
        return key in self._held


class CachedPreview:
    """core.ports.workers.Preview of a file that lies in the cache, or is drawn again."""

    def __init__(self, plans: CachedPlans, blob: Blob, limits: Limits, tag: str, size: int) -> None:
        self._plans, self._blob, self._limits = plans, blob, limits
        self.tag, self.size = tag, size

    async def read(self, offset: int, size: int) -> bytes:
        return await self._plans.read_preview(self._blob, self._limits, offset, size)


def key_of(blob: Blob, limits: Limits) -> str:
    """The name of a plan: what was sliced, for which limits, by which kernel."""
    if not blob.content_sha256:
        raise Invalid("The file holds no G-code.", code="no_model")
    return f"{blob.content_sha256}-{limits.key()}-{KERNEL_VERSION}"


def _close(opening: asyncio.Task[Plan]) -> None:
    if not opening.cancelled() and opening.exception() is None:
        opening.result().close()
