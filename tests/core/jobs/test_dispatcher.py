"""First come, first served, and never twice."""

import asyncio

import pytest
from msgspec.structs import replace
from tests.core.jobs.conftest import AA, ABS, CC, PLA, asks, tool

from printyard.core.commands import Home, StartPrint
from printyard.core.errors import Conflict, Refused, TimedOut
from printyard.core.events import Fact, FactName
from printyard.core.jobs.queue import Claims
from printyard.core.model.file import Analysis, File
from printyard.core.model.job import JobOutcome, JobState
from printyard.core.model.material import Material
from printyard.core.model.user import EVERYTHING, HOME
from printyard.gcode.check import FileFacts
from printyard.gcode.container import SourceKind
from printyard.gcode.metadata import Metadata, ToolMetadata
from printyard.testing.people import ADMIN, GUEST, MEMBER, OPERATOR


@pytest.fixture
async def submit(yard, luke):
    """Puts a job into Luke's queue."""
    blob = await yard.blob()

    async def submitted(name, principal=MEMBER):
        file = await yard.core.files.add(MEMBER, name, blob)
        job = await yard.core.jobs.submit(principal, luke, file.id, Claims(name=name))
        await yard.clock.advance(1)
        return await yard.job(job.id)

    return submitted


def begun(yard, luke):
    return [command.name for command in yard.device(luke).commands if isinstance(command, StartPrint)]


async def finish(yard, luke):
    yard.device(luke).finish()
    await yard.settle()
    await yard.core.printers.clear_plate(MEMBER, luke)
    await yard.settle()


async def test_first_come_first_served(yard, luke, submit):
    for name in "abc":
        await submit(name)
    for count in (1, 2, 3):
        assert begun(yard, luke) == list("abc")[:count]
        await finish(yard, luke)


async def test_rank_comes_before_age(yard, luke, submit):
    await submit("a")
    b, c = await submit("b"), await submit("c")
    assert (b.state, c.state) == (JobState.QUEUED, JobState.QUEUED)
    await yard.core.ordering.move(ADMIN, c.id, 0)
    await finish(yard, luke)
    assert begun(yard, luke) == ["a", "c"]


async def test_nothing_begins_until_the_plate_is_cleared(yard, luke, submit):
    await submit("a")
    await submit("b")
    yard.device(luke).finish()
    await yard.clock.advance(3600)
    assert begun(yard, luke) == ["a"]


async def test_the_job_that_reserved_the_printer_goes_before_the_queue(yard, luke, submit):
    yard.core.printers.get(MEMBER, luke)
    guests = await yard.print(luke, "guest.gcode", principal=GUEST)
    await submit("a")
    assert begun(yard, luke) == []
    await yard.core.jobs.approve(ADMIN, guests.id, allow=True)
    await yard.settle()
    assert begun(yard, luke) == ["guest.gcode"]


async def test_any_number_of_wakes_starts_a_job_once(yard, luke, submit):
    gate = yard.device(luke).hang(StartPrint)
    await submit("a")
    for _ in range(5):
        yard.session(luke)._seat.freed(luke)
        await yard.settle()
    gate.set()
    await yard.settle()
    assert begun(yard, luke) == ["a"]


async def test_an_assignment_is_conditional(yard, luke, submit):
    """The job is withdrawn between the dispatcher's look and its grip."""
    yard.device(luke).lose()
    await yard.settle()
    job = await submit("a")
    read = yard.store.read

    async def withdrawn_meanwhile(work):
        value = await read(work)
        if isinstance(value, File) and value.id == job.file_id:
            yard.store.read = read
            await yard.core.jobs.withdraw(MEMBER, job.id)
        return value

    yard.store.read = withdrawn_meanwhile
    yard.device(luke).find()
    await yard.clock.advance(70)
    assert yard.store.read == read, "the test got between them"
    assert begun(yard, luke) == []
    assert yard.shown(luke).job is None
    assert (await yard.job(job.id)).state is JobState.ENDED


async def test_a_job_that_was_assigned_meanwhile_is_only_its_printers_to_change(yard, luke, submit):
    yard.device(luke).lose()
    await yard.settle()
    stale = await submit("a")
    gate = yard.device(luke).hang(StartPrint)
    yard.device(luke).find()
    await yard.clock.advance(70)
    with pytest.raises(Conflict):
        await yard.core.jobs._alterations.alter(MEMBER, stale, lambda job, _: replace(job, rank=3))
    gate.set()
    await yard.settle()
    assert (await yard.job(stale.id)).state is JobState.STARTED


