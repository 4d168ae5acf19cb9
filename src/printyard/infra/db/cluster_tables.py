"""The tables of clusters: registrations of groups of printers, and what was said about jobs."""

from sqlalchemy import Boolean, Column, Connection, ForeignKey, Index, Integer, Table, Text, event

from printyard.infra.db.columns import Json, instant, number, text
from printyard.infra.db.search_sql import STATEMENTS
from printyard.infra.db.tables import LIVING, metadata

registrations = Table(
    "registrations",
    metadata,
    Column("id", text(), primary_key=True),
    Column("organization_id", text(), nullable=False),
    Column("group_id", text(), nullable=False),
    Column("owner_id", text(), nullable=False),
    Column("created_at", instant(), nullable=False),
    Column("registered_at", instant()),
    Column("pin", text(), nullable=False),
    Column("organization_shared", Boolean(), nullable=False),
    Column("team_ids", Json(tuple[str, ...]), nullable=False),
    Column("note", Text(), nullable=False),
    Column("deleted_at", instant()),
    Column("version", Integer(), nullable=False),
    Index("uq_registrations_group_id", "group_id", unique=True, sqlite_where=LIVING, postgresql_where=LIVING),
)

job_remarks = Table(
    "job_remarks",
    metadata,
    Column("job_id", text(), ForeignKey("jobs.id"), primary_key=True),
    Column("organization_id", text(), nullable=False),
    Column("note", Text(), nullable=False),
    Column("message", Text(), nullable=False),
    Column("message_by", text(), nullable=False),
    Column("message_at", instant()),
)

job_search = Table(
    "job_search",
    metadata,
    Column("number", number(), primary_key=True, autoincrement=True),
    Column("job_id", text(), ForeignKey("jobs.id"), nullable=False, unique=True),
    Column("text", Text(), nullable=False),
)
"""What a job is found by, in the order in which jobs were made; `search_sql` indexes it."""


@event.listens_for(job_search, "after_create")
def _index_words(_: Table, connection: Connection, **_options: object) -> None:
    for statement in STATEMENTS[connection.dialect.name]:
        connection.exec_driver_sql(statement)


care = Table(
    "care",
    metadata,
    Column("id", text(), primary_key=True),
    Column("organization_id", text(), nullable=False),
    Column("printer_id", text(), ForeignKey("printers.id"), nullable=False),
    Column("batch_id", text(), nullable=False),
    Column("done_at", instant(), nullable=False),
    Column("done_by", text(), nullable=False),
    Column("codes", Json(tuple[str, ...]), nullable=False),
    Index(None, "printer_id", "done_at"),
)
