"""A planned move: its limits, and the speed at which it may be entered after the one before it."""

import math
from collections.abc import Sequence
from typing import Final

from printyard.gcode.limits import AxisLimiter, MoveChecker
from printyard.gcode.reference.machine import Machine, greatest, least, quotient, root

EPSILON: Final = 2.220446049250313e-16
UNLIMITED: Final = 1.7976931348623157e308
MAX_COSINE: Final = 0.999999
"""Of the angle between two moves: nearer to a reversal they stop, nearer to a straight line they count as this."""


class Move:
    """Speeds are squared (`_v2`) until the look-ahead has fixed `start_v`, `cruise_v` and `end_v` (mm/s).

    `awaited`: a line before it wants to know when it begins. What stands below the slots is for the plan alone, and set
    only where one is written.
    """

    __slots__ = (
        "acceleration", "awaited", "cruise_v", "delta_e", "distance", "end_v", "filament", "junction_deviation", "kind",
        "kinematic", "layer", "max_cruise_v2", "max_dv2", "max_smoothed_v2", "max_start_v2", "offset", "rate",
        "smoothed_dv2", "start_v", "start_z", "tool", "way", "x", "y", "z",
    )  # fmt: skip
    x: float
    y: float
    z: float
    filament: float
    offset: int
    tool: int
    layer: int

    def __init__(self, machine: Machine, target: tuple[float, float, float, float], velocity: float, kind: int) -> None:
        x, y, z, e = target
        dx, dy, dz = x - machine.x, y - machine.y, z - machine.z
        self.way = (dx, dy, dz)
        self.delta_e = e - machine.e
        self.start_z = machine.z
        self.kind = kind
        self.awaited = bool(machine.awaited)
        self.kinematic = machine.x != x or machine.y != y or machine.z != z
        self.junction_deviation = machine.junction_deviation
        self.max_start_v2 = self.max_smoothed_v2 = 0.0
        self.start_v = self.cruise_v = self.end_v = math.nan
        if self.kinematic:
            distance = math.sqrt(dx * dx + dy * dy + dz * dz)
            speed = least(velocity, machine.max_velocity)
            self.rate = tuple(quotient(part, distance) for part in (dx, dy, dz, self.delta_e))
            self.acceleration = machine.max_acceleration
            self.max_cruise_v2 = speed * speed
            self.max_dv2 = 2.0 * distance * self.acceleration
            self.smoothed_dv2 = 2.0 * distance * machine.accel_to_decel
        else:
            distance = abs(self.delta_e)
            self.rate = (0.0, 0.0, 0.0, self.delta_e * quotient(1.0, distance))
            self.acceleration = self.max_dv2 = self.smoothed_dv2 = UNLIMITED
            self.max_cruise_v2 = velocity * velocity
        self.distance = distance

    @property
    def extruding(self) -> bool:
        return abs(self.delta_e) >= EPSILON

    def check(self, checkers: Sequence[MoveChecker]) -> None:
        """Apply the machine's limiters, in their order."""
        for checker in checkers:
            if isinstance(checker, AxisLimiter):
                if self.distance < EPSILON:
                    continue
                dx, dy, dz = self.way
                ax, ay, az = checker.axis
                along = abs(dx * ax + dy * ay + dz * az)
                ratio = quotient(self.distance, along) if along != 0.0 else math.inf
            elif self.kinematic or not self.extruding:
                continue
            else:
                ratio = quotient(1.0, abs(self.rate[3]))
            self._limit(checker.max_velocity * ratio, checker.max_accel * ratio)

    def _limit(self, velocity: float, acceleration: float) -> None:
        v2 = velocity * velocity
        if v2 < self.max_cruise_v2:
            self.max_cruise_v2 = v2
        self.acceleration = least(self.acceleration, acceleration)
        self.max_dv2 = 2.0 * self.distance * self.acceleration
        self.smoothed_dv2 = least(self.smoothed_dv2, self.max_dv2)

    def join(self, before: "Move", machine: Machine) -> None:
        """Set the speed at which this move may be entered, out of the one before it.

        That is a stand, unless both move the head and do not turn back. Else the least of: the corner's own speed, the
        jump of the filament, the speeds of both moves, and what the moves before can reach.
        """
        if not self.kinematic or not before.kinematic:
            return
        (rx, ry, rz, _), (px, py, pz, _) = self.rate, before.rate
        cosine = -(rx * px + ry * py + rz * pz)
        if cosine > MAX_COSINE:
            return
        v2 = least(self._junction_v2(before, greatest(cosine, -MAX_COSINE)), self._filament_v2(before, machine))
        v2 = least(v2, self.max_cruise_v2)
        v2 = least(v2, before.max_cruise_v2)
        self.max_start_v2 = least(v2, before.max_start_v2 + before.max_dv2)
        self.max_smoothed_v2 = least(self.max_start_v2, before.max_smoothed_v2 + before.smoothed_dv2)

    def _junction_v2(self, before: "Move", cosine: float) -> float:
        """Klipper's junction deviation: the corner's speed is that of a circle which touches both moves.

        On a circle v2 = radius * acceleration. One that leaves the corner by no more than the deviation d has
        radius = d * sin / (1 - sin), one that touches both moves in their middle radius = distance / 2 * tan, both of
        half the angle between the moves (180 degrees: straight on), whose cosine is given.
        """
        half_sine = math.sqrt(0.5 * (1.0 - cosine))
        half_tangent = quotient(half_sine, math.sqrt(0.5 * (1.0 + cosine)))
        per_deviation = quotient(half_sine, 1.0 - half_sine)
        v2 = least(
            per_deviation * self.junction_deviation * self.acceleration,
            per_deviation * before.junction_deviation * before.acceleration,
        )
        v2 = least(v2, 0.5 * self.distance * half_tangent * self.acceleration)
        return least(v2, 0.5 * before.distance * half_tangent * before.acceleration)

    def _filament_v2(self, before: "Move", machine: Machine) -> float:
        """The speed at which the feeder jumps by no more than the instant corner velocity."""
        change = abs(self.rate[3] - before.rate[3])
        corner = machine.instant_corner_velocity / change if change > 0.0 else 0.0
        return corner * corner if change > 0.0 else self.max_cruise_v2

    def set_speeds(self, start_v2: float, cruise_v2: float, end_v2: float) -> None:
        self.start_v, self.cruise_v, self.end_v = root(start_v2), root(cruise_v2), root(end_v2)
