"""JSON Schema as msgspec makes it, brought into the narrower forms that OpenAPI 3.0 and 2.0 know."""

from collections.abc import Iterable
from enum import IntEnum
from typing import Any

import msgspec

from printyard.apis.digital_factory.schemas.words import END

Schema = dict[str, Any]


class Version(IntEnum):
    """A version of OpenAPI."""

    TWO = 2
    THREE = 3


PLACES = {Version.TWO: "#/definitions/", Version.THREE: "#/components/schemas/"}
NULL = {"type": "null"}


def schemas_of(types: Iterable[Any], version: Version) -> tuple[list[Schema], dict[str, Schema]]:
    """The schemas of some types, and those of all models that they are made of, by name."""
    found, models = msgspec.json.schema_components(list(types), ref_template=PLACES[version] + "{name}")
    return [narrowed(one, version) for one in found], {
        name: narrowed(one, version) for name, one in sorted(models.items())
    }


def narrowed(schema: Schema, version: Version) -> Schema:
    """One schema. What may be null is left out of answers instead, so it need not be said."""
    if "anyOf" in schema:
        kinds = [one for one in schema["anyOf"] if one != NULL]
        if len(kinds) == 1:
            return narrowed(kinds[0] | {name: value for name, value in schema.items() if name != "anyOf"}, version)
        return _one_of(kinds, schema, version)
    if "$ref" in schema:
        return {"$ref": schema["$ref"]}
    return {
        name: value
        for key, given in schema.items()
        if key not in {"title", "discriminator"}
        for name, value in _entry(key, given, version)
    }


def _entry(key: str, given: Any, version: Version) -> Iterable[tuple[str, Any]]:  # noqa: ANN401 - any JSON
    """A member of a schema in the older form; none for what says nothing."""
    if key == "properties":
        yield key, {name: narrowed(one, version) for name, one in given.items()}
    elif key == "items" or (key == "additionalProperties" and isinstance(given, dict)):
        yield key, narrowed(given, version)
    elif key == "examples":
        yield "example", given[0]
    elif key == "enum":
        yield from (("type", "string"), (key, given))
    elif key == "pattern":
        yield key, given.removesuffix(END)
    elif key != "default" or given is not None:
        yield key, given


def _one_of(kinds: list[Schema], schema: Schema, version: Version) -> Schema:
    """A choice: the older version has no word for it, but takes any that begins with x-."""
    narrow = [narrowed(one, version) for one in kinds]
    told = {"description": schema["description"]} if "description" in schema else {}
    if version is Version.THREE:
        return told | {"oneOf": narrow}
    return told | {"type": "object", "x-oneOf": narrow}
