"""Units of work: what is committed, what is not, and who hears of it."""

import asyncio
import sqlite3
import threading
from contextlib import closing

import pytest
from sqlalchemy import text

from printyard.core.errors import Conflict, Invalid, NotFound, StorageFull
from printyard.core.model.user import EVERYTHING
from printyard.infra.bus import LocalBell
from printyard.infra.db import open_store


class Gate:
    """Holds the writer in its first unit of work, so that all others wait, and are committed together."""

    def __init__(self, store):
        self.entered, self.open = threading.Event(), threading.Event()
        self.task = asyncio.ensure_future(store.write(self._hold))

    def _hold(self, tx):
        self.entered.set()
        assert self.open.wait(5)

    async def closed(self):
        await asyncio.to_thread(self.entered.wait, 5)


@pytest.fixture
async def gate(store):
    held = Gate(store)
    await held.closed()
    yield held
    held.open.set()
    await held.task


async def numbers(store):
    return [recorded.number for recorded in await store.read(lambda tx: tx.events.page(EVERYTHING))]


async def test_a_unit_of_work_gives_its_value_and_the_instant_of_its_commit(store, clock, make):
    clock.instant = 42
    (recorded,) = await store.write(lambda tx: tx.events.append([make.fact(at=7)]))
    assert (recorded.number, recorded.recorded_at, recorded.fact.at) == (1, 42, 7)
    assert await store.write(lambda tx: tx.now) == 42
    assert await store.read(lambda tx: tx.events.page(EVERYTHING)) == [recorded]


async def test_a_unit_of_work_that_raises_leaves_nothing(store, make, bell):
    def broken(tx):
        tx.events.append([make.fact(), make.fact()])
        tx.settings.put("a", 1)
        raise ZeroDivisionError("of its own")

    with pytest.raises(ZeroDivisionError, match="of its own"):
        await store.write(broken)
    assert await numbers(store) == []
    assert await store.read(lambda tx: tx.settings.get("a")) is None
    assert bell.newest == 0
    (recorded,) = await store.write(lambda tx: tx.events.append([make.fact()]))
    assert recorded.number == 1


async def test_of_units_that_are_committed_together_only_the_broken_one_is_undone(store, gate, make):
    def one(number, broken):
        def work(tx):
            tx.settings.put(f"n{number}", number)
            recorded = tx.events.append([make.fact()])
            if broken:
                raise NotFound(f"unit {number}")
            return recorded[0].number

        return work

    units = [store.write(one(number, number in (3, 7))) for number in range(10)]
    waiting = asyncio.ensure_future(asyncio.gather(*units, return_exceptions=True))
    await asyncio.sleep(0)
    gate.open.set()
    answers = await waiting
    assert [str(answer) for answer in answers if isinstance(answer, Exception)] == ["unit 3", "unit 7"]
    assert [answer for answer in answers if isinstance(answer, int)] == list(range(1, 9))
    assert await numbers(store) == list(range(1, 9))
    stored = await store.read(lambda tx: [tx.settings.get(f"n{number}") for number in range(10)])
    assert stored == [0, 1, 2, None, 4, 5, 6, None, 8, 9]


async def test_a_conflict_that_the_unit_lives_with_spoils_nothing(store, make):
    first = make.printer(slug="luke")
    await store.write(lambda tx: tx.printers.put(first))

    def insist(tx):
        tx.settings.put("before", 1)
        try:
            tx.printers.put(make.printer(slug="luke"))
        except Conflict:
            return tx.printers.put(make.printer(slug="luke-2")).slug

    assert await store.write(insist) == "luke-2"
    assert await store.read(lambda tx: tx.settings.get("before")) == 1


async def test_the_bell_rings_after_the_commit_and_before_the_answer(address, clock, make):
    class Witness:
        newest = 0
        seen = None

        def ring(self, number):
            if self.look is not None:
                self.seen = self.look()
            self.newest = number

        look = None

    bell = Witness()
    store = open_store(address, clock, bell)
    loop = asyncio.get_running_loop()
    bell.look = lambda: asyncio.run_coroutine_threadsafe(store.read(lambda tx: tx.events.newest()), loop).result(5)
    await store.write(lambda tx: tx.events.append([make.fact(), make.fact()]))
    assert (bell.newest, bell.seen) == (2, 2)
    bell.look = None
    await store.write(lambda tx: tx.settings.put("quiet", 1))
    assert bell.newest == 2
    await store.close()


async def test_numbers_have_no_gap_and_become_visible_in_order(store, bell, make):
    seen = []
    done = asyncio.Event()

    async def watch():
        with bell.listen() as ear:
            cursor = 0
            while cursor < 200:
                await ear.wait(cursor)
                page = await store.read(lambda tx, after=cursor: tx.events.page(EVERYTHING, after=after))
                seen.extend(recorded.number for recorded in page)
                cursor = seen[-1]
        done.set()

    async def write(count):
        for index in range(count):
            await store.write(lambda tx, size=1 + index % 3: tx.events.append([make.fact() for _ in range(size)]))

    watcher = asyncio.ensure_future(watch())
    await asyncio.gather(*(write(13) for _ in range(8)))
    await asyncio.wait_for(done.wait(), 5)
    await watcher
    assert seen == list(range(1, len(seen) + 1))
    assert await numbers(store) == list(range(1, 8 * (4 * 6 + 1) + 1))


