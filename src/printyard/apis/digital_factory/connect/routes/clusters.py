"""Clusters: lists of them, one of them, its note, who may see it, and its end."""

from collections.abc import Callable
from typing import Any

from litestar import Request, delete, get, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from printyard.apis.digital_factory.bodies import body_of
from printyard.apis.digital_factory.connect.caller import Caller, Here
from printyard.apis.digital_factory.connect.routes import either
from printyard.apis.digital_factory.connect.views.clusters import online
from printyard.apis.digital_factory.envelope import BadField, NoRecord, told_as
from printyard.apis.digital_factory.ids import Kind
from printyard.apis.digital_factory.paging import ALL, PAGED, Query, page_of, window
from printyard.apis.digital_factory.schemas import clusters as schemas
from printyard.apis.digital_factory.schemas.pages import Data, Page
from printyard.core.clusters import Cluster
from printyard.core.errors import NotFound

LIST, ONE = either(""), either("/{cluster_id:str}")

SORTS: dict[str, Callable[[Cluster], Any]] = {
    "friendly_name": lambda one: one.host.printer.name.casefold(),
    "created_at": lambda one: one.host.printer.created_at,
    "is_online": lambda one: not online(one),
    "printer_count": lambda one: len(one.printers),
    "machine_variant": lambda one: one.host.printer.model_id,
}
"""What `sort` takes; a hyphen before it turns it round."""

PREFERENCES = (("prefer_material_1", 0), ("prefer_material_2", 1))
PREFERRED = ("prefer_material_1", "prefer_material_2", "prefer_print_core_1", "prefer_print_core_2")
CORES = (("prefer_print_core_1", 0), ("prefer_print_core_2", 1))


@get(LIST, tags=["clusters"], query=(*PAGED, "status", "machine_variant", "team_ids", "sort", *PREFERRED))
async def list_clusters(caller: Here, request: Request[Any, Any, Any]) -> Page[schemas.ClusterResponse]:
    """The clusters that the caller may see; those that suit a preference come first."""
    query = Query(request)
    at = window(query, ALL)
    chosen = in_order(query, await filtered(caller, query))
    shown = await caller.listed(list(at.of(chosen)))
    return page_of(caller, query, at, shown, len(chosen))


async def filtered(caller: Caller, query: Query) -> list[Cluster]:
    """Those that a query asks for. `status` is no documented parameter, but clients send it."""
    clusters = await caller.core.clusters.all(caller.principal)
    if query.text("status") not in {"", "active"}:
        return []
    if variant := query.text("machine_variant"):
        clusters = [one for one in clusters if variant_of(caller, one) == variant]
    teams = query.texts("team_ids")
    if teams is not None:
        wanted = {await team_of(caller, team) for team in teams}
        clusters = [one for one in clusters if wanted & set(one.registration.team_ids)]
    return clusters


def variant_of(caller: Caller, cluster: Cluster) -> str:
    """The kind of a cluster's host."""
    try:
        return caller.core.printers.machine(caller.principal, cluster.host.printer.id).variant
    except NotFound:
        return ""


async def team_of(caller: Caller, team_id: str) -> str:
    """The core's id of a team; "" for one that is not known, with which nothing is shared."""
    try:
        return await caller.desk.core_id(team_id, Kind.TEAM)
    except NotFound:
        return ""


def in_order(query: Query, clusters: list[Cluster]) -> list[Cluster]:
    """Sorted as asked, and then by how many of the preferences each cluster meets. Raises BadField."""
    if asked := query.text("sort"):
        key = SORTS.get(asked.removeprefix("-"))
        if key is None:
            raise BadField("query", "sort", f"sort is one of {', '.join(SORTS)}.")
        clusters = sorted(clusters, key=key, reverse=asked.startswith("-"))
    materials = [(query.text(name).lower(), tool) for name, tool in PREFERENCES if query.text(name)]
    cores = [(query.text(name), tool) for name, tool in CORES if query.text(name)]
    if not (materials or cores):
        return clusters
    return sorted(clusters, key=lambda one: -met(one, materials, cores))


def met(cluster: Cluster, materials: list[tuple[str, int]], cores: list[tuple[str, int]]) -> int:
    """How many preferences the best printer of a cluster meets."""
    best = 0
    for shown in cluster.printers:
        tools = shown.state.tools
        count = 0
        for guid, tool in materials:
            count += tool < len(tools) and (m := tools[tool].material) is not None and m.guid.lower() == guid
        for core, tool in cores:
            count += tool < len(tools) and (n := tools[tool].nozzle) is not None and n.name == core
        best = max(best, count)
    return best


