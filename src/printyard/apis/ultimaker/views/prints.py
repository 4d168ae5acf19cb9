"""Prints: the job that holds the printer, and those of its history."""

from collections.abc import Sequence
from typing import TypeVar

from printyard.apis.ultimaker import translate
from printyard.apis.ultimaker.schemas import HistoryJob, PrintJob, Timestamp, timestamp
from printyard.core.errors import NotFound
from printyard.core.fleet.board import Snapshot
from printyard.core.model.job import Job, JobOutcome, JobState
from printyard.core.model.value import Instant
from printyard.dialects.ultimaker.words import SOURCES

T = TypeVar("T")

NO_PRINT = "Not found"
"""What the document's printers say where no print is."""


def held_job(shown: Snapshot) -> Job:
    """The job that holds the printer, until its print is taken off the plate. Raises NotFound."""
    job = shown.job
    if job is None or translate.print_state(shown.state, job) == translate.NONE:
        raise NotFound(NO_PRINT)
    return job


def print_job(shown: Snapshot) -> PrintJob:
    """The print of a printer. Raises NotFound."""
    job = held_job(shown)
    return PrintJob(
        time_elapsed=round(elapsed_seconds(shown, job)),
        time_total=round(total_seconds(shown, job)),
        datetime_started=moment(job.started_at),
        datetime_finished=moment(job.ended_at),
        datetime_cleaned=moment(job.cleared_at),
        source=SOURCES[job.source],
        source_user=job.claimed_user,
        source_application=job.application,
        name=job.name,
        uuid=job.id,
        reprint_original_uuid=job.reprint_of,
        progress=progress(shown, job),
        state=translate.print_state(shown.state, job),
        result=translate.result(job),
        pause_source=translate.pause_source(shown.state),
    )


def moment(instant: Instant | None) -> Timestamp | None:
    """An instant, or None if it has not come."""
    return None if instant is None else timestamp(instant)


def elapsed_seconds(shown: Snapshot, job: Job) -> float:
    """Since the start, pauses included."""
    return shown.state.progress.elapsed_seconds if job.state is JobState.STARTED else job.seconds_elapsed


def total_seconds(shown: Snapshot, job: Job) -> float:
    """The estimate without pauses: the device's own while it prints, else that of the analysis."""
    told = shown.state.progress.total_seconds if job.state is JobState.STARTED else 0.0
    return told or job.seconds_estimated


def progress(shown: Snapshot, job: Job) -> float:
    """0 to 1."""
    if job.state is JobState.STARTED:
        return min(1.0, max(0.0, shown.state.progress.fraction))
    if job.outcome is JobOutcome.COMPLETED:
        return 1.0
    return min(1.0, job.seconds_elapsed / job.seconds_estimated) if job.seconds_estimated else 0.0


def history_job(job: Job) -> HistoryJob:
    """A job as the history has it."""
    return HistoryJob(
        created_at=timestamp(job.claimed_at or job.created_at),
        extruders_used={str(number): used > 0 for number, used in enumerate(job.filament_mm)},
        generator_version=job.slicer,
        has_ppr=False,
        interrupted_step="",
        material_0_amount=nth(job.filament_mm, 0, 0.0),
        material_1_amount=nth(job.filament_mm, 1, 0.0),
        material_0_guid=nth(job.material_guids, 0, ""),
        material_1_guid=nth(job.material_guids, 1, ""),
        owner=job.claimed_user,
        printcore_0_name=nth(job.nozzle_names, 0, ""),
        printcore_1_name=nth(job.nozzle_names, 1, ""),
        slice_uuid=job.slice_uuid,
        time_elapsed=round(job.seconds_elapsed),
        time_estimated=round(job.seconds_estimated),
        time_total=round(job.seconds_estimated),
        datetime_started=moment(job.started_at),
        datetime_finished=moment(job.ended_at),
        datetime_cleaned=moment(job.cleared_at),
        result=translate.result(job),
        source=SOURCES[job.source],
        reprint_original_uuid=job.reprint_of,
        name=job.name,
        uuid=job.id,
    )


def nth(values: Sequence[T], index: int, otherwise: T) -> T:
    """A value of a list that may be too short."""
    return values[index] if index < len(values) else otherwise
