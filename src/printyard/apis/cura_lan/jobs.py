"""The group's jobs: what it lists, how one is found, and what is done with it."""

from collections.abc import Mapping, Sequence

from printyard.apis.cura_lan import views
from printyard.apis.cura_lan.caller import Caller
from printyard.apis.cura_lan.schemas import PrintJob
from printyard.apis.cura_lan.translate import Order
from printyard.core.access.rules import require
from printyard.core.errors import Conflict, NotFound
from printyard.core.fleet.board import Snapshot
from printyard.core.model.job import Job, JobState
from printyard.core.model.state import Plate
from printyard.core.model.user import Right
from printyard.core.model.verdict import JobStanding


async def known(caller: Caller) -> views.Known:
    """What the views look things up in."""
    core, principal = caller.core, caller.principal
    printers: dict[str, Snapshot] = {shown.printer.id: shown for shown in caller.printers}
    return views.Known(
        printers=printers,
        machines={printer_id: core.printers.machine(principal, printer_id) for printer_id in printers},
        materials=await caller.library(),
    )


async def listed(caller: Caller) -> list[PrintJob]:
    """What waits, in its order, then what the printers have: of two at one printer Cura shows the last as its print."""
    core, principal, things = caller.core, caller.principal, await known(caller)
    waiting = await core.jobs.waiting(principal)
    held = {shown.job.id: shown.job for shown in things.printers.values() if shown.job is not None}
    queue = [job for job in waiting if job.id not in held and concerns(job, caller)]
    standings: dict[str, JobStanding] = {}
    for group_id in dict.fromkeys(job.group_id for job in queue):
        standings |= await core.standings.group(principal, group_id)
    places = waiting_places(queue, standings, things)
    rows = [views.print_job(job, standings.get(job.id), things, places.get(job.id)) for job in queue]
    rows += [views.refused(upload, variants(things)) for upload in caller.office.refused.of(caller.group)]
    return rows + [views.print_job(job, None, things) for job in held.values() if lies_there(job, things)]


def waiting_places(
    queue: Sequence[Job], standings: Mapping[str, JobStanding], things: views.Known
) -> dict[str, Snapshot]:  # fmt: skip
    """The printers at which a person would have to do something for a job, by the job's id.

    Cura shows whatever is assigned to a printer as its print: so only the first job of each, where nothing is printed.
    """
    places: dict[str, Snapshot] = {}
    taken: set[str] = set()
    for job in queue:
        standing = standings.get(job.id)
        best = None if standing is None or job.state is not JobState.QUEUED else standing.cheapest
        shown = None if best is None else things.printers.get(best.printer_id)
        if shown is None or shown.job is not None or shown.printer.id in taken:
            continue
        taken.add(shown.printer.id)
        places[job.id] = shown
    return places


def concerns(job: Job, caller: Caller) -> bool:
    """Whether a job that waits may be printed by this group: one that requires another printer is not its own."""
    required, seen = job.needs.printer_id, caller.principal.scope.printers
    return required is None or seen is None or required in seen


def lies_there(job: Job, things: views.Known) -> bool:
    """Whether a job that a printer has is still to be seen: after its end only as long as it lies on the plate."""
    shown = things.printers.get(job.printer_id or "")
    return not job.ended or (shown is not None and shown.state.plate is Plate.OCCUPIED)


def variants(things: views.Known) -> list[str]:
    """The kinds of machines of the group."""
    return list(dict.fromkeys(machine.variant for machine in things.machines.values()))


async def one(caller: Caller, job_id: str) -> Job:
    """A job of the group. Raises NotFound."""
    return await caller.core.jobs.get(caller.principal, job_id)


async def shown_one(caller: Caller, job_id: str) -> PrintJob:
    """A job as the list shows it, or one that the list has no more. Raises NotFound."""
    row = next((row for row in await listed(caller) if row.uuid == job_id), None)
    return row or views.print_job(await one(caller, job_id), None, await known(caller))


async def remove(caller: Caller, job_id: str) -> None:
    """Take a job out of the queue, or a refused upload away. Raises NotFound, Conflict (it has begun), Forbidden."""
    require(caller.principal, Right.PRINT)
    if not caller.office.refused.remove(caller.group, job_id):
        await caller.core.jobs.withdraw(caller.principal, job_id)


async def obey(caller: Caller, job_id: str, order: Order, position: int = 0) -> None:
    """Do what a client wants of a job. Raises NotFound, Conflict, Forbidden, and what the printer says."""
    jobs, principal = caller.core.jobs, caller.principal
    if order is Order.REMOVE:
        await remove(caller, job_id)
        return
    job = await one(caller, job_id)
    if order is Order.MOVE:
        await caller.core.ordering.move(principal, job_id, position)
    elif order is Order.FORCE:
        await caller.core.ordering.force(principal, job_id, confirmed=True)
    elif order is Order.ABORT and job.state in views.WITHOUT_PRINTER:
        await jobs.withdraw(principal, job_id)
    else:
        printer_id = at_printer(caller, job)
        act = {Order.PAUSE: jobs.pause, Order.RESUME: jobs.resume, Order.ABORT: jobs.cancel}[order]
        await act(principal, printer_id)


def at_printer(caller: Caller, job: Job) -> str:
    """The printer that has the job. Raises NotFound, Conflict for one that no printer has, or has any more."""
    for shown in caller.printers:
        if shown.job is not None and shown.job.id == job.id and not job.ended:
            return shown.printer.id
    if job.state is JobState.ENDED:
        raise Conflict("The job is over.")
    raise NotFound("No printer has this job yet.") if job.printer_id is None else Conflict("The job has moved on.")
