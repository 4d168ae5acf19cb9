"""Cuts arcs into straight moves (reference/arcs.py says how), flushing on the way."""

import math
from typing import Any

from printyard.gcode.kernel.compiled import compiled, inlined
from printyard.gcode.kernel.lookahead import flush_if_due
from printyard.gcode.kernel.motion import add_move
from printyard.gcode.reference.arcs import MAX_SEGMENTS


@compiled
def add_arc(bench: Any, arc: Any) -> None:
    """Queue an arc in the machine's plane, from the present position."""
    machine = bench.machine
    start0, start1, start2 = _in_plane(machine.plane, machine.x, machine.y, machine.z)
    target0, target1, target2 = _in_plane(machine.plane, arc.x, arc.y, arc.z)
    center0, center1 = start0 + arc.o0, start1 + arc.o1
    angle = _swept_angle(start0, start1, target0, target1, arc.o0, arc.o1, arc.clockwise != 0)
    climb = target2 - start2
    flat = math.hypot(arc.o0, arc.o1) * angle
    length = math.hypot(flat, climb) if climb != 0.0 else abs(flat)
    count = _segment_count(length / machine.mm_per_arc_segment)
    step, climb_step = angle / count, climb / count
    reached, e_step = machine.e, (arc.e - machine.e) / count
    filament_step = arc.filament / count
    x, y, z = arc.x, arc.y, arc.z
    for index in range(1, count + 1):
        if index < count:
            c, s = math.cos(index * step), math.sin(index * step)
            point0 = center0 + (-arc.o0 * c + arc.o1 * s)
            point1 = center1 + (-arc.o0 * s - arc.o1 * c)
            x, y, z = _from_plane(machine.plane, point0, point1, start2 + index * climb_step)
        else:
            x, y, z = arc.x, arc.y, arc.z
        reached += e_step
        add_move(bench, x, y, z, reached, filament_step, arc.velocity, arc.kind)
        flush_if_due(bench)


@inlined
def _segment_count(ratio: float) -> int:
    if ratio >= MAX_SEGMENTS:
        return MAX_SEGMENTS
    return int(ratio) if ratio >= 1.0 else 1


@inlined
def _swept_angle(
    start0: float, start1: float, target0: float, target1: float, o0: float, o1: float, clockwise: bool
) -> float:
    """Radians, negative clockwise; a full circle where the target is the start."""
    r0, r1 = -o0, -o1
    t0, t1 = target0 - (start0 - r0), target1 - (start1 - r1)
    angle = math.atan2(r0 * t1 - r1 * t0, r0 * t0 + r1 * t1)
    if angle < 0.0:
        angle += 2.0 * math.pi
    if clockwise:
        angle -= 2.0 * math.pi
    if angle == 0.0 and start0 == target0 and start1 == target1:
        angle = 2.0 * math.pi
    return angle


@inlined
def _in_plane(plane: int, x: float, y: float, z: float) -> tuple[float, float, float]:
    """The coordinates in the plane XY, XZ or YZ, and the one that stands on it."""
    if plane == 0:
        return x, y, z
    return (x, z, y) if plane == 1 else (y, z, x)


@inlined
def _from_plane(plane: int, first: float, second: float, height: float) -> tuple[float, float, float]:
    if plane == 0:
        return first, second, height
    return (first, height, second) if plane == 1 else (height, first, second)
