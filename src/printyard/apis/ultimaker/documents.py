"""Small files that come as the part `file` of a form, or as the whole body: profiles, licences."""

from printyard.apis.ultimaker.bodies import Asked
from printyard.core.errors import Invalid
from printyard.serving.body import read_body
from printyard.serving.forms import no_file
from printyard.serving.streams import check_announced
from printyard.serving.uploads import boundary_of, received_form

FILE = "file"


async def document_sent(request: Asked, limit: int) -> bytes:
    """The file's bytes. Raises Invalid where there is none, TooLarge, Incomplete."""
    if boundary_of(request) is None:
        check_announced(request, limit)
        content = await read_body(request.receive, limit)  # type: ignore[arg-type]  # Litestar's messages are TypedDicts
    else:
        async with received_form(request, no_file, limit=limit, field_limit=limit) as form:
            content = form.fields.get(FILE, "").encode()
    if not content.strip():
        raise Invalid("The file is missing.")
    return content
