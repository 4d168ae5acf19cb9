"""How Marlin plans (reference/marlin.py says how): limits, corners and look-ahead of the moves in the queue."""

import math
from typing import Any

from printyard.gcode.kernel.compiled import at, inlined, least
from printyard.gcode.reference.marlin import COASTING, SHORT, WIDE
from printyard.gcode.reference.moves import MAX_COSINE


@inlined
def limit(machine: Any, fresh: Any, count: int) -> None:
    """Set speed and acceleration of moves by the limits of each axis, and the speed that each may begin with."""
    feed_x, feed_y, feed_z, feed_e = machine.max_feed_x, machine.max_feed_y, machine.max_feed_z, machine.max_feed_e
    accel_x, accel_y, accel_z = machine.max_accel_x, machine.max_accel_y, machine.max_accel_z
    accel_e, by_deviation = machine.max_accel_e, machine.deviation > 0.0
    jerk_x, jerk_y, jerk_z, jerk_e = machine.jerk_x, machine.jerk_y, machine.jerk_z, machine.jerk_e
    for index in range(1, count + 1):
        x, y = abs(fresh.rate_x[index]), abs(fresh.rate_y[index])
        z, e = abs(fresh.rate_z[index]), abs(fresh.rate_e[index])
        speed, acceleration = fresh.velocity[index], fresh.acceleration[index]
        speed = _held(_held(_held(_held(speed, feed_x, x), feed_y, y), feed_z, z), feed_e, e)
        acceleration = _held(_held(_held(_held(acceleration, accel_x, x), accel_y, y), accel_z, z), accel_e, e)
        v2 = speed * speed
        safe = math.sqrt(v2)
        safe = _jerked(_jerked(_jerked(_jerked(safe, jerk_x, x), jerk_y, y), jerk_z, z), jerk_e, e)
        fresh.acceleration[index] = acceleration
        fresh.max_cruise_v2[index] = v2
        fresh.max_dv2[index] = 2.0 * fresh.distance[index] * acceleration
        fresh.safe_v[index] = 0.0 if by_deviation else safe


@inlined
def _held(value: float, most: float, share: float) -> float:
    """Speed or acceleration of a move, of which an axis does a share and takes no more than so much."""
    return least(value, most / share) if share > 0.0 else value


@inlined
def _jerked(speed: float, jerk: float, share: float) -> float:
    """The speed at which an axis that does a share of it may start at once."""
    return jerk / share if share * speed > jerk else speed


@inlined
def pass_corners(machine: Any, fresh: Any, count: int) -> None:
    """The speeds of the corners."""
    for index in range(1, count + 1):
        before = index - 1
        fresh.joined[index] = True
        if machine.deviation > 0.0:
            v2 = _by_deviation(machine, fresh, index, before)
        else:
            speed = _by_jerk(machine, fresh, index, before)
            v2 = speed * speed
        v2 = least(v2, fresh.max_cruise_v2[index])
        fresh.corner_v2[index] = least(v2, fresh.max_cruise_v2[before])


@inlined
def _by_jerk(machine: Any, fresh: Any, index: int, before: int) -> float:
    own, other = math.sqrt(fresh.max_cruise_v2[index]), math.sqrt(fresh.max_cruise_v2[before])
    speed, scale = other, 1.0
    if own < other:
        speed, scale = own, own / other
    factor = 1.0
    factor = _factor(fresh.rate_x[before] * other * scale, fresh.rate_x[index] * own, factor, machine.jerk_x)
    factor = _factor(fresh.rate_y[before] * other * scale, fresh.rate_y[index] * own, factor, machine.jerk_y)
    factor = _factor(fresh.rate_z[before] * other * scale, fresh.rate_z[index] * own, factor, machine.jerk_z)
    factor = _factor(fresh.rate_e[before] * other * scale, fresh.rate_e[index] * own, factor, machine.jerk_e)
    speed *= factor
    threshold, safe = speed * COASTING, fresh.safe_v[index]
    return float(safe if fresh.safe_v[before] > threshold and safe > threshold else speed)


@inlined
def _factor(leaving: float, entering: float, factor: float, jerk: float) -> float:
    """By how much the speeds of a corner are reduced, so that one more axis keeps its jerk."""
    change = _jump(leaving * factor, entering * factor)
    return factor * (jerk / change) if change > jerk else factor


@inlined
def _jump(leaving: float, entering: float) -> float:
    if leaving > entering:
        return leaving - entering if entering > 0.0 or leaving < 0.0 else greatest(leaving, -entering)
    return entering - leaving if entering < 0.0 or leaving > 0.0 else greatest(-leaving, entering)


@inlined
def greatest(one: float, other: float) -> float:
    """The greater number, also where NaN is as in reference.marlin."""
    return one if one > other else other


@inlined
def _by_deviation(machine: Any, fresh: Any, index: int, before: int) -> float:
    hx, hy, hz, he = _unit(fresh.rate_x[index], fresh.rate_y[index], fresh.rate_z[index], fresh.rate_e[index])
    tx, ty, tz, te = _unit(fresh.rate_x[before], fresh.rate_y[before], fresh.rate_z[before], fresh.rate_e[before])
    cosine = -(hx * tx + hy * ty + hz * tz + he * te)
    if cosine > MAX_COSINE:
        return 0.0
    cosine = greatest(cosine, -MAX_COSINE)
    x, y, z, e = _unit(hx - tx, hy - ty, hz - tz, he - te)
    acceleration = _within(fresh.acceleration[index], abs(x), machine.max_accel_x)
    acceleration = _within(acceleration, abs(y), machine.max_accel_y)
    acceleration = _within(acceleration, abs(z), machine.max_accel_z)
    acceleration = _within(acceleration, abs(e), machine.max_accel_e)
    half_sine = math.sqrt(0.5 * (1.0 - cosine))
    v2: float = acceleration * machine.deviation * half_sine / (1.0 - half_sine)
    if fresh.distance[index] < SHORT and cosine < WIDE:
        v2 = least(v2, fresh.distance[index] * acceleration / math.acos(-cosine))
    return v2


@inlined
def _within(acceleration: float, share: float, limit: float) -> float:
    return limit / share if share * acceleration > limit else acceleration


@inlined
def _unit(x: float, y: float, z: float, e: float) -> tuple[float, float, float, float]:
    length = math.sqrt(x * x + y * y + z * z + e * e)
    return x / length, y / length, z / length, e / length


@inlined
def fix_trapezoids(moves: Any, queued: int, safe_v: float, partial: bool) -> int:
    """Fix speeds from the last move, which may stop from `safe_v`, to the first; how many at the head are final."""
    count = 0 if partial else queued
    searching = partial
    next_end = 0.0
    if not partial and queued > 0:
        last = at(queued - 1)
        next_end = least(safe_v * safe_v, moves.max_start_v2[last] + moves.max_dv2[last])
    for place in range(queued - 1, -1, -1):
        index = at(place)
        reachable = next_end + moves.max_dv2[index]
        start = least(moves.max_start_v2[index], reachable)
        if searching and moves.max_start_v2[index] <= reachable:
            count, searching = place, False
        elif not searching:
            cruise = least((start + reachable) * 0.5, moves.max_cruise_v2[index])
            moves.start_v2[index], moves.cruise_v2[index] = least(start, cruise), cruise
            moves.end_v2[index] = least(next_end, cruise)
        next_end = start
    return count
