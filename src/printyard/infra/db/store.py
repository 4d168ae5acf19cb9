"""The store: units of work go to the writer or to one of the readers, and come back to the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from sqlalchemy import URL, Engine
from sqlalchemy.exc import SQLAlchemyError

from printyard.core.errors import StorageFull
from printyard.core.ports.bus import Bell
from printyard.core.ports.store import Transaction
from printyard.core.ports.time import Clock
from printyard.infra.db.backup import backup
from printyard.infra.db.engine import database_file, parsed_url, reader_engine, writer_engine
from printyard.infra.db.faults import Fault, fault_of, told
from printyard.infra.db.schema import ensure_schema
from printyard.infra.db.transaction import SqlTransaction
from printyard.infra.db.writer import Writer

T = TypeVar("T")


class DbStore:
    """core.ports.store.Store over one database; made by `open_store`."""

    def __init__(self, url: URL, engines: tuple[Engine, Engine], clock: Clock, bell: Bell, readers: int) -> None:
        self._url = url
        self._writing, self._reading = engines
        self._clock = clock
        self._writer = Writer(self._writing, clock, bell)
        self._readers = ThreadPoolExecutor(readers, thread_name_prefix="printyard-reader")
        self._writer.start()

    async def read(self, work: Callable[[Transaction], T]) -> T:
        """Run a unit of work on one snapshot of the database. Raises StorageFull when the database is away."""
        try:
            answer = asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)
        except RuntimeError as error:
            raise StorageFull("The database is closed.") from error
        return await answer

    async def write(self, work: Callable[[Transaction], T]) -> T:
        """Run a unit of work and commit it. Raises StorageFull; a cancelled caller cannot tell if it was done."""
        return await self._writer.submit(work)

    async def backup(self, target: Path) -> None:
        """Copy the database to a new file while work goes on. Raises like `infra.db.backup`."""
        url = self._url.render_as_string(hide_password=False)
        await asyncio.get_running_loop().run_in_executor(self._readers, backup, url, target)

    async def close(self) -> None:
        """Commit what waits, then let go of the database."""
        await asyncio.to_thread(self._close)

    def _close(self) -> None:
        self._writer.stop()
        self._readers.shutdown()
        self._reading.dispose()
        self._writing.dispose()

    def _read(self, work: Callable[[Transaction], T], tries: int = 2) -> T:
        try:
            return self._read_once(work)
        except Exception as error:
            fault = (fault_of(error) or (None,))[0]
            if fault is Fault.READ_ONLY:
                raise  # a unit of work that writes has to be handed to `write`
            # A server that was restarted is lost on each old connection: the second try opens a new one.
            if fault in (Fault.LOST, Fault.AGAIN) and tries > 1:
                return self._read(work, tries - 1)
            raise told(error) from error.__cause__

    def _read_once(self, work: Callable[[Transaction], T]) -> T:
        with self._reading.connect() as connection, connection.begin():
            return work(SqlTransaction(connection, self._clock.now()))


def open_store(url: str, clock: Clock, bell: Bell, *, readers: int = 4) -> DbStore:
    """Open the database, make or migrate it where needed, and tell the bell the newest fact; blocks.

    `url` is sqlite:///FILE or postgresql://HOST/NAME. Raises Invalid (the address), Unsupported (its driver is
    missing), Conflict (a newer or a foreign database), StorageFull (away, locked, full).
    """
    parsed = parsed_url(url)
    if (file := database_file(parsed)) is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
    writing = writer_engine(parsed)
    try:
        ensure_schema(writing)
        with writing.begin() as connection:
            bell.ring(SqlTransaction(connection, clock.now()).events.newest())
        reading = reader_engine(parsed, readers)
    except SQLAlchemyError as error:
        writing.dispose()
        raise told(error) from error.__cause__
    except BaseException:
        writing.dispose()
        raise
    return DbStore(parsed, (writing, reading), clock, bell, readers)
