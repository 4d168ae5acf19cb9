"""Counts what the moves of one sequence take."""

import math
from typing import Final, NamedTuple

from printyard.gcode.estimate import PhaseTimes, Sequence, in_byte_order
from printyard.gcode.reference.machine import quotient
from printyard.gcode.reference.moves import EPSILON, Move

START_SECONDS: Final = 0.25
"""What a sequence takes before its first move."""
FILAMENT_SECTION: Final = (0.875, 0.875, math.pi)
"""Factors of the filament's area, mm2: its diameter is taken as 1.75 mm."""
MAX_LAYERS: Final = 1 << 17
MAX_LAYER_KEY: Final = 9e18


class Timing(NamedTuple):
    """Seconds of one move, by phase."""

    acceleration: float
    cruise: float
    deceleration: float
    total: float


def timing(distance: float, acceleration: float, start: float, cruise: float, end: float) -> Timing:
    """The seconds of a trapezoid (mm, mm/s2, mm/s)."""
    up_way = quotient((cruise * cruise - start * start) * 0.5, acceleration)
    down_way = quotient((cruise * cruise - end * end) * 0.5, acceleration)
    up = quotient(up_way, (start + cruise) * 0.5)
    down = quotient(down_way, (end + cruise) * 0.5)
    level_way = distance - up_way - down_way
    level = quotient(level_way if level_way > 0.0 else 0.0, cruise)
    return Timing(up, level, down, up + level + down)


def layer_key(z: float) -> float:
    """Micrometres, rounded half away from zero; 0.0 and -0.0 are the same key."""
    scaled = min(abs(z * 1000.0), MAX_LAYER_KEY)
    rounded = math.floor(scaled + 0.5)
    if rounded - scaled > 0.5:
        rounded -= 1
    return math.copysign(float(rounded), z) + 0.0


class Tally:
    """The running sums of one sequence; `begun` as soon as it has a move or a delay."""

    def __init__(self) -> None:
        self.begun = False
        self.moves = 0
        self.time = self.distance = self.extruded = 0.0
        self.flow, self.speed = -math.inf, -math.inf
        self.z_time = self.output = self.travel = self.extrude_only = 0.0
        self.acceleration = self.cruise = self.deceleration = 0.0
        self.kinds: dict[int, float] = {}
        self.layers: dict[float, float] = {}
        self._last_layer = 0.0

    def delay(self, seconds: float, kind: int) -> None:
        self.begun = True
        self.time += seconds
        self.kinds[kind] = self.kinds.get(kind, 0.0) + seconds

    def count(self, move: Move) -> Timing:
        """Add one move whose speeds are fixed."""
        time = timing(move.distance, move.acceleration, move.start_v, move.cruise_v, move.end_v)
        if self.moves == 0:
            self.begun = True
            self.time += START_SECONDS
        self.moves += 1
        self.time += time.total
        self.distance += move.distance
        self.extruded += move.delta_e
        self.speed = max(self.speed, 0.0, move.cruise_v)
        self.acceleration += time.acceleration
        self.cruise += time.cruise
        self.deceleration += time.deceleration
        self.kinds[move.kind] = self.kinds.get(move.kind, 0.0) + time.total
        self._count_use(move, time.total)
        if abs(move.way[2]) < EPSILON:
            self._count_layer(move.start_z, time.total)
        else:
            self.z_time += time.total
        return time

    def _count_use(self, move: Move, seconds: float) -> None:
        if move.kinematic and move.extruding:
            a, b, c = FILAMENT_SECTION
            self.output += seconds
            self.flow = max(self.flow, 0.0, quotient(move.delta_e * a * b * c, seconds))
        elif move.extruding:
            self.extrude_only += seconds
        elif move.kinematic:
            self.travel += seconds

    def _count_layer(self, z: float, seconds: float) -> None:
        key = layer_key(z)
        if key not in self.layers and len(self.layers) >= MAX_LAYERS:
            key = self._last_layer
        self._last_layer = key
        self.layers[key] = self.layers.get(key, 0.0) + seconds

    def sequence(self, kinds: list[str]) -> Sequence:
        return Sequence(
            total_time=self.time,
            total_distance=self.distance,
            total_extrude_distance=self.extruded,
            max_flow=None if self.flow == -math.inf else self.flow,
            max_speed=None if self.speed == -math.inf else self.speed,
            num_moves=self.moves,
            total_z_time=self.z_time,
            total_output_time=self.output,
            total_travel_time=self.travel,
            total_extrude_only_time=self.extrude_only,
            phase_times=PhaseTimes(self.acceleration, self.cruise, self.deceleration),
            kind_times=in_byte_order({kinds[kind]: seconds for kind, seconds in self.kinds.items()}),
            layer_times=tuple((key / 1000.0, seconds) for key, seconds in sorted(self.layers.items())),
        )
