"""Uploads, projects and comments as this API shows them, with addresses that need no credential."""

from collections.abc import Sequence

import msgspec

from printyard.apis.digital_factory.cura import schemas
from printyard.apis.digital_factory.cura.content import FOLDERS, KINDS, told_type
from printyard.apis.digital_factory.desk import Desk
from printyard.apis.digital_factory.ids import Kind
from printyard.apis.digital_factory.instant import instant
from printyard.apis.digital_factory.names import username
from printyard.apis.digital_factory.schemas.files import MaterialProfileResponse
from printyard.core.model.project import Comment, Project
from printyard.core.model.upload import Upload, UploadKind, UploadState
from printyard.core.model.user import HOME
from printyard.core.model.value import seconds_between

UPLOADS, DOWNLOADS = "/cura/v1/uploads", "/cura/v1/downloads"
UPLOAD, DOWNLOAD = "upload", "download"
"""The purposes of signed addresses."""

DOWNLOAD_SECONDS = 24 * 3600.0


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """An upload with all that this API says of it beside the core's facts."""

    upload: Upload
    id: str
    user_id: str
    client_id: str
    project_id: str | None
    upload_url: str | None
    download_url: str | None


async def shown(desk: Desk, uploads: Sequence[Upload]) -> list[Shown]:
    """Uploads with their ids and addresses: an address to send to while it is not whole, one to fetch from then."""
    ids: dict[str, str] = {}
    for kind in UploadKind:
        ids |= await desk.ids.many(KINDS[kind], [upload.id for upload in uploads if upload.kind is kind])
    users = await desk.ids.many(Kind.USER, {upload.created_by for upload in uploads})
    clients = await desk.ids.many(Kind.CLIENT, {upload.application for upload in uploads})
    known = {upload.project_id for upload in uploads if upload.project_id is not None}
    projects = await desk.ids.many(Kind.PROJECT, known)
    return [
        Shown(
            upload=upload,
            id=ids[upload.id],
            user_id=users[upload.created_by],
            client_id=clients[upload.application],
            project_id=None if upload.project_id is None else projects[upload.project_id],
            upload_url=upload_url(desk, upload, ids[upload.id]),
            download_url=download_url(desk, upload, ids[upload.id]),
        )
        for upload in uploads
    ]


def upload_url(desk: Desk, upload: Upload, foreign_id: str) -> str | None:
    """Where the bytes go, for whoever announced them and nobody else; None once nothing more is taken."""
    if upload.state is not UploadState.UPLOADING or upload.created_by != desk.principal.id:
        return None
    left = seconds_between(desk.now, upload.expires_at)
    if left <= 0:
        return None
    thing = f"{FOLDERS[upload.kind]}/{foreign_id}"
    query = desk.office.door.signer.sign(UPLOAD, thing, "PUT", upload.created_by, left)
    return f"{desk.url(f'{UPLOADS}/{thing}')}?{query}"


def download_url(desk: Desk, upload: Upload, foreign_id: str) -> str | None:
    """Where the bytes can be fetched; None until they are there."""
    if upload.state is not UploadState.UPLOADED:
        return None
    thing = f"{FOLDERS[upload.kind]}/{foreign_id}"
    query = desk.office.door.signer.sign(DOWNLOAD, thing, "GET", desk.principal.id, DOWNLOAD_SECONDS)
    return f"{desk.url(f'{DOWNLOADS}/{thing}')}?{query}"


def job_of(one: Shown) -> schemas.Job:
    """A print file."""
    upload = one.upload
    return schemas.Job(
        job_id=one.id, job_name=upload.name, content_type=told_type(upload), file_size=upload.size,
        status=upload.state.value, generated_time=instant(upload.created_at), uploaded_at=_uploaded_at(upload),
        client_id=one.client_id, user_id=one.user_id, username=upload.created_by_name,
        origin=upload.origin or None, library_project_id=one.project_id, source_file_id=upload.source_id or None,
        status_description=upload.reason or None, upload_url=one.upload_url, download_url=one.download_url,
    )  # fmt: skip


def file_of(one: Shown) -> schemas.File:
    """A file of a project; one that can be printed has its job's id too."""
    upload = one.upload
    return schemas.File(
        file_id=one.id, file_name=upload.name, content_type=told_type(upload), file_size=upload.size,
        status=upload.state.value, uploaded_at=_uploaded_at(upload), client_id=one.client_id,
        user_id=one.user_id, username=upload.created_by_name, library_project_id=one.project_id,
        status_description=upload.reason or None, upload_url=one.upload_url, download_url=one.download_url,
        origin=upload.origin or msgspec.UNSET, source_file_id=upload.source_id or msgspec.UNSET,
        job_id=one.id if upload.kind is UploadKind.TOOLPATH else msgspec.UNSET,
    )  # fmt: skip


def profile_of(one: Shown) -> MaterialProfileResponse:
    """An archive of material profiles."""
    upload = one.upload
    return MaterialProfileResponse(
        client_id=one.client_id, content_type=upload.content_type, material_profile_id=one.id,
        material_profile_name=upload.name, status=upload.state.value, user_id=one.user_id,
        username=username(upload.created_by_name), file_size=upload.size,
        status_description=upload.reason or None, upload_url=one.upload_url,
    )  # fmt: skip


async def projects_of(desk: Desk, projects: Sequence[Project]) -> list[schemas.Project]:
    """Projects."""
    ids = await desk.ids.many(Kind.PROJECT, [project.id for project in projects])
    users = await desk.ids.many(Kind.USER, {project.created_by for project in projects})
    organization = await desk.ids.of(Kind.ORGANIZATION, desk.principal.scope.organization_id or HOME)
    return [
        schemas.Project(
            library_project_id=ids[project.id], display_name=project.name, description=project.description,
            username=project.created_by_name, user_id=users[project.created_by], organization_shared=project.shared,
            created_at=instant(project.created_at), last_updated=instant(project.changed_at),
            organization_id=organization, status="active", team_ids=(),
        )
        for project in projects
    ]  # fmt: skip


async def comments_of(desk: Desk, project_id: str, comments: Sequence[Comment]) -> list[schemas.Comment]:
    """Comments on a project, which is named by this API's id."""
    users = await desk.ids.many(Kind.USER, {comment.created_by for comment in comments})
    return [
        schemas.Comment(
            comment_id=comment.id, library_project_id=project_id, body=comment.body, user_id=users[comment.created_by],
            username=comment.created_by_name, created_at=instant(comment.created_at),
        )
        for comment in comments
    ]  # fmt: skip


def _uploaded_at(upload: Upload) -> str:
    """Cura wants it before there is anything: it is then the time of the announcement."""
    return instant(upload.completed_at or upload.created_at)