async def test_two_stores_on_one_database_write_one_after_the_other(address, store, clock, make):
    """What a unit of work has read is still so when it writes, whoever else writes."""
    other = open_store(address, clock, LocalBell())

    def count(tx):
        tx.settings.put("count", (tx.settings.get("count") or 0) + 1)
        return tx.events.append([make.fact()])[0].number

    async def write(through):
        return [await through.write(count) for _ in range(20)]

    mine, theirs = await asyncio.gather(write(store), write(other))
    assert await other.read(lambda tx: tx.settings.get("count")) == 40
    await other.close()
    assert sorted(mine + theirs) == list(range(1, 41))
    assert mine == sorted(mine)


async def test_a_caller_that_gave_up_before_its_turn_takes_its_unit_with_it(store, gate):
    given_up = asyncio.ensure_future(store.write(lambda tx: tx.settings.put("gone", 1)))
    kept = asyncio.ensure_future(store.write(lambda tx: tx.settings.put("kept", 1)))
    await asyncio.sleep(0)
    given_up.cancel()
    gate.open.set()
    await kept
    assert await store.read(lambda tx: (tx.settings.get("gone"), tx.settings.get("kept"))) == (None, 1)


async def test_a_caller_that_gives_up_in_its_turn_disturbs_nobody(store):
    gate = Gate(store)
    await gate.closed()
    gate.task.cancel()
    gate.open.set()
    await store.write(lambda tx: tx.settings.put("kept", 1))
    with pytest.raises(asyncio.CancelledError):
        await gate.task


async def test_text_that_cannot_be_stored_is_the_callers_mistake(store):
    with pytest.raises(Invalid):
        await store.write(lambda tx: tx.aliases.give("job", "\udcff", "cura", "1"))
    with pytest.raises(Invalid):
        await store.read(lambda tx: tx.aliases.of("job", "\udcff", "cura"))
    assert await store.read(lambda tx: tx.aliases.of("job", "x", "cura")) is None


async def test_a_reader_cannot_write_and_is_told_so_as_a_bug(store):
    with pytest.raises(Exception, match=r"readonly|read-only") as caught:
        await store.read(lambda tx: tx.settings.put("a", 1))
    assert not isinstance(caught.value, StorageFull)


async def test_a_read_sees_one_snapshot(store):
    await store.write(lambda tx: tx.settings.put("a", 1))
    entered, go_on = threading.Event(), threading.Event()

    def twice(tx):
        first = tx.settings.get("a")
        entered.set()
        assert go_on.wait(5)
        return first, tx.settings.get("a")

    reading = asyncio.ensure_future(store.read(twice))
    await asyncio.to_thread(entered.wait, 5)
    await store.write(lambda tx: tx.settings.put("a", 2))
    go_on.set()
    assert await reading == (1, 1)


async def test_close_commits_what_waits_and_then_refuses(address, clock, bell):
    store = open_store(address, clock, bell)
    gate = Gate(store)
    await gate.closed()
    waiting = [asyncio.ensure_future(store.write(lambda tx, n=n: tx.settings.put(f"n{n}", n))) for n in range(5)]
    await asyncio.sleep(0)
    closing = asyncio.ensure_future(store.close())
    gate.open.set()
    await closing
    await asyncio.gather(gate.task, *waiting)
    with pytest.raises(StorageFull):
        await store.write(lambda tx: None)
    with pytest.raises(StorageFull):
        await store.read(lambda tx: None)
    again = open_store(address, clock, bell)
    assert await again.read(lambda tx: [tx.settings.get(f"n{n}") for n in range(5)]) == list(range(5))
    await again.close()


async def test_the_bell_of_a_new_process_knows_the_newest_fact(address, store, clock, make):
    await store.write(lambda tx: tx.events.append([make.fact(), make.fact()]))
    bell = LocalBell()
    other = open_store(address, clock, bell)
    assert bell.newest == 2
    await other.close()


