"""Every driver that needs no network: connect, report, take commands, lose the link, be cancelled."""

import asyncio

import pytest
from msgspec import UNSET

from printyard.app.registry import discover
from printyard.core.commands import COMMANDS, Cancel, Pause, Resume, SetFan, StartPrint
from printyard.core.errors import CoreError
from printyard.core.fleet.accepts import accepted
from printyard.core.fleet.fold import fold
from printyard.core.model.state import IN_PRINT, Activity, Link, Outcome, Plate, PrinterState
from printyard.testing.clock import ManualClock
from printyard.testing.contract import check_driver, conversation
from printyard.testing.house import GCODE

DRIVERS = {name: spec for name, spec in discover().drivers.items() if not spec.needs_network}
LONG = GCODE + b"".join(b"G1 X%d Y%d E%d F600\n" % (10 + n % 2 * 100, 10 + n % 3 * 50, n + 2) for n in range(200))


@pytest.fixture(params=DRIVERS.values(), ids=list(DRIVERS))
async def talk(request, tmp_path):
    async with conversation(request.param, {}, tmp_path) as opened:
        yield opened


def state(talk):
    """What a session would make of the reports."""
    folded = PrinterState(plate=Plate.CLEAR)
    for report in talk.reports:
        folded = fold(folded, report, talk.clock.now())
    return folded


async def stored(talk, content=LONG):
    partial = await talk.blobs.begin()
    await partial.write(content)
    return await partial.finish("cube.gcode")


async def begin(talk):
    command = StartPrint(blob=await stored(talk), name="cube.gcode", token="token-1", job_id="job-1")
    task = asyncio.create_task(talk.driver.execute(command))
    await talk.clock.advance(5)
    await task


def test_there_is_one():
    assert DRIVERS


async def test_it_says_what_it_can_do_before_it_is_connected(talk):
    check_driver(talk.driver)


async def test_it_connects_and_shows_all_of_itself(talk):
    await talk.connect()
    assert talk.lost is None
    shown = state(talk)
    assert shown.link is Link.ONLINE
    assert shown.activity is Activity.IDLE
    assert shown.tools
    assert not shown.unrecognised
    for field in ("print", "faults"):
        assert talk.seen(field) is not UNSET, f"{field} was never reported"


async def test_reports_come_by_themselves_and_never_go_back_in_time(talk):
    await talk.connect()
    count = len(talk.reports)
    await talk.clock.advance(10)
    assert len(talk.reports) > count
    instants = [report.at for report in talk.reports if report.at is not UNSET]
    assert instants == sorted(instants)
    assert not instants or instants[-1] <= talk.clock.now()


async def test_a_print_can_be_recognised_paused_resumed_and_cancelled(talk):
    await talk.connect()
    await begin(talk)
    await talk.clock.advance(5)
    shown = state(talk)
    assert shown.activity in IN_PRINT
    assert shown.print.ref
    assert shown.print.token in {"token-1", ""}
    assert shown.print.name == "cube.gcode" or "token-1" in shown.print.name
    ref = shown.print.ref
    await talk.clock.advance(400)
    for command, activity in ((Pause(), Activity.PAUSED), (Resume(), Activity.PRINTING)):
        if command.word in accepted(state(talk), talk.driver.supports):
            await talk.driver.execute(command)
            await talk.clock.advance(60)
            assert state(talk).activity is activity
            assert state(talk).print.ref == ref, "a print keeps its reference"
    await talk.driver.execute(Cancel())
    await talk.clock.advance(600)
    after = state(talk)
    assert after.activity not in IN_PRINT
    history = talk.seen("history")
    if history is not UNSET:
        (entry,) = [entry for entry in history if entry.ref == ref]
        assert entry.outcome is Outcome.CANCELLED
        assert entry.ended_at is not None


async def test_what_is_not_taken_now_is_refused_in_the_houses_words(talk):
    await talk.connect()
    await begin(talk)
    await talk.clock.advance(5)
    command = StartPrint(blob=await stored(talk), name="second.gcode", token="token-2")
    with pytest.raises(CoreError):
        await talk.driver.execute(command)
    assert state(talk).print.name != "second.gcode"


async def test_simple_commands_are_taken_or_refused_and_end_nothing(talk):
    await talk.connect()
    simple = [kind() for kind in COMMANDS if not kind.__struct_fields__] + [SetFan(fraction=0.5)]
    for command in simple:
        if command.word in accepted(state(talk), talk.driver.supports):
            try:
                await talk.driver.execute(command)
            except CoreError:
                continue
            await talk.clock.advance(1)
    assert talk.lost is None


async def test_cancelled_it_ends_and_can_be_run_again(talk):
    await talk.connect()
    await talk.hang_up()
    count = len(talk.reports)
    await talk.clock.advance(10)
    assert len(talk.reports) == count, "who hung up hears nothing"
    await talk.connect()
    assert state(talk).link is Link.ONLINE


async def test_a_lost_link_is_an_error_of_the_connection(talk):
    await talk.connect()
    sandbox = talk.driver.facets.sandbox
    if sandbox is None:
        pytest.skip("only a sandbox can lose its link on demand")
    await sandbox.fault("link_lost", {})
    await talk.clock.advance(5)
    assert isinstance(talk.lost, OSError)


@pytest.mark.parametrize("spec", DRIVERS.values(), ids=list(DRIVERS))
async def test_a_print_goes_on_while_nobody_listens(spec, tmp_path):
    clock = ManualClock()
    async with conversation(spec, {}, tmp_path, clock) as talk:
        await talk.connect()
        await begin(talk)
        await talk.clock.advance(5)
        ref = state(talk).print.ref
    await clock.advance(24 * 3600)
    async with conversation(spec, {}, tmp_path, clock) as talk:
        await talk.connect()
        ended = [entry for entry in talk.seen("history") if entry.ref == ref]
        assert [entry.outcome for entry in ended] == [Outcome.COMPLETED]
        assert state(talk).activity is Activity.IDLE
