"""Report: a table of what was printed, made in the background."""

from enum import StrEnum

from printyard.core.model.value import Id, Instant, Value


class ReportState(StrEnum):
    """How far it is."""

    PENDING = "pending"
    PROCESSING = "processing"
    SUCCESS = "success"
    FAILED = "failed"


class ReportFormat(StrEnum):
    """How the table is written."""

    CSV = "csv"
    JSON = "json"


class Report(Value):
    """The jobs of some printers (None: of the whole organization) that were created from `start` on and before `end`.

    `sha256` names the finished table's bytes.
    """

    id: Id
    organization_id: Id
    state: ReportState
    format: ReportFormat
    printer_ids: tuple[Id, ...] | None
    start: Instant
    end: Instant
    created_at: Instant
    created_by: str
    sha256: str = ""
    size: int = 0
    reason: str = ""
    finished_at: Instant | None = None
    version: int = 1
