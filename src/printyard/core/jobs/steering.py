"""What people do with one job, wherever it stands: the verbs of clients that know jobs rather than printers."""

from msgspec.structs import replace

from printyard.core.access.rules import require
from printyard.core.errors import Conflict, Invalid
from printyard.core.events import FactName
from printyard.core.fleet.board import SnapshotBoard
from printyard.core.jobs.ordering import Ordering
from printyard.core.jobs.queue import Queue
from printyard.core.jobs.states import told
from printyard.core.model.job import WAITING, Job, JobState
from printyard.core.model.user import Principal, Right
from printyard.core.model.value import Id
from printyard.core.ports.store import Store, Transaction


class Steering:
    """Jobs by their ids; the printer that has one is looked up here."""

    def __init__(self, store: Store, board: SnapshotBoard, queue: Queue, ordering: Ordering) -> None:
        self._store, self._board, self._queue, self._ordering = store, board, queue, ordering

    async def pause(self, principal: Principal, job_id: str) -> None:
        """Pause its print. Raises NotFound, Conflict (it is not printed), and what the printer says."""
        job = await self._queue.get(principal, job_id)
        await self._queue.pause(principal, self._printer(principal, job))

    async def resume(self, principal: Principal, job_id: str) -> None:
        """Go on with its print; a job that is held goes into the queue. Raises as `pause`."""
        job = await self._queue.get(principal, job_id)
        if job.state is JobState.HELD:
            await self._ordering.release(principal, job_id)
        else:
            await self._queue.resume(principal, self._printer(principal, job))

    async def abort(self, principal: Principal, job_id: str, quantity: int = 1) -> int:
        """End its print, or take it out of the queue; and of its batch so many less one that wait, the last first.

        How many were ended: a batch may have fewer. Raises NotFound, Forbidden, Invalid, Conflict (it is over), and
        what the printer says.
        """
        if quantity < 1:
            raise Invalid("At least one job is aborted.")
        job = await self._queue.get(principal, job_id)
        siblings = await self._siblings(principal, job) if quantity > 1 else []
        if job.state in WAITING:
            await self._queue.withdraw(principal, job_id)
        else:
            await self._queue.cancel(principal, self._printer(principal, job))
        others = siblings[: quantity - 1]
        for other in others:
            await self._queue.withdraw(principal, other)
        return 1 + len(others)

    async def remove(self, principal: Principal, job_id: str) -> None:
        """Take a job out of the queue, or one that is over out of all lists. Raises NotFound, Forbidden, Conflict."""
        job = await self._queue.get(principal, job_id)
        if not job.ended:
            await self._queue.withdraw(principal, job_id)
            return
        require(principal, Right.PRINT if job.created_by == principal.id else Right.MANAGE)

        def work(tx: Transaction) -> None:
            stored = tx.jobs.get(principal.scope, job_id)
            if self._holder(stored) is not None:
                raise Conflict("The print lies on the plate yet.")
            tx.jobs.put(replace(stored, deleted_at=tx.now))
            tx.events.append([told(stored, FactName.JOB_REMOVED, tx.now, {"name": stored.name}, actor=principal.id)])

        await self._store.write(work)

    def _printer(self, principal: Principal, job: Job) -> Id:
        """The printer that has a job. Raises NotFound (none that the caller sees), Conflict."""
        if job.ended:
            raise Conflict("The job is over.")
        holder = self._holder(job)
        if holder is None:
            raise Conflict("No printer has this job yet.")
        self._board.get(principal.scope, holder)
        return holder

    def _holder(self, job: Job) -> Id | None:
        return None if job.printer_id is None or not self._board.holds(job.printer_id, job.id) else job.printer_id

    async def _siblings(self, principal: Principal, job: Job) -> list[str]:
        """The other jobs of its batch that wait, the last first."""
        batch = job.batch_id or job.id
        waiting = await self._queue.waiting(principal, job.group_id)
        return [one.id for one in reversed(waiting) if one.id != job.id and (one.batch_id or one.id) == batch]
