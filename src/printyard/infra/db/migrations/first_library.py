"""The library's tables in the first schema; a part of revision 0001, as fixed as that."""

import sqlalchemy as sa
from alembic import op

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def create_library() -> None:
    op.create_table(
        "projects",
        *_owned(),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("created_by_name", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_projects"),
    )
    op.create_index("ix_projects_organization_id_created_at_id", "projects", ["organization_id", "created_at", "id"])
    op.create_table(
        "project_comments",
        *_owned(),
        sa.Column("project_id", TEXT, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("created_by_name", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_project_comments_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_project_comments"),
    )
    op.create_index(
        "ix_project_comments_project_id_created_at_id", "project_comments", ["project_id", "created_at", "id"]
    )


def create_uploads() -> None:
    op.create_table(
        "uploads",
        *_owned(),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("file_name", TEXT, nullable=False),
        sa.Column("size", NUMBER, nullable=False),
        sa.Column("content_type", TEXT, nullable=False),
        sa.Column("created_by_name", TEXT, nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("application", TEXT, nullable=False),
        sa.Column("origin", TEXT, nullable=False),
        sa.Column("project_id", TEXT, nullable=True),
        sa.Column("source_id", TEXT, nullable=False),
        sa.Column("partial_id", TEXT, nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("completed_at", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["projects.id"], name="fk_uploads_project_id"),
        sa.PrimaryKeyConstraint("id", name="pk_uploads"),
    )
    op.create_index("ix_uploads_project_id_created_at_id", "uploads", ["project_id", "created_at", "id"])
    op.create_index(
        "ix_uploads_organization_id_kind_created_at_id", "uploads", ["organization_id", "kind", "created_at", "id"]
    )
    op.create_index("ix_uploads_state_expires_at", "uploads", ["state", "expires_at"])


def create_reports() -> None:
    op.create_table(
        "reports",
        *_owned(),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("format", sa.String(), nullable=False),
        sa.Column("printer_ids", sa.Text(), nullable=True),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("size", NUMBER, nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_reports"),
    )
    op.create_index("ix_reports_state_created_at", "reports", ["state", "created_at"])
    op.create_index("ix_reports_created_at", "reports", ["created_at"])
    op.create_index("ix_reports_sha256", "reports", ["sha256"])


def _owned() -> tuple[sa.Column[str] | sa.Column[int], ...]:
    return (
        sa.Column("id", TEXT, nullable=False),
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
    )
