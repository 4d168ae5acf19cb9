"""The order of the queue, as people change it: why a job waits, and what is to be done with it."""

from datetime import datetime

from litestar import get, patch, post
from litestar.params import FromPath, JSONBody
from msgspec import UNSET

from printyard.apis.yard import schemas
from printyard.apis.yard.decisions import slugs_of
from printyard.apis.yard.desk import AtDesk, Desk
from printyard.apis.yard.queueing import moment, waiting_of
from printyard.apis.yard.routes.jobs import ROOT
from printyard.apis.yard.translate import job_of
from printyard.core.model.job import Job

JOB = ROOT + "/{id:str}"


@get(JOB + "/standing", tags=["queue"])
async def get_standing(desk: AtDesk, id: FromPath[str]) -> schemas.Waiting:  # noqa: A002
    """Why a job waits, held against every printer of its group."""
    job, before = await desk.core.jobs.get(desk.principal, id), slugs_of(desk.core, desk.principal)
    standing = await desk.core.standings.job(desk.principal, id)
    return waiting_of(job, standing, before | slugs_of(desk.core, desk.principal))


@patch(JOB, tags=["queue"])
async def change_job(desk: AtDesk, id: FromPath[str], data: JSONBody[schemas.JobChange]) -> schemas.Job:  # noqa: A002
    """Another priority, or deadline, for a job that waits."""
    deadline = moment(data.deadline) if isinstance(data.deadline, datetime) else data.deadline
    priority = None if data.priority is UNSET else data.priority
    return shown(desk, await desk.core.ordering.change(desk.principal, id, priority=priority, deadline=deadline))


@post(JOB + "/move", status_code=200, tags=["queue"])
async def move_job(desk: AtDesk, id: FromPath[str], data: JSONBody[schemas.Move]) -> schemas.Job:  # noqa: A002
    """Put a job at a place among those that wait in its group."""
    return shown(desk, await desk.core.ordering.move(desk.principal, id, data.position))


@post(JOB + "/hold", status_code=200, tags=["queue"])
async def hold_job(desk: AtDesk, id: FromPath[str], data: JSONBody[schemas.Hold]) -> schemas.Job:  # noqa: A002
    """Put a job aside until it is released."""
    return shown(desk, await desk.core.ordering.hold(desk.principal, id, data.reason))


@post(JOB + "/release", status_code=200, tags=["queue"])
async def release_job(desk: AtDesk, id: FromPath[str]) -> schemas.Job:  # noqa: A002
    """Let a held job go on."""
    return shown(desk, await desk.core.ordering.release(desk.principal, id))


@post(JOB + "/force", status_code=200, tags=["queue"])
async def force_job(desk: AtDesk, id: FromPath[str], data: JSONBody[schemas.Force]) -> schemas.Job:  # noqa: A002
    """Have it printed without the changes that it waits for. 409 `confirmation_needed` says which, to be confirmed."""
    return shown(desk, await desk.core.ordering.force(desk.principal, id, confirmed=data.confirmed))


@post(JOB + "/duplicate", tags=["queue"])
async def duplicate_job(
    desk: AtDesk, id: FromPath[str], data: JSONBody[schemas.Again]  # noqa: A002
) -> tuple[schemas.Job, ...]:  # fmt: skip
    """Copies of a job that waits or is printed, as siblings of one batch."""
    return all_shown(desk, await desk.core.submissions.duplicate(desk.principal, id, data.copies))


@post(JOB + "/reprint", tags=["queue"])
async def reprint_job(
    desk: AtDesk, id: FromPath[str], data: JSONBody[schemas.Again]  # noqa: A002
) -> tuple[schemas.Job, ...]:  # fmt: skip
    """Print once more what was printed."""
    return all_shown(desk, await desk.core.submissions.reprint(desk.principal, id, data.copies))


@post(JOB + "/stop-and-reprint", tags=["queue"])
async def stop_and_reprint(desk: AtDesk, id: FromPath[str]) -> schemas.Job:  # noqa: A002
    """End a print, and put it back to its place in the queue as a new job, which begins when the plate is cleared."""
    return shown(desk, await desk.core.jobs.stop_and_reprint(desk.principal, id))


def shown(desk: Desk, job: Job) -> schemas.Job:
    """A job, on the wire."""
    return job_of(job, slugs_of(desk.core, desk.principal))


def all_shown(desk: Desk, jobs: list[Job]) -> tuple[schemas.Job, ...]:
    """Jobs, on the wire."""
    slugs = slugs_of(desk.core, desk.principal)
    return tuple(job_of(job, slugs) for job in jobs)


HANDLERS = [
    get_standing, change_job, move_job, hold_job, release_job, force_job, duplicate_job, reprint_job,
    stop_and_reprint,
]  # fmt: skip
