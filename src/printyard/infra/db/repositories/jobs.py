"""Jobs, waiting and ended."""

from collections.abc import Collection

import msgspec
from sqlalchemy import ColumnElement, Connection, func, select, tuple_

from printyard.core.errors import NotFound
from printyard.core.model.job import Job, JobState
from printyard.core.model.user import Scope
from printyard.core.model.value import Instant
from printyard.infra.db.repositories.job_search import index
from printyard.infra.db.rows import put_by_version, row_of, value_of
from printyard.infra.db.scope import within
from printyard.infra.db.tables import jobs

AT_ONCE = 500
"""How many ids go into one statement."""

BEGUN = (JobState.STARTED, JobState.ENDED)


class SqlJobs:
    """core.ports.store.JobRows."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, scope: Scope, job_id: str) -> Job:
        query = select(jobs).where(jobs.c.id == job_id, jobs.c.deleted_at.is_(None), within(scope, jobs))
        row = self._connection.execute(query).first()
        if row is None:
            raise NotFound("There is no such job.")
        return value_of(Job, row)

    def put(self, job: Job) -> Job:
        version = put_by_version(self._connection, jobs, row_of(job), "job")
        if version == 1:
            index(self._connection, job)
        return msgspec.structs.replace(job, version=version)

    def in_states(
        self, scope: Scope, states: frozenset[JobState], *, printer_id: str | None = None, group_id: str | None = None
    ) -> list[Job]:
        query = (
            select(jobs)
            .where(within(scope, jobs, printer_id), jobs.c.state.in_(sorted(states)), jobs.c.deleted_at.is_(None))
            .order_by(jobs.c.rank, jobs.c.created_at, jobs.c.id)
        )
        if group_id is not None:
            query = query.where(jobs.c.group_id == group_id)
        return [value_of(Job, row) for row in self._connection.execute(query)]

    def history(
        self,
        scope: Scope,
        *,
        printer_id: str | None = None,
        limit: int = 50,
        offset: int = 0,
        before: tuple[Instant, str] | None = None,
    ) -> list[Job]:
        query = (
            select(jobs)
            .where(within(scope, jobs, printer_id), jobs.c.state.in_(BEGUN), jobs.c.deleted_at.is_(None))
            .order_by(jobs.c.created_at.desc(), jobs.c.id.desc())
            .limit(limit)
            .offset(offset)
        )
        if before is not None:
            query = query.where(tuple_(jobs.c.created_at, jobs.c.id) < before)
        return [value_of(Job, row) for row in self._connection.execute(query)]

    def some(self, scope: Scope, job_ids: Collection[str]) -> list[Job]:
        found: list[Job] = []
        wanted = sorted(job_ids)
        for start in range(0, len(wanted), AT_ONCE):
            ids = wanted[start : start + AT_ONCE]
            query = select(jobs).where(jobs.c.id.in_(ids), within(scope, jobs), jobs.c.deleted_at.is_(None))
            found += [value_of(Job, row) for row in self._connection.execute(query)]
        return found

    def seconds_printed(self, scope: Scope) -> dict[str, float]:
        seconds = func.sum(jobs.c.seconds_elapsed)
        query = select(jobs.c.printer_id, seconds).where(
            within(scope, jobs), jobs.c.printer_id.is_not(None), jobs.c.state == JobState.ENDED
        )
        return {row[0]: row[1] for row in self._connection.execute(query.group_by(jobs.c.printer_id))}

    def prints(self, scope: Scope, *, limit: int, offset: int, newest_first: bool) -> list[Job]:
        keys = (jobs.c.created_at, jobs.c.id)
        order = tuple(key.desc() for key in keys) if newest_first else keys
        query = select(jobs).where(*_printed(scope)).order_by(*order).limit(limit).offset(offset)
        return [value_of(Job, row) for row in self._connection.execute(query)]

    def count_prints(self, scope: Scope) -> int:
        query = select(func.count()).select_from(jobs).where(*_printed(scope))
        return int(self._connection.execute(query).scalar_one())

    def latest(self, scope: Scope, printer_id: str) -> Job | None:
        query = (
            select(jobs)
            .where(within(scope, jobs, printer_id), jobs.c.started_at.is_not(None), jobs.c.deleted_at.is_(None))
            .order_by(jobs.c.started_at.desc(), jobs.c.id.desc())
            .limit(1)
        )
        row = self._connection.execute(query).first()
        return None if row is None else value_of(Job, row)


def _printed(scope: Scope) -> tuple[ColumnElement[bool], ...]:
    """Jobs that began on a printer and are over."""
    ended = jobs.c.state == JobState.ENDED
    return ended, jobs.c.started_at.is_not(None), jobs.c.deleted_at.is_(None), within(scope, jobs)
