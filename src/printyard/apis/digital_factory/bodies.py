"""Bodies: {"data": {...}}, or the same in the wrapper that the document's generator puts around its examples."""

import re
from typing import Any, TypeVar

import msgspec
from litestar import Request

from printyard.apis.digital_factory.envelope import BadField, MissingField

T = TypeVar("T", bound=msgspec.Struct)

WRAPPER = frozenset({"summary", "description", "value"})
MISSING = re.compile(r"missing required field `(?P<field>[^`]*)`")
NULL_WRITTEN = b"\\u0000"
PLACE = re.compile(r" - at `(?P<path>[^`]*)`")


async def body_of(request: Request[Any, Any, Any], model: type[T], *, optional: bool = False) -> T:
    """The value under "data" of a request's body. With `optional`, an empty body is an empty value.

    Raises MissingField, BadField.
    """
    raw = await request.body()
    if not raw.strip() and optional:
        return filled({}, model)
    try:
        whole = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadField(model.__name__, "data", "The body is no JSON.") from None
    if NULL_WRITTEN in raw and (place := null_in(whole)) is not None:
        raise BadField(model.__name__, place or "data", "A text has no null characters.")
    if not isinstance(whole, dict) or "data" not in whole:
        if optional and whole in ({}, None):
            return filled({}, model)
        raise MissingField(model.__name__, "data")
    return filled(unwrapped(whole["data"]), model)


def null_in(value: object, place: str = "") -> str | None:
    """Where a text with a null character stands, which no database takes; None if there is none."""
    if isinstance(value, str):
        return place if "\0" in value else None
    entries = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, entry in entries:
        name = "" if key == "data" else str(key)
        found = null_in(entry, f"{place}.{name}".strip("."))
        if found is not None:
            return found
    return None


def unwrapped(data: object) -> object:
    """What lies in the generator's wrapper, or the thing itself."""
    if isinstance(data, dict) and "value" in data and set(data) <= WRAPPER:
        return data["value"]
    return data


def filled(data: object, model: type[T]) -> T:
    """JSON as a model. Raises MissingField, BadField."""
    try:
        return msgspec.convert(data, model)
    except msgspec.ValidationError as error:
        text = str(error)
        place = PLACE.search(text)
        within = (place["path"] if place else "$").removeprefix("$").strip(".")
        if missing := MISSING.search(text):
            raise MissingField(model.__name__, f"{within}.{missing['field']}".strip(".")) from None
        raise BadField(model.__name__, within or "data", PLACE.sub("", text)) from None
