from pathlib import Path

import pytest

from printyard.core.analysis import limits_of
from printyard.core.commands import (
    Cancel,
    ClearPlate,
    EmergencyStop,
    Heater,
    LoadMaterial,
    Pause,
    Resume,
    SetLimits,
    SetTarget,
    StartPrint,
    SwapNozzle,
)
from printyard.core.errors import Refused
from printyard.core.model.state import Activity, Link, Outcome, PauseCause, Plate, Vector

DATA = Path(__file__).resolve().parents[2] / "data" / "gcode"
FILES = sorted(path.name.removesuffix(".gcode.gz") for path in DATA.glob("*.gcode.gz"))
CUBE = "prusa_cube_marlin2_rel"
KLIPPER = "Generic Klipper printer"


def activities(one):
    return [report.activity for report in one.reports if isinstance(report.activity, Activity)]


async def printing(bench, name=CUBE, **settings):
    one = await bench(**({"model": KLIPPER} | settings))
    await one.do(StartPrint(blob=one.file(name), name=f"{name}.gcode", token="t1"))
    await one.until(lambda: one.activity is Activity.PRINTING)
    return one


@pytest.mark.parametrize("speed", [1.0, 7.3, 59.99, 60.0, 333.3])
async def test_preparing_is_over_when_the_last_wait_is(bench, speed):
    one = await bench(model=KLIPPER, speed=speed)
    one.clock.jump(0.123457)
    await one.do(StartPrint(blob=one.file(CUBE), name=CUBE, token="t1"))
    await one.until(lambda: one.progress.fraction > 0.0 and one.progress.layer > 0)
    assert one.activity is Activity.PRINTING


@pytest.mark.parametrize("name", FILES)
async def test_a_real_file_is_printed_to_its_end(bench, name):
    one = await bench(model="Ultimaker S5" if "griffin" in name else KLIPPER, speed=60.0)
    assert (one.link, one.activity, one.plate) == (Link.ONLINE, Activity.IDLE, Plate.CLEAR)
    blob = one.file(name)
    analysis = await one.plans.analyse(blob, limits_of(one.machine))

    await one.do(StartPrint(blob=blob, name=f"{name}.gcode", token="t1"))
    assert one.activity is Activity.PREPARING
    await one.until(lambda: one.activity is Activity.PRINTING)
    began = one.clock.now()
    await one.until(lambda: one.activity is Activity.IDLE)

    assert (one.outcome, one.plate, one.print.token) == (Outcome.COMPLETED, Plate.OCCUPIED, "t1")
    assert one.history[0] == one.print
    assert one.progress.fraction == 1.0
    assert one.progress.total_seconds == pytest.approx(analysis.seconds, abs=0.001)
    assert (one.clock.now() - began) / 1e6 * 60 == pytest.approx(analysis.seconds, rel=0.05, abs=120)
    assert one.progress.layers == analysis.layers == one.progress.layer
    for use in analysis.tools:
        assert one.print.filament_mm[use.tool] == pytest.approx(use.filament_mm, rel=0.01)


async def test_the_phases_come_in_their_order_and_once(bench):
    one = await printing(bench, "cura_torus_griffin_s5", model="Ultimaker S5", speed=60.0)
    await one.until(lambda: one.activity is Activity.IDLE)
    seen = activities(one)
    assert [was for was, now in zip(seen, [*seen[1:], None], strict=True) if was is not now] == [
        Activity.IDLE,
        Activity.PREPARING,
        Activity.PRINTING,
        Activity.FINISHING,
        Activity.IDLE,
    ]


async def test_a_print_heats_as_its_header_says(bench):
    one = await printing(bench, "cura_torus_griffin_s5", model="Ultimaker S5")
    assert (one.bed.target, one.tools[0].heater.target, one.tools[1].heater.target) == (60.0, 215.0, 0.0)
    assert one.bed.current == pytest.approx(60.0, abs=2.0)
    assert one.tools[0].heater.current == pytest.approx(215.0, abs=3.5)


async def test_the_head_is_where_the_file_has_it(bench):
    one = await printing(bench)
    await one.wind(100.0)
    board = one.driver._board
    run, plan = board._device.condition.run, board.held.plan
    moment = plan.at(run.plan_at(board._device.condition.now))
    assert (one.position.x, one.position.y) == (round(moment.x, 3), round(moment.y, 3))
    assert one.progress.byte_offset == moment.byte_offset > 0


async def test_a_paused_print_waits_and_goes_on(bench):
    one = await printing(bench)
    await one.wind(50.0)
    await one.do(Pause())
    assert one.activity is Activity.PAUSING
    await one.wind(5.0)
    assert (one.activity, one.pause_cause) == (Activity.PAUSED, PauseCause.API)
    held = one.progress
    await one.wind(300.0)
    assert one.progress.fraction == held.fraction
    assert one.progress.elapsed_seconds == pytest.approx(held.elapsed_seconds + 300.0)
    await one.do(Resume())
    assert one.activity is Activity.RESUMING
    await one.until(lambda: one.activity is Activity.PRINTING, 10.0)
    await one.wind(10.0)
    assert one.progress.fraction > held.fraction
    assert one.pause_cause is None


