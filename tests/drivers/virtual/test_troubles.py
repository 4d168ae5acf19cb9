import pytest

from printyard.core.commands import Heater, LoadMaterial, Resume, SetLight, SetTarget, StartPrint
from printyard.core.errors import Invalid, NotFound, Offline, Refused
from printyard.core.model.state import Activity, Light, Link, Outcome, PauseCause, Severity
from printyard.drivers.virtual.faults import TROUBLES

CUBE = "prusa_cube_marlin2_rel"
MARLIN = "Generic Marlin printer"


@pytest.fixture
async def one(bench):
    """A Marlin printer a minute into its print."""
    made = await bench(model=MARLIN)
    await made.do(StartPrint(blob=made.file(CUBE), name=CUBE, token="t"))
    await made.until(lambda: made.activity is Activity.PRINTING)
    await made.wind(60.0)
    return made


def codes(one):
    return [fault.code for fault in one.faults]


async def strike(one, kind, **settings):
    await one.driver.facets.sandbox.fault(kind, settings)
    await one.wind(0.0)


async def mend(one, kind):
    await one.driver.facets.sandbox.mend(kind)
    await one.wind(0.0)


def test_there_are_twelve():
    assert len(TROUBLES) == 12


async def test_filament_runout(one):
    await strike(one, "filament_runout")
    await one.wind(5.0)
    assert (one.activity, one.pause_cause, codes(one)) == (Activity.PAUSED, PauseCause.FILAMENT, ["filament_runout"])
    await one.do(LoadMaterial(tool=0, guid="new"))
    assert codes(one) == []
    await one.do(Resume())
    await one.until(lambda: one.activity is Activity.PRINTING, 30.0)


async def test_heater_fault(one):
    hot = one.tools[0].heater.current
    await strike(one, "heater_fault")
    await one.wind(10.0)
    assert codes(one) == ["heater_fault"]
    assert one.faults[0].severity is Severity.BLOCKING
    assert (one.activity, one.outcome, one.print.reason) == (Activity.IDLE, Outcome.FAILED, "heater fault")
    assert one.tools[0].heater.current < hot - 5.0
    await mend(one, "heater_fault")
    await one.do(SetTarget(heater=Heater.TOOL, celsius=215.0))
    await one.wind(60.0)
    assert one.tools[0].heater.current == pytest.approx(215.0, abs=3.0)


async def test_heater_fault_of_the_bed(one):
    await strike(one, "heater_fault", heater="bed")
    await one.wind(10.0)
    assert (one.outcome, codes(one)) == (Outcome.FAILED, ["heater_fault"])


async def test_thermal_runaway(one):
    await strike(one, "thermal_runaway")
    await one.wind(5.0)
    assert one.tools[0].heater.current > one.tools[0].heater.target + 5.0
    await one.wind(10.0)
    assert (one.activity, one.outcome, codes(one)) == (Activity.HALTED, Outcome.FAILED, ["thermal_runaway"])
    assert one.faults[0].severity is Severity.FATAL
    await mend(one, "thermal_runaway")
    await one.wind(10.0)
    assert (one.activity, one.link, codes(one)) == (Activity.IDLE, Link.ONLINE, [])


async def test_link_lost(one):
    await strike(one, "link_lost")
    assert one._task.done()
    assert isinstance(one._task.exception(), ConnectionError)
    with pytest.raises(Offline):
        await one.driver.execute(Resume())
    with pytest.raises(ConnectionError):
        await one.driver.run(one._take)
    before = one.progress.fraction
    one.clock.jump(100.0)
    await mend(one, "link_lost")
    await one.connect()
    assert (one.activity, one.link) == (Activity.PRINTING, Link.ONLINE)
    assert one.progress.fraction > before


async def test_link_lost_for_a_while(one):
    await strike(one, "link_lost", seconds=30)
    one.clock.jump(29.0)
    with pytest.raises(ConnectionError):
        await one.driver.run(one._take)
    one.clock.jump(2.0)
    await one.connect()
    assert one.activity is Activity.PRINTING


async def test_power_cut_where_the_print_is_kept(one):
    await strike(one, "power_cut")
    assert isinstance(one._task.exception(), ConnectionError)
    one.clock.jump(300.0)
    await mend(one, "power_cut")
    await one.connect()
    assert one.link is Link.STARTING
    await one.wind(5.0)
    assert (one.link, one.activity, one.pause_cause) == (Link.ONLINE, Activity.PAUSED, PauseCause.POWER)
    assert one.tools[0].heater.current < 120.0
    await one.do(Resume())
    await one.until(lambda: one.activity is Activity.PRINTING, 120.0)


async def test_power_cut_where_the_print_is_lost(bench):
    one = await bench(model="Ultimaker S3")
    await one.do(StartPrint(blob=one.file("cura_torus_griffin_s5"), name="x", token="t"))
    await one.until(lambda: one.activity is Activity.PRINTING)
    await one.wind(60.0)
    cut = one.clock.now()
    await strike(one, "power_cut", seconds=120)
    one.clock.jump(121.0)
    await one.connect()
    assert one.link is Link.STARTING
    assert (one.outcome, one.print.ended_at, one.print.reason) == (Outcome.FAILED, cut, "power cut")
    await one.wind(50.0)
    assert (one.link, one.activity) == (Link.ONLINE, Activity.IDLE)
    assert await one.driver.facets.diagnostics.uptime_seconds() < 60.0


