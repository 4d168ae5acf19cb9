"""Print jobs of all clusters: searched, filtered, and as a report."""

from typing import Any

from litestar import Request, get
from litestar.types import ControllerRouterHandler
from msgspec.structs import replace

from printyard.apis.digital_factory.connect.caller import Caller, Here
from printyard.apis.digital_factory.connect.views.jobs import Scene, Sheet, instance_of, report_of
from printyard.apis.digital_factory.envelope import BadField
from printyard.apis.digital_factory.ids import Kind
from printyard.apis.digital_factory.paging import PAGED, Query, Window, page_of, window
from printyard.apis.digital_factory.schemas import clusters as schemas
from printyard.apis.digital_factory.schemas.jobs import PrintJobInstanceReportResponse, PrintJobInstanceResponse
from printyard.apis.digital_factory.schemas.pages import Data, Page
from printyard.core.clusters import Cluster
from printyard.core.model.job import Job, JobSource, JobState
from printyard.core.model.remark import JobFilter
from printyard.dialects.ultimaker.cluster import DELETED, JOB_STATES, SENT_FROM, job_state

IN_PROGRESS = JOB_STATES[JobState.STARTED]
JOBS, MOST_JOBS, MOST_REPORTED = 100, 1000, 5000
"""Items on a page: the default, and the most that is given."""


@get(
    "/print_jobs",
    tags=["print jobs"],
    query=(*PAGED, "cluster_ids", "private_only", "search", "sent_from", "status"),
    words={
        "status": [*dict.fromkeys(JOB_STATES.values()), DELETED],
        "sent_from": list(dict.fromkeys(SENT_FROM.values())),
    },
)
async def list_print_jobs(caller: Here, request: Request[Any, Any, Any]) -> Page[PrintJobInstanceResponse]:
    """Jobs of all clusters that the caller may see, newest first."""
    query = Query(request)
    at, clusters, words = window(query, JOBS, MOST_JOBS), await chosen(caller, query), words_of(query)
    wanted = JobFilter(
        groups=groups_of(clusters),
        **(states_of(caller, words) if words is not None else {}),
        sources=sources_of(query),
        created_by=caller.principal.id if query.truth("private_only") else None,
        search=query.text("search").strip(),
    )
    jobs, total, more = await found(caller, wanted, at)
    scenes = await scenes_of(caller, clusters, jobs)
    shown = [instance_of(job, scenes[job.group_id]) for job in jobs]
    return page_of(caller, query, at, shown, total, limit_reached=more)


@get("/print_jobs/reports", tags=["print jobs"], query=(*PAGED, "cluster_ids", "start_date", "end_date"))
async def report_print_jobs(caller: Here, request: Request[Any, Any, Any]) -> Page[PrintJobInstanceReportResponse]:
    """Jobs of a time, newest first."""
    query = Query(request)
    since, until = query.instant("start_date"), query.instant("end_date")
    at, clusters = window(query, MOST_REPORTED, MOST_REPORTED), await chosen(caller, query)
    wanted = JobFilter(groups=groups_of(clusters), since=since, until=until, removed=True)
    jobs, total, more = await found(caller, wanted, at)
    scenes = await scenes_of(caller, clusters, jobs)
    shown = [report_of(job, scenes[job.group_id]) for job in jobs]
    return page_of(caller, query, at, shown, total, limit_reached=more)


async def found(caller: Caller, wanted: JobFilter, at: Window) -> tuple[list[Job], int, bool]:
    """A page of jobs, how many there are as far as they are counted, and whether there are more."""
    if not wanted.groups:
        return [], 0, False
    return await caller.core.remarks.page(caller.principal, wanted, limit=at.limit, offset=at.offset)


async def chosen(caller: Caller, query: Query) -> list[Cluster]:
    """The clusters that a query names, or all; one that the caller may not see has no jobs."""
    clusters = await caller.core.clusters.all(caller.principal)
    named = query.texts("cluster_ids")
    if named is None:
        return clusters
    own = await caller.ids.many(Kind.CLUSTER, [one.id for one in clusters])
    return [one for one in clusters if own[one.id] in named]


