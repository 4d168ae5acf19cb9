"""Counts moves whose speeds are fixed: sums, times by kind and layer, and the rows of the plan."""

import math
from typing import Any

import numpy as np

from printyard.gcode.kernel.compiled import at, compiled, inlined
from printyard.gcode.kernel.layout import AWAITED, EXTRUDING, FREE, KINEMATIC, LAYER_SLOTS, LEVEL
from printyard.gcode.plan import MICROMETRES
from printyard.gcode.reference.planner import COORDINATE_LIMIT, FLUSH_MOVES
from printyard.gcode.reference.tally import FILAMENT_SECTION, MAX_LAYER_KEY, MAX_LAYERS, START_SECONDS

SECTION_A, SECTION_B, SECTION_C = FILAMENT_SECTION


@compiled
def count_moves(bench: Any, count: int) -> None:
    """Count the first moves of the queue, in their order (reference.tally.Tally.count)."""
    tally = bench.tally
    if tally.moves == 0:
        tally.begun = 1
        tally.time += START_SECONDS
        tally.speed = 0.0
    for first in range(0, count, FLUSH_MOVES):
        part = min(count - first, FLUSH_MOVES)
        _time(bench.moves, bench.timed, first, part)
        _sum_up(bench, first, part)
        _count_uses(bench, first, part)
        if bench.machine.planning:
            _write_rows(bench, first, part)
    tally.moves += count


@inlined
def _time(moves: Any, timed: Any, first: int, count: int) -> None:
    """The seconds of each trapezoid: speeding up, level, and slowing down."""
    for number in range(count):
        index = at(first + number)
        start, cruise = math.sqrt(moves.start_v2[index]), math.sqrt(moves.cruise_v2[index])
        end, acceleration = math.sqrt(moves.end_v2[index]), moves.acceleration[index]
        up_way = (cruise * cruise - start * start) * 0.5 / acceleration
        down_way = (cruise * cruise - end * end) * 0.5 / acceleration
        up = up_way / ((start + cruise) * 0.5)
        down = down_way / ((end + cruise) * 0.5)
        level_way = moves.distance[index] - up_way - down_way
        level = (level_way if level_way > 0.0 else 0.0) / cruise
        timed.start_v[number], timed.cruise_v[number], timed.end_v[number] = start, cruise, end
        timed.up[number], timed.level[number], timed.down[number] = up, level, down
        timed.seconds[number] = up + level + down


@inlined
def _sum_up(bench: Any, first: int, count: int) -> None:
    """The sums over all moves, and the clocks that a move whose time is no number does not move."""
    machine, moves, timed, tally = bench.machine, bench.moves, bench.timed, bench.tally
    time, distance, extruded, speed = tally.time, tally.distance, tally.extruded, tally.speed
    up, level, down = tally.acceleration, tally.cruise, tally.deceleration
    clock, elapsed = machine.clock, machine.elapsed
    for number in range(count):
        index = at(first + number)
        if moves.flags[index] & AWAITED:
            bench.times[at(machine.times)] = elapsed
            machine.times += 1
        seconds = timed.seconds[number]
        time += seconds
        distance += moves.distance[index]
        extruded += moves.delta_e[index]
        if timed.cruise_v[number] > speed:
            speed = timed.cruise_v[number]
        up += timed.up[number]
        level += timed.level[number]
        down += timed.down[number]
        if _is_possible(seconds):
            clock += seconds
            elapsed += seconds
        timed.clock[number] = clock
    tally.time, tally.distance, tally.extruded, tally.speed = time, distance, extruded, speed
    tally.acceleration, tally.cruise, tally.deceleration = up, level, down
    machine.clock, machine.elapsed = clock, elapsed


@inlined
def _is_possible(seconds: float) -> bool:
    return 0.0 <= seconds < math.inf


