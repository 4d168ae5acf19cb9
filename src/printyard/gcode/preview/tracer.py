"""Draws the moves of a plan as polylines of 16-bit points; in plain Python (the kernel has it compiled, byte for byte).

A point is the nearest step to the end of a move: no more than half a step away on each axis. A point that falls on the
one before is left out, and so is one exactly between its neighbours. So the end of every move is on the line, or within
half a step of it, and no error adds up.
"""

import math
from array import array
from collections.abc import Callable
from typing import Any, Final, NamedTuple, Protocol

from printyard.gcode.plan import Plan, PlanError
from printyard.gcode.preview.layout import (
    FLOW_UNIT,
    MAX_FLOW,
    MAX_MILLISECONDS,
    MAX_POINTS,
    NO_KIND,
    SPATIAL,
    TRAVEL,
    frame,
)

Place = tuple[int, int, int]

FLOW_SLACK: Final = 0.25
"""Where the flow differs by more than this part from that of the line so far, another line begins: it is as wide."""
FILAMENT_SLACK: Final = 0.0005
"""And by more than so many mm: slicers round, which tells on a short move."""
FLOW_SCALE: Final = 1000.0 / FLOW_UNIT
"""From mm of filament for a micrometre of way to FLOW_UNIT."""
COLUMNS: Final = ("end_seconds", "x", "y", "z", "filament", "tool", "kind")


class Counts(NamedTuple):
    """What was drawn of a layer. See LayerEntry."""

    z_um: int
    polylines: int
    points: int
    travel_points: int


class Tracer(Protocol):
    """Takes the moves in their order, layer by layer, and gives the bytes of their polylines."""

    @property
    def minimum(self) -> Place:
        """The lowest place of each axis, in micrometres."""

    @property
    def step(self) -> Place:
        """The step of each axis, in micrometres."""

    def begin_layer(self, seconds: float) -> None:
        """What follows belongs to a layer that begins at this second of the plan."""

    def trace(self, first: int, stop: int) -> bytes:
        """Go on with these moves; the polylines that are done. Raises PlanError for a damaged plan."""

    def end_layer(self) -> tuple[bytes, Counts]:
        """The rest of the layer's polylines, and what the layer holds."""


class _Line:
    """The polyline that is being drawn, in steps; without points there is none."""

    def __init__(self) -> None:
        self.points: list[Place] = []
        self.kind = NO_KIND
        self.tool = 0
        self.filament = self.way = 0.0
        self.seconds = 0.0

    def begin(self, at: Place, kind: int, tool: int) -> None:
        self.points = [at]
        self.kind, self.tool = kind, tool
        self.filament = self.way = 0.0

    def takes(self, kind: int, tool: int, filament: float, way: float) -> bool:
        """Whether a move can be a part of this line."""
        if not self.points or kind != self.kind or tool != self.tool or len(self.points) >= MAX_POINTS:
            return False
        if kind == NO_KIND:
            return True
        expected = self.filament / self.way * way
        return not abs(filament - expected) > FLOW_SLACK * expected + FILAMENT_SLACK

    def add(self, point: Place) -> None:
        points = self.points
        if len(points) > 1 and _goes_straight(points[-2], points[-1], point):
            points[-1] = point
        else:
            points.append(point)


