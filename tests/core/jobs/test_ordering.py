"""The order of the queue, as people change it."""

import pytest
from msgspec.structs import replace
from tests.core.jobs.conftest import ABS, CC, asks, tool

from printyard.core.errors import Conflict, Forbidden, Invalid, NotFound
from printyard.core.events import FactName
from printyard.core.jobs.disciplines import RULES
from printyard.core.model.group import Discipline
from printyard.core.model.job import Job, JobOutcome, JobSource, JobState
from printyard.testing.people import ADMIN, GUEST, MEMBER, OPERATOR

JOB = Job(
    id="j", organization_id="home", group_id="g", name="cube", state=JobState.QUEUED, source=JobSource.NETWORK,
    created_at=0, created_by="member",
)  # fmt: skip


@pytest.fixture
async def hall(shop):
    """A group with one printer that is busy."""
    luke = await shop.printer("Luke")
    group_id = await shop.group(luke)
    await shop.occupy(luke)
    return luke, group_id


async def names(shop, group_id):
    return [job.name for job in await shop.core.jobs.waiting(MEMBER, group_id)]


async def several(shop, group_id, text="abcde", **wishes):
    jobs = {}
    for name in text:
        jobs[name] = await shop.submit(group_id, name=name, **wishes)
        await shop.yard.clock.advance(1)
    return jobs


@pytest.mark.parametrize("discipline", Discipline)
@pytest.mark.parametrize(("position", "line"), [(0, "dabce"), (1, "adbce"), (3, "abcde"), (4, "abced"), (99, "abced")])
async def test_a_job_moves_to_a_place_in_any_discipline(shop, hall, discipline, position, line):
    luke, group_id = hall
    await shop.core.groups.change(ADMIN, group_id, discipline=discipline)
    jobs = await several(shop, group_id)
    moved = await shop.core.ordering.move(OPERATOR, jobs["d"].id, position)
    assert "".join(await names(shop, group_id)) == line
    assert moved.id == jobs["d"].id
    await shop.finish(luke)
    assert shop.begun(luke) == [line[0]]


@pytest.mark.parametrize("discipline", Discipline)
def test_a_rank_leads_to_the_place_that_it_was_made_for(discipline):
    rules, job = RULES[discipline], replace(JOB, rank=5, seconds_estimated=70.0, deadline=10**12)
    for order in (-(10**13), 0, 10**12 - 70_000_000, 10**12, 10**13):
        assert rules.order(replace(job, rank=rules.rank(job, order))) == order
        anytime = replace(job, deadline=None)
        assert rules.order(replace(anytime, rank=rules.rank(anytime, order))) == order


async def test_places_are_found_where_there_are_none_between(shop, hall):
    copies = await shop.submit_all(hall[1], copies=4, name="copy")
    last = await shop.submit(hall[1], name="last")
    for position in (1, 2, 1):
        await shop.core.ordering.move(OPERATOR, last.id, position)
        line = await names(shop, hall[1])
        assert line.index("last") == position
        kept = [job.id for job in await shop.core.jobs.waiting(MEMBER, hall[1]) if job.id != last.id]
        assert kept == [job.id for job in copies], "the others keep their order"


async def test_who_may_move_and_what(shop, hall):
    luke, group_id = hall
    job = await shop.submit(group_id)
    with pytest.raises(Forbidden):
        await shop.core.ordering.move(MEMBER, job.id, 0)
    with pytest.raises(Invalid):
        await shop.core.ordering.move(OPERATOR, job.id, -1)
    with pytest.raises(NotFound):
        await shop.core.ordering.move(OPERATOR, "nothing", 0)
    await shop.finish(luke)
    with pytest.raises(Conflict):
        await shop.core.ordering.move(OPERATOR, job.id, 0)


async def test_a_job_that_has_its_printer_is_not_moved_and_makes_no_room(shop, hall):
    luke, _ = hall
    await shop.finish(luke)
    reserved = await shop.yard.print(luke, "guest", principal=GUEST)
    waits = await shop.submit(hall[1])
    with pytest.raises(Conflict):
        await shop.core.ordering.move(OPERATOR, reserved.id, 1)
    await shop.core.ordering.move(OPERATOR, waits.id, 0)
    await shop.core.jobs.approve(OPERATOR, reserved.id, allow=True)
    assert await shop.state(reserved) is JobState.STARTED


