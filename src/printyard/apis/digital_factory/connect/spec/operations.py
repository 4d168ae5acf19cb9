"""What there is to describe: each handler as an operation, whatever the description's form."""

import re
from collections.abc import Iterable
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec
from litestar import Response
from litestar.handlers import HTTPRouteHandler

from printyard.apis.digital_factory.schemas.pages import Data, Page

PLACE = re.compile(r"\{(\w+):\w+\}")
SINGULAR = re.compile(r"^/cluster(?=/|$)")
"""The second spelling of a path, which needs no description of its own."""

WRITING = frozenset({"POST", "PUT", "PATCH"})
ALWAYS, KNOWN_CALLER, WRITTEN = (404, 500), (401, 403), (400, 409)
"""The errors of every operation, of those that need a credential, and of those that change something."""

QueryType = Literal["string", "number", "boolean", "array"]


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """A parameter of a path or a query; `words` are all that it may be, `items` of an array."""

    name: str
    description: str
    type: QueryType = "string"
    words: tuple[str, ...] = ()
    required: bool = False
    place: Literal["path", "query"] = "query"


class Operation(msgspec.Struct, frozen=True, kw_only=True):
    """One operation. `data` is the type under "data" of the answer (None: there is none), `body` of the request."""

    method: str
    path: str
    name: str
    summary: str
    tags: tuple[str, ...]
    parameters: tuple[Parameter, ...]
    body: type[msgspec.Struct] | None
    body_required: bool
    success: int
    media_type: str
    data: Any
    paged: bool
    errors: tuple[int, ...]
    public: bool


PATH_WORDS = {
    "cluster_id": "The id of a cluster.",
    "original_cluster_id": "The id of the cluster that printed it first.",
    "job_id": "The id of an uploaded print file.",
    "cluster_job_id": "The UUID of a print job.",
    "job_instance_uuid": "The UUID of a print job.",
    "cluster_printer_id": "The UUID of a printer.",
    "action": "What to do.",
    "action_id": "The UUID of an action.",
    "pin_code": "The PIN on the printer's display.",
    "connection_id": "The printer's own GUID.",
    "team_id": "The id of a team.",
    "user_id": "The id of a user.",
    "material_profile_id": "The id of an archive of material profiles.",
}

QUERY = {
    one.name: one
    for one in (
        Parameter(name="limit", type="number", description="How many items a page has."),
        Parameter(name="page", type="number", description="Which page, counted from 1."),
        Parameter(name="machine_variant", description="Only clusters of this kind of machine."),
        Parameter(name="prefer_material_1", description="First those with this material (a GUID) in extruder 1."),
        Parameter(name="prefer_material_2", description="First those with this material (a GUID) in extruder 2."),
        Parameter(name="prefer_print_core_1", description="First those with this print core in extruder 1."),
        Parameter(name="prefer_print_core_2", description="First those with this print core in extruder 2."),
        Parameter(name="sort", description="A field to sort by; a hyphen before it turns the order round."),
        Parameter(name="status", type="array", description="Only those in one of these states."),
        Parameter(name="team_ids", type="array", description="Ids of teams."),
        Parameter(name="organization_ids", type="array", description="Ids of organizations."),
        Parameter(name="cluster_ids", type="array", description="Only those of these clusters."),
        Parameter(name="private_only", type="boolean", description="Only one's own."),
        Parameter(name="search", description="A part of the name of the job, of its printer or of its author."),
        Parameter(name="sent_from", type="array", description="Only those that came from one of these."),
        Parameter(name="start_date", description="From this instant on.", required=True),
        Parameter(name="end_date", description="Before this instant.", required=True),
        Parameter(name="printer_brand", description="The make of the printer; ultimaker if nothing is said."),
        Parameter(name="version", description="The version of OpenAPI, 2 or 3; 2 if nothing is said."),
        Parameter(name="last_event_id", description="Go on behind this event (as the header Last-Event-ID does)."),
    )
}


def operations(handlers: Iterable[HTTPRouteHandler], public: frozenset[str]) -> list[Operation]:
    """The handlers as operations, by path and method; `public` are the paths that need no credential.

    Raises KeyError for a parameter that nobody has described.
    """
    found = [
        _operation(handler, method, path, public)
        for handler in handlers
        for path in handler.paths
        for method in handler.http_methods
        if not SINGULAR.match(path) and method in {*WRITING, "GET", "DELETE"}
    ]
    return sorted(found, key=lambda one: (one.path, one.method))


def _operation(handler: HTTPRouteHandler, method: str, path: str, public: frozenset[str]) -> Operation:
    shown, known = PLACE.sub(r"{\1}", path), handler.opt.get("words", {})
    body = handler.opt.get("body") or handler.opt.get("maybe_body")
    query = tuple(msgspec.structs.replace(QUERY[name], words=tuple(known.get(name, ()))) for name in _query(handler))
    data, paged = _data(get_type_hints(handler.fn).get("return"))
    errors = {*ALWAYS, *handler.opt.get("errors", ())}
    if shown not in public:
        errors.update(KNOWN_CALLER)
    if method in WRITING:
        errors.update(WRITTEN)
    return Operation(
        method=method,
        path=shown,
        name=handler.fn.__name__,
        summary=(handler.fn.__doc__ or "").strip().partition("\n")[0],
        tags=tuple(handler.tags or ()),
        parameters=(*(_in_path(name, known.get(name, ())) for name in PLACE.findall(path)), *query),
        body=body,
        body_required="body" in handler.opt,
        success=handler.status_code or 200,
        media_type=handler.opt.get("media", "application/json"),
        data=data,
        paged=paged,
        errors=tuple(sorted(errors | ({400} if query else set()))),
        public=shown in public,
    )


def _query(handler: HTTPRouteHandler) -> tuple[str, ...]:
    names: tuple[str, ...] = handler.opt.get("query", ())
    return names


def _in_path(name: str, words: Iterable[str]) -> Parameter:
    return Parameter(name=name, description=PATH_WORDS[name], required=True, place="path", words=tuple(words))


def _data(hint: Any) -> tuple[Any, bool]:  # noqa: ANN401 - a type of whatever kind
    """The type under "data" of what a handler returns, and whether it is a page of a list."""
    if get_origin(hint) is Response:
        hint = get_args(hint)[0]
    kind = get_origin(hint)
    if kind is Page:
        return list[get_args(hint)[0]], True  # type: ignore[misc]
    return (get_args(hint)[0], False) if kind is Data else (None, False)
