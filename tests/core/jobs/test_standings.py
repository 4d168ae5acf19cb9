"""Why a job waits, and what would free it."""

import pytest
from msgspec.structs import replace
from tests.core.jobs.conftest import AA, ABS, BB, CC, PLA, PVA, asks, tool

from printyard.core.commands import StartPrint
from printyard.core.errors import NotFound
from printyard.core.model.group import Discipline
from printyard.core.model.job import JobState
from printyard.core.model.material import Material
from printyard.core.model.needs import ToolNeed
from printyard.core.model.state import Fault, Severity
from printyard.core.model.user import HOME, Scope
from printyard.core.model.verdict import EFFORT, NATURES, ChangeKind, ImpedimentKey
from printyard.testing.people import ADMIN, GUEST, MEMBER, OPERATOR


async def of(shop, job, printer_id=None):
    """How a job stands; with a printer, there."""
    standing = await shop.core.standings.job(MEMBER, job.id)
    if printer_id is None:
        return standing
    return next(one for one in standing.printers if one.printer_id == printer_id)


def keys(standing):
    return [one.key for one in standing.impediments]


async def test_changes_are_named_from_what_is_there_to_what_is_wanted(shop):
    luke = await shop.printer("Luke", tool(AA, PLA), tool(BB, None))
    wish = (ToolNeed(tool=1, nozzle_name=BB, material_guid=PVA),)
    row = Material(guid=ABS, version=1, brand="Acme", material="ABS", color="Red", organization_id=HOME, label="Hard")
    await shop.yard.store.write(lambda tx: tx.materials.put(row))
    job = await shop.submit(luke, asks(CC, ABS, plate_type="steel"), tools=wish)
    standing = await of(shop, job, luke)
    told = [(one.kind, one.tool, one.origin_id, one.target_id, one.target_name) for one in standing.changes]
    assert told == [
        (ChangeKind.PRINT_CORE_CHANGE, 0, AA, CC, CC),
        (ChangeKind.MATERIAL_CHANGE, 0, PLA, ABS, "Hard"),
        (ChangeKind.MATERIAL_INSERT, 1, "", PVA, PVA),
        (ChangeKind.BUILDPLATE_CHANGE, None, "glass", "steel", "steel"),
    ]
    assert standing.effort == sum(EFFORT[kind] for kind, *_ in told)
    assert standing.possible
    assert not standing.forcible, "there is nothing loaded"
    assert [one.overridable for one in standing.changes] == [True, True, False, False]


async def test_the_cheapest_change_is_that_of_the_printer_with_the_least_to_do(shop):
    luke, leia = await shop.printer("Luke", tool(CC, ABS)), await shop.printer("Leia", tool(AA, ABS))
    han = await shop.printer("Han", tool(CC, ABS))
    group_id = await shop.group(luke, leia, han)
    job = await shop.submit(group_id)
    standing = await of(shop, job)
    assert standing.cheapest.printer_id == leia
    assert [one.printer_id for one in standing.printers] == [leia, luke, han]
    (change,) = standing.cheapest.changes
    assert change.kind is ChangeKind.MATERIAL_CHANGE
    await shop.core.printers.remove(ADMIN, leia)
    assert (await of(shop, job)).cheapest.printer_id == luke


@pytest.mark.parametrize(
    ("wanted", "key"),
    [
        (asks(machine="Ultimaker 3"), ImpedimentKey.WRONG_MACHINE),
        (asks(flavor="UltiGCode"), ImpedimentKey.WRONG_FLAVOR),
        (asks(number=2), ImpedimentKey.EXTRUDER_ABSENT),
        (asks(box=((0.0, 0.0, 0.0), (10.0, 10.0, 999.0))), ImpedimentKey.DOES_NOT_FIT),
    ],
)
async def test_what_no_change_helps_against(shop, wanted, key):
    luke = await shop.printer("Luke")
    job = await shop.submit(luke, wanted)
    standing = await of(shop, job)
    assert standing.cheapest is None
    assert keys(standing) == [key]
    assert not standing.printers[0].possible
    assert not standing.printers[0].forcible
    assert job.state is JobState.QUEUED


