"""The queue: hand in prints, look at them, move and remove them, pause and end them."""

import contextlib

from msgspec.structs import replace

from printyard.core.access.rules import WARDEN, require
from printyard.core.commands import Cancel, Pause, Resume
from printyard.core.errors import Busy, Conflict, Invalid, NotFound, Offline
from printyard.core.events import FactName
from printyard.core.files import added, new_file
from printyard.core.fleet.printers import Printers
from printyard.core.fleet.readiness import obstacle
from printyard.core.fleet.step import Step
from printyard.core.fleet.supervisor import Supervisor
from printyard.core.jobs.altering import Alterations
from printyard.core.jobs.claims import NO_WISHES, Claims, Wishes
from printyard.core.jobs.disciplines import in_line, rank_of
from printyard.core.jobs.orphans import stranded
from printyard.core.jobs.states import end, fact_of, step, told
from printyard.core.jobs.submitting import PARKED, Submissions
from printyard.core.model.file import Blob, FileKind
from printyard.core.model.job import WAITING, Job, JobOutcome, JobState
from printyard.core.model.needs import Needs
from printyard.core.model.printer import Printer
from printyard.core.model.user import EVERYTHING, Principal, Right
from printyard.core.model.value import Id, Instant, seconds_between
from printyard.core.ports.store import Store, Transaction
from printyard.core.ports.time import Clock, Ids

WAITING_ONLY = frozenset({JobState.WAITING_APPROVAL})

APPROVAL_SECONDS = 24 * 3600.0
"""How long a guest's job may wait for approval."""

RETRACTABLE = WAITING | {JobState.ASSIGNED, JobState.TRANSFERRING}
"""The states in which the device has not been asked to begin."""

__all__ = ["APPROVAL_SECONDS", "Claims", "Queue", "Wishes"]


