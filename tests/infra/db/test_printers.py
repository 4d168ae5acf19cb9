"""Printers and their records."""

import pytest

from printyard.core.errors import Conflict, NotFound
from printyard.core.model.machine import MachineSetup
from printyard.core.model.state import Plate
from printyard.core.model.user import EVERYTHING


async def test_a_printer_comes_back_as_it_was_put(store, make):
    printer = make.printer(
        settings={"speed": 2.5, "nested": {"list": [1, None, "ü"]}},
        setup=MachineSetup(type_id=3, hostname="luke"),
        declared=True,
        owner="node-1",
        epoch=2**40,
        created_by="admin",
    )
    put = await store.write(lambda tx: tx.printers.put(printer))
    assert put == printer
    assert await store.read(lambda tx: tx.printers.get(EVERYTHING, printer.id)) == printer


async def test_all_are_in_the_order_in_which_they_were_added(store, make):
    first, removed, last = make.printer(), make.printer(), make.printer()
    for printer in (last, first, make.newer(removed, deleted_at=9)):
        await store.write(lambda tx, printer=printer: tx.printers.put(printer))
    assert [p.id for p in await store.read(lambda tx: tx.printers.all(EVERYTHING))] == [first.id, last.id]
    everyone = await store.read(lambda tx: tx.printers.all(EVERYTHING, removed=True))
    assert [p.id for p in everyone] == [first.id, removed.id, last.id]


async def test_a_version_that_was_overtaken_is_a_conflict(store, make):
    printer = await store.write(lambda tx: tx.printers.put(make.printer()))
    renamed = await store.write(lambda tx: tx.printers.put(make.newer(printer, name="Leia")))
    assert (renamed.version, renamed.name) == (2, "Leia")
    with pytest.raises(Conflict):
        await store.write(lambda tx: tx.printers.put(make.newer(printer, name="Han")))
    again = await store.write(lambda tx: tx.printers.put(make.newer(renamed, name="Luke")))
    assert await store.read(lambda tx: tx.printers.get(EVERYTHING, printer.id)) == again


async def test_an_update_of_what_is_not_there_is_a_conflict(store, make):
    with pytest.raises(Conflict):
        await store.write(lambda tx: tx.printers.put(make.printer(version=2)))


async def test_a_slug_is_given_once_until_its_printer_is_removed(store, make):
    printer = await store.write(lambda tx: tx.printers.put(make.printer(slug="luke")))
    with pytest.raises(Conflict):
        await store.write(lambda tx: tx.printers.put(make.printer(slug="luke", organization_id="elsewhere")))
    await store.write(lambda tx: tx.printers.put(make.newer(printer, deleted_at=5)))
    heir = await store.write(lambda tx: tx.printers.put(make.printer(slug="luke")))
    tombstone = next(p for p in await store.read(lambda tx: tx.printers.all(EVERYTHING, removed=True)) if p.deleted_at)
    with pytest.raises(Conflict):
        await store.write(lambda tx: tx.printers.put(make.newer(tombstone, deleted_at=None)))
    assert [p.id for p in await store.read(lambda tx: tx.printers.all(EVERYTHING))] == [heir.id]


async def test_slugs_by_their_begin_with_those_of_removed_printers(store, make):
    for slug, changes in [("luke", {}), ("luke-2", {"deleted_at": 5}), ("luke-s5", {}), ("leia", {}), ("my-luke", {})]:
        printer = make.newer(make.printer(slug=slug), **changes)
        await store.write(lambda tx, printer=printer: tx.printers.put(printer))
    assert await store.read(lambda tx: tx.printers.slugs("luke")) == {"luke", "luke-2", "luke-s5"}
    assert await store.read(lambda tx: tx.printers.slugs("l_k%")) == frozenset()


async def test_a_removed_printer_is_not_there(store, make):
    printer = await store.write(lambda tx: tx.printers.put(make.printer()))
    await store.write(lambda tx: tx.printers.put_record(make.record(printer)))
    await store.write(lambda tx: tx.printers.put(make.newer(printer, deleted_at=5)))
    for ask in ("get", "record"):
        with pytest.raises(NotFound):
            await store.read(lambda tx, ask=ask: getattr(tx.printers, ask)(EVERYTHING, printer.id))


async def test_a_record_is_kept_by_version(store, make):
    printer = await store.write(lambda tx: tx.printers.put(make.printer()))
    with pytest.raises(NotFound):
        await store.read(lambda tx: tx.printers.record(EVERYTHING, printer.id))
    fields = {
        "enabled": False,
        "in_maintenance": True,
        "reserved_by": "job",
        "note": "n",
        "country": "NL",
        "plate_changed_at": 7,
    }
    record = make.record(printer, plate=Plate.OCCUPIED, **fields)
    put = await store.write(lambda tx: tx.printers.put_record(record))
    assert put == record == await store.read(lambda tx: tx.printers.record(EVERYTHING, printer.id))
    cleared = await store.write(lambda tx: tx.printers.put_record(make.newer(put, plate=Plate.CLEAR, reserved_by=None)))
    assert cleared.version == 2
    with pytest.raises(Conflict):
        await store.write(lambda tx: tx.printers.put_record(make.newer(put, note="late")))
    assert await store.read(lambda tx: tx.printers.record(EVERYTHING, printer.id)) == cleared


async def test_a_record_needs_its_printer(store, make):
    with pytest.raises(Conflict):
        await store.write(lambda tx: tx.printers.put_record(make.record(make.printer())))
