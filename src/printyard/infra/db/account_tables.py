"""The tables of accounts and OAuth2. No secret lies here: digests are SHA-256 of what is long and random."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, LargeBinary, Table

from printyard.core.model.oauth import Challenge
from printyard.core.model.user import Right, Role
from printyard.infra.db.columns import Json, Word, instant, key, required, text
from printyard.infra.db.tables import LIVING, metadata

organizations = Table(
    "organizations",
    metadata,
    key(),
    required("name", text()),
    required("created_at", instant()),
    required("created_by", text()),
    Column("deleted_at", instant()),
    required("version", Integer()),
)

teams = Table(
    "teams",
    metadata,
    key(),
    required("organization_id", text()),
    required("name", text()),
    required("name_key", text()),
    required("created_at", instant()),
    required("created_by", text()),
    required("description", text()),
    Column("deleted_at", instant()),
    required("version", Integer()),
    Index(
        "uq_teams_organization_id_name_key", "organization_id", "name_key", unique=True,
        sqlite_where=LIVING, postgresql_where=LIVING,
    ),
)  # fmt: skip

team_members = Table(
    "team_members",
    metadata,
    key("team_id", ForeignKey("teams.id")),
    key("user_id", ForeignKey("users.id")),
    Index(None, "user_id"),
)

oauth_clients = Table(
    "oauth_clients",
    metadata,
    key(),
    required("client_id", text()),
    required("name", text()),
    required("created_at", instant()),
    required("organization_id", text()),
    required("created_by", text()),
    required("redirect_uris", Json(tuple[str, ...])),
    required("loopback", Boolean()),
    required("confidential", Boolean()),
    required("rights", Json(frozenset[Right])),
    required("digest", LargeBinary()),
    Column("deleted_at", instant()),
    required("version", Integer()),
    # Also of a removed one: what was allowed under an id never becomes another program's.
    Index("uq_oauth_clients_client_id", "client_id", unique=True),
    Index(None, "organization_id", "created_at", "id"),
)

oauth_consents = Table(
    "oauth_consents",
    metadata,
    key(),
    required("organization_id", text()),
    Column("user_id", text(), ForeignKey("users.id")),
    required("name", text()),
    required("role", Word(Role)),
    required("client_id", text()),
    required("application", text()),
    required("scopes", Json(tuple[str, ...])),
    required("rights", Json(frozenset[Right])),
    required("created_at", instant()),
    required("expires_at", instant()),
    Column("revoked_at", instant()),
    Column("root_id", text()),
    Index(None, "organization_id", "created_at", "id"),
    Index(None, "user_id"),
    Index(None, "client_id"),
    Index(None, "root_id"),
)

oauth_codes = Table(
    "oauth_codes",
    metadata,
    key(),
    required("organization_id", text()),
    Column("user_id", text(), ForeignKey("users.id")),
    required("name", text()),
    required("role", Word(Role)),
    required("client_id", text()),
    required("redirect_uri", text()),
    required("scopes", Json(tuple[str, ...])),
    required("rights", Json(frozenset[Right])),
    Column("challenge", Json(Challenge)),
    required("created_at", instant()),
    required("expires_at", instant()),
    Column("used_at", instant()),
    # No foreign key: both are forgotten when their time is over, whichever is first.
    Column("consent_id", text()),
    Column("root_id", text()),
    required("digest", LargeBinary()),
    Index("uq_oauth_codes_digest", "digest", unique=True),
)
