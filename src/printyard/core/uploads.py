"""Announced uploads: a file is described first, its bytes follow at an address of its own, in one piece or in parts.

One writer at a time. What is stored is on the disk; after a restart it is hashed again, and the upload goes on.
"""

from collections import OrderedDict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress

from msgspec.structs import replace

from printyard.core.access.rules import require
from printyard.core.errors import Conflict, CoreError, Incomplete, Invalid, NotFound, StorageFull, TooLarge
from printyard.core.files import Files
from printyard.core.intake import AnotherWriter, Gone, Intake, Part, let_go, same_bytes
from printyard.core.model.file import Blob, File, FileKind
from printyard.core.model.upload import Announcement, Upload, UploadKind, UploadState
from printyard.core.model.user import EVERYTHING, HOME, Principal, Right
from printyard.core.model.value import after
from printyard.core.ports.blobs import Partial
from printyard.core.ports.store import Store, Transaction
from printyard.core.ports.time import Clock, Ids
from printyard.core.upload_names import check_name, shelf_name
from printyard.core.upload_rows import announced, awaited, failed, seen, shelved

GOOD_SECONDS = 24 * 3600.0
"""How long the address of an upload takes bytes."""

ORIGIN_LIMIT = 255
OPEN_LIMIT = 256
"""So many uploads keep their hash between two parts; a further one is hashed again from the disk."""


