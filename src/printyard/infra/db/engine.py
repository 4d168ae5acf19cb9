"""Engines: one connection that writes, a few that only read."""

import sqlite3
from pathlib import Path

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from printyard.core.errors import Invalid, Unsupported

OLDEST_SQLITE = (3, 35)
"""The first with RETURNING."""

BUSY_SECONDS = 5
"""How long a write waits for another program that writes to the same SQLite file."""

POSTGRES_SESSION = "-c lock_timeout=30000 -c statement_timeout=60000 -c idle_in_transaction_session_timeout=60000"
"""No server that hangs may hang the writer for ever (ms)."""

WAL_LIMIT = f"journal_size_limit={64 << 20}"
"""A write-ahead log that grew during a long read is cut to so many bytes."""

WRITER_LOCK = 0x59415244
"""The class of the advisory lock that makes all writers of a PostgreSQL schema one: "YARD"."""


def sqlite_url(path: Path) -> str:
    """The URL of an SQLite file."""
    return URL.create("sqlite", database=str(path)).render_as_string()


def parsed_url(text: str) -> URL:
    """The URL with its driver named. Raises Invalid."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise Invalid("The database's address is no URL.") from error
    kind = url.get_backend_name()
    if kind == "sqlite":
        if url.database in (None, "", ":memory:"):
            raise Invalid("The SQLite database needs a file.")
        return url.set(drivername="sqlite")
    if kind in ("postgres", "postgresql"):
        return url.set(drivername="postgresql+psycopg")
    raise Invalid("The database is sqlite:///FILE or postgresql://HOST/NAME.")


def database_file(url: URL) -> Path | None:
    """The SQLite file, None for a server."""
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def writer_engine(url: URL) -> Engine:
    """An engine with one connection, whose transactions exclude all other writers from the start."""
    if database_file(url) is not None:
        return _sqlite(
            url, pool=1, begin="BEGIN IMMEDIATE", pragmas=("journal_mode=WAL", "synchronous=FULL", WAL_LIMIT)
        )
    engine = _postgres(url, pool=1)

    @event.listens_for(engine, "begin")
    def _one_writer(connection: Connection) -> None:
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(%s, hashtext(current_schema()))", (WRITER_LOCK,))

    return engine


def reader_engine(url: URL, readers: int) -> Engine:
    """An engine whose transactions read one snapshot and cannot write."""
    if database_file(url) is not None:
        return _sqlite(url, pool=readers, begin="BEGIN", pragmas=("query_only=ON",))
    return _postgres(url, pool=readers, isolation_level="REPEATABLE READ", postgresql_readonly=True)


def _sqlite(url: URL, *, pool: int, begin: str, pragmas: tuple[str, ...]) -> Engine:
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        raise Unsupported(f"SQLite {sqlite3.sqlite_version} is too old: 3.35 is needed.")
    connect_args = {"timeout": BUSY_SECONDS, "check_same_thread": False}
    engine = create_engine(url, pool_size=pool, max_overflow=0, connect_args=connect_args)

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: object) -> None:
        # Python's driver would begin on its own, after the reads and without the lock: it is told to leave that to us.
        connection.isolation_level = None
        for pragma in (*pragmas, "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _postgres(url: URL, *, pool: int, **execution_options: str | bool) -> Engine:
    # The options of the address stand behind ours, and win.
    options = " ".join(filter(None, (POSTGRES_SESSION, url.query.get("options"))))  # type: ignore[arg-type]
    connect_args = {"connect_timeout": 5, "application_name": "printyard"} | dict(url.query) | {"options": options}
    try:
        engine = create_engine(
            url.set(query={}),
            pool_size=pool,
            max_overflow=0,
            connect_args=connect_args,
            execution_options=execution_options,
        )
    except (ImportError, NoSuchModuleError) as error:
        raise Unsupported("PostgreSQL needs the extra printyard[postgres].") from error
    return engine