async def test_machines_that_were_asked_for(shop):
    luke = await shop.printer("Luke")
    other = await shop.submit(luke, machines=("Ultimaker 3", "Ultimaker 2"))
    assert keys(await of(shop, other)) == [ImpedimentKey.WRONG_MACHINE]
    assert (await of(shop, other)).impediments[0].wanted == "Ultimaker 3, Ultimaker 2"
    assert (await shop.submit(luke, machines=("Ultimaker 3", "scripted"))).state is JobState.STARTED


async def test_too_little_filament_can_be_overridden(shop):
    luke = await shop.printer("Luke", tool(left=999.0))
    job = await shop.submit(luke)
    standing = await of(shop, job, luke)
    (short,) = standing.impediments
    assert (short.key, short.tool, short.wanted, short.found) == (
        ImpedimentKey.NOT_ENOUGH_MATERIAL, 0, "1000 mm", "999 mm",
    )  # fmt: skip
    assert standing.forcible


async def test_a_printer_with_enough_filament_is_better_than_one_without(shop):
    luke, leia = await shop.printer("Luke", tool(left=5.0)), await shop.printer("Leia", tool(left=5000.0))
    group_id = await shop.group(luke, leia)
    await shop.occupy(leia)
    job = await shop.submit(group_id)
    assert (await of(shop, job)).cheapest.printer_id == leia
    assert (await shop.core.standings.group(MEMBER, group_id))[job.id].cheapest.printer_id == leia


async def test_a_required_printer(shop):
    luke, leia = await shop.printer("Luke"), await shop.printer("Leia")
    group_id = await shop.group(luke, leia)
    await shop.occupy(luke)
    job = await shop.submit(group_id, printer_id=luke)
    assert keys(await of(shop, job, leia)) == [ImpedimentKey.OTHER_PRINTER_REQUIRED]
    standing = await of(shop, job)
    assert standing.cheapest.printer_id == luke
    assert keys(standing.cheapest) == [ImpedimentKey.PRINTER_BUSY]


async def test_what_a_printer_stands_in(shop):
    luke = await shop.printer("Luke")
    await shop.core.printers.decide(ADMIN, luke, enabled=False)
    job = await shop.submit(luke)
    assert keys(await of(shop, job, luke)) == [ImpedimentKey.PRINTER_DISABLED]
    await shop.core.printers.decide(ADMIN, luke, enabled=True, in_maintenance=True)
    assert keys(await of(shop, job, luke)) == [ImpedimentKey.PRINTER_IN_MAINTENANCE]
    fault = Fault(id="f", code="heater", severity=Severity.FATAL, since=shop.yard.clock.now())
    shop.yard.device(luke).say(faults=(fault,))
    await shop.yard.settle()
    assert ImpedimentKey.PRINTER_FAULT in keys(await of(shop, job, luke))
    shop.yard.device(luke).say(faults=())
    shop.yard.device(luke).lose()
    await shop.yard.settle()
    assert keys(await of(shop, job, luke)) == [ImpedimentKey.PRINTER_OFFLINE, ImpedimentKey.PRINTER_IN_MAINTENANCE]


async def test_a_plate_that_is_not_cleared(shop):
    luke = await shop.printer("Luke")
    await shop.occupy(luke)
    job = await shop.submit(luke)
    assert keys(await of(shop, job, luke)) == [ImpedimentKey.PRINTER_BUSY]
    shop.yard.device(luke).finish()
    await shop.yard.settle()
    assert keys(await of(shop, job, luke)) == [ImpedimentKey.PLATE_OCCUPIED]
    assert not (await of(shop, job, luke)).forcible


async def test_a_printer_that_waits_for_somebody_elses_approval(shop):
    luke = await shop.printer("Luke")
    guests = await shop.yard.print(luke, principal=GUEST)
    job = await shop.submit(luke)
    assert keys(await of(shop, job, luke)) == [ImpedimentKey.PRINTER_RESERVED]
    assert keys(await of(shop, guests)) == [ImpedimentKey.WAITS_FOR_APPROVAL]
    assert keys(await of(shop, guests, luke)) == [], "it is kept for this very job"


