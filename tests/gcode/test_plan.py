"""The plan: positions, layers, filament and events at every second, and files that are no plans."""

import io
import json
import math
import subprocess
import sys
from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given, strategies as st

from printyard.gcode.limits import FirmwareRetraction, Limits
from printyard.gcode.plan import HEADER, Extents, Plan, PlanError, PlanEventKind
from printyard.gcode.reference import analyse
from printyard.gcode.trapezoid import travelled

LIMITS = Limits(max_velocity=100.0, max_acceleration=1000.0, minimum_cruise_ratio=0.0, mm_per_arc_segment=1.0)


@pytest.fixture
def planned(tmp_path):
    """G-code -> its plan, opened."""
    opened = []

    def plan_of(gcode: str | bytes, limits: Limits = LIMITS) -> Plan:
        path = tmp_path / f"{len(opened)}.plan"
        analyse(io.BytesIO(gcode if isinstance(gcode, bytes) else gcode.encode()), limits, path)
        opened.append(Plan.open(path))
        return opened[-1]

    yield plan_of
    for plan in opened:
        plan.close()


@pytest.fixture
def plan_bytes() -> Callable[[str], bytearray]:
    def bytes_of(gcode: str) -> bytearray:
        target = io.BytesIO()
        analyse(io.BytesIO(gcode.encode()), LIMITS, target)
        return bytearray(target.getvalue())

    return bytes_of


def test_inside_a_move_the_head_follows_the_trapezoid(planned):
    plan = planned("G1 X100 F3000\n")  # 50 mm/s at 1000 mm/s2: 0.05 s and 1.25 mm to speed up
    assert plan.summary.total_seconds == pytest.approx(0.05 + 97.5 / 50 + 0.05)
    early = plan.at(0.02)
    assert (early.x, early.y) == (pytest.approx(1000 * 0.02**2 / 2), 0.0)
    assert early.speed_mm_s == pytest.approx(20.0)
    assert plan.at(0.05).x == pytest.approx(1.25)
    assert plan.at(1.05).x == pytest.approx(51.25)
    assert plan.at(1.05).speed_mm_s == pytest.approx(50.0)
    assert plan.at(plan.summary.total_seconds - 0.02).x == pytest.approx(100 - 1000 * 0.02**2 / 2)


def test_before_the_begin_and_after_the_end(planned):
    plan = planned("G1 X10 Y5 Z1 F6000\nG1 X20\n")
    assert (plan.at(-5.0).x, plan.at(-5.0).speed_mm_s) == (0.0, 0.0)
    end = plan.at(math.inf)
    assert (end.x, end.y, end.z, end.move) == (20.0, 5.0, 1.0, 1)
    with pytest.raises(ValueError, match="number"):
        plan.at(math.nan)


@given(seconds=st.floats(0, 40))
def test_nothing_jumps(seconds, shared_plan):
    """Within a millisecond no axis goes further than the top speed allows (plus the rounding of two positions)."""
    one, two = shared_plan.at(seconds), shared_plan.at(seconds + 0.001)
    way = math.dist((one.x, one.y, one.z), (two.x, two.y, two.z))
    assert way <= 0.1 + 0.003
    assert two.move >= one.move
    assert two.layer >= one.layer
    assert one.speed_mm_s <= 100.001


@pytest.fixture(scope="module")
def shared_plan(tmp_path_factory):
    path = tmp_path_factory.mktemp("plan") / "plan"
    lines = [f"G1 X{50 + 40 * math.cos(i / 5):.3f} Y{50 + 40 * math.sin(i / 3):.3f} E0.3" for i in range(300)]
    lines[100:100] = ["G92 X500 E0", "G4 P2000", "G1 E-2", "T1", "G1 X505 E3", "G2 X515 Y50 I5 J1"]
    analyse(io.BytesIO("\n".join(["M83", "G1 F6000", *lines]).encode()), LIMITS, path)
    with Plan.open(path) as plan:
        yield plan


