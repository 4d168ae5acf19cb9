"""Bodies: clients send the same value as a form, a multipart form, a JSON object, a bare JSON value or plain text.

All become one plain value, of which the functions below take a number, a text or a field. Each raises Invalid with a
sentence that names the field.
"""

from math import isfinite
from typing import Any
from urllib.parse import parse_qs

from litestar import Request

from printyard.core.errors import Invalid
from printyard.serving.asgi import text_header
from printyard.serving.body import read_body
from printyard.serving.forms import URL_ENCODED, decoded, no_file
from printyard.serving.streams import check_announced
from printyard.serving.uploads import boundary_of, received_form

BODY_BYTES = 256 * 1024
MAX_FIELDS = 1000
JSON_TYPES = frozenset({"application/json", "text/json"})
SHOWN = 40
"""So many characters of a wrong value are quoted."""

Asked = Request[Any, Any, Any]


async def sent(request: Asked) -> Any:  # noqa: ANN401
    """What was sent: a form as a dict of texts, else the JSON value, else the text itself; None for nothing.

    Raises Invalid, TooLarge, Incomplete.
    """
    if boundary_of(request) is not None:
        async with received_form(request, no_file, limit=BODY_BYTES) as form:
            return form.fields
    check_announced(request, BODY_BYTES)
    raw = await read_body(request.receive, BODY_BYTES)  # type: ignore[arg-type]  # Litestar's messages are TypedDicts
    kind = text_header(request.scope, b"content-type").partition(";")[0].strip().lower()  # type: ignore[arg-type]
    if kind == URL_ENCODED and not raw.lstrip().startswith((b"{", b"[", b'"')):
        return url_encoded(raw)
    try:
        return decoded(raw)
    except Invalid:
        if kind in JSON_TYPES:
            raise
    return raw.decode("utf-8", "replace").strip()


def url_encoded(raw: bytes) -> dict[str, Any]:
    """The fields of a form; one that comes more than once is a list."""
    try:
        fields = parse_qs(raw.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=MAX_FIELDS)
    except ValueError as error:
        raise Invalid(f"The form has more than {MAX_FIELDS} fields.") from error
    return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}


def value_of(said: Any, *names: str) -> Any:  # noqa: ANN401
    """The first field of those names, or the whole value if it is no object. Raises Invalid where there is none."""
    found = said
    if isinstance(said, dict):
        found = next((said[name] for name in names if said.get(name) is not None), None)
    if found is None:
        raise Invalid(f"The {names[0]} is missing.")
    return found


def number(said: Any, *names: str) -> float:  # noqa: ANN401
    """A finite number, also as text. Raises Invalid."""
    found = value_of(said, *names)
    if isinstance(found, bool) or not isinstance(found, int | float | str):
        raise Invalid(f"The {names[0]} must be a number.")
    try:
        value = float(found)
    except (ValueError, OverflowError):
        raise Invalid(f"The {names[0]} must be a number, not {str(found)[:SHOWN]!r}.") from None
    if not isfinite(value):
        raise Invalid(f"The {names[0]} must be a finite number.")
    return value


def whole(said: Any, *names: str) -> int:  # noqa: ANN401
    """A whole number, also as text or with a zero fraction. Raises Invalid."""
    value = number(said, *names)
    if not value.is_integer() or abs(value) > 2**53:
        raise Invalid(f"The {names[0]} must be a whole number.")
    return int(value)


def optional_number(said: Any, name: str) -> float | None:  # noqa: ANN401
    """A field that may be missing. Raises Invalid."""
    return number(said, name) if isinstance(said, dict) and said.get(name) is not None else None


def text(said: Any, *names: str) -> str:  # noqa: ANN401
    """A text. Raises Invalid."""
    found = value_of(said, *names)
    if not isinstance(found, str):
        raise Invalid(f"The {names[0]} must be a text.")
    return found


def optional_text(said: Any, name: str) -> str:  # noqa: ANN401
    """A field of an object that may be missing (""). Raises Invalid."""
    return text(said, name) if isinstance(said, dict) and said.get(name) is not None else ""


def fields_of(said: Any) -> dict[str, Any]:  # noqa: ANN401
    """An object, or an empty one for nothing. Raises Invalid."""
    if said is None:
        return {}
    if not isinstance(said, dict):
        raise Invalid("The body must be an object or a form.")
    return said
