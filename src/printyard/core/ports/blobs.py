"""Stored bytes: uploads become blobs, named by their hash; names from outside never become paths."""

from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from printyard.core.model.file import Blob
from printyard.core.model.value import Instant


class Partial(Protocol):
    """An upload under way. Its stored length is the fsynced length."""

    @property
    def id(self) -> str:
        """By which it is found again after a restart."""

    @property
    def size(self) -> int:
        """Bytes written so far."""

    async def write(self, chunk: bytes | memoryview) -> None:
        """Append bytes (hashed on the way). Raises StorageFull, TooLarge."""

    async def sync(self) -> int:
        """Bring what was written to the disk; the stored length. Until the next write it holds no memory."""

    async def read(self, offset: int, size: int) -> bytes:
        """Bytes that were written before, by which a part that comes twice is compared."""

    async def rewind(self, size: int) -> None:
        """Throw away all but the first `size` bytes."""

    async def sha256(self) -> str:
        """Of what was written so far."""

    async def finish(self, name: str) -> Blob:
        """Check the container, fsync, rename, and give the blob. Raises Invalid (with a code), StorageFull."""

    async def abandon(self) -> None:
        """Throw it away; fine to call after finish (nothing happens)."""


class Blobs(Protocol):
    """The store of bytes."""

    async def begin(self, limit: int | None = None) -> Partial:
        """A new upload of at most `limit` bytes. Raises StorageFull below the reserve of free space."""

    async def resume(self, partial_id: str, limit: int | None = None) -> Partial:
        """An upload from before; its bytes are hashed again from disk. Raises NotFound."""

    async def drop(self, partial_id: str) -> None:
        """Throw away an upload that nobody writes to; fine if it is gone."""

    async def drop_stale(self) -> int:
        """Throw away the uploads that nobody has written to for more than a day; how many."""

    async def size(self, sha256: str) -> int:
        """Bytes of a blob. Raises NotFound."""

    def local(self, blob: Blob) -> AbstractAsyncContextManager[Path]:
        """A readable local file with the blob's bytes, for as long as the context lasts. Raises NotFound."""

    async def read(self, blob: Blob, offset: int, size: int) -> bytes:
        """A range of its bytes. Raises NotFound."""

    async def remove(self, sha256: str, idle_since: Instant) -> None:
        """Remove the bytes, unless they were stored (again) after that instant; fine if they are gone."""

    async def stored_before(self, instant: Instant) -> list[str]:
        """The SHA-256 of everything that was last stored before that instant."""
