"""What follows from moves that have come: their limits, and the speeds of the corners between them. Then they queue.

Each step is a loop over columns, which the compiler turns into one that does several moves at once; only the last one,
`_chain`, needs the move before to be done. Notes on the formulas are in reference/moves.py.
"""

import math
from typing import Any

from printyard.gcode.kernel import marlin
from printyard.gcode.kernel.compiled import at, compiled, inlined, least
from printyard.gcode.kernel.layout import EXTRUDING, KINEMATIC
from printyard.gcode.reference.moves import EPSILON, MAX_COSINE, UNLIMITED


@compiled
def prepare(bench: Any) -> None:
    """Queue the moves that have come since the last time; to be called before the machine's limits change."""
    machine, fresh = bench.machine, bench.fresh
    count = machine.fresh
    if count == 0:
        return
    _measure(fresh, count)
    if machine.marlin:
        marlin.limit(machine, fresh, count)
        marlin.pass_corners(machine, fresh, count)
    else:
        _limit(fresh, count)
        for number in range(machine.checkers):
            _check(fresh, bench.checkers[number], count)
        _pass_corners(fresh, count, machine.instant_corner_velocity)
    if machine.queued == 0:
        fresh.joined[1] = False
    _chain(fresh, bench.moves, machine.queued, count)
    _queue(fresh, bench.moves, machine.queued, count)
    if machine.planning:
        _queue_places(fresh, bench.moves, machine.queued, count)
    _keep_last(fresh, count)
    machine.queued += count
    machine.fresh = 0


@inlined
def _measure(fresh: Any, count: int) -> None:
    """How far each move goes, and how fast each axis of it for 1 mm/s."""
    for index in range(1, count + 1):
        x, y, z, e = fresh.way_x[index], fresh.way_y[index], fresh.way_z[index], fresh.delta_e[index]
        distance = math.sqrt(x * x + y * y + z * z)
        fresh.distance[index] = distance
        fresh.rate_x[index], fresh.rate_y[index], fresh.rate_z[index] = x / distance, y / distance, z / distance
        fresh.rate_e[index] = e / distance
    for index in range(1, count + 1):
        if not fresh.flags[index] & KINEMATIC:
            distance = abs(fresh.delta_e[index])
            fresh.distance[index] = distance
            fresh.rate_x[index] = fresh.rate_y[index] = fresh.rate_z[index] = 0.0
            fresh.rate_e[index] = fresh.delta_e[index] * (1.0 / distance)


@inlined
def _limit(fresh: Any, count: int) -> None:
    """Klipper's limits; a move of the filament alone has none but its speed, until a checker sets some."""
    for index in range(1, count + 1):
        velocity, twice = fresh.velocity[index], 2.0 * fresh.distance[index]
        fresh.max_cruise_v2[index] = velocity * velocity
        fresh.max_dv2[index] = twice * fresh.acceleration[index]
        fresh.smoothed_dv2[index] = twice * fresh.accel_to_decel[index]
    for index in range(1, count + 1):
        if not fresh.flags[index] & KINEMATIC:
            fresh.max_dv2[index] = fresh.smoothed_dv2[index] = UNLIMITED


@inlined
def _check(fresh: Any, checker: Any, count: int) -> None:
    """One of the machine's limiters."""
    max_velocity, max_accel = checker.max_velocity, checker.max_accel
    if checker.extruder:
        for index in range(1, count + 1):
            if fresh.flags[index] & (KINEMATIC | EXTRUDING) == EXTRUDING:
                _lower(fresh, index, 1.0 / abs(fresh.rate_e[index]), max_velocity, max_accel, True)
        return
    axis_x, axis_y, axis_z = checker.x, checker.y, checker.z
    for index in range(1, count + 1):
        along = abs(fresh.way_x[index] * axis_x + fresh.way_y[index] * axis_y + fresh.way_z[index] * axis_z)
        distance = fresh.distance[index]
        ratio = distance / along if along != 0.0 else math.inf
        _lower(fresh, index, ratio, max_velocity, max_accel, not distance < EPSILON)


@inlined
def _lower(fresh: Any, index: int, ratio: float, max_velocity: float, max_accel: float, counts: bool) -> None:
    """Hold a move to a limiter, of whose axis it goes one part in `ratio`, if that counts."""
    limit, acceleration, smoothed_dv2 = fresh.max_cruise_v2[index], fresh.acceleration[index], fresh.smoothed_dv2[index]
    velocity = max_velocity * ratio
    v2 = velocity * velocity
    lowered = least(acceleration, max_accel * ratio)
    max_dv2 = 2.0 * fresh.distance[index] * lowered
    fresh.max_cruise_v2[index] = v2 if counts and v2 < limit else limit
    fresh.acceleration[index] = lowered if counts else acceleration
    fresh.max_dv2[index] = max_dv2 if counts else fresh.max_dv2[index]
    fresh.smoothed_dv2[index] = least(smoothed_dv2, max_dv2) if counts else smoothed_dv2