async def test_clog(one):
    await strike(one, "clog")
    await one.wind(10.0)
    assert (one.activity, codes(one)) == (Activity.PRINTING, [])
    await one.wind(15.0)
    assert (one.activity, one.pause_cause, codes(one)) == (Activity.PAUSED, PauseCause.FAULT, ["clog"])
    with pytest.raises(Refused, match="filament"):
        await one.driver.execute(Resume())
    await mend(one, "clog")
    await one.do(Resume())
    assert codes(one) == []


@pytest.mark.parametrize(("kind", "seen"), [("print_detached", "detached"), ("spaghetti", "spaghetti")])
async def test_what_only_the_camera_sees(one, kind, seen):
    await strike(one, kind)
    since = one.driver._board._device.moment(60.0)
    await one.wind(30.0)
    assert (one.activity, codes(one)) == (Activity.PRINTING, [])
    await one.driver.facets.camera.snapshot()
    scene = one.renderer.scenes[-1]
    assert (scene.trouble, scene.plan_path is not None) == (seen, True)
    assert 0 < scene.trouble_move < scene.move
    assert since is not None
    await mend(one, kind)
    await one.wind(2.0)
    await one.driver.facets.camera.snapshot()
    assert one.renderer.scenes[-1].trouble == ""


async def test_disk_full(bench):
    one = await bench(model=MARLIN)
    await strike(one, "disk_full")
    assert codes(one) == ["disk_full"]
    with pytest.raises(Refused, match="full"):
        await one.driver.execute(StartPrint(blob=one.file(CUBE), name="x", token=""))
    await mend(one, "disk_full")
    await one.do(StartPrint(blob=one.file(CUBE), name="x", token=""))
    assert one.activity is Activity.PREPARING


async def test_slow_network(bench):
    import asyncio

    one = await bench(model="Ultimaker S5")
    await strike(one, "slow_network", delay_seconds=4.0)
    await one.wind(5.0)
    count = len(one.reports)
    await one.wind(20.0)
    assert len(one.reports) - count == 5
    asked = asyncio.ensure_future(one.driver.execute(SetLight(light=Light(brightness=5.0))))
    await one.wind(3.9)
    assert not asked.done()
    await one.wind(0.2)
    assert asked.done()


async def test_door_open(one):
    await strike(one, "door_open")
    await one.wind(5.0)
    assert (one.activity, one.pause_cause, codes(one)) == (Activity.PAUSED, PauseCause.FAULT, ["door_open"])
    with pytest.raises(Refused, match="door"):
        await one.driver.execute(Resume())
    await mend(one, "door_open")
    await one.do(Resume())


@pytest.mark.parametrize("model", ["Ultimaker S5", "generic_klipper"])
async def test_panel_start(bench, model):
    one = await bench(model=model, speed=60.0)
    await strike(one, "panel_start")
    assert (one.print.name, one.print.token) == ("Calibration tower.gcode", "")
    assert "panel: start" in [note for report in one.reports for note in report.notes]
    with pytest.raises(Invalid, match="busy"):
        await one.driver.facets.sandbox.fault("panel_start", {})
    await one.until(lambda: one.activity is Activity.IDLE)
    assert (one.outcome, one.progress.layers) == (Outcome.COMPLETED, 40)
    assert one.print.filament_mm[0] > 50.0


async def test_the_buttons_of_the_panel(one):
    await strike(one, "panel_pause")
    await one.wind(5.0)
    assert one.pause_cause is PauseCause.PANEL
    with pytest.raises(Invalid):
        await one.driver.facets.sandbox.fault("panel_pause", {})
    await strike(one, "panel_resume")
    await one.until(lambda: one.activity is Activity.PRINTING, 30.0)
    await strike(one, "panel_cancel")
    await one.wind(6.0)
    assert (one.activity, one.plate.value) == (Activity.IDLE, "occupied")
    await strike(one, "panel_clear_plate")
    assert one.plate.value == "clear"


async def test_nonsense_is_refused(one):
    sandbox = one.driver.facets.sandbox
    for kind, settings in [
        ("earthquake", {}),
        ("clog", {"tool": 1}),
        ("clog", {"wool": 1}),
        ("power_cut", {"seconds": -1}),
    ]:
        with pytest.raises(Invalid):
            await sandbox.fault(kind, settings)
    with pytest.raises(NotFound):
        await sandbox.mend("clog")
    for speed in (0.0, -1.0, 1e9, float("nan")):
        with pytest.raises(Invalid):
            await sandbox.set_speed(speed)
    status = await sandbox.status()
    assert (status["faults"], status["speed"], len(status["kinds"])) == ([], 1.0, 17)
