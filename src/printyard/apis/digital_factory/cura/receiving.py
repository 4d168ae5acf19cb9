"""The signed addresses to which the bytes of announced files are sent, in one piece or in parts."""

from typing import Any

import structlog
from litestar import Request, put
from litestar.params import FromPath

from printyard.apis.digital_factory.cura.content import BY_FOLDER, KINDS, essence
from printyard.apis.digital_factory.cura.parts import part_of
from printyard.apis.digital_factory.cura.rendering import DOWNLOADS, UPLOAD, UPLOADS
from printyard.apis.digital_factory.desk import AtDesk, Desk
from printyard.apis.digital_factory.envelope import CODES, BadField, NoRecord, envelope
from printyard.apis.digital_factory.ids import FORM, foreign_ids
from printyard.core.errors import CoreError, Forbidden, Invalid, NotFound, TooLarge
from printyard.core.intake import AnotherWriter, Gap
from printyard.core.model.upload import Upload, UploadKind, UploadState
from printyard.serving.answers import Answer
from printyard.serving.asgi import text_header
from printyard.serving.envelope import Problem
from printyard.serving.origins import normal_origin
from printyard.serving.reply import Reply, reply
from printyard.serving.spec import Door
from printyard.serving.streams import Incoming, chunks

log = structlog.get_logger("printyard.uploads")

RETRY_SECONDS = 1
PUBLIC = frozenset({("PUT", UPLOADS + "/{folder}/{id}")})


@put(UPLOADS + "/{folder:str}/{id:str}")
async def receive(
    desk: AtDesk, request: Request[Any, Any, Any], folder: FromPath[str], id: FromPath[str]  # noqa: A002
) -> Reply:  # fmt: skip
    """Take bytes: 200 when the file is whole, 308 with the stored Range until then."""
    signed = desk.office.door.signer.check(request.scope["query_string"], UPLOAD, f"{folder}/{id}", "PUT")
    upload_id = await core_id(desk.office.door, folder, id)
    upload = await desk.core.uploads.addressed(upload_id, signed.principal_id)
    check_origin(desk, upload)
    part = part_of(request, upload.size)
    if part is not None:
        check_type(request, upload)
    try:
        if part is None:
            upload, stored = await desk.core.uploads.probe(upload_id)
        else:
            upload, stored = await desk.core.uploads.take(upload_id, part, chunks(request))
    except Gap as error:
        return refusal(desk, error, *stored_range(error.stored))
    except AnotherWriter as error:
        return refusal(desk, error, ("retry-after", str(RETRY_SECONDS)))
    except TooLarge:
        raise
    except Invalid as error:
        raise BadBytes(error.message) from error
    if upload.state is UploadState.UPLOADED:
        return reply(Answer(200))
    return reply(Answer(308, headers=stored_range(stored)))


class BadBytes(Invalid):
    """A body that is too short, of another hash, or not what its type promises."""

    code = "bad_bytes"


def check_origin(desk: Desk, upload: Upload) -> None:
    """Raises Forbidden for a page other than the announced one."""
    origin = desk.visit.origin
    if origin and upload.origin and normal_origin(origin) != normal_origin(upload.origin):
        raise Forbidden("The file was announced to come from another page.", code="foreign_origin")


def check_type(request: Incoming, upload: Upload) -> None:
    """Raises BadField for another type than the announced one; a client that states none is taken at its word.

    Cura sends the archives of its profiles as application/json (UploadMaterialsJob): of those it is only noted.
    """
    sent = essence(text_header(request.scope, b"content-type"))
    if not sent or sent == essence(upload.content_type):
        return
    if upload.kind is not UploadKind.MATERIALS:
        raise BadField("UploadRequest", "content_type", f"The file was announced as {upload.content_type}.")
    log.info("an upload has another type than was announced", announced=upload.content_type, sent=sent[:100])


def stored_range(stored: int) -> tuple[tuple[str, str], ...]:
    """The header that says what is stored; none for nothing."""
    return (("range", f"bytes=0-{stored - 1}"),) if stored else ()


def refusal(desk: Desk, error: CoreError, *headers: tuple[str, str]) -> Reply:
    """A refusal that tells more than the API's shape of errors can."""
    problem = Problem(status=CODES[error.code].status, error=error, visit=desk.visit)
    return reply(envelope(desk.office.door.ids)(problem).with_headers(*headers))


async def core_id(door: Door, folder: str, foreign_id: str) -> str:
    """The core's id of a thing in an address. Raises NoRecord."""
    kind = BY_FOLDER.get(folder)
    if kind is None or not FORM.fullmatch(foreign_id):
        raise NoRecord("upload")
    return await foreign_ids(door).core(KINDS[kind], foreign_id)


async def admits_origin(door: Door, path: str, origin: str) -> bool:
    """Whether a page may send to that address, or fetch from it: it is the one that was announced for the file."""
    stem, _, thing = path.rpartition("/")
    root, _, folder = stem.rpartition("/")
    if root not in {UPLOADS, DOWNLOADS}:
        return False
    try:
        announced = await door.core.uploads.origin_of(await core_id(door, folder, thing))
    except NotFound:
        return False
    return bool(announced) and normal_origin(announced) == normal_origin(origin)


HANDLERS = [receive]
