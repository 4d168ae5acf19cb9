"""Reports: asked for, followed, and fetched."""

from typing import Any

from litestar import Request, get, put
from litestar.params import FromPath

from printyard.apis.digital_factory.bodies import body_of
from printyard.apis.digital_factory.cura.downloads import attachment
from printyard.apis.digital_factory.desk import AtDesk, Desk
from printyard.apis.digital_factory.envelope import BadField, told_as
from printyard.apis.digital_factory.ids import Kind
from printyard.apis.digital_factory.instant import instant, parsed
from printyard.apis.digital_factory.reports.schemas import ReportRequest, ReportResponse
from printyard.apis.digital_factory.schemas.pages import Data
from printyard.core.errors import Invalid
from printyard.core.model.report import Report, ReportFormat, ReportState
from printyard.core.model.value import Instant
from printyard.core.tables import total
from printyard.serving.reply import Reply

REPORTS = "/report/v1/reports"
DOWNLOADS = "/report/v1/downloads"
REPORT = "report"
DOWNLOAD, DOWNLOAD_SECONDS = "report", 24 * 3600.0
"""The purpose of signed addresses, and how long they are good."""

PUBLIC = frozenset({("GET", DOWNLOADS + "/{report_id}")})

TYPES = total(ReportFormat, {ReportFormat.CSV: "text/csv; charset=utf-8", ReportFormat.JSON: "application/json"})


@put(REPORTS, status_code=201, tags=["reports"])
async def add_report(desk: AtDesk, request: Request[Any, Any, Any]) -> Data[ReportResponse]:
    """Ask for a report; it is made in the background."""
    body = await body_of(request, ReportRequest)
    start, end = moment("start_date", body.start_date), moment("end_date", body.end_date)
    if end <= start:
        raise BadField("ReportRequest", "end_date", "A report ends after it begins.")
    printers = await printers_of(desk, body.cluster_ids or [])
    report = await desk.core.reports.ask(desk.principal, printers, start, end, ReportFormat(body.format))
    return Data(data=await shown(desk, report))


@get(REPORTS + "/{report_id:str}", tags=["reports"])
async def get_report(desk: AtDesk, report_id: FromPath[str]) -> Data[ReportResponse]:
    """How far a report is, and where it can be fetched."""
    with told_as(REPORT):
        report = await desk.core.reports.get(desk.principal, await desk.core_id(report_id, Kind.REPORT))
    return Data(data=await shown(desk, report))


@get(DOWNLOADS + "/{report_id:str}", tags=["reports"])
async def download(desk: AtDesk, request: Request[Any, Any, Any], report_id: FromPath[str]) -> Reply:
    """The table; the address is the credential."""
    desk.office.door.signer.check(request.scope["query_string"], DOWNLOAD, report_id, "GET")
    with told_as(REPORT):
        report, blob = await desk.core.reports.table(await desk.core_id(report_id, Kind.REPORT))
    name = f"print_jobs_{instant(report.start)[:10]}_{instant(report.end)[:10]}.{report.format.value}"
    return attachment(desk.core.files.blobs, blob, name, TYPES[report.format])


async def shown(desk: Desk, report: Report) -> ReportResponse:
    """A report as this API tells of it."""
    report_id = await desk.ids.of(Kind.REPORT, report.id)
    done = report.state is ReportState.SUCCESS
    query = desk.office.door.signer.sign(DOWNLOAD, report_id, "GET", desk.principal.id, DOWNLOAD_SECONDS)
    return ReportResponse(
        report_id=report_id, status=report.state.value, report_type="print_jobs",
        format=report.format.value, start_date=instant(report.start), end_date=instant(report.end),
        generated_time=instant(report.finished_at or report.created_at),
        user_id=await desk.ids.of(Kind.USER, report.created_by), status_description=report.reason or None,
        download_url=f"{desk.url(f'{DOWNLOADS}/{report_id}')}?{query}" if done else None,
        file_size=report.size if done else None,
    )  # fmt: skip


async def printers_of(desk: Desk, cluster_ids: list[str]) -> tuple[str, ...]:
    """The printers of some clusters. Raises NoRecord for one that the caller may not see."""
    printers: dict[str, None] = {}
    for cluster_id in dict.fromkeys(cluster_ids):
        with told_as("cluster"):
            cluster = await desk.core.clusters.get(desk.principal, await desk.core_id(cluster_id, Kind.CLUSTER))
        printers |= dict.fromkeys(shown.printer.id for shown in cluster.printers)
    return tuple(printers)


def moment(field: str, text: str) -> Instant:
    """An instant of a body. Raises BadField."""
    try:
        return parsed(text)
    except Invalid as error:
        raise BadField("ReportRequest", field, error.message) from error


HANDLERS = [add_report, get_report, download]
