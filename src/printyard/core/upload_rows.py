"""What becomes of an announced upload within one unit of work."""

from contextlib import suppress

from msgspec.structs import replace

from printyard.core.errors import NotFound
from printyard.core.events import Fact, FactName
from printyard.core.files import added
from printyard.core.intake import Gone
from printyard.core.library import seen_project
from printyard.core.model.file import Blob, File
from printyard.core.model.upload import Upload, UploadKind, UploadState
from printyard.core.model.user import EVERYTHING, Principal, Scope
from printyard.core.ports.store import Transaction


def announced(tx: Transaction, principal: Principal, upload: Upload) -> Upload:
    """A new one. Raises NotFound (the project)."""
    if upload.project_id is not None:
        project = seen_project(tx, principal, upload.project_id)
        tx.projects.put(replace(project, changed_at=tx.now))
    return tx.uploads.put(upload)


def seen(tx: Transaction, scope: Scope, upload_id: str) -> Upload:
    """An upload, or a file of the library that came in another way. Raises NotFound."""
    with suppress(NotFound):
        return tx.uploads.get(scope, upload_id)
    return _unannounced(tx, tx.files.get(scope, upload_id))


def awaited(tx: Transaction, upload_id: str) -> Upload:
    """One whose bytes come, as it is now: others may have changed it meanwhile. Raises Gone."""
    upload = tx.uploads.get(EVERYTHING, upload_id, removed=True)
    if upload.deleted_at is not None or upload.state is not UploadState.UPLOADING:
        raise Gone("The upload was withdrawn.")
    return upload


def shelved(tx: Transaction, upload_id: str, blob: Blob) -> Upload:
    """The file comes into the library. Raises Gone."""
    upload = awaited(tx, upload_id)
    file = File(
        id=upload.id, organization_id=upload.organization_id, name=upload.file_name, blob=blob,
        created_at=tx.now, created_by=upload.created_by,
    )  # fmt: skip
    tx.files.put(file)
    tx.events.append([added(file, upload.created_by)])
    return tx.uploads.put(
        replace(upload, state=UploadState.UPLOADED, sha256=blob.sha256, completed_at=tx.now, partial_id="")
    )


def failed(tx: Transaction, upload_id: str, reason: str) -> Upload:
    """Nothing will come of it any more. Raises Gone."""
    upload = awaited(tx, upload_id)
    tx.events.append([
        Fact(
            name=FactName.UPLOAD_FAILED, at=tx.now, organization_id=upload.organization_id, subject_kind="file",
            subject_id=upload.id, actor=upload.created_by, body={"reason": reason},
        )
    ])  # fmt: skip
    return tx.uploads.put(replace(upload, state=UploadState.FAILED, reason=reason, partial_id=""))


def _unannounced(tx: Transaction, file: File) -> Upload:
    """A file that somebody handed in at another door, as if it had been announced there."""
    named = tx.clusters.names(Scope(organization_id=file.organization_id), frozenset({file.created_by}))
    return Upload(
        id=file.id, organization_id=file.organization_id, kind=UploadKind.TOOLPATH, state=UploadState.UPLOADED,
        name=file.name, file_name=file.name, size=file.blob.size, content_type="", created_at=file.created_at,
        created_by=file.created_by, created_by_name=named[file.created_by].name if named else "",
        expires_at=file.created_at, sha256=file.blob.sha256, completed_at=file.created_at,
    )  # fmt: skip
