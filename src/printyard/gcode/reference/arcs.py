"""Cuts an arc into straight moves, as klipper_estimator v3.7.3 does."""

import math
from collections.abc import Iterator
from typing import Final

PLANES: Final = ((0, 1, 2), (0, 2, 1), (1, 2, 0))
"""For XY, XZ and YZ: the two axes of the plane, and the one along which a helix climbs."""
MAX_SEGMENTS: Final = 100_000

Point = tuple[float, float, float]


def segments(
    start: Point, target: Point, offsets: tuple[float, float], plane: int, millimetres: float, *, clockwise: bool
) -> Iterator[tuple[Point, int]]:
    """The ends of the segments (about `millimetres` long), each with their number; the last end is the exact target."""
    alpha, beta, helical = PLANES[plane]
    o0, o1 = offsets
    r0, r1 = -o0, -o1
    center0, center1 = start[alpha] - r0, start[beta] - r1
    angle = swept_angle(start, target, offsets, plane, clockwise=clockwise)
    climb = target[helical] - start[helical]
    flat = math.hypot(r0, r1) * angle
    length = math.hypot(flat, climb) if climb != 0.0 else abs(flat)
    ratio = length / millimetres
    count = MAX_SEGMENTS if ratio >= MAX_SEGMENTS else max(int(ratio), 1) if ratio == ratio else 1  # noqa: PLR0124
    step, climb_step = angle / count, climb / count
    for index in range(1, count):
        c, s = math.cos(index * step), math.sin(index * step)
        point = [0.0, 0.0, 0.0]
        point[alpha] = center0 + (-o0 * c + o1 * s)
        point[beta] = center1 + (-o0 * s - o1 * c)
        point[helical] = start[helical] + index * climb_step
        yield (point[0], point[1], point[2]), count
    yield target, count


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
