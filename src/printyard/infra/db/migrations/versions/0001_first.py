"""The first schema."""

import sqlalchemy as sa
from alembic import op

from printyard.infra.db.migrations.first_accounts import create_accounts, create_oauth
from printyard.infra.db.migrations.first_clusters import create_clusters
from printyard.infra.db.migrations.first_groups import create_groups, queue_columns
from printyard.infra.db.migrations.first_library import create_library, create_reports, create_uploads

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXT = sa.String().with_variant(sa.String(collation="C"), "postgresql")
NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
LIVING = sa.text("deleted_at IS NULL")
JOB_STEPS = ("assigned_at", "started_at", "ended_at", "cleared_at", "claimed_at")


def upgrade() -> None:
    _aliases()
    _analyses()
    _blobs()
    _commands()
    _event_counter()
    _events()
    _files()
    _materials()
    _printers()
    _settings()
    _users()
    _grants()
    _jobs()
    _job_indexes()
    create_clusters()
    create_groups()
    _printer_records()
    _tokens()
    create_accounts()
    create_oauth()
    create_library()
    create_uploads()
    create_reports()
    op.execute("INSERT INTO event_counter (id, newest) VALUES (1, 0)")


def _aliases() -> None:
    op.create_table(
        "aliases",
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("core_id", TEXT, nullable=False),
        sa.Column("dialect", TEXT, nullable=False),
        sa.Column("value", TEXT, nullable=False),
        sa.PrimaryKeyConstraint("kind", "core_id", "dialect", name="pk_aliases"),
    )
    op.create_index("uq_aliases_kind_dialect_value", "aliases", ["kind", "dialect", "value"], unique=True)


