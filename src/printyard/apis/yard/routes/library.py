"""The library: files to print later, and the drivers that printers can have."""

from typing import Annotated, Any

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.params import FromPath, FromQuery, QueryParameter

from printyard.apis.yard import schemas
from printyard.apis.yard.cursors import cursor, cursor_text
from printyard.apis.yard.desk import AtDesk
from printyard.apis.yard.handing_in import put_away
from printyard.core.errors import NotFound
from printyard.core.model.file import File
from printyard.core.ports.driver import DriverSpec
from printyard.gcode.thumbnails import PictureFormat

ROOT = "/yard/v1/files"
PAGE = 50

PICTURE_SIDE = 256
MEDIA_TYPES = {PictureFormat.PNG: "image/png", PictureFormat.JPEG: "image/jpeg"}

Limit = Annotated[int, QueryParameter(ge=1, le=500)]
Side = Annotated[int, QueryParameter(ge=1, le=4096)]


@get(ROOT, tags=["files"])
async def list_files(desk: AtDesk, before: FromQuery[str] = "", limit: Limit = PAGE) -> schemas.FilePage:
    """Stored files, newest first, a page at a time: `before` is the last page's `next`."""
    found = await desk.core.files.page(desk.principal, limit + 1, cursor(before) if before else None)
    page = found[:limit]
    return schemas.FilePage(
        files=tuple(file_of(file) for file in page), next=cursor_text(page[-1]) if len(found) > limit else None
    )


@get(ROOT + "/{id:str}", tags=["files"])
async def get_file(desk: AtDesk, id: FromPath[str]) -> schemas.File:  # noqa: A002
    """One file."""
    return file_of(await desk.core.files.get(desk.principal, id))


@get(
    ROOT + "/{id:str}/picture",
    tags=["files"],
    description="A picture that the file brings, as PNG or JPEG: the smallest whose longer side has at least `side` "
    "pixels, else the largest. Up to 32 it is one of 32 at most. 404 if the file has none.",
)
async def get_picture(desk: AtDesk, id: FromPath[str], side: Side = PICTURE_SIDE) -> Response[bytes]:  # noqa: A002
    """A picture of the file."""
    file = await desk.core.files.get(desk.principal, id)
    found = (await desk.core.analyses.pictures(file.blob)).fitting(side)
    if found is None:
        raise NotFound("The file has no picture.")
    return Response(found.data, media_type=MEDIA_TYPES[found.format])


@post(ROOT, tags=["files"], description="Store a file: multipart/form-data with the part `file`.")
async def add_file(desk: AtDesk, request: Request[Any, Any, Any]) -> Response[schemas.File]:
    """Store a file."""
    file = await put_away(desk.core, desk.principal, request)
    return Response(file_of(file), status_code=201, headers={"location": f"{ROOT}/{file.id}"})


@delete(ROOT + "/{id:str}", tags=["files"])
async def remove_file(desk: AtDesk, id: FromPath[str]) -> None:  # noqa: A002
    """Take a file out of the library; prints of it that are under way go on."""
    await desk.core.files.remove(desk.principal, id)


@get("/yard/v1/drivers", tags=["yard"])
async def list_drivers(desk: AtDesk) -> tuple[schemas.Driver, ...]:
    """The drivers that printers can have, and what each wants to know."""
    return tuple(driver_of(spec) for spec in desk.core.printers.drivers(desk.principal))


def file_of(file: File) -> schemas.File:
    """A file as this API shows it."""
    return schemas.File(
        id=file.id, name=file.name, kind=file.blob.kind.value, size=file.blob.size, sha256=file.blob.sha256,
        created_at=schemas.instant(file.created_at), created_by=file.created_by,
    )  # fmt: skip


def driver_of(spec: DriverSpec) -> schemas.Driver:
    """A driver as this API shows it."""
    models = (
        schemas.DriverModel(id=machine.id, name=machine.variant, volume_mm=machine.volume_mm, tools=machine.tools)
        for machine in spec.machines
    )
    settings = msgspec.json.schema(spec.settings)
    return schemas.Driver(name=spec.name, title=spec.title, settings=settings, models=tuple(models))


HANDLERS = [list_files, get_file, get_picture, add_file, remove_file, list_drivers]
