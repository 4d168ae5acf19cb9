"""Previews: what a print leaves on the plate is what its preview shows, and each layer is drawn by its own bytes."""

import io
import json
import math
import re
import shutil
import struct
import subprocess
import zlib
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from printyard.gcode.limits import Limits
from printyard.gcode.plan import COLUMNS, Plan, PlanError
from printyard.gcode.preview import Preview, PreviewError, read_head, read_layer, write_preview
from printyard.gcode.preview.layout import HEADER, MAX_POINTS
from printyard.gcode.reference import analyse

DOCUMENT = Path(__file__).parents[2] / "docs" / "gcode-preview.md"
LIMITS = Limits(max_velocity=100.0, max_acceleration=1000.0, mm_per_arc_segment=1.0)
TWO_LAYERS = """M83
G1 X10 Y10 Z0.3 F6000
;LAYER:0
;TYPE:SKIRT
G1 X20 Y10 E1
G1 X20 Y20 E1
;TYPE:WALL-OUTER
G1 X10 Y20 E1
G0 X50 Y50
;LAYER:1
G0 Z0.6
T1
G1 X60 Y50 E1
G1 X60 Y60 Z0.7 E1
G1 E-2
G4 P1000
G1 E2
G1 X50 Y60 E1
"""


@pytest.fixture
def shown(tmp_path):
    """G-code -> its preview, opened, and its plan."""
    opened = []

    def preview_of(gcode: str, *, travels: bool = True, limits: Limits = LIMITS):
        path = tmp_path / str(len(opened))
        analyse(io.BytesIO(gcode.encode()), limits, path.with_suffix(".plan"))
        plan = Plan.open(path.with_suffix(".plan"))
        write_preview(plan, path, travels=travels)
        preview = Preview.open(path)
        opened.extend((plan, preview))
        return preview, plan

    yield preview_of
    for file in opened:
        file.close()


def previewed(gcode: str, folder: Path) -> bytes:
    analyse(io.BytesIO(gcode.encode()), LIMITS, folder / "plan")
    with Plan.open(folder / "plan") as plan:
        write_preview(plan, folder / "preview")
    return (folder / "preview").read_bytes()


def test_lines_begin_with_each_kind_tool_and_travel(shown):
    preview, _ = shown(TWO_LAYERS)
    assert len(preview) == 2
    first, second = preview.layer(0), preview.layer(1)
    assert [(line.kind, line.tool, len(line.points)) for line in first] == [
        (None, 0, 2),
        ("SKIRT", 0, 3),
        ("WALL-OUTER", 0, 2),
        (None, 0, 2),
    ]
    assert [(line.kind, line.tool, len(line.points)) for line in second] == [(None, 0, 2), ("WALL-OUTER", 1, 4)]
    assert first[1].points == ((10.0, 10.0, 0.3), (20.0, 10.0, 0.3), (20.0, 20.0, 0.3))
    assert second[1].points == ((50.0, 50.0, 0.6), (60.0, 50.0, 0.6), (60.0, 60.0, 0.7), (50.0, 60.0, 0.7))
    assert first[1].flow == pytest.approx(0.1)


def test_layers_say_where_they_lie_and_what_they_hold(shown):
    preview, plan = shown(TWO_LAYERS)
    first, second = preview.entry(0), preview.entry(1)
    assert (first.polylines, first.points, first.travel_points) == (4, 9, 4)
    assert (first.first_move, first.seconds, first.z_um) == (0, 0.0, 300)
    assert (second.first_move, second.z_um) == (5, 700)
    assert second.seconds == plan.seconds_of_layer(1)
    assert second.offset == first.offset + first.length
    # the lines of a layer are done in order, the last one at the layer's end
    ends = [line.seconds for line in preview.layer(0)]
    assert ends == sorted(ends)
    assert ends[-1] == pytest.approx(second.seconds, abs=0.001)
    with pytest.raises(IndexError):
        preview.layer(2)


