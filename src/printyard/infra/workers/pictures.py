"""The cache of pictures: FOLDER/SHA256-FORM.pictures, what a worker made of each file's pictures, in msgpack.

The longest unused go first when the whole grows too large; they are made again when somebody asks.
"""

import asyncio
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec

from printyard.core.errors import Invalid, StorageFull, TimedOut
from printyard.core.model.file import Blob, FileKind
from printyard.core.ports.blobs import Blobs
from printyard.gcode.embedded import Pictures, embedded, undecoded
from printyard.infra.blobs.disk import make_folder
from printyard.infra.workers.pool import WorkerPool
from printyard.infra.workers.shared import SharedWork
from printyard.infra.workers.tasks import Develop

CACHE_BYTES: Final = 200_000_000
FORM: Final = 1
"""Counted up when pictures are made in another way: those of before are then made again."""
_SUFFIX: Final = f"-{FORM}.pictures"

_decoder: Final = msgspec.msgpack.Decoder(Pictures)


class CachedPictures:
    """The pictures of files, made once and shared by all who ask."""

    def __init__(self, folder: Path, blobs: Blobs, workers: WorkerPool, *, cache_bytes: int = CACHE_BYTES) -> None:
        self._folder, self._blobs, self._workers = folder, blobs, workers
        self._cache_bytes = cache_bytes
        self._making: SharedWork[Pictures] = SharedWork()

    async def start(self) -> None:
        """Make the folder, and drop what was never finished, or was made in another way."""
        await asyncio.to_thread(self._prepare)

    async def close(self) -> None:
        """Wait until nothing is under way."""
        await self._making.end()

    async def of(self, blob: Blob) -> Pictures:
        """The pictures of a file. Raises NotFound."""
        if blob.kind is FileKind.OTHER:
            return Pictures()
        known = await asyncio.to_thread(self._kept, blob)
        return known if known is not None else await self._making.do(blob.sha256, lambda _: self._make(blob))

    async def _make(self, blob: Blob) -> Pictures:
        """One that kills its worker is left as it came; nobody tries it again."""
        async with self._blobs.local(blob) as source:
            try:
                made = await self._workers.ask(Develop(source), Pictures)
            except Invalid:
                made = undecoded(await asyncio.to_thread(embedded, source))
            except (StorageFull, TimedOut):
                return undecoded(await asyncio.to_thread(embedded, source))
        with suppress(OSError):
            await asyncio.to_thread(self._keep, blob, made)
        return made

    def _path(self, blob: Blob) -> Path:
        return self._folder / f"{blob.sha256}{_SUFFIX}"

    def _prepare(self) -> None:
        make_folder(self._folder)
        for path in self._folder.iterdir():
            if not path.name.endswith(_SUFFIX):
                path.unlink()

    def _kept(self, blob: Blob) -> Pictures | None:
        """What is in the cache, noting that it was used; None if there is nothing, or nothing that makes sense."""
        path = self._path(blob)
        try:
            found = _decoder.decode(path.read_bytes())
            os.utime(path)
        except (OSError, msgspec.DecodeError):
            return None
        return found

    def _keep(self, blob: Blob, made: Pictures) -> None:
        path = self._path(blob)
        draft = path.with_suffix(".draft")
        draft.write_bytes(msgspec.msgpack.encode(made))
        draft.replace(path)
        self._shrink()

    def _shrink(self) -> None:
        entries = sorted((path.stat().st_mtime, path.stat().st_size, path) for path in self._folder.iterdir())
        total = sum(size for _, size, _ in entries)
        for _, size, path in entries[:-1]:
            if total <= self._cache_bytes:
                return
            path.unlink(missing_ok=True)
            total -= size
