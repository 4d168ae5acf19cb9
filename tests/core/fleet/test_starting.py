"""The way of a job onto a printer, and what becomes of it when that fails."""

import asyncio

import pytest

from printyard.core.commands import Cancel, StartPrint
from printyard.core.errors import Busy, Conflict, Invalid, Refused, TimedOut
from printyard.core.events import FactName
from printyard.core.fleet.starting import TRANSFER_SECONDS
from printyard.core.jobs.queue import Claims
from printyard.core.model.job import JobOutcome, JobState
from printyard.core.model.state import Link
from printyard.testing.people import ADMIN, GUEST, MEMBER


def starts(yard, printer_id):
    return [command for command in yard.device(printer_id).commands if isinstance(command, StartPrint)]


async def test_the_intention_is_committed_before_the_device_hears_of_it(yard, luke):
    gate = yard.device(luke).hang(StartPrint)
    job = await yard.print(luke)
    (command,) = starts(yard, luke)
    assert (job.state, job.start_token) == (JobState.STARTING, command.token)
    assert command.token
    assert command.job_id == job.id
    gate.set()
    await yard.settle()


async def test_the_job_learns_what_its_file_asks_for(yard, luke):
    yard.plans.seconds = 1234.0
    assert (await yard.print(luke)).seconds_estimated == 1234.0


async def test_refused_three_times_it_is_held_and_the_printer_is_free(yard, luke):
    device = yard.device(luke)
    device.refuse(StartPrint, Refused("No."))
    job = await yard.print(luke)
    assert (job.state, job.attempts, job.reason) == (JobState.HELD, 3, "No.")
    assert len(starts(yard, luke)) == 3
    assert len({command.token for command in starts(yard, luke)}) == 3
    shown = yard.shown(luke)
    assert (shown.job, shown.record.reserved_by) == (None, None)
    device.refuse(StartPrint, None)
    assert (await yard.print(luke)).state is JobState.STARTED
    held = await yard.core.jobs.resolve(ADMIN, job.id, again=False)
    assert held.outcome is JobOutcome.UNKNOWN


async def test_a_held_job_can_be_tried_again(yard, luke):
    device = yard.device(luke)
    device.refuse(StartPrint, Refused("No."))
    job = await yard.print(luke)
    device.refuse(StartPrint, None)
    await yard.core.jobs.resolve(ADMIN, job.id, again=True)
    await yard.settle()
    assert (await yard.job(job.id)).state is JobState.STARTED


async def test_a_file_that_makes_no_sense_fails_at_once(yard, luke):
    yard.plans.error = Invalid("This is no G-code.")
    job = await yard.print(luke)
    assert (job.state, job.outcome, job.reason) == (JobState.ENDED, JobOutcome.FAILED, "This is no G-code.")
    assert starts(yard, luke) == []
    assert yard.session(luke).free


async def test_an_analysis_that_crashes_falls_back(yard, luke):
    yard.plans.error = RuntimeError("the worker died")
    job = await yard.print(luke)
    assert (job.state, job.attempts) == (JobState.HELD, 3)


@pytest.mark.parametrize(
    "error", [TimedOut("No answer."), ConnectionResetError("cut"), TimeoutError(), KeyError("bug")]
)
async def test_a_start_without_an_answer_is_unconfirmed_and_never_repeated(yard, luke, error):
    device = yard.device(luke)
    device.remembers = False
    device.refuse(StartPrint, error)
    job = await yard.print(luke)
    assert job.state is JobState.UNCONFIRMED
    await yard.clock.advance(7200)
    device.show()
    await yard.settle()
    assert (await yard.job(job.id)).state is JobState.UNCONFIRMED
    assert len(starts(yard, luke)) == 1
    with pytest.raises(Busy):
        await yard.core.jobs.print_now(MEMBER, luke, await yard.blob(), Claims(name="next.gcode"))


