"""Remarks: what people say about jobs; and the lists of jobs of all clusters, which show them."""

from msgspec.structs import replace

from printyard.core.access.rules import require
from printyard.core.errors import Invalid
from printyard.core.events import FactName
from printyard.core.jobs.states import told
from printyard.core.model.job import Job, JobState
from printyard.core.model.remark import MESSAGE_LIMIT, REMARK_LIMIT, JobFilter, Named, Remark
from printyard.core.model.user import Principal, Right
from printyard.core.ports.store import Store, Transaction

COUNT_LIMIT = 1_000
"""So far a list is counted: nobody turns more pages."""

ENDED = frozenset({JobState.ENDED})


class Remarks:
    """Notes on jobs and messages about them, and jobs of any state in one list."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def of(self, principal: Principal, job_ids: frozenset[str]) -> dict[str, Remark]:
        """What was said about jobs."""
        require(principal, Right.READ)
        if not job_ids:
            return {}
        return await self._store.read(lambda tx: tx.clusters.remarks(principal.scope, job_ids))

    async def names(self, principal: Principal, principal_ids: frozenset[str]) -> dict[str, Named]:
        """What people and programs are called; who is not known is left out."""
        require(principal, Right.READ)
        if not principal_ids:
            return {}
        return await self._store.read(lambda tx: tx.clusters.names(principal.scope, principal_ids))

    async def groups(self, principal: Principal, job_ids: frozenset[str]) -> dict[str, str]:
        """The groups in whose queues jobs are, by the jobs' ids; who is not known is left out."""
        require(principal, Right.READ)
        if not job_ids:
            return {}
        jobs = await self._store.read(lambda tx: tx.jobs.some(principal.scope, job_ids))
        return {job.id: job.group_id for job in jobs}

    async def note(self, principal: Principal, job_id: str, note: str) -> None:
        """Write a note on a job. Raises NotFound, Forbidden (somebody else's job), Invalid (too long)."""
        if len(note) > REMARK_LIMIT:
            raise Invalid(f"A note has at most {REMARK_LIMIT} characters.")
        await self._say(principal, job_id, note=note)

    async def message(self, principal: Principal, job_id: str, message: str) -> None:
        """Say why a job was approved or rejected. Raises NotFound, Forbidden, Invalid (too long)."""
        if len(message) > MESSAGE_LIMIT:
            raise Invalid(f"A message has at most {MESSAGE_LIMIT} characters.")
        require(principal, Right.MANAGE)
        await self._say(principal, job_id, message=message)

    async def completed(self, principal: Principal, group_id: str, limit: int) -> list[Job]:
        """The newest jobs of a group that are over."""
        require(principal, Right.READ)
        wanted = JobFilter(groups=frozenset({group_id}), states=ENDED)
        return await self._store.read(lambda tx: tx.clusters.jobs(principal.scope, wanted, limit=limit, offset=0)[0])

    async def page(
        self, principal: Principal, wanted: JobFilter, *, limit: int, offset: int
    ) -> tuple[list[Job], int, bool]:
        """Jobs, newest first; how many there are, as far as they are counted, and whether there are more than that."""
        require(principal, Right.READ)
        found, total = await self._store.read(
            lambda tx: tx.clusters.jobs(principal.scope, wanted, limit=limit, offset=offset, count=COUNT_LIMIT + 1)
        )
        return found, min(total, COUNT_LIMIT), total > COUNT_LIMIT

    async def _say(self, principal: Principal, job_id: str, **said: str) -> None:
        def work(tx: Transaction) -> None:
            job = tx.jobs.get(principal.scope, job_id)
            require(principal, Right.PRINT if job.created_by == principal.id else Right.MANAGE)
            known = tx.clusters.remark(principal.scope, job_id)
            remark = known or Remark(job_id=job.id, organization_id=job.organization_id)
            if "message" in said:
                remark = replace(remark, message_by=principal.id, message_at=tx.now)
            tx.clusters.put_remark(replace(remark, **said))
            body = {"name": job.name, **said}
            tx.events.append([told(job, FactName.JOB_CHANGED, tx.now, body, actor=principal.id)])

        await self._store.write(work)
