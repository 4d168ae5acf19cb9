"""The part of the first schema that clusters have."""

import sqlalchemy as sa
from alembic import op

from printyard.infra.db.search_sql import STATEMENTS

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LIVING = sa.text("deleted_at IS NULL")


def create_clusters() -> None:
    """The tables of `infra.db.cluster_tables` (after those of jobs)."""
    op.create_table(
        "registrations",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("group_id", TEXT, nullable=False),
        sa.Column("owner_id", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("registered_at", sa.BigInteger(), nullable=True),
        sa.Column("pin", TEXT, nullable=False),
        sa.Column("organization_shared", sa.Boolean(), nullable=False),
        sa.Column("team_ids", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_registrations"),
    )
    op.create_index(
        "uq_registrations_group_id",
        "registrations",
        ["group_id"],
        unique=True,
        sqlite_where=LIVING,
        postgresql_where=LIVING,
    )
    _job_remarks()
    _job_search()
    _care()


def _job_remarks() -> None:
    op.create_table(
        "job_remarks",
        sa.Column("job_id", TEXT, nullable=False),
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("message_by", TEXT, nullable=False),
        sa.Column("message_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_job_remarks_job_id"),
        sa.PrimaryKeyConstraint("job_id", name="pk_job_remarks"),
    )


def _job_search() -> None:
    op.create_table(
        "job_search",
        sa.Column("number", NUMBER, autoincrement=True, nullable=False),
        sa.Column("job_id", TEXT, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["job_id"], ["jobs.id"], name="fk_job_search_job_id"),
        sa.PrimaryKeyConstraint("number", name="pk_job_search"),
        sa.UniqueConstraint("job_id", name="uq_job_search_job_id"),
    )
    for statement in STATEMENTS[op.get_bind().dialect.name]:
        op.get_bind().exec_driver_sql(statement)


def _care() -> None:
    op.create_table(
        "care",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("printer_id", TEXT, nullable=False),
        sa.Column("batch_id", TEXT, nullable=False),
        sa.Column("done_at", sa.BigInteger(), nullable=False),
        sa.Column("done_by", TEXT, nullable=False),
        sa.Column("codes", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["printer_id"], ["printers.id"], name="fk_care_printer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_care"),
    )
    op.create_index("ix_care_printer_id_done_at", "care", ["printer_id", "done_at"])
