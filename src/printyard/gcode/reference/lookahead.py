"""The look-ahead: fixes the speeds of queued moves, from the last to the first."""

from collections.abc import Sequence

from printyard.gcode.reference.machine import least
from printyard.gcode.reference.moves import Move


def fix_speeds(queue: Sequence[Move], *, partial: bool) -> int:
    """Fix the speeds of the moves that no later move can change; all of them unless `partial`. Returns their number.

    A move that only slows down for what follows is delayed until the peak before it is known (Klipper's smoothed look
    ahead): it then cruises no faster than that peak.
    """
    count = 0 if partial else len(queue)
    searching = partial
    next_end = next_smoothed = peak = 0.0
    delayed: list[tuple[Move, float, float]] = []
    for index in range(len(queue) - 1, -1, -1):
        move = queue[index]
        reachable = next_end + move.max_dv2
        start = least(move.max_start_v2, reachable)
        smoothed_reachable = next_smoothed + move.smoothed_dv2
        smoothed = least(move.max_smoothed_v2, smoothed_reachable)
        if smoothed < smoothed_reachable:
            if smoothed + move.smoothed_dv2 > next_smoothed or delayed:
                if searching and peak != 0.0:
                    count, searching = index, False
                peak = least(move.max_cruise_v2, (smoothed + smoothed_reachable) * 0.5)
                if not searching and index < count:
                    _release(delayed, peak)
                delayed.clear()
            if not searching and index < count:
                cruise = least(least((start + reachable) * 0.5, move.max_cruise_v2), peak)
                move.set_speeds(least(start, cruise), cruise, least(next_end, cruise))
        else:
            delayed.append((move, start, next_end))
        next_end, next_smoothed = start, smoothed
    return count


def _release(delayed: Sequence[tuple[Move, float, float]], peak: float) -> None:
    cruise = peak
    for move, start, end in reversed(delayed):
        cruise = least(cruise, start)
        move.set_speeds(least(start, cruise), cruise, least(end, cruise))
