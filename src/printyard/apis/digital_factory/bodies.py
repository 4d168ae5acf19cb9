"""Bodies: {"data": {...}}, or the same in the wrapper that the document's generator puts around its examples."""

import re
from typing import Any, TypeVar

import msgspec
from litestar import Request

from printyard.apis.digital_factory.envelope import BadField, MissingField

T = TypeVar("T", bound=msgspec.Struct)

WRAPPER = frozenset({"summary", "description", "value"})
MISSING = re.compile(r"missing required field `(?P<field>[^`]*)`")
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
    if not isinstance(whole, dict) or "data" not in whole:
        if optional and whole in ({}, None):
            return filled({}, model)
        raise MissingField(model.__name__, "data")
    return filled(unwrapped(whole["data"]), model)


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
