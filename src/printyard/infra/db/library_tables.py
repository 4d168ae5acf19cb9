"""The tables of the library: announced uploads, projects with comments, reports."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, Table, Text

from printyard.core.model.report import ReportFormat, ReportState
from printyard.core.model.upload import UploadKind, UploadState
from printyard.infra.db.columns import Json, Word, instant, key, number, required, text
from printyard.infra.db.tables import metadata

projects = Table(
    "projects",
    metadata,
    key(),
    required("organization_id", text()),
    required("name", text()),
    required("created_at", instant()),
    required("created_by", text()),
    required("created_by_name", text()),
    required("changed_at", instant()),
    required("description", Text()),
    required("shared", Boolean()),
    Column("deleted_at", instant()),
    required("version", Integer()),
    Index(None, "organization_id", "created_at", "id"),
)

project_comments = Table(
    "project_comments",
    metadata,
    key(),
    required("organization_id", text()),
    required("project_id", text(), ForeignKey("projects.id")),
    required("body", Text()),
    required("created_at", instant()),
    required("created_by", text()),
    required("created_by_name", text()),
    Index(None, "project_id", "created_at", "id"),
)

uploads = Table(
    "uploads",
    metadata,
    # The id of the file that it becomes; no foreign key, since that comes later.
    key(),
    required("organization_id", text()),
    required("kind", Word(UploadKind)),
    required("state", Word(UploadState)),
    required("name", text()),
    required("file_name", text()),
    required("size", number()),
    required("content_type", text()),
    required("created_at", instant()),
    required("created_by", text()),
    required("created_by_name", text()),
    required("expires_at", instant()),
    required("application", text()),
    required("origin", text()),
    Column("project_id", text(), ForeignKey("projects.id")),
    required("source_id", text()),
    required("partial_id", text()),
    required("sha256", text()),
    required("reason", text()),
    Column("completed_at", instant()),
    Column("deleted_at", instant()),
    required("version", Integer()),
    Index(None, "project_id", "created_at", "id"),
    Index(None, "organization_id", "kind", "created_at", "id"),
    Index(None, "state", "expires_at"),
)

reports = Table(
    "reports",
    metadata,
    key(),
    required("organization_id", text()),
    required("state", Word(ReportState)),
    required("format", Word(ReportFormat)),
    Column("printer_ids", Json(tuple[str, ...])),
    required("start", instant()),
    required("end", instant()),
    required("created_at", instant()),
    required("created_by", text()),
    required("sha256", text()),
    required("size", number()),
    required("reason", text()),
    Column("finished_at", instant()),
    required("version", Integer()),
    Index(None, "state", "created_at"),
    Index(None, "created_at"),
    Index(None, "sha256"),
)
