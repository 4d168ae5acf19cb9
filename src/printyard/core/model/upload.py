"""Upload: a file that was announced before its bytes come."""

from enum import StrEnum

from printyard.core.model.value import Id, Instant, Value


class UploadKind(StrEnum):
    """What somebody announced. TOOLPATH: to print; DOCUMENT: to keep beside it; MATERIALS: profiles in an archive."""

    TOOLPATH = "toolpath"
    DOCUMENT = "document"
    MATERIALS = "materials"


class UploadState(StrEnum):
    """Whether the bytes are there. FAILED: they were no good, or did not come in time; nothing follows on it."""

    UPLOADING = "uploading"
    UPLOADED = "uploaded"
    FAILED = "failed"


class Announcement(Value):
    """What a client says of a file before it sends it. `name` is kept character for character; it is text, no path.

    `suffixes` are how names of its type end (the first is given to one that ends otherwise). `origin` is the web page
    from which the bytes may come ("" for no page). `source_id` is what the client says that the file was made from.
    """

    kind: UploadKind
    name: str
    size: int
    content_type: str
    suffixes: tuple[str, ...] = ()
    origin: str = ""
    project_id: Id | None = None
    source_id: str = ""


class Upload(Value):
    """An announced file, whole or not. Its id is also that of the file in the library that it becomes.

    `name` is as it was announced, `file_name` what the library calls the file.
    `partial_id` names the bytes under way; `sha256` those that are stored. `created_by_name` and `application` are who
    announced it, as they were called then.
    """

    id: Id
    organization_id: Id
    kind: UploadKind
    state: UploadState
    name: str
    file_name: str
    size: int
    content_type: str
    created_at: Instant
    created_by: str
    created_by_name: str
    expires_at: Instant
    application: str = ""
    origin: str = ""
    project_id: Id | None = None
    source_id: str = ""
    partial_id: str = ""
    sha256: str = ""
    reason: str = ""
    completed_at: Instant | None = None
    deleted_at: Instant | None = None
    version: int = 1
