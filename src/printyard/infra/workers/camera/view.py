"""Where the camera stands, and how points of the machine come to lie on the picture.

It stands in front of the plate, a little to the right, and always above what is printed. So a ray from its lens falls:
what it meets first lies higher than what lies behind. Hence lines drawn in the order of printing hide each other
rightly, and a picture can be drawn on.
"""

import math
from collections.abc import Iterable
from typing import Final, NamedTuple

from printyard.gcode.plan import Plan

Point = tuple[float, float, float]
"""Millimetres in the machine's frame."""

Pixel = tuple[float, float]

_AZIMUTH: Final = math.radians(24)
_PITCH: Final = math.radians(33)
_DISTANCE: Final = 2.2
"""Times the width of the view: a lens of about 25 degrees."""

_ROOM: Final = 2.0
"""The view is so many times as wide as the printed object ..."""
_CLOSEST: Final = 0.42
"""... and at least this part of the plate, so that one sees where it lies."""

_SAMPLES: Final = 60
_SAMPLE_MOVES: Final = 40


class Framing(NamedTuple):
    """What the camera looks at: the middle of the picture, and the width of what is seen there (mm)."""

    target: Point
    width: float


def whole_plate(volume: Point) -> Framing:
    """The view of an empty machine."""
    return Framing((volume[0] / 2, volume[1] / 2, volume[2] * 0.06), 1.4 * max(volume[:2]))


def framing_of(plan: Plan, volume: Point) -> Framing:
    """The view of a print: its object fills about half of the picture. Skirts and priming lines may lie outside."""
    points = list(_sampled(plan))
    if not points:
        return whole_plate(volume)
    low, high = zip(*(_middle_range([point[axis] for point in points]) for axis in range(3)), strict=True)
    size = max(high[0] - low[0], high[1] - low[1], 1.2 * high[2])
    width = max(_ROOM * size, _CLOSEST * max(volume[:2]))
    middle = ((low[0] + high[0]) / 2, (low[1] + high[1]) / 2, 0.5 * high[2])
    return Framing(middle, min(width, 2.0 * max(volume)))


def _middle_range(values: list[float]) -> tuple[float, float]:
    """Least and greatest, without the few that lie apart: priming lines, a blob at the plate's corner."""
    values.sort()
    apart = len(values) // 30
    return values[apart], values[-1 - apart]


def _sampled(plan: Plan) -> Iterable[Point]:
    """Points all over the object, without the first layer, where skirts and priming lines are."""
    moves = plan.summary.moves
    second = plan.seconds_of_layer(1)
    first = plan.at(second).move if second is not None else 0
    step = max((moves - first) // _SAMPLES, 1)
    for start in range(first, moves, step):
        for x, y, z, extruding, _, _ in plan.path(start, start + _SAMPLE_MOVES):
            if extruding:
                yield x, y, z


class View:
    """The projection of one framing onto a picture of `width` x `height` pixels."""

    def __init__(self, framing: Framing, width: int, height: int) -> None:
        self.framing = framing
        self.size = (width, height)
        forward = (-math.sin(_AZIMUTH) * math.cos(_PITCH), math.cos(_AZIMUTH) * math.cos(_PITCH), -math.sin(_PITCH))
        right = (math.cos(_AZIMUTH), math.sin(_AZIMUTH), 0.0)
        down = _cross(forward, right)
        distance = _DISTANCE * framing.width
        self.pixels_per_mm = width / framing.width
        focal = self.pixels_per_mm * distance
        eye = [at - distance * way for at, way in zip(framing.target, forward, strict=True)]
        rows = []
        for axis, scale, middle in ((right, focal, width / 2), (down, focal, height / 2), (forward, 1.0, 0.0)):
            row = [scale * along + middle * ahead for along, ahead in zip(axis, forward, strict=True)]
            rows.append((*row, -sum(part * at for part, at in zip(row, eye, strict=True))))
        self.rows: tuple[tuple[float, ...], ...] = tuple(rows)
        """Three rows of four: what to multiply (x, y, z, 1) with for (column * depth, row * depth, depth)."""
        self.nearest = 0.1 * distance

    def project(self, point: Point) -> Pixel | None:
        """Where a point lies on the picture; None behind the lens or too close to it."""
        x, y, z = point
        (a, b, c, d), (e, f, g, h), (i, j, k, m) = self.rows
        depth = i * x + j * y + k * z + m
        if depth < self.nearest:
            return None
        return (a * x + b * y + c * z + d) / depth, (e * x + f * y + g * z + h) / depth

    def outline(self, points: Iterable[Point]) -> list[Pixel]:
        """A polygon or a line of points; empty if any lies behind the lens."""
        pixels = [self.project(point) for point in points]
        return [pixel for pixel in pixels if pixel is not None] if None not in pixels else []

    def scale_at(self, point: Point) -> float:
        """Pixels per mm at a point."""
        i, j, k, m = self.rows[2]
        depth = max(i * point[0] + j * point[1] + k * point[2] + m, self.nearest)
        return self.pixels_per_mm * _DISTANCE * self.framing.width / depth


def _cross(one: Point, other: Point) -> Point:
    return (
        one[1] * other[2] - one[2] * other[1],
        one[2] * other[0] - one[0] * other[2],
        one[0] * other[1] - one[1] * other[0],
    )