def test_travels_are_left_out_on_demand(shown):
    preview, _ = shown(TWO_LAYERS, travels=False)
    lines = preview.layer(0) + preview.layer(1)
    assert [line.kind for line in lines] == ["SKIRT", "WALL-OUTER", "WALL-OUTER"]
    assert preview.entry(0).travel_points == 0
    assert not preview.head.travels
    assert lines[2].points[0] == (50.0, 50.0, 0.6)


def test_what_stays_in_place_is_no_line(shown):
    preview, _ = shown("M83\nG1 X5 F600 E1\nG1 E-1\nG4 P500\nG1 E1\nG92 E0\nG1 X10 Y5 E1.4")
    assert [len(line.points) for line in preview.layer(0)] == [3]


def test_points_between_their_neighbours_are_left_out_but_turns_are_kept(shown):
    preview, _ = shown("M83\nG1 F600 X10 E1\nG1 X20 E1\nG1 X40 E2\nG1 X30 E1\nG1 X30 Y10 E1\nG1 X30 Y20 E1\n")
    (line,) = preview.layer(0)
    assert [point[:2] for point in line.points] == [(0.0, 0.0), (40.0, 0.0), (30.0, 0.0), (30.0, 20.0)]


def test_a_wider_line_is_another_line(shown):
    preview, _ = shown("M83\nG1 F600 X10 E1\nG1 Y10 E1.1\nG1 X0 E2\nG1 Y20 E2")
    assert [round(line.flow, 3) for line in preview.layer(0)] == [0.105, 0.2]


def test_steps_too_small_to_be_seen_add_up(shown):
    """A thousand moves of 3 micrometres on a large bed: the line is as long as it should be, and so is its filament."""
    moves = "\n".join(f"G1 X{100 + 0.003 * number:.3f} E0.0003" for number in range(1, 1001))
    preview, _ = shown(f"M83\nG0 X2000 Y2000 F6000\nG0 X100 Y0\n{moves}")
    assert preview.head.step_um[0] == 31
    (line,) = [line for line in preview.layer(0) if line.kind is not None]
    assert math.dist(line.points[0], line.points[-1]) == pytest.approx(3.0, abs=0.031)
    assert line.flow == pytest.approx(0.1, rel=0.02)


def test_a_line_of_too_many_points_goes_on_in_the_next(shown):
    moves = "\n".join(f"G1 X{number % 2} Y{number / 1000:.3f} E0.1" for number in range(MAX_POINTS + 10))
    preview, _ = shown(f"M83\nG1 F60000\n{moves}")
    one, two = preview.layer(0)
    assert len(one.points) == MAX_POINTS
    assert one.points[-1] == two.points[0]
    assert len(two.points) == 11


def test_empty_layers_and_empty_files(shown):
    preview, _ = shown(";LAYER:0\n;LAYER:1\n;LAYER:2\nG1 X5 E1 F600\n;LAYER:3\n")
    assert [preview.entry(layer).polylines for layer in range(len(preview))] == [0, 0, 1, 0]
    assert preview.layer(3) == ()
    nothing, _ = shown("G28\n")
    assert len(nothing) == 0
    assert nothing.head.extents is None


@st.composite
def walks(draw):
    """G-code that wanders over a bed of any size, in small and large moves, with travels, kinds, tools and layers."""
    scale = draw(st.sampled_from([0.001, 0.1, 10.0, 3000.0]))
    steps = st.floats(-1, 1).map(lambda part: f"{part * scale:.4f}")
    move = st.builds(
        lambda x, y, z, e: f"G1 X{x} Y{y}{z}{e}",
        steps,
        steps,
        st.sampled_from(["", "", "", " Z0.2", " Z0.4", " Z7"]),
        st.sampled_from([" E0.1", " E0.1", " E0.02", "", " E-1", " E1"]),
    )
    other = st.sampled_from([";TYPE:A", ";TYPE:B", "T1", "T0", ";LAYER:1", "G4 P10", "G1 E1", "G1 E-1", "G2 X1 I1 E1"])
    return "M83\nG1 F6000\n" + "\n".join(draw(st.lists(move | move | move | other, max_size=40)))


