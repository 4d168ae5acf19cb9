"""What a failing database means: for the unit of work, for those that were committed with it, and for the caller."""

import sqlite3
from enum import Enum

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, TimeoutError as PoolTimeout

from printyard.core.errors import Conflict, Invalid, StorageFull


class Fault(Enum):
    """AGAIN: another transaction won, run it again. LOST: the connection is gone. STORAGE: it takes nothing.

    READ_ONLY: it takes nothing from this connection, which is how it should be if that is a reader's.
    """

    AGAIN = "again"
    LOST = "lost"
    STORAGE = "storage"
    READ_ONLY = "read_only"


SQLITE_FAULTS = {
    sqlite3.SQLITE_BUSY: "The database is locked by another program.",
    sqlite3.SQLITE_LOCKED: "The database is locked by another program.",
    sqlite3.SQLITE_NOMEM: "There is no memory left for the database.",
    sqlite3.SQLITE_IOERR: "The disk under the database fails.",
    sqlite3.SQLITE_CORRUPT: "The database is damaged.",
    sqlite3.SQLITE_FULL: "The disk is full.",
    sqlite3.SQLITE_CANTOPEN: "The database cannot be opened.",
    sqlite3.SQLITE_PROTOCOL: "The database is locked by another program.",
    sqlite3.SQLITE_NOTADB: "The database is damaged.",
}
"""By SQLite's primary result code (https://www.sqlite.org/rescode.html)."""

POSTGRES_AGAIN = frozenset({"40001", "40P01"})
"""serialization_failure, deadlock_detected (https://www.postgresql.org/docs/current/errcodes-appendix.html)."""

POSTGRES_LOST = ("08", "57P")
"""Classes: connection exception; the server shuts down or starts up."""

POSTGRES_STORAGE = {
    "53100": "The database's disk is full.",
    "53": "The database has no resources left.",
    "58": "The disk under the database fails.",
    "XX": "The database is damaged.",
    "55P03": "The database is locked by another program.",
    "57014": "The database takes too long.",
}
"""By code, else by class."""

POSTGRES_READ_ONLY = "25006"

LOST_SENTENCE = "The database cannot be reached."
AGAIN_SENTENCE = "The database is too busy."
READ_ONLY_SENTENCE = "The database cannot be written to."


def fault_of(error: BaseException) -> tuple[Fault, str] | None:
    """Whether an error is the database's own, and what to tell; None for errors of the unit of work."""
    if isinstance(error, PoolTimeout):
        return Fault.STORAGE, AGAIN_SENTENCE
    if not isinstance(error, DBAPIError):
        return None
    if isinstance(error.orig, sqlite3.Error):
        code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
        if code == sqlite3.SQLITE_READONLY:
            return Fault.READ_ONLY, READ_ONLY_SENTENCE
        sentence = SQLITE_FAULTS.get(code)
        return None if sentence is None else (Fault.STORAGE, sentence)
    state = getattr(error.orig, "sqlstate", None)
    if state in POSTGRES_AGAIN:
        return Fault.AGAIN, AGAIN_SENTENCE
    if error.connection_invalidated or (state or "").startswith(POSTGRES_LOST):
        return Fault.LOST, LOST_SENTENCE
    if state is None:
        # Without a code nothing came back from the server: no connection, or an error of psycopg's own.
        return (Fault.LOST, LOST_SENTENCE) if type(error.orig).__name__ == "OperationalError" else None
    if state == POSTGRES_READ_ONLY:
        return Fault.READ_ONLY, READ_ONLY_SENTENCE
    sentence = POSTGRES_STORAGE.get(state, POSTGRES_STORAGE.get(state[:2]))
    return None if sentence is None else (Fault.STORAGE, sentence)


def told(error: BaseException) -> BaseException:
    """What the caller of a unit of work is told: a database's error in the domain's words, others as they are."""
    if fault := fault_of(error):
        told_as: BaseException = StorageFull(fault[1])
    elif isinstance(error, IntegrityError):
        told_as = Conflict("This does not fit what is stored.")
    elif isinstance(error, DataError | UnicodeEncodeError):
        told_as = Invalid("This text or number cannot be stored.")
    else:
        return error
    told_as.__cause__ = error
    return told_as
