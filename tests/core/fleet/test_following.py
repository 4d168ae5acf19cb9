"""A job follows its print, whatever was missed of it."""

from msgspec.structs import replace

from printyard.core.commands import StartPrint
from printyard.core.events import FactName
from printyard.core.model.job import JobOutcome, JobSource, JobState
from printyard.core.model.state import Activity, Link, Outcome, Plate
from printyard.testing.people import ADMIN, MEMBER


async def jobs(yard, printer_id):
    return await yard.core.jobs.history(ADMIN, printer_id=printer_id)


async def test_a_print_from_door_to_plate(yard, luke):
    job = await yard.print(luke)
    assert (job.state, job.device_ref) == (JobState.STARTED, "print-1")
    await yard.clock.advance(60)
    yard.device(luke).finish()
    await yard.settle()
    ended = await yard.job(job.id)
    assert (ended.state, ended.outcome, ended.seconds_elapsed) == (JobState.ENDED, JobOutcome.COMPLETED, 60.0)
    shown = yard.shown(luke)
    assert (shown.record.plate, shown.state.plate, shown.record.reserved_by) == (Plate.OCCUPIED, Plate.OCCUPIED, None)
    assert shown.job == ended, "it is shown until the plate is cleared"
    await yard.core.printers.clear_plate(MEMBER, luke)
    assert yard.shown(luke).job is None
    assert (await yard.job(job.id)).cleared_at == yard.clock.now()


async def test_a_print_from_the_panel_is_adopted_once(yard, luke):
    device = yard.device(luke)
    device.begin("panel.gcode")
    await yard.settle()
    device.show()
    await yard.settle()
    (job,) = await jobs(yard, luke)
    assert (job.name, job.source, job.state, job.file_id) == ("panel.gcode", JobSource.ADOPTED, JobState.STARTED, None)
    assert yard.shown(luke).job == job
    device.finish(Outcome.STOPPED)
    await yard.settle()
    (ended,) = await jobs(yard, luke)
    assert (ended.id, ended.outcome) == (job.id, JobOutcome.STOPPED)
    assert [fact.name for fact in await yard.facts(subject=job.id)] == [FactName.JOB_STARTED, FactName.JOB_ENDED]


async def test_a_device_that_keeps_no_tokens_is_matched_by_name_and_start(yard, luke):
    yard.device(luke).keeps_tokens = False
    job = await yard.print(luke)
    assert job.state is JobState.STARTED
    assert len(await jobs(yard, luke)) == 1


async def test_the_print_before_of_the_same_name_is_no_evidence(yard, luke):
    """Two short prints of the same file: the first one's place in the history must not end the second."""
    device = yard.device(luke)
    device.keeps_tokens = False
    first = await yard.print(luke)
    await yard.clock.advance(10)
    device.finish()
    await yard.settle()
    await yard.core.printers.clear_plate(MEMBER, luke)
    gate = device.hang(StartPrint)
    second = await yard.core.jobs.print_now(MEMBER, luke, await yard.blob(), _claims("cube.gcode"))
    await yard.settle()
    device.show()
    await yard.settle()
    assert (await yard.job(second.id)).state is JobState.STARTING
    gate.set()
    await yard.settle()
    stored = await yard.job(second.id)
    assert (stored.state, stored.device_ref) == (JobState.STARTED, "print-2")
    assert (await yard.job(first.id)).device_ref == "print-1"


async def test_a_print_that_is_seen_again_after_its_end_stays_ended(yard, luke):
    job = await yard.print(luke)
    device = yard.device(luke)
    running = device.print
    device.finish()
    await yard.settle()
    device.say(print=running, activity=Activity.PRINTING)
    await yard.settle()
    device.say(print=None, activity=Activity.IDLE)
    await yard.settle()
    assert (await yard.job(job.id)).outcome is JobOutcome.COMPLETED
    assert len(await jobs(yard, luke)) == 1
    assert yard.shown(luke).state.activity is Activity.IDLE, "the session lives on"


async def test_prints_missed_while_away_are_told_of_in_their_order(yard, luke):
    device = yard.device(luke)
    device.lose()
    await yard.settle()
    for name in ("one", "two"):
        device.begin(name, tell=False)
        await yard.clock.advance(5)
        device.finish(tell=False)
    device.find()
    await yard.clock.advance(70)
    two, one = await jobs(yard, luke)
    assert [(job.name, job.outcome) for job in (one, two)] == [("one", "completed"), ("two", "completed")]
    assert yard.shown(luke).record.plate is Plate.OCCUPIED, "nobody has cleared it since"
    for job in (one, two):
        assert [fact.name for fact in await yard.facts(subject=job.id)] == [FactName.JOB_STARTED, FactName.JOB_ENDED]
    device.show()
    await yard.settle()
    assert len(await jobs(yard, luke)) == 2


async def test_what_the_device_remembers_from_before_it_came_to_the_yard_is_not_ours(yard, luke):
    device = yard.device(luke)
    old = replace(device.begin(tell=False), started_at=yard.clock.now() - 1, ended_at=yard.clock.now())
    device.print, device.activity, device.history = None, Activity.IDLE, [old]
    device.show()
    await yard.settle()
    assert await jobs(yard, luke) == []
    assert yard.shown(luke).record.plate is Plate.CLEAR


async def test_a_print_ends_while_the_link_is_down(yard, luke):
    job = await yard.print(luke)
    device = yard.device(luke)
    device.lose()
    await yard.settle()
    assert (await yard.job(job.id)).state is JobState.STARTED, "a lost link ends no job"
    assert yard.shown(luke).state.link is not Link.ONLINE
    device.finish(Outcome.FAILED, tell=False)
    device.find()
    await yard.clock.advance(70)
    assert (await yard.job(job.id)).outcome is JobOutcome.FAILED


async def test_without_a_memory_nobody_knows_how_it_ended(yard, luke):
    device = yard.device(luke)
    device.remembers = False
    job = await yard.print(luke)
    device.lose()
    await yard.settle()
    device.finish(tell=False)
    device.history.clear()
    device.find()
    await yard.clock.advance(70)
    assert (await yard.job(job.id)).outcome is JobOutcome.UNKNOWN


async def test_another_print_displaces_a_job_that_was_being_given(yard, luke):
    """While a file is analysed, somebody starts another print at the panel: ours waits, and is not lost."""
    device = yard.device(luke)
    gate = device.hang(StartPrint)
    job = await yard.core.jobs.print_now(MEMBER, luke, await yard.blob(), _claims("mine.gcode"))
    await yard.settle()
    device.begin("panel.gcode")
    await yard.settle()
    stored = await yard.job(job.id)
    assert (stored.state, stored.reason) == (JobState.UNCONFIRMED, "Another print began on the printer.")
    device.obeys = False
    gate.set()
    await yard.settle()
    assert yard.shown(luke).job.name == "panel.gcode"
    resolved = await yard.core.jobs.resolve(ADMIN, job.id, again=True)
    assert resolved.state is JobState.QUEUED


async def test_a_plate_that_the_device_can_see(yard, luke):
    job = await yard.print(luke)
    device = yard.device(luke)
    device.finish()
    await yard.settle()
    device.say(plate=Plate.CLEAR)
    await yard.settle()
    shown = yard.shown(luke)
    assert (shown.record.plate, shown.job) == (Plate.CLEAR, None)
    assert (await yard.job(job.id)).cleared_at is not None


def _claims(name):
    from printyard.core.jobs.queue import Claims

    return Claims(name=name)