@given(gcode=walks(), travels=st.booleans())
def test_every_end_of_a_move_is_on_a_line(gcode, travels, tmp_path_factory):
    folder = tmp_path_factory.getbasetemp()
    analyse(io.BytesIO(gcode.encode()), LIMITS, folder / "walk.plan")
    with Plan.open(folder / "walk.plan") as plan:
        write_preview(plan, folder / "walk.preview", travels=travels)
        with Preview.open(folder / "walk.preview") as preview:
            check_ends(plan, preview)


def test_an_end_between_two_steps_of_different_size_is_on_a_line(tmp_path):
    """Found by the long run: its point is half a coarse step away in Y, by which a slanted line passes it in X."""
    gcode = b"M83\nG1 F6000\nG1 X750 Y750 E0.1\nG1 X0 Y0 E0.1\nG1 X0 Y2250 E0.1\n"
    analyse(io.BytesIO(gcode), LIMITS, tmp_path / "walk.plan")
    with Plan.open(tmp_path / "walk.plan") as plan:
        write_preview(plan, tmp_path / "walk.preview", travels=False)
        with Preview.open(tmp_path / "walk.preview") as preview:
            check_ends(plan, preview)


def check_ends(plan, preview):
    half = [step / 2000 + 1e-9 for step in preview.head.step_um]
    lines = {layer: [line for line in preview.layer(layer) if line.kind is not None] for layer in range(len(preview))}
    before = (0.0, 0.0, 0.0)
    for x, y, z, extruding, _, layer in plan.path():
        if extruding and too_far(before, (x, y, z), half):
            assert any(on_line((x, y, z), line.points, half) for line in lines[layer])
        before = (x, y, z)


def too_far(one, other, half):
    """Whether a move is so long that it can't fall into one step."""
    return any(abs(a - b) > 2 * most for a, b, most in zip(one, other, half, strict=True))


def on_line(place, points, half):
    """Whether a place is within half a step of a line: of one of its points, or of what lies between two."""
    if any(all(abs(a - b) <= most for a, b, most in zip(place, point, half, strict=True)) for point in points):
        return True
    for one, two in pairwise(points):
        spans = [b - a for a, b in zip(one, two, strict=True)]
        axis = max(range(3), key=lambda axis: abs(spans[axis]))
        part = min(max((place[axis] - one[axis]) / spans[axis], 0.0), 1.0)
        nearest = [a + span * part for a, span in zip(one, spans, strict=True)]
        # within half a step of the point that was left out, which is on the line; so, along it, within twice of that
        if all(abs(a - b) <= 2 * most for a, b, most in zip(place, nearest, half, strict=True)):
            return True
    return False


def test_a_layer_is_read_by_the_begin_of_the_file_and_its_own_bytes(shown, tmp_path):
    preview, _ = shown(TWO_LAYERS)
    data = (tmp_path / "0").read_bytes()
    head, index = read_head(data[: preview.entry(0).offset])
    assert head == preview.head
    for layer, entry in enumerate(index):
        assert read_layer(head, data[entry.offset : entry.offset + entry.length]) == preview.layer(layer)
    with pytest.raises(PreviewError):
        read_head(data[: index[0].offset - 1])


@pytest.mark.parametrize(
    ("place", "change"),
    [(0, b"X"), (8, b"\2"), (12, b"\x09"), (16, b"\0"), (24, b"\xff\xff"), (28, b"\0\0"), (40, b"\0"), (-1, b"")],
)
def test_a_damaged_preview_is_none(place, change, tmp_path):
    data = previewed(TWO_LAYERS, tmp_path)
    end = place + len(change) if change else len(data)
    (tmp_path / "damaged").write_bytes(data[:place] + change + data[end:])
    with pytest.raises(PreviewError):
        Preview.open(tmp_path / "damaged")


@pytest.mark.parametrize(
    "layer",
    [
        b"\0",
        struct.pack("<6H", 0, 0, 2, 0, 0, 0),
        struct.pack("<9H", 0, 0, 2, 0, 0, 0, 0, 1, 1),  # the second point is missing
        struct.pack("<11H", 9999, 0, 2, 0, 0, 0, 0, 1, 1, 2, 2),
        struct.pack("<11H", 65535, 0, 2, 0, 0, 0, 0, 1, 1, 2, 2),  # no kind, and no travel
        struct.pack("<9H", 0, 0, 1, 0, 0, 0, 0, 1, 1),
    ],
)
def test_a_damaged_layer_is_none(layer, tmp_path):
    head, _ = read_head(previewed(TWO_LAYERS, tmp_path))
    with pytest.raises(PreviewError):
        read_layer(head, layer)


