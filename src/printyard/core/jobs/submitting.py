"""Puts prints into a group's queue: new ones, copies of those that wait, and those that were printed, once more."""

from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from printyard.core.access.rules import may, needs_approval, require
from printyard.core.errors import Conflict, Forbidden, Invalid, NotFound
from printyard.core.events import Fact, FactName
from printyard.core.fleet.printers import Printers
from printyard.core.jobs.claims import NO_WISHES, Claims, Wishes
from printyard.core.jobs.disciplines import PRIORITIES, rank_of
from printyard.core.jobs.needing import needs_of
from printyard.core.jobs.reading import Readings, seconds_of, wished
from printyard.core.jobs.states import fact_of, told
from printyard.core.model.file import File, FileKind
from printyard.core.model.job import WAITING, Job, JobSource, JobState
from printyard.core.model.needs import UNREAD, Needs
from printyard.core.model.user import Principal, Right
from printyard.core.model.value import Id
from printyard.core.ports.store import Store, Transaction
from printyard.core.ports.time import Clock, Ids

COPIES = 1000
"""The most that can be asked for at once."""

PARKED = "It is held until somebody starts it."

Demand = Callable[[Principal], Awaitable[bool]]
"""Whether the organization wants what somebody prints to be approved (guests always need it)."""


class Submissions:
    """What comes into the queues."""

    def __init__(
        self, store: Store, clock: Clock, ids: Ids, printers: Printers, readings: Readings, demand: Demand
    ) -> None:
        self._store, self._clock, self._ids = store, clock, ids
        self._printers, self._readings, self._demand = printers, readings, demand

    async def submit(
        self, principal: Principal, group_id: Id, file_id: str, claims: Claims, wishes: Wishes = NO_WISHES
    ) -> list[Job]:
        """Put prints of a file into a group's queue, `wishes.copies` of them; their jobs, the first in front.

        What they need is read from the file, at once or (`needs.unread`) soon. Raises NotFound, Forbidden, Invalid
        (wishes that make no sense, or no G-code).
        """
        require(principal, Right.PRINT)
        members = self._members(principal, group_id)
        self._check(principal, wishes, members)
        file = await self._store.read(lambda tx: tx.files.get(principal.scope, file_id))
        needs, seconds = await self._read(file, next(iter(members)))
        template = Job(
            id=Id(""), organization_id=file.organization_id, group_id=group_id, name=claims.name or file.name,
            state=JobState.QUEUED, source=claims.source, created_at=self._clock.now(), created_by=principal.id,
            file_id=file.id, claimed_user=claims.user, application=claims.application or principal.application,
            claimed_at=claims.created_at, needs=wished(needs, wishes), priority=wishes.priority,
            deadline=wishes.deadline, auto_start=wishes.auto_start, seconds_estimated=seconds,
        )  # fmt: skip
        return await self._put(principal, template, wishes.copies, ())

    async def duplicate(self, principal: Principal, job_id: str, copies: int = 1) -> list[Job]:
        """Copies of a job that waits or is printed, as siblings of one batch. Raises NotFound, Invalid, Conflict."""
        job, file = await self._again(principal, job_id, copies)
        if job.ended:
            raise Conflict("The job is over: it can be printed again.")
        template = await self._queueable(principal, replace(job, batch_id=job.batch_id or job.id), file)
        return await self._put(principal, template, copies, () if job.state not in WAITING else (job.rank,))

    async def reprint(
        self, principal: Principal, job_id: str, copies: int = 1, *, group_id: str | None = None,
        auto_start: bool = True,
    ) -> list[Job]:  # fmt: skip
        """Print once more what was printed, in its group or another one (where any of the printers may do it).

        Raises NotFound (also where the file, or the group, is gone), Invalid, Conflict.
        """
        job, file = await self._again(principal, job_id, copies)
        if not job.ended:
            raise Conflict("The job is not over: it can be duplicated.")
        again = await self._reprinted(principal, job, file, group_id)
        return await self._put(principal, replace(again, auto_start=auto_start), copies, ())

    async def at_once(self, principal: Principal, job_id: str) -> Callable[[], Awaitable[Job]]:
        """What puts a print that is about to be stopped back to its place in the queue.

        Raises what `reprint` raises, before anything is stopped.
        """
        job, file = await self._again(principal, job_id, 1)
        template = await self._reprinted(principal, job, file, None)
        place = replace(template, priority=job.priority, deadline=job.deadline)

        async def put() -> Job:
            return (await self._put(principal, place, 1, (), rank=job.rank))[0]

        return put

    async def approval_needed(self, principal: Principal) -> bool:
        """Whether what somebody prints waits for another's word."""
        return needs_approval(principal) or await self._demand(principal)

    async def _again(self, principal: Principal, job_id: str, copies: int) -> tuple[Job, File]:
        require(principal, Right.PRINT)
        _count(copies)

        def work(tx: Transaction) -> tuple[Job, File]:
            job = tx.jobs.get(principal.scope, job_id)
            if job.file_id is None:
                raise Conflict("The yard has no file of this print.")
            return job, tx.files.get(principal.scope, job.file_id)

        return await self._store.read(work)

    async def _reprinted(self, principal: Principal, job: Job, file: File, group_id: str | None) -> Job:
        """A job for the same print, at the end of a queue, and as important as any."""
        needs = job.needs if group_id is None else replace(job.needs, printer_id=None)
        again = replace(
            job, source=JobSource.REPRINT, reprint_of=job.id, batch_id=None, deadline=None, priority=0,
            group_id=Id(group_id or job.group_id), needs=needs, auto_start=True,
        )  # fmt: skip
        return await self._queueable(principal, again, file)

    async def _queueable(self, principal: Principal, job: Job, file: File) -> Job:
        """A job as the queue can take it: where its printers are now, with what its file needs.

        One that was handed in at a printer's own door has never been held against what is mounted.
        """
        required = job.needs.printer_id
        if required is not None:
            job = replace(job, group_id=self._printers.get(principal, required).printer.group_id)
        members = self._members(principal, job.group_id)
        if job.needs == Needs(printer_id=required):
            needs, seconds = await self._read(file, next(iter(members)))
            needs = replace(needs, printer_id=required)
            job = replace(job, needs=needs, seconds_estimated=job.seconds_estimated or seconds)
        return job

    async def _put(
        self, principal: Principal, template: Job, copies: int, behind: tuple[int, ...], *, rank: int | None = None
    ) -> list[Job]:  # fmt: skip
        """New jobs like the template, in the name of who asks; `behind` are ranks behind which they stand.

        With a `rank` they stand there. Whoever may not put a job before those of others does not get that by copying.
        """
        if not may(principal, Right.MANAGE):
            template = replace(template, priority=min(template.priority, 0))
        waits = await self.approval_needed(principal)
        now, ids = self._clock.now(), [self._ids.new() for _ in range(copies)]
        state = JobState.WAITING_APPROVAL if waits else JobState.QUEUED if template.auto_start else JobState.HELD
        reason = PARKED if state is JobState.HELD else ""
        first = max((rank_of(now, template.priority), *(one + 1 for one in behind))) if rank is None else rank
        batch = template.batch_id or (ids[0] if copies > 1 else None)
        jobs = [
            replace(
                fresh(template), id=job_id, state=state, reason=reason, created_at=now, created_by=principal.id,
                rank=first + place, batch_id=batch,
            )
            for place, job_id in enumerate(ids)
        ]  # fmt: skip

        def work(tx: Transaction) -> list[Job]:
            facts: list[Fact] = []
            for job in jobs:
                facts.append(told(job, FactName.JOB_CREATED, now, {"name": job.name}, actor=principal.id))
                if not waits:
                    facts.append(fact_of(job, now, actor=principal.id))
            tx.events.append(facts)
            return [tx.jobs.put(job) for job in jobs]

        written = await self._store.write(work)
        if template.needs.unread:
            self._readings.later(written)
        return written

    async def _read(self, file: File, printer_id: str) -> tuple[Needs, float]:
        """What a file asks for, and how many seconds its print takes; UNREAD where that is not found out at once."""
        if file.blob.kind is FileKind.OTHER:
            raise Invalid("The file holds no G-code.", code="no_model")
        analysis = await self._readings.soon(file, printer_id)
        return (UNREAD, 0.0) if analysis is None else (needs_of(analysis), seconds_of(analysis))

    def _members(self, principal: Principal, group_id: str) -> dict[str, None]:
        """The ids of a group's printers. Raises NotFound."""
        shown = self._printers.board.all(principal.scope)
        members: dict[str, None] = {one.printer.id: None for one in shown if one.printer.group_id == group_id}
        if not members:
            raise NotFound("There is no such group of printers.")
        return members

    def _check(self, principal: Principal, wishes: Wishes, members: dict[str, None]) -> None:
        _count(wishes.copies)
        check_priority(principal, wishes.priority)
        if len({tool.tool for tool in wishes.tools}) < len(wishes.tools):
            raise Invalid("Each tool is named once.")
        if wishes.printer_id is not None and wishes.printer_id not in members:
            raise NotFound("The group has no such printer.")


def fresh(job: Job) -> Job:
    """A job like this one of which nothing has happened yet."""
    return Job(
        id=job.id, organization_id=job.organization_id, group_id=job.group_id, name=job.name, state=job.state,
        source=job.source, created_at=job.created_at, created_by=job.created_by, file_id=job.file_id,
        claimed_user=job.claimed_user, application=job.application, claimed_at=job.claimed_at, batch_id=job.batch_id,
        reprint_of=job.reprint_of, seconds_estimated=job.seconds_estimated, needs=job.needs, priority=job.priority,
        deadline=job.deadline, auto_start=job.auto_start,
    )  # fmt: skip


def check_priority(principal: Principal, priority: int) -> None:
    """Raises Invalid, or Forbidden for somebody who may not go before others."""
    if priority not in PRIORITIES:
        raise Invalid(f"A priority lies between {PRIORITIES.start} and {PRIORITIES.stop - 1}.")
    if priority > 0 and not may(principal, Right.MANAGE):
        raise Forbidden("Only who manages the queue puts a job before those of others.")


def _count(copies: int) -> None:
    if not 1 <= copies <= COPIES:
        raise Invalid(f"1 to {COPIES} copies can be asked for at once.")