@inlined
def _count_uses(bench: Any, first: int, count: int) -> None:
    """What the moves were for: by kind, by use, by layer."""
    moves, timed, tally = bench.moves, bench.timed, bench.tally
    kind_times, layer_times = bench.kind_times, bench.layer_times
    output, travel, extrude_only, z_time = tally.output, tally.travel, tally.extrude_only, tally.z_time
    flow = tally.flow
    for number in range(count):
        index = at(first + number)
        seconds, flags, z = timed.seconds[number], moves.flags[index], moves.start_z[index]
        kind_time = kind_times[at(moves.kind[index])]
        kind_time.seconds += seconds
        kind_time.used = 1
        use = flags & (KINEMATIC | EXTRUDING)
        if use == KINEMATIC | EXTRUDING:
            output += seconds
            own = moves.delta_e[index] * SECTION_A * SECTION_B * SECTION_C / seconds
            flow = max(flow, 0.0)
            if own > flow:
                flow = own
        elif use == EXTRUDING:
            extrude_only += seconds
        elif use == KINEMATIC:
            travel += seconds
        if not flags & LEVEL:
            z_time += seconds
            continue
        if z != tally.height:
            tally.height = z
            tally.layer = _layer_place(bench, _layer_key(z))
        layer_times[at(tally.layer)].seconds += seconds
    tally.output, tally.travel, tally.extrude_only, tally.z_time = output, travel, extrude_only, z_time
    tally.flow = flow


@inlined
def _layer_key(z: float) -> int:
    """Micrometres, rounded half away from zero."""
    scaled = min(abs(z * 1000.0), MAX_LAYER_KEY)  # before it is an integer, which it has to fit
    rounded = float(math.floor(scaled + 0.5))
    if rounded - scaled > 0.5:
        rounded -= 1.0
    return int(-rounded if z < 0.0 else rounded)


@compiled
def _layer_place(bench: Any, key: int) -> int:
    """Where a layer's time stands, new or known; with too many layers, that of the move before."""
    tally, layer_times, layer_slots = bench.tally, bench.layer_times, bench.layer_slots
    slot = ((key * np.int64(-7046029254386353131)) >> np.int64(20)) & (LAYER_SLOTS - 1)
    while layer_slots[slot] != FREE:
        place = int(layer_slots[slot]) - 1
        if layer_times[place].key == key:
            return place
        slot = (slot + 1) & (LAYER_SLOTS - 1)
    if tally.layers >= MAX_LAYERS:
        return int(tally.layer)
    place = int(tally.layers)
    entry = layer_times[place]
    entry.key, entry.seconds, entry.slot = key, 0.0, slot
    layer_slots[slot] = place + 1
    tally.layers = place + 1
    return place


@inlined
def _write_rows(bench: Any, first: int, count: int) -> None:
    """The moves in the plan's own types."""
    machine, moves, timed, rows = bench.machine, bench.moves, bench.timed, bench.rows
    row = machine.rows
    for number in range(count):
        index, target = at(first + number), at(row + number)
        rows.x[target] = micrometres(moves.x[index])
        rows.y[target] = micrometres(moves.y[index])
        rows.z[target] = micrometres(moves.z[index])
    for number in range(count):
        index, target = at(first + number), at(row + number)
        possible = _is_possible(timed.seconds[number])
        rows.start_speed[target] = timed.start_v[number] if possible else 0.0
        rows.cruise_speed[target] = timed.cruise_v[number] if possible else 0.0
        rows.end_speed[target] = timed.end_v[number] if possible else 0.0
        rows.acceleration[target] = moves.acceleration[index] if possible else 0.0
    for number in range(count):
        index, target = at(first + number), at(row + number)
        rows.end_seconds[target] = timed.clock[number]
        rows.filament[target] = moves.filament[index]
        rows.byte_offset[target] = moves.offset[index]
    for number in range(count):
        index, target = at(first + number), at(row + number)
        rows.tool[target] = moves.tool[index]
        rows.layer[target] = moves.layer[index]
        rows.kind[target] = moves.kind[index]
    machine.rows = row + count


@inlined
def micrometres(millimetres: float) -> Any:
    """To the next micrometre, half away from zero; what does not fit is the end of the scale, NaN is 0."""
    scaled = min(max(millimetres * MICROMETRES, -COORDINATE_LIMIT), COORDINATE_LIMIT)
    rounded = scaled + (0.5 if scaled >= 0.0 else -0.5)
    return np.int32(rounded if millimetres == millimetres else 0.0)  # noqa: PLR0124 - NaN
