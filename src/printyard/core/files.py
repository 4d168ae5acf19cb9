"""The library: named, owned references to stored bytes."""

from functools import partial

from msgspec.structs import replace

from printyard.core.access.rules import require
from printyard.core.errors import Conflict, Invalid
from printyard.core.events import Fact, FactName
from printyard.core.model.file import Blob, File
from printyard.core.model.user import EVERYTHING, HOME, Principal, Right
from printyard.core.model.value import Id, Instant, after
from printyard.core.ports.blobs import Blobs, Partial
from printyard.core.ports.store import Store, Transaction
from printyard.core.ports.time import Clock, Ids

NAME_LIMIT = 255
SWEEP_AFTER_SECONDS = 24 * 3600.0
"""How long a blob outlives its last reference."""


def file_name(name: str) -> str:
    """A name as people may see it: never a path. Raises Invalid for an empty or unprintable one."""
    clean = name.replace("\\", "/").rsplit("/", 1)[-1].strip()
    if not clean or clean in {".", ".."} or len(clean) > NAME_LIMIT or not clean.isprintable():
        raise Invalid(f"A file's name has 1 to {NAME_LIMIT} printable characters.")
    return clean


def new_file(ids: Ids, principal: Principal, organization_id: Id, name: str, blob: Blob, now: Instant) -> File:
    """A file for a stored blob."""
    return File(
        id=ids.new(), organization_id=organization_id, name=file_name(name), blob=blob, created_at=now,
        created_by=principal.id,
    )  # fmt: skip


def added(file: File, actor: str) -> Fact:
    """The fact that a file is in the library."""
    return Fact(
        name=FactName.FILE_ADDED, at=file.created_at, organization_id=file.organization_id, subject_kind="file",
        subject_id=file.id, actor=actor, body={"name": file.name, "size": file.blob.size, "sha256": file.blob.sha256},
    )  # fmt: skip


class Files:
    """Files and their bytes."""

    def __init__(self, store: Store, clock: Clock, ids: Ids, blobs: Blobs, upload_bytes: int) -> None:
        self._store, self._clock, self._ids = store, clock, ids
        self._upload_bytes = upload_bytes
        self.blobs = blobs

    @property
    def upload_bytes(self) -> int:
        """The largest file that the yard takes."""
        return self._upload_bytes

    async def begin(self, principal: Principal, limit: int | None = None) -> Partial:
        """Begin an upload of at most `limit` bytes, never more than the yard takes. Raises Forbidden, StorageFull."""
        require(principal, Right.PRINT)
        return await self.blobs.begin(self._upload_bytes if limit is None else min(limit, self._upload_bytes))

    async def add(self, principal: Principal, name: str, blob: Blob) -> File:
        """Put a stored blob into the library under a name."""
        require(principal, Right.PRINT)
        organization = principal.scope.organization_id or HOME
        file = new_file(self._ids, principal, organization, name, blob, self._clock.now())

        def work(tx: Transaction) -> File:
            tx.events.append([added(file, principal.id)])
            return tx.files.put(file)

        return await self._store.write(work)

    async def get(self, principal: Principal, file_id: str) -> File:
        """A file. Raises NotFound."""
        require(principal, Right.READ)
        return await self._store.read(lambda tx: tx.files.get(principal.scope, file_id))

    async def page(
        self, principal: Principal, limit: int = 50, before: tuple[Instant, str] | None = None
    ) -> list[File]:
        """Files, newest first."""
        require(principal, Right.READ)
        return await self._store.read(lambda tx: tx.files.page(principal.scope, limit=limit, before=before))

    async def remove(self, principal: Principal, file_id: str) -> None:
        """Take a file out of the library; its bytes go a day after their last reference. Raises NotFound."""
        require(principal, Right.PRINT)

        def work(tx: Transaction) -> None:
            file = tx.files.get(principal.scope, file_id)
            if file.created_by != principal.id:
                require(principal, Right.MANAGE)
            tx.files.put(replace(file, deleted_at=tx.now))
            tx.uploads.withdraw(file.id, tx.now)
            tx.events.append([
                Fact(
                    name=FactName.FILE_REMOVED, at=tx.now, organization_id=file.organization_id, subject_kind="file",
                    subject_id=file.id, actor=principal.id, body={"name": file.name},
                )
            ])  # fmt: skip

        await self._store.write(work)

    async def sweep(self) -> int:
        """Remove the bytes that nobody has referred to for a day; how many blobs went."""
        limit = after(self._clock.now(), -SWEEP_AFTER_SECONDS)
        gone = await self._store.read(lambda tx: tx.files.unreferenced(limit))
        swept = 0
        for sha256 in (blob.sha256 for blob in gone):
            try:
                await self._store.write(partial(_forget, sha256))
            except Conflict:  # somebody has put them into the library again
                continue
            await self.blobs.remove(sha256, limit)
            swept += 1
        return swept + await self._sweep_orphans(limit)

    async def _sweep_orphans(self, limit: Instant) -> int:
        """Remove bytes of which the database never heard: their upload was refused in the end, or cut by a crash."""
        stored = await self.blobs.stored_before(limit)
        orphans = await self._store.read(lambda tx: [sha256 for sha256 in stored if tx.files.blob(sha256) is None])
        for sha256 in orphans:
            await self.blobs.remove(sha256, limit)
        return len(orphans)

    async def of_job(self, file_id: str) -> File:
        """The file of a job, for the yard itself, also if it was removed from the library. Raises NotFound."""
        return await self._store.read(lambda tx: tx.files.get(EVERYTHING, file_id, removed=True))


def _forget(sha256: str, tx: Transaction) -> None:
    tx.files.forget_blob(sha256)
