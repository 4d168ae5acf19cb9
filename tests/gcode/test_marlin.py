"""Marlin's way of planning: by hand, by both engines alike, and nearer to the slicers' own estimates."""

import gzip
import io
import math
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from printyard.core.analysis import limits_of
from printyard.core.model.machine import MachineModel
from printyard.gcode import reference
from printyard.gcode.estimate import GcodeError
from printyard.gcode.limits import Limits, MarlinLimits
from printyard.gcode.metadata import read_metadata
from printyard.gcode.source import open_gcode

FILES = Path(__file__).resolve().parents[1] / "data" / "gcode"
SMOOTH = MarlinLimits(
    max_feedrate=(100.0, 100.0, 10.0, 50.0),
    max_acceleration=(1000.0, 1000.0, 100.0, 2000.0),
    print_acceleration=500.0,
    retract_acceleration=1500.0,
    travel_acceleration=1000.0,
    jerk=(0.0, 0.0, 0.0, 0.0),
)


@pytest.fixture(scope="session")
def compiled():
    """The compiled engine, compiled now."""
    from printyard.gcode.kernel import analyse
    from printyard.gcode.kernel.warm import warm

    warm()
    return analyse


@pytest.fixture(params=["compiled", "reference"])
def seconds(request):
    """(G-code, changed limits) -> seconds of motion and dwells, by each of the two engines."""
    analyse = request.getfixturevalue("compiled") if request.param == "compiled" else reference.analyse

    def run(gcode, **changes):
        limits = Limits(marlin=msgspec.structs.replace(SMOOTH, **changes), mm_per_arc_segment=1.0)
        return analyse(io.BytesIO(gcode), limits).plan_seconds

    return run


def trapezoid(distance, speed, acceleration, start=0.0, end=0.0):
    """Seconds of a move that reaches its speed."""
    up, down = (speed**2 - start**2) / (2 * acceleration), (speed**2 - end**2) / (2 * acceleration)
    assert up + down <= distance
    return (speed - start) / acceleration + (speed - end) / acceleration + (distance - up - down) / speed


@pytest.mark.parametrize(
    ("gcode", "expected"),
    [
        (b"G1 X100 F3000", trapezoid(100, 50, 1000)),
        (b"G1 X100 E5 F3000", trapezoid(100, 50, 500)),
        (b"G1 E-5 F1200", trapezoid(5, 20, 1500)),
        (b"G1 X500 F60000", trapezoid(500, 100, 1000)),
        (b"G1 X300 Y300 F60000", trapezoid(math.hypot(300, 300), 100 * math.sqrt(2), 1000)),
        (b"G1 Z50 F60000", trapezoid(50, 10, 100)),
        (b"G1 E100 F60000", trapezoid(100, 50, 1500)),
        (b"G1 X100 E200 F6000", trapezoid(100, 25, 500)),
        (b"M201 X200\nG1 X100 F3000", trapezoid(100, 50, 200)),
        (b"M203 X20\nG1 X100 F3000", trapezoid(100, 20, 1000)),
        (b"M204 P100 R200 T300\nG1 X100 F3000", trapezoid(100, 50, 300)),
        (b"M204 P100 R200 T300\nG1 X100 E1 F3000", trapezoid(100, 50, 100)),
        (b"M204 P100 R200 T300\nG1 E5 F1200", trapezoid(5, 20, 200)),
        (b"M204 S400\nG1 X100 E1 F3000", trapezoid(100, 50, 400)),
        (b"M204 S0 P-1 Tnan\nG1 X100 F3000", trapezoid(100, 50, 1000)),
        (b"G4 P250", 0.25),
        (b"G4 S2", 2.0),
        (b"G4 S2 P1", 2.0),
        (b"G4", 0.0),
        (b"G91\nG1 X50 F3000\nG4 P0\nG1 X50", 2 * trapezoid(50, 50, 1000)),
        (b"G91\nG90\nG1 X50 F3000\nG4 P0\nG1 X100", 2 * trapezoid(50, 50, 1000)),
        (b"G1 E5 F1200\nG4 P0\nG1 E5", trapezoid(5, 20, 1500)),
        (b"M83\nG1 E5 F1200\nG4 P0\nG1 E5", 2 * trapezoid(5, 20, 1500)),
    ],
)
def test_what_a_move_takes(gcode, expected, seconds):
    assert seconds(gcode) == pytest.approx(expected)


def test_a_move_begins_and_ends_at_its_jerk(seconds):
    expected = trapezoid(100, 50, 1000, start=10, end=10)
    assert seconds(b"G1 X100 F3000", jerk=(10.0, 10.0, 0.0, 0.0)) == pytest.approx(expected)
    assert seconds(b"M205 X10 Y10\nG1 X100 F3000") == pytest.approx(expected)
    # on a diagonal, each axis has its jerk
    diagonal = trapezoid(100 * math.sqrt(2), 50, 1000 * math.sqrt(2), start=10 * math.sqrt(2), end=10 * math.sqrt(2))
    assert seconds(
        b"M204 T9000\nG1 X100 Y100 F3000", jerk=(10.0, 10.0, 0.0, 0.0), max_acceleration=(1000.0, 1000.0, 1.0, 1.0)
    ) == pytest.approx(diagonal)


