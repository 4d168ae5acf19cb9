"""A database as a yard has it that has just begun: made once in a process, since each test wants one of its own."""

import asyncio
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from printyard.core.materials import Materials
from printyard.infra.bus.bell import LocalBell
from printyard.infra.db.engine import sqlite_url
from printyard.infra.db.store import open_store
from printyard.testing.clock import ManualClock


async def fresh_database(path: Path) -> str:
    """Put one at `path`, unless there is one; its URL. Its tables are made, its material profiles loaded."""
    await asyncio.to_thread(_put, path)
    return sqlite_url(path)


def _put(path: Path) -> None:
    if not path.exists():
        path.write_bytes(_fresh())


@cache
def _fresh() -> bytes:
    return asyncio.run(_made())


async def _made() -> bytes:
    clock = ManualClock()
    with TemporaryDirectory(prefix="printyard-") as folder:
        path = Path(folder) / "fresh.db"
        store = open_store(sqlite_url(path), clock, LocalBell(), readers=1)
        await Materials(store, clock).preload()
        await store.close()
        return await asyncio.to_thread(path.read_bytes)
