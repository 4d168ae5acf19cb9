"""Maintenance of a cluster's printers, and what the organization has decided."""

from typing import Any

from litestar import Request, get, post, put
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler
from msgspec.structs import asdict

from printyard.apis.digital_factory.bodies import body_of
from printyard.apis.digital_factory.connect.caller import Here
from printyard.apis.digital_factory.connect.routes import either
from printyard.apis.digital_factory.envelope import BadField, MissingField
from printyard.apis.digital_factory.ids import Kind
from printyard.apis.digital_factory.instant import instant
from printyard.apis.digital_factory.names import username
from printyard.apis.digital_factory.paging import ALL, PAGED, Query, page_of, window
from printyard.apis.digital_factory.schemas import clusters as schemas
from printyard.apis.digital_factory.schemas.pages import Data, Page
from printyard.core.errors import Invalid
from printyard.core.model.care import CareTask
from printyard.core.policies import Policy

ULTIMAKER_3, S_LINE = "um3_", "sline_"
LINES = {"ultimaker3": ULTIMAKER_3, "ultimaker3_extended": ULTIMAKER_3}


def line_of(model_id: str) -> str:
    """What the task codes of a kind of machine begin with; "" for a kind of another make."""
    return LINES.get(model_id, S_LINE if model_id.startswith("ultimaker_s") else "")


def core_code(code: str) -> str:
    """A task code without its line."""
    return code.removeprefix(ULTIMAKER_3).removeprefix(S_LINE)


@put(
    either("/{cluster_id:str}/maintenance"),
    status_code=204,
    tags=["maintenance"],
    body=schemas.PrinterMaintenanceTaskRequest,
)
async def maintained(caller: Here, cluster_id: FromPath[str], request: Request[Any, Any, Any]) -> None:
    """Tasks were done on all printers of a cluster."""
    cluster = await caller.cluster(cluster_id)
    wanted = await body_of(request, schemas.PrinterMaintenanceTaskRequest)
    if not wanted.task_codes:
        raise MissingField("PrinterMaintenanceTaskRequest", "task_codes")
    printers = [shown.printer.id for shown in cluster.printers]
    try:
        await caller.core.maintenance.done(caller.principal, printers, [core_code(code) for code in wanted.task_codes])
    except Invalid as error:
        raise BadField("PrinterMaintenanceTaskRequest", "task_codes", error.message) from None


@get(either("/{cluster_id:str}/maintenance/completed"), tags=["maintenance"], query=PAGED)
async def completed(
    caller: Here, cluster_id: FromPath[str], request: Request[Any, Any, Any]
) -> Page[schemas.PrinterMaintenanceCompletedLogEntriesResponse]:
    """What was done, newest first."""
    cluster, query = await caller.cluster(cluster_id), Query(request)
    at = window(query, ALL)
    entries = await caller.core.maintenance.log(caller.principal, [shown.printer.id for shown in cluster.printers])
    line, chosen = line_of(cluster.host.printer.model_id), at.of(entries)
    users = await caller.ids.many(Kind.USER, {entry.done_by for entry in chosen})
    names = await caller.core.remarks.names(caller.principal, frozenset(users))
    listed = [
        schemas.PrinterMaintenanceCompletedLogEntriesResponse(
            completed_at=instant(entry.done_at),
            user_id=users[entry.done_by],
            username=username(names[entry.done_by].name if entry.done_by in names else entry.done_by),
            task_codes=[line + code for code in entry.codes],
        )
        for entry in chosen
    ]
    return page_of(caller, query, at, listed, len(entries))


@get(either("/{cluster_id:str}/maintenance/pending"), tags=["maintenance"])
async def pending(caller: Here, cluster_id: FromPath[str]) -> Data[list[schemas.PrinterMaintenanceTaskResponse]]:
    """What has to be done, now or later: of each task the printer for which it is most urgent."""
    cluster = await caller.cluster(cluster_id)
    soonest: dict[str, CareTask] = {}
    for shown in cluster.printers:
        for task in await caller.core.maintenance.tasks(caller.principal, shown.printer.id):
            known = soonest.get(task.rule.code)
            if known is None or urgency(task) < urgency(known):
                soonest[task.rule.code] = task
    line = line_of(cluster.host.printer.model_id)
    return Data(data=[task_of(task, line) for task in sorted(soonest.values(), key=urgency)])


def urgency(task: CareTask) -> float:
    """When it is due; what nobody can tell comes last."""
    return float("inf") if task.due_at is None else float(task.due_at)


def task_of(task: CareTask, line: str) -> schemas.PrinterMaintenanceTaskResponse:
    """A task as this API shows it."""
    interval = schemas.TimeBasedDetail(interval=int(task.rule.interval_seconds))
    details = (schemas.PrintTimeDetails if task.rule.printing else schemas.CalendarDetails)(value=interval)
    return schemas.PrinterMaintenanceTaskResponse(
        is_due=task.is_due,
        task_rule=schemas.PrinterMaintenanceTaskRule(code=line + task.rule.code, task_details=details),
        due_date=None if task.due_at is None else instant(task.due_at),
    )


@get("/settings", tags=["settings"])
async def get_settings(caller: Here) -> Data[schemas.OrganizationSettings]:
    """What the organization has decided."""
    return Data(data=settings_of(await caller.core.policies.get(caller.principal)))


@post("/settings", status_code=200, tags=["settings"], body=schemas.OrganizationSettings)
async def change_settings(caller: Here, request: Request[Any, Any, Any]) -> Data[schemas.OrganizationSettings]:
    """Decide something anew; what is left out stays."""
    wanted = await body_of(request, schemas.OrganizationSettings)
    changes = {name: value for name, value in asdict(wanted).items() if value is not None}
    return Data(data=settings_of(await caller.core.policies.change(caller.principal, **changes)))


def settings_of(policy: Policy) -> schemas.OrganizationSettings:
    """The decisions as this API shows them."""
    return schemas.OrganizationSettings(
        enable_print_prep=policy.enable_print_prep, require_print_approval=policy.require_print_approval
    )


HANDLERS: list[ControllerRouterHandler] = [maintained, completed, pending, get_settings, change_settings]
