"""How Marlin plans: acceleration by what a move is for, limits for each axis, corners by jerk or junction deviation.

Facts from Marlin 2 (planner.cpp, and M201 to M205 of its documentation). Its look-ahead sees 16 moves or so; this one
sees them all, which only very short ones could tell.
"""

import math
from collections.abc import Sequence
from typing import Final

from printyard.gcode.limits import MarlinLimits
from printyard.gcode.reference.lines import Words
from printyard.gcode.reference.machine import Machine, greatest, least, quotient
from printyard.gcode.reference.moves import MAX_COSINE, Move

AXES: Final = "xyze"
COASTING: Final = 0.99
"""A corner hardly faster than both moves may start and stop with at once is passed as such a start."""
SHORT: Final = 1.0
"""Millimetres: shorter moves that turn by less than WIDE (its cosine) count as parts of a circle."""
WIDE: Final = -0.7071067812

Rates = tuple[float, ...]


class MarlinMove(Move):
    """A move within Marlin's limits; it begins at a speed that its jerk allows, until it is joined to one before."""

    __slots__ = ("safe_v",)

    def __init__(self, machine: Machine, target: tuple[float, float, float, float], velocity: float, kind: int) -> None:
        super().__init__(machine, target, velocity, kind)
        speed, self.acceleration = velocity, self._wanted_acceleration(machine)
        for axis, rate in zip(AXES, self.rate, strict=True):
            share = abs(rate)
            if share > 0.0:
                speed = least(speed, getattr(machine, "max_feed_" + axis) / share)
                self.acceleration = least(self.acceleration, getattr(machine, "max_accel_" + axis) / share)
        self.max_cruise_v2 = speed * speed
        self.max_dv2 = 2.0 * self.distance * self.acceleration
        self.safe_v = self._safe_speed(machine, math.sqrt(self.max_cruise_v2))
        self.max_start_v2 = self.safe_v * self.safe_v

    def join(self, before: Move, machine: Machine) -> None:
        if not isinstance(before, MarlinMove):
            return
        if machine.deviation > 0.0:
            v2 = self._by_deviation(before, machine)
        else:
            speed = self._by_jerk(before, machine)
            v2 = speed * speed
        v2 = least(v2, self.max_cruise_v2)
        v2 = least(v2, before.max_cruise_v2)
        self.max_start_v2 = least(v2, before.max_start_v2 + before.max_dv2)

    def _wanted_acceleration(self, machine: Machine) -> float:
        if not self.kinematic:
            return machine.retract_acceleration
        return machine.print_acceleration if self.extruding else machine.travel_acceleration

    def _safe_speed(self, machine: Machine, speed: float) -> float:
        """The speed with which it may start and stop at once."""
        if machine.deviation > 0.0:
            return 0.0
        for axis, rate in zip(AXES, self.rate, strict=True):
            share, jerk = abs(rate), getattr(machine, "jerk_" + axis)
            if share * speed > jerk:
                speed = jerk / share
        return speed

    def _by_jerk(self, before: "MarlinMove", machine: Machine) -> float:
        """The speed of the corner at which no axis jumps by more than its jerk."""
        own, other = math.sqrt(self.max_cruise_v2), math.sqrt(before.max_cruise_v2)
        speed, scale = other, 1.0
        if own < other:
            speed, scale = own, quotient(own, other)
        factor = 1.0
        for axis, rate, rate_before in zip(AXES, self.rate, before.rate, strict=True):
            change = jump(rate_before * other * scale * factor, rate * own * factor)
            jerk = getattr(machine, "jerk_" + axis)
            if change > jerk:
                factor *= jerk / change
        speed *= factor
        threshold = speed * COASTING
        return self.safe_v if before.safe_v > threshold and self.safe_v > threshold else speed

    def _by_deviation(self, before: "MarlinMove", machine: Machine) -> float:
        """The squared speed of the corner as that of a circle which leaves it by no more than the deviation."""
        here, there = _unit(self.rate), _unit(before.rate)
        cosine = -(here[0] * there[0] + here[1] * there[1] + here[2] * there[2] + here[3] * there[3])
        if cosine > MAX_COSINE:
            return 0.0
        cosine = greatest(cosine, -MAX_COSINE)
        acceleration = self.acceleration
        turn = _unit(tuple(one - other for one, other in zip(here, there, strict=True)))
        for axis, part in zip(AXES, turn, strict=True):
            share, limit = abs(part), getattr(machine, "max_accel_" + axis)
            if share * acceleration > limit:
                acceleration = limit / share
        half_sine = math.sqrt(0.5 * (1.0 - cosine))
        v2 = quotient(acceleration * machine.deviation * half_sine, 1.0 - half_sine)
        if self.distance < SHORT and cosine < WIDE:
            v2 = least(v2, quotient(self.distance * acceleration, math.acos(-cosine)))
        return v2