def _analyses() -> None:
    op.create_table(
        "analyses",
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("limits_key", TEXT, nullable=False),
        sa.Column("analysis", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("sha256", "limits_key", name="pk_analyses"),
    )


def _blobs() -> None:
    op.create_table(
        "blobs",
        sa.Column("sha256", TEXT, nullable=False),
        sa.Column("size", NUMBER, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("content_sha256", TEXT, nullable=False),
        sa.Column("content_size", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("sha256", name="pk_blobs"),
    )


def _commands() -> None:
    op.create_table(
        "commands",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("printer_id", TEXT, nullable=False),
        sa.Column("word", TEXT, nullable=False),
        sa.Column("command", sa.Text(), nullable=False),
        sa.Column("principal_id", TEXT, nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("deadline", sa.BigInteger(), nullable=False),
        sa.Column("fate", sa.String(), nullable=False),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_commands"),
    )
    op.create_index("ix_commands_printer_id_at", "commands", ["printer_id", "at"])


def _event_counter() -> None:
    op.create_table(
        "event_counter",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("newest", NUMBER, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_event_counter"),
    )


def _events() -> None:
    op.create_table(
        "events",
        sa.Column("number", NUMBER, autoincrement=False, nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("subject_kind", TEXT, nullable=False),
        sa.Column("subject_id", TEXT, nullable=False),
        sa.Column("actor", TEXT, nullable=False),
        sa.Column("cause", TEXT, nullable=False),
        sa.Column("printer_id", TEXT, nullable=True),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number", name="pk_events"),
    )
    op.create_index("ix_events_organization_id_number", "events", ["organization_id", "number"])
    op.create_index("ix_events_printer_id_number", "events", ["printer_id", "number"])
    op.create_index("ix_events_subject_kind_subject_id_number", "events", ["subject_kind", "subject_id", "number"])


def _files() -> None:
    op.create_table(
        "files",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("blob_sha256", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_files"),
    )
    op.create_index("ix_files_blob_sha256", "files", ["blob_sha256"])
    op.create_index("ix_files_organization_id_created_at_id", "files", ["organization_id", "created_at", "id"])


def _materials() -> None:
    op.create_table(
        "materials",
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("guid", TEXT, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("brand", TEXT, nullable=False),
        sa.Column("material", TEXT, nullable=False),
        sa.Column("color", TEXT, nullable=False),
        sa.Column("label", TEXT, nullable=False),
        sa.Column("color_code", TEXT, nullable=False),
        sa.Column("density", sa.Double(), nullable=True),
        sa.Column("diameter_mm", sa.Double(), nullable=True),
        sa.Column("weight_grams", sa.Double(), nullable=True),
        sa.Column("print_celsius", sa.Double(), nullable=True),
        sa.Column("bed_celsius", sa.Double(), nullable=True),
        sa.Column("standby_celsius", sa.Double(), nullable=True),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("preloaded", sa.Boolean(), nullable=False),
        sa.Column("changed_at", sa.BigInteger(), nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("organization_id", "guid", name="pk_materials"),
    )


def _printers() -> None:
    op.create_table(
        "printers",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("group_id", TEXT, nullable=False),
        sa.Column("slug", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("driver", TEXT, nullable=False),
        sa.Column("model_id", TEXT, nullable=False),
        sa.Column("device_guid", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("setup", sa.Text(), nullable=False),
        sa.Column("declared", sa.Boolean(), nullable=False),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("epoch", NUMBER, nullable=False),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_printers"),
    )
    op.create_index("ix_printers_group_id", "printers", ["group_id"])
    op.create_index("uq_printers_slug", "printers", ["slug"], unique=True, sqlite_where=LIVING, postgresql_where=LIVING)


def _settings() -> None:
    op.create_table(
        "settings",
        sa.Column("name", TEXT, nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_settings"),
    )


def _users() -> None:
    op.create_table(
        "users",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("name_key", TEXT, nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("email", TEXT, nullable=False),
        sa.Column("password_hash", TEXT, nullable=False),
        sa.Column("disabled_at", sa.BigInteger(), nullable=True),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
    )
    op.create_index(
        "uq_users_name_key", "users", ["name_key"], unique=True, sqlite_where=LIVING, postgresql_where=LIVING
    )


def _grants() -> None:
    op.create_table(
        "grants",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("printer_id", TEXT, nullable=False),
        sa.Column("public_id", TEXT, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("application", TEXT, nullable=False),
        sa.Column("user", TEXT, nullable=False),
        sa.Column("host_name", TEXT, nullable=False),
        sa.Column("exclusion_key", TEXT, nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("decided_by", TEXT, nullable=True),
        sa.Column("sealed_ha1_md5", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_ha1_sha256", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["printer_id"], ["printers.id"], name="fk_grants_printer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_grants"),
    )
    op.create_index("ix_grants_organization_id_created_at_id", "grants", ["organization_id", "created_at", "id"])
    op.create_index("ix_grants_printer_id_created_at_id", "grants", ["printer_id", "created_at", "id"])
    op.create_index("uq_grants_public_id", "grants", ["public_id"], unique=True)


def _jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("group_id", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("created_by", TEXT, nullable=False),
        sa.Column("printer_id", TEXT, nullable=True),
        sa.Column("file_id", TEXT, nullable=True),
        sa.Column("claimed_user", TEXT, nullable=False),
        sa.Column("application", TEXT, nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("reason", TEXT, nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("rank", NUMBER, nullable=False),
        sa.Column("batch_id", TEXT, nullable=True),
        sa.Column("reprint_of", TEXT, nullable=True),
        sa.Column("start_token", TEXT, nullable=False),
        sa.Column("device_ref", TEXT, nullable=False),
        *(sa.Column(step, sa.BigInteger(), nullable=True) for step in JOB_STEPS),
        sa.Column("seconds_estimated", sa.Double(), nullable=False),
        sa.Column("seconds_elapsed", sa.Double(), nullable=False),
        sa.Column("filament_mm", sa.Text(), nullable=False),
        sa.Column("material_guids", sa.Text(), nullable=False),
        sa.Column("nozzle_names", sa.Text(), nullable=False),
        sa.Column("slicer", TEXT, nullable=False),
        sa.Column("slice_uuid", TEXT, nullable=False),
        *queue_columns(),
        sa.Column("deleted_at", sa.BigInteger(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["file_id"], ["files.id"], name="fk_jobs_file_id"),
        sa.ForeignKeyConstraint(["printer_id"], ["printers.id"], name="fk_jobs_printer_id"),
        sa.PrimaryKeyConstraint("id", name="pk_jobs"),
    )


def _job_indexes() -> None:
    op.create_index("ix_jobs_file_id", "jobs", ["file_id"])
    op.create_index("ix_jobs_group_id_state_rank_created_at", "jobs", ["group_id", "state", "rank", "created_at"])
    op.create_index("ix_jobs_organization_id_created_at_id", "jobs", ["organization_id", "created_at", "id"])
    op.create_index(
        "ix_jobs_organization_id_state_rank_created_at", "jobs", ["organization_id", "state", "rank", "created_at"]
    )
    op.create_index("ix_jobs_group_id_created_at_id", "jobs", ["group_id", "created_at", "id"])
    op.create_index("ix_jobs_printer_id_created_at_id", "jobs", ["printer_id", "created_at", "id"])
    op.create_index("ix_jobs_printer_id_started_at_id", "jobs", ["printer_id", "started_at", "id"])
    op.create_index("ix_jobs_printer_id_state", "jobs", ["printer_id", "state"])
    op.create_index("ix_jobs_created_by_created_at_id", "jobs", ["created_by", "created_at", "id"])
    op.create_index("ix_jobs_state", "jobs", ["state"])


def _printer_records() -> None:
    op.create_table(
        "printer_records",
        sa.Column("printer_id", TEXT, nullable=False),
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("reserved_by", TEXT, nullable=True),
        sa.Column("in_maintenance", sa.Boolean(), nullable=False),
        sa.Column("note", TEXT, nullable=False),
        sa.Column("country", TEXT, nullable=False),
        sa.Column("plate", sa.String(), nullable=False),
        sa.Column("plate_changed_at", sa.BigInteger(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["printer_id"], ["printers.id"], name="fk_printer_records_printer_id"),
        sa.PrimaryKeyConstraint("printer_id", name="pk_printer_records"),
    )


def _tokens() -> None:
    op.create_table(
        "tokens",
        sa.Column("id", TEXT, nullable=False),
        sa.Column("organization_id", TEXT, nullable=False),
        sa.Column("user_id", TEXT, nullable=True),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("last_used_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("rights", sa.Text(), nullable=True),
        sa.Column("parent_id", TEXT, nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["user_id"], ["users.id"], name="fk_tokens_user_id"),
        sa.PrimaryKeyConstraint("id", name="pk_tokens"),
    )
    op.create_index("ix_tokens_organization_id_created_at_id", "tokens", ["organization_id", "created_at", "id"])
    op.create_index("uq_tokens_digest", "tokens", ["digest"], unique=True)
    op.create_index("ix_tokens_parent_id", "tokens", ["parent_id"])
    op.create_index("ix_tokens_user_id", "tokens", ["user_id"])
