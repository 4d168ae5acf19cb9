"""What a report says of a job, and how it stands in a table that people open with a spreadsheet."""

from datetime import UTC, datetime, timedelta

from printyard.core.model.job import Job
from printyard.core.model.value import Instant

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

COLUMNS = [
    "job_id", "name", "printer_id", "printer", "state", "outcome", "reason", "source", "user", "application",
    "created_at", "started_at", "ended_at", "seconds_estimated", "seconds_elapsed", "filament_mm", "material_guids",
    "nozzles", "slicer", "reprint_of",
]  # fmt: skip
"""Instants are RFC 3339 in UTC, durations seconds, filament mm per tool."""

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""How a cell begins that a spreadsheet would compute (OWASP, "CSV Injection")."""

Cell = str | float | list[str] | list[float] | None


def row_of(job: Job, printer: str) -> dict[str, Cell]:
    """A job by the report's columns. `printer` is what the printer is called."""
    return {
        "job_id": job.id,
        "name": job.name,
        "printer_id": job.printer_id,
        "printer": printer,
        "state": job.state.value,
        "outcome": None if job.outcome is None else job.outcome.value,
        "reason": job.reason,
        "source": job.source.value,
        "user": job.claimed_user,
        "application": job.application,
        "created_at": _date(job.created_at),
        "started_at": _date(job.started_at),
        "ended_at": _date(job.ended_at),
        "seconds_estimated": round(job.seconds_estimated, 3),
        "seconds_elapsed": round(job.seconds_elapsed, 3),
        "filament_mm": [round(length, 3) for length in job.filament_mm],
        "material_guids": list(job.material_guids),
        "nozzles": list(job.nozzle_names),
        "slicer": job.slicer,
        "reprint_of": job.reprint_of,
    }


def safe_cell(value: Cell) -> str:
    """A value as a cell; names come from anyone, and one that begins like a formula is only text."""
    if value is None:
        return ""
    if isinstance(value, list):
        return safe_cell(" ".join(map(str, value)))
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return str(value)


def _date(instant: Instant | None) -> str | None:
    if instant is None:
        return None
    moment = EPOCH + timedelta(microseconds=instant)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"