def test_a_dwell_takes_time_and_no_way(planned):
    plan = planned("G1 X10 F6000\nG4 P1500\nG1 X20\n")
    begin = plan.at(0).move
    assert begin == 0
    middle = plan.seconds_of_byte(len("G1 X10 F6000\n")) + 0.75
    moment = plan.at(middle)
    assert (moment.x, moment.speed_mm_s, moment.move) == (10.0, 0.0, 1)
    assert plan.kind(1) == "Dwell"
    assert plan.at(middle + 0.7).x == 10.0
    assert plan.at(middle + 0.8).x > 10.0


def test_waits_of_unknown_length_take_none_of_the_clock(planned):
    estimate = analyse(
        io.BytesIO(b"M190 S60\nG28\nG1 X10 F6000\nM109 S200\n; ESTIMATOR_ADD_TIME 60 prime\nG1 X0\n"), LIMITS
    )
    plan = planned("G1 X10 F6000\nG4 P0\nG1 X0\n")
    assert estimate.plan_seconds == plan.summary.total_seconds
    assert estimate.total.total_time == pytest.approx(estimate.plan_seconds + 2 * 0.25 + 3 * 0.1 + 60)


def test_setting_the_position_does_not_move_the_head(planned):
    plan = planned("G1 X10 Y10 F6000\nG92 X0 Y100\nG1 X10\n")
    assert (plan.at(99).x, plan.at(99).y) == (20.0, 10.0)


def test_seconds_of_a_byte(planned):
    gcode = "; header\nG1 X10 F6000\n; nothing\nG1 X20\n"
    plan = planned(gcode)
    first = plan.seconds_of_byte(gcode.index("; nothing"))
    assert plan.seconds_of_byte(0) == plan.seconds_of_byte(gcode.index("G1 X10")) == 0.0
    assert 0.0 < first == plan.seconds_of_byte(gcode.index("G1 X20"))
    assert plan.seconds_of_byte(10**12) == plan.summary.total_seconds
    assert plan.at(first).byte_offset == gcode.index("G1 X20")


CURA = """M83
G1 X10 Z0.3 F6000 E1
G1 X30 Z0.5 E1
;LAYER_COUNT:2
;LAYER:-1
G1 Z0.3
G1 X0 E1
;LAYER:0
G1 Z0.6
;LAYER_CHANGE
G1 X10 E1
"""


def test_layers_are_counted_from_the_first_mark_of_the_slicer(planned):
    plan = planned(CURA)
    assert plan.summary.layers == 2
    assert [step[5] for step in plan.path()] == [0, 0, 0, 0, 1, 1]
    assert plan.seconds_of_layer(0) == 0.0
    assert plan.at(plan.seconds_of_layer(1)).byte_offset == CURA.index("G1 Z0.6")
    assert plan.seconds_of_layer(2) is None
    assert plan.seconds_of_layer(-1) is None


@pytest.mark.parametrize("mark", [";LAYER_CHANGE", "; CHANGE_LAYER", ";LAYER:{}"])
def test_the_marks_of_the_slicers(mark, planned):
    lines = [f"{mark.format(layer)}\nG1 X{layer % 2 * 10} E1 F6000" for layer in range(1, 5)]
    plan = planned("M83\n" + "\n".join(lines))
    assert [step[5] for step in plan.path()] == [0, 1, 2, 3]


def test_without_marks_a_layer_is_an_extrusion_at_a_new_height(planned):
    plan = planned(
        "M83\nG1 Z5 F6000\nG1 Z.2\nG1 X9 E1\nG1 Z1\nG1 X5\nG1 Z.4\nG1 X0 E1\nG1 Z.2\nG1 X9 E1\nG1 Z.6\nG1 X0 E1"
    )
    assert plan.summary.layers == 3
    assert [step[5] for step in plan.path() if step[3]] == [0, 1, 1, 2]