@pytest.mark.parametrize(
    ("corner", "speed"),
    [
        ("X200 Y0", 50.0),  # straight on
        ("X100 Y100", 10.0),  # a right angle: X loses what its jerk allows, and Y gains as much
        ("X0 Y0", 10.0),  # a reversal
    ],
)
def test_corners_by_jerk(corner, speed, seconds):
    gcode = f"G1 X100 F3000\nG1 {corner}".encode()
    expected = trapezoid(100, 50, 1000, 10, speed) + trapezoid(100, 50, 1000, speed, 10)
    assert seconds(gcode, jerk=(10.0, 10.0, 0.0, 0.0)) == pytest.approx(expected)


def test_the_feeder_has_its_jerk_in_corners_too(seconds):
    """It would jump from 25 to 50 mm/s where it may do no more than 2: both moves slow down to a 12th."""
    limits = {"jerk": (100.0, 100.0, 0.0, 2.0), "print_acceleration": 1000.0}
    gcode = b"M83\nG1 X100 E50 F3000\nG1 X200 E100"
    corner = 50 * 2 / 25
    expected = trapezoid(100, 50, 1000, 4, corner) + trapezoid(100, 50, 1000, corner, 2)
    assert seconds(gcode, **limits) == pytest.approx(expected)


def test_corners_by_deviation(seconds):
    half_sine = math.sqrt(0.5)
    speed = math.sqrt(1000 * math.sqrt(2) * 0.02 * half_sine / (1 - half_sine))
    slower = math.sqrt(1000 * 0.02 * half_sine / (1 - half_sine))
    for gcode in (b"G1 X100 F3000\nG1 Y100", b"M205 J0.02\nG1 X100 F3000\nG1 Y100"):
        ours = seconds(gcode, junction_deviation=0.02, jerk=(20.0, 20.0, 0.0, 0.0))
        expected = trapezoid(100, 50, 1000, 0, slower) + trapezoid(100, 50, 1000, slower, 0)
        assert ours == pytest.approx(expected)
        assert ours > trapezoid(100, 50, 1000, 0, speed) + trapezoid(100, 50, 1000, speed, 0)
    by_jerk = b"M205 X20 Y20\nG1 X100 F3000\nG1 Y100"
    again = trapezoid(100, 50, 1000, 20, 20) * 2
    assert seconds(by_jerk, junction_deviation=0.02) == pytest.approx(again)


def test_a_round_of_short_moves_is_taken_as_a_circle(seconds):
    points = [(50 * math.cos(a / 50), 50 * math.sin(a / 50)) for a in range(314)]
    circle = "\n".join(f"G1 X{x:.5f} Y{y:.5f} F6000" for x, y in points).encode()
    limits = {"junction_deviation": 0.02, "jerk": (0.0, 0.0, 0.0, 0.0)}
    assert seconds(circle, **limits) < seconds(circle.replace(b"F6000", b"F3000"), **limits)


def test_klipper_does_not_hear_these_commands():
    klipper = Limits(max_velocity=300.0, max_acceleration=3000.0)
    gcode = b"%sG1 X100 F3000\nG1 Y10"
    commands = b"M201 X1\nM203 X1\nM204 P1 R1\nM205 X0 Y0 J1\n"
    with_them, without = (reference.analyse(io.BytesIO(gcode % text), klipper) for text in (commands, b""))
    assert with_them.plan_seconds == without.plan_seconds


def test_limits_travel_as_a_configuration():
    limits = Limits(mm_per_arc_segment=0.5, marlin=SMOOTH)
    assert Limits.from_config(limits.to_config()) == limits
    assert limits.firmware == "marlin"
    assert Limits().firmware == "klipper"
    assert "marlin" not in Limits().to_config()
    assert limits.key() not in {Limits(mm_per_arc_segment=0.5).key(), Limits(marlin=MarlinLimits()).key()}
    with pytest.raises(ValueError, match="jerk"):
        Limits.from_config({"marlin": {"jerk": [1, 2, 3]}})


numbers = st.one_of(
    st.floats(-50, 50).map("{:.3f}".format),
    st.floats(-1, 1).map("{:.4f}".format),
    st.sampled_from(["0", "1e2", "nan", "inf", "-0", "1e400", "x"]),
)


def words_of(letters):
    return st.lists(st.builds("{}{}".format, st.sampled_from(letters), numbers), max_size=4).map(" ".join)