@pytest.mark.parametrize("decision", [{"enabled": False}, {"in_maintenance": True}])
async def test_a_printer_that_was_taken_out_of_service_gets_no_jobs(yard, luke, submit, decision):
    await yard.core.printers.decide(ADMIN, luke, **decision)
    await submit("a")
    assert begun(yard, luke) == []
    await yard.core.printers.decide(ADMIN, luke, enabled=True, in_maintenance=False)
    await yard.settle()
    assert begun(yard, luke) == ["a"]


async def test_a_file_that_was_removed_is_still_printed_by_its_job(yard, luke, submit):
    await submit("a")
    job = await submit("b")
    await yard.core.files.remove(MEMBER, job.file_id)
    await finish(yard, luke)
    assert begun(yard, luke) == ["a", "b"]


async def test_a_job_without_a_file_does_not_block_those_behind_it(yard, luke, submit):
    await submit("a")
    b = await submit("b")
    await submit("c")
    await yard.store.write(lambda tx: tx.jobs.put(replace(tx.jobs.get(EVERYTHING, b.id), file_id=None)))
    await finish(yard, luke)
    assert begun(yard, luke) == ["a", "c"]
    assert (await yard.job(b.id)).state is JobState.HELD


async def test_each_printer_serves_its_own_group(yard, luke, submit):
    leia = await yard.add_printer("Leia")
    await submit("a")
    await submit("b")
    assert begun(yard, leia) == []


# -- groups of printers


async def test_jobs_go_to_the_printers_that_fit(shop):
    luke, leia = await shop.printer("Luke", tool(AA, PLA)), await shop.printer("Leia", tool(CC, ABS))
    group_id = await shop.group(luke, leia)
    await shop.submit(group_id, asks(CC, ABS), name="thick")
    await shop.submit(group_id, asks(AA, PLA), name="fine")
    none = await shop.submit(group_id, asks(AA, ABS))
    assert (shop.begun(luke), shop.begun(leia)) == (["fine"], ["thick"])
    await shop.finish(luke)
    await shop.finish(leia)
    assert await shop.state(none) is JobState.QUEUED
    await shop.mount(leia, tool(AA, ABS))
    assert await shop.state(none) is JobState.STARTED


async def test_a_nozzle_of_another_width_is_another_setup(shop):
    luke = await shop.printer("Luke", replace(tool(), nozzle=None))
    await shop.mount(luke, replace(tool(""), nozzle=replace(tool().nozzle, name="", diameter_mm=0.8)))
    job = await shop.submit(luke, asks("", tools=(replace(asks("").tools[0], nozzle_mm=0.4),)))
    assert job.state is JobState.QUEUED
    await shop.mount(luke, replace(tool(""), nozzle=replace(tool().nozzle, name="", diameter_mm=0.4)))
    assert await shop.state(job) is JobState.STARTED


async def test_what_is_known_of_a_material_changes_what_fits(shop):
    """A file without a GUID names its material by type; the library learns later of which type the loaded one is."""
    luke = await shop.printer("Luke", tool(AA, ABS))
    await material(shop, ABS, "ABS", 1)
    job = await shop.submit(luke, wanting_type("PLA"))
    assert job.state is JobState.QUEUED
    await material(shop, ABS, "PLA", 2)
    assert await shop.state(job) is JobState.STARTED


def wanting_type(word):
    said = Metadata(tools=(ToolMetadata(number=0, material_type=word),))
    return replace(asks(guid=""), facts=FileFacts(kind=SourceKind.GCODE, metadata=said))


async def material(shop, guid, kind, version):
    row = Material(guid=guid, version=version, brand="Acme", material=kind, color="Red", organization_id=HOME)
    fact = Fact(
        name=FactName.MATERIAL_CHANGED, at=shop.yard.clock.now(), organization_id=HOME, subject_kind="material",
        subject_id=guid,
    )  # fmt: skip
    await shop.yard.store.write(lambda tx: (tx.materials.put(row), tx.events.append([fact])))
    await shop.yard.settle()


