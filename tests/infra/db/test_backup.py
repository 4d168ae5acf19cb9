"""Copies of the database, while it is written to."""

import asyncio

import pytest

from printyard.core.errors import Conflict, Invalid, NotFound, Unsupported
from printyard.core.model.user import EVERYTHING
from printyard.infra.bus import LocalBell
from printyard.infra.db import backup, open_store, restore, sqlite_url


@pytest.fixture
def address(sqlite_address):
    return sqlite_address


async def test_a_backup_taken_while_writing_is_one_instant_of_the_yard(store, make, tmp_path, clock):
    busy = True

    async def write():
        while busy:

            def work(tx):
                _, second = tx.events.append([make.fact(), make.fact()])
                tx.settings.put("last", second.number)

            await store.write(work)

    writers = [asyncio.ensure_future(write()) for _ in range(4)]
    copies = [tmp_path / f"backup-{number}.db" for number in range(3)]
    before = []
    for copy in copies:
        before.append(await store.read(lambda tx: tx.settings.get("last")) or 0)
        await store.backup(copy)
    busy = False
    await asyncio.gather(*writers)
    for number, copy in enumerate(copies):
        restore(copy, sqlite_url(tmp_path / f"restored-{number}" / "yard.db"))
        other = open_store(sqlite_url(tmp_path / f"restored-{number}" / "yard.db"), clock, LocalBell())
        newest, last, facts = await other.read(
            lambda tx: (tx.events.newest(), tx.settings.get("last") or 0, len(tx.events.page(EVERYTHING, limit=10**6)))
        )
        assert newest == last == facts
        assert newest >= before[number]
        await other.write(lambda tx: tx.events.append([make.fact()]))
        await other.close()
    assert [path.name for path in tmp_path.iterdir() if "partial" in path.name] == []


async def test_a_backup_replaces_nothing(store, tmp_path):
    (tmp_path / "there").write_text("precious")
    with pytest.raises(Conflict):
        await store.backup(tmp_path / "there")
    assert (tmp_path / "there").read_text() == "precious"


async def test_a_restore_goes_to_an_empty_place(store, sqlite_address, tmp_path):
    await store.backup(tmp_path / "copy")
    with pytest.raises(Conflict):
        restore(tmp_path / "copy", sqlite_address)


async def test_what_is_no_backup_is_refused(store, tmp_path):
    target = sqlite_url(tmp_path / "new.db")
    await store.backup(tmp_path / "copy")
    (tmp_path / "text").write_text("no database")
    (tmp_path / "half").write_bytes((tmp_path / "copy").read_bytes()[:20_000])
    (tmp_path / "empty").touch()
    for name in ("text", "half", "empty", "missing"):
        with pytest.raises(Invalid):
            restore(tmp_path / name, target)
    assert not (tmp_path / "new.db").exists()


async def test_a_backup_of_a_newer_program_is_refused(store, tmp_path):
    await store.write(
        lambda tx: tx.connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'").close()
    )
    await store.backup(tmp_path / "copy")
    with pytest.raises(Conflict, match="newer"):
        restore(tmp_path / "copy", sqlite_url(tmp_path / "new.db"))


def test_nothing_to_back_up(tmp_path):
    with pytest.raises(NotFound):
        backup(sqlite_url(tmp_path / "none.db"), tmp_path / "copy")
    assert not (tmp_path / "none.db").exists()


def test_postgres_has_tools_of_its_own(tmp_path):
    with pytest.raises(Unsupported, match="pg_dump"):
        backup("postgresql://127.0.0.1/test", tmp_path / "copy")
    with pytest.raises(Unsupported, match="pg_restore"):
        restore(tmp_path / "copy", "postgresql://127.0.0.1/test")
