"""The look-ahead over the queue (reference/lookahead.py says what it does), and the flush of what it has fixed."""

from typing import Any

from printyard.gcode.kernel.compiled import at, compiled, inlined, least
from printyard.gcode.kernel.corners import prepare
from printyard.gcode.kernel.marlin import fix_trapezoids
from printyard.gcode.kernel.tally import count_moves
from printyard.gcode.reference.planner import FLUSH_MOVES, QUEUE_MOVES


@compiled
def flush(bench: Any) -> None:
    """Count the moves at the head of the queue that no later move can change; all, for a stand or if it is full."""
    machine, moves = bench.machine, bench.moves
    prepare(bench)
    queued = machine.queued
    partial = queued < QUEUE_MOVES and not machine.standing
    if machine.marlin:
        count = fix_trapezoids(moves, queued, bench.fresh.safe_v[0], partial)
    else:
        count = fix_speeds(moves, queued, bench.delayed, partial)
    if count > 0:
        count_moves(bench, count)
        _move_up(moves, count, queued - count)
    machine.queued = queued - count
    machine.flush_at = min(machine.queued + FLUSH_MOVES, QUEUE_MOVES)
    machine.standing = 0


@inlined
def fix_speeds(moves: Any, queued: int, delayed: Any, partial: bool) -> int:
    """Fix speeds from the last move to the first; returns how many at the head are final."""
    count = 0 if partial else queued
    searching = partial
    next_end = next_smoothed = peak = 0.0
    waiting = 0
    for place in range(queued - 1, -1, -1):
        index = at(place)
        reachable = next_end + moves.max_dv2[index]
        start = least(moves.max_start_v2[index], reachable)
        smoothed_reachable = next_smoothed + moves.smoothed_dv2[index]
        smoothed = least(moves.max_smoothed_v2[index], smoothed_reachable)
        if smoothed < smoothed_reachable:
            if smoothed + moves.smoothed_dv2[index] > next_smoothed or waiting > 0:
                if searching and peak != 0.0:
                    count, searching = place, False
                peak = least(moves.max_cruise_v2[index], (smoothed + smoothed_reachable) * 0.5)
                if not searching and place < count:
                    _release(moves, delayed, waiting, peak)
                waiting = 0
            if not searching and place < count:
                cruise = least(least((start + reachable) * 0.5, moves.max_cruise_v2[index]), peak)
                _set_speeds(moves, index, least(start, cruise), cruise, least(next_end, cruise))
        else:
            entry = delayed[at(waiting)]
            entry.index, entry.start_v2, entry.end_v2 = place, start, next_end
            waiting += 1
        next_end, next_smoothed = start, smoothed
    return count


@inlined
def _release(moves: Any, delayed: Any, waiting: int, peak: float) -> None:
    """The delayed moves, in forward order, cruise no faster than the peak and than each one's start."""
    cruise = peak
    for place in range(waiting - 1, -1, -1):
        entry = delayed[at(place)]
        cruise = least(cruise, entry.start_v2)
        _set_speeds(moves, at(entry.index), least(entry.start_v2, cruise), cruise, least(entry.end_v2, cruise))


@inlined
def _set_speeds(moves: Any, index: int, start_v2: float, cruise_v2: float, end_v2: float) -> None:
    moves.start_v2[index], moves.cruise_v2[index], moves.end_v2[index] = start_v2, cruise_v2, end_v2


@inlined
def _move_up(moves: Any, count: int, left: int) -> None:
    """Move what was not counted to the head of the queue."""
    for column in (
        moves.distance, moves.acceleration, moves.max_cruise_v2, moves.max_dv2, moves.smoothed_dv2, moves.max_start_v2,
        moves.max_smoothed_v2, moves.start_v2, moves.cruise_v2, moves.end_v2, moves.delta_e, moves.start_z,
        moves.x, moves.y, moves.z, moves.filament,
    ):  # fmt: skip
        for place in range(left):
            column[at(place)] = column[at(count + place)]
    for place in range(left):
        here, there = at(place), at(count + place)
        moves.offset[here], moves.layer[here], moves.tool[here] = (
            moves.offset[there],
            moves.layer[there],
            moves.tool[there],
        )
        moves.kind[here], moves.flags[here] = moves.kind[there], moves.flags[there]
