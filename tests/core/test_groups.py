"""Groups: printers with one queue."""

import pytest
from msgspec.structs import replace
from tests.core.jobs.conftest import CC, Shop, asks, tool

from printyard.core.errors import Conflict, Forbidden, Invalid, NotFound
from printyard.core.events import FactName
from printyard.core.model.group import Discipline
from printyard.core.model.job import JobState
from printyard.core.model.user import HOME, Scope
from printyard.testing.people import ADMIN, GUEST, MEMBER, OPERATOR


@pytest.fixture
def shop(yard):
    return Shop(yard)


async def shapes(shop, principal=MEMBER):
    return {
        one.group.name: [shown.printer.name for shown in one.printers] for one in await shop.core.groups.all(principal)
    }


async def test_each_printer_is_a_group_of_one_until_it_joins_another(shop):
    luke, leia = await shop.printer("Luke"), await shop.printer("Leia")
    assert await shapes(shop) == {"Luke": ["Luke"], "Leia": ["Leia"]}
    hall = await shop.core.groups.create(ADMIN, "  Hall  1 ", Discipline.SHORTEST)
    assert await shapes(shop) == {"Luke": ["Luke"], "Leia": ["Leia"], "Hall 1": []}
    await shop.core.groups.join(ADMIN, hall.id, luke)
    await shop.core.groups.join(ADMIN, hall.id, leia)
    assert await shapes(shop) == {"Hall 1": ["Luke", "Leia"]}
    assert (await shop.core.groups.get(MEMBER, hall.id)).group.discipline is Discipline.SHORTEST
    with pytest.raises(Conflict):
        await shop.core.groups.join(ADMIN, hall.id, luke)
    await shop.core.groups.leave(ADMIN, hall.id, luke)
    assert await shapes(shop) == {"Hall 1": ["Leia"], "Luke": ["Luke"]}
    with pytest.raises(Conflict):
        await shop.core.groups.leave(ADMIN, luke, luke)
    with pytest.raises(NotFound):
        await shop.core.groups.leave(ADMIN, hall.id, luke)
    for printer_id in (luke, leia):
        with pytest.raises(Conflict, match="one printer"):
            await shop.core.groups.join(ADMIN, luke, printer_id)
    told = [fact.subject_id for fact in await shop.yard.facts(FactName.GROUP_CHANGED)]
    assert told == [hall.id, hall.id, hall.id, luke]


async def test_a_printers_own_group_has_a_name_and_a_discipline_too(shop):
    luke = await shop.printer("Luke")
    changed = await shop.core.groups.change(OPERATOR, luke, discipline=Discipline.DEADLINE)
    assert (changed.id, changed.name, changed.discipline) == (luke, "Luke", Discipline.DEADLINE)
    again = await shop.core.groups.change(OPERATOR, luke, name="Luke's")
    assert (again.name, again.discipline, again.version) == ("Luke's", Discipline.DEADLINE, 2)
    hall = await shop.group(luke)
    assert await shapes(shop) == {"Hall": ["Luke"]}
    await shop.core.groups.leave(ADMIN, hall, luke)
    assert await shapes(shop) == {"Hall": [], "Luke's": ["Luke"]}
    assert hall != luke


async def test_who_may_do_what(shop):
    luke = await shop.printer("Luke")
    for attempt in (
        lambda: shop.core.groups.create(OPERATOR, "x"),
        lambda: shop.core.groups.change(MEMBER, luke, name="x"),
        lambda: shop.core.groups.join(OPERATOR, luke, luke),
        lambda: shop.core.groups.leave(OPERATOR, luke, luke),
        lambda: shop.core.groups.remove(OPERATOR, luke),
    ):
        with pytest.raises(Forbidden):
            await attempt()
    assert await shapes(shop, GUEST) == {"Luke": ["Luke"]}