def fix_speeds(queue: Sequence[Move], *, partial: bool) -> int:
    """Fix the speeds of the moves that no later move can change; all of them unless `partial`. Returns their number."""
    count = 0 if partial else len(queue)
    searching = partial
    next_end = 0.0 if partial or not queue else _last_end(queue[-1])
    for index in range(len(queue) - 1, -1, -1):
        move = queue[index]
        reachable = next_end + move.max_dv2
        start = least(move.max_start_v2, reachable)
        if searching and move.max_start_v2 <= reachable:
            count, searching = index, False
        elif not searching:
            cruise = least((start + reachable) * 0.5, move.max_cruise_v2)
            move.set_speeds(least(start, cruise), cruise, least(next_end, cruise))
        next_end = start
    return count


def adopt(machine: Machine, limits: MarlinLimits) -> None:
    """Set the limits that the machine begins with. Marlin counts E as absolute until it is told otherwise."""
    machine.marlin = 1
    machine.relative_e = 0
    machine.deviation = limits.junction_deviation or 0.0
    machine.print_acceleration = limits.print_acceleration
    machine.retract_acceleration = limits.retract_acceleration
    machine.travel_acceleration = limits.travel_acceleration
    for place, axis in enumerate(AXES):
        setattr(machine, "max_feed_" + axis, limits.max_feedrate[place])
        setattr(machine, "max_accel_" + axis, limits.max_acceleration[place])
        setattr(machine, "jerk_" + axis, limits.jerk[place])


def set_axes(machine: Machine, line: Words) -> None:
    """M201 and M203: the most acceleration (mm/s2) and feedrate (mm/s) of each axis."""
    field = "max_accel_" if line.code == 201 else "max_feed_"
    for axis in AXES:
        value = _positive(line, axis.upper())
        if value is not None:
            setattr(machine, field + axis, value)


def set_accelerations(machine: Machine, line: Words) -> None:
    """M204: P for moves that print, R for filament alone, T for travel; the older S for both moves of the head."""
    both = _positive(line, "S")
    if both is not None:
        machine.print_acceleration = machine.travel_acceleration = both
    for letter, field in (("P", "print"), ("R", "retract"), ("T", "travel")):
        value = _positive(line, letter)
        if value is not None:
            setattr(machine, field + "_acceleration", value)


def set_corners(machine: Machine, line: Words) -> None:
    """M205: J sets the junction deviation (mm), X or Y that corners are passed by jerk (mm/s)."""
    for axis in AXES:
        jerk = line.first(axis.upper())
        if jerk is not None and 0.0 <= jerk < math.inf:
            setattr(machine, "jerk_" + axis, jerk)
            if axis in "xy":
                machine.deviation = 0.0
    deviation = _positive(line, "J")
    if deviation is not None:
        machine.deviation = deviation


def jump(leaving: float, entering: float) -> float:
    """By how much an axis jumps in a corner; one that turns round stands still between."""
    if leaving > entering:
        return leaving - entering if entering > 0.0 or leaving < 0.0 else greatest(leaving, -entering)
    return entering - leaving if entering < 0.0 or leaving > 0.0 else greatest(-leaving, entering)


def _positive(line: Words, letter: str) -> float | None:
    """A limit of zero, or none at all, is no limit that a machine can keep: it is passed over."""
    value = line.first(letter)
    return value if value is not None and 0.0 < value < math.inf else None


def _last_end(move: Move) -> float:
    """The squared speed from which the last move before a stand may stop at once."""
    safe = move.safe_v if isinstance(move, MarlinMove) else 0.0
    return least(safe * safe, move.max_start_v2 + move.max_dv2)


def _unit(rates: Rates) -> Rates:
    x, y, z, e = rates
    length = math.sqrt(x * x + y * y + z * z + e * e)
    return quotient(x, length), quotient(y, length), quotient(z, length), quotient(e, length)