@post(LIST, status_code=200, tags=["clusters"], body=schemas.ClusterIdsRequest)
async def accessible_clusters(caller: Here, request: Request[Any, Any, Any]) -> Data[schemas.ClusterIdsResponse]:
    """Which of the given clusters the caller may see, in the order in which they were given."""
    asked = (await body_of(request, schemas.ClusterIdsRequest)).cluster_ids or []
    visible = {one.id for one in await caller.core.clusters.all(caller.principal)}
    own = await caller.ids.many(Kind.CLUSTER, visible)
    known = set(own.values())
    return Data(data=schemas.ClusterIdsResponse(cluster_ids=[one for one in dict.fromkeys(asked) if one in known]))


@get("/clusters/team_count", tags=["clusters"], query=("team_ids",))
async def team_count(caller: Here, request: Request[Any, Any, Any]) -> Data[schemas.ClusterTeamCountResponse]:
    """How many clusters are shared with each of the given teams; of one that is not known, none."""
    asked = Query(request).texts("team_ids") or []
    teams = {team: await team_of(caller, team) for team in asked}
    counts = await caller.core.clusters.team_counts(caller.principal, frozenset(teams.values()))
    return Data(data=schemas.ClusterTeamCountResponse(counts={team: counts[core] for team, core in teams.items()}))


@get(ONE, tags=["clusters"])
async def get_cluster(caller: Here, cluster_id: FromPath[str]) -> Data[schemas.ClusterResponse]:
    """One cluster."""
    return Data(data=await caller.shown(await caller.cluster(cluster_id)))


@delete(ONE, tags=["clusters"])
async def remove_cluster(caller: Here, cluster_id: FromPath[str]) -> None:
    """End a registration; the printers and their history stay, and the host's display shows a PIN."""
    cluster = await caller.cluster(cluster_id)
    await caller.core.clusters.remove(caller.principal, cluster.id)


@post(either("/{cluster_id:str}/note"), status_code=200, tags=["clusters"], body=schemas.ClusterNoteUpdateRequest)
async def set_note(
    caller: Here, cluster_id: FromPath[str], request: Request[Any, Any, Any]
) -> Data[schemas.ClusterResponse]:
    """Replace a cluster's note."""
    cluster = await caller.cluster(cluster_id)
    wanted = await body_of(request, schemas.ClusterNoteUpdateRequest)
    note = "" if wanted.note is None else wanted.note.note
    return Data(data=await caller.shown(await caller.core.clusters.set_note(caller.principal, cluster.id, note)))


@post(either("/{cluster_id:str}/share"), status_code=200, tags=["clusters"], body=schemas.ClusterSharingUpdateRequest)
async def share(
    caller: Here, cluster_id: FromPath[str], request: Request[Any, Any, Any]
) -> Data[schemas.ClusterResponse]:
    """Say who may see a cluster."""
    cluster = await caller.cluster(cluster_id)
    wanted = await body_of(request, schemas.ClusterSharingUpdateRequest)
    shared = wanted.organization_shared or False
    if shared and wanted.team_ids:
        reason = "A cluster is shared with the organization or with teams."
        raise BadField("ClusterSharingUpdateRequest", "organization_shared", reason)
    teams = None
    if wanted.team_ids is not None:
        with told_as("team"):
            teams = tuple([await caller.desk.core_id(team, Kind.TEAM) for team in wanted.team_ids])
    with told_as("team"):
        changed = await caller.core.clusters.share(
            caller.principal, cluster.id, organization_shared=shared, team_ids=teams
        )
    return Data(data=await caller.shown(changed))


@delete("/teams/{team_id:str}", tags=["clusters"])
async def forget_team(caller: Here, team_id: FromPath[str]) -> None:
    """Share nothing with a team any more."""
    with told_as("team"):
        await caller.core.clusters.forget_team(caller.principal, await caller.desk.core_id(team_id, Kind.TEAM))


@get("/user/{user_id:str}/clusters", tags=["clusters"], query=("organization_ids",))
async def clusters_of_user(
    caller: Here, user_id: FromPath[str], request: Request[Any, Any, Any]
) -> Data[list[schemas.ClusterResponse]]:
    """The clusters that a user has registered, and those of the named organizations; of them what the caller sees."""
    with told_as("user"):
        owner = await caller.desk.core_id(user_id, Kind.USER)
    organizations = set()
    for one in Query(request).texts("organization_ids") or []:
        try:
            organizations.add(await caller.desk.core_id(one, Kind.ORGANIZATION))
        except NotFound:
            continue
    found = [
        one
        for one in await caller.core.clusters.all(caller.principal)
        if one.registration.owner_id == owner or one.registration.organization_id in organizations
    ]
    if not found and owner != caller.principal.id:
        named = await caller.core.remarks.names(caller.principal, frozenset({owner}))
        if owner not in named:  # also somebody of another organization
            raise NoRecord("user")
    return Data(data=await caller.all_shown(found))


HANDLERS: list[ControllerRouterHandler] = [
    list_clusters, accessible_clusters, team_count, get_cluster, remove_cluster, set_note, share, forget_team,
    clusters_of_user,
]  # fmt: skip
