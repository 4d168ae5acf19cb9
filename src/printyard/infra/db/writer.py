"""The one writer: a thread that commits together whatever waits."""

import asyncio
import queue
import threading
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from sqlalchemy import Connection, Engine

from printyard.core.errors import StorageFull
from printyard.core.ports.bus import Bell
from printyard.core.ports.store import Transaction
from printyard.core.ports.time import Clock
from printyard.infra.db.faults import Fault, fault_of, told
from printyard.infra.db.transaction import SqlTransaction

T = TypeVar("T")

GROUP = 256
"""Units of work in one commit at most."""

RETRIES = {Fault.AGAIN: 4, Fault.LOST: 1}
"""How often a group is run again when other transactions win, or when its connection was gone before the commit."""

COMMIT_LOST_SENTENCE = "The database went away while it recorded this; nobody knows yet whether it did."


class Unit(Generic[T]):
    """A unit of work, its caller, and what became of it."""

    def __init__(self, work: Callable[[Transaction], T]) -> None:
        self.work = work
        self.loop = asyncio.get_running_loop()
        self.answer: asyncio.Future[T] = self.loop.create_future()
        self.value: T | None = None
        self.error: BaseException | None = None
        self.appended = 0

    def run(self, connection: Connection, clock: Clock) -> None:
        """Run it under a savepoint of its own; faults of the database are raised, all other errors are its caller's."""
        transaction = SqlTransaction(connection, clock.now())
        self.error, self.appended = None, 0
        savepoint = connection.begin_nested()
        try:
            self.value = self.work(transaction)
            savepoint.commit()
            self.appended = transaction.appended
        except BaseException as error:
            if fault_of(error) is not None:
                raise
            self.error = told(error)
            savepoint.rollback()

    def settle(self) -> None:
        """Answer the caller; called in the loop."""
        if self.answer.done():
            return
        if self.error is not None:
            self.answer.set_exception(self.error)
        else:
            self.answer.set_result(self.value)  # type: ignore[arg-type]


class CommitLost(Exception):
    """The connection was lost while the commit was under way: nobody knows whether it took place."""


class Writer:
    """Takes units of work from any task; their callers are answered after the commit, when the bell has rung."""

    def __init__(self, engine: Engine, clock: Clock, bell: Bell) -> None:
        self._engine = engine
        self._clock = clock
        self._bell = bell
        self._waiting: queue.SimpleQueue[Unit[Any] | None] = queue.SimpleQueue()
        # A daemon: a yard that was not closed in order may still end; what was answered is on the disk.
        self._thread = threading.Thread(target=self._serve, name="printyard-writer", daemon=True)
        self._closing = threading.Lock()
        self._closed = False

    def start(self) -> None:
        self._thread.start()

    def submit(self, work: Callable[[Transaction], T]) -> "asyncio.Future[T]":
        """Raises StorageFull after `stop`. A caller cancelled before its turn takes the unit of work with it."""
        unit = Unit(work)
        with self._closing:
            if self._closed:
                raise StorageFull("The database is closed.")
            self._waiting.put(unit)
        return unit.answer

    def stop(self) -> None:
        """Commit what waits, and end the thread."""
        with self._closing:
            self._closed = True
            self._waiting.put(None)
        self._thread.join()

    def _serve(self) -> None:
        for group in self._groups():
            try:
                self._commit(group)
            except BaseException as error:  # noqa: BLE001 (whatever it is, it is the callers' to see, and the thread must live)
                _fail(group, error)
            _answer(group)

    def _groups(self) -> Iterator[list[Unit[Any]]]:
        while (unit := self._waiting.get()) is not None:
            group, last = [unit], False
            while len(group) < GROUP and not self._waiting.empty():
                more = self._waiting.get()
                if more is None:
                    last = True
                    break
                group.append(more)
            if alive := [unit for unit in group if not unit.answer.cancelled()]:
                yield alive
            if last:
                return

    def _commit(self, group: list[Unit[Any]]) -> None:
        """Commit a group; what concerns it as a whole is retried, then broken down to single units, then told."""
        tries: Counter[Fault] = Counter()
        while True:
            try:
                return self._attempt(group)
            except CommitLost:
                _fail(group, StorageFull(COMMIT_LOST_SENTENCE))
            except Exception as error:  # noqa: BLE001 (told to the callers, each in its turn)
                fault = fault_of(error)
                if fault is not None and fault[0] in RETRIES:
                    tries[fault[0]] += 1
                    if tries[fault[0]] <= RETRIES[fault[0]]:
                        continue
                elif len(group) > 1:
                    for unit in group:
                        self._commit([unit])
                    return None
                _fail(group, told(error))
            return None

    def _attempt(self, group: list[Unit[Any]]) -> None:
        with self._engine.connect() as connection, connection.begin() as transaction:
            for unit in group:
                unit.run(connection, self._clock)
            try:
                transaction.commit()
            except Exception as error:
                if (fault := fault_of(error)) is not None and fault[0] is Fault.LOST:
                    raise CommitLost from error
                raise
        if newest := max(unit.appended for unit in group):
            self._bell.ring(newest)


def _fail(group: list[Unit[Any]], error: BaseException) -> None:
    for unit in group:
        unit.error = error


def _answer(group: list[Unit[Any]]) -> None:
    loops = defaultdict(list)
    for unit in group:
        loops[unit.loop].append(unit)
    for loop, units in loops.items():
        try:
            loop.call_soon_threadsafe(_settle, units)
        except RuntimeError:
            continue  # the loop is closed, and with it everybody who waited


def _settle(units: list[Unit[Any]]) -> None:
    for unit in units:
        unit.settle()
