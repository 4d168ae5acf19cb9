"""The tables. A column that holds a field of a core value bears the field's name.

What a tenant owns has its organization_id. Instants are microseconds, durations seconds; deletion is a tombstone.
Every index serves a read of `repositories`: pages follow an index in its order, so that a long history costs nothing.
"""

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Double,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text as sql,
)

from printyard.core.commands import Fate
from printyard.core.events import FactName
from printyard.core.model.file import Analysis, FileKind
from printyard.core.model.job import JobOutcome, JobSource, JobState
from printyard.core.model.machine import MachineSetup
from printyard.core.model.needs import Needs
from printyard.core.model.state import Plate
from printyard.core.model.user import GrantState, Right, Role, TokenPurpose
from printyard.infra.db.columns import Json, Word, instant, key as _key, number, required as _required, text

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    }
)

LIVING = sql("deleted_at IS NULL")


printers = Table(
    "printers",
    metadata,
    _key(),
    _required("organization_id", text()),
    _required("group_id", text()),
    _required("slug", text()),
    _required("name", text()),
    _required("driver", text()),
    _required("model_id", text()),
    _required("device_guid", text()),
    _required("created_at", instant()),
    _required("created_by", text()),
    _required("settings", Json(dict[str, Any])),
    _required("setup", Json(MachineSetup)),
    _required("declared", Boolean()),
    _required("owner", text()),
    _required("epoch", number()),
    Column("deleted_at", instant()),
    _required("version", Integer()),
    # Slugs stand in addresses, which know no organization; a removed printer's may be given again.
    Index("uq_printers_slug", "slug", unique=True, sqlite_where=LIVING, postgresql_where=LIVING),
    Index("ix_printers_group_id", "group_id"),
)

printer_records = Table(
    "printer_records",
    metadata,
    _key("printer_id", ForeignKey("printers.id")),
    _required("organization_id", text()),
    _required("enabled", Boolean()),
    Column("reserved_by", text()),
    _required("in_maintenance", Boolean()),
    _required("note", text()),
    _required("country", text()),
    _required("plate", Word(Plate)),
    _required("plate_changed_at", instant()),
    _required("version", Integer()),
)

blobs = Table(
    "blobs",
    metadata,
    _key("sha256"),
    _required("size", number()),
    _required("kind", Word(FileKind)),
    _required("created_at", instant()),
    _required("content_sha256", text()),
    _required("content_size", number()),
)

files = Table(
    "files",
    metadata,
    _key(),
    _required("organization_id", text()),
    _required("name", text()),
    # No foreign key: the tombstone of a file outlives the bytes.
    _required("blob_sha256", text()),
    _required("created_at", instant()),
    _required("created_by", text()),
    Column("deleted_at", instant()),
    _required("version", Integer()),
    Index(None, "organization_id", "created_at", "id"),
    Index(None, "blob_sha256"),
)

analyses = Table(
    "analyses",
    metadata,
    _key("sha256"),
    _key("limits_key"),
    _required("analysis", Json(Analysis)),
)

jobs = Table(
    "jobs",
    metadata,
    _key(),
    _required("organization_id", text()),
    _required("group_id", text()),
    _required("name", text()),
    _required("state", Word(JobState)),
    _required("source", Word(JobSource)),
    _required("created_at", instant()),
    _required("created_by", text()),
    Column("printer_id", text(), ForeignKey("printers.id")),
    Column("file_id", text(), ForeignKey("files.id")),
    _required("claimed_user", text()),
    _required("application", text()),
    Column("outcome", Word(JobOutcome)),
    _required("reason", text()),
    _required("attempts", Integer()),
    _required("rank", number()),
    Column("batch_id", text()),
    Column("reprint_of", text()),
    _required("start_token", text()),
    _required("device_ref", text()),
    Column("assigned_at", instant()),
    Column("started_at", instant()),
    Column("ended_at", instant()),
    Column("cleared_at", instant()),
    Column("claimed_at", instant()),
    _required("seconds_estimated", Double()),
    _required("seconds_elapsed", Double()),
    _required("filament_mm", Json(tuple[float, ...])),
    _required("material_guids", Json(tuple[str, ...])),
    _required("nozzle_names", Json(tuple[str, ...])),
    _required("slicer", text()),
    _required("slice_uuid", text()),
    _required("needs", Json(Needs)),
    _required("priority", Integer()),
    Column("deadline", instant()),
    _required("auto_start", Boolean()),
    _required("forced_by", text()),
    Column("deleted_at", instant()),
    _required("version", Integer()),
    Index(None, "organization_id", "created_at", "id"),
    Index(None, "group_id", "created_at", "id"),
    Index(None, "printer_id", "created_at", "id"),
    Index(None, "created_by", "created_at", "id"),
    Index(None, "printer_id", "started_at", "id"),
    Index(None, "printer_id", "state"),
    Index(None, "group_id", "state", "rank", "created_at"),
    Index(None, "organization_id", "state", "rank", "created_at"),
    Index(None, "state"),
    Index(None, "file_id"),
)