def test_a_layer_that_holds_something_else_than_the_index_says_is_damaged(tmp_path):
    data = bytearray(previewed(TWO_LAYERS, tmp_path))
    _, index = read_head(bytes(data))
    start = index[0].offset - 48 * len(index)
    struct.pack_into("<I", data, start + 36, 1)
    magic, version, layers, size, length, _ = HEADER.unpack_from(data)
    checksum = zlib.crc32(data[HEADER.size : index[0].offset])
    HEADER.pack_into(data, 0, magic, version, layers, size, length, checksum)
    (tmp_path / "lying").write_bytes(data)
    with Preview.open(tmp_path / "lying") as preview, pytest.raises(PreviewError):
        preview.layer(0)


def test_a_damaged_plan_leaves_no_preview(tmp_path):
    analyse(io.BytesIO(TWO_LAYERS.encode()), LIMITS, tmp_path / "plan")
    data = bytearray((tmp_path / "plan").read_bytes())
    with Plan.open(tmp_path / "plan") as plan:
        tools = plan.column("tool").tobytes()
        moves = plan.summary.moves
    assert ("tool", "B") in COLUMNS
    place = data.rindex(tools + bytes(64 - moves % 64))  # the column with its padding
    data[place] = 200
    (tmp_path / "plan").write_bytes(data)
    with Plan.open(tmp_path / "plan") as plan, pytest.raises(PlanError):
        write_preview(plan, tmp_path / "preview")
    assert [path.name for path in tmp_path.iterdir()] == ["plan"]


def test_the_documented_decoder_reads_the_same(shown, tmp_path):
    node = shutil.which("node")
    if node is None:
        pytest.skip("no node on this machine, which runs the decoder of docs/gcode-preview.md")
    preview, _ = shown(TWO_LAYERS)
    code = re.search(r"```js\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    assert code is not None
    (tmp_path / "decoder.mjs").write_text(code[1], "utf-8")
    (tmp_path / "main.mjs").write_text(
        """import { readFileSync } from "node:fs";
import { readHead, readLayer } from "./decoder.mjs";
const file = readFileSync(process.argv[2]);
const bytes = (start, end) => new Uint8Array(file.subarray(start, end)).slice().buffer;
const head = readHead(bytes(0, readHead(bytes(0, 40)).size));
const layers = head.index.map((layer) => {
  const lines = [...readLayer(head, bytes(layer.offset, layer.offset + layer.bytes))];
  return lines.map((line) => ({ ...line, points: [...line.points] }));
});
console.log(JSON.stringify({ index: head.index, kinds: head.kinds, layers }));
""",
        "utf-8",
    )
    ran = subprocess.run([node, "main.mjs", "0"], cwd=tmp_path, capture_output=True, timeout=20, check=False)
    assert ran.returncode == 0, ran.stderr.decode()
    decoded = json.loads(ran.stdout)
    assert decoded["kinds"] == list(preview.head.kinds)
    for layer in range(len(preview)):
        entry, told = preview.entry(layer), decoded["index"][layer]
        assert told == {
            "offset": entry.offset,
            "bytes": entry.length,
            "firstMove": entry.first_move,
            "seconds": entry.seconds,
            "z": entry.z_um / 1000,
            "polylines": entry.polylines,
            "points": entry.points,
            "travelPoints": entry.travel_points,
        }
        for line, drawn in zip(preview.layer(layer), decoded["layers"][layer], strict=True):
            assert (drawn["kind"], drawn["tool"], drawn["travel"]) == (line.kind, line.tool, line.kind is None)
            assert drawn["seconds"] == pytest.approx(line.seconds)
            assert drawn["flow"] == pytest.approx(line.flow)
            assert drawn["points"] == pytest.approx([part for point in line.points for part in point], rel=1e-6)
