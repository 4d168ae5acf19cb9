"""Files that come in one request, as a form (OrcaSlicer's UltiMaker client sends them so)."""

from typing import Any

from litestar import Request, post
from litestar.params import FromPath

from printyard.apis.digital_factory.cura import schemas
from printyard.apis.digital_factory.cura.announcing import PROJECT, one_shown, project_core
from printyard.apis.digital_factory.cura.content import suffixes_of, type_of
from printyard.apis.digital_factory.cura.rendering import file_of
from printyard.apis.digital_factory.desk import AtDesk, Desk
from printyard.apis.digital_factory.envelope import told_as
from printyard.apis.digital_factory.schemas.pages import Data
from printyard.core.model.upload import Announcement
from printyard.core.ports.blobs import Partial
from printyard.core.upload_names import check_name, shelf_name
from printyard.serving.uploads import PartHead, received_form

FIELD_BYTES = 4096


@post("/cura/v1/files", status_code=200)
async def add_file(desk: AtDesk, request: Request[Any, Any, Any]) -> Data[schemas.File]:
    """Put the form's file into the library, or into the project that the field `library_project_id` names."""
    return await stored(desk, request, "")


@post("/cura/v1/projects/{project_id:str}/files", status_code=200)
async def add_project_file(
    desk: AtDesk, project_id: FromPath[str], request: Request[Any, Any, Any]
) -> Data[schemas.File]:
    """Put the form's file into a project."""
    return await stored(desk, request, project_id)


async def stored(desk: Desk, request: Request[Any, Any, Any], project_id: str) -> Data[schemas.File]:
    """The form's file, whole, in the library. What can be refused before its bytes come is."""
    if project_id:
        with told_as(PROJECT):
            await desk.core.library.get(desk.principal, await project_core(desk, project_id))

    async def opened(part: PartHead) -> Partial | None:
        if not part.file_name:
            return None
        check_name(part.file_name)
        type_of(part.file_name)
        return await desk.core.files.begin(desk.principal)

    async with received_form(request, opened, field_limit=FIELD_BYTES) as form:
        file = form.file()
        name = file.head.file_name
        kind, content_type = type_of(name)
        suffixes = suffixes_of(kind, content_type)
        into = project_id or form.fields.get("library_project_id", "")
        with told_as(PROJECT):
            core_project = await project_core(desk, into) if into else None
        announcement = Announcement(
            kind=kind, name=name, size=file.size, content_type=content_type, suffixes=suffixes,
            project_id=core_project,
            source_id=form.fields.get("source_file_id", ""),
        )  # fmt: skip
        blob = await file.partial.finish(shelf_name(name, suffixes))
    with told_as(PROJECT):
        upload = await desk.core.uploads.add(desk.principal, announcement, blob)
    return Data(data=file_of(await one_shown(desk, upload)))


HANDLERS = [add_file, add_project_file]