async def test_an_answer_that_never_comes_is_waited_for_by_the_yards_clock(yard, luke):
    device = yard.device(luke)
    device.remembers = False
    device.hang(StartPrint)
    job = await yard.print(luke)
    await yard.clock.advance(TRANSFER_SECONDS - 1)
    assert (await yard.job(job.id)).state is JobState.STARTING
    await yard.clock.advance(2)
    assert (await yard.job(job.id)).state is JobState.UNCONFIRMED


async def test_an_unconfirmed_job_that_began_after_all_is_started(yard, luke):
    device = yard.device(luke)
    device.remembers = False
    device.refuse(StartPrint, TimedOut("No answer."))
    job = await yard.print(luke)
    (command,) = starts(yard, luke)
    device.begin(command.name, command.token)
    await yard.settle()
    assert (await yard.job(job.id)).state is JobState.STARTED


async def test_an_unconfirmed_job_that_began_and_ended_unseen_is_found_in_the_history(yard, luke):
    device = yard.device(luke)
    device.remembers = False
    device.refuse(StartPrint, TimedOut("No answer."))
    job = await yard.print(luke)
    (command,) = starts(yard, luke)
    device.begin(command.name, command.token, tell=False)
    device.finish(tell=False)
    device.remembers = True
    device.show()
    await yard.settle()
    assert (await yard.job(job.id)).outcome is JobOutcome.COMPLETED
    names = [fact.name for fact in await yard.facts(subject=job.id)]
    assert names[-3:] == [FactName.JOB_UNCONFIRMED, FactName.JOB_STARTED, FactName.JOB_ENDED]


async def test_a_complete_history_without_it_proves_that_it_never_began(yard, luke):
    device = yard.device(luke)
    device.remembers = False
    device.refuse(StartPrint, TimedOut("No answer."))
    job = await yard.print(luke)
    device.refuse(StartPrint, None)
    device.remembers = True
    device.show()
    await yard.settle()
    again = await yard.job(job.id)
    assert (again.state, again.attempts) == (JobState.STARTED, 1)


async def test_a_history_that_was_told_while_the_device_was_still_asked_proves_nothing(yard, luke):
    device = yard.device(luke)
    gate = device.hang(StartPrint)
    job = await yard.print(luke)
    device.show()
    await yard.settle()
    assert (await yard.job(job.id)).state is JobState.STARTING
    yard.store.hold()
    device.say(notes=("the session is at work while these come",))
    device.show()
    device.obeys = False
    gate.set()
    await yard.settle()
    yard.store.release()
    await yard.settle()
    assert (await yard.job(job.id)).state is JobState.STARTING
    assert len(starts(yard, luke)) == 1


async def test_a_print_so_short_that_it_is_over_before_the_device_has_answered(yard, luke):
    device = yard.device(luke)
    gate = device.hang(StartPrint)
    job = await yard.print(luke)
    (command,) = starts(yard, luke)
    device.begin(command.name, command.token, tell=False)
    device.finish()
    device.obeys = False
    gate.set()
    await yard.settle()
    assert (await yard.job(job.id)).outcome is JobOutcome.COMPLETED
    assert len(await yard.core.jobs.history(ADMIN, printer_id=luke)) == 1


async def test_a_lost_printer_gets_its_job_when_it_is_back(yard, luke):
    device = yard.device(luke)
    gate = device.hang(StartPrint)
    device.refuse(StartPrint, Refused("I am going to be lost."))
    job = await yard.print(luke)
    device.lose()
    gate.set()
    await yard.settle()
    waiting = await yard.job(job.id)
    assert (waiting.state, waiting.attempts) == (JobState.QUEUED, 1)
    device.refuse(StartPrint, None)
    device.find()
    await yard.clock.advance(70)
    assert yard.shown(luke).state.link is Link.ONLINE
    assert (await yard.job(job.id)).state is JobState.STARTED


