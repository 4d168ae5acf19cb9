"""May it, can it, now? Then to the device, and its fate is recorded."""

import asyncio

import pytest

from printyard.core.commands import (
    Cancel,
    EmergencyStop,
    Fate,
    Heater,
    Home,
    Pause,
    Resume,
    SendGcode,
    SetFan,
    SetTarget,
    ShowMessage,
    StartPrint,
)
from printyard.core.errors import Busy, Conflict, Forbidden, Invalid, NotFound, Offline, Refused, TimedOut, Unsupported
from printyard.core.fleet.route import DEADLINE_SECONDS
from printyard.core.model.job import JobOutcome
from printyard.core.model.state import Activity, Fault, Link, Outcome, Severity
from printyard.core.model.value import Instant
from printyard.testing.people import GUEST, MEMBER


async def fates(yard):
    rows = await yard.store.read(
        lambda tx: tx.connection.exec_driver_sql("SELECT word, fate, reason FROM commands ORDER BY at, id").fetchall()
    )
    return [(word, Fate(fate), reason) for word, fate, reason in rows]


async def test_accepted_and_done(yard, luke):
    await yard.core.printers.ask(MEMBER, luke, Home())
    assert yard.device(luke).commands == [Home()]
    assert await fates(yard) == [("home", Fate.DONE, "")]


async def test_unsupported_is_not_sent(yard, luke):
    session = yard.session(luke)
    session.supports = session.supports - {Home}
    with pytest.raises(Unsupported):
        await yard.core.printers.ask(MEMBER, luke, Home())
    assert (yard.device(luke).commands, await fates(yard)) == ([], [])


async def test_offline_is_not_sent(yard, luke):
    yard.device(luke).lose()
    await yard.settle()
    for command in (Home(), EmergencyStop()):
        with pytest.raises(Offline):
            await yard.core.printers.ask(MEMBER, luke, command)
    assert yard.device(luke).commands == []


async def test_busy_and_in_conflict_is_not_sent(yard, luke):
    await yard.print(luke)
    with pytest.raises(Busy, match="printing"):
        await yard.core.printers.ask(MEMBER, luke, Home())
    fault = Fault(id="1", code="thermal", severity=Severity.BLOCKING, since=Instant(0), message="too hot")
    yard.device(luke).say(activity=Activity.PAUSED, faults=(fault,))
    await yard.settle()
    with pytest.raises(Conflict, match="too hot"):
        await yard.core.printers.ask(MEMBER, luke, Resume())


@pytest.mark.parametrize(
    ("raised", "told", "fate"),
    [
        (Refused("door open"), Refused, Fate.REFUSED),
        (Offline("gone"), Offline, Fate.REFUSED),
        (TimedOut("silence"), TimedOut, Fate.EXPIRED),
        (ConnectionResetError("cut"), TimedOut, Fate.EXPIRED),
        (TimeoutError(), TimedOut, Fate.EXPIRED),
        (KeyError("a bug of the driver"), TimedOut, Fate.EXPIRED),
    ],
)
async def test_what_the_device_says(yard, luke, raised, told, fate):
    yard.device(luke).refuse(Home, raised)
    with pytest.raises(told):
        await yard.core.printers.ask(MEMBER, luke, Home())
    assert [row[:2] for row in await fates(yard)] == [("home", fate)]
    yard.device(luke).refuse(Home, None)
    await yard.core.printers.ask(MEMBER, luke, Home())


async def test_a_deadline_passes_by_the_yards_clock(yard, luke):
    yard.device(luke).hang(Home)
    asking = asyncio.create_task(yard.core.printers.ask(MEMBER, luke, Home()))
    await yard.clock.advance(DEADLINE_SECONDS - 0.1)
    assert not asking.done()
    await yard.clock.advance(0.2)
    with pytest.raises(TimedOut):
        await asking
    assert await fates(yard) == [("home", Fate.EXPIRED, "no answer in time")]


async def test_commands_go_one_after_the_other_and_wait_no_longer_than_their_deadline(yard, luke):
    device = yard.device(luke)
    gate = device.hang(StartPrint)
    await yard.print(luke)
    waiting = asyncio.create_task(yard.core.printers.ask(MEMBER, luke, ShowMessage(text="hello")))
    await yard.settle()
    assert [type(command) for command in device.commands] == [StartPrint]
    await yard.clock.advance(DEADLINE_SECONDS + 1)
    with pytest.raises(Busy):
        await waiting
    patient = asyncio.create_task(yard.core.printers.ask(MEMBER, luke, ShowMessage(text="again")))
    await yard.settle()
    gate.set()
    await yard.settle()
    await patient
    assert [type(command) for command in device.commands] == [StartPrint, ShowMessage]
    words = [(word, fate) for word, fate, _ in await fates(yard)]
    assert sorted(words) == [("show_message", Fate.DONE), ("show_message", Fate.EXPIRED), ("start_print", Fate.DONE)]


