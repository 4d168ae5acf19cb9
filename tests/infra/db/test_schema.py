"""Revisions: what a start does with the database that it finds."""

import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from sqlalchemy import create_engine, text

from printyard.core.errors import Conflict, Invalid, StorageFull, Unsupported
from printyard.infra.bus import LocalBell
from printyard.infra.db import open_store, schema
from printyard.infra.db.engine import parsed_url, writer_engine
from printyard.infra.db.search_sql import OWN
from printyard.infra.db.tables import metadata

SECOND = """
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    with op.batch_alter_table("printers") as printers:
        printers.add_column(sa.Column("colour", sa.String(), nullable=False, server_default="grey"))
{more}
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "yard.db"


@pytest.fixture
def second(tmp_path):
    """The migrations with one more; the text given is its last step."""

    def made(more=""):
        folder = tmp_path / "migrations"
        shutil.copytree(schema.MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
        (folder / "versions" / "0002_colour.py").write_text(SECOND.format(more=more))
        return folder

    return made


def ask(path, query):
    with closing(sqlite3.connect(path)) as connection:
        return connection.execute(query).fetchall()


def migrate(address, folder, newest="0002"):
    engine = writer_engine(parsed_url(address))
    try:
        schema.ensure_schema(engine, newest=newest, migrations=folder)
    finally:
        engine.dispose()


def test_an_up_to_date_database_is_opened_without_alembic(tmp_path, child_env):
    script = """
import asyncio, sys
from pathlib import Path
from printyard.infra.bus import LocalBell
from printyard.infra.clock import SystemClock
from printyard.infra.db import open_store, sqlite_url

for time in ("fresh", "again"):
    store = open_store(sqlite_url(Path(sys.argv[1]) / "yard.db"), SystemClock(), LocalBell())
    asyncio.run(store.close())
heavy = {"alembic", "mako", "psycopg", "numpy", "sqlalchemy.orm", "sqlalchemy.ext.asyncio"} & set(sys.modules)
print(sorted(heavy))
"""
    run = [sys.executable, "-c", script, tmp_path]
    done = subprocess.run(run, capture_output=True, text=True, check=True, env=child_env)
    assert done.stdout.strip() == "[]"


def test_the_package_knows_its_newest_revision():
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    assert ScriptDirectory.from_config(config).get_heads() == [schema.REVISION]


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_the_migrations_make_what_the_tables_say(kind, request, tmp_path):
    """Alembic compares; and SQLite's own text of every index, with its condition and order, is the same both ways."""
    from alembic import command
    from alembic.autogenerate import compare_metadata
    from alembic.config import Config
    from alembic.migration import MigrationContext

    url = f"sqlite:///{tmp_path}/migrated.db" if kind == "sqlite" else request.getfixturevalue("postgres_url")
    engine = create_engine(url)
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    with engine.begin() as connection:
        if kind == "postgres":  # in a schema of its own, which goes with the transaction
            connection.execute(text("CREATE SCHEMA migrated"))
            connection.execute(text("SET LOCAL search_path TO migrated"))
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        options = {
            "compare_type": True, "compare_server_default": True,
            "include_name": lambda name, *_: not (name or "").startswith(OWN),
        }  # fmt: skip
        difference = compare_metadata(MigrationContext.configure(connection, opts=options), metadata)
        counter = connection.execute(text("SELECT id, newest FROM event_counter")).all()
        if kind == "postgres":
            connection.rollback()
    engine.dispose()
    assert difference == []
    assert counter == [(1, 0)]


async def test_a_fresh_database_is_the_migrated_one(path, sqlite_address, clock, bell, tmp_path):
    from alembic import command
    from alembic.config import Config

    await open_store(sqlite_address, clock, bell).close()
    engine = create_engine(f"sqlite:///{tmp_path}/migrated.db")
    config = Config()
    config.set_main_option("script_location", str(schema.MIGRATIONS))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    engine.dispose()
    indexes = "SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'index' ORDER BY name"
    assert ask(path, indexes) == ask(tmp_path / "migrated.db", indexes)
    columns = (
        "SELECT m.name, c.* FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' ORDER BY 1, 3"
    )
    fresh, migrated = ask(path, columns), ask(tmp_path / "migrated.db", columns)
    assert {(row[0], *row[2:]) for row in fresh} == {(row[0], *row[2:]) for row in migrated}


async def test_an_older_database_is_copied_and_migrated(path, sqlite_address, clock, bell, make, second):
    store = open_store(sqlite_address, clock, bell)
    printer = await store.write(lambda tx: tx.printers.put(make.printer(name="Luke")))
    await store.close()
    migrate(sqlite_address, second())
    assert ask(path, "SELECT name, colour FROM printers") == [("Luke", "grey")]
    assert ask(path, "SELECT version_num FROM alembic_version") == [("0002",)]
    copy = path.with_name("yard.db.before-0002")
    assert ask(copy, "SELECT id, version_num FROM printers, alembic_version") == [(printer.id, "0001")]
    assert ask(copy, "PRAGMA integrity_check") == [("ok",)]
    with pytest.raises(Conflict, match="newer"):
        open_store(sqlite_address, clock, bell)


async def test_a_migration_that_fails_leaves_the_database_as_it_was(path, sqlite_address, clock, bell, second):
    await open_store(sqlite_address, clock, bell).close()
    folder = second('    op.execute("INSERT INTO nowhere VALUES (1)")')
    with pytest.raises(Exception, match="nowhere"):
        migrate(sqlite_address, folder)
    assert ask(path, "SELECT version_num FROM alembic_version") == [("0001",)]
    assert "colour" not in {row[1] for row in ask(path, "PRAGMA table_info(printers)")}
    store = open_store(sqlite_address, clock, bell)
    await store.write(lambda tx: tx.settings.put("a", 1))
    await store.close()


@pytest.mark.postgres
async def test_postgres_migrates_in_one_transaction_too(empty_postgres, clock, bell, make, second):
    await open_store(empty_postgres, clock, bell).close()
    engine = create_engine(empty_postgres)
    try:
        with pytest.raises(Exception, match="nowhere"):
            migrate(empty_postgres, second('    op.execute("INSERT INTO nowhere VALUES (1)")'))
        with engine.connect() as connection:
            assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == "0001"
        await open_store(empty_postgres, clock, bell).close()
    finally:
        engine.dispose()


async def test_a_foreign_database_is_refused(path, sqlite_address, clock, bell):
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE recipes (id)")
    with pytest.raises(Conflict, match="another program"):
        open_store(sqlite_address, clock, bell)
    assert ask(path, "SELECT name FROM sqlite_master") == [("recipes",)]


async def test_a_file_that_is_no_database_is_told(path, sqlite_address, clock, bell):
    path.write_bytes(b"no database, by any means" * 100)
    with pytest.raises(StorageFull, match="damaged"):
        open_store(sqlite_address, clock, bell)


@pytest.mark.parametrize("url", ["", "nonsense", "sqlite://", "sqlite:///:memory:", "mysql://root@localhost/x"])
def test_an_address_that_is_none_is_told(url, clock, bell):
    with pytest.raises(Invalid):
        open_store(url, clock, bell)


def test_postgres_without_its_driver_is_told(clock, bell, monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(Unsupported, match=r"printyard\[postgres\]"):
        open_store("postgres://127.0.0.1/test", clock, bell)


async def test_two_that_start_at_once_make_one_database(address, clock):
    """With one thread each, as two processes would."""
    import asyncio

    stores = await asyncio.gather(*(asyncio.to_thread(open_store, address, clock, LocalBell()) for _ in range(4)))
    for store in stores:
        await store.close()
