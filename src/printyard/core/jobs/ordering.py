"""The order of the queue, as people change it: move, hold and let go, put first, print in spite of the setup."""

from typing import Any

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from printyard.core.access.rules import require
from printyard.core.errors import Conflict, Invalid
from printyard.core.events import Fact, FactName
from printyard.core.fleet.board import SnapshotBoard
from printyard.core.jobs.altering import Alterations, reserves
from printyard.core.jobs.disciplines import in_line, rank_of, rules_of
from printyard.core.jobs.orphans import stranded
from printyard.core.jobs.standings import Standings
from printyard.core.jobs.states import step, told
from printyard.core.jobs.submitting import PARKED, check_priority
from printyard.core.model.job import WAITING, Job, JobState
from printyard.core.model.user import Principal, Right
from printyard.core.model.value import MICROSECONDS, Instant
from printyard.core.ports.store import Store, Transaction

UNCONFIRMED = "confirmation_needed"
"""The code of the Conflict that asks whether it is meant."""


class Ordering:
    """Jobs that wait, and who may change how."""

    def __init__(
        self, store: Store, board: SnapshotBoard, alterations: Alterations, standings: Standings
    ) -> None:  # fmt: skip
        self._store, self._board, self._alterations, self._standings = store, board, alterations, standings

    async def move(self, principal: Principal, job_id: str, position: int) -> Job:
        """Put a job at a place (counted from 0) among those that wait in its group. Raises NotFound, Conflict.

        Invalid for a place before the first; one behind the last is the last.
        """
        require(principal, Right.MANAGE)
        if position < 0:
            raise Invalid("A place in the queue is 0 or more.")

        def work(tx: Transaction) -> Job:
            stored = tx.jobs.get(principal.scope, job_id)
            if stored.state not in WAITING or reserves(tx, stored):
                raise Conflict("The job has its printer already.")
            rules = rules_of(tx, stored.group_id)
            line = in_line(tx, tx.jobs.in_states(principal.scope, WAITING, group_id=stored.group_id))
            others = [other for other in line if other.id != job_id]
            place = _between([rules.order(other) for other in others], position)
            placed = [replace(stored, rank=rules.rank(stored, place))]
            # Where two neighbours leave no room, those behind make some. One that a printer holds is its session's.
            for other in others[position:]:
                if rules.order(other) > place:
                    break
                if not reserves(tx, other):
                    place += 1
                    placed.append(replace(other, rank=rules.rank(other, place)))
            tx.events.append([_changed(one, tx.now, principal, {"rank": one.rank}) for one in placed])
            written = [tx.jobs.put(one) for one in placed]
            return written[0]

        return await self._store.write(work)

    async def hold(self, principal: Principal, job_id: str, reason: str = "") -> Job:
        """Put a job aside until it is released. Raises NotFound, Forbidden, Conflict (it is not queued)."""
        job = await self._own(principal, job_id)
        theirs = job.created_by == principal.id

        def held(job: Job, _: Instant) -> Job:
            if job.state is not JobState.QUEUED:
                raise Conflict("Only a job that is queued can be held.")
            why = reason or (PARKED if theirs else f"{principal.name or principal.id} holds it.")
            return step(job, JobState.HELD, reason=why, auto_start=not theirs)

        return await self._alterations.alter(principal, job, held)

    async def release(self, principal: Principal, job_id: str) -> Job:
        """Let a held job go on; its owner only one that waits for its owner. Raises NotFound, Forbidden, Conflict."""
        job = await self._get(principal, job_id)
        mine = job.created_by == principal.id and not job.auto_start
        require(principal, Right.PRINT if mine else Right.MANAGE)

        def released(job: Job, _: Instant) -> Job:
            if job.state is not JobState.HELD:
                raise Conflict("The job is not held.")
            if reason := stranded(self._board, job):
                raise Conflict(reason)
            return step(job, JobState.QUEUED, reason="", attempts=0, auto_start=True)

        return await self._alterations.alter(principal, job, released)

    async def change(
        self, principal: Principal, job_id: str, *, priority: int | None = None,
        deadline: Instant | UnsetType | None = UNSET,
    ) -> Job:  # fmt: skip
        """Another priority, or deadline (None: without). Raises NotFound, Forbidden, Invalid, Conflict."""
        job = await self._own(principal, job_id)
        if priority is not None:
            check_priority(principal, priority)

        def changed(job: Job, _: Instant) -> Job:
            if job.state not in WAITING:
                raise Conflict("The job does not wait any more.")
            new = job.priority if priority is None else priority
            rank = job.rank + rank_of(0, new) - rank_of(0, job.priority)
            due = job.deadline if deadline is UNSET else deadline
            return replace(job, priority=new, rank=rank, deadline=due)

        body: dict[str, Any] = {} if priority is None else {"priority": priority}
        if deadline is not UNSET:
            body["deadline"] = deadline
        return await self._alterations.alter(principal, job, changed, body)

    async def force(self, principal: Principal, job_id: str, *, confirmed: bool) -> Job:
        """Have a job printed without the changes that it waits for; who did is kept.

        Raises NotFound, Forbidden, Conflict: nothing stands in the way that may be overridden, or (code
        `confirmation_needed`) it was not confirmed.
        """
        job = await self._get(principal, job_id)
        require(principal, Right.CONTROL if job.created_by == principal.id else Right.MANAGE)
        if job.state is not JobState.QUEUED:
            raise Conflict("Only a job that is queued can be forced.")
        if job.forced_by:
            return job
        standing = await self._standings.job(principal, job_id)
        forcible = [one for one in standing.printers if one.forcible]
        if not forcible:
            raise Conflict("There is nothing in the way of this job that may be overridden.")
        if not confirmed:
            changes = ", ".join(sorted({change.kind.value for change in forcible[0].changes}))
            raise Conflict(f"It would be printed without {changes or 'enough material'}.", code=UNCONFIRMED)

        def forced(job: Job, _: Instant) -> Job:
            if job.state is not JobState.QUEUED:
                raise Conflict("The job does not wait any more.")
            return replace(job, forced_by=principal.id)

        return await self._alterations.alter(principal, job, forced, {"forced_by": principal.id})

    async def _get(self, principal: Principal, job_id: str) -> Job:
        require(principal, Right.READ)
        return await self._store.read(lambda tx: tx.jobs.get(principal.scope, job_id))

    async def _own(self, principal: Principal, job_id: str) -> Job:
        """A job that somebody may change: one's own, or with the right to manage. Raises NotFound, Forbidden."""
        job = await self._get(principal, job_id)
        require(principal, Right.PRINT if job.created_by == principal.id else Right.MANAGE)
        return job


def _between(line: list[int], position: int) -> int:
    """The place before `line[position]`."""
    if not line:
        return 0
    if position >= len(line):
        return line[-1] + MICROSECONDS
    if position == 0:
        return line[0] - MICROSECONDS
    return line[position - 1] + max(1, (line[position] - line[position - 1]) // 2)


def _changed(job: Job, now: Instant, principal: Principal, body: dict[str, Any]) -> Fact:
    return told(job, FactName.JOB_CHANGED, now, {"name": job.name} | body, actor=principal.id)
