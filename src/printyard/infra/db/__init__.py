"""The store over SQLite or PostgreSQL.

Units of work are plain functions, run in threads: writes by one that commits together what waits, reads by a few.
`tables` are the rows, `repositories` the questions, `writer` the commits, `schema` the revisions, `backup` the copies.
"""

from printyard.infra.db.backup import backup, restore
from printyard.infra.db.engine import sqlite_url
from printyard.infra.db.store import DbStore, open_store

__all__ = ["DbStore", "backup", "open_store", "restore", "sqlite_url"]
