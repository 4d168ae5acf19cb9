"""The signed addresses from which files are fetched: as an attachment, whole or in ranges, without a credential."""

from typing import Any

from litestar import Request, get
from litestar.params import FromPath

from printyard.apis.digital_factory.cura.content import told_type
from printyard.apis.digital_factory.cura.receiving import core_id
from printyard.apis.digital_factory.cura.rendering import DOWNLOAD, DOWNLOADS
from printyard.apis.digital_factory.desk import AtDesk
from printyard.core.model.file import Blob
from printyard.core.ports.blobs import Blobs
from printyard.serving.ranges import Download
from printyard.serving.reply import Reply

PUBLIC = frozenset({("GET", DOWNLOADS + "/{folder}/{id}")})


@get(DOWNLOADS + "/{folder:str}/{id:str}")
async def download(
    desk: AtDesk, request: Request[Any, Any, Any], folder: FromPath[str], id: FromPath[str]  # noqa: A002
) -> Reply:  # fmt: skip
    """The bytes of a file, as they were sent."""
    desk.office.door.signer.check(request.scope["query_string"], DOWNLOAD, f"{folder}/{id}", "GET")
    upload, file = await desk.core.uploads.fetched(await core_id(desk.office.door, folder, id))
    return attachment(desk.core.files.blobs, file.blob, file.name, told_type(upload))


def attachment(blobs: Blobs, blob: Blob, file_name: str, media_type: str) -> Reply:
    """Stored bytes as a download that no browser runs."""

    async def read(offset: int, size: int) -> bytes:
        return await blobs.read(blob, offset, size)

    return Download(
        size=blob.size, read=read, file_name=file_name, etag=blob.sha256, media_type=media_type
    ).reply()  # fmt: skip


HANDLERS = [download]
