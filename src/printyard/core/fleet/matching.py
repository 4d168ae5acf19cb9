"""Matches what a device reports with the job that the yard holds: by reference, then token, then name and start.

A print that nobody in the yard asked for is adopted: it becomes a job without a file.
"""

from msgspec.structs import replace

from printyard.core.jobs.states import end, step
from printyard.core.model.job import OF_PRINT, Job, JobSource, JobState
from printyard.core.model.printer import Printer
from printyard.core.model.state import DevicePrint, Outcome
from printyard.core.model.value import Id, Instant, seconds_between
from printyard.core.ports.time import Ids

CLOCK_SKEW_SECONDS = 120.0
"""How far a device's clock may be off for its start time to count as evidence."""

START_SECONDS = 900.0
"""How long after a job was given to a printer its print may begin: analysis and transfer take their time."""

HOPING = frozenset({JobState.STARTING, JobState.UNCONFIRMED})
"""The states in which a job waits for evidence that it began."""


def is_print_of(job: Job, seen: DevicePrint) -> bool:
    """Whether the device's print is this job's."""
    if job.device_ref:
        return job.device_ref == seen.ref
    if job.state not in HOPING:
        return False
    if seen.token or not job.start_token:
        return bool(job.start_token) and seen.token == job.start_token
    waited = seconds_between(job.assigned_at or job.created_at, seen.started_at)
    return seen.name == job.name and -CLOCK_SKEW_SECONDS <= waited <= START_SECONDS + CLOCK_SKEW_SECONDS


def started(job: Job, seen: DevicePrint) -> Job:
    """The job, now that its print was seen."""
    if job.state is JobState.STARTED:
        return job
    return step(job, JobState.STARTED, device_ref=seen.ref, started_at=seen.started_at, reason="")


def ended(job: Job, seen: DevicePrint, outcome: Outcome, at: Instant) -> Job:
    """The job, now that its print is over."""
    running = started(job, seen)
    return replace(
        end(running, OF_PRINT[outcome], at, seen.reason),
        seconds_elapsed=seen.elapsed_seconds or running.seconds_elapsed,
        filament_mm=seen.filament_mm or running.filament_mm,
    )


def adopt(printer: Printer, seen: DevicePrint, ids: Ids, now: Instant) -> Job:
    """A job for a print that nobody in the yard asked for."""
    return Job(
        id=Id(ids.new()),
        organization_id=printer.organization_id,
        group_id=printer.group_id,
        printer_id=printer.id,
        name=seen.name or "Print from the panel",
        state=JobState.STARTED,
        source=JobSource.ADOPTED,
        created_at=now,
        created_by="",
        device_ref=seen.ref,
        started_at=seen.started_at,
    )
