"""The way that a line has left to go: a move alone, or those that an arc is cut into (reference/arcs.py says how).

The scanner goes on with it (`go_on`) and flushes by turns. So one line queues as many moves as it likes, and everything
that flushes stands in one compiled function.
"""

import math
from typing import Any

from printyard.gcode.kernel.compiled import compiled, inlined
from printyard.gcode.kernel.motion import add_move
from printyard.gcode.reference.arcs import MAX_SEGMENTS


@compiled
def go_straight(way: Any, x: float, y: float, z: float, e: float, filament: float, velocity: float, kind: int) -> None:
    """Leave one move to go."""
    way.x, way.y, way.z, way.e, way.e_step = x, y, z, e, 0.0
    way.filament_step, way.velocity, way.kind = filament, velocity, kind
    way.done, way.count = 0, 1


@compiled
def go_around(
    machine: Any, way: Any, x: float, y: float, z: float, e: float, filament: float, kind: int, o0: float, o1: float,
    clockwise: bool,
) -> None:  # fmt: skip
    """Leave an arc to go, in the machine's plane and from its position; where its centre lies from there is given."""
    start0, start1, start2 = _in_plane(machine.plane, machine.x, machine.y, machine.z)
    target0, target1, target2 = _in_plane(machine.plane, x, y, z)
    angle = _swept_angle(start0, start1, target0, target1, o0, o1, clockwise)
    climb = target2 - start2
    flat = math.hypot(o0, o1) * angle
    length = math.hypot(flat, climb) if climb != 0.0 else abs(flat)
    count = _segment_count(length / machine.mm_per_arc_segment)
    machine.segments += count
    way.x, way.y, way.z, way.e, way.e_step = x, y, z, machine.e, (e - machine.e) / count
    way.filament_step, way.velocity, way.kind = filament / count, machine.velocity, kind
    way.o0, way.o1, way.center0, way.center1 = o0, o1, start0 + o0, start1 + o1
    way.angle_step, way.height, way.climb_step = angle / count, start2, climb / count
    way.done, way.count = 0, count


@inlined
def go_on(bench: Any) -> None:
    """Queue moves of the way that is left, until it is done or a flush is due."""
    machine, way = bench.machine, bench.way
    room = machine.flush_at - machine.queued - machine.fresh
    while way.done < way.count and room > 0:
        way.done += 1
        room -= 1
        x, y, z = way.x, way.y, way.z
        if way.done < way.count:
            c, s = math.cos(way.done * way.angle_step), math.sin(way.done * way.angle_step)
            first = way.center0 + (-way.o0 * c + way.o1 * s)
            second = way.center1 + (-way.o0 * s - way.o1 * c)
            x, y, z = _from_plane(machine.plane, first, second, way.height + way.done * way.climb_step)
        way.e += way.e_step
        add_move(bench, x, y, z, way.e, way.filament_step, way.velocity, way.kind)


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