async def test_resuming_heats_what_has_cooled(bench):
    one = await printing(bench)
    await one.do(Pause())
    await one.wind(5.0)
    await one.do(SetTarget(heater=Heater.TOOL, celsius=0.0))
    await one.wind(200.0)
    cold = one.tools[0].heater.current
    assert cold < 150.0
    await one.do(Resume())
    await one.wind(10.0)
    assert one.activity is Activity.RESUMING
    await one.until(lambda: one.activity is Activity.PRINTING, 120.0)
    assert one.tools[0].heater.current == pytest.approx(215.0, abs=3.0)


async def test_a_print_that_is_paused_while_it_heats_goes_on_heating(bench):
    one = await bench(model="Ultimaker 3")
    await one.do(StartPrint(blob=one.file("cura_cyl_griffin"), name="x", token=""))
    await one.wind(30.0)
    await one.do(Pause())
    await one.wind(100.0)
    assert one.activity is Activity.PAUSED
    await one.do(Resume())
    await one.until(lambda: one.activity is Activity.PREPARING, 20.0)
    await one.until(lambda: one.activity is Activity.PRINTING, 600.0)
    assert one.tools[0].heater.current == pytest.approx(215.0, abs=3.5)


async def test_a_cancelled_print_ends_and_leaves_something_on_the_plate(bench):
    one = await printing(bench)
    await one.wind(60.0)
    await one.do(Cancel())
    assert one.activity is Activity.CANCELLING
    with pytest.raises(Refused):
        await one.driver.execute(Cancel())
    await one.wind(6.0)
    assert (one.activity, one.outcome, one.plate) == (Activity.IDLE, Outcome.CANCELLED, Plate.OCCUPIED)
    assert 0.0 < one.print.filament_mm[0] < 2000.0
    assert one.tools[0].heater.target == 0.0


async def test_a_print_that_has_only_retracted_draws_nothing_and_leaves_the_plate_clear(bench):
    one = await bench(model=KLIPPER)
    spooled = one.tools[0].material.remaining_mm
    blob = one.blobs.put(b"G28\nM82\nG92 E0\nG1 F600 E-6.5\nG4 P600000\nG1 F600 E0\nG1 X50 F1200 E90\n")
    await one.do(StartPrint(blob=blob, name="retracts.gcode", token="t1"))
    await one.until(lambda: one.activity is Activity.PRINTING)
    await one.wind(60.0)
    assert one.progress.filament_mm[0] == 0.0
    await one.do(Cancel())
    await one.until(lambda: one.activity is Activity.IDLE)
    assert (one.outcome, one.plate) == (Outcome.CANCELLED, Plate.CLEAR)
    assert one.print.filament_mm[0] == 0.0
    assert one.tools[0].material.remaining_mm == spooled


async def test_a_print_is_refused_until_the_plate_is_cleared(bench):
    one = await printing(bench)
    await one.wind(60.0)
    await one.do(Cancel())
    await one.wind(6.0)
    again = StartPrint(blob=one.file(CUBE), name="again", token="t2")
    with pytest.raises(Refused, match="plate"):
        await one.driver.execute(again)
    await one.do(ClearPlate())
    assert (one.plate, one.print) == (Plate.CLEAR, None)
    await one.do(again)
    assert one.print.name == "again"


async def test_a_second_print_is_refused_while_one_is_under_way(bench):
    one = await printing(bench)
    with pytest.raises(Refused, match="busy"):
        await one.driver.execute(StartPrint(blob=one.file(CUBE), name="second", token=""))
    assert one.print.token == "t1"


@pytest.mark.parametrize("text", [b"M105\n;nothing moves\n", b"G1 X10 F0\nG1 X20\n", b""])
async def test_a_file_that_makes_no_sense_is_refused(bench, text):
    one = await bench(model=KLIPPER)
    with pytest.raises(Refused):
        await one.driver.execute(StartPrint(blob=one.blobs.put(text), name="x", token=""))
    assert one.activity is Activity.IDLE


async def test_a_file_for_an_extruder_that_is_not_there_is_refused(bench):
    one = await bench(model=KLIPPER)
    text = b"T1\nM83\n;LAYER:0\nG1 X10 Y10 Z0.2 F3000\nG1 X50 E5 F1200\n"
    with pytest.raises(Refused, match="extruder 2"):
        await one.driver.execute(StartPrint(blob=one.blobs.put(text), name="x", token=""))


async def test_a_file_may_pause_itself_and_wait_for_heat_on_its_way(bench):
    one = await bench(model=KLIPPER)
    text = (
        b"M104 S200\nG1 X10 Y10 Z0.2 F3000\nM83\n;LAYER:0\nG1 X90 E5 F1200\nM117 half of it\nM0\nG1 Y90 E5\n"
        b"M109 S230\nG1 X10 E5\nM106 S128\nG1 Y10 E5\n"
    )
    await one.do(StartPrint(blob=one.blobs.put(text), name="x", token=""))
    await one.until(lambda: one.activity is Activity.PAUSED)
    assert (one.pause_cause, one.message) == (PauseCause.FILE, "half of it")
    await one.wind(60.0)
    await one.do(Resume())
    await one.until(lambda: one.activity is Activity.PRINTING)
    await one.until(lambda: one.activity is Activity.PREPARING)
    await one.until(lambda: one.activity is Activity.PRINTING)
    assert one.tools[0].heater.target == 230.0
    await one.until(lambda: one.fan_fraction > 0.0)
    await one.until(lambda: one.activity is Activity.IDLE)
    assert one.outcome is Outcome.COMPLETED


