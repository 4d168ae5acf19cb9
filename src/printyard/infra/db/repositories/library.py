"""Announced uploads, projects with comments, and reports."""

from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, Table, delete, func, insert, or_, select, update

from printyard.core.errors import NotFound
from printyard.core.model.project import Comment, Project
from printyard.core.model.report import Report, ReportState
from printyard.core.model.upload import Upload, UploadKind, UploadState
from printyard.core.model.user import Scope
from printyard.core.model.value import Instant
from printyard.infra.db.library_tables import project_comments, projects, reports, uploads
from printyard.infra.db.rows import put_by_version, row_of, value_of
from printyard.infra.db.scope import within

BATCH = 200
COMMENTS = 500
TO_MAKE = (ReportState.PENDING, ReportState.PROCESSING)
ESCAPE = "\\"


class SqlUploads:
    """core.ports.library_rows.UploadRows."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, scope: Scope, upload_id: str, *, removed: bool = False) -> Upload:
        query = select(uploads).where(within(scope, uploads), uploads.c.id == upload_id)
        row = self._connection.execute(query if removed else query.where(uploads.c.deleted_at.is_(None))).first()
        if row is None:
            raise NotFound("There is no such upload.")
        return value_of(Upload, row)

    def put(self, upload: Upload) -> Upload:
        version = put_by_version(self._connection, uploads, row_of(upload), "upload")
        return msgspec.structs.replace(upload, version=version)

    def page(
        self, scope: Scope, *, project_id: str | None = None, kind: UploadKind | None = None, limit: int = 50,
        offset: int = 0,
    ) -> list[Upload]:  # fmt: skip
        living = select(uploads).where(*_living(scope, project_id, kind))
        rows = self._connection.execute(_newest_first(living, uploads, limit, offset))
        return [value_of(Upload, row) for row in rows]

    def count(self, scope: Scope, *, project_id: str | None = None, kind: UploadKind | None = None) -> int:
        query = select(func.count()).select_from(uploads).where(*_living(scope, project_id, kind))
        return self._connection.execute(query).scalar_one()

    def leave(self, project_id: str) -> None:
        gone = {"project_id": None, "version": uploads.c.version + 1}
        self._connection.execute(update(uploads).where(uploads.c.project_id == project_id).values(gone))

    def overdue(self, scope: Scope, instant: Instant) -> list[Upload]:
        query = (
            select(uploads)
            .where(within(scope, uploads), uploads.c.state == UploadState.UPLOADING, uploads.c.expires_at < instant)
            .where(uploads.c.deleted_at.is_(None))
            .order_by(uploads.c.expires_at)
            .limit(BATCH)
        )
        return [value_of(Upload, row) for row in self._connection.execute(query)]

    def withdraw(self, upload_id: str, at: Instant) -> None:
        living = (uploads.c.id == upload_id, uploads.c.deleted_at.is_(None))
        gone = {"deleted_at": at, "version": uploads.c.version + 1}
        self._connection.execute(update(uploads).where(*living).values(gone))


class SqlProjects:
    """core.ports.library_rows.ProjectRows."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, scope: Scope, project_id: str) -> Project:
        living = (within(scope, projects), projects.c.id == project_id, projects.c.deleted_at.is_(None))
        row = self._connection.execute(select(projects).where(*living)).first()
        if row is None:
            raise NotFound("There is no such project.")
        return value_of(Project, row)

    def put(self, project: Project) -> Project:
        version = put_by_version(self._connection, projects, row_of(project), "project")
        return msgspec.structs.replace(project, version=version)

    def page(
        self, scope: Scope, viewer: str | None, *, shared: bool | None = None, search: str = "", limit: int = 50,
        offset: int = 0,
    ) -> list[Project]:  # fmt: skip
        found = select(projects).where(*_shown(scope, viewer, shared, search))
        rows = self._connection.execute(_newest_first(found, projects, limit, offset))
        return [value_of(Project, row) for row in rows]

    def count(self, scope: Scope, viewer: str | None, *, shared: bool | None = None, search: str = "") -> int:
        query = select(func.count()).select_from(projects).where(*_shown(scope, viewer, shared, search))
        return self._connection.execute(query).scalar_one()

    def comments(self, scope: Scope, project_id: str) -> list[Comment]:
        query = select(project_comments).where(
            within(scope, project_comments), project_comments.c.project_id == project_id
        )
        rows = self._connection.execute(_newest_first(query, project_comments, COMMENTS, 0))
        return [value_of(Comment, row) for row in rows][::-1]

    def add_comment(self, comment: Comment) -> None:
        self._connection.execute(insert(project_comments), row_of(comment))


class SqlReports:
    """core.ports.library_rows.ReportRows."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, scope: Scope, report_id: str) -> Report:
        query = select(reports).where(within(scope, reports), reports.c.id == report_id)
        row = self._connection.execute(query).first()
        if row is None:
            raise NotFound("There is no such report.")
        return value_of(Report, row)

    def put(self, report: Report) -> Report:
        version = put_by_version(self._connection, reports, row_of(report), "report")
        return msgspec.structs.replace(report, version=version)

    def unfinished(self, scope: Scope) -> list[Report]:
        query = select(reports).where(within(scope, reports), reports.c.state.in_(TO_MAKE))
        rows = self._connection.execute(query.order_by(reports.c.created_at, reports.c.id).limit(BATCH))
        return [value_of(Report, row) for row in rows]

    def forget(self, created_before: Instant) -> int:
        return self._connection.execute(delete(reports).where(reports.c.created_at < created_before)).rowcount


def _living(scope: Scope, project_id: str | None, kind: UploadKind | None) -> list[ColumnElement[bool]]:
    found = [within(scope, uploads), uploads.c.deleted_at.is_(None)]
    if project_id is not None:
        found.append(uploads.c.project_id == project_id)
    if kind is not None:
        found.append(uploads.c.kind == kind)
    return found


def _shown(scope: Scope, viewer: str | None, shared: bool | None, search: str) -> list[ColumnElement[bool]]:  # noqa: FBT001
    found = [within(scope, projects), projects.c.deleted_at.is_(None)]
    if viewer is not None:
        found.append(or_(projects.c.created_by == viewer, projects.c.shared))
    if shared is not None:
        found.append(projects.c.shared == shared)
    if search:
        found.append(projects.c.name.icontains(search, autoescape=True, escape=ESCAPE))
    return found


def _newest_first(query: Select[Any], table: Table, limit: int, offset: int) -> Select[Any]:
    return query.order_by(table.c.created_at.desc(), table.c.id.desc()).limit(limit).offset(offset)