def groups_of(clusters: list[Cluster]) -> frozenset[str]:
    """The groups behind clusters."""
    return frozenset(one.registration.group_id for one in clusters)


def words_of(query: Query) -> frozenset[str] | None:
    """The states that are wanted, which clients call `status`. Raises BadField."""
    asked = query.texts("status")
    if asked is None:
        return None
    if unknown := set(asked) - {*JOB_STATES.values(), DELETED}:
        raise BadField("query", "status", f"There is no status {', '.join(sorted(unknown))}.")
    return frozenset(asked)


def states_of(caller: Caller, words: frozenset[str]) -> dict[str, Any]:
    """The core's states for the API's. A print that is over is in progress until it is taken off its plate."""
    lying: frozenset[str] = frozenset(
        shown.job.id
        for shown in caller.core.printers.all(caller.principal)
        if shown.job is not None and shown.job.ended and job_state(shown.job, shown) == IN_PROGRESS
    )
    return {
        "states": frozenset(state for state, word in JOB_STATES.items() if word in words),
        "also": lying if IN_PROGRESS in words else frozenset(),
        "but": frozenset() if IN_PROGRESS in words else lying,
        "living": words != {DELETED},
        "removed": DELETED in words,
    }


def sources_of(query: Query) -> frozenset[JobSource] | None:
    """The core's sources for the API's. Raises BadField."""
    asked = query.texts("sent_from")
    if asked is None:
        return None
    if unknown := set(asked) - set(SENT_FROM.values()):
        raise BadField("query", "sent_from", f"Nothing is sent from {', '.join(sorted(unknown))}.")
    return frozenset(source for source, word in SENT_FROM.items() if word in asked)


async def scenes_of(caller: Caller, clusters: list[Cluster], jobs: list[Job]) -> dict[str, Scene]:
    """Where the jobs of a page stand, by their groups."""
    groups = {job.group_id for job in jobs}
    shown = [one for one in clusters if one.registration.group_id in groups]
    standings = await caller.gathering.standings(caller.principal, jobs)
    sheet: Sheet = replace(await caller.gathering.sheet(caller.principal, jobs), standings=standings)
    scenes = await caller.gathering.scenes(caller.principal, shown, {one.id: sheet for one in shown})
    return {cluster.registration.group_id: scene for cluster, scene in zip(shown, scenes, strict=True)}


@get("/filters/print_jobs", tags=["print jobs"])
async def print_job_filters(caller: Here) -> Data[list[schemas.FilterResponse]]:
    """What the list of print jobs can be narrowed by."""
    named = [
        schemas.FilterOption(key=cluster.cluster_id, display_name=cluster.friendly_name)
        for cluster in await caller.all_shown(await caller.core.clusters.all(caller.principal))
    ]
    filters = [
        schemas.FilterResponse(key="private_only", display_name="Only my own", type="boolean"),
        schemas.FilterResponse(key="search", display_name="Name, printer or author", type="text"),
        schemas.FilterResponse(key="cluster_ids", display_name="Printer", type="multiple", options=named),
        schemas.FilterResponse(key="status", display_name="State", type="multiple", options=options(STATE_NAMES)),
        schemas.FilterResponse(key="sent_from", display_name="Sent from", type="multiple", options=options(SENT_NAMES)),
    ]
    return Data(data=filters)


STATE_NAMES = {
    "wait_approval": "Waits for approval", "waiting": "Queued", "sending": "Being sent", "in_progress": "Printing",
    "history": "Over", "deleted": "Removed",
}  # fmt: skip
SENT_NAMES = {"cloud": "Cloud", "network": "Network", "usb": "The printer itself", "reprint": "Reprint"}


def options(names: dict[str, str]) -> list[schemas.FilterOption]:
    """The values of a filter."""
    return [schemas.FilterOption(key=key, display_name=name) for key, name in names.items()]


HANDLERS: list[ControllerRouterHandler] = [list_print_jobs, report_print_jobs, print_job_filters]
