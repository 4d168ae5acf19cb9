"""What comes into the queue: copies, duplicates, reprints, and what a file is found to need."""

import pytest
from msgspec.structs import replace
from tests.core.jobs.conftest import AA, ABS, CC, PLA, asks, tool

from printyard.core.errors import Conflict, Forbidden, Invalid, NotFound, StorageFull
from printyard.core.jobs.disciplines import HEAD_START_SECONDS, PRIORITIES
from printyard.core.jobs.needing import needs_of
from printyard.core.jobs.queue import Claims
from printyard.core.model.job import JobOutcome, JobSource, JobState
from printyard.core.model.needs import Needs, ToolNeed
from printyard.core.model.user import EVERYTHING
from printyard.gcode.check import FileFacts
from printyard.gcode.container import SourceKind
from printyard.gcode.metadata import Metadata, ToolMetadata
from printyard.testing.people import ADMIN, GUEST, MEMBER, OPERATOR


@pytest.fixture
async def hall(shop):
    """A group with one printer that is busy."""
    luke = await shop.printer("Luke")
    group_id = await shop.group(luke)
    await shop.occupy(luke)
    return luke, group_id


async def test_what_a_file_needs_is_read_from_it(shop, hall):
    box = ((1.0, 1.0, 0.0), (50.0, 50.0, 20.0))
    job = await shop.submit(hall[1], asks(CC, ABS, mm=123.0, box=box, plate_type="glass", seconds=77.0))
    (need,) = job.needs.tools
    assert (need.nozzle_name, need.material_guid, need.filament_mm) == (CC, ABS, 123.0)
    assert (job.needs.machine, job.needs.plate_type, job.seconds_estimated) == ("Scripted", "glass", 77.0)
    assert (job.needs.box.least, job.needs.box.most) == box


def test_a_material_without_a_guid_is_known_by_its_type():
    said = Metadata(tools=(ToolMetadata(number=0, material_type="PLA"), ToolMetadata(number=1, material_type="PVA")))
    facts = FileFacts(kind=SourceKind.GCODE, metadata=said)
    (need,) = needs_of(replace(asks(guid=""), facts=facts)).tools
    assert (need.material_guid, need.material_type) == ("", "PLA")


async def test_wishes_stand_in_the_place_of_what_the_file_says(shop, hall):
    luke, group_id = hall
    wish = (ToolNeed(tool=0, nozzle_name=CC), ToolNeed(tool=1, material_guid=ABS))
    job = await shop.submit(group_id, tools=wish, printer_id=luke, machines=("Other",), plate_type="steel")
    first, second = job.needs.tools
    assert (first.nozzle_name, first.material_guid, first.filament_mm) == (CC, "", 1000.0)
    assert (second.tool, second.material_guid) == (1, ABS)
    assert (job.needs.machine, job.needs.machines, job.needs.plate_type) == ("", ("Other",), "steel")
    assert job.needs.printer_id == luke


async def test_copies_are_siblings_of_one_batch_one_behind_the_other(shop, hall):
    jobs = await shop.submit_all(hall[1], copies=3)
    assert len({job.batch_id for job in jobs}) == 1
    assert jobs[0].batch_id == jobs[0].id
    assert [job.id for job in await shop.core.jobs.waiting(MEMBER, hall[1])] == [job.id for job in jobs]
    assert (await shop.submit(hall[1])).batch_id is None


@pytest.mark.parametrize("copies", [0, -1, 1001])
async def test_copies_have_a_bound(shop, hall, copies):
    with pytest.raises(Invalid):
        await shop.submit(hall[1], copies=copies)
    job = await shop.submit(hall[1])
    with pytest.raises(Invalid):
        await shop.core.submissions.duplicate(MEMBER, job.id, copies)


async def test_queue_only_is_held_until_its_owner_starts_it(shop, hall):
    luke, group_id = hall
    job = await shop.submit(group_id, auto_start=False)
    assert job.state is JobState.HELD
    await shop.finish(luke)
    assert shop.begun(luke) == []
    with pytest.raises(Forbidden):
        await shop.core.ordering.release(replace(MEMBER, id="other"), job.id)
    await shop.core.ordering.release(MEMBER, job.id)
    assert await shop.state(job) is JobState.STARTED


