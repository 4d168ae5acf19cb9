"""Draws the moves of a plan as polylines: preview.tracer.PlainTracer, compiled. The fields have its names."""

import math
from typing import Any, Final

import numpy as np

from printyard.gcode.kernel.compiled import compiled, inlined, kept
from printyard.gcode.preview.layout import (
    MAX_FLOW,
    MAX_MILLISECONDS,
    MAX_POINTS,
    NO_KIND,
    RECORD_WORDS,
    SPATIAL,
    TRAVEL,
)
from printyard.gcode.preview.tracer import FILAMENT_SLACK, FLOW_SCALE, FLOW_SLACK
from printyard.gcode.preview.writer import PIECE_MOVES

AXES: Final = 3
TOOLS: Final = 256
"""As many as the column of a plan can name."""
WORDS: Final = PIECE_MOVES * (RECORD_WORDS + 2 * AXES) + RECORD_WORDS + MAX_POINTS * AXES
"""A piece can put down the line that was begun before it, and one of two points for each of its moves."""

DRAWN: Final = 0
DAMAGED: Final = 1

LINE: Final = np.dtype(
    [
        *((name, "i8") for name in ("count", "kind", "tool")),
        *((name, "f8") for name in ("filament", "way", "seconds")),
        ("points", "i4", (MAX_POINTS, AXES)),
    ],
    align=True,
)
"""The polyline that is being drawn."""

PEN: Final = np.dtype(
    [
        *((name, "i8") for name in ("tools", "kinds", "travels", "z", "extruded")),
        *((name, "i8") for name in ("polylines", "points", "travel_points", "written")),
        *((name, "f8") for name in ("carried", "walked", "layer_seconds")),
        *((name, "i8", (AXES,)) for name in ("minimum", "step", "last", "head", "point")),
        ("filament", "f8", (TOOLS,)),
        ("line", LINE),
        ("words", "u2", (WORDS,)),
    ],
    align=True,
)
"""All that the compiled code works on, in one record (see layout.BENCH)."""


@kept
def draw_moves(  # noqa: D103 - PlainTracer.trace
    memory: Any, end: Any, x: Any, y: Any, z: Any, filament: Any, tool: Any, kind: Any
) -> int:
    pen = memory[0]
    for move in range(end.shape[0]):
        which, what = int(tool[move]), int(kind[move])
        if which >= pen.tools or what >= pen.kinds:
            return DAMAGED
        added = filament[move] - pen.filament[which]
        pen.filament[which] = filament[move]
        to_x, to_y, to_z = int(x[move]), int(y[move]), int(z[move])
        if to_x == pen.last[0] and to_y == pen.last[1] and to_z == pen.last[2]:
            continue
        extruding = added > 0.0
        if extruding:
            pen.carried += added
            pen.walked += _way(pen.last, to_x, to_y, to_z)
        if extruding or not pen.extruded:
            pen.z = to_z
            pen.extruded = extruding
        pen.last[0], pen.last[1], pen.last[2] = to_x, to_y, to_z
        _find_point(pen)
        point, head = pen.point, pen.head
        if point[0] != head[0] or point[1] != head[1] or point[2] != head[2]:
            _draw(pen, end[move], which, what if extruding else NO_KIND)
    return DRAWN


@kept
def put_down(memory: Any) -> None:
    """End the line that is being drawn."""
    _close(memory[0])


@kept
def find_head(memory: Any) -> None:
    """Put the head to where the last move ended."""
    pen = memory[0]
    _find_point(pen)
    for axis in range(AXES):
        pen.head[axis] = pen.point[axis]


@inlined
def _draw(pen: Any, seconds: float, tool: int, kind: int) -> None:
    line, filament, way = pen.line, pen.carried, pen.walked
    pen.carried = pen.walked = 0.0
    if kind == NO_KIND and not pen.travels:
        _close(pen)
    else:
        if not _takes(line, kind, tool, filament, way):
            _close(pen)
            line.points[0, 0], line.points[0, 1], line.points[0, 2] = pen.head[0], pen.head[1], pen.head[2]
            line.count, line.kind, line.tool = 1, kind, tool
            line.filament = line.way = 0.0
        _add(line, pen.point)
        line.filament += filament
        line.way += way
        line.seconds = seconds
    for axis in range(AXES):
        pen.head[axis] = pen.point[axis]


@inlined
def _takes(line: Any, kind: int, tool: int, filament: float, way: float) -> bool:
    if line.count == 0 or kind != line.kind or tool != line.tool or line.count >= MAX_POINTS:
        return False
    if kind == NO_KIND:
        return True
    expected = line.filament / line.way * way
    return not abs(filament - expected) > FLOW_SLACK * expected + FILAMENT_SLACK


@inlined
def _add(line: Any, point: Any) -> None:
    count = line.count
    if count > 1 and _goes_straight(line.points, count, point):
        count -= 1
    for axis in range(AXES):
        line.points[count, axis] = point[axis]
    line.count = count + 1


@inlined
def _goes_straight(points: Any, count: int, c: Any) -> bool:
    a, b = points[count - 2], points[count - 1]
    ux, uy, uz = int(b[0]) - int(a[0]), int(b[1]) - int(a[1]), int(b[2]) - int(a[2])
    vx, vy, vz = int(c[0]) - int(b[0]), int(c[1]) - int(b[1]), int(c[2]) - int(b[2])
    straight = ux * vy == uy * vx and uy * vz == uz * vy and ux * vz == uz * vx
    return straight and ux * vx + uy * vy + uz * vz > 0


@compiled
def _close(pen: Any) -> None:
    line = pen.line
    count, points = line.count, line.points
    if count == 0:
        return
    spatial = False
    for place in range(1, count):
        spatial = spatial or points[place, 2] != points[0, 2]
    travel = line.kind == NO_KIND
    milliseconds = _clamped((line.seconds - pen.layer_seconds) * 1000.0, MAX_MILLISECONDS)
    words, at = pen.words, pen.written
    words[at] = line.kind
    words[at + 1] = line.tool | (TRAVEL if travel else 0) | (SPATIAL if spatial else 0)
    words[at + 2] = count
    words[at + 3] = 0 if spatial else points[0, 2]
    words[at + 4] = 0 if travel else _clamped(line.filament / line.way * FLOW_SCALE + 0.5, MAX_FLOW)
    words[at + 5] = milliseconds & 0xFFFF
    words[at + 6] = milliseconds >> 16
    at += RECORD_WORDS
    for place in range(count):
        words[at], words[at + 1] = points[place, 0], points[place, 1]
        at += 2
        if spatial:
            words[at] = points[place, 2]
            at += 1
    pen.written = at
    pen.polylines += 1
    pen.points += count
    pen.travel_points += count if travel else 0
    line.count = 0


@inlined
def _find_point(pen: Any) -> None:
    """The step that is nearest to the last place."""
    for axis in range(AXES):
        step = pen.step[axis]
        pen.point[axis] = (pen.last[axis] - pen.minimum[axis] + step // 2) // step


@inlined
def _way(last: Any, x: int, y: int, z: int) -> float:
    dx, dy, dz = float(x - last[0]), float(y - last[1]), float(z - last[2])
    return math.sqrt(dx * dx + dy * dy + dz * dz)


@inlined
def _clamped(value: float, most: int) -> int:
    if not value > 0.0:
        return 0
    return int(value) if value < most else most