class Queue:
    """Jobs of all groups."""

    def __init__(
        self, store: Store, clock: Clock, ids: Ids, printers: Printers, supervisor: Supervisor,
        alterations: Alterations, submissions: Submissions,
    ) -> None:  # fmt: skip
        self._store, self._clock, self._ids = store, clock, ids
        self._printers, self._supervisor = printers, supervisor
        self._alterations, self._submissions = alterations, submissions

    def expect(self, principal: Principal, printer_id: str) -> None:
        """Ask before the bytes come whether `print_now` would take them. Raises what it raises."""
        require(principal, Right.PRINT)
        self._printers.get(principal, printer_id)
        if error := obstacle(self._supervisor.opened(printer_id).session):
            raise error

    async def print_now(self, principal: Principal, printer_id: str, blob: Blob, claims: Claims) -> Job:
        """Print at once on this printer, or not at all: a printer's own door never queues.

        A guest's job waits for approval and reserves the printer. Raises Busy, Offline, Conflict, Forbidden, NotFound,
        Invalid (bytes that are no G-code).
        """
        require(principal, Right.PRINT)
        self._printers.get(principal, printer_id)
        if blob.kind is FileKind.OTHER:
            raise Invalid("The file holds no G-code.", code="no_model")
        session = self._supervisor.opened(printer_id).session
        waits = await self._submissions.approval_needed(principal)
        job_id, file_id = self._ids.new(), self._ids.new()

        def work() -> Step:
            if error := obstacle(session):
                raise error
            now, printer = self._clock.now(), session.printer
            file = replace(new_file(self._ids, principal, printer.organization_id, claims.name, blob, now), id=file_id)
            job = _new(principal, printer, claims, now, job_id=job_id, file_id=file_id, waits=waits)
            facts = [
                added(file, principal.id),
                told(job, FactName.JOB_CREATED, now, {"name": job.name}, actor=principal.id),
            ]
            if not waits:
                facts.append(fact_of(job, now, actor=principal.id))
            record = replace(session.record, reserved_by=job.id)

            def library(tx: Transaction) -> None:
                tx.files.put(file)

            return Step(jobs=(job,), holds=job, record=record, facts=tuple(facts), also=library)

        await session.change(work)
        return await self._store.read(lambda tx: tx.jobs.get(EVERYTHING, job_id))

    async def submit(
        self, principal: Principal, group_id: Id, file_id: str, claims: Claims, wishes: Wishes = NO_WISHES
    ) -> Job:
        """Put a print of a file into a group's queue, or several; the (first) job. Raises as `Submissions.submit`."""
        return (await self._submissions.submit(principal, group_id, file_id, claims, wishes))[0]

    async def get(self, principal: Principal, job_id: str) -> Job:
        """A job. Raises NotFound."""
        require(principal, Right.READ)
        return await self._store.read(lambda tx: tx.jobs.get(principal.scope, job_id))

    async def waiting(self, principal: Principal, group_id: str | None = None) -> list[Job]:
        """The jobs that wait, in their order."""
        require(principal, Right.READ)
        return await self._store.read(
            lambda tx: in_line(tx, tx.jobs.in_states(principal.scope, WAITING, group_id=group_id))
        )

    async def pending(self, principal: Principal) -> list[Job]:
        """The jobs that wait for approval."""
        require(principal, Right.MANAGE)
        return await self._store.read(lambda tx: tx.jobs.in_states(principal.scope, WAITING_ONLY))

    async def approve(self, principal: Principal, job_id: str, *, allow: bool) -> Job:
        """Let a guest's job go on, or reject it. Raises NotFound, Conflict (it does not wait for approval)."""
        require(principal, Right.MANAGE)

        def decided(job: Job, now: Instant) -> Job:
            if job.state is not JobState.WAITING_APPROVAL:
                raise Conflict("The job does not wait for approval.")
            return self._allowed(job) if allow else end(job, JobOutcome.REJECTED, now)

        job = await self.get(principal, job_id)
        return await self._alterations.alter(principal, job, decided)

    def _allowed(self, job: Job) -> Job:
        """Into the queue, or aside: its owner wanted that, or the printers that it needs are gone meanwhile."""
        if reason := stranded(self._printers.board, job):
            return step(job, JobState.HELD, reason=reason)
        return step(job, JobState.QUEUED) if job.auto_start else step(job, JobState.HELD, reason=PARKED)

    async def expire(self) -> None:
        """Reject what has waited for approval for too long: it may hold a printer."""
        waiting = await self._store.read(lambda tx: tx.jobs.in_states(EVERYTHING, WAITING_ONLY))
        for job in waiting:
            if seconds_between(job.created_at, self._clock.now()) >= APPROVAL_SECONDS:
                with contextlib.suppress(Conflict):  # meanwhile somebody has decided
                    await self._alterations.alter(WARDEN, job, _expired)

    async def withdraw(self, principal: Principal, job_id: str) -> Job:
        """Take a job back that has not begun. Raises NotFound, Conflict, Forbidden (somebody else's)."""
        job = await self.get(principal, job_id)
        require(principal, Right.PRINT if job.created_by == principal.id else Right.MANAGE)
        return await self._alterations.alter(principal, job, _withdrawn)

    async def resolve(self, principal: Principal, job_id: str, *, again: bool) -> Job:
        """A person says what became of an unconfirmed or held job: start it (again), or not. Raises Conflict."""
        require(principal, Right.MANAGE)
        job = await self.get(principal, job_id)
        if job.state not in {JobState.UNCONFIRMED, JobState.HELD}:
            raise Conflict("The job does not wait for a person.")
        if again:
            return await self._alterations.alter(principal, job, self._queued_again)
        return await self._alterations.alter(principal, job, lambda job, now: end(job, JobOutcome.UNKNOWN, now))

    def _queued_again(self, job: Job, _: Instant) -> Job:
        if reason := stranded(self._printers.board, job):
            raise Conflict(reason)
        return step(job, JobState.QUEUED, attempts=0, reason="", auto_start=True)

    async def pause(self, principal: Principal, printer_id: str) -> None:
        """Pause the print of a printer."""
        await self._printers.ask(principal, printer_id, Pause())

    async def resume(self, principal: Principal, printer_id: str) -> None:
        """Go on with the print of a printer."""
        await self._printers.ask(principal, printer_id, Resume())

    async def cancel(self, principal: Principal, printer_id: str) -> None:
        """End what a printer prints, or take back the job that it was about to begin.

        Raises NotFound (there is none), Busy, Offline, Refused. A job that the printer was told to begin, and of which
        nothing was heard since, may be printing: it cannot be taken back without the printer.
        """
        require(principal, Right.CONTROL)
        shown = self._printers.get(principal, printer_id)
        if shown.state.in_print:
            await self._printers.ask(principal, printer_id, Cancel())
            return
        if shown.job is None or shown.job.ended:
            raise NotFound("There is no print.")
        session = self._supervisor.opened(printer_id).session

        def taken_back(job: Job, now: Instant) -> Job:
            """Asked in the job's own turn: it may have moved on since it was looked at."""
            if job.state is JobState.STARTING and not session.starting:
                raise Offline("The printer was told to begin, and has not been heard since.")
            if job.state in {JobState.STARTING, JobState.STARTED}:
                raise Busy("The printer is about to begin: it can be stopped as soon as it has begun.")
            return end(job, JobOutcome.CANCELLED, now)

        await self._alterations.alter(principal, shown.job, taken_back)

    async def stop_and_reprint(self, principal: Principal, job_id: str) -> Job:
        """End a print and put it back to its place in the queue, as a new job; it begins when the plate is cleared.

        The answer is the new job. Raises NotFound (no such job, or its file is gone), Conflict (it is not printed now),
        Forbidden, and what a printer says to `cancel`: then nothing has changed.
        """
        require(principal, Right.CONTROL)
        job = await self.get(principal, job_id)
        if job.state is not JobState.STARTED or job.printer_id is None:
            raise Conflict("The job is not printed now.")
        shown = self._printers.get(principal, job.printer_id)
        if shown.job is None or shown.job.id != job.id or not shown.state.in_print:
            raise Conflict("The job is not printed now.")
        put_back = await self._submissions.at_once(principal, job_id)
        await self._printers.ask(principal, job.printer_id, Cancel())
        return await put_back()

    async def history(
        self, principal: Principal, *, printer_id: str | None = None, limit: int = 50, offset: int = 0,
        before: tuple[Instant, str] | None = None,
    ) -> list[Job]:  # fmt: skip
        """Jobs that began, newest first."""
        require(principal, Right.READ)
        return await self._store.read(
            lambda tx: tx.jobs.history(
                principal.scope, printer_id=printer_id, limit=limit, offset=offset, before=before
            )
        )


def _new(
    principal: Principal, printer: Printer, claims: Claims, now: Instant, *, job_id: Id, file_id: Id, waits: bool
) -> Job:
    """A job for this printer and no other."""
    return Job(
        id=job_id,
        organization_id=printer.organization_id,
        group_id=printer.group_id,
        printer_id=printer.id,
        name=claims.name,
        state=JobState.WAITING_APPROVAL if waits else JobState.QUEUED,
        source=claims.source,
        created_at=now,
        created_by=principal.id,
        file_id=file_id,
        claimed_user=claims.user,
        application=claims.application or principal.application,
        rank=rank_of(now, 0),
        claimed_at=claims.created_at,
        needs=Needs(printer_id=printer.id),
    )


def _expired(job: Job, now: Instant) -> Job:
    if job.state is not JobState.WAITING_APPROVAL:
        raise Conflict("The job does not wait for approval.")
    return end(job, JobOutcome.REJECTED, now, "Nobody approved it in time.")


def _withdrawn(job: Job, now: Instant) -> Job:
    if job.state not in RETRACTABLE:
        raise Conflict("The printer has begun with this job.")
    return end(job, JobOutcome.WITHDRAWN, now)