async def test_what_makes_no_sense_is_refused(shop, hall):
    file = await shop.file(asks())
    with pytest.raises(NotFound):
        await shop.core.submissions.submit(MEMBER, "nowhere", file.id, Claims(name="x"))
    with pytest.raises(NotFound):
        await shop.core.submissions.submit(MEMBER, hall[1], "no file", Claims(name="x"))
    with pytest.raises(NotFound):
        await shop.submit(hall[1], printer_id="of another group")
    with pytest.raises(Invalid):
        await shop.submit(hall[1], priority=PRIORITIES.stop)
    stored = await shop.core.files.add(MEMBER, "x", await shop.yard.blob(b"solid", "cube.stl"))
    with pytest.raises(Invalid) as told:
        await shop.core.submissions.submit(MEMBER, hall[1], stored.id, Claims(name="x"))
    assert told.value.code == "no_model"


async def test_only_who_manages_the_queue_goes_before_others(shop, hall):
    with pytest.raises(Forbidden):
        await shop.submit(hall[1], priority=1)
    first = await shop.submit(hall[1])
    urgent = await shop.submit(hall[1], principal=OPERATOR, priority=1)
    modest = await shop.submit(hall[1], priority=-1)
    line = [job.id for job in await shop.core.jobs.waiting(MEMBER, hall[1])]
    assert line == [urgent.id, first.id, modest.id]
    assert first.rank - urgent.rank == HEAD_START_SECONDS * 1e6
    (copied,) = await shop.core.submissions.duplicate(MEMBER, urgent.id)
    assert copied.priority == 0, "a copy is no way around it"
    assert (await shop.core.jobs.waiting(MEMBER, hall[1]))[0].id == urgent.id


async def test_nothing_is_queued_of_which_nothing_could_be_learnt(shop, hall):
    """The job would need nothing, and so be printed anywhere."""
    shop.yard.plans.error = StorageFull("no room for the plan")
    with pytest.raises(StorageFull):
        await shop.submit(hall[1])
    assert await shop.core.jobs.waiting(MEMBER) == []


async def test_a_file_that_makes_no_sense_fails_as_soon_as_it_is_to_begin(shop, hall):
    luke, group_id = hall
    shop.yard.plans.error = Invalid("This is no G-code.")
    job = await shop.submit(group_id)
    assert job.needs == Needs()
    await shop.finish(luke)
    assert (await shop.yard.job(job.id)).outcome is JobOutcome.FAILED
    assert shop.begun(luke) == []


async def test_a_duplicate_is_a_sibling_of_which_nothing_has_happened(shop, hall):
    job = await shop.submit(hall[1], asks(CC))
    await shop.core.ordering.force(MEMBER, job.id, confirmed=True)
    copies = await shop.core.submissions.duplicate(OPERATOR, job.id, 2)
    for copy in copies:
        assert (copy.batch_id, copy.created_by, copy.needs) == (job.id, "operator", job.needs)
        assert (copy.forced_by, copy.state) == ("", JobState.QUEUED)
    line = [one.id for one in await shop.core.jobs.waiting(MEMBER, hall[1])]
    assert line == [job.id, *(copy.id for copy in copies)]
    with pytest.raises(Conflict):
        await shop.core.submissions.reprint(MEMBER, job.id)


async def ended(shop, luke, group_id, **wishes):
    job = await shop.submit(group_id, **wishes)
    await shop.finish(luke)
    await shop.finish(luke)
    over = await shop.yard.job(job.id)
    assert over.outcome is JobOutcome.COMPLETED
    return over


async def test_a_reprint_is_a_new_job_for_the_same_print(shop, hall):
    luke, group_id = hall
    job = await ended(shop, luke, group_id)
    await shop.occupy(luke)
    (again,) = await shop.core.submissions.reprint(OPERATOR, job.id)
    assert (again.reprint_of, again.source, again.needs) == (job.id, JobSource.REPRINT, job.needs)
    assert (again.created_by, again.state, again.printer_id, again.started_at) == (
        "operator", JobState.QUEUED, None, None,
    )  # fmt: skip
    with pytest.raises(Conflict):
        await shop.core.submissions.duplicate(MEMBER, job.id)


async def test_a_print_without_a_file_cannot_be_printed_again(shop, hall):
    luke, _ = hall
    adopted = shop.yard.shown(luke).job
    with pytest.raises(Conflict):
        await shop.core.submissions.reprint(MEMBER, adopted.id)
    with pytest.raises(Conflict):
        await shop.core.submissions.duplicate(MEMBER, adopted.id)