class Uploads:
    """Uploads by id, which is also that of the file in the library that comes of one."""

    def __init__(self, store: Store, clock: Clock, ids: Ids, files: Files) -> None:
        self._store, self._clock, self._ids, self._files = store, clock, ids, files
        self._open: OrderedDict[str, Partial] = OrderedDict()
        self._writing: set[str] = set()

    async def announce(self, principal: Principal, announcement: Announcement) -> Upload:
        """A place for the bytes of a file. Raises Forbidden, Invalid, TooLarge, NotFound (the project)."""
        upload = self._new(principal, announcement)
        return await self._store.write(lambda tx: announced(tx, principal, upload))

    async def add(self, principal: Principal, announcement: Announcement, blob: Blob) -> Upload:
        """A file that came in one request, put where an announced one would be. Raises as `announce`."""
        upload = self._new(principal, announcement)
        _check_kind(upload, blob)

        def work(tx: Transaction) -> Upload:
            return shelved(tx, announced(tx, principal, upload).id, blob)

        return await self._store.write(work)

    async def get(self, principal: Principal, upload_id: str) -> Upload:
        """An upload, whatever became of it; a file that came in another way as one that is whole. Raises NotFound."""
        require(principal, Right.READ)
        return await self._store.read(lambda tx: seen(tx, principal.scope, upload_id))

    async def page(
        self, principal: Principal, kind: UploadKind, *, limit: int = 50, offset: int = 0
    ) -> tuple[list[Upload], int]:
        """Those of a kind, newest first, and how many there are."""
        require(principal, Right.READ)

        def work(tx: Transaction) -> tuple[list[Upload], int]:
            found = tx.uploads.page(principal.scope, kind=kind, limit=limit, offset=offset)
            return found, tx.uploads.count(principal.scope, kind=kind)

        return await self._store.read(work)

    async def file(self, principal: Principal, upload_id: str) -> File:
        """The file that an upload became. Raises Incomplete (it is not whole, or never will be), NotFound."""
        require(principal, Right.READ)

        def work(tx: Transaction) -> File:
            if seen(tx, principal.scope, upload_id).state is not UploadState.UPLOADED:
                raise Incomplete("The file has not been uploaded in full.")
            return tx.files.get(principal.scope, upload_id)

        return await self._store.read(work)

    async def withdraw(self, principal: Principal, upload_id: str) -> None:
        """Take an upload back, or its file out of the library. Raises NotFound, Forbidden (somebody else's)."""
        upload = await self.get(principal, upload_id)
        if upload.state is UploadState.UPLOADED:
            await self._files.remove(principal, upload_id)
            return
        require(principal, Right.PRINT if upload.created_by == principal.id else Right.MANAGE)
        await self._store.write(lambda tx: tx.uploads.withdraw(upload.id, tx.now))
        await self._release(upload)

    async def addressed(self, upload_id: str, principal_id: str) -> Upload:
        """The upload of a signed address, which proves who asks; a tombstone too. Raises NotFound."""
        upload = await self._store.read(lambda tx: tx.uploads.get(EVERYTHING, upload_id, removed=True))
        if upload.created_by != principal_id:
            raise NotFound("There is no such upload.")
        return upload

    async def fetched(self, upload_id: str) -> tuple[Upload, File]:
        """An upload and its file, for whoever has a signed address of it. Raises NotFound."""
        return await self._store.read(lambda tx: (seen(tx, EVERYTHING, upload_id), tx.files.get(EVERYTHING, upload_id)))

    async def origin_of(self, upload_id: str) -> str:
        """The page from which an upload was announced to come, "" for none. Raises NotFound."""
        return (await self._store.read(lambda tx: tx.uploads.get(EVERYTHING, upload_id))).origin

    async def probe(self, upload_id: str) -> tuple[Upload, int]:
        """An upload and its stored length; what was cut short of its end by a restart is ended now.

        Raises Gone, AnotherWriter, Invalid (it is whole and damaged), StorageFull.
        """
        with self._only_writer(upload_id):
            upload = await self._current(upload_id)
            if upload.state is UploadState.UPLOADED:
                return upload, upload.size
            if not upload.partial_id:
                return upload, 0
            upload, partial = await self._place(upload)
            async with self._healthy(upload, partial):
                return await self._ended(upload, partial)

    async def take(self, upload_id: str, part: Part, chunks: AsyncIterator[bytes]) -> tuple[Upload, int]:
        """Store a part; the upload as it is then, and its stored length.

        Raises Gone, AnotherWriter, and what Intake.take raises; Invalid if it is whole and damaged: it has then failed.
        """
        with self._only_writer(upload_id):
            upload = await self._current(upload_id)
            if upload.state is UploadState.UPLOADED:
                if not await same_bytes(part, upload.size, upload.sha256, chunks):
                    raise Gone("The upload is complete.")
                return upload, upload.size
            upload, partial = await self._place(upload)
            async with self._healthy(upload, partial):
                await Intake(partial, upload.size).take(part, chunks)
                return await self._ended(upload, partial)

    async def sweep(self) -> int:
        """End the uploads whose time is over, and give their bytes back; how many."""
        ended = 0
        while overdue := await self._store.read(lambda tx: tx.uploads.overdue(EVERYTHING, self._clock.now())):
            released = [await self._expire(upload) for upload in overdue]
            ended += sum(released)
            if not all(released):
                break  # somebody is still sending: the next sweep sees what came of it
        return ended + await self._files.blobs.drop_stale()

    def _new(self, principal: Principal, announcement: Announcement) -> Upload:
        require(principal, Right.PRINT)
        check_name(announcement.name)
        if announcement.size < 1:
            raise Invalid("A file has at least one byte.")
        if announcement.size > self._files.upload_bytes:
            raise TooLarge(f"A file has at most {self._files.upload_bytes:,} bytes here.")
        if len(announcement.origin) > ORIGIN_LIMIT or len(announcement.source_id) > ORIGIN_LIMIT:
            raise Invalid(f"An origin and a source have at most {ORIGIN_LIMIT} characters.")
        now = self._clock.now()
        return Upload(
            id=self._ids.new(), organization_id=principal.scope.organization_id or HOME, kind=announcement.kind,
            state=UploadState.UPLOADING, name=announcement.name,
            file_name=shelf_name(announcement.name, announcement.suffixes), size=announcement.size,
            content_type=announcement.content_type, created_at=now, created_by=principal.id,
            created_by_name=principal.name, expires_at=after(now, GOOD_SECONDS), application=principal.application,
            origin=announcement.origin, project_id=announcement.project_id, source_id=announcement.source_id,
        )  # fmt: skip

    @contextmanager
    def _only_writer(self, upload_id: str) -> Iterator[None]:
        if upload_id in self._writing:
            raise AnotherWriter("Somebody else sends this file now.")
        self._writing.add(upload_id)
        try:
            yield
        finally:
            self._writing.discard(upload_id)

    @asynccontextmanager
    async def _healthy(self, upload: Upload, partial: Partial) -> AsyncIterator[None]:
        """Throw the bytes away where the disk fails: what is full needs room, what a sick one holds nobody knows."""
        try:
            yield
        except (StorageFull, OSError):
            self._open.pop(upload.id, None)
            await let_go(partial)
            raise

    async def _current(self, upload_id: str) -> Upload:
        """An upload that takes bytes, or took all of them. Raises Gone."""
        upload = await self._store.read(lambda tx: tx.uploads.get(EVERYTHING, upload_id, removed=True))
        if upload.deleted_at is not None:
            raise Gone("The upload was withdrawn.")
        if upload.state is UploadState.FAILED:
            raise Gone(upload.reason or "The upload failed.")
        if upload.state is UploadState.UPLOADING and upload.expires_at <= self._clock.now():
            raise Gone("The time of the upload is over.")
        return upload

    async def _place(self, upload: Upload) -> tuple[Upload, Partial]:
        """Where its bytes go: the open one, the one on the disk, or a new one. Raises StorageFull, Gone."""
        partial = self._open.get(upload.id)
        if partial is None and upload.partial_id:
            with suppress(NotFound):  # a full disk, or a cut between the last byte and the record of it
                partial = await self._files.blobs.resume(upload.partial_id, upload.size)
        if partial is None:
            partial = await self._files.blobs.begin(upload.size)
            begun = partial.id
            try:
                upload = await self._store.write(
                    lambda tx: tx.uploads.put(replace(awaited(tx, upload.id), partial_id=begun))
                )
            except CoreError:
                await let_go(partial)
                raise
        self._open[upload.id] = partial
        self._open.move_to_end(upload.id)
        while len(self._open) > OPEN_LIMIT:
            self._open.popitem(last=False)
        return upload, partial

    async def _ended(self, upload: Upload, partial: Partial) -> tuple[Upload, int]:
        """Make a file of it if all of its bytes are there. Raises Invalid (it has failed), StorageFull, Gone."""
        if partial.size < upload.size:
            return upload, await partial.sync()
        try:
            blob = await partial.finish(upload.file_name)
            _check_kind(upload, blob)
        except Invalid as error:
            reason = error.message
            await self._store.write(lambda tx: failed(tx, upload.id, reason))
            raise
        finally:
            self._open.pop(upload.id, None)
        return await self._store.write(lambda tx: shelved(tx, upload.id, blob)), upload.size

    async def _expire(self, upload: Upload) -> bool:
        with suppress(AnotherWriter, Conflict), self._only_writer(upload.id):
            await self._store.write(lambda tx: failed(tx, upload.id, "Not all of its bytes came in time."))
            await self._release(upload)
            return True
        return False

    async def _release(self, upload: Upload) -> None:
        """Give the bytes of an upload back that nobody will finish."""
        partial = self._open.pop(upload.id, None)
        if partial is not None:
            await let_go(partial)
        elif upload.partial_id:
            await self._files.blobs.drop(upload.partial_id)


def _check_kind(upload: Upload, blob: Blob) -> None:
    """Raises Invalid for what is to be printed and holds no G-code."""
    if upload.kind is UploadKind.TOOLPATH and blob.kind is FileKind.OTHER:
        raise Invalid("The file holds no G-code.", code="no_model")
