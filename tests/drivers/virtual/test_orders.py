"""What an idle machine does when it is told, and what it says no to."""

import pytest

from printyard.core.commands import (
    COMMANDS,
    Beep,
    BlinkLight,
    Heater,
    Home,
    Jog,
    LoadMaterial,
    MoveTo,
    Rename,
    SendGcode,
    SetFan,
    SetLight,
    SetTarget,
    ShowMessage,
    SwapNozzle,
)
from printyard.core.errors import Invalid, Refused
from printyard.core.model.state import Activity, Light, Vector
from printyard.drivers.virtual import DRIVER
from printyard.drivers.virtual.settings import VirtualSettings


@pytest.fixture
async def one(bench):
    return await bench(model="Ultimaker S5")


@pytest.fixture
async def klipper(bench):
    return await bench(model="Generic Klipper printer")


def place(one):
    return one.position.x, one.position.y, one.position.z


async def test_moves_follow_each_other_at_their_speed(one):
    await one.do(Home())
    await one.wind(10.0)
    assert place(one) == (0.0, 240.0, 300.0)
    await one.do(MoveTo(x=100.0, y=240.0, z=300.0, speed=10.0))
    await one.do(Jog(by=Vector(y=-40.0), speed=20.0))
    await one.wind(5.0)
    assert place(one) == pytest.approx((50.0, 240.0, 300.0), abs=11.0)
    await one.wind(6.0)
    x, y, _ = place(one)
    assert (x, 200.0 < y < 240.0) == (100.0, True)
    await one.wind(2.0)
    assert place(one) == (100.0, 200.0, 300.0)
    assert one.activity is Activity.IDLE


async def test_no_axis_is_faster_than_it_can_be(one):
    await one.do(MoveTo(z=0.0, speed=1000.0))
    await one.wind(7.0)
    assert one.position.z == pytest.approx(300.0 - 7.0 * 40.0, abs=40.0)
    assert one.position.z > 0.0


async def test_the_head_stays_within_the_machine(one):
    with pytest.raises(Refused):
        await one.driver.execute(MoveTo(x=331.0))
    await one.do(Jog(by=Vector(x=-50.0, z=50.0)))
    await one.wind(5.0)
    assert place(one) == (0.0, 240.0, 300.0)


@pytest.mark.parametrize(
    "command",
    [
        SetTarget(heater=Heater.TOOL, celsius=281.0),
        SetTarget(heater=Heater.TOOL, celsius=-1.0),
        SetTarget(heater=Heater.TOOL, tool=2, celsius=20.0),
        SetTarget(heater=Heater.BED, celsius=200.0),
        SetTarget(heater=Heater.CHAMBER, celsius=30.0),
        SetFan(fraction=1.5),
        SwapNozzle(tool=0, name="XX 9"),
        SwapNozzle(tool=7, name="AA 0.4"),
        LoadMaterial(tool=-1, guid="x"),
        SendGcode(lines=("G28",)),
    ],
    ids=lambda command: type(command).__name__,
)
async def test_what_makes_no_sense_is_refused(one, command):
    with pytest.raises(Refused):
        await one.driver.execute(command)


async def test_a_preheat_lets_go_in_the_end(one):
    await one.do(SetTarget(heater=Heater.BED, celsius=60.0, timeout_seconds=300.0))
    until = one.clock.now() + 300_000_000
    assert (one.bed.target, one.bed.until) == (60.0, until)
    await one.wind(200.0)
    assert one.bed.current == pytest.approx(60.0, abs=2.0)
    await one.wind(101.0)
    assert (one.bed.target, one.bed.until) == (0.0, None)
    await one.wind(1200.0)
    assert one.bed.current < 40.0


async def test_light_fan_message_and_cores(one):
    await one.do(SetLight(light=Light(hue=200.0, saturation=50.0, brightness=80.0)))
    await one.do(SetFan(fraction=0.4))
    await one.do(ShowMessage(text="Hello", button="OK"))
    await one.do(Beep(frequency_hertz=440.0, seconds=1.0))
    await one.do(Rename(name="Leia"))
    await one.do(SwapNozzle(tool=1, name="CC 0.6"))
    await one.do(LoadMaterial(tool=1, guid=""))
    assert (one.light.hue, one.fan_fraction, one.message) == (200.0, 0.4, "Hello")
    assert (one.tools[1].nozzle.name, one.tools[1].nozzle.diameter_mm, one.tools[1].material) == ("CC 0.6", 0.6, None)
    await one.driver.facets.camera.snapshot()
    assert one.renderer.scenes[-1].caption == "Leia"
    assert any("beep" in line for line in await one.driver.facets.diagnostics.log(0, 50))


