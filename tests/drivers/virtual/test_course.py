"""The course against a printer that is stepped in the plainest words, and against itself asked in other ways."""

import random
from pathlib import Path

import pytest
from msgspec import json
from tests.drivers.virtual.reference import STEP, Stepped

from printyard.core.commands import Cancel, ClearPlate, Heater, LoadMaterial, Pause, Resume, SetTarget, StartPrint
from printyard.core.model.state import Activity
from printyard.core.model.value import MICROSECONDS
from printyard.drivers.virtual.condition import Condition, Phase
from printyard.drivers.virtual.course import advance, copied, state_at
from printyard.drivers.virtual.device import Device
from printyard.drivers.virtual.journal import Journal
from printyard.drivers.virtual.machines import BED, nozzle_physique, traits_of

DATA = Path(__file__).resolve().parents[2] / "data" / "gcode"
FILES = sorted(path.name.removesuffix(".gcode.gz") for path in DATA.glob("*.gcode.gz"))


async def started(bench, name, **settings):
    model = "Ultimaker S5" if "griffin" in name else "Generic Marlin printer"
    one = await bench(model=model, **settings)
    await one.do(StartPrint(blob=one.file(name), name=name, token="t"))
    return one, one.driver._board._device


@pytest.mark.parametrize("name", ["cura_torus_griffin_s5", "prusa_cube_marlin2_rel", "prusa_complete_objects"])
async def test_the_course_agrees_with_a_printer_that_is_stepped(bench, name):
    one, device = await started(bench, name)
    vendor = "griffin" in name
    reference = Stepped(
        device.plan,
        nozzle_rate=nozzle_physique(one.machine).rate,
        bed_rate=BED.rate,
        ambient=device.condition.ambient,
        header=(60.0, {0: 215.0}) if vendor else None,
        probes=traits_of(one.machine).levels,
    )
    looked = Device(one.machine, copied(device.condition), device.plan)
    began = device.condition.run.started
    chance = random.Random(7)
    compared = 0
    for standing in reference.run():
        if chance.random() > 0.004:
            continue
        advance(looked, began + standing.seconds)
        run = looked.condition.run
        assert abs(run.plan_at(looked.condition.now) - standing.plan_seconds) <= 8 * STEP
        if run.phase.value != standing.phase:
            advance(looked, began + standing.seconds + 8 * STEP)
            assert looked.condition.run.phase.value == standing.phase
            continue
        compared += 1
        for drawn, expected in zip(looked.filament_mm(looked.condition.now), standing.filament_mm, strict=False):
            assert drawn == pytest.approx(expected, abs=8 * STEP * 45.0)
        assert abs(looked.moment(run.plan_at(looked.condition.now)).layer - standing.layer) <= 1
    assert compared > 50
    advance(looked, began + standing.seconds + 8 * STEP)
    assert looked.condition.run is None
    assert looked.condition.history[0].elapsed_seconds == pytest.approx(standing.seconds, abs=8 * STEP)


async def eventful(bench, **settings):
    """A print with about everything in it that somebody can do to one."""
    one, _ = await started(bench, "prusa_cube_marlin2_rel", **settings)
    sandbox = one.driver.facets.sandbox
    await one.wind(20.0)
    await sandbox.set_speed(10.0)
    await one.wind(31.3)
    await one.do(Pause())
    await one.wind(2.0)
    await one.do(SetTarget(heater=Heater.TOOL, celsius=150.0))
    await one.wind(7.7)
    await one.do(Resume())
    await one.wind(11.1)
    await sandbox.fault("filament_runout", {})
    await one.wind(5.0)
    await one.do(LoadMaterial(tool=0, guid="g2", remaining_mm=900.0))
    await one.do(Resume())
    await one.wind(3.0)
    await sandbox.set_speed(60.0)
    await one.wind(7.0)
    return one


def described(device):
    return json.encode(device.condition)


async def test_the_state_is_a_function_of_the_journal_and_the_instant(bench):
    one = await eventful(bench)
    live = one.driver._board._device
    entries = Journal(one.folder).read()
    plans = {live.condition.run.blob.sha256: live.plan}
    advance(live, live.condition.clock.seconds(one.clock.now()))
    again = state_at(one.machine, entries, one.clock.now(), plans)
    assert described(again) == described(live)


async def test_it_does_not_matter_how_often_anybody_looks(bench):
    one = await eventful(bench)
    entries = Journal(one.folder).read()
    live = one.driver._board._device
    plans = {live.condition.run.blob.sha256: live.plan}
    goal = one.clock.now() + 400 * MICROSECONDS
    at_once = state_at(one.machine, entries, goal, plans)
    chance = random.Random(3)
    often = state_at(one.machine, entries, one.clock.now(), plans)
    for at in sorted(chance.randrange(one.clock.now(), goal) for _ in range(300)):
        advance(often, often.condition.clock.seconds(at))
    advance(often, often.condition.clock.seconds(goal))
    assert at_once.condition.run is None or at_once.condition.run.phase is Phase.PAUSED
    assert described(often) == described(at_once)


async def test_two_printers_of_one_seed_report_the_same_bytes(bench, clock):
    first = await eventful(bench)
    reports = json.encode(first.reports)
    clock._now = 1_700_000_000 * MICROSECONDS
    clock._sleepers.clear()
    await first.disconnect()
    second = await eventful(bench)
    assert json.encode(second.reports) == reports
    assert len(second.reports) > 80


async def test_another_seed_has_another_noise_and_the_same_print(bench):
    one, _ = await started(bench, "prusa_cube_marlin2_rel", seed=1)
    two, _ = await started(bench, "prusa_cube_marlin2_rel", seed=2)
    await one.wind(60.0)
    assert one.tools[0].heater != two.tools[0].heater
    await one.until(lambda: one.activity is two.activity is Activity.IDLE)
    assert one.progress.filament_mm == two.progress.filament_mm
    assert one.progress.total_seconds == two.progress.total_seconds


async def test_a_condition_survives_its_journal(bench):
    one = await eventful(bench)
    condition = one.driver._board._device.condition
    assert json.decode(json.encode(condition), type=Condition) == condition


async def test_nothing_is_left_of_a_cancelled_print_that_drew_nothing(bench):
    one, _ = await started(bench, "cura_torus_griffin_s5")
    await one.wind(20.0)
    await one.do(Cancel())
    assert one.activity is Activity.CANCELLING
    await one.wind(6.0)
    assert (one.activity, one.plate.value, one.outcome.value) == (Activity.IDLE, "clear", "cancelled")
    await one.do(ClearPlate())
    assert one.print is None
