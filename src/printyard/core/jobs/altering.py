"""Changes a job that has not begun: through its printer's session if one holds it, else in the database."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from printyard.core.errors import Conflict, NotFound
from printyard.core.events import Fact, FactName
from printyard.core.fleet.session import PrinterSession
from printyard.core.fleet.step import Step
from printyard.core.fleet.supervisor import Supervisor
from printyard.core.jobs.states import fact_of, keeps, told
from printyard.core.model.job import Job
from printyard.core.model.user import EVERYTHING, Principal
from printyard.core.model.value import Instant
from printyard.core.ports.store import Store, Transaction
from printyard.core.ports.time import Clock

Change = Callable[[Job, Instant], Job]
"""A step of a job; raises Conflict where it cannot be taken."""


class Alterations:
    """One writer for each job: the session of the printer that holds it, or a conditional update."""

    def __init__(self, store: Store, clock: Clock, supervisor: Supervisor) -> None:
        self._store, self._clock, self._supervisor = store, clock, supervisor

    async def alter(
        self, principal: Principal, job: Job, change: Change, body: dict[str, Any] | None = None
    ) -> Job:  # fmt: skip
        """Take a step. With a `body` it is told as a change of a job that stays in its state.

        Raises what `change` raises, and Conflict where the job has moved on since it was looked at.
        """
        session = self.holder(job)
        if session is not None:
            await session.change(lambda: self._altered(session, job.id, change, principal.id, body))
        else:

            def work(tx: Transaction) -> None:
                stored = tx.jobs.get(principal.scope, job.id)
                # Meanwhile a printer may have taken it, and only its session may write.
                if stored.version != job.version or reserves(tx, stored):
                    raise Conflict("The job has moved on.")
                changed = change(stored, tx.now)
                tx.jobs.put(changed)
                tx.events.append([_fact(changed, tx.now, principal.id, body)])

            await self._store.write(work)
        return await self._store.read(lambda tx: tx.jobs.get(principal.scope, job.id))

    def holder(self, job: Job) -> PrinterSession | None:
        """The session of the printer that holds a job."""
        if job.printer_id is None:
            return None
        try:
            session = self._supervisor.opened(job.printer_id).session
        except NotFound:
            return None
        return session if session.job is not None and session.job.id == job.id else None

    def _altered(
        self, session: PrinterSession, job_id: str, change: Change, actor: str, body: dict[str, Any] | None
    ) -> Step:
        held, now = session.job, self._clock.now()
        if held is None or held.id != job_id:
            raise Conflict("The job has moved on.")
        job = change(held, now)
        kept = keeps(job)
        record = None if kept else replace(session.record, reserved_by=None)
        return Step(jobs=(job,), holds=job if kept else None, record=record, facts=(_fact(job, now, actor, body),))


def reserves(tx: Transaction, job: Job) -> bool:
    """Whether a printer waits for a job, so that the job is its session's alone, on whichever server that is."""
    if job.printer_id is None:
        return False
    try:
        return tx.printers.record(EVERYTHING, job.printer_id).reserved_by == job.id
    except NotFound:  # the printer was removed
        return False


def _fact(job: Job, now: Instant, actor: str, body: dict[str, Any] | None) -> Fact:
    if body is None:
        return fact_of(job, now, actor=actor)
    return told(job, FactName.JOB_CHANGED, now, {"name": job.name} | body, actor=actor)