async def test_a_light_blinks_and_stops(one):
    await one.do(BlinkLight(frequency_hertz=0.25, count=3))
    seen = set()
    for _ in range(12):
        await one.wind(1.0)
        seen.add(one.light.brightness)
    assert seen == {0.0, 100.0}
    await one.wind(5.0)
    assert one.light.brightness == 100.0


async def test_lines_of_gcode(klipper):
    await klipper.do(SendGcode(lines=("G1 X10",)))
    assert klipper.console == ("!! Must home axis first", "ok")
    with pytest.raises(Refused, match="Home"):
        await klipper.driver.execute(Jog(by=Vector(x=1.0)))
    await klipper.do(SendGcode(lines=("G28", "G1 X50 Y60 Z5 F6000 ; go", "G91", "G1 X-10", "G90", "M117 Working")))
    await klipper.wind(20.0)
    assert (place(klipper), klipper.message) == ((40.0, 60.0, 5.0), "Working")
    await klipper.do(SendGcode(lines=("M104 S200", "M140 S60", "M106 S127.5", "M105", "NONSENSE A=1")))
    assert (klipper.tools[0].heater.target, klipper.bed.target, klipper.fan_fraction) == (200.0, 60.0, 0.5)
    assert any(line.startswith("T0:") and "/200.0" in line for line in klipper.console)
    assert klipper.console[-1] == '// Unknown command:"NONSENSE"'
    await klipper.do(SendGcode(lines=("M104 S9999",)))
    assert klipper.tools[0].heater.target == 200.0


async def test_what_waits_for_heat_lets_the_next_line_wait(klipper):
    await klipper.do(SendGcode(lines=("G28", "M109 S100", "G1 X100 F6000")))
    await klipper.wind(12.0)
    assert klipper.position.x == 0.0
    await klipper.wind(40.0)
    assert klipper.position.x == 100.0


async def test_a_stopped_machine_waits_for_its_restart(klipper):
    await klipper.do(SendGcode(lines=("M112",)))
    assert klipper.activity is Activity.HALTED
    await klipper.do(SendGcode(lines=("G28",)))
    assert klipper.console[0].startswith("!!")
    await klipper.wind(600.0)
    assert klipper.activity is Activity.HALTED
    await klipper.do(SendGcode(lines=("FIRMWARE_RESTART",)))
    await klipper.wind(10.0)
    assert (klipper.activity, klipper.faults) == (Activity.IDLE, ())


async def test_every_supported_command_has_a_deed():
    from printyard.drivers.virtual.machines import MACHINES, traits_of
    from printyard.drivers.virtual.orders import _DEEDS

    assert set(_DEEDS) == set(COMMANDS)
    for machine in MACHINES:
        assert traits_of(machine).supports <= set(COMMANDS)
        assert (SendGcode in traits_of(machine).supports) == traits_of(machine).takes_gcode


def test_kinds_are_known_by_their_boxes():
    assert DRIVER.identify(VirtualSettings()) == "ultimaker_s5"
    assert DRIVER.identify(VirtualSettings(model="ultimaker 3 EXTENDED")) == "ultimaker3_extended"
    with pytest.raises(Invalid, match="Ultimaker S3"):
        DRIVER.identify(VirtualSettings(model="Ultimaker S33"))
    numbers = {machine.variant: machine.bom_numbers for machine in DRIVER.machines}
    assert numbers["Ultimaker S5"] == (9051, 214475)
    assert numbers["Ultimaker S7"] == (5078167, 5078168)


async def test_settings_that_do_not_fit_are_invalid(bench):
    for settings in ({"print_cores": ("ZZ",)}, {"materials": ("a", "b", "c")}, {"spool_mm": (1.0, 1.0, 1.0)}):
        one = await bench(connect=False, **settings)
        with pytest.raises(Invalid):
            await one.driver.run(one._take)
