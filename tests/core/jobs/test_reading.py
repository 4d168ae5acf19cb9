"""Prints whose file takes long to read: taken at once, and begun when it is known what they need."""

import asyncio

import pytest
from msgspec.structs import replace
from tests.core.jobs.conftest import BB, CC, Shop, asks, tool

from printyard.core.errors import StorageFull
from printyard.core.events import FactName
from printyard.core.jobs.claims import Claims, Wishes
from printyard.core.jobs.reading import PATIENCE_SECONDS, RETRY_SECONDS
from printyard.core.model.job import JobState
from printyard.core.model.needs import Needs, ToolNeed
from printyard.core.model.verdict import ImpedimentKey
from printyard.testing.house import house
from printyard.testing.people import ADMIN, GUEST, MEMBER


@pytest.fixture
async def hall(shop):
    """A group with one printer, which is free."""
    luke = await shop.printer("Luke")
    return luke, await shop.group(luke)


async def hand_in(shop, group_id, analysis, principal=MEMBER, **wishes):
    """Jobs that are handed in while nothing can be read, as they are when they are answered."""
    shop.yard.plans.at_work.clear()
    file = await shop.file(analysis)
    submit = shop.core.submissions.submit(principal, group_id, file.id, Claims(name=file.name), Wishes(**wishes))
    answer = asyncio.create_task(submit)
    await shop.yard.clock.advance(PATIENCE_SECONDS - 0.1)
    assert not answer.done()
    await shop.yard.clock.advance(0.2)
    assert answer.done()
    return await answer


async def read(shop):
    """The files are read after all."""
    shop.yard.plans.at_work.set()
    await shop.yard.settle()


async def test_a_print_is_taken_before_its_file_is_read_and_begins_when_it_is(shop, hall):
    luke, group_id = hall
    (job,) = await hand_in(shop, group_id, asks(seconds=77.0))
    assert (job.state, job.needs) == (JobState.QUEUED, Needs(unread=True))
    await shop.yard.clock.advance(3600.0)
    assert shop.begun(luke) == []
    await read(shop)
    assert shop.begun(luke) == [job.name]
    begun = await shop.yard.job(job.id)
    assert (begun.needs.unread, begun.needs.machine, begun.seconds_estimated) == (False, "Scripted", 77.0)
    (changed,) = await shop.yard.facts(FactName.JOB_CHANGED, subject=job.id)
    assert changed.body["read"] is True


async def test_it_says_why_it_waits(shop, hall):
    _, group_id = hall
    (job,) = await hand_in(shop, group_id, asks())
    standing = await shop.core.standings.job(MEMBER, job.id)
    assert [one.key for one in standing.cheapest.impediments] == [ImpedimentKey.FILE_UNREAD]
    assert standing.cheapest.possible
    assert not standing.cheapest.forcible


async def test_others_go_before_it_meanwhile(shop, hall):
    luke, group_id = hall
    quick = await shop.file(asks())
    await shop.core.analyses.of(quick.blob, shop.core.printers.machine(MEMBER, luke))
    (job,) = await hand_in(shop, group_id, asks())
    await shop.core.jobs.submit(MEMBER, group_id, quick.id, Claims(name="quick"))
    await shop.yard.settle()
    assert shop.begun(luke) == ["quick"]
    assert await shop.state(job) is JobState.QUEUED


async def test_what_was_wished_is_kept(shop, hall):
    luke, group_id = hall
    wish = (ToolNeed(tool=0, nozzle_name=CC),)
    (job,) = await hand_in(
        shop, group_id, asks(mm=5.0), tools=wish, printer_id=luke, machines=("Other",), plate_type="steel"
    )
    await read(shop)
    needs = (await shop.yard.job(job.id)).needs
    assert [(one.nozzle_name, one.filament_mm) for one in needs.tools] == [(CC, 5.0)]
    assert (needs.printer_id, needs.machines, needs.machine, needs.plate_type) == (luke, ("Other",), "", "steel")
    assert not needs.unread
    assert shop.begun(luke) == []


async def test_all_copies_are_read_and_those_that_ended_are_left_alone(shop, hall):
    luke, group_id = hall
    await shop.mount(luke, tool(BB))
    first, second, third = await hand_in(shop, group_id, asks(), copies=3)
    await shop.core.jobs.withdraw(MEMBER, second.id)
    more = await shop.core.submissions.duplicate(MEMBER, third.id)
    await read(shop)
    unread = [(await shop.yard.job(job.id)).needs.unread for job in (first, second, third, *more)]
    assert unread == [False, True, False, False]


async def test_one_that_waits_for_approval_is_read_meanwhile(shop, hall):
    luke, group_id = hall
    (job,) = await hand_in(shop, group_id, asks(), GUEST)
    await read(shop)
    assert (await shop.yard.job(job.id)).state is JobState.WAITING_APPROVAL
    await shop.core.jobs.approve(ADMIN, job.id, allow=True)
    await shop.yard.settle()
    assert shop.begun(luke) == [job.name]


async def test_one_that_is_changed_while_it_is_read_keeps_the_change(shop, hall):
    _, group_id = hall
    (job,) = await hand_in(shop, group_id, asks(CC))
    await shop.core.ordering.change(MEMBER, job.id, priority=-3)
    await read(shop)
    await shop.yard.clock.advance(RETRY_SECONDS)
    changed = await shop.yard.job(job.id)
    assert (changed.priority, changed.needs.unread, changed.needs.tools[0].nozzle_name) == (-3, False, CC)


@pytest.mark.parametrize("error", [StorageFull("The disk is full."), RuntimeError("A worker lost its head.")])
async def test_it_is_tried_again_when_reading_fails(shop, hall, error):
    luke, group_id = hall
    (job,) = await hand_in(shop, group_id, asks())
    shop.yard.plans.error = error
    await read(shop)
    assert (await shop.yard.job(job.id)).needs.unread
    shop.yard.plans.error = None
    await shop.yard.clock.advance(RETRY_SECONDS)
    assert shop.begun(luke) == [job.name]


async def test_a_failure_that_comes_in_time_is_the_answer(shop, hall):
    shop.yard.plans.error = StorageFull("The disk is full.")
    with pytest.raises(StorageFull):
        await shop.submit(hall[1])
    assert await shop.core.jobs.waiting(MEMBER, hall[1]) == []


async def test_a_group_without_printers_reads_nothing_until_it_has_one(shop, hall):
    luke, group_id = hall
    (job,) = await hand_in(shop, group_id, asks())
    await shop.core.groups.leave(ADMIN, group_id, luke)
    await read(shop)
    assert (await shop.yard.job(job.id)).needs.unread
    await shop.core.groups.join(ADMIN, group_id, luke)
    await shop.yard.clock.advance(RETRY_SECONDS)
    assert not (await shop.yard.job(job.id)).needs.unread


async def test_what_was_not_read_when_the_yard_went_down_is_read_when_it_comes_back(tmp_path):
    async with house(tmp_path) as before:
        shop = Shop(before)
        luke = await shop.printer("Luke")
        group_id = await shop.group(luke)
        (job,) = await hand_in(shop, group_id, asks())
    async with house(tmp_path, clock=before.clock, devices=before.devices, seed=1) as yard:
        await yard.settle()
        again = await yard.job(job.id)
        assert not again.needs.unread
        assert again == replace(again, needs=Needs(), seconds_estimated=60.0)
        assert Shop(yard).begun(luke) == [job.name]
