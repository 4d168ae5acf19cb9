"""Jobs: hand in a print, look at those that wait and those that were, pause, resume, end and decide."""

from typing import Annotated, Any

from litestar import Request, Response, delete, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from printyard.apis.yard import schemas
from printyard.apis.yard.cursors import cursor, cursor_text
from printyard.apis.yard.decisions import slugs_of
from printyard.apis.yard.desk import AtDesk
from printyard.apis.yard.handing_in import hand_in
from printyard.apis.yard.routes.printers import ONE
from printyard.apis.yard.translate import job_of

ROOT = "/yard/v1/jobs"
PAGE = 50

Limit = Annotated[int, QueryParameter(ge=1, le=500)]


@get(ROOT, tags=["jobs"])
async def list_jobs(
    desk: AtDesk, before: FromQuery[str] = "", limit: Limit = PAGE, printer: FromQuery[str] = ""
) -> schemas.JobPage:
    """What waits, and what began (newest first), a page at a time: `before` is the last page's `next`."""
    slugs = slugs_of(desk.core, desk.principal)
    shown = desk.views.snapshot(desk.principal, printer).printer if printer else None
    past = await desk.core.jobs.history(
        desk.principal,
        printer_id=None if shown is None else shown.id,
        limit=limit + 1,
        before=cursor(before) if before else None,
    )
    waiting = [] if before else await desk.core.jobs.waiting(desk.principal, None if shown is None else shown.group_id)
    page = past[:limit]
    return schemas.JobPage(
        waiting=tuple(job_of(job, slugs) for job in waiting),
        history=tuple(job_of(job, slugs) for job in page),
        next=cursor_text(page[-1]) if len(past) > limit else None,
    )


@get(ROOT + "/{id:str}", tags=["jobs"])
async def get_job(desk: AtDesk, id: FromPath[str]) -> schemas.Job:  # noqa: A002
    """One job."""
    return job_of(await desk.core.jobs.get(desk.principal, id), slugs_of(desk.core, desk.principal))


@delete(ROOT + "/{id:str}", tags=["jobs"])
async def withdraw_job(desk: AtDesk, id: FromPath[str]) -> None:  # noqa: A002
    """Take a job back that has not begun."""
    await desk.core.jobs.withdraw(desk.principal, id)


@post(ROOT + "/{id:str}/resolve", status_code=200, tags=["jobs"])
async def resolve_job(desk: AtDesk, id: FromPath[str], data: JSONBody[schemas.Resolution]) -> schemas.Job:  # noqa: A002
    """Say what is to become of a job that is unconfirmed or held: start it (again), or not."""
    return job_of(
        await desk.core.jobs.resolve(desk.principal, id, again=data.again), slugs_of(desk.core, desk.principal)
    )


@post(
    ONE + "/jobs",
    tags=["jobs"],
    description="Print a file at once: multipart/form-data with the part `file`. 409 if the printer cannot take it "
    "now; a guest's print waits for approval.",
)
async def print_file(desk: AtDesk, slug: FromPath[str], request: Request[Any, Any, Any]) -> Response[schemas.Job]:
    """Print a file at once."""
    printer = desk.views.snapshot(desk.principal, slug).printer
    job = await hand_in(desk.core, desk.principal, printer.id, request)
    shape = job_of(job, {printer.id: printer.slug})
    return Response(shape, status_code=201, headers={"location": f"{ROOT}/{job.id}"})


@post(ONE + "/pause", status_code=204, tags=["jobs"])
async def pause(desk: AtDesk, slug: FromPath[str]) -> None:
    """Pause the print. The answer means that the printer has accepted it; the state tells when it is done."""
    await desk.core.jobs.pause(desk.principal, desk.printer_id(slug))


@post(ONE + "/resume", status_code=204, tags=["jobs"])
async def resume(desk: AtDesk, slug: FromPath[str]) -> None:
    """Go on with the print."""
    await desk.core.jobs.resume(desk.principal, desk.printer_id(slug))


@post(ONE + "/cancel", status_code=204, tags=["jobs"])
async def cancel(desk: AtDesk, slug: FromPath[str]) -> None:
    """End the print, or take back the job that the printer was about to begin."""
    await desk.core.jobs.cancel(desk.principal, desk.printer_id(slug))


HANDLERS = [list_jobs, get_job, withdraw_job, resolve_job, print_file, pause, resume, cancel]