class PlainTracer:
    """A Tracer in plain Python."""

    def __init__(self, plan: Plan, *, travels: bool) -> None:
        self._columns: tuple[memoryview[Any], ...] = tuple(plan.column(name) for name in COLUMNS)
        self._kinds = len(plan.summary.kinds)
        self._travels = travels
        self.minimum = self._corner(min)
        self.step = frame(self.minimum, self._corner(max))
        self._filament = [0.0] * len(plan.summary.filament_mm)
        self._last: Place = (0, 0, 0)
        self._head = self._point(self._last)
        self._carried = self._walked = 0.0
        self._line = _Line()
        self._words = array("H")
        self._layer_seconds = 0.0
        self._z = self._polylines = self._points = self._travel_points = 0
        self._extruded = False

    def begin_layer(self, seconds: float) -> None:
        """What follows belongs to a layer that begins at this second of the plan."""
        self._layer_seconds = seconds
        self._polylines = self._points = self._travel_points = 0
        self._carried = self._walked = 0.0
        self._extruded = False

    def trace(self, first: int, stop: int) -> bytes:
        """Go on with these moves; the polylines that are done. Raises PlanError for a damaged plan."""
        for row in zip(*(column[first:stop] for column in self._columns), strict=True):
            self._move(*row)
        return self._done()

    def end_layer(self) -> tuple[bytes, Counts]:
        """The rest of the layer's polylines, and what the layer holds."""
        self._close()
        return self._done(), Counts(self._z, self._polylines, self._points, self._travel_points)

    def _move(self, seconds: float, x: int, y: int, z: int, filament: float, tool: int, kind: int) -> None:
        if tool >= len(self._filament) or kind >= self._kinds:
            raise PlanError("the tools or the kinds are damaged")
        added = filament - self._filament[tool]
        self._filament[tool] = filament
        place = (x, y, z)
        if place == self._last:
            return
        extruding = added > 0.0
        if extruding:
            self._carried += added
            self._walked += _way(self._last, place)
        if extruding or not self._extruded:
            self._z = z
            self._extruded = extruding
        self._last = place
        point = self._point(place)
        if point != self._head:
            self._draw(point, seconds, tool, kind if extruding else NO_KIND)

    def _draw(self, point: Place, seconds: float, tool: int, kind: int) -> None:
        line, filament, way = self._line, self._carried, self._walked
        self._carried = self._walked = 0.0
        if kind == NO_KIND and not self._travels:
            self._close()
        else:
            if not line.takes(kind, tool, filament, way):
                self._close()
                line.begin(self._head, kind, tool)
            line.add(point)
            line.filament += filament
            line.way += way
            line.seconds = seconds
        self._head = point

    def _close(self) -> None:
        """Put down the line that was being drawn."""
        line, points = self._line, self._line.points
        if not points:
            return
        travel, spatial = line.kind == NO_KIND, any(point[2] != points[0][2] for point in points)
        marks = line.tool | (TRAVEL if travel else 0) | (SPATIAL if spatial else 0)
        milliseconds = clamped((line.seconds - self._layer_seconds) * 1000.0, MAX_MILLISECONDS)
        flow = 0 if travel else clamped(line.filament / line.way * FLOW_SCALE + 0.5, MAX_FLOW)
        z = 0 if spatial else points[0][2]
        self._words.extend((line.kind, marks, len(points), z, flow, milliseconds & 0xFFFF, milliseconds >> 16))
        for point in points:
            self._words.extend(point if spatial else point[:2])
        self._polylines += 1
        self._points += len(points)
        self._travel_points += len(points) if travel else 0
        line.points = []

    def _done(self) -> bytes:
        done, self._words = self._words.tobytes(), array("H")
        return done

    def _corner(self, choose: Callable[..., int]) -> Place:
        """The box around all places of the head, which begins at the origin."""
        x, y, z = (choose(choose(column, default=0), 0) for column in self._columns[1:4])
        return x, y, z

    def _point(self, place: Place) -> Place:
        """The nearest step; halfway the higher one."""
        (x, y, z), (x0, y0, z0), (dx, dy, dz) = place, self.minimum, self.step
        return (x - x0 + dx // 2) // dx, (y - y0 + dy // 2) // dy, (z - z0 + dz // 2) // dz


def clamped(value: float, most: int) -> int:
    """The whole number below, from 0 to `most`; NaN is 0."""
    if not value > 0.0:
        return 0
    return int(value) if value < most else most


def _way(one: Place, other: Place) -> float:
    x, y, z = (float(b - a) for a, b in zip(one, other, strict=True))
    return math.sqrt(x * x + y * y + z * z)


def _goes_straight(a: Place, b: Place, c: Place) -> bool:
    """Whether the way from a to c leads exactly through b, and goes on there."""
    ux, uy, uz = b[0] - a[0], b[1] - a[1], b[2] - a[2]
    vx, vy, vz = c[0] - b[0], c[1] - b[1], c[2] - b[2]
    straight = ux * vy == uy * vx and uy * vz == uz * vy and ux * vz == uz * vx
    return straight and ux * vx + uy * vy + uz * vz > 0
