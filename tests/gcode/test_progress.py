"""Progress by print time."""

import gzip
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from printyard.gcode.limits import Limits
from printyard.gcode.plan import Plan
from printyard.gcode.progress import PlanProgress
from printyard.gcode.reference import analyse

LIMITS = Limits(max_velocity=300.0, max_acceleration=3000.0)
REAL = Path(__file__).resolve().parents[1] / "data" / "gcode" / "prusa_cyl_arcs_rel.gcode.gz"
LAYERS = b"""; a header that is longer than the print
G28
G4 P1000
;LAYER_CHANGE
G4 P6000
;LAYER_CHANGE
G4 P2000
;LAYER_CHANGE
G4 P1000
; the end, with
; many settings
"""


@pytest.fixture
def planned(tmp_path):
    """(G-code) -> the progress on its plan, and the plan."""
    plans = []

    def run(gcode):
        path = tmp_path / f"{len(plans)}.plan"
        analyse(io.BytesIO(gcode), LIMITS, path)
        plans.append(Plan.open(path))
        return PlanProgress(plans[-1]), plans[-1]

    yield run
    for plan in plans:
        plan.close()


def test_layers_count_by_what_they_take(planned):
    progress, _ = planned(LAYERS)
    assert [progress.of_layer(layer) for layer in range(-1, 5)] == [0.0, 0.0, 0.7, 0.9, 1.0, 1.0]


def test_bytes_count_by_what_their_lines_take(planned):
    progress, _ = planned(LAYERS)
    assert progress.of_byte(LAYERS.index(b"G28")) == 0.0
    assert progress.of_byte(LAYERS.index(b"G4 P6000")) == pytest.approx(0.1)
    assert progress.of_byte(LAYERS.index(b"G4 P6000") + 1) == pytest.approx(0.7)
    assert progress.of_byte(LAYERS.index(b"; the end")) == 1.0
    assert progress.of_byte(len(LAYERS)) == 1.0
    assert progress.of_byte(10 * len(LAYERS)) == 1.0
    assert progress.of_byte(-1) == 0.0


def test_pauses_are_no_progress(planned):
    progress, _ = planned(LAYERS)
    assert progress.of_seconds(7.0) == pytest.approx(0.7)
    assert progress.of_seconds(107.0, paused=100.0) == pytest.approx(0.7)
    assert progress.of_seconds(5.0, paused=6.0) == 0.0
    assert progress.of_seconds(11.0) == 1.0
    assert progress.remaining_seconds(0.7) == pytest.approx(3.0)
    assert progress.remaining_seconds(2.0) == 0.0


def test_a_file_without_motion_is_done_as_soon_as_it_is_begun(planned):
    progress, _ = planned(b"M104 S200\n; nothing more\n")
    assert (progress.of_byte(0), progress.of_layer(0), progress.of_seconds(0.0)) == (0.0, 0.0, 0.0)
    assert (progress.of_byte(1), progress.of_layer(1), progress.of_seconds(0.1)) == (1.0, 1.0, 1.0)
    assert progress.remaining_seconds(0.0) == 0.0


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    st.lists(
        st.one_of(
            st.builds("G1 X{} Z{} E{}".format, *[st.integers(0, 40)] * 3),
            st.sampled_from(["G4 P100", "G4 P0", ";LAYER_CHANGE", ";LAYER:1", "G28", "; x", "", "G92 E0", "M117 x"]),
        ),
        max_size=40,
    )
)
def test_it_never_falls_and_both_ends_are_exact(planned, lines):
    gcode = "\n".join(lines).encode()
    progress, plan = planned(gcode)
    total = plan.summary.total_seconds
    by_byte = [progress.of_byte(offset) for offset in range(len(gcode) + 2)]
    by_layer = [progress.of_layer(layer) for layer in range(plan.summary.layers + 2)]
    by_seconds = [*(progress.of_seconds(total * step / 50) for step in range(50)), progress.of_seconds(total)]
    for fractions in (by_byte, by_layer, by_seconds):
        assert fractions == sorted(fractions)
        assert fractions[0] == 0.0
        assert fractions[-1] == 1.0 or total == 0.0
    assert progress.of_byte(len(gcode) + 1) == 1.0


def test_a_real_print_is_told_apart_from_its_bytes(tmp_path):
    with gzip.open(REAL) as stream:
        gcode = stream.read()
    path = tmp_path / "real.plan"
    analyse(io.BytesIO(gcode), LIMITS, path)
    with Plan.open(path) as plan:
        progress = PlanProgress(plan)
        steps = [len(gcode) * step // 20 for step in range(21)]
        off = max(abs(progress.of_byte(step) - step / len(gcode)) for step in steps)
        assert progress.of_byte(len(gcode)) == 1.0
    assert off > 0.01