@pytest.mark.parametrize(("kind", "attempts"), [(File, 0), (Analysis, 1)], ids=["decided", "transferring"])
async def test_what_was_changed_after_it_was_decided_is_not_printed_on(shop, kind, attempts):
    """Somebody swaps the core while the dispatcher fetches the file, or while the printer does."""
    luke = await shop.printer("Luke")
    await shop.core.printers.decide(ADMIN, luke, enabled=False)
    job = await shop.submit(luke)

    async def swap():
        shop.yard.device(luke).say(tools=(tool(CC),))

    shop.after_reading(kind, swap)
    await shop.core.printers.decide(ADMIN, luke, enabled=True)
    await shop.yard.settle()
    again = await shop.yard.job(job.id)
    assert (again.state, again.attempts) == (JobState.QUEUED, attempts)
    assert shop.yard.shown(luke).state.tools[0].nozzle.name == CC, "the test got between them"
    assert shop.begun(luke) == []
    await shop.mount(luke, tool())
    assert await shop.state(job) is JobState.STARTED


async def test_what_is_changed_while_the_device_is_busy_with_a_command_is_not_printed_on(shop):
    """The start waits for its turn: until then nothing is decided."""
    luke = await shop.printer("Luke")
    gate = shop.yard.device(luke).hang(Home)
    asking = asyncio.ensure_future(shop.core.printers.ask(MEMBER, luke, Home()))
    await shop.yard.settle()
    job = await shop.submit(luke)
    assert job.state is JobState.STARTING
    await shop.mount(luke, tool(CC))
    gate.set()
    await asking
    await shop.yard.settle()
    again = await shop.yard.job(job.id)
    assert (again.state, again.attempts) == (JobState.QUEUED, 1)
    assert shop.begun(luke) == []
    await shop.mount(luke, tool())
    assert await shop.state(job) is JobState.STARTED


async def test_a_job_that_came_to_nothing_goes_to_another_printer_first(shop):
    luke, leia = await shop.printer("Luke"), await shop.printer("Leia")
    group_id = await shop.group(luke, leia)
    shop.yard.device(luke).refuse(StartPrint, Refused("no"))
    job = await shop.submit(group_id)
    assert (shop.begun(luke), shop.begun(leia)) == ([job.name], [job.name])
    assert (await shop.yard.job(job.id)).attempts == 1


async def test_a_job_that_came_to_nothing_waits_for_its_turn_and_for_what_it_needs(shop):
    """It required its printer, and what was loaded there has been changed since: it reserves nothing."""
    luke = await shop.printer("Luke")
    group_id = await shop.group(luke)
    device = shop.yard.device(luke)
    device.remembers = False
    device.refuse(StartPrint, TimedOut("silence"))
    job = await shop.submit(group_id, printer_id=luke)
    assert job.state is JobState.UNCONFIRMED
    device.refuse(StartPrint, None)
    await shop.mount(luke, tool(CC))
    await shop.core.jobs.resolve(OPERATOR, job.id, again=True)
    assert await shop.state(job) is JobState.QUEUED
    assert shop.yard.shown(luke).record.reserved_by is None
    other = await shop.submit(group_id, asks(CC))
    assert await shop.state(other) is JobState.STARTED


async def test_a_reserved_job_is_not_forgotten_when_the_database_takes_nothing(shop):
    luke = await shop.printer("Luke")
    guests = await shop.yard.print(luke, principal=GUEST)

    async def fill():
        shop.yard.store.full = True

    shop.after_reading(File, fill)
    await shop.core.jobs.approve(OPERATOR, guests.id, allow=True)
    await shop.yard.settle()
    assert shop.yard.store.full
    assert shop.begun(luke) == []
    shop.yard.store.full = False
    await shop.yard.clock.advance(5)
    assert shop.begun(luke) == [guests.name]


async def test_what_was_decided_is_decided_again_when_the_database_takes_nothing(shop):
    luke, leia = await shop.printer("Luke"), await shop.printer("Leia")
    group_id = await shop.group(luke, leia)

    async def fill():
        shop.yard.store.full = True

    async def fill_at_the_next():
        shop.after_reading(File, fill)

    shop.after_reading(File, fill_at_the_next)  # the first reader is the submission
    jobs = await shop.submit_all(group_id, copies=2)
    assert shop.yard.store.full
    assert shop.begun(luke, leia) == []
    shop.yard.store.full = False
    await shop.yard.clock.advance(5)
    assert sorted(shop.begun(luke, leia)) == sorted(job.name for job in jobs)


# -- printers that go


