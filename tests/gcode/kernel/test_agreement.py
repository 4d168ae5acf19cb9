"""The compiled engine against the plain one: the same estimate and, byte for byte, the same plan."""

import io

import pytest
from hypothesis import HealthCheck, assume, example, given, settings, strategies as st

from printyard.gcode import reference
from printyard.gcode.estimate import GcodeError
from printyard.gcode.limits import AxisLimiter, ExtruderLimiter, FirmwareRetraction, Limits

MANY = 150_000
"""Moves that plain Python has no time for: an odd arc may be cut into 100,000, and a file has many."""

decimals = st.builds(
    lambda value, places: f"{value:.{places}f}",
    st.floats(-300, 300, allow_nan=False),
    st.integers(0, 6),
)
odd_numbers = st.sampled_from(
    [
        "",
        "-",
        ".",
        "5.",
        ".5",
        "+5",
        "-.5",
        "1e1",
        "2E+1",
        "1e",
        "nan",
        "inf",
        "-0",
        "0x1",
        "1,5",
        "1_0",
        "1e400",
        "--5",
        "0.1234567890123456789",
        "123456789012345",
        "1234567890123456",
        "00000000000000000001",
        "1.2.3",
        "6000*99",
    ]
)
numbers = decimals | decimals | decimals | odd_numbers
blanks = st.sampled_from([" ", " ", " ", "  ", "\t", ""])
ends = st.sampled_from(
    ["", "", "", " ", "\r", " ;", ";A", " ; perimeter", ";  B ", " ;TYPE:A", "; \u00e9", " (x) Y5", " ;\u00a0nb\u00a0"]
)
words = st.builds(
    lambda gap, letter, number: gap + letter + number, blanks, st.sampled_from("XXYYZEEFxyefIJKRSPT"), numbers
)
positive = st.floats(0.1, 20000).map(lambda value: f"{value:.2f}")


def line_of(start, parts, end):
    return start + "".join(parts) + end


moves = st.builds(
    line_of,
    st.sampled_from(["G1", "G1", "G1", "G0", "g1", "N12 G1", "NG1", "G01", " G1", "G001", "G1.5", "G92", "G2", "G3"]),
    st.lists(words, max_size=6),
    ends,
)
plain_moves = st.builds(
    lambda x, y, e, f: f"G1 X{x} Y{y} E{e}" + (f" F{f}" if f else ""),
    decimals,
    decimals,
    decimals,
    st.none() | positive,
)
arcs = st.builds(
    lambda code, x, y, z, i, j, e: f"{code} X{x} Y{y}{z} I{i} J{j} E{e}",
    st.sampled_from(["G2", "G3"]),
    decimals,
    decimals,
    st.just("") | decimals.map(" Z{}".format),
    decimals,
    decimals,
    decimals,
)
fixed = st.sampled_from(
    [
        "",
        "G28",
        "G28 X0",
        "G4",
        "G4 P100",
        "G4 S1",
        "G10",
        "G11",
        "G17",
        "G18",
        "G19",
        "G20",
        "G90",
        "G91",
        "M82",
        "M83",
        "M109 S200",
        "M104 S200 T1",
        "M190 R60",
        "M140 S60",
        "M141 S40",
        "M106 S128",
        "M106",
        "M107",
        "M117 Hello ; you",
        "M600",
        "M0",
        "PAUSE",
        "T0",
        "T1",
        "T1 ; two",
        "T99",
        "ACTIVATE_EXTRUDER EXTRUDER=extruder1",
        "M70000",
        "M204 P500",
        "M204 S1000",
        "M204 P500 T800",
        "M204 S800 ; x",
        "M204 S5 S6",
        "M204S300",
        "SET_VELOCITY_LIMIT ACCEL=500 VELOCITY=50",
        "SET_VELOCITY_LIMIT ACCEL_TO_DECEL=100",
        "SET_VELOCITY_LIMIT SQUARE_CORNER_VELOCITY=1 ; a=b",
        "TEMPERATURE_WAIT",
        "SET_RETRACTION RETRACT_LENGTH=2 LIFT_Z=0.4",
        ";TYPE:WALL",
        ";TYPE: C ",
        ";TYPE:",
        "; TYPE:x",
        ";LAYER:0",
        ";LAYER:1",
        ";LAYER_CHANGE",
        "; CHANGE_LAYER",
        ";LAYER_COUNT:5",
        "; ESTIMATOR_ADD_TIME 2 Prime",
        ";ESTIMATOR_ADD_TIME x",
        "%",
        "(x)",
        "123",
        "N5",
        "N-5",
        "N99999999999999999999 G1 X5",
        "G1 X5 ; move to next layer (3)",
        "G1 X6 ; move to next layer",
        "G1 X7 ;\x0b\x0c",
        "\x0bG1 X8",
        "SET_HEATER_TEMPERATURE HEATER=extruder TARGET=200",
        "G1 F1200 ; slow",
        "G1 E1 ;w\x00",
        "G91\nG1 X1 E-1",
        "M204 S0",
    ]
)
junk = st.text(st.characters(codec="utf-8", exclude_characters="\n"), max_size=12)
lines = st.one_of(plain_moves, plain_moves, plain_moves, moves, moves, arcs, fixed, fixed, junk)
files = st.builds(
    lambda parts, newline, last: (newline.join(parts) + last).encode("utf-8", "surrogatepass"),
    st.lists(lines, max_size=60),
    st.sampled_from(["\n", "\n", "\r\n"]),
    st.sampled_from(["", "\n"]),
)
speeds = st.floats(1, 500)
checkers = st.lists(
    st.builds(
        AxisLimiter, st.sampled_from([(1.0, 0.0, 0.0), (0.0, 0.0, 1.0), (0.6, 0.8, 0.0)]), speeds, st.floats(1, 5000)
    )
    | st.builds(ExtruderLimiter, speeds, st.floats(1, 5000)),
    max_size=3,
).map(tuple)
machines = st.builds(
    Limits,
    max_velocity=speeds,
    max_acceleration=st.floats(1, 10000),
    max_accel_to_decel=st.none() | st.floats(1, 5000),
    minimum_cruise_ratio=st.none() | st.floats(0, 1),
    square_corner_velocity=st.floats(0, 20),
    instant_corner_velocity=st.floats(0, 5),
    firmware_retraction=st.none() | st.builds(FirmwareRetraction, *[st.floats(0.1, 30)] * 4, st.floats(0, 1)),
    mm_per_arc_segment=st.none() | st.floats(0.5, 5),
    move_checkers=checkers,
)