lines = st.one_of(
    st.builds("G1 X{} Y{} E{}".format, numbers, numbers, numbers),
    st.builds("G1 X{} Y{}".format, *[st.floats(-2, 2).map("{:.3f}".format)] * 2),
    st.builds("G1 {}".format, words_of("XYZE")),
    st.builds("G{} {}".format, st.sampled_from([0, 1, 2, 3, 92]), words_of("XYZEIJ")),
    st.builds("M{} {}".format, st.sampled_from([201, 203, 204, 205]), words_of("XYZEPRSTJ")),
    st.builds("G1 X{:.1f} F{:.1f}".format, st.floats(-9, 9), st.floats(1, 30000)),
    st.sampled_from(
        ["G28", "G4 P10", "G4 S1", "G4", "G90", "G91", "M82", "M83", "G1 Finf", ";TYPE:a", "T1", "M205 J.02"]
    ),
)
speeds = st.floats(0.1, 500)
by_axis = st.tuples(speeds, speeds, speeds, speeds)
accelerations = st.floats(1, 20000)
machines = st.builds(
    MarlinLimits,
    max_feedrate=by_axis,
    max_acceleration=st.tuples(*[accelerations] * 4),
    print_acceleration=accelerations,
    retract_acceleration=accelerations,
    travel_acceleration=accelerations,
    jerk=st.tuples(*[st.floats(0, 30)] * 4),
    junction_deviation=st.none() | st.floats(0.001, 0.3),
)


def outcome(analyse, gcode, limits):
    plan = io.BytesIO()
    try:
        return repr(analyse(io.BytesIO(gcode), limits, plan)), plan.getvalue()
    except GcodeError as error:
        return str(error)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(parts=st.lists(lines, max_size=50), marlin=machines)
def test_both_engines_say_the_same(parts, marlin, compiled):
    gcode = "\n".join(parts).encode()
    limits = Limits(marlin=marlin, mm_per_arc_segment=1.0)
    assert outcome(compiled, gcode, limits) == outcome(reference.analyse, gcode, limits)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    targets=st.lists(st.tuples(*[st.integers(-30, 30)] * 2, st.integers(0, 3)), min_size=1, max_size=2000),
    marlin=machines,
)
def test_speeds_meet_and_every_limit_holds(targets, marlin, compiled, tmp_path_factory):
    """Where one move ends the next begins as fast, no speed is above what is asked, and each move covers its way."""
    from printyard.gcode.plan import Plan

    path = tmp_path_factory.mktemp("plan") / "x.plan"
    gcode = "M83\nG1 F6000\n" + "\n".join(f"G1 X{x} Y{y} E{e}" for x, y, e in targets)
    estimate = compiled(io.BytesIO(gcode.encode()), Limits(marlin=marlin), path)
    with Plan.open(path) as plan:
        names = ("end_seconds", "start_speed", "cruise_speed", "end_speed", "acceleration")
        columns = [list(plan._sections[name]) for name in names]
        assert plan.summary.total_seconds == estimate.plan_seconds
    before_end = 0.0
    for move, (end, start, cruise, stop, acceleration) in enumerate(zip(*columns, strict=True)):
        assert start <= cruise * 1.0001
        assert stop <= cruise * 1.0001
        assert cruise <= 100.01
        assert acceleration > 0.0
        if move:
            assert start == pytest.approx(columns[3][move - 1], rel=1e-6)
        assert end > before_end
        before_end = end


MK3 = MarlinLimits(
    max_feedrate=(300.0, 300.0, 15.0, 120.0),
    max_acceleration=(3000.0, 3000.0, 200.0, 5000.0),
    jerk=(8.0, 8.0, 0.4, 2.5),
)
"""What the files of PrusaSlicer say in their last lines that they were sliced for (`machine_max_...`)."""


@pytest.mark.parametrize(
    ("name", "marlin", "most"),
    [
        ("prusa_cube_marlin2_rel", MK3, 0.003),
        ("prusa_torus_fwretract", MK3, 0.003),
        ("prusa_complete_objects", MK3, 0.003),
        ("cura_cyl_griffin", MarlinLimits(), 0.005),
        ("cura_torus_griffin_s5", MarlinLimits(), 0.005),
    ],
)
def test_files_come_nearer_to_their_slicers_own_estimate(name, marlin, most, compiled):
    with open_gcode(FILES / f"{name}.gcode.gz") as source:
        claimed = read_metadata(source).estimated_seconds
    klipper = Limits(max_velocity=300.0, max_acceleration=3000.0, max_accel_to_decel=1500.0, mm_per_arc_segment=1.0)
    errors = {}
    for limits in (klipper, Limits(marlin=marlin, mm_per_arc_segment=1.0)):
        with gzip.open(FILES / f"{name}.gcode.gz") as stream:
            errors[limits.firmware] = abs(compiled(stream, limits).plan_seconds / claimed - 1.0)
    assert errors["marlin"] < most
    assert errors["marlin"] < errors["klipper"]


def test_machines_with_marlin_are_planned_so():
    machine = MachineModel(
        id="m", variant="M", volume_mm=(200.0, 200.0, 200.0), tools=1, flavor="marlin", acceleration=1500.0
    )
    limits = limits_of(machine)
    assert limits.marlin is not None
    assert limits.marlin.max_feedrate == (300.0, 300.0, 40.0, 45.0)
    assert limits.marlin.max_acceleration == (1500.0, 1500.0, 100.0, 10000.0)
    assert limits.marlin.travel_acceleration == 1500.0
    assert limits.marlin.jerk == (20.0, 20.0, 0.4, 5.0)
    assert limits_of(msgspec.structs.replace(machine, flavor="griffin")).firmware == "klipper"