@pytest.mark.parametrize("gone", ["lost", "removed", "off"])
async def test_a_printer_that_is_not_free_any_more_gets_nothing(shop, gone):
    luke, leia = await shop.printer("Luke"), await shop.printer("Leia")
    group_id = await shop.group(luke, leia)
    if gone == "lost":
        shop.yard.device(luke).lose()
    elif gone == "removed":
        await shop.core.printers.remove(ADMIN, luke)
    else:
        await shop.core.printers.decide(ADMIN, luke, enabled=False)
    job = await shop.submit(group_id)
    assert (shop.begun(luke), shop.begun(leia)) == ([], [job.name])


@pytest.mark.parametrize("alone", [False, True])
async def test_a_printer_that_vanishes_with_a_job_assigned_leaves_it_to_others(shop, alone):
    """It is removed while it fetches the file: nothing was begun, so another printer may begin it, if there is one."""
    luke = await shop.printer("Luke")
    group_id = await shop.group(luke)
    gate = asyncio.Event()
    shop.after_reading(Analysis, gate.wait)
    job = await shop.submit(group_id)
    assert (job.state, job.printer_id) == (JobState.TRANSFERRING, luke)
    if not alone:
        leia = await shop.printer("Leia")
        await shop.core.groups.join(ADMIN, group_id, leia)
    await shop.core.printers.remove(ADMIN, luke)
    gate.set()
    assert await shop.state(job) is (JobState.HELD if alone else JobState.STARTED)
    assert shop.begun(luke) == []
    if not alone:
        assert shop.begun(leia) == [job.name]


async def test_a_link_that_is_lost_before_the_device_was_asked_leaves_the_job_to_others(shop):
    luke, leia = await shop.printer("Luke"), await shop.printer("Leia")
    group_id = await shop.group(luke, leia)
    shop.yard.device(luke).refuse(StartPrint, Refused("the door is open"))
    await shop.occupy(leia)
    shop.yard.device(luke).lose()
    await shop.yard.settle()
    job = await shop.submit(group_id)
    assert job.state is JobState.QUEUED
    await shop.finish(leia)
    assert await shop.state(job) is JobState.STARTED


async def test_a_link_that_is_lost_while_the_device_is_asked_proves_nothing(shop):
    """It may print: the job is nobody else's until somebody knows."""
    luke, leia = await shop.printer("Luke"), await shop.printer("Leia")
    group_id = await shop.group(luke, leia)
    await shop.occupy(leia)
    device = shop.yard.device(luke)
    device.remembers = False
    device.refuse(StartPrint, ConnectionResetError("cut"))
    job = await shop.submit(group_id)
    device.lose()
    await shop.finish(leia)
    await shop.yard.clock.advance(3600)
    assert await shop.state(job) is JobState.UNCONFIRMED
    assert shop.begun(leia) == []


async def test_jobs_of_a_removed_printer_wait_for_a_person(shop):
    """Alone in its group: whatever waits is held, and nobody can let it go into a queue that nothing serves."""
    luke = await shop.printer("Luke")
    group_id = await shop.group(luke)
    await shop.occupy(luke)
    waits = await shop.submit(group_id)
    parked = await shop.submit(group_id, auto_start=False)
    guests = await shop.submit(group_id, principal=GUEST)
    await shop.core.printers.remove(ADMIN, luke)
    held = await shop.yard.job(waits.id)
    assert (held.state, held.reason) == (JobState.HELD, "Its group has no printer any more.")
    for job in (waits, parked):
        with pytest.raises(Conflict, match="no printer"):
            await shop.core.ordering.release(MEMBER if job is parked else OPERATOR, job.id)
    assert (await shop.core.jobs.approve(OPERATOR, guests.id, allow=True)).state is JobState.HELD
    leia = await shop.printer("Leia")
    await shop.core.groups.join(ADMIN, group_id, leia)
    await shop.core.ordering.release(OPERATOR, waits.id)
    assert await shop.state(waits) is JobState.STARTED


async def test_a_rejected_or_withdrawn_job_is_out_of_the_line(shop):
    luke = await shop.printer("Luke")
    await shop.occupy(luke)
    gone = await shop.submit(luke)
    stays = await shop.submit(luke)
    assert (await shop.core.jobs.withdraw(MEMBER, gone.id)).outcome is JobOutcome.WITHDRAWN
    await shop.finish(luke)
    assert shop.begun(luke) == [stays.name]
