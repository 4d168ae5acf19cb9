"""What hostile and endless files can do to the analysis: nothing but take its time."""

import io
import tracemalloc

import pytest

from printyard.gcode import reference
from printyard.gcode.estimate import AnalysisCancelled, GcodeError
from printyard.gcode.limits import AxisLimiter, FirmwareRetraction, Limits
from printyard.gcode.plan import Plan
from printyard.gcode.reference import interpreter
from printyard.gcode.reference.blocks import BLOCK_BYTES
from printyard.gcode.reference.journal import MAX_EVENTS
from printyard.gcode.reference.kinds import MAX_KINDS
from printyard.gcode.reference.planner import MAX_ENTRIES, MAX_SEQUENCES
from printyard.gcode.reference.remarks import MAX_REMARKS


class Repeated:
    """A stream of the same lines over and over, never held as a whole."""

    def __init__(self, lines, times):
        self._lines = lines * (1 + 65536 // len(lines))
        self._left = len(lines) * times
        self.total = self._left

    def read(self, size):
        count = min(size, self._left, len(self._lines))
        start = (self.total - self._left) % len(self._lines)
        data = self._lines[start : start + count]
        self._left -= len(data)
        return data


def test_memory_does_not_grow_with_the_file(compiled, limits, tmp_path):
    lines = b"".join(b"G1 X%d Y%d E.5 F6000\n" % (i * 7 % 200, i * 11 % 200) for i in range(1000))
    peaks = []
    for times in (20, 400):
        tracemalloc.start()
        compiled(Repeated(lines, times), limits("doc"), tmp_path / "plan")
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 4_000_000
    with Plan.open(tmp_path / "plan") as plan:
        assert plan.summary.moves == 400_000


def test_a_delay_that_follows_moves_frees_them(compiled, limits):
    """The tool keeps all later moves in memory here; we come to a stand."""
    gcode = b"G28\nG1 Z5 F5000\nM109 S200\n" + b"G1 X10\nG1 X20\n" * 200_000
    assert compiled(io.BytesIO(gcode), limits("doc")).total.num_moves == 400_001


def test_a_speed_that_looks_ahead_for_ever_is_brought_to_a_stand(compiled):
    limits = Limits(max_velocity=1e6, max_acceleration=0.001)
    gcode = b"G1 X1 F60000000\n" + b"".join(b"G1 X%d.5\n" % (i + 1) for i in range(150_000))
    estimate = compiled(io.BytesIO(gcode), limits)
    assert estimate.total.num_moves == 150_001
    assert estimate.total.total_distance == pytest.approx(150_000.5)


def test_an_arc_has_no_more_segments_than_fit(compiled):
    gcode = b"G1 X1 F6000\nG2 X0 Y0 I1e12 E1\nG2 X5 Y0 I1e12 E1\n"
    plan = io.BytesIO()
    estimate = compiled(io.BytesIO(gcode), Limits(mm_per_arc_segment=0.001), plan)
    assert estimate.total.num_moves == 200_001


def test_the_arcs_of_a_file_have_a_budget(compiled):
    """Six bytes each ask for 100,000 moves, so that a file of a megabyte would take the analysis an hour."""
    gcode = b"G1 F600\n" + b"G2 I99\n" * 10_000
    with pytest.raises(GcodeError, match="10,100,000 moves in arcs") as caught:
        compiled(io.BytesIO(gcode), Limits(mm_per_arc_segment=0.001))
    assert caught.value.line == 1 + 101 + 1
    assert compiled(io.BytesIO(gcode), Limits(mm_per_arc_segment=10.0)).total.num_moves == 62 * 10_000


@pytest.mark.parametrize("arc", [b"G2 I9\n", b"G2 I9e0\n"])
def test_the_budget_of_arcs_grows_with_the_file(arc, monkeypatch):
    """In plain Python ten million moves take their time, so here the free ones are few. An arc has 56 segments."""
    monkeypatch.setattr(interpreter, "FREE_SEGMENTS", 112)
    monkeypatch.setattr(interpreter, "SEGMENTS_PER_BYTE", 1)
    limits = Limits(mm_per_arc_segment=1.0)
    with pytest.raises(GcodeError, match="168 moves in arcs"):
        reference.analyse(io.BytesIO(b"G1 F600\n" + arc * 4), limits)
    assert reference.analyse(io.BytesIO(b"G1 F600\n" + arc * 3), limits).total.num_moves == 168
    padded = b"G1 F600\n" + b";" * 56 + b"\n" + arc * 4
    assert reference.analyse(io.BytesIO(padded), limits).total.num_moves == 224


def test_many_kinds_are_counted_as_other(analyse, limits):
    gcode = b"".join(b"G1 X%d F6000 ;kind %d\n" % (i % 2 + 1, i) for i in range(MAX_KINDS + 500))
    estimate = analyse(io.BytesIO(gcode), limits("doc"))
    assert len(estimate.total.kind_times) == MAX_KINDS - 2  # no dwell and no wait among them
    assert sum(estimate.total.kind_times.values()) == pytest.approx(estimate.plan_seconds)
    assert [warning.line for warning in estimate.warnings] == [MAX_KINDS - 2]


def test_a_kind_as_long_as_a_novel_is_other(analyse, limits):
    estimate = analyse(io.BytesIO(b"G1 X1 F600 ;" + b"x" * 5000), limits("doc"))
    assert list(estimate.total.kind_times) == ["Other"]


def test_many_waits_do_not_make_as_many_sequences(compiled, limits):
    gcode = b"G1 X1 F6000\nM109 S1\nG1 X2\nM109 S1\n" * (MAX_SEQUENCES - 1000)
    estimate = compiled(io.BytesIO(gcode), limits("doc"))
    assert len(estimate.sequences) == MAX_SEQUENCES
    assert estimate.total.num_moves == 2 * (MAX_SEQUENCES - 1000)


@pytest.mark.slow
def test_sequences_end_when_their_heights_would_fill_the_memory(compiled):
    """Each of these has heights of its own, and a new one begins only while there is room for them."""
    heights, sequences = 4_096, MAX_ENTRIES // 4_096 + 3
    each = b"".join(b"G1 Z%.3f\nG1 X%d\n" % (height / 1000, height % 7 + 1) for height in range(1, heights + 1))
    gcode = b"G1 F6000\n" + (each + b"M109 S1\n") * sequences
    found = compiled(io.BytesIO(gcode), Limits(max_velocity=100.0, max_acceleration=1000.0))
    entries = [len(sequence.layer_times) + len(sequence.kind_times) for sequence in found.sequences]
    assert sum(entries[:-2]) < MAX_ENTRIES <= sum(entries[:-1])
    assert len(found.sequences) < sequences
    assert found.total.num_moves >= 2 * (heights - 1) * sequences
    assert found.total.kind_times["Indeterminate time"] == pytest.approx(0.1 * sequences)
    assert found == reference.analyse(io.BytesIO(gcode), Limits(max_velocity=100.0, max_acceleration=1000.0))


def test_many_layers_are_all_counted_in_some_layer(compiled, limits):
    gcode = b"".join(b"G1 Z%d.%03d F6000\nG1 X%d\n" % (i // 1000, i % 1000, i % 2 + 1) for i in range(140_000))
    total = compiled(io.BytesIO(gcode), limits("default")).total
    assert len(total.layer_times) == 1 << 17
    assert sum(seconds for _, seconds in total.layer_times) == pytest.approx(
        total.total_time - 0.25 - total.total_z_time
    )


def test_a_line_longer_than_the_buffer_is_passed_over(analyse, limits):
    gcode = b"G1 X1 F600\nG1 X" + b"9" * (2 * BLOCK_BYTES + 5) + b"\nG1 X2\n"
    plan = io.BytesIO()
    estimate = analyse(io.BytesIO(gcode), limits("doc"), plan)
    assert estimate.total.num_moves == 2
    assert [(warning.line, warning.text) for warning in estimate.warnings] == [(2, "too long a line, skipped")]


def test_a_line_after_a_long_one_keeps_its_number_and_its_place(analyse, limits, tmp_path):
    gcode = b"G1 X1 F600\n;" + b"9" * (BLOCK_BYTES + 5) + b"\nG28\nG1 X2\n"
    analyse(io.BytesIO(gcode), limits("doc"), tmp_path / "plan")
    with Plan.open(tmp_path / "plan") as plan:
        assert plan.events[0].line == 3
        assert plan.events[0].byte_offset == gcode.index(b"G28")
        assert plan.at(1e9).byte_offset == gcode.index(b"G1 X2")


def test_an_endless_line_at_the_end_is_no_line(analyse, limits):
    estimate = analyse(io.BytesIO(b"G1 X1 F600\n" + b"G" * (3 * BLOCK_BYTES)), limits("doc"))
    assert estimate.total.num_moves == 1
    assert [warning.line for warning in estimate.warnings] == [2]


@pytest.mark.parametrize("size", [BLOCK_BYTES - 1, BLOCK_BYTES, BLOCK_BYTES + 1, 2 * BLOCK_BYTES])
def test_lines_that_end_near_a_block_are_whole(size, analyse, limits):
    line = b"G1 X1 F600\nG1 X2"
    gcode = b";" + b"x" * 99 + b"\n"
    gcode = gcode * ((size - len(line)) // len(gcode))
    gcode += b";" * (size - len(line) - len(gcode) - 1) + b"\n" + line
    assert len(gcode) == size
    assert analyse(io.BytesIO(gcode), limits("doc")).total.num_moves == 2


def test_remarks_are_few(analyse, limits):
    estimate = analyse(io.BytesIO(b"%\n" * 1000), limits("doc"))
    assert len(estimate.warnings) == MAX_REMARKS + 1
    assert estimate.warnings[-1].text == "900 more remarks are left out"


def test_events_are_few(compiled, limits, tmp_path):
    gcode = b"G28\n" * (MAX_EVENTS + 10)
    estimate = compiled(io.BytesIO(gcode), limits("doc"), tmp_path / "plan")
    assert [warning.line for warning in estimate.warnings] == [MAX_EVENTS + 1]
    with Plan.open(tmp_path / "plan") as plan:
        assert plan.summary.event_count == MAX_EVENTS


@pytest.mark.parametrize("gcode", [b"G4 P1e300", b"G4 Pnan", b"G4 Pinf", b"; ESTIMATOR_ADD_TIME nan", b"G1 X1 Fnan"])
def test_times_that_are_no_times_are_errors(gcode, analyse, limits):
    with pytest.raises(GcodeError):
        analyse(io.BytesIO(gcode), limits("doc"))


@pytest.mark.parametrize(
    "gcode",
    [
        b"N" + b"9" * 10_000 + b" G1 X5",
        b"G" + b"1" * 10_000,
        b"G1 X" + b"1" * 10_000,
        b"T" + b"0" * 9_000 + b"1",
        b"M117",
    ],
)
def test_endless_numbers_are_harmless(gcode, analyse, limits):
    analyse(io.BytesIO(gcode), limits("doc"), io.BytesIO())


@pytest.mark.parametrize(
    "begin", [b"G1 X", b"M204 S", b"SET_VELOCITY_LIMIT ", b"SET_VELOCITY_LIMIT ACCEL=", b"N", b";"]
)
@pytest.mark.parametrize("rest", [b"1", b"0", b" ", b"X1 ", b"a=", b"a=1 ", b'"', b'x="', b"_"])
def test_a_line_of_a_megabyte_is_read_once(begin, rest, analyse, limits):
    """The test's own time limit is the assertion: a reader that goes back in such a line takes hours."""
    gcode = begin + rest * (1_000_000 // len(rest)) + b"!\nG1 X2 F600\n"
    assert analyse(io.BytesIO(gcode), limits("doc"), io.BytesIO()).total.num_moves >= 1


def test_cancelled_leaves_no_plan(analyse, limits, tmp_path):
    done = []
    with pytest.raises(AnalysisCancelled):
        analyse(
            Repeated(b"G1 X10 F6000\nG1 X20\n", 200_000),
            limits("doc"),
            tmp_path / "plan",
            progress=done.append,
            cancelled=lambda: bool(done),
        )
    assert len(done) == 1
    assert list(tmp_path.iterdir()) == []


def test_an_error_keeps_the_plan_that_was_there(analyse, limits, tmp_path):
    (tmp_path / "plan").write_bytes(b"before")
    with pytest.raises(GcodeError):
        analyse(io.BytesIO(b"G1 X1 F600\nG1 F0\n"), limits("doc"), tmp_path / "plan")
    assert [path.name for path in tmp_path.iterdir()] == ["plan"]
    assert (tmp_path / "plan").read_bytes() == b"before"


def test_progress_ends_at_the_size_of_the_file(analyse, limits, real_file):
    gcode = real_file("prusa_cube_marlin2_rel").read()
    done = []
    analyse(io.BytesIO(gcode), limits("doc"), progress=done.append)
    assert done[-1] == len(gcode)
    assert done == sorted(done)


def test_more_checkers_than_the_kernel_holds_are_refused(compiled):
    limits = Limits(
        move_checkers=(AxisLimiter((0.0, 0.0, 1.0), 1.0, 1.0),) * 100,
        firmware_retraction=FirmwareRetraction(1.0, 0.0, 1.0, 1.0),
    )
    with pytest.raises(ValueError, match="move checkers"):
        compiled(io.BytesIO(b"G1 X1"), limits)
