"""How far a print is, in print time: from whatever a printer says of itself.

A printer that reports bytes, layers or seconds is not as far as their part of the whole: the first layers of a file may
be the longest, and its last lines take no time. The plan knows what everything before has taken and what is left.
"""

from typing import Final

from printyard.gcode.plan import Plan

DONE: Final = 1.0


class PlanProgress:
    """Fractions 0..1 of a plan's time, which never fall while what they are asked about grows.

    Exactly 0 where nothing has been done and exactly 1 where everything has. They count motion and dwells, as the plan
    does: heating, pauses and waiting for people take none of it. Use it as long as its plan is open.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._total = plan.summary.total_seconds

    def of_byte(self, offset: int) -> float:
        """When every line that begins before this byte of the G-code is done."""
        return 0.0 if offset <= 0 else self._fraction(self._plan.seconds_of_byte(offset))

    def of_layer(self, layer: int) -> float:
        """When this layer, counted from 0, begins; the layer after the last is the end."""
        if layer <= 0:
            return 0.0
        seconds = self._plan.seconds_of_layer(layer)
        return DONE if seconds is None else self._fraction(seconds)

    def of_seconds(self, elapsed: float, paused: float = 0.0) -> float:
        """After so many seconds since the first move, of which these were pauses and other waits."""
        seconds = elapsed - paused
        return self._fraction(seconds) if seconds > 0.0 else 0.0

    def remaining_seconds(self, fraction: float) -> float:
        """What is left of the plan's time."""
        return self._total * (DONE - min(max(fraction, 0.0), DONE))

    def _fraction(self, seconds: float) -> float:
        """Of the plan's time; a print that takes none is done with its first step."""
        if self._total <= 0.0 or seconds >= self._total:
            return DONE
        return max(seconds / self._total, 0.0)
