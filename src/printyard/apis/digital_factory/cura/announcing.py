"""Files and jobs: announced, looked at, taken away."""

from typing import Any

from litestar import Request, delete, get, put
from litestar.params import FromPath

from printyard.apis.digital_factory.bodies import body_of
from printyard.apis.digital_factory.cura import schemas
from printyard.apis.digital_factory.cura.content import KINDS, suffixes_of
from printyard.apis.digital_factory.cura.rendering import Shown, file_of, job_of, shown
from printyard.apis.digital_factory.desk import AtDesk, Desk
from printyard.apis.digital_factory.envelope import told_as
from printyard.apis.digital_factory.ids import Kind
from printyard.apis.digital_factory.schemas.pages import Data
from printyard.core.model.upload import Announcement, Upload, UploadKind
from printyard.core.model.value import Id

ROOT = "/cura/v1"
RECORDS = {UploadKind.TOOLPATH: "print_job", UploadKind.DOCUMENT: "file", UploadKind.MATERIALS: "material_profile"}
OF_PROJECTS = (UploadKind.DOCUMENT, UploadKind.TOOLPATH)
"""What has a file_id: print files have it beside their job_id."""
PROJECT = "library_project"


@put(f"{ROOT}/jobs/upload", status_code=200)
async def announce_job(desk: AtDesk, request: Request[Any, Any, Any]) -> Data[schemas.Job]:
    """Announce a print file; the answer says where its bytes go."""
    body = await body_of(request, schemas.JobAnnounced)
    upload = await announced(desk, UploadKind.TOOLPATH, body.job_name, body)
    return Data(data=job_of(await one_shown(desk, upload)))


@put(f"{ROOT}/files/upload", status_code=200)
async def announce_file(desk: AtDesk, request: Request[Any, Any, Any]) -> Data[schemas.File]:
    """Announce a document; the answer says where its bytes go."""
    body = await body_of(request, schemas.FileAnnounced)
    upload = await announced(desk, UploadKind.DOCUMENT, body.file_name, body)
    return Data(data=file_of(await one_shown(desk, upload)))


@get(f"{ROOT}/jobs/{{job_id:str}}")
async def get_job(desk: AtDesk, job_id: FromPath[str]) -> Data[schemas.Job]:
    """A print file, whether it is whole, and where it can be fetched."""
    return Data(data=job_of(await one_shown(desk, await upload_of(desk, job_id, UploadKind.TOOLPATH))))


@get(f"{ROOT}/files/{{file_id:str}}")
async def get_file(desk: AtDesk, file_id: FromPath[str]) -> Data[schemas.File]:
    """A file of either kind, whether it is whole, and where it can be fetched."""
    return Data(data=file_of(await one_shown(desk, await upload_of(desk, file_id, *OF_PROJECTS))))


@delete(f"{ROOT}/jobs/{{job_id:str}}")
async def remove_job(desk: AtDesk, job_id: FromPath[str]) -> None:
    """Take a print file back, or out of the library; prints of it that are under way go on."""
    await withdraw(desk, await upload_of(desk, job_id, UploadKind.TOOLPATH))


@delete(f"{ROOT}/files/{{file_id:str}}")
async def remove_file(desk: AtDesk, file_id: FromPath[str]) -> None:
    """Take a file of either kind back, or out of the library."""
    await withdraw(desk, await upload_of(desk, file_id, *OF_PROJECTS))


async def announced(desk: Desk, kind: UploadKind, name: str, body: schemas.Announced) -> Upload:
    """A place for what a body describes. Raises BadField, NoRecord (the project), and what the core raises."""
    suffixes = suffixes_of(kind, body.content_type)
    with told_as(PROJECT):
        project_id = None if body.library_project_id is None else await project_core(desk, body.library_project_id)
        return await desk.core.uploads.announce(
            desk.principal,
            Announcement(
                kind=kind, name=name, size=body.file_size, content_type=body.content_type, suffixes=suffixes,
                origin=body.origin or "", project_id=project_id, source_id=body.source_file_id or "",
            ),
        )  # fmt: skip


async def withdraw(desk: Desk, upload: Upload) -> None:
    """Take an upload back, or its file out of the library."""
    await desk.core.uploads.withdraw(desk.principal, upload.id)


async def one_shown(desk: Desk, upload: Upload) -> Shown:
    """An upload with its ids and addresses."""
    return (await shown(desk, [upload]))[0]


async def upload_of(desk: Desk, foreign_id: str, *kinds: UploadKind) -> Upload:
    """An upload by this API's id, which may be of several kinds. Raises NoRecord."""
    with told_as(RECORDS[kinds[0]]):
        upload_id = await desk.core_id(foreign_id, *(KINDS[kind] for kind in kinds))
        return await desk.core.uploads.get(desk.principal, upload_id)


async def project_core(desk: Desk, project_id: str) -> Id:
    """The core's id of a project. Raises NotFound."""
    return Id(await desk.core_id(project_id, Kind.PROJECT))


HANDLERS = [announce_job, announce_file, get_job, get_file, remove_job, remove_file]
