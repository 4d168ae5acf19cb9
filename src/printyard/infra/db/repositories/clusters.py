"""Registrations of groups, and what the lists of all clusters need of jobs."""

import msgspec
from sqlalchemy import Connection, select

from printyard.core.model.cluster import Registration
from printyard.core.model.job import Job
from printyard.core.model.remark import JobFilter, Named, Remark
from printyard.core.model.user import Scope
from printyard.infra.db.cluster_tables import job_remarks, registrations
from printyard.infra.db.repositories import job_search
from printyard.infra.db.repositories.job_search import KEYS, TOKEN
from printyard.infra.db.rows import put_by_version, replace_row, row_of, value_of
from printyard.infra.db.scope import within
from printyard.infra.db.tables import tokens, users


class SqlClusters:
    """core.ports.cluster_rows.ClusterRows."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def living(self) -> list[Registration]:
        query = select(registrations).where(registrations.c.deleted_at.is_(None)).order_by(registrations.c.id)
        return [value_of(Registration, row) for row in self._connection.execute(query)]

    def of_group(self, group_id: str) -> Registration | None:
        query = select(registrations).where(registrations.c.group_id == group_id, registrations.c.deleted_at.is_(None))
        row = self._connection.execute(query).first()
        return None if row is None else value_of(Registration, row)

    def put(self, registration: Registration) -> Registration:
        row = row_of(registration)
        version = put_by_version(self._connection, registrations, row, "registration")
        return msgspec.structs.replace(registration, version=version)

    def remark(self, scope: Scope, job_id: str) -> Remark | None:
        return self.remarks(scope, frozenset({job_id})).get(job_id)

    def remarks(self, scope: Scope, job_ids: frozenset[str]) -> dict[str, Remark]:
        query = select(job_remarks).where(within(scope, job_remarks), job_remarks.c.job_id.in_(sorted(job_ids)))
        return {row.job_id: value_of(Remark, row) for row in self._connection.execute(query)}

    def put_remark(self, remark: Remark) -> None:
        replace_row(self._connection, job_remarks, row_of(remark))

    def jobs(
        self, scope: Scope, wanted: JobFilter, *, limit: int, offset: int, count: int = 0
    ) -> tuple[list[Job], int]:
        return job_search.page(self._connection, scope, wanted, limit=limit, offset=offset, count=count)

    def names(self, scope: Scope, principal_ids: frozenset[str]) -> dict[str, Named]:
        found: dict[str, Named] = {}
        ids = sorted(principal_ids)
        for start in range(0, len(ids), KEYS):
            part = ids[start : start + KEYS]
            of_tokens = {one.removeprefix(TOKEN): one for one in part if one.startswith(TOKEN)}
            named = select(tokens.c.id, tokens.c.name).where(within(scope, tokens), tokens.c.id.in_(list(of_tokens)))
            found |= {of_tokens[row.id]: Named(name=row.name) for row in self._connection.execute(named)}
            people = select(users.c.id, users.c.name, users.c.deleted_at)
            people = people.where(within(scope, users), users.c.id.in_(part))
            for row in self._connection.execute(people):
                found[row.id] = Named(name=row.name, gone=row.deleted_at is not None)
        return found
