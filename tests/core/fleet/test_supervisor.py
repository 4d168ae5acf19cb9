"""Drivers are opened, kept talking, and found again after a restart."""

import pytest

from printyard.core.commands import Home, StartPrint
from printyard.core.errors import Conflict, NotFound, Offline, TimedOut
from printyard.core.events import FactName
from printyard.core.fleet.supervisor import FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS
from printyard.core.jobs.queue import Claims
from printyard.core.model.job import JobOutcome, JobState
from printyard.core.model.state import Activity, Link, Plate
from printyard.core.model.user import EVERYTHING
from printyard.testing.clock import ManualClock
from printyard.testing.house import Devices, house
from printyard.testing.people import ADMIN, GUEST, MEMBER


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def devices(clock):
    return Devices(clock)


@pytest.fixture
def boot(tmp_path, clock, devices):
    """Starts the house on the same database and devices as before."""
    boots = iter(range(100))
    return lambda: house(tmp_path, clock=clock, devices=devices, seed=next(boots))


async def test_a_lost_link_is_tried_again_with_growing_pauses(yard, luke):
    device = yard.device(luke)
    device.lose()
    await yard.settle()
    attempts, pauses = device.connections, []
    for _ in range(9):
        seconds = 0
        while device.connections == attempts:
            await yard.clock.advance(1)
            seconds += 1
        attempts = device.connections
        pauses.append(seconds)
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert (FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS) == (1.0, 60.0)
    device.find()
    await yard.clock.advance(60)
    device.lose()
    await yard.settle()
    attempts = device.connections
    await yard.clock.advance(FIRST_PAUSE_SECONDS)
    assert device.connections == attempts + 1, "a link that stood is tried again soon"


async def test_a_driver_that_breaks_is_run_again(yard, luke):
    device = yard.device(luke)
    device.lose(ZeroDivisionError("a bug of the driver"))
    await yard.settle()
    assert yard.shown(luke).state.link is Link.OFFLINE
    device.find()
    await yard.clock.advance(1)
    assert yard.shown(luke).state.link is Link.ONLINE


async def test_losses_are_told_once(yard, luke):
    yard.device(luke).lose()
    await yard.clock.advance(300)
    names = [fact.name for fact in await yard.facts(subject=luke)]
    assert names == [FactName.PRINTER_ADDED, FactName.PRINTER_CONNECTED, FactName.PRINTER_LOST]


async def test_a_driver_that_cannot_be_opened_leaves_its_printer_offline_and_the_others_at_work(boot, devices):
    async with boot() as yard:
        luke, leia = await yard.add_printer("Luke"), await yard.add_printer("Leia")
    devices.missing.add(luke)
    async with boot() as yard:
        assert (yard.shown(luke).state.link, yard.shown(leia).state.link) == (Link.OFFLINE, Link.ONLINE)
        blob = await yard.blob()
        with pytest.raises(Offline):
            await yard.core.jobs.print_now(MEMBER, luke, blob, Claims(name="a"))
        with pytest.raises(Offline):
            await yard.core.printers.ask(MEMBER, luke, Home())
        await yard.core.printers.rename(ADMIN, luke, "Lost")
        await yard.core.printers.remove(ADMIN, luke)


async def test_a_removed_printer_is_gone_and_its_history_stays(boot):
    async with boot() as yard:
        luke = await yard.add_printer("Luke")
        job = await yard.print(luke)
        await yard.core.printers.remove(ADMIN, luke)
        assert (await yard.job(job.id)).outcome is JobOutcome.UNKNOWN
        yard.device(luke).finish()
        await yard.settle()
        with pytest.raises(NotFound):
            yard.shown(luke)
        assert (await yard.add_printer("Luke")) != luke
        assert yard.core.printers.by_slug("luke") is None, "a slug is never given twice"
    async with boot() as yard:
        assert [shown.printer.slug for shown in yard.core.printers.all(ADMIN)] == ["luke-2"]
        assert [fact.name for fact in await yard.facts(FactName.PRINTER_REMOVED)] == [FactName.PRINTER_REMOVED]


@pytest.mark.parametrize("state", [JobState.ASSIGNED, JobState.TRANSFERRING])
async def test_a_job_that_was_cut_on_its_way_begins_again(boot, state):
    async with boot() as yard:
        luke = await yard.add_printer("Luke")
        yard.device(luke).hang(StartPrint)
        job = await yard.print(luke)
        from msgspec.structs import replace

        await yard.store.write(
            lambda tx: tx.jobs.put(replace(tx.jobs.get(EVERYTHING, job.id), state=state, start_token=""))
        )
        yard.device(luke)._gates.clear()
        yard.device(luke).commands.clear()
    async with boot() as yard:
        again = await yard.job(job.id)
        assert again.state is JobState.STARTED
        reasons = [fact.body.get("reason") for fact in await yard.facts(FactName.JOB_QUEUED, subject=job.id)]
        assert reasons[-1] == "The server was restarted before the print began."
        assert len(yard.device(luke).commands) == 1


