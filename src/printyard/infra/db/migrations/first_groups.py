"""The part of the first schema that groups of printers have."""

from typing import Any

import sqlalchemy as sa
from alembic import op

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def queue_columns() -> tuple[sa.Column[Any], ...]:
    """What a job has for the sake of its queue."""
    return (
        sa.Column("needs", sa.Text(), nullable=False),
        sa.Column("priority", sa.Integer(), nullable=False),
        sa.Column("deadline", sa.BigInteger(), nullable=True),
        sa.Column("auto_start", sa.Boolean(), nullable=False),
        sa.Column("forced_by", TEXT, nullable=False),
    )


def create_groups() -> None:
    """The table of `infra.db.group_tables`."""
    op.create_table(
        "groups",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("discipline", sa.String(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_groups"),
    )
    op.create_index("ix_groups_organization_id_created_at_id", "groups", ["organization_id", "created_at", "id"])