async def test_who_gives_up_waiting_leaves_the_turn_to_the_next(yard, luke):
    device = yard.device(luke)
    gate = device.hang(Home)
    first, second, third = (
        asyncio.create_task(yard.core.printers.ask(MEMBER, luke, command))
        for command in (Home(), SetFan(fraction=0.1), SetFan(fraction=0.2))
    )
    await yard.settle()
    second.cancel()
    await yard.settle()
    gate.set()
    await asyncio.gather(first, third)
    assert device.commands == [Home(), SetFan(fraction=0.2)]


async def test_an_emergency_stop_passes_a_command_that_hangs(yard, luke):
    device = yard.device(luke)
    device.hang(Home)
    asking = asyncio.create_task(yard.core.printers.ask(MEMBER, luke, Home()))
    await yard.settle()
    await yard.core.printers.ask(MEMBER, luke, EmergencyStop())
    assert device.commands == [Home(), EmergencyStop()]
    asking.cancel()


async def test_an_emergency_stop_reaches_a_device_that_is_still_starting(yard, luke):
    yard.device(luke).say(link=Link.STARTING)
    await yard.core.printers.ask(MEMBER, luke, EmergencyStop())
    session = yard.session(luke)
    session.supports = session.supports - {EmergencyStop}
    with pytest.raises(Unsupported):
        await yard.core.printers.ask(MEMBER, luke, EmergencyStop())


async def test_commands_go_on_while_their_fate_cannot_be_recorded(yard, luke):
    yard.store.full = True
    await yard.core.printers.ask(MEMBER, luke, Home())
    assert yard.device(luke).commands == [Home()]


@pytest.mark.parametrize(
    ("refused", "expected"), [(None, JobOutcome.CANCELLED), (Refused("not now"), JobOutcome.STOPPED)]
)
async def test_a_cancel_that_the_device_refused_is_no_intent(yard, luke, refused, expected):
    device = yard.device(luke)
    device.obeys = True
    job = await yard.print(luke)
    device.obeys = device.remembers = False
    device.refuse(Cancel, refused)
    if refused is None:
        await yard.core.jobs.cancel(MEMBER, luke)
    else:
        with pytest.raises(Refused):
            await yard.core.jobs.cancel(MEMBER, luke)
    device.say(print=None, activity=Activity.IDLE)
    await yard.settle()
    assert (await yard.job(job.id)).outcome is expected


async def test_a_pause_that_is_refused_after_a_cancel_leaves_the_cancel_its_intent(yard, luke):
    device = yard.device(luke)
    job = await yard.print(luke)
    device.obeys = False
    device.refuse(Pause, Refused("I am cancelling"))
    await yard.core.jobs.cancel(MEMBER, luke)
    with pytest.raises(Refused):
        await yard.core.jobs.pause(MEMBER, luke)
    device.say(print=None, activity=Activity.IDLE, outcome=None)
    await yard.settle()
    assert (await yard.job(job.id)).outcome is JobOutcome.CANCELLED


async def test_pause_and_resume(yard, luke):
    await yard.print(luke)
    await yard.core.jobs.pause(MEMBER, luke)
    await yard.settle()
    assert yard.shown(luke).state.activity is Activity.PAUSED
    await yard.core.jobs.resume(MEMBER, luke)
    yard.device(luke).finish(Outcome.FAILED)
    await yard.settle()
    assert yard.shown(luke).job.outcome is JobOutcome.FAILED


@pytest.mark.parametrize(
    ("command", "error"),
    [
        (SetTarget(heater=Heater.TOOL, celsius=1000.0), Invalid),
        (SetTarget(heater=Heater.TOOL, celsius=float("nan")), Invalid),
        (SetTarget(heater=Heater.TOOL, celsius=10.0, tool=7), NotFound),
        (SetTarget(heater=Heater.CHAMBER, celsius=10.0), Unsupported),
        (SetFan(fraction=1.5), Invalid),
    ],
)
async def test_figures_that_the_machine_cannot_have(yard, luke, command, error):
    with pytest.raises(error):
        await yard.core.printers.ask(MEMBER, luke, command)
    assert yard.device(luke).commands == []


async def test_a_guest_moves_nothing(yard, luke):
    for command in (Home(), EmergencyStop(), SendGcode(lines=("G28",))):
        with pytest.raises(Forbidden):
            await yard.core.printers.ask(GUEST, luke, command)