def outcome(analyse, gcode, limits):
    plan = io.BytesIO()
    try:
        estimate = analyse(io.BytesIO(gcode), limits, plan)
    except GcodeError as error:
        return str(error)
    return estimate, plan.getvalue()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(gcode=files, limits=machines)
@example(gcode=b"G1 X5 F600\nG1 X0 F0\n", limits=Limits())
@example(gcode=b"G2 X1 Y1 I1e9 F600", limits=Limits(mm_per_arc_segment=100000.0))
def test_both_engines_say_the_same(gcode, limits, compiled):
    found = outcome(compiled, gcode, limits)
    assume(isinstance(found, str) or found[0].total.num_moves < MANY)
    expected = outcome(reference.analyse, gcode, limits)
    # their texts are compared, in which NaN is like NaN
    assert [repr(part) for part in found] == [repr(part) for part in expected]
    if isinstance(expected, tuple):  # and the clock runs the same where nobody wants a plan
        estimate, planless = expected[0], compiled(io.BytesIO(gcode), limits)
        assert repr(planless.sequences) == repr(estimate.sequences)
        assert planless.plan_seconds == estimate.plan_seconds


@pytest.mark.slow
@pytest.mark.parametrize("config", ["doc", "full"])
@pytest.mark.parametrize("name", ["prusa_cyl_arcs_rel", "prusa_torus_fwretract", "cura_torus_griffin_s5"])
def test_real_files_have_the_same_plan(name, config, compiled, limits, real_file):
    gcode = real_file(name).read()
    ours = outcome(compiled, gcode, limits(config))
    theirs = outcome(reference.analyse, gcode, limits(config))
    assert ours[0] == theirs[0]
    assert ours[1] == theirs[1]


class Dribble:
    """A stream that has no `readinto`, and gives a few bytes at a time."""

    def __init__(self, data):
        self._data = io.BytesIO(data)

    def read(self, size):
        return self._data.read(min(size, 7919))


def test_how_the_bytes_arrive_changes_nothing(compiled, limits, real_file):
    gcode = real_file("cura_cyl_griffin").read()
    one, two = io.BytesIO(), io.BytesIO()
    assert compiled(Dribble(gcode), limits("doc"), one) == compiled(io.BytesIO(gcode), limits("doc"), two)
    assert one.getvalue() == two.getvalue()
