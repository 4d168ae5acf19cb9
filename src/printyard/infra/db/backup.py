"""Backup and restore of the database."""

import sqlite3
from contextlib import closing
from pathlib import Path

from printyard.core.errors import Conflict, Invalid, NotFound, StorageFull, Unsupported
from printyard.infra.db.copies import copy_sqlite
from printyard.infra.db.engine import database_file, parsed_url
from printyard.infra.db.schema import STAMP, check_not_newer


def backup(url: str, target: Path) -> None:
    """Copy the database to a new file, while a yard may go on writing; blocks, so call it in a thread.

    Raises Unsupported (PostgreSQL), NotFound, Conflict (`target` exists), StorageFull.
    """
    source = _file(url, "back it up with pg_dump")
    if not source.is_file():
        raise NotFound("There is no database to back up.")
    if target.exists():
        raise Conflict("The backup's file exists already.")
    _copy(source, target)


def restore(source: Path, url: str) -> None:
    """Copy a backup to where no database is yet; blocks.

    Raises Unsupported (PostgreSQL), Invalid (no backup), Conflict (a database is there, or the backup is of a newer
    program), StorageFull.
    """
    target = _file(url, "restore it with pg_restore")
    if target.exists():
        raise Conflict("There is a database already: restore into an empty folder.")
    check_not_newer(_revision(source))
    target.parent.mkdir(parents=True, exist_ok=True)
    _copy(source, target)


def _file(url: str, advice: str) -> Path:
    file = database_file(parsed_url(url))
    if file is None:
        raise Unsupported(f"The database is PostgreSQL: {advice}.")
    return file


def _copy(source: Path, target: Path) -> None:
    try:
        copy_sqlite(source, target)
    except (sqlite3.Error, OSError) as error:
        raise StorageFull(f"The database was not copied: {error}.") from error


def _revision(backup_file: Path) -> str:
    """The revision of a backup, after a proof that it is whole."""
    if not backup_file.is_file():
        raise Invalid("There is no backup of that name.")
    try:
        with closing(sqlite3.connect(f"{backup_file.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            (revision,) = connection.execute(f"SELECT version_num FROM {STAMP}").fetchone()  # noqa: S608 (a constant)
    except (sqlite3.Error, TypeError) as error:
        raise Invalid("This is no backup of a yard's database.") from error
    if verdict != "ok" or not isinstance(revision, str):
        raise Invalid("The backup is damaged.")
    return revision