async def test_a_displaced_guest_is_no_longer_waited_for(shop):
    """Somebody printed at the panel while the guest's print waited for approval: it can still be decided about."""
    luke = await shop.printer("Luke")
    guests = await shop.yard.print(luke, "guest", principal=GUEST)
    await shop.occupy(luke)
    assert shop.yard.shown(luke).record.reserved_by is None
    await shop.core.jobs.approve(OPERATOR, guests.id, allow=True)
    assert await shop.state(guests) is JobState.QUEUED
    await shop.finish(luke)
    assert await shop.state(guests) is JobState.STARTED


async def test_hold_and_release(shop, hall):
    luke, group_id = hall
    job = await shop.submit(group_id)
    with pytest.raises(Forbidden):
        await shop.core.ordering.hold(replace(MEMBER, id="other"), job.id)
    held = await shop.core.ordering.hold(MEMBER, job.id, "not yet")
    assert (held.state, held.reason) == (JobState.HELD, "not yet")
    await shop.finish(luke)
    assert shop.begun(luke) == []
    with pytest.raises(Conflict):
        await shop.core.ordering.hold(MEMBER, job.id)
    released = await shop.core.ordering.release(MEMBER, job.id)
    assert (released.state, released.reason) == (JobState.QUEUED, "")
    assert await shop.state(job) is JobState.STARTED
    with pytest.raises(Conflict):
        await shop.core.ordering.release(OPERATOR, job.id)
    names = [fact.name for fact in await shop.yard.facts(subject=job.id)]
    assert names[:4] == [FactName.JOB_CREATED, FactName.JOB_QUEUED, FactName.JOB_HELD, FactName.JOB_QUEUED]


async def test_what_an_operator_holds_an_operator_releases(shop, hall):
    job = await shop.submit(hall[1])
    held = await shop.core.ordering.hold(OPERATOR, job.id)
    assert held.reason == "operator holds it."
    with pytest.raises(Forbidden):
        await shop.core.ordering.release(MEMBER, job.id)
    assert (await shop.core.ordering.release(OPERATOR, job.id)).state is JobState.QUEUED


async def test_priority_and_deadline(shop, hall):
    jobs = await several(shop, hall[1], "abc")
    await shop.core.ordering.change(OPERATOR, jobs["c"].id, priority=1)
    assert await names(shop, hall[1]) == ["c", "a", "b"]
    await shop.core.ordering.change(MEMBER, jobs["a"].id, priority=-1)
    assert await names(shop, hall[1]) == ["c", "b", "a"]
    back = await shop.core.ordering.change(OPERATOR, jobs["c"].id, priority=0)
    assert back.rank == jobs["c"].rank
    with pytest.raises(Forbidden):
        await shop.core.ordering.change(MEMBER, jobs["a"].id, priority=1)
    with pytest.raises(Forbidden):
        await shop.core.ordering.change(replace(MEMBER, id="other"), jobs["a"].id, priority=-2)
    with pytest.raises(Invalid):
        await shop.core.ordering.change(OPERATOR, jobs["a"].id, priority=99)
    due = await shop.core.ordering.change(MEMBER, jobs["b"].id, deadline=77)
    assert (due.deadline, due.priority) == (77, 0)
    assert (await shop.core.ordering.change(MEMBER, jobs["b"].id, priority=-1)).deadline == 77
    assert (await shop.core.ordering.change(MEMBER, jobs["b"].id, deadline=None)).deadline is None
    changes = [fact.body for fact in await shop.yard.facts(FactName.JOB_CHANGED, subject=jobs["b"].id)]
    assert [change.get("deadline", "unsaid") for change in changes] == [77, "unsaid", None]


async def test_a_deadline_puts_a_job_first_where_the_discipline_says_so(shop, hall):
    luke, group_id = hall
    await shop.core.groups.change(ADMIN, group_id, discipline=Discipline.DEADLINE)
    jobs = await several(shop, group_id, "ab")
    await shop.core.ordering.change(MEMBER, jobs["b"].id, deadline=shop.yard.clock.now() + 10**9)
    await shop.finish(luke)
    assert shop.begun(luke) == ["b"]


