"""Files, the blobs behind them, and what is known of their contents."""

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Row, Select, and_, delete, exists, not_, or_, select, tuple_

from printyard.core.errors import Conflict, NotFound
from printyard.core.model.file import Analysis, Blob, File
from printyard.core.model.job import JobState
from printyard.core.model.user import Scope
from printyard.core.model.value import Instant
from printyard.infra.db.library_tables import reports
from printyard.infra.db.rows import insert_into, put_by_version, replace_row, row_of, value_of
from printyard.infra.db.scope import within
from printyard.infra.db.tables import analyses, blobs, files, jobs

OWN = [column for column in files.c if column.name != "blob_sha256"]
SWEEP = 1000
"""Blobs that one call of `unreferenced` names at most."""


class SqlFiles:
    """core.ports.store.FileRows."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, scope: Scope, file_id: str, *, removed: bool = False) -> File:
        query = _within(scope) if removed else _living(scope)
        row = self._connection.execute(query.where(files.c.id == file_id)).first()
        if row is None:
            raise NotFound("There is no such file.")
        return _file(row)

    def put(self, file: File) -> File:
        self.put_blob(file.blob)
        row = row_of(file)
        del row["blob"]
        row["blob_sha256"] = file.blob.sha256
        return msgspec.structs.replace(file, version=put_by_version(self._connection, files, row, "file"))

    def put_blob(self, blob: Blob) -> None:
        """The first one stays, and learns later what its content is."""
        statement = insert_into(self._connection, blobs)
        new = statement.excluded
        learnt = {name: new[name] for name in ("kind", "content_sha256", "content_size")}
        self._connection.execute(
            statement.on_conflict_do_update(
                index_elements=["sha256"],
                set_=learnt,
                where=and_(blobs.c.content_sha256 == "", new.content_sha256 != ""),
            ),
            row_of(blob),
        )

    def page(self, scope: Scope, *, limit: int = 50, before: tuple[Instant, str] | None = None) -> list[File]:
        query = _living(scope).order_by(files.c.created_at.desc(), files.c.id.desc()).limit(limit)
        if before is not None:
            query = query.where(tuple_(files.c.created_at, files.c.id) < before)
        return [_file(row) for row in self._connection.execute(query)]

    def blob(self, sha256: str) -> Blob | None:
        row = self._connection.execute(select(blobs).where(blobs.c.sha256 == sha256)).first()
        return None if row is None else value_of(Blob, row)

    def unreferenced(self, older_than: Instant) -> list[Blob]:
        query = (
            select(blobs)
            .where(blobs.c.created_at < older_than, not_(_needed(older_than)))
            .order_by(blobs.c.created_at, blobs.c.sha256)
            .limit(SWEEP)
        )
        return [value_of(Blob, row) for row in self._connection.execute(query)]

    def forget_blob(self, sha256: str) -> None:
        """Raises Conflict while something refers to it."""
        if self._connection.execute(select(blobs.c.sha256).where(blobs.c.sha256 == sha256, _needed())).first():
            raise Conflict("Something refers to these bytes again.")
        self._connection.execute(delete(analyses).where(analyses.c.sha256 == sha256))
        self._connection.execute(delete(blobs).where(blobs.c.sha256 == sha256))

    def analysis(self, sha256: str, limits_key: str) -> Analysis | None:
        query = select(analyses.c.analysis).where(analyses.c.sha256 == sha256, analyses.c.limits_key == limits_key)
        found: Analysis | None = self._connection.execute(query).scalar()
        return found

    def put_analysis(self, sha256: str, limits_key: str, analysis: Analysis) -> None:
        replace_row(self._connection, analyses, {"sha256": sha256, "limits_key": limits_key, "analysis": analysis})


def _living(scope: Scope) -> Select[Any]:
    return _within(scope).where(files.c.deleted_at.is_(None))


def _within(scope: Scope) -> Select[Any]:
    bytes_of = (column.label(f"blob.{column.name}") for column in blobs.c)
    return select(*OWN, *bytes_of).join(blobs, blobs.c.sha256 == files.c.blob_sha256).where(within(scope, files))


def _file(row: Row[Any]) -> File:
    columns = dict(row._mapping)  # noqa: SLF001 (a public attribute, in spite of its name)
    blob = Blob(**{column.name: columns.pop(f"blob.{column.name}") for column in blobs.c})
    return File(blob=blob, **columns)


def _needed(since: Instant | None = None) -> ColumnElement[bool]:
    """A blob that a file, a report or a job that is not over refers to; with `since`, or if it was so since then."""
    by_file: ColumnElement[bool] = files.c.deleted_at.is_(None)
    by_job: ColumnElement[bool] = jobs.c.state != JobState.ENDED
    if since is not None:
        by_file = or_(by_file, files.c.deleted_at >= since)
        by_job = or_(by_job, jobs.c.ended_at >= since)
    job = exists().where(jobs.c.file_id == files.c.id, by_job)
    kept = exists().where(files.c.blob_sha256 == blobs.c.sha256, or_(by_file, job))
    return or_(kept, exists().where(reports.c.sha256 == blobs.c.sha256))