async def test_a_reprint_whose_file_was_removed(shop, hall):
    job = await ended(shop, *hall)
    await shop.core.files.remove(MEMBER, job.file_id)
    with pytest.raises(NotFound):
        await shop.core.submissions.reprint(MEMBER, job.id)


async def test_a_reprint_of_a_print_from_a_printers_own_door_is_held_against_what_is_mounted(shop):
    """That door prints what it is given; the queue does not."""
    luke = await shop.printer("Luke", tool(CC))
    blob = await shop.yard.blob()
    shop.yard.plans.known[blob.sha256] = asks(AA)
    job = await shop.yard.print(luke)
    assert (job.state, job.needs) == (JobState.STARTED, Needs(printer_id=luke))
    await shop.finish(luke)
    (again,) = await shop.core.submissions.reprint(MEMBER, job.id)
    assert await shop.state(again) is JobState.QUEUED
    assert again.needs.tools[0].nozzle_name == AA
    await shop.mount(luke, tool(AA))
    assert await shop.state(again) is JobState.STARTED


async def test_a_reprint_goes_where_its_printer_is_now(shop):
    luke = await shop.printer("Luke")
    job = await shop.yard.print(luke)
    await shop.finish(luke)
    hall = await shop.group(luke)
    (again,) = await shop.core.submissions.reprint(MEMBER, job.id)
    assert (again.group_id, again.needs.printer_id) == (hall, luke)


async def test_a_reprint_in_another_group(shop, hall):
    luke, group_id = hall
    job = await ended(shop, luke, group_id, printer_id=luke)
    leia = await shop.printer("Leia")
    (again,) = await shop.core.submissions.reprint(MEMBER, job.id, group_id=leia)
    assert (again.group_id, again.needs.printer_id) == (leia, None)
    assert await shop.state(again) is JobState.STARTED
    with pytest.raises(NotFound):
        await shop.core.submissions.reprint(MEMBER, job.id, group_id="nowhere")


async def test_a_reprint_whose_printer_is_gone(shop, hall):
    luke, group_id = hall
    job = await ended(shop, luke, group_id, printer_id=luke)
    await shop.core.printers.remove(ADMIN, luke)
    with pytest.raises(NotFound):
        await shop.core.submissions.reprint(MEMBER, job.id)


async def test_stop_and_reprint(shop, hall):
    luke, group_id = hall
    first = await shop.submit(group_id, name="first", principal=OPERATOR, priority=2)
    await shop.submit(group_id, name="second")
    await shop.finish(luke)
    again = await shop.core.jobs.stop_and_reprint(MEMBER, first.id)
    await shop.yard.settle()
    assert (await shop.yard.job(first.id)).outcome is JobOutcome.CANCELLED
    assert (again.reprint_of, again.rank, again.created_by) == (first.id, first.rank, "member")
    assert await shop.state(again) is JobState.QUEUED, "something lies on the plate"
    await shop.core.printers.clear_plate(MEMBER, luke)
    assert await shop.state(again) is JobState.STARTED
    assert shop.begun(luke) == ["first", "first"]


async def test_what_is_not_printed_now_or_cannot_be_printed_again_is_not_stopped(shop, hall):
    luke, group_id = hall
    waits = await shop.submit(group_id)
    with pytest.raises(Conflict):
        await shop.core.jobs.stop_and_reprint(MEMBER, waits.id)
    adopted = shop.yard.shown(luke).job
    with pytest.raises(Conflict):
        await shop.core.jobs.stop_and_reprint(MEMBER, adopted.id)
    await shop.finish(luke)
    with pytest.raises(Forbidden):
        await shop.core.jobs.stop_and_reprint(GUEST, waits.id)
    await shop.core.files.remove(MEMBER, waits.file_id)
    with pytest.raises(NotFound):
        await shop.core.jobs.stop_and_reprint(MEMBER, waits.id)
    assert await shop.state(waits) is JobState.STARTED


async def test_a_job_of_no_file_is_no_template(shop, hall):
    job = await shop.submit(hall[1])
    await shop.yard.store.write(lambda tx: tx.jobs.put(replace(tx.jobs.get(EVERYTHING, job.id), file_id=None)))
    with pytest.raises(Conflict):
        await shop.core.submissions.duplicate(MEMBER, job.id)
    assert job.needs.tools[0].material_guid == PLA
