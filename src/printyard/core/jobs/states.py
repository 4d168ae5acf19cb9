"""The job's state machine: pure steps from one value to the next, each with the fact that tells of it."""

from typing import Any

from msgspec.structs import replace

from printyard.core.errors import Conflict
from printyard.core.events import Fact, FactName
from printyard.core.model.job import NEXT, Job, JobOutcome, JobState
from printyard.core.model.needs import Needs
from printyard.core.model.value import Instant
from printyard.core.tables import total

FACTS = total(JobState, {
    JobState.WAITING_APPROVAL: FactName.JOB_CREATED,
    JobState.QUEUED: FactName.JOB_QUEUED,
    JobState.HELD: FactName.JOB_HELD,
    JobState.ASSIGNED: FactName.JOB_ASSIGNED,
    JobState.TRANSFERRING: FactName.JOB_TRANSFERRING,
    JobState.STARTING: FactName.JOB_STARTING,
    JobState.UNCONFIRMED: FactName.JOB_UNCONFIRMED,
    JobState.STARTED: FactName.JOB_STARTED,
    JobState.ENDED: FactName.JOB_ENDED,
})  # fmt: skip
"""The fact that tells of each step."""

ATTEMPTS = 3
"""How often a job falls back to the queue before it is held."""


def step(job: Job, state: JobState, **changes: Any) -> Job:  # noqa: ANN401
    """The job in its next state. Raises Conflict where the machine has no such step."""
    if state not in NEXT[job.state]:
        raise Conflict(f"A job that is {job.state.value} cannot become {state.value}.")
    return replace(job, state=state, **changes)


def fact_of(job: Job, at: Instant, *, actor: str = "", cause: str = "") -> Fact:
    """The fact that a job has come to the state in which it is."""
    body: dict[str, Any] = {"name": job.name, "state": job.state.value}
    if job.outcome is not None:
        body["outcome"] = job.outcome.value
    if job.reason:
        body["reason"] = job.reason
    if job.file_id is not None:
        body["file_id"] = job.file_id
    if job.device_ref:
        body["device_ref"] = job.device_ref
    return told(job, FACTS[job.state], at, body, actor=actor, cause=cause)


def told(
    job: Job, name: FactName, at: Instant, body: dict[str, Any] | None = None, *, actor: str = "", cause: str = ""
) -> Fact:
    """A fact about a job."""
    return Fact(
        name=name,
        at=at,
        organization_id=job.organization_id,
        subject_kind="job",
        subject_id=job.id,
        printer_id=job.printer_id,
        actor=actor,
        cause=cause,
        body=body or {},
    )


def fall_back(job: Job, reason: str) -> Job:
    """Back to the queue after a start that came to nothing; held after the third."""
    attempts = job.attempts + 1
    state = JobState.HELD if attempts >= ATTEMPTS else JobState.QUEUED
    return step(job, state, attempts=attempts, reason=reason, start_token="", assigned_at=None)


def keeps(job: Job) -> bool:
    """Whether a printer still holds a job: of those that wait, what was handed in at its own door.

    Such a job needs this printer and nothing else. Any other goes back to its place in the queue, since by the time
    that it comes to its turn again something else may be mounted.
    """
    if job.ended or job.state is JobState.HELD:
        return False
    required = job.needs.printer_id
    return job.state is not JobState.QUEUED or (required is not None and job.needs == Needs(printer_id=required))


def end(job: Job, outcome: JobOutcome, at: Instant, reason: str = "") -> Job:
    """Over, for ever."""
    return step(job, JobState.ENDED, outcome=outcome, ended_at=at, reason=reason or job.reason)