def test_a_vase_without_marks_does_not_begin_a_layer_with_each_move(planned):
    plan = planned("M83\n" + "".join(f"G1 X{i % 2} Z{i * 0.001:.3f} E.1 F6000\n" for i in range(1, 1001)))
    assert 20 <= plan.summary.layers <= 25


TOOLS = """M83
T0
G1 X10 E5 F600
T1
G1 X20 E2
G1 E-1
G1 X30
T0
G1 X40 E-3
G1 X50 E4
"""


def test_each_tool_has_its_own_filament(planned):
    plan = planned(TOOLS)
    assert plan.summary.filament_mm == (6.0, 1.0)
    assert plan.at(plan.seconds_of_byte(TOOLS.index("G1 X20"))).filament_mm == (5.0, 0.0)
    assert plan.at(plan.seconds_of_byte(TOOLS.index("G1 X30"))).filament_mm == (5.0, 1.0)
    assert plan.at(plan.seconds_of_byte(TOOLS.index("G1 X50"))).filament_mm == (2.0, 1.0)
    half = (plan.seconds_of_byte(TOOLS.index("G1 X20")) + plan.seconds_of_byte(TOOLS.index("G1 E-1"))) / 2
    assert plan.at(half).filament_mm == (5.0, pytest.approx(1.0, rel=1e-2))
    assert [plan.at(half).tool, plan.at(99).tool] == [1, 0]


def test_when_a_tool_has_used_so_much(planned):
    plan = planned(TOOLS)
    assert plan.at(plan.seconds_of_filament(0, 2.5)).filament_mm[0] == pytest.approx(2.5)
    assert plan.at(plan.seconds_of_filament(1, 1.5)).filament_mm[1] == pytest.approx(1.5)
    assert plan.at(plan.seconds_of_filament(0, 5.5)).byte_offset == TOOLS.index("G1 X50")
    assert plan.seconds_of_filament(0, 6.0) is None
    assert plan.seconds_of_filament(1, 2.0) is None
    assert plan.seconds_of_filament(7, 0.0) is None


def test_filament_over_many_spans(planned):
    lines = "".join(
        f"G1 X{i % 2} E1 F6000\nT{i % 3}\n" if i % 5000 == 0 else f"G1 X{i % 2} E1\n" for i in range(20_000)
    )
    plan = planned("M83\n" + lines)
    assert sum(plan.summary.filament_mm) == 20_000.0
    for tool, total in enumerate(plan.summary.filament_mm):
        seconds = plan.seconds_of_filament(tool, total / 2)
        assert plan.at(seconds).filament_mm[tool] == pytest.approx(total / 2, abs=1e-6)
    assert [sum(plan.at(seconds).filament_mm) for seconds in (0.0, math.inf)] == [0.0, 20_000.0]


def test_the_end_code_of_cura_draws_back_and_not_all_filament(planned):
    """G91 makes E relative on the machines that Cura writes for; the motion counts it as the tool does."""
    plan = planned("M82\nG1 X10 E100 F6000\nG91\nG1 E-1\nG1 Z0.5 E-5\nG90\nG92 E0\nG1 X20 E2\n")
    assert plan.summary.filament_mm == (96.0,)


def test_firmware_retraction_draws_back(planned):
    limits = Limits(firmware_retraction=FirmwareRetraction(2.0, 0.5, 20.0, 20.0, 0.4))
    gcode = "M83\nG1 X10 E5 F600\nG10\nG1 X20\nG11\n"
    plan = planned(gcode, limits)
    assert plan.at(plan.seconds_of_byte(gcode.index("G1 X20"))).filament_mm == (3.0,)
    assert plan.summary.filament_mm == (5.5,)
    assert plan.at(plan.seconds_of_byte(gcode.index("G1 X20"))).z == 0.4