@pytest.mark.parametrize(
    ("device_did", "remembers", "expected"),
    [
        ("nothing", True, JobState.STARTED),
        ("nothing", False, JobState.UNCONFIRMED),
        ("begin", True, JobState.STARTED),
        ("begin", False, JobState.STARTED),
        ("finish", True, JobState.ENDED),
        ("finish", False, JobState.UNCONFIRMED),
    ],
)
async def test_a_job_that_was_cut_while_the_device_was_asked_is_settled_by_evidence(
    boot, device_did, remembers, expected
):
    async with boot() as yard:
        luke = await yard.add_printer("Luke")
        device = yard.device(luke)
        gate = device.hang(StartPrint)
        job = await yard.print(luke)
        assert job.state is JobState.STARTING
    gate.set()
    device.remembers = remembers
    asked = len(device.commands)
    if device_did != "nothing":
        device.begin(job.name, job.start_token, tell=False)
    if device_did == "finish":
        device.finish(tell=False)
    async with boot() as yard:
        settled = await yard.job(job.id)
        assert settled.state is expected
        again = len(device.commands) - asked
        assert again == (1 if (device_did, remembers) == ("nothing", True) else 0), "never twice without proof"
        if expected is JobState.ENDED:
            assert (settled.outcome, yard.shown(luke).record.plate) == (JobOutcome.COMPLETED, Plate.OCCUPIED)


async def test_a_print_that_runs_through_a_restart_goes_on(boot, clock):
    async with boot() as yard:
        luke = await yard.add_printer("Luke")
        job = await yard.print(luke)
    async with boot() as yard:
        assert yard.shown(luke).state.activity is Activity.PRINTING
        assert yard.shown(luke).job.id == job.id
        await yard.clock.advance(30)
        yard.device(luke).finish()
        await yard.settle()
        assert (await yard.job(job.id)).outcome is JobOutcome.COMPLETED
        assert len(await yard.core.jobs.history(ADMIN)) == 1
        names = [fact.name for fact in await yard.facts(subject=job.id)]
        assert names.count(FactName.JOB_STARTED) == 1


async def test_a_print_that_ended_while_the_server_was_away(boot, devices):
    async with boot() as yard:
        luke = await yard.add_printer("Luke")
        job = await yard.print(luke)
    devices.of(luke).finish(tell=False)
    async with boot() as yard:
        assert (await yard.job(job.id)).outcome is JobOutcome.COMPLETED
        assert yard.shown(luke).job.id == job.id
    async with boot() as yard:
        assert yard.shown(luke).job.id == job.id, "it is shown until the plate is cleared"
        await yard.core.printers.clear_plate(MEMBER, luke)
        assert len(await yard.core.jobs.history(ADMIN)) == 1
    async with boot() as yard:
        assert (yard.shown(luke).job, yard.shown(luke).record.plate) == (None, Plate.CLEAR)


async def test_a_print_from_the_panel_while_the_server_was_away(boot, devices):
    async with boot() as yard:
        luke = await yard.add_printer("Luke")
    devices.of(luke).begin("panel.gcode", tell=False)
    devices.of(luke).finish(tell=False)
    for _ in range(2):
        async with boot() as yard:
            (job,) = await yard.core.jobs.history(ADMIN)
            assert job.name == "panel.gcode"
            assert yard.shown(luke).record.plate is Plate.OCCUPIED
            with pytest.raises(Conflict):
                await yard.core.jobs.print_now(MEMBER, luke, await yard.blob(), Claims(name="a"))


async def test_reservations_outlive_a_restart(boot):
    async with boot() as yard:
        luke = await yard.add_printer("Luke")
        job = await yard.print(luke, principal=GUEST)
    async with boot() as yard:
        assert yard.shown(luke).job.id == job.id
        with pytest.raises(Conflict):
            await yard.core.jobs.print_now(MEMBER, luke, await yard.blob(), Claims(name="a"))
        await yard.core.jobs.approve(ADMIN, job.id, allow=True)
        await yard.settle()
        assert (await yard.job(job.id)).state is JobState.STARTED


async def test_the_running_print_is_held_and_not_the_one_that_waits_for_a_person(boot, devices):
    async with boot() as yard:
        luke = await yard.add_printer("Luke")
        device = devices.of(luke)
        device.remembers = False
        device.refuse(StartPrint, TimedOut("silence"))
        unconfirmed = await yard.print(luke)
        device.begin("panel.gcode")
        await yard.settle()
        assert yard.shown(luke).job.name == "panel.gcode"
    async with boot() as yard:
        assert yard.shown(luke).job.name == "panel.gcode"
        device.finish()
        await yard.settle()
        assert yard.shown(luke).job.ended
        resolved = await yard.core.jobs.resolve(ADMIN, unconfirmed.id, again=False)
        assert resolved.outcome is JobOutcome.UNKNOWN


async def test_old_prints_of_a_device_with_a_long_memory_are_not_adopted_again(boot, devices, monkeypatch, clock):
    monkeypatch.setattr("printyard.core.fleet.supervisor.KNOWN_PRINTS", 3)
    async with boot() as yard:
        luke = await yard.add_printer("Luke")
    for number in range(6):
        await clock.advance(10)
        devices.of(luke).begin(f"{number}", tell=False)
        await clock.advance(10)
        devices.of(luke).finish(tell=False)
    for _ in range(3):
        async with boot() as yard:
            assert len(await yard.core.jobs.history(ADMIN)) == 6
