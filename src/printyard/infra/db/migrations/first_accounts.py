"""The tables of accounts and OAuth2 in the first schema; a part of revision 0001, as fixed as that."""

from typing import Any

import sqlalchemy as sa
from alembic import op

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
LIVING = sa.text("deleted_at IS NULL")


def create_accounts() -> None:
    op.create_table(
        "organizations",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        *_made(),
        sa.PrimaryKeyConstraint("id", name="pk_organizations"),
    )
    op.create_table(
        "teams",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("name_key", TEXT, nullable=False),
        sa.Column("description", TEXT, nullable=False),
        *_made(),
        sa.PrimaryKeyConstraint("id", name="pk_teams"),
    )
    op.create_index(
        "uq_teams_organization_id_name_key", "teams", ["organization_id", "name_key"], unique=True,
        sqlite_where=LIVING, postgresql_where=LIVING,
    )  # fmt: skip
    op.create_table(
        "team_members",
        sa.Column("team_id", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=False),
        sa.ForeignKeyConstraint(["team_id"], ["teams.id"], name="fk_team_members_team_id"),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_team_members_user_id"),
        sa.PrimaryKeyConstraint("team_id", "user_id", name="pk_team_members"),
    )
    op.create_index("ix_team_members_user_id", "team_members", ["user_id"])


def create_oauth() -> None:
    op.create_table(
        "oauth_clients",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("client_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("redirect_uris", sa.Text(), nullable=False),
        sa.Column("loopback", sa.Boolean(), nullable=False),
        sa.Column("confidential", sa.Boolean(), nullable=False),
        sa.Column("rights", sa.Text(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        *_made(),
        sa.PrimaryKeyConstraint("id", name="pk_oauth_clients"),
    )
    op.create_index("uq_oauth_clients_client_id", "oauth_clients", ["client_id"], unique=True)
    op.create_table(
        "oauth_consents",
        *_allowed("oauth_consents"),
        sa.Column("application", TEXT, nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
    )
    op.create_index("ix_oauth_consents_user_id", "oauth_consents", ["user_id"])
    op.create_index("ix_oauth_consents_client_id", "oauth_consents", ["client_id"])
    op.create_index("ix_oauth_consents_root_id", "oauth_consents", ["root_id"])
    for table in ("oauth_clients", "oauth_consents"):
        columns = ["organization_id", "created_at", "id"]
        op.create_index(f"ix_{table}_organization_id_created_at_id", table, columns)
    op.create_table(
        "oauth_codes",
        *_allowed("oauth_codes"),
        sa.Column("redirect_uri", TEXT, nullable=False),
        sa.Column("challenge", sa.Text(), nullable=True),
        sa.Column("used_at", sa.BigInteger(), nullable=True),
        sa.Column("consent_id", TEXT, nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
    )
    op.create_index("uq_oauth_codes_digest", "oauth_codes", ["digest"], unique=True)


def _made() -> tuple[sa.Column[Any], ...]:
    return (
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
    )


def _allowed(table: str) -> tuple[sa.schema.SchemaItem, ...]:
    return (
        sa.Column("id", TEXT, nullable=False),
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=True),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("client_id", TEXT, nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("rights", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("root_id", TEXT, nullable=True),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name=f"fk_{table}_user_id"),
        sa.PrimaryKeyConstraint("id", name=f"pk_{table}"),
    )