async def test_withdrawn_while_its_file_is_analysed(yard, luke):
    """The job is taken back between two steps of its start: nothing is printed, and the printer is free."""
    import asyncio

    entered, go = asyncio.Event(), asyncio.Event()
    made = yard.plans.analyse

    async def slow(blob, limits):
        entered.set()
        await go.wait()
        return await made(blob, limits)

    yard.plans.analyse = slow
    job = await yard.core.jobs.print_now(MEMBER, luke, await yard.blob(), Claims(name="a.gcode"))
    await entered.wait()
    assert (await yard.core.jobs.withdraw(MEMBER, job.id)).outcome is JobOutcome.WITHDRAWN
    go.set()
    await yard.settle()
    assert starts(yard, luke) == []
    assert yard.session(luke).free


async def test_neither_withdrawn_nor_cancelled_while_the_device_is_asked(yard, luke):
    gate = yard.device(luke).hang(StartPrint)
    job = await yard.print(luke)
    with pytest.raises(Conflict):
        await yard.core.jobs.withdraw(MEMBER, job.id)
    with pytest.raises(Busy):
        await yard.core.jobs.cancel(MEMBER, luke)
    gate.set()
    await yard.settle()
    with pytest.raises(Conflict):
        await yard.core.jobs.withdraw(MEMBER, job.id)
    await yard.core.jobs.cancel(MEMBER, luke)
    await yard.settle()
    assert (await yard.job(job.id)).outcome is JobOutcome.CANCELLED
    assert isinstance(yard.device(luke).commands[-1], Cancel)


async def test_a_start_that_fails_late_leaves_the_next_job_alone(yard, luke):
    """The job was taken back while its file was analysed, and a guest's took its place: that one still waits."""
    import asyncio

    entered, go = asyncio.Event(), asyncio.Event()

    async def slow(blob, limits):
        entered.set()
        await go.wait()
        raise Refused("too late")

    yard.plans.analyse = slow
    job = await yard.core.jobs.print_now(MEMBER, luke, await yard.blob(), Claims(name="a.gcode"))
    await entered.wait()
    await yard.core.jobs.withdraw(MEMBER, job.id)
    session = yard.session(luke)
    session.starting = False  # the printer's own door is closed until the start is over: the queue's is not
    guests = await yard.core.jobs.print_now(GUEST, luke, await yard.blob(), Claims(name="guest.gcode"))
    session.starting = True
    go.set()
    await yard.settle()
    assert (await yard.job(guests.id)).state is JobState.WAITING_APPROVAL
    assert starts(yard, luke) == []


@pytest.mark.parametrize("step", ["JobAssigned", "JobTransferring", "JobStarting"])
async def test_cancelled_at_the_last_moment_it_is_taken_back_or_the_client_hears_that_it_is_not(yard, luke, step):
    """The job moves on between the look at it and its own turn; an ended job whose print then begins would be a lie."""
    alter, altered = yard.core.jobs._alterations.alter, asyncio.Event()

    async def late(principal, job, change, body=None):
        altered.set()
        while step not in [fact.name for fact in await yard.facts(subject=job.id)]:  # noqa: ASYNC110
            await asyncio.sleep(0)
        return await alter(principal, job, change, body)

    yard.core.jobs._alterations.alter = late
    gate = yard.device(luke).hang(StartPrint)
    handed = asyncio.create_task(yard.print(luke))
    while yard.shown(luke).job is None:  # noqa: ASYNC110
        await asyncio.sleep(0)
    cancelling = asyncio.create_task(yard.core.jobs.cancel(MEMBER, luke))
    job = await handed
    gate.set()
    (said,) = await asyncio.gather(cancelling, return_exceptions=True)
    await yard.settle()
    assert altered.is_set()
    job = await yard.job(job.id)
    if said is None:
        assert job.outcome is JobOutcome.CANCELLED
        assert starts(yard, luke) == []
    else:
        assert isinstance(said, Busy)
        assert job.state is JobState.STARTED