async def test_a_job_that_has_begun_is_not_changed(shop, hall):
    job = await shop.submit(hall[1])
    await shop.finish(hall[0])
    with pytest.raises(Conflict):
        await shop.core.ordering.change(OPERATOR, job.id, priority=1)
    with pytest.raises(Conflict):
        await shop.core.ordering.hold(OPERATOR, job.id)


async def test_force_asks_whether_it_is_meant_and_remembers_who_meant_it(shop, hall):
    luke, group_id = hall
    await shop.finish(luke)
    job = await shop.submit(group_id, asks(CC))
    assert job.state is JobState.QUEUED
    with pytest.raises(Conflict) as told:
        await shop.core.ordering.force(MEMBER, job.id, confirmed=False)
    assert told.value.code == "confirmation_needed"
    assert await shop.state(job) is JobState.QUEUED
    with pytest.raises(Forbidden):
        await shop.core.ordering.force(replace(MEMBER, id="other"), job.id, confirmed=True)
    forced = await shop.core.ordering.force(MEMBER, job.id, confirmed=True)
    assert forced.forced_by == "member"
    assert await shop.state(job) is JobState.STARTED
    (fact,) = await shop.yard.facts(FactName.JOB_CHANGED, subject=job.id)
    assert (fact.actor, fact.body["forced_by"]) == ("member", "member")


async def test_there_has_to_be_something_that_may_be_overridden(shop, hall):
    luke, group_id = hall
    fits = await shop.submit(group_id)
    other = await shop.submit(group_id, asks(machine="Ultimaker 3"))
    for job in (fits, other):
        with pytest.raises(Conflict) as told:
            await shop.core.ordering.force(OPERATOR, job.id, confirmed=True)
        assert told.value.code == "conflict"
    await shop.finish(luke)
    await shop.mount(luke, tool(guid=None))
    with pytest.raises(Conflict):  # nothing is loaded there at all
        await shop.core.ordering.force(OPERATOR, (await shop.submit(group_id, asks(guid=ABS))).id, confirmed=True)
    with pytest.raises(Conflict):  # it is printed already
        await shop.core.ordering.force(OPERATOR, fits.id, confirmed=True)


async def test_force_goes_over_too_little_filament(shop, hall):
    luke, group_id = hall
    await shop.finish(luke)
    await shop.mount(luke, tool(left=10.0))
    job = await shop.submit(group_id, asks(mm=11.0))
    assert job.state is JobState.QUEUED
    await shop.core.ordering.force(MEMBER, job.id, confirmed=True)
    assert await shop.state(job) is JobState.STARTED


async def test_a_forced_job_takes_a_printer_that_fits_if_one_is_free(shop):
    luke, leia = await shop.printer("Luke", tool(CC)), await shop.printer("Leia")
    group_id = await shop.group(luke, leia)
    await shop.occupy(leia)
    await shop.core.printers.decide(ADMIN, luke, enabled=False)
    job = await shop.submit(group_id)
    await shop.core.ordering.force(MEMBER, job.id, confirmed=True)
    await shop.finish(leia)
    assert shop.begun(leia) == [job.name]


async def test_jobs_of_a_printer_that_left_wait_for_a_person(shop):
    luke, leia = await shop.printer("Luke"), await shop.printer("Leia")
    group_id = await shop.group(luke, leia)
    await shop.occupy(luke)
    mine = await shop.submit(group_id, printer_id=luke)
    guests = await shop.submit(group_id, principal=GUEST, printer_id=luke)
    await shop.core.groups.leave(ADMIN, group_id, luke)
    assert await shop.state(mine) is JobState.HELD
    for answer in (
        shop.core.ordering.release(OPERATOR, mine.id),
        shop.core.jobs.resolve(OPERATOR, mine.id, again=True),
    ):
        with pytest.raises(Conflict, match="left the group"):
            await answer
    allowed = await shop.core.jobs.approve(OPERATOR, guests.id, allow=True)
    assert allowed.state is JobState.HELD
    given_up = await shop.core.jobs.resolve(OPERATOR, mine.id, again=False)
    assert given_up.outcome is JobOutcome.UNKNOWN
