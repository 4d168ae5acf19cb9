"""The fleet as callers see it."""

import pytest
from msgspec.structs import replace

from printyard.core.commands import ClearPlate, Rename
from printyard.core.errors import Conflict, Forbidden, Invalid, NotFound, TimedOut, Unsupported
from printyard.core.events import FactName
from printyard.core.fleet.board import visible
from printyard.core.model.printer import slug_of
from printyard.core.model.state import Activity, Plate
from printyard.core.model.user import HOME, Principal, Role, Scope
from printyard.testing.people import ADMIN, GUEST, MEMBER, OPERATOR


@pytest.mark.parametrize(
    ("name", "taken", "slug"),
    [
        ("Luke", (), "luke"),
        ("Luke", ("luke",), "luke-2"),
        ("Luke", ("luke", "luke-2"), "luke-3"),
        ("  S5 / left!  ", (), "s5-left"),
        ("Drucker Süd", (), "drucker-s-d"),
        ("打印机", (), "printer"),
        ("---", ("printer",), "printer-2"),
        ("x" * 100, (), "x" * 36),
        ("x" * 100, ("x" * 36,), "x" * 36 + "-2"),
    ],
)
def test_slugs(name, taken, slug):
    assert slug_of(name, frozenset(taken)) == slug
    assert len(slug) <= 40


async def test_added_printers_have_their_own_names_and_slugs(yard):
    ids = [await yard.add_printer(name) for name in ("Luke", "Luke", "  Le   ia ")]
    shown = yard.core.printers.all(MEMBER)
    assert [snapshot.printer.slug for snapshot in shown] == ["luke", "luke-2", "le-ia"]
    assert [snapshot.printer.id for snapshot in shown] == ids
    assert shown[2].printer.name == "Le ia"
    assert yard.core.printers.by_slug("luke-2") == ids[1]
    assert len({snapshot.printer.device_guid for snapshot in shown}) == 3


@pytest.mark.parametrize(
    ("name", "driver", "settings"),
    [("", "scripted", {}), ("x" * 101, "scripted", {}),
     ("a\x00b", "scripted", {}), ("a", "none", {}), ("a", "scripted", {"x": 1})],
)  # fmt: skip
async def test_what_cannot_be_added(yard, name, driver, settings):
    with pytest.raises(Invalid):
        await yard.core.printers.add(ADMIN, name, driver, settings)
    assert yard.core.printers.all(ADMIN) == []


async def test_only_an_admin_adds_and_removes(yard, luke):
    with pytest.raises(Forbidden):
        await yard.core.printers.add(OPERATOR, "a", "scripted", {})
    with pytest.raises(Forbidden):
        await yard.core.printers.remove(OPERATOR, luke)


async def test_rename_keeps_the_slug_and_tells_the_device(yard, luke):
    await yard.core.printers.rename(MEMBER, luke, "  Anakin ")
    assert (yard.shown(luke).printer.name, yard.shown(luke).printer.slug) == ("Anakin", "luke")
    assert yard.device(luke).commands == [Rename(name="Anakin")]
    assert (await yard.facts(FactName.PRINTER_CHANGED))[0].body["name"] == "Anakin"
    yard.device(luke).lose()
    await yard.settle()
    await yard.core.printers.rename(MEMBER, luke, "Vader")
    assert yard.shown(luke).printer.name == "Vader"


async def test_what_the_file_declares_is_not_changed_elsewhere(yard, luke):
    session = yard.session(luke)
    session.printer = replace(session.printer, declared=True)
    for change in (yard.core.printers.rename(ADMIN, luke, "x"), yard.core.printers.remove(ADMIN, luke)):
        with pytest.raises(Conflict):
            await change


async def test_decisions(yard, luke):
    with pytest.raises(Forbidden):
        await yard.core.printers.decide(MEMBER, luke, note="x")
    for changes in ({"plate": Plate.CLEAR}, {"version": 9}, {"nonsense": 1}):
        with pytest.raises(Invalid):
            await yard.core.printers.decide(OPERATOR, luke, **changes)
    await yard.core.printers.decide(OPERATOR, luke, note="oil it", in_maintenance=True)
    record = yard.shown(luke).record
    assert (record.note, record.in_maintenance, record.enabled) == ("oil it", True, True)


async def test_the_plate(yard, luke):
    with pytest.raises(Conflict):
        await yard.core.printers.clear_plate(MEMBER, luke)
    await yard.print(luke)
    with pytest.raises(Conflict, match="under way"):
        await yard.core.printers.clear_plate(MEMBER, luke)
    yard.device(luke).finish()
    await yard.settle()
    with pytest.raises(Forbidden):
        await yard.core.printers.clear_plate(GUEST, luke)
    await yard.core.printers.clear_plate(MEMBER, luke)
    assert yard.shown(luke).state.plate is Plate.CLEAR
    assert "start_print" in yard.shown(luke).state.accepts
    assert ClearPlate() in yard.device(luke).commands
    facts = await yard.facts(FactName.PLATE_CHANGED)
    assert [(fact.body["plate"], fact.actor) for fact in facts] == [("occupied", ""), ("clear", "member")]


async def test_waiting_for_a_snapshot(yard, luke):
    import asyncio

    waiting = asyncio.create_task(
        yard.core.printers.wait_for(MEMBER, luke, lambda shown: shown.state.activity is Activity.PRINTING, 5.0)
    )
    await yard.settle()
    yard.device(luke).begin()
    assert (await waiting).state.activity is Activity.PRINTING
    vain = asyncio.create_task(yard.core.printers.wait_for(MEMBER, luke, lambda _: False, 5.0))
    await yard.clock.advance(5.0)
    with pytest.raises(TimedOut):
        await vain
    gone = asyncio.create_task(yard.core.printers.wait_for(MEMBER, luke, lambda _: False, 5.0))
    await yard.settle()
    await yard.core.printers.remove(ADMIN, luke)
    with pytest.raises(NotFound):
        await gone


async def test_foreign_and_unknown_are_the_same(yard, luke):
    stranger = Principal(id="s", name="s", role=Role.ADMIN, scope=Scope(organization_id="elsewhere"))
    assert yard.core.printers.all(stranger) == []
    for printer_id in (luke, "unknown"):
        with pytest.raises(NotFound) as told:
            yard.core.printers.get(stranger, printer_id)
        assert told.value.message == "There is no such printer."


async def test_each_set_of_a_scope_narrows_further(yard, luke):
    printer, other = yard.shown(luke).printer, frozenset({"other"})
    mine = frozenset({luke})
    for printers, groups, sees in [
        (None, None, True), (mine, None, True), (other, None, False), (None, mine, True), (None, other, False),
        (mine, other, False), (mine, mine, True), (frozenset(), None, False),
    ]:  # fmt: skip
        assert visible(Scope(organization_id=HOME, printers=printers, groups=groups), printer) is sees


async def test_a_real_printer_has_no_sandbox(yard, luke):
    with pytest.raises(Unsupported):
        yard.core.printers.sandbox(OPERATOR, luke)
    with pytest.raises(Forbidden):
        yard.core.printers.sandbox(MEMBER, luke)
