"""What stands on the wire of /report/v1: what Ultimaker/digital-factory-sdk (python/report.py) sends and reads."""

from typing import Literal, TypeAlias

import msgspec

from printyard.apis.digital_factory.instant import Instant
from printyard.apis.digital_factory.schemas import words
from printyard.apis.digital_factory.schemas.printers import Model

ReportType: TypeAlias = Literal["print_jobs"]
Format: TypeAlias = Literal["csv", "json"]
Status: TypeAlias = Literal["pending", "processing", "success", "failed"]


class ReportRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A report that somebody wants: of some clusters, or (for null or an empty list) of all.

    `format` is ours; it is CSV for who does not know it.
    """

    report_type: ReportType
    start_date: str
    end_date: str
    cluster_ids: list[str] | None = None
    format: Format = "csv"


class ReportResponse(Model):
    """A report, and where it can be fetched once it has succeeded."""

    report_id: words.Id44
    status: Status
    report_type: ReportType
    format: Format
    start_date: Instant
    end_date: Instant
    generated_time: Instant
    user_id: words.Id44
    status_description: str | None = None
    download_url: words.Url | None = None
    file_size: int | None = None