async def test_what_the_job_itself_waits_for(shop):
    luke = await shop.printer("Luke")
    await shop.occupy(luke)
    held = await shop.submit(luke, auto_start=False)
    standing = await of(shop, held)
    assert keys(standing) == [ImpedimentKey.HELD]
    assert standing.impediments[0].found == "It is held until somebody starts it."
    assert keys(await of(shop, await shop.submit(luke, principal=GUEST))) == [
        ImpedimentKey.WAITS_FOR_APPROVAL, ImpedimentKey.OTHERS_FIRST,
    ]  # fmt: skip
    await shop.core.printers.remove(ADMIN, luke)
    assert ImpedimentKey.NO_PRINTER in keys(await of(shop, held))


async def test_places_in_the_line(shop):
    luke = await shop.printer("Luke")
    await shop.occupy(luke)
    await shop.core.groups.change(OPERATOR, luke, discipline=Discipline.SHORTEST)
    first = await shop.submit(luke, asks(seconds=9000.0))
    second = await shop.submit(luke, asks(seconds=60.0))
    assert [(await of(shop, job)).position for job in (first, second)] == [1, 0]
    assert keys(await of(shop, first)) == [ImpedimentKey.OTHERS_FIRST]
    assert list(await shop.core.standings.group(MEMBER, luke)) == [second.id, first.id]
    await shop.finish(luke)
    begun = await of(shop, second)
    assert (begun.position, begun.state) == (None, JobState.STARTED)


async def test_force_leaves_nothing_to_change(shop):
    luke = await shop.printer("Luke", tool(CC, ABS, 1.0))
    await shop.occupy(luke)
    job = await shop.submit(luke)
    await shop.core.ordering.force(MEMBER, job.id, confirmed=True)
    standing = await of(shop, job)
    assert standing.forced_by == "member"
    assert (standing.cheapest.changes, keys(standing.cheapest)) == ((), [ImpedimentKey.PRINTER_BUSY])


async def test_one_and_all_say_the_same(shop):
    luke, leia = await shop.printer("Luke", tool(CC, ABS)), await shop.printer("Leia", tool(AA, ABS, 10.0))
    group_id = await shop.group(luke, leia)
    wants = [asks(), asks(CC), asks(AA, ABS), asks(AA, ABS, mm=5000.0, box=((0, 0, 0), (1, 1, 999)))]
    jobs = [await shop.submit(group_id, wanted) for wanted in wants]
    everything = await shop.core.standings.group(MEMBER, group_id)
    for job in jobs:
        assert replace(await of(shop, job), printers=()) == everything[job.id]


async def test_what_is_not_seen_is_not_told(shop):
    luke, leia = await shop.printer("Luke", tool(CC)), await shop.printer("Leia", tool(CC))
    group_id = await shop.group(luke, leia)
    job = await shop.submit(group_id)
    only_luke = replace(MEMBER, scope=Scope(organization_id=HOME, printers=frozenset({luke})))
    assert [one.printer_id for one in (await shop.core.standings.job(only_luke, job.id)).printers] == [luke]
    elsewhere = replace(MEMBER, scope=Scope(organization_id="elsewhere"))
    with pytest.raises(NotFound):
        await shop.core.standings.job(elsewhere, job.id)
    assert await shop.core.standings.group(elsewhere, group_id) == {}


async def test_a_standing_without_a_word_means_that_it_begins(shop):
    """The two are decided in different places: what is said of a free printer must be what is done."""
    luke = await shop.printer("Luke", tool(CC))
    job = await shop.submit(luke)
    shop.yard.device(luke).hang(StartPrint)
    assert (await of(shop, job, luke)).changes
    await shop.mount(luke, tool())
    assert not (await of(shop, job, luke)).changes
    assert await shop.state(job) is JobState.STARTING
    assert set(NATURES) == set(ImpedimentKey)
