"""Archives of material profiles: announced like any file, and read into the yard's materials when they are whole.

They stand at /connect/v1, whose routes announce and import them with what is here.
"""

import asyncio
from pathlib import Path
from typing import Any

from litestar import Request, delete, get
from litestar.params import FromPath

from printyard.apis.digital_factory.cura.announcing import one_shown, upload_of, withdraw
from printyard.apis.digital_factory.cura.content import suffixes_of
from printyard.apis.digital_factory.cura.rendering import Shown, profile_of, shown
from printyard.apis.digital_factory.desk import AtDesk, Desk
from printyard.apis.digital_factory.paging import Query, page_of, window
from printyard.apis.digital_factory.schemas.files import MaterialProfileResponse
from printyard.apis.digital_factory.schemas.pages import Data, Page
from printyard.core.errors import Invalid
from printyard.core.model.material import Material
from printyard.core.model.upload import Announcement, UploadKind
from printyard.dialects.ultimaker.profiles import materials_of

ROOT = "/connect/v1/materials"
ONE = ROOT + "/{material_profile_id:str}"
LARGEST = 1000


async def announce_profiles(desk: Desk, name: str, size: int, content_type: str, origin: str = "") -> Shown:
    """A place for an archive of profiles: its id here, its upload_url and state. Raises BadField, Invalid, TooLarge."""
    upload = await desk.core.uploads.announce(
        desk.principal,
        Announcement(
            kind=UploadKind.MATERIALS, name=name, size=size, content_type=content_type,
            suffixes=suffixes_of(UploadKind.MATERIALS, content_type), origin=origin,
        ),
    )  # fmt: skip
    return await one_shown(desk, upload)


@get(ROOT, tags=["materials"])
async def list_profiles(desk: AtDesk, request: Request[Any, Any, Any]) -> Page[MaterialProfileResponse]:
    """The archives, newest first, also those that are on their way."""
    query = Query(request)
    at = window(query, LARGEST, LARGEST)
    archives, total = await desk.core.uploads.page(
        desk.principal, UploadKind.MATERIALS, limit=at.limit, offset=at.offset
    )
    return page_of(desk, query, at, [profile_of(one) for one in await shown(desk, archives)], total)


@get(ONE, tags=["materials"])
async def get_profile(desk: AtDesk, material_profile_id: FromPath[str]) -> Data[MaterialProfileResponse]:
    """An archive, and whether it is whole."""
    return Data(
        data=profile_of(await one_shown(desk, await upload_of(desk, material_profile_id, UploadKind.MATERIALS)))
    )


@delete(ONE, tags=["materials"])
async def remove_profile(desk: AtDesk, material_profile_id: FromPath[str]) -> None:
    """Take an archive back; the materials that were read from it stay."""
    await withdraw(desk, await upload_of(desk, material_profile_id, UploadKind.MATERIALS))


def profiles_in(path: Path) -> list[Material]:
    """The profiles in an archive that is stored here. Raises Invalid, TooLarge."""
    with path.open("rb") as archive:
        materials = materials_of(archive)
    if not materials:
        raise Invalid("The archive holds no material profiles.")
    return materials


async def import_profiles(desk: Desk, profile_id: str) -> list[Material]:
    """Read an uploaded archive into the yard's materials; those that were new, or newer than the yard's.

    `profile_id` is this API's. Raises NotFound, Incomplete (it is not whole), Invalid (no profiles), Forbidden.
    """
    upload = await upload_of(desk, profile_id, UploadKind.MATERIALS)
    file = await desk.core.uploads.file(desk.principal, upload.id)
    async with desk.core.files.blobs.local(file.blob) as path:
        materials = await asyncio.to_thread(profiles_in, path)
    return await desk.core.materials.bring(desk.principal, materials)


HANDLERS = [list_profiles, get_profile, remove_profile]