def test_the_summary(planned):
    gcode = "M83\nG1 Z1 F6000\nG1 X5 Y5\n;LAYER:0\nG1 X20 Y-3 E1\nG1 X200\nG1 Z9 E-1\n"
    plan = planned(gcode)
    summary = plan.summary
    assert summary.moves == 5
    assert summary.layers == 1
    assert summary.extents == Extents((5.0, -3.0, 1.0), (20.0, 5.0, 1.0))
    assert summary.first_extrusion_seconds == plan.seconds_of_byte(gcode.index("G1 X20"))
    assert planned("G1 X10 F600\n").summary.extents is None
    assert planned("G1 X10 F600\n").summary.first_extrusion_seconds is None


def test_the_path_for_a_picture(planned):
    plan = planned(TOOLS)
    steps = list(plan.path())
    assert [step[0] for step in steps] == [10.0, 20.0, 20.0, 30.0, 40.0, 50.0]
    assert [step[3] for step in steps] == [True, True, False, False, False, True]
    assert [step[4] for step in steps] == [0, 1, 1, 1, 0, 0]
    for first, stop in [(0, 3), (1, 2), (4, 6), (5, 100), (-5, 1), (3, 3), (9, 12)]:
        assert list(plan.path(first, stop)) == steps[max(first, 0) : stop]


EVENTS = """M140 S60
M104 S200
M104 T1 S150
M190 R55
M109 S210
T1
M106 S127.5
M106 S127.5
M106 P2 S255
M107
G28 X
G1 X10 F6000 E1
M117 Half way ; there
M600
G1 X20
M0
PAUSE
M141 S40
M191 S45
SET_HEATER_TEMPERATURE HEATER=extruder1 TARGET=99
SET_HEATER_TEMPERATURE HEATER=heater_bed
M104
"""


def test_events_in_their_order(planned):
    plan = planned(EVENTS)
    k = PlanEventKind
    assert [(event.kind, event.tool, event.value) for event in plan.events] == [
        (k.SET_BED, None, 60.0),
        (k.SET_NOZZLE, 0, 200.0),
        (k.SET_NOZZLE, 1, 150.0),
        (k.WAIT_BED, None, 55.0),
        (k.WAIT_NOZZLE, 0, 210.0),
        (k.TOOL, 1, None),
        (k.FAN, 0, 0.5),
        (k.FAN, 2, 1.0),
        (k.FAN, 0, 0.0),
        (k.HOME, None, None),
        (k.MESSAGE, None, None),
        (k.PAUSE, None, None),
        (k.PAUSE, None, None),
        (k.PAUSE, None, None),
        (k.SET_CHAMBER, None, 40.0),
        (k.WAIT_CHAMBER, None, 45.0),
        (k.SET_NOZZLE, 1, 99.0),
        (k.SET_BED, None, 0.0),
        (k.SET_NOZZLE, 1, None),
    ]
    assert [event.waits_for_cooling for event in plan.events[:5]] == [False, False, False, True, False]
    assert [event.text for event in plan.events if event.text] == ["Half way ; there", "M600", "M0", "PAUSE"]
    assert plan.summary.event_count == len(plan.events)


def test_events_are_placed_in_the_file_and_in_time(planned):
    plan = planned(EVENTS)
    message = next(event for event in plan.events if event.kind is PlanEventKind.MESSAGE)
    assert message.line == EVENTS[: EVENTS.index("M117")].count("\n") + 1
    assert message.byte_offset == EVENTS.index("M117")
    assert message.seconds == plan.seconds_of_byte(message.byte_offset) > 0.0
    assert message.move == 1
    assert [event.seconds for event in plan.events] == sorted(event.seconds for event in plan.events)
    assert plan.events[-1].seconds == plan.summary.total_seconds


def test_a_file_without_moves_has_a_plan(planned):
    plan = planned("; nothing\nM104 S200\n")
    moment = plan.at(5.0)
    assert (moment.x, moment.tool, moment.filament_mm) == (0.0, 0, (0.0,))
    assert plan.summary.total_seconds == 0.0
    assert plan.seconds_of_byte(5) == 0.0
    assert plan.seconds_of_filament(0, 0.0) is None
    assert list(plan.path()) == []
    assert len(plan.events) == 1