async def test_who_sees_one_printer_sees_its_group_alone(shop):
    luke, leia = await shop.printer("Luke"), await shop.printer("Leia")
    only_luke = replace(MEMBER, scope=Scope(organization_id=HOME, printers=frozenset({luke})))
    elsewhere = replace(ADMIN, scope=Scope(organization_id="elsewhere"))
    hall = await shop.group(leia)
    assert await shapes(shop, only_luke) == {"Luke": ["Luke"]}
    assert await shapes(shop, elsewhere) == {}
    for who, group_id in ((only_luke, hall), (elsewhere, hall), (MEMBER, "nothing")):
        with pytest.raises(NotFound):
            await shop.core.groups.get(who, group_id)
    theirs = await shop.core.groups.create(elsewhere, "Theirs")
    with pytest.raises(NotFound):
        await shop.core.groups.join(ADMIN, theirs.id, luke)


@pytest.mark.parametrize("name", ["", "   ", "x" * 101, "a\x00b"])
async def test_a_group_has_a_name_that_can_be_shown(shop, name):
    with pytest.raises(Invalid):
        await shop.core.groups.create(ADMIN, name)


async def test_a_group_goes_when_nothing_is_in_it(shop):
    luke = await shop.printer("Luke")
    hall = await shop.group(luke)
    await shop.occupy(luke)
    with pytest.raises(Conflict, match="printers"):
        await shop.core.groups.remove(ADMIN, hall)
    job = await shop.submit(hall)
    await shop.core.groups.leave(ADMIN, hall, luke)
    assert await shop.state(job) is JobState.HELD
    with pytest.raises(Conflict, match="Jobs"):
        await shop.core.groups.remove(ADMIN, hall)
    await shop.core.jobs.withdraw(MEMBER, job.id)
    await shop.core.groups.remove(ADMIN, hall)
    assert await shapes(shop) == {"Luke": ["Luke"]}
    with pytest.raises(NotFound):
        await shop.core.groups.join(ADMIN, hall, luke)


async def test_what_waits_for_a_printer_comes_along_and_still_requires_it(shop):
    luke, leia = await shop.printer("Luke"), await shop.printer("Leia")
    await shop.occupy(luke)
    job = await shop.submit(luke)
    held = await shop.submit(luke, auto_start=False)
    hall = await shop.group(leia, luke)
    moved = await shop.yard.job(job.id)
    assert (moved.group_id, moved.needs.printer_id) == (hall, luke)
    assert (await shop.yard.job(held.id)).group_id == hall
    assert shop.begun(leia) == []
    await shop.finish(luke)
    assert await shop.state(job) is JobState.STARTED
    assert shop.begun(luke) == [job.name]


async def test_a_guests_print_that_reserves_a_printer_goes_with_it(shop):
    luke = await shop.printer("Luke")
    guests = await shop.yard.print(luke, principal=GUEST)
    hall = await shop.group(luke)
    assert (await shop.yard.job(guests.id)).group_id == hall
    await shop.core.jobs.approve(OPERATOR, guests.id, allow=True)
    assert await shop.state(guests) is JobState.STARTED


async def test_a_printer_that_leaves_serves_its_own_queue_again(shop):
    luke, leia = await shop.printer("Luke"), await shop.printer("Leia", tool(CC))
    hall = await shop.group(luke, leia)
    job = await shop.submit(hall, asks(CC))
    assert shop.begun(leia) == [job.name]
    await shop.core.groups.leave(ADMIN, hall, luke)
    other = await shop.submit(luke)
    assert await shop.state(other) is JobState.STARTED
    assert (await shop.yard.job(job.id)).group_id == hall


async def test_another_discipline_orders_anew_what_waits(shop):
    luke = await shop.printer("Luke")
    hall = await shop.group(luke)
    await shop.occupy(luke)
    await shop.submit(hall, asks(seconds=9000.0), name="long")
    await shop.submit(hall, asks(seconds=9.0), name="short")
    await shop.core.groups.change(OPERATOR, hall, discipline=Discipline.SHORTEST)
    assert [job.name for job in await shop.core.jobs.waiting(MEMBER)] == ["short", "long"]
    await shop.finish(luke)
    assert shop.begun(luke) == ["short"]
