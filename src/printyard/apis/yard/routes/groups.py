"""Groups of printers with one queue: who is in which, what waits there and why, and prints for it."""

from litestar import delete, get, patch, post, put
from litestar.params import FromPath, JSONBody
from msgspec import UNSET

from printyard.apis.yard import schemas
from printyard.apis.yard.decisions import slugs_of
from printyard.apis.yard.desk import AtDesk
from printyard.apis.yard.queueing import group_of, waiting_of, wishes_of
from printyard.apis.yard.translate import job_of
from printyard.core.jobs.claims import Claims
from printyard.core.model.job import Job

ROOT = "/yard/v1/groups"
GROUP = ROOT + "/{id:str}"


@get(ROOT, tags=["queue"])
async def list_groups(desk: AtDesk) -> tuple[schemas.Group, ...]:
    """All groups; a printer that is in none with others is one by itself."""
    return tuple(group_of(one) for one in await desk.core.groups.all(desk.principal))


@post(ROOT, tags=["queue"])
async def add_group(desk: AtDesk, data: JSONBody[schemas.NewGroup]) -> schemas.Group:
    """Make a group, without printers."""
    group = await desk.core.groups.create(desk.principal, data.name, data.discipline)
    return group_of(await desk.core.groups.get(desk.principal, group.id))


@get(GROUP, tags=["queue"])
async def get_group(desk: AtDesk, id: FromPath[str]) -> schemas.Group:  # noqa: A002
    """One group."""
    return group_of(await desk.core.groups.get(desk.principal, id))


@patch(GROUP, tags=["queue"])
async def change_group(desk: AtDesk, id: FromPath[str], data: JSONBody[schemas.GroupChange]) -> schemas.Group:  # noqa: A002
    """Another name, or discipline."""
    await desk.core.groups.change(
        desk.principal, id, name=None if data.name is UNSET else data.name,
        discipline=None if data.discipline is UNSET else data.discipline,
    )  # fmt: skip
    return group_of(await desk.core.groups.get(desk.principal, id))


@delete(GROUP, tags=["queue"])
async def remove_group(desk: AtDesk, id: FromPath[str]) -> None:  # noqa: A002
    """Take a group away. 409 while it has printers, or jobs that wait."""
    await desk.core.groups.remove(desk.principal, id)


@put(GROUP + "/printers/{slug:str}", tags=["queue"])
async def join_group(desk: AtDesk, id: FromPath[str], slug: FromPath[str]) -> schemas.Group:  # noqa: A002
    """Put a printer into a group; what waits for it comes along. 409 if it is in another."""
    await desk.core.groups.join(desk.principal, id, desk.printer_id(slug))
    return group_of(await desk.core.groups.get(desk.principal, id))


@delete(GROUP + "/printers/{slug:str}", status_code=204, tags=["queue"])
async def leave_group(desk: AtDesk, id: FromPath[str], slug: FromPath[str]) -> None:  # noqa: A002
    """Take a printer out of its group; what waits there and requires it is held."""
    await desk.core.groups.leave(desk.principal, id, desk.printer_id(slug))


@get(GROUP + "/queue", tags=["queue"])
async def get_queue(desk: AtDesk, id: FromPath[str]) -> tuple[schemas.Waiting, ...]:  # noqa: A002
    """What waits, in its order, and why each job waits."""
    group = (await desk.core.groups.get(desk.principal, id)).group
    before = slugs_of(desk.core, desk.principal)
    standings = await desk.core.standings.group(desk.principal, group.id)
    slugs = before | slugs_of(desk.core, desk.principal)  # a printer may come, or go, meanwhile
    jobs: dict[str, Job] = {job.id: job for job in await desk.core.jobs.waiting(desk.principal, group.id)}
    return tuple(waiting_of(jobs[one], standing, slugs) for one, standing in standings.items() if one in jobs)


@post(GROUP + "/jobs", tags=["queue"])
async def queue_prints(
    desk: AtDesk, id: FromPath[str], data: JSONBody[schemas.QueueOrder]  # noqa: A002
) -> tuple[schemas.Job, ...]:  # fmt: skip
    """Queue prints of a stored file; the jobs, the first in front. A guest's wait for approval."""
    group = (await desk.core.groups.get(desk.principal, id)).group
    wishes = wishes_of(data, None if data.printer is None else desk.printer_id(data.printer))
    claims = Claims(name=data.name, application=desk.principal.application)
    jobs = await desk.core.submissions.submit(desk.principal, group.id, data.file, claims, wishes)
    slugs = slugs_of(desk.core, desk.principal)
    return tuple(job_of(job, slugs) for job in jobs)


HANDLERS = [
    list_groups, add_group, get_group, change_group, remove_group, join_group, leave_group, get_queue, queue_prints,
]  # fmt: skip
