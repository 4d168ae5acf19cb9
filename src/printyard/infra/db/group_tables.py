"""The table of groups of printers."""

from sqlalchemy import Column, Index, Integer, Table

from printyard.core.model.group import Discipline
from printyard.infra.db.columns import Word, instant, key, required, text
from printyard.infra.db.tables import metadata

groups = Table(
    "groups",
    metadata,
    key(),
    required("organization_id", text()),
    required("name", text()),
    required("created_at", instant()),
    required("created_by", text()),
    required("discipline", Word(Discipline)),
    Column("deleted_at", instant()),
    required("version", Integer()),
    Index(None, "organization_id", "created_at", "id"),
)
