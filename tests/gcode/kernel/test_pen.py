"""Previews drawn by compiled code: byte for byte those in plain Python, of real files too."""

import io
import math
from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from printyard.gcode.limits import Limits
from printyard.gcode.plan import Plan, PlanError
from printyard.gcode.preview import Preview, write_preview
from printyard.gcode.reference import analyse

LIMITS = Limits(max_velocity=100.0, max_acceleration=1000.0, mm_per_arc_segment=1.0)

numbers = st.floats(-1, 1).flatmap(
    lambda part: st.sampled_from([0.01, 5.0, 400.0]).map(lambda most: f"{part * most:.3f}")
)
moves = st.builds(
    "G1 X{} Y{}{}{}".format,
    numbers,
    numbers,
    st.sampled_from(["", "", " Z1"]),
    st.just("") | numbers.map(" E{}".format),
)
others = st.sampled_from(
    [";TYPE:A", ";TYPE:B", "T1", "T0", ";LAYER:1", "G4 P10", "G1 E1", "G92 E5 X3", "G1 X1e300 E1", "G3 X1 I2 E1"]
)
files = st.lists(moves | moves | others, max_size=60).map(lambda lines: "\n".join(["M83", "G1 F6000", *lines]).encode())


@pytest.fixture(scope="session")
def draw(compiled):
    from printyard.gcode.kernel.preview import write_preview as draw

    return draw


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(gcode=files, travels=st.booleans())
def test_both_draw_the_same(gcode, travels, draw, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "pen.plan"
    analyse(io.BytesIO(gcode), LIMITS, path)
    expected, found = io.BytesIO(), io.BytesIO()
    with Plan.open(path) as plan:
        assert draw(plan, found, travels=travels) == write_preview(plan, expected, travels=travels)
    assert found.getvalue() == expected.getvalue()


@pytest.fixture(scope="module", params=["prusa_complete_objects", "prusa_cyl_arcs_rel", "cura_cyl_griffin"])
def print_of(request, compiled, draw, limits, real_file, tmp_path_factory):
    """The plan and the preview of a real file."""
    folder = tmp_path_factory.mktemp(request.param)
    compiled(real_file(request.param), limits("doc"), folder / "plan")
    with Plan.open(folder / "plan") as plan:
        draw(plan, folder / "preview")
        with Preview.open(folder / "preview") as preview:
            yield plan, preview


def test_a_real_file_has_its_layers_and_its_lengths(print_of):
    plan, preview = print_of
    assert len(preview) == plan.summary.layers
    meant, drawn = Counter(), Counter()
    before = (0.0, 0.0, 0.0)
    for move, (x, y, z, extruding, _, _) in enumerate(plan.path()):
        meant[plan.kind(move) if extruding else None] += math.dist(before, (x, y, z))
        before = (x, y, z)
    for layer in range(len(preview)):
        assert preview.entry(layer).seconds == pytest.approx(plan.seconds_of_layer(layer))
        for line in preview.layer(layer):
            drawn[line.kind] += sum(math.dist(one, two) for one, two in pairwise(line.points))
    assert drawn.keys() == {kind for kind, length in meant.items() if length > 0.0}
    for kind, length in drawn.items():
        assert length == pytest.approx(meant[kind], rel=0.005)


def test_each_end_in_a_real_file_is_within_half_a_step(print_of):
    plan, preview = print_of
    low, step = preview.head.minimum_um, preview.head.step_um
    exact, near = set(), 0
    for layer in range(len(preview)):
        exact |= {(layer, *point) for line in preview.layer(layer) for point in line.points}
    left_out = 0
    for x, y, z, extruding, _, layer in plan.path():
        steps = [round((value * 1000 - begin) / size) for value, begin, size in zip((x, y, z), low, step, strict=True)]
        places = [(begin + size * number) / 1000 for begin, size, number in zip(low, step, steps, strict=True)]
        assert all(abs(a - b) * 1000 <= size / 2 + 1e-6 for a, b, size in zip(places, (x, y, z), step, strict=True))
        near += extruding
        left_out += extruding and (layer, *places) not in exact
    assert near > 1000
    assert left_out < 0.02 * near  # those in the middle of a straight way, and halves that round the other way


def test_a_damaged_plan_is_refused_and_can_be_closed(draw, tmp_path):
    analyse(io.BytesIO(b"M83\n;TYPE:A\nG1 X5 E1 F600\n" * 40), LIMITS, tmp_path / "plan")
    data = (tmp_path / "plan").read_bytes()
    with Plan.open(tmp_path / "plan") as plan:
        kinds = plan.column("kind").tobytes()
    (tmp_path / "plan").write_bytes(data.replace(kinds, b"\xff" * len(kinds)))
    with Plan.open(tmp_path / "plan") as plan, pytest.raises(PlanError):
        draw(plan, tmp_path / "preview")
    assert [path.name for path in tmp_path.iterdir()] == ["plan"]
