"""Small bodies, read as clients send them: one operation gets forms of two kinds, JSON, bare numbers, or nothing."""

from typing import Any
from urllib.parse import parse_qsl

import msgspec

from printyard.core.errors import Invalid
from printyard.serving.asgi import text_header
from printyard.serving.body import read_body
from printyard.serving.streams import Incoming, check_announced
from printyard.serving.uploads import PartHead, boundary_of, received_form

BODY_BYTES = 1024 * 1024
MAX_FIELDS = 1000
URL_ENCODED = "application/x-www-form-urlencoded"


async def read_json(request: Incoming, limit: int = BODY_BYTES) -> Any:  # noqa: ANN401 - JSON is anything
    """The body as JSON, whatever its content type; None for an empty one. Raises Invalid, TooLarge, Incomplete."""
    check_announced(request, limit)
    return decoded(await read_body(request.receive, limit))


async def read_form(request: Incoming, *, bare: str = "", limit: int = BODY_BYTES) -> dict[str, str]:
    """The fields of a body that is a form of either kind, or a JSON object; {} for an empty body.

    Values of JSON that are no text are given as JSON (true, 60.5, [1,2]); null is left out. A JSON value that is no
    object (some clients send the bare number) is the field `bare`, if that has a name.

    Raises Invalid, TooLarge, Incomplete.
    """
    if boundary_of(request) is not None:
        async with received_form(request, no_file, limit=limit) as form:
            return form.fields
    check_announced(request, limit)
    body = await read_body(request.receive, limit)
    kind = text_header(request.scope, b"content-type").partition(";")[0].strip().lower()
    if kind == URL_ENCODED and not body.lstrip().startswith((b"{", b"[")):
        return url_encoded(body)
    if kind != "application/json" and b"=" in body and not body.lstrip().startswith((b"{", b"[", b'"')):
        return url_encoded(body)
    return fields(decoded(body), bare)


async def no_file(_: PartHead) -> None:
    """Every part is a field, also one that came with a file name."""


def decoded(body: bytes) -> Any:  # noqa: ANN401 - JSON is anything
    """JSON; None for nothing at all."""
    if not body.strip():
        return None
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise Invalid(f"the body is no JSON: {error}", code="malformed") from error


def url_encoded(body: bytes) -> dict[str, str]:
    """The fields of a url-encoded form; the last of a name counts."""
    try:
        pairs = parse_qsl(body.decode("latin-1"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise Invalid("the form has too many fields", code="malformed") from error
    return dict(pairs)


def fields(content: Any, bare: str) -> dict[str, str]:  # noqa: ANN401 - JSON is anything
    """A JSON value as fields."""
    if content is None:
        return {}
    if isinstance(content, dict):
        return {str(name): text(value) for name, value in content.items() if value is not None}
    if bare:
        return {bare: text(content)}
    raise Invalid("the body is no JSON object", code="malformed")


def text(value: Any) -> str:  # noqa: ANN401 - JSON is anything
    """A JSON value as a field's text."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
