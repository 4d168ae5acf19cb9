"""One upload under way: bytes are gathered in batches, and full ones are hashed and written while the next fills."""

import asyncio
import hashlib
import mmap
import os
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

from printyard.core.errors import Conflict, CoreError, Invalid, StorageFull, TooLarge
from printyard.core.model.file import Blob
from printyard.infra.blobs import disk
from printyard.infra.blobs.lane import Lane

BATCH_BYTES: Final = 2 << 20
"""Large enough that a thread's hand-over costs little beside its work, small enough to stay in a core's cache."""

BATCHES: Final = 3
"""So many are in flight at most while one more fills: what an upload holds in memory."""

CACHED_BYTES: Final = 64 << 20
"""Up to here a file goes through the system's cache, since it is read soon. What lies beyond goes past the cache, where
the disk takes that: it costs a fifth of the processor's time, and does not push out what others need."""

WRITEBACK_BYTES: Final = 32 << 20
"""After so many in the cache the disk is set to work, so that the sync at the end has little left to wait for."""

Result = TypeVar("Result")


class Digest(NamedTuple):
    """The hash of the first `size` bytes of a partial file."""

    sha256: "hashlib._Hash"
    size: int


class Flight(NamedTuple):
    """A batch that threads work on: its buffer must not be touched before it has landed."""

    buffer: mmap.mmap
    landed: asyncio.Future[Any]


Keep = Callable[[Path, str, str, int], Blob]
"""Check, sync and shelve a whole file (path, name, SHA-256, length): called in a thread."""


def digest_of(path: Path) -> Digest:
    """Hash a partial file from its first byte on."""
    sha256 = hashlib.sha256()
    size = 0
    buffer = memoryview(bytearray(BATCH_BYTES))
    with path.open("rb", buffering=0) as file:
        while count := file.readinto(buffer):
            sha256.update(buffer[:count])
            size += count
    return Digest(sha256, size)