async def test_a_nearly_empty_spool_runs_out_where_the_file_says(bench):
    one = await printing(bench, spool_mm=(700.0,))
    await one.until(lambda: one.activity is Activity.PAUSED)
    assert one.pause_cause is PauseCause.FILAMENT
    assert one.progress.filament_mm[0] == pytest.approx(700.0, abs=0.01)
    assert [fault.code for fault in one.faults] == ["filament_runout"]
    assert one.tools[0].material.remaining_mm == 0.0
    with pytest.raises(Refused, match="run out"):
        await one.driver.execute(Resume())
    await one.do(LoadMaterial(tool=0, guid="other", remaining_mm=100.0))
    assert one.faults == ()
    assert one.tools[0].material.guid == "other"
    await one.do(Resume())
    await one.until(lambda: one.activity is Activity.PRINTING)
    await one.until(lambda: one.activity is Activity.PAUSED)
    assert one.progress.filament_mm[0] == pytest.approx(800.0, abs=0.01)
    await one.do(LoadMaterial(tool=0, guid="full"))
    await one.do(Resume())
    await one.until(lambda: one.activity is Activity.IDLE)
    assert one.outcome is Outcome.COMPLETED


async def test_a_print_uses_up_its_spool(bench):
    one = await printing(bench, speed=60.0, spool_mm=(5000.0,))
    await one.until(lambda: one.activity is Activity.IDLE)
    used = one.print.filament_mm[0]
    assert one.tools[0].material.remaining_mm == round(5000.0 - used)
    core = one.tools[0].nozzle
    await one.do(ClearPlate())
    await one.do(SwapNozzle(tool=0, name="0.6 mm"))
    assert (one.tools[0].nozzle.diameter_mm, core.extruded_mm) == (0.6, pytest.approx(core.extruded_mm))
    assert one.tools[0].nozzle.serial != core.serial


async def test_the_clock_may_change_its_speed_in_mid_print(bench):
    one = await printing(bench)
    sandbox = one.driver.facets.sandbox
    await one.wind(60.0)
    before = one.progress.elapsed_seconds
    await sandbox.set_speed(20.0)
    await one.wind(10.0)
    assert one.progress.elapsed_seconds == pytest.approx(before + 200.0, abs=25.0)
    await sandbox.set_speed(0.5)
    slow = one.progress.elapsed_seconds
    await one.wind(100.0)
    assert one.progress.elapsed_seconds == pytest.approx(slow + 50.0, abs=25.0)
    await sandbox.set_speed(1000.0)
    await one.until(lambda: one.activity is Activity.IDLE)
    assert one.outcome is Outcome.COMPLETED


async def test_transitions_are_reported_at_their_own_instants(bench):
    one = await printing(bench, speed=60.0)
    await one.until(lambda: one.activity is Activity.IDLE)
    ended = next(report for report in reversed(one.reports) if report.activity is Activity.IDLE)
    assert ended.at == one.print.ended_at
    assert [report.at for report in one.reports] == sorted(report.at for report in one.reports)


async def test_limits_hold_from_the_next_print(bench):
    one = await printing(bench)
    total = one.progress.total_seconds
    await one.do(SetLimits(max_speed=Vector(x=20.0, y=20.0, z=5.0)))
    assert one.motion.max_speed.x == 20.0
    await one.wind(2.0)
    assert one.progress.total_seconds == total
    await one.do(Cancel())
    await one.wind(6.0)
    await one.do(ClearPlate())
    await one.do(StartPrint(blob=one.file(CUBE), name="slow", token=""))
    assert one.progress.total_seconds > 1.5 * total


async def test_an_emergency_stop_halts_at_once(bench):
    one = await printing(bench)
    await one.do(EmergencyStop())
    assert (one.activity, one.outcome) == (Activity.HALTED, Outcome.FAILED)
    assert one.tools[0].heater.target == 0.0
    with pytest.raises(Refused, match="stopped"):
        await one.driver.execute(SetTarget(heater=Heater.TOOL, celsius=100.0))
    await one.driver.facets.sandbox.mend("emergency_stop")
    await one.wind(1.0)
    assert one.link is Link.STARTING
    await one.wind(10.0)
    assert (one.link, one.activity, one.faults) == (Link.ONLINE, Activity.IDLE, ())


async def test_a_robot_clears_the_plate(bench):
    one = await printing(bench, speed=60.0, clears_plate_after_seconds=600.0)
    await one.until(lambda: one.activity is Activity.IDLE)
    assert one.plate is Plate.OCCUPIED
    await one.wind(11.0)
    assert one.plate is Plate.CLEAR