materials = Table(
    "materials",
    metadata,
    _key("organization_id"),
    _key("guid"),
    _required("version", Integer()),
    _required("brand", text()),
    _required("material", text()),
    _required("color", text()),
    _required("label", text()),
    _required("color_code", text()),
    Column("density", Double()),
    Column("diameter_mm", Double()),
    Column("weight_grams", Double()),
    Column("print_celsius", Double()),
    Column("bed_celsius", Double()),
    Column("standby_celsius", Double()),
    _required("document", Text()),
    _required("preloaded", Boolean()),
    _required("changed_at", instant()),
    Column("deleted_at", instant()),
)

events = Table(
    "events",
    metadata,
    Column("number", number(), primary_key=True, autoincrement=False),
    _required("recorded_at", instant()),
    _required("name", Word(FactName)),
    _required("at", instant()),
    _required("organization_id", text()),
    _required("subject_kind", text()),
    _required("subject_id", text()),
    _required("actor", text()),
    _required("cause", text()),
    Column("printer_id", text()),
    _required("schema_version", Integer()),
    _required("body", Json(dict[str, Any])),
    Index(None, "organization_id", "number"),
    Index(None, "printer_id", "number"),
    Index(None, "subject_kind", "subject_id", "number"),
)

event_counter = Table(
    "event_counter",
    metadata,
    # One row: the last number given, which outlives the facts that are trimmed.
    Column("id", Integer(), primary_key=True, autoincrement=False),
    _required("newest", number()),
)

users = Table(
    "users",
    metadata,
    _key(),
    _required("organization_id", text()),
    _required("name", text()),
    _required("name_key", text()),
    _required("role", Word(Role)),
    _required("created_at", instant()),
    _required("email", text()),
    _required("password_hash", text()),
    Column("disabled_at", instant()),
    Column("deleted_at", instant()),
    _required("version", Integer()),
    Index("uq_users_name_key", "name_key", unique=True, sqlite_where=LIVING, postgresql_where=LIVING),
)

tokens = Table(
    "tokens",
    metadata,
    _key(),
    _required("organization_id", text()),
    Column("user_id", text(), ForeignKey("users.id")),
    _required("name", text()),
    _required("role", Word(Role)),
    _required("created_at", instant()),
    Column("expires_at", instant()),
    Column("last_used_at", instant()),
    Column("revoked_at", instant()),
    _required("purpose", Word(TokenPurpose)),
    Column("rights", Json(frozenset[Right])),
    Column("parent_id", text()),
    _required("digest", LargeBinary()),
    Index("uq_tokens_digest", "digest", unique=True),
    Index(None, "parent_id"),
    Index(None, "user_id"),
    Index(None, "organization_id", "created_at", "id"),
)

grants = Table(
    "grants",
    metadata,
    _key(),
    _required("organization_id", text()),
    _required("printer_id", text(), ForeignKey("printers.id")),
    _required("public_id", text()),
    _required("state", Word(GrantState)),
    _required("application", text()),
    _required("user", text()),
    _required("host_name", text()),
    _required("exclusion_key", text()),
    _required("role", Word(Role)),
    _required("created_at", instant()),
    _required("expires_at", instant()),
    Column("decided_at", instant()),
    Column("decided_by", text()),
    _required("sealed_ha1_md5", LargeBinary()),
    _required("sealed_ha1_sha256", LargeBinary()),
    _required("version", Integer()),
    Index("uq_grants_public_id", "public_id", unique=True),
    Index(None, "organization_id", "created_at", "id"),
    Index(None, "printer_id", "created_at", "id"),
)

commands = Table(
    "commands",
    metadata,
    _key(),
    _required("organization_id", text()),
    _required("printer_id", text()),
    _required("word", text()),
    _required("command", Json(dict[str, Any])),
    _required("principal_id", text()),
    _required("at", instant()),
    _required("deadline", instant()),
    _required("fate", Word(Fate)),
    _required("reason", text()),
    _required("changed_at", instant()),
    Index(None, "printer_id", "at"),
)

aliases = Table(
    "aliases",
    metadata,
    _key("kind"),
    _key("core_id"),
    _key("dialect"),
    _required("value", text()),
    Index("uq_aliases_kind_dialect_value", "kind", "dialect", "value", unique=True),
)

settings = Table(
    "settings",
    metadata,
    _key("name"),
    _required("value", Json(Any)),
)
