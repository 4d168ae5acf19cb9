"""Cuts an arc into straight moves, as klipper_estimator v3.7.3 does."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

PLANES: Final = ((0, 1, 2), (0, 2, 1), (1, 2, 0))
"""For XY, XZ and YZ: the two axes of the plane, and the one along which a helix climbs."""
MAX_SEGMENTS: Final = 100_000
FREE_SEGMENTS: Final = 10_000_000
SEGMENTS_PER_BYTE: Final = 64
"""The arcs of a file may have so many segments between them, and so many more for each byte before the arc.

With segments of 0.1 mm that is 1 km of arcs, and 6 mm for each byte; a file that asks for more would take the analysis
for ever, not a printer through its days."""

Point = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Cut:
    """An arc's segments: how many, the turn (radians, negative clockwise) and the climb of each, and the centre."""

    count: int
    angle_step: float
    climb_step: float
    center: tuple[float, float]


def cut(
    start: Point, target: Point, offsets: tuple[float, float], plane: int, millimetres: float, *, clockwise: bool
) -> Cut:
    """How an arc is cut into segments of about `millimetres`."""
    alpha, beta, helical = PLANES[plane]
    r0, r1 = -offsets[0], -offsets[1]
    angle = swept_angle(start, target, offsets, plane, clockwise=clockwise)
    climb = target[helical] - start[helical]
    flat = math.hypot(r0, r1) * angle
    length = math.hypot(flat, climb) if climb != 0.0 else abs(flat)
    ratio = length / millimetres
    count = MAX_SEGMENTS if ratio >= MAX_SEGMENTS else max(int(ratio), 1) if ratio == ratio else 1  # noqa: PLR0124
    return Cut(count, angle / count, climb / count, (start[alpha] - r0, start[beta] - r1))


def points(start: Point, target: Point, offsets: tuple[float, float], plane: int, arc: Cut) -> Iterator[Point]:
    """The ends of its segments; the last one is the exact target."""
    alpha, beta, helical = PLANES[plane]
    o0, o1 = offsets
    for index in range(1, arc.count):
        c, s = math.cos(index * arc.angle_step), math.sin(index * arc.angle_step)
        point = [0.0, 0.0, 0.0]
        point[alpha] = arc.center[0] + (-o0 * c + o1 * s)
        point[beta] = arc.center[1] + (-o0 * s - o1 * c)
        point[helical] = start[helical] + index * arc.climb_step
        yield point[0], point[1], point[2]
    yield target


def swept_angle(start: Point, target: Point, offsets: tuple[float, float], plane: int, *, clockwise: bool) -> float:
    """Radians, negative clockwise; a full circle where the target is the start."""
    alpha, beta, _ = PLANES[plane]
    r0, r1 = -offsets[0], -offsets[1]
    t0 = target[alpha] - (start[alpha] - r0)
    t1 = target[beta] - (start[beta] - r1)
    angle = math.atan2(r0 * t1 - r1 * t0, r0 * t0 + r1 * t1)
    if angle < 0.0:
        angle += 2.0 * math.pi
    if clockwise:
        angle -= 2.0 * math.pi
    if angle == 0.0 and start[alpha] == target[alpha] and start[beta] == target[beta]:
        angle = 2.0 * math.pi
    return angle