def test_times_that_are_no_numbers_take_no_time(planned):
    plan = planned("M204 S0\nG1 X10 F600\nM204 S1000\nG4 P1000\nG1 Xnan\nG1 X1e30\nG1 X5\nG4 P1000\n")
    assert plan.summary.total_seconds >= 2.0
    ends = [plan.seconds_of_byte(place) for place in range(0, 100, 5)]
    assert all(one <= two for one, two in pairwise(ends))
    for part in range(20):
        moment = plan.at(plan.summary.total_seconds * part / 20)
        assert all(math.isfinite(value) for value in (moment.x, moment.y, moment.z, moment.speed_mm_s))


def test_a_plan_is_found_damaged_when_it_is_opened(plan_bytes, tmp_path):
    good = plan_bytes(TOOLS + EVENTS)
    path = tmp_path / "plan"

    def refused(data: bytes) -> None:
        path.write_bytes(data)
        with pytest.raises(PlanError):
            Plan.open(path)

    refused(b"")
    refused(b"G1 X10\n")
    for size in range(1, len(good), 97):
        refused(good[:size])
    refused(good + b"\0")
    for place in [*range(HEADER.size), *range(len(good) - 300, len(good))]:
        if 12 <= place < 16:
            continue  # the kernel's version is for the caller to judge
        damaged = bytearray(good)
        damaged[place] ^= 0x41
        refused(damaged)


def test_a_directory_that_lies_is_refused(plan_bytes, tmp_path):
    """The checksum keeps accidents away, and the bounds those who can compute one."""
    import zlib

    good = plan_bytes(TOOLS)
    magic, version, kernel, _, offset, length, _ = HEADER.unpack_from(good)
    directory = json.loads(good[offset : offset + length])
    path = tmp_path / "plan"
    lies = [(0, "x", 5), (64, "d", 10**9), (-64, "i", 6), (64, "d", -1), (3, "d", 6), (10**12, "i", 6), (64, "s", 6)]
    for lie in lies:
        changed = directory | {"sections": directory["sections"] | {"x": lie}}
        body = json.dumps(changed).encode()
        header = HEADER.pack(magic, version, kernel, offset + len(body), offset, len(body), zlib.crc32(body))
        path.write_bytes(header + good[HEADER.size : offset] + body)
        with pytest.raises(PlanError):
            Plan.open(path)


def test_opening_needs_the_file(tmp_path):
    with pytest.raises(FileNotFoundError):
        Plan.open(tmp_path / "none")


def test_closing_twice_is_harmless(planned):
    plan = planned(TOOLS)
    plan.close()
    plan.close()


@given(
    start=st.floats(0, 100),
    end=st.floats(0, 100),
    more=st.floats(0.1, 100),
    acceleration=st.floats(10, 10000),
    level=st.floats(0, 5),
)
def test_a_trapezoid_is_travelled_once_and_in_order(start, end, more, acceleration, level):
    cruise = max(start, end) + more
    duration = (cruise - start) / acceleration + level + (cruise - end) / acceleration
    parts = [travelled(duration * step / 50, duration, start, cruise, end, acceleration)[0] for step in range(51)]
    assert parts[0] == pytest.approx(0.0, abs=1e-9)
    assert parts[-1] == pytest.approx(1.0, abs=1e-9)
    assert all(one <= two + 1e-9 for one, two in pairwise(parts))


def test_reading_a_plan_needs_no_number_library():
    loaded = "[name for name in ('numpy', 'numba') if name in sys.modules]"
    code = f"import sys, printyard.gcode.plan, printyard.gcode.reference; print({loaded})"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": "src"}
    )
    assert done.stdout.strip() == "[]"