class TestFullDisk:
    """SQLite says SQLITE_FULL when the file may have no more pages, as it does on a full disk."""

    @pytest.fixture
    def address(self, sqlite_address):
        return sqlite_address

    @staticmethod
    def cap(pages):
        def work(tx):
            used = tx.connection.execute(text("PRAGMA page_count")).scalar()
            tx.connection.execute(text(f"PRAGMA max_page_count = {used + pages}")).scalar()

        return work

    async def test_a_unit_without_room_is_told_and_later_ones_work_again(self, store, make, bell):
        await store.write(lambda tx: tx.events.append([make.fact()]))
        await store.write(self.cap(4))
        with pytest.raises(StorageFull, match="full"):
            await store.write(lambda tx: tx.events.append([make.fact(body={"text": "x" * 100_000})]))
        assert (await numbers(store), bell.newest) == ([1], 1)
        await store.write(self.cap(1000))
        (recorded,) = await store.write(lambda tx: tx.events.append([make.fact(body={"text": "x" * 100_000})]))
        assert (recorded.number, bell.newest) == (2, 2)

    async def test_of_a_group_only_those_without_room_are_told(self, store, make):
        await store.write(self.cap(4))
        gate = Gate(store)
        await gate.closed()
        sizes = [10, 100_000, 10, 100_000, 10]
        units = [store.write(lambda tx, n=n: tx.events.append([make.fact(body={"text": "x" * n})])) for n in sizes]
        waiting = asyncio.ensure_future(asyncio.gather(*units, return_exceptions=True))
        await asyncio.sleep(0)
        gate.open.set()
        answers = await waiting
        assert [isinstance(answer, StorageFull) for answer in answers] == [False, True, False, True, False]
        assert await numbers(store) == [1, 2, 3]

    async def test_a_database_that_another_program_holds_is_told_as_such(self, store, sqlite_address, monkeypatch):
        await store.write(lambda tx: tx.connection.exec_driver_sql("PRAGMA busy_timeout = 10"))
        with closing(sqlite3.connect(sqlite_address.removeprefix("sqlite:///"), isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(StorageFull, match="locked"):
                await store.write(lambda tx: tx.settings.put("a", 1))
            other.execute("ROLLBACK")
        await store.write(lambda tx: tx.settings.put("a", 2))
        assert await store.read(lambda tx: tx.settings.get("a")) == 2


@pytest.mark.postgres
class TestLostServer:
    """PostgreSQL ends our connections, as a restart does."""

    @pytest.fixture
    def address(self, empty_postgres):
        return empty_postgres

    @staticmethod
    def sever(tx):
        ours = "application_name = current_setting('application_name') AND pid <> pg_backend_pid()"
        tx.connection.execute(text(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE {ours}")).all()

    async def test_idle_connections_that_are_gone_are_replaced(self, store, make):
        await store.write(lambda tx: tx.settings.put("a", 1))
        assert await store.read(lambda tx: tx.settings.get("a")) == 1
        await store.read(self.sever)
        await store.write(lambda tx: tx.settings.put("a", 2))
        assert await store.read(lambda tx: tx.settings.get("a")) == 2

    async def test_a_connection_lost_in_a_unit_runs_the_unit_again(self, store, make):
        runs = []

        def work(tx):
            runs.append(1)
            if len(runs) == 1:
                tx.connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))
            return tx.events.append([make.fact()])[0].number

        assert await store.write(work) == 1
        assert len(runs) == 2
        assert await numbers(store) == [1]

    async def test_a_serialization_failure_runs_the_unit_again(self, store):
        runs = []

        def work(tx):
            runs.append(1)
            tx.settings.put("a", len(runs))
            if len(runs) < 3:
                tx.connection.execute(text("DO $$ BEGIN RAISE EXCEPTION SQLSTATE '40001'; END $$"))

        await store.write(work)
        assert await store.read(lambda tx: tx.settings.get("a")) == 3

    async def test_a_connection_lost_while_it_commits_runs_nothing_again(self, store, make):
        """Nobody knows whether the server still recorded it: run again, it might be recorded twice."""
        runs = []

        def prepare(tx):
            body = "BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END"
            tx.connection.execute(text(f"CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$"))
            when = "AFTER INSERT ON settings DEFERRABLE INITIALLY DEFERRED FOR EACH ROW"
            tx.connection.execute(text(f"CREATE CONSTRAINT TRIGGER cut {when} EXECUTE FUNCTION cut()"))

        def work(tx):
            runs.append(1)
            tx.events.append([make.fact()])
            tx.settings.put("cut", 1)

        await store.write(prepare)
        try:
            with pytest.raises(StorageFull, match="nobody knows"):
                await store.write(work)
        finally:
            await store.write(lambda tx: tx.connection.exec_driver_sql("DROP FUNCTION cut CASCADE").close())
        assert runs == [1]
        (recorded,) = await store.write(lambda tx: tx.events.append([make.fact()]))
        assert recorded.number == 1

    async def test_a_full_disk_is_told(self, store):
        with pytest.raises(StorageFull, match="full"):
            await store.write(
                lambda tx: tx.connection.execute(text("DO $$ BEGIN RAISE EXCEPTION SQLSTATE '53100'; END $$"))
            )
        await store.write(lambda tx: tx.settings.put("a", 1))

    async def test_a_server_that_is_away_is_told(self, clock, bell):
        with pytest.raises(StorageFull, match="reached"):
            open_store("postgresql://postgres@127.0.0.1:1/test", clock, bell)