class LocalPartial:
    """An upload into a file of its own. One writer at a time; a cancelled call leaves it as if it had got fewer bytes.

    The file is open only while a batch is written, so that a forgotten upload holds nothing but its bytes.
    """

    def __init__(
        self,
        path: Path,
        digest: Digest,
        *,
        limit: int | None,
        threads: Executor,
        room_for: Callable[[int], None],
        keep: Keep,
        cached_bytes: int = CACHED_BYTES,
    ) -> None:
        self._path = path
        self._digest = digest.sha256
        self._size = digest.size
        self._limit = limit
        self._threads = threads
        self._room_for = room_for
        self._keep = keep
        self._cached_bytes = cached_bytes
        self._hashing, self._writing = Lane(threads), Lane(threads)
        self._filling: mmap.mmap | None = None
        self._filled, self._room = 0, 0
        self._flights: deque[Flight] = deque()
        self._spare: list[mmap.mmap] = []
        self._writeback: asyncio.Future[None] | None = None
        self._unsynced = 0
        self._finishing: asyncio.Task[Blob] | None = None
        self._gone: CoreError | None = None

    @property
    def id(self) -> str:
        return self._path.name

    @property
    def size(self) -> int:
        return self._size

    async def write(self, chunk: bytes | memoryview) -> None:
        self._must_be_open()
        left = memoryview(chunk).cast("B")
        if self._limit is not None and self._size + len(left) > self._limit:
            raise TooLarge(f"The upload has more than {self._limit:,} bytes.")
        while left:
            buffer = self._filling or await self._take_buffer()
            taken = min(len(left), self._room - self._filled)
            buffer[self._filled : self._filled + taken] = left[:taken]
            self._filled += taken
            self._size += taken
            left = left[taken:]
            if self._filled == self._room:
                self._launch()

    async def sync(self) -> int:
        self._must_be_open()
        await self._flush()
        size = self._size
        await self._or_discard(self._in_thread(self._sync))
        self._spare.clear()
        return size

    async def read(self, offset: int, size: int) -> bytes:
        """Bytes that were written before, by which a part that comes twice is compared."""
        self._must_be_open()
        await self._flush()
        return await self._in_thread(disk.read_at, self._path, offset, size)

    async def rewind(self, size: int) -> None:
        self._must_be_open()
        await self._flush()
        digest = await self._in_thread(self._cut, size)
        self._digest, self._size = digest.sha256, digest.size

    async def sha256(self) -> str:
        self._must_be_open()
        await self._flush()
        return self._digest.hexdigest()

    async def finish(self, name: str) -> Blob:
        if self._finishing is None:
            self._must_be_open()
            self._finishing = asyncio.create_task(self._finish(name))
        return await asyncio.shield(self._finishing)

    async def abandon(self) -> None:
        if self._finishing is not None:
            # What its bytes are worth is told to the one who asked to finish.
            with suppress(CoreError, OSError):
                await asyncio.shield(self._finishing)
        await self._discard(Conflict("The upload was abandoned."))

    async def _finish(self, name: str) -> Blob:
        await self._flush()
        work = self._in_thread(self._keep, self._path, name, self._digest.hexdigest(), self._size)
        blob = await self._or_discard(work)
        self._gone = Conflict("The upload is complete.")
        return blob

    def _must_be_open(self) -> None:
        if self._gone is not None:
            raise self._gone
        if self._finishing is not None:
            raise Conflict("The upload is complete.")

    async def _take_buffer(self) -> mmap.mmap:
        """An empty buffer. Writes past the cache want whole pages of memory and whole blocks of the disk."""
        if len(self._flights) == BATCHES:
            await self._land()
        self._room = BATCH_BYTES - self._size % disk.BLOCK_BYTES
        self._filling = self._spare.pop() if self._spare else mmap.mmap(-1, BATCH_BYTES)
        return self._filling

    def _launch(self) -> None:
        """Send the batch that fills to the threads."""
        if self._filling is None:
            return
        buffer, size, offset = self._filling, self._filled, self._size - self._filled
        self._filling, self._filled = None, 0
        batch = memoryview(buffer)[:size]
        hashed = self._hashing.put(lambda: self._digest.update(batch))
        written = self._writing.put(lambda: self._write_batch(batch, offset))
        landed = asyncio.gather(asyncio.wrap_future(hashed), asyncio.wrap_future(written))
        self._flights.append(Flight(buffer, landed))
        if self._unsynced >= WRITEBACK_BYTES and (self._writeback is None or self._writeback.done()):
            self._set_disk_to_work()

    def _set_disk_to_work(self) -> None:
        if self._writeback is not None and self._writeback.exception() is not None:
            return  # a sync tells of a failure once: keep it for _flush
        self._unsynced = 0
        self._writeback = asyncio.get_running_loop().run_in_executor(self._threads, self._sync_bytes)

    async def _land(self) -> None:
        """Wait for the oldest batch. Shielded: its buffer is in the threads' hands, whoever gives up waiting."""
        await self._or_discard(asyncio.shield(self._flights[0].landed))
        self._spare.append(self._flights.popleft().buffer)

    async def _flush(self) -> None:
        """Bring every byte into the file."""
        self._launch()
        while self._flights:
            await self._land()
        if self._writeback is not None:
            await self._or_discard(asyncio.shield(self._writeback))
            self._writeback = None

    async def _or_discard(self, work: Awaitable[Result]) -> Result:
        """The result; where the disk is full or the bytes are no good, nothing can come of the upload any more."""
        try:
            return await work
        except (Invalid, StorageFull) as error:
            await self._discard(error)
            raise

    async def _discard(self, reason: CoreError) -> None:
        """Remove the file, and say why to whoever comes later."""
        if self._gone is not None:
            return
        self._gone = reason
        under_way = [flight.landed for flight in self._flights]
        if self._writeback is not None:
            under_way.append(self._writeback)
        await asyncio.shield(asyncio.gather(*under_way, return_exceptions=True))
        await self._in_thread(lambda: self._path.unlink(missing_ok=True))

    def _write_batch(self, batch: memoryview, offset: int) -> None:
        self._room_for(len(batch))
        with disk.full_disk_told():
            written = disk.write_past_cache(self._path, offset, batch) if offset >= self._cached_bytes else 0
            if written < len(batch):
                disk.write_at(self._path, offset + written, batch[written:])
                self._unsynced += len(batch) - written

    def _sync_bytes(self) -> None:
        with disk.full_disk_told():
            disk.sync_file(self._path)

    def _sync(self) -> None:
        self._sync_bytes()
        disk.sync_folder(self._path.parent)

    def _cut(self, size: int) -> Digest:
        """Shorten the file, and hash what is left: a hash cannot forget."""
        os.truncate(self._path, size)
        disk.sync_file(self._path)
        return digest_of(self._path)

    async def _in_thread(self, work: Callable[..., Result], *args: object) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)
