"""What becomes of the jobs of a printer that leaves its group, or the yard."""

from msgspec.structs import replace

from printyard.core.events import FactName
from printyard.core.fleet.board import SnapshotBoard
from printyard.core.jobs.states import end, fact_of, step, told
from printyard.core.model.job import WAITING, Job, JobOutcome, JobState
from printyard.core.model.printer import Printer
from printyard.core.model.user import EVERYTHING, Scope
from printyard.core.model.value import Instant
from printyard.core.ports.store import Transaction

LEFT = "The printer that it requires has left the group."
REMOVED = "The printer that it requires was removed."
EMPTY = "Its group has no printer any more."

QUEUED = frozenset({JobState.QUEUED})


def orphan(tx: Transaction, printer: Printer, reason: str, *, actor: str, but: str | None = None) -> None:
    """Hold the queued jobs of a group that required a printer which goes, or all of them if it was the last.

    The job `but` is the session's to change.
    """
    others = [other for other in tx.printers.all(EVERYTHING) if other.group_id == printer.group_id]
    alone = all(other.id == printer.id for other in others)
    for job in tx.jobs.in_states(_all(printer), QUEUED, group_id=printer.group_id):
        required = job.needs.printer_id == printer.id
        if job.id != but and (required or alone):
            held = step(job, JobState.HELD, reason=reason if required else EMPTY)
            tx.jobs.put(held)
            tx.events.append([fact_of(held, tx.now, actor=actor)])


def bring(tx: Transaction, printer: Printer, group_id: str, *, actor: str, but: str | None = None) -> None:
    """What waits for a printer of its own goes with it into a group, and still requires it."""
    for job in tx.jobs.in_states(_all(printer), WAITING, group_id=printer.group_id):
        if job.id != but:
            brought = moved(job, printer.id, group_id)
            tx.jobs.put(brought)
            tx.events.append([told(brought, FactName.JOB_CHANGED, tx.now, {"group_id": group_id}, actor=actor)])


def stranded(board: SnapshotBoard, job: Job) -> str:
    """Why a job cannot wait in its group's queue: the printers that it needs are gone; "" where it can."""
    required = job.needs.printer_id
    if required is not None and not board.has(required, job.group_id):
        return LEFT
    return "" if board.members(job.group_id) else EMPTY


def without_printer(job: Job, now: Instant, *, alone: bool) -> Job:
    """The job that a printer held which is removed: over, if it has begun or was meant for this one; else it waits.

    `alone`: the group has no other printer, so that it is held.
    """
    began = job.state in {JobState.STARTING, JobState.STARTED, JobState.UNCONFIRMED}
    if began or job.needs.printer_id is not None or job.state is JobState.WAITING_APPROVAL:
        return end(job, JobOutcome.UNKNOWN if began else JobOutcome.WITHDRAWN, now, "The printer was removed.")
    if alone:
        return step(job, JobState.HELD, reason=EMPTY, assigned_at=None)
    return step(job, JobState.QUEUED, reason="The printer was removed.", assigned_at=None)


def moved(job: Job, printer_id: str, group_id: str) -> Job:
    """A job in another group's queue, where it requires its printer."""
    return replace(job, group_id=group_id, needs=replace(job.needs, printer_id=printer_id))


def _all(printer: Printer) -> Scope:
    return Scope(organization_id=printer.organization_id)
