"""The schema's revision: a fresh database is made from the tables, an older one is migrated, a newer one refused.

Alembic is imported only when there is something to migrate: it costs 0.7 s of every start.
"""

from pathlib import Path

from sqlalchemy import Connection, Engine, inspect

from printyard.core.errors import Conflict
from printyard.infra.db.copies import copy_sqlite
from printyard.infra.db.engine import database_file
from printyard.infra.db.repositories.events import ROW
from printyard.infra.db.tables import event_counter, metadata

REVISION = "0001"
"""The newest revision under `migrations`; they are numbered, so that it can be seen which of two is the newer."""

MIGRATIONS = Path(__file__).parent / "migrations"
STAMP = "alembic_version"


def stored_revision(connection: Connection) -> str | None:
    """The revision of a database, None for an empty one. Raises Conflict for a database of something else."""
    tables = inspect(connection).get_table_names()
    if STAMP in tables:
        revision = connection.exec_driver_sql(f"SELECT version_num FROM {STAMP}").scalar()  # noqa: S608 (a constant)
        if isinstance(revision, str):
            return revision
    if tables:
        raise Conflict("The database belongs to another program.")
    return None


def ensure_schema(writer: Engine, *, newest: str = REVISION, migrations: Path = MIGRATIONS) -> None:
    """Bring the database to the newest revision. Raises Conflict for a newer one or a foreign one."""
    with writer.begin() as connection:
        stored = stored_revision(connection)
        if stored is None:
            _create(connection, newest)
            return
    check_not_newer(stored, newest)
    if stored != newest:
        _migrate(writer, newest, migrations)


def check_not_newer(stored: str, newest: str = REVISION) -> None:
    """Raises Conflict if this program is older than the database."""
    if stored > newest:
        raise Conflict(f"The database was written by a newer Printyard (revision {stored}, this one knows {newest}).")


def _create(connection: Connection, revision: str) -> None:
    metadata.create_all(connection, checkfirst=False)
    connection.execute(event_counter.insert().values(id=ROW, newest=0))
    # As Alembic itself would make it.
    connection.exec_driver_sql(
        f"CREATE TABLE {STAMP} (version_num VARCHAR(32) NOT NULL, CONSTRAINT {STAMP}_pkc PRIMARY KEY (version_num))"
    )
    connection.exec_driver_sql(f"INSERT INTO {STAMP} (version_num) VALUES ('{revision}')")  # noqa: S608 (a constant)


def _migrate(writer: Engine, newest: str, migrations: Path) -> None:
    """In one transaction; an SQLite file is copied first, to NAME.before-REVISION."""
    from alembic import command
    from alembic.config import Config

    if (file := database_file(writer.url)) is not None:
        copy_sqlite(file, file.with_name(f"{file.name}.before-{newest}"))
    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    with writer.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, newest)