@inlined
def _pass_corners(fresh: Any, count: int, instant_corner_velocity: float) -> None:
    """Klipper's junction deviation; a stand before and after moves of the filament alone."""
    for index in range(1, count + 1):
        before = index - 1
        cosine = -(
            fresh.rate_x[index] * fresh.rate_x[before]
            + fresh.rate_y[index] * fresh.rate_y[before]
            + fresh.rate_z[index] * fresh.rate_z[before]
        )
        both = fresh.flags[index] & fresh.flags[before] & KINEMATIC != 0
        fresh.joined[index] = both and not cosine > MAX_COSINE
        cosine = cosine if cosine > -MAX_COSINE else -MAX_COSINE
        half_sine = math.sqrt(0.5 * (1.0 - cosine))
        radius = half_sine / (1.0 - half_sine)
        tangent = half_sine / math.sqrt(0.5 * (1.0 + cosine))
        change = abs(fresh.rate_e[index] - fresh.rate_e[before])
        corner = instant_corner_velocity / change
        v2 = corner * corner if change > 0.0 else fresh.max_cruise_v2[index]
        v2 = least(v2, radius * fresh.junction_deviation[index] * fresh.acceleration[index])
        v2 = least(v2, radius * fresh.junction_deviation[before] * fresh.acceleration[before])
        v2 = least(v2, 0.5 * fresh.distance[index] * tangent * fresh.acceleration[index])
        v2 = least(v2, 0.5 * fresh.distance[before] * tangent * fresh.acceleration[before])
        v2 = least(v2, fresh.max_cruise_v2[index])
        fresh.corner_v2[index] = least(v2, fresh.max_cruise_v2[before])


@inlined
def _chain(fresh: Any, moves: Any, queued: int, count: int) -> None:
    """No corner is passed faster than the move before it can reach."""
    start_v2 = smoothed_v2 = 0.0
    if queued > 0:
        start_v2, smoothed_v2 = moves.max_start_v2[at(queued - 1)], moves.max_smoothed_v2[at(queued - 1)]
    for number in range(count):
        index = at(queued + number)
        if fresh.joined[number + 1]:
            start_v2 = least(fresh.corner_v2[number + 1], start_v2 + fresh.max_dv2[number])
            smoothed_v2 = least(start_v2, smoothed_v2 + fresh.smoothed_dv2[number])
        else:
            start_v2, smoothed_v2 = fresh.safe_v[number + 1] * fresh.safe_v[number + 1], 0.0
        moves.max_start_v2[index], moves.max_smoothed_v2[index] = start_v2, smoothed_v2


@inlined
def _queue(fresh: Any, moves: Any, queued: int, count: int) -> None:
    """Append them to the queue: what the look-ahead and the sums need of a move."""
    for number in range(count):
        moves.distance[at(queued + number)] = fresh.distance[number + 1]
        moves.acceleration[at(queued + number)] = fresh.acceleration[number + 1]
        moves.max_cruise_v2[at(queued + number)] = fresh.max_cruise_v2[number + 1]
    for number in range(count):
        moves.max_dv2[at(queued + number)] = fresh.max_dv2[number + 1]
        moves.smoothed_dv2[at(queued + number)] = fresh.smoothed_dv2[number + 1]
    for number in range(count):
        moves.start_v2[at(queued + number)] = math.nan
        moves.cruise_v2[at(queued + number)] = math.nan
        moves.end_v2[at(queued + number)] = math.nan
    for number in range(count):
        moves.delta_e[at(queued + number)] = fresh.delta_e[number + 1]
        moves.start_z[at(queued + number)] = fresh.start_z[number + 1]
        moves.kind[at(queued + number)] = fresh.kind[number + 1]
        moves.flags[at(queued + number)] = fresh.flags[number + 1]


@inlined
def _queue_places(fresh: Any, moves: Any, queued: int, count: int) -> None:
    """And what only the plan needs."""
    for number in range(count):
        moves.x[at(queued + number)] = fresh.x[number + 1]
        moves.y[at(queued + number)] = fresh.y[number + 1]
        moves.z[at(queued + number)] = fresh.z[number + 1]
    for number in range(count):
        moves.filament[at(queued + number)] = fresh.filament[number + 1]
        moves.offset[at(queued + number)] = fresh.offset[number + 1]
        moves.layer[at(queued + number)] = fresh.layer[number + 1]
        moves.tool[at(queued + number)] = fresh.tool[number + 1]


@inlined
def _keep_last(fresh: Any, count: int) -> None:
    """The last of them is the move before those that come next."""
    fresh.rate_x[0], fresh.rate_y[0], fresh.rate_z[0] = fresh.rate_x[count], fresh.rate_y[count], fresh.rate_z[count]
    fresh.rate_e[0], fresh.distance[0], fresh.flags[0] = fresh.rate_e[count], fresh.distance[count], fresh.flags[count]
    fresh.acceleration[0], fresh.junction_deviation[0] = fresh.acceleration[count], fresh.junction_deviation[count]
    fresh.max_cruise_v2[0], fresh.max_dv2[0] = fresh.max_cruise_v2[count], fresh.max_dv2[count]
    fresh.smoothed_dv2[0], fresh.safe_v[0] = fresh.smoothed_dv2[count], fresh.safe_v[count]
