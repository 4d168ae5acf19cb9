"""The two documents: Swagger 2.0 and OpenAPI 3.0."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any

from printyard.apis.digital_factory.connect.spec.operations import Operation, Parameter
from printyard.apis.digital_factory.connect.spec.schemas import PLACES, Schema, Version, schemas_of
from printyard.apis.digital_factory.schemas import pages

TITLE, API_VERSION = "Connect", "v1"
DESCRIPTION = (
    "Clusters of printers, their queues and what they print. Paths below /clusters/ answer below /cluster/ too. "
    'A body may stand in the wrapper {"data": {"summary", "description", "value"}} as well.'
)
NAMED = {Version.TWO: "2.0", Version.THREE: "3.0.3"}
JSON = "application/json"
ERRORS = {
    400: "The given data could not be validated.",
    401: "The authentication header was not given.",
    403: "The authentication has expired, or the caller may not do that.",
    404: "The requested resource could not be found.",
    409: "It exists already, or does not fit the present state.",
    418: "The server refuses to brew coffee because it is, permanently, a teapot.",
    500: "An unexpected error occurred.",
}
ARRAY = {"type": "array", "items": {"type": "string"}}


def document(operations: Sequence[Operation], root: str, version: Version) -> Schema:
    """The description of an API at `root`, a path."""
    kinds = [one.data for one in operations if one.data is not None]
    bodies = [one.body for one in operations if one.body is not None]
    around = [pages.ErrorObject, pages.ResponseMeta, pages.PaginationLinks]
    schemas, models = schemas_of([*kinds, *bodies, *around], version)
    answers = iter(schemas[: len(kinds)])
    requests = iter(schemas[len(kinds) : len(kinds) + len(bodies)])
    paths: dict[str, Schema] = {}
    for one in operations:
        answer = None if one.data is None else _data(next(answers), version, paged=one.paged)
        request = None if one.body is None else _data(next(requests), version)
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, answer, request, version)
    info = {"title": TITLE, "version": API_VERSION, "description": DESCRIPTION}
    if version is Version.TWO:
        return {
            "swagger": NAMED[version], "info": info, "basePath": root, "consumes": [JSON], "produces": [JSON],
            "securityDefinitions": {"bearer": {"type": "apiKey", "in": "header", "name": "Authorization"}},
            "paths": paths, "definitions": models,
        }  # fmt: skip
    return {
        "openapi": NAMED[version], "info": info, "servers": [{"url": root}], "paths": paths,
        "components": {"schemas": models, "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}}},
    }  # fmt: skip


def _operation(one: Operation, answer: Schema | None, request: Schema | None, version: Version) -> Schema:
    errors = {"type": "array", "items": {"$ref": PLACES[version] + pages.ErrorObject.__name__}}
    error = {"type": "object", "required": ["errors"], "properties": {"errors": errors}}
    success = HTTPStatus(one.success).phrase
    responses = {str(one.success): _response(success, answer, version, one.media_type)}
    responses |= {str(code): _response(ERRORS[code], error, version) for code in one.errors}
    told: Schema = {
        "operationId": one.name,
        "summary": one.summary,
        "tags": list(one.tags),
        "parameters": [_parameter(parameter, version) for parameter in one.parameters],
        "responses": responses | {"default": _response("Another error.", error, version)},
        "security": [] if one.public else [{"bearer": []}],
    }
    if version is Version.TWO and one.media_type != JSON:
        told["produces"] = [one.media_type]
    if request is not None and version is Version.TWO:
        said = {"name": "request_body", "in": "body", "required": one.body_required, "schema": request}
        told["parameters"] = [*told["parameters"], said]
    elif request is not None:
        told["requestBody"] = {"required": one.body_required, "content": {JSON: {"schema": request}}}
    return told


def _data(schema: Schema, version: Version, *, paged: bool = False) -> Schema:
    """What stands around every model on the wire."""
    properties = {"data": schema}
    if paged:
        properties["meta"] = {"$ref": PLACES[version] + pages.ResponseMeta.__name__}
        properties["links"] = {"$ref": PLACES[version] + pages.PaginationLinks.__name__}
    return {"type": "object", "required": list(properties), "properties": properties}


def _response(description: str, schema: Schema | None, version: Version, media_type: str = JSON) -> Schema:
    if schema is None:
        if media_type == JSON:
            return {"description": description}
        schema = {"type": "string"}
    if version is Version.TWO:
        return {"description": description, "schema": schema}
    return {"description": description, "content": {media_type: {"schema": schema}}}


def _parameter(one: Parameter, version: Version) -> Schema:
    kind: dict[str, Any] = dict(ARRAY) if one.type == "array" else {"type": one.type}
    if one.words and one.type == "array":
        kind["items"] = {"type": "string", "enum": list(one.words)}
    elif one.words:
        kind["enum"] = list(one.words)
    told = {"name": one.name, "in": one.place, "required": one.required, "description": one.description}
    if version is Version.THREE:
        return told | {"schema": kind}
    return told | kind | ({"collectionFormat": "multi"} if one.type == "array" else {})
