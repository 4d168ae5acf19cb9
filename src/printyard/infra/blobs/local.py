"""Blobs in a folder of this machine: FOLDER/blobs/ab/abcdef... by SHA-256, uploads under way in FOLDER/partial."""

import asyncio
import os
import re
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Final, TypeVar

from printyard.core.errors import NotFound, StorageFull
from printyard.core.model.file import Blob
from printyard.core.model.value import MICROSECONDS, Instant
from printyard.core.ports.time import Clock, Ids
from printyard.infra.blobs import disk
from printyard.infra.blobs.kinds import contents
from printyard.infra.blobs.partial import CACHED_BYTES, Digest, LocalPartial, digest_of

RESERVE_BYTES: Final = 512_000_000
"""Uploads stop when the disk has less than this, so that the log has room."""

STALE_SECONDS: Final = 25 * 3600
"""An upload that nobody wrote to for so long is over: its address was good for 24 hours."""

THREADS: Final = 8

_SHA256 = re.compile(r"[0-9a-f]{64}")
_PARTIAL_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")

Result = TypeVar("Result")


class LocalBlobs:
    """The store of bytes on the local disk. `free_bytes` tells what a folder's disk has left."""

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        ids: Ids,
        *,
        reserve_bytes: int = RESERVE_BYTES,
        free_bytes: disk.FreeBytes = disk.free_bytes,
        cached_bytes: int = CACHED_BYTES,
    ) -> None:
        self._shelves = folder / "blobs"
        self._uploads = folder / "partial"
        self._clock = clock
        self._ids = ids
        self._reserve = reserve_bytes
        self._free_bytes = free_bytes
        self._cached_bytes = cached_bytes
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="blobs")
        self._shelving = threading.Lock()

    async def start(self) -> None:
        """Make the folders, and remove the uploads that nobody will finish."""
        await self._in_thread(self._prepare)

    async def close(self) -> None:
        """Wait for the threads' work; uploads that are not finished stay and may be resumed."""
        await asyncio.to_thread(self._threads.shutdown)

    async def begin(self, limit: int | None = None) -> LocalPartial:
        path = self._uploads / self._ids.new()
        await self._in_thread(self._create, path)
        return self._partial(path, await self._in_thread(digest_of, path), limit)

    async def resume(self, partial_id: str, limit: int | None = None) -> LocalPartial:
        if not _PARTIAL_ID.fullmatch(partial_id):
            raise NotFound("There is no such upload.")
        path = self._uploads / partial_id
        try:
            digest = await self._in_thread(digest_of, path)
        except FileNotFoundError:
            raise NotFound("There is no such upload.") from None
        return self._partial(path, digest, limit)

    async def drop(self, partial_id: str) -> None:
        if _PARTIAL_ID.fullmatch(partial_id):
            await self._in_thread((self._uploads / partial_id).unlink, True)  # noqa: FBT003 (missing_ok, by position)

    async def drop_stale(self) -> int:
        return await self._in_thread(self._drop_stale)

    async def size(self, sha256: str) -> int:
        path = self._shelf(sha256)
        with _missing_told():
            return (await self._in_thread(path.stat)).st_size

    def local(self, blob: Blob) -> AbstractAsyncContextManager[Path]:
        return self._local(blob)

    async def read(self, blob: Blob, offset: int, size: int) -> bytes:
        with _missing_told():
            return await self._in_thread(disk.read_at, self._shelf(blob.sha256), offset, size)

    async def remove(self, sha256: str, idle_since: Instant) -> None:
        await self._in_thread(self._unshelve, self._shelf(sha256), idle_since)

    async def stored_before(self, instant: Instant) -> list[str]:
        return await self._in_thread(self._stored_before, instant)

    @asynccontextmanager
    async def _local(self, blob: Blob) -> AsyncIterator[Path]:
        await self.size(blob.sha256)
        yield self._shelf(blob.sha256)

    def _shelf(self, sha256: str) -> Path:
        """Where a blob lies. Nothing but a hash becomes a path."""
        if not _SHA256.fullmatch(sha256):
            raise NotFound("There is no such blob.")
        return self._shelves / sha256[:2] / sha256

    def _partial(self, path: Path, digest: Digest, limit: int | None) -> LocalPartial:
        return LocalPartial(
            path, digest, limit=limit, threads=self._threads, room_for=self._room_for, keep=self._keep,
            cached_bytes=self._cached_bytes,
        )  # fmt: skip

    def _prepare(self) -> None:
        disk.make_folder(self._shelves)
        disk.make_folder(self._uploads)
        self._drop_stale()

    def _drop_stale(self) -> int:
        oldest = self._clock.now() / MICROSECONDS - STALE_SECONDS
        stale = [path for path in self._uploads.iterdir() if path.is_file() and path.stat().st_mtime < oldest]
        for path in stale:
            path.unlink(missing_ok=True)
        return len(stale)

    def _create(self, path: Path) -> None:
        self._room_for(0)
        with disk.full_disk_told():
            disk.create(path)

    def _room_for(self, size: int) -> None:
        if self._free_bytes(self._uploads) - size < self._reserve:
            raise StorageFull("The disk has no room for uploads.")

    def _keep(self, path: Path, name: str, sha256: str, size: int) -> Blob:
        """Prove that an upload is whole, and shelve it under its hash; a copy of a blob that is there is dropped."""
        with disk.full_disk_told():
            found = contents(path, name, sha256, size)
            disk.sync_file(path)
            self._shelve(path, sha256, size)
        return Blob(
            sha256=sha256,
            size=size,
            kind=found.kind,
            created_at=self._clock.now(),
            content_sha256=found.sha256,
            content_size=found.size,
        )

    def _stored_before(self, instant: Instant) -> list[str]:
        limit = instant / MICROSECONDS
        shelves = (path for path in self._shelves.glob("??/*") if _SHA256.fullmatch(path.name))
        return [path.name for path in shelves if path.stat().st_mtime < limit]

    def _unshelve(self, shelf: Path, idle_since: Instant) -> None:
        with self._shelving, suppress(FileNotFoundError):
            if shelf.stat().st_mtime < idle_since / MICROSECONDS:
                shelf.unlink()

    def _shelve(self, path: Path, sha256: str, size: int) -> None:
        shelf = self._shelf(sha256)
        now = self._clock.now() / MICROSECONDS
        with self._shelving:
            os.utime(path, (now, now))
            if shelf.is_file() and shelf.stat().st_size == size:
                # It is as good as new: whoever is about to remove it sees that.
                os.utime(shelf, (now, now))
                path.unlink()
                return
            self._put_up(path, shelf)

    def _put_up(self, path: Path, shelf: Path) -> None:
        disk.make_folder(shelf.parent)
        path.replace(shelf)
        # The name must outlive a power cut before anyone is told of it; so must that of a new folder.
        disk.sync_folder(shelf.parent)
        disk.sync_folder(self._shelves)

    async def _in_thread(self, work: Callable[..., Result], *args: object) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._threads, work, *args)


@contextmanager
def _missing_told() -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise NotFound("There is no such blob.") from None
