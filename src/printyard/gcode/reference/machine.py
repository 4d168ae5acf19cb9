"""What the analysis knows of the machine while it reads: the modal state that the lines change.

The kernel keeps the same fields in a record of its own (kernel/layout.py); both are written through this protocol.
"""

import math
from dataclasses import dataclass
from typing import Final, Protocol

from printyard.gcode.limits import Limits

DEFAULT_ACCEL_TO_DECEL: Final = 50.0
NO_MOVE: Final = -1
UNNUMBERED: Final = -1
"""A kind of move that has not come yet."""


class LayerMarks:
    """Who says where a layer begins: nobody yet (then the height does), or the slicer's comments of one style."""

    NONE: Final = 0
    NUMBERED: Final = 1
    CHANGED: Final = 2


@dataclass(slots=True)
class Machine:
    """Logical position (mm), modes and limits; then what only the plan needs.

    The last fields are Marlin's own limits, where `marlin` is set; a `deviation` of 0 means that corners go by jerk.
    `shift_*` turns logical into the machine's coordinates (G92 moves the words, not the head). `e_meant` is the E
    position as slicers mean it: while G91 is on, E is relative in it. `filament` is the active tool's, net.
    `clock` counts moves and dwells, `elapsed` waits of unknown length too. `stamping` tells which lines may want a
    time (Stamps.letters), `awaited` that one before the next move does.
    `max_accel_to_decel` and `minimum_cruise_ratio` are NaN, `mm_per_arc_segment` is 0, where the limits have none.
    `segments` counts those of all arcs.
    `retracts`: G10 and G11 do something; `owed_length` and `owed_lift` are what G11 takes back. The kinds of their four
    moves are numbered when the first of them comes.
    """

    x: float = 0.0
    y: float = 0.0
    z: float = 0.0
    e: float = 0.0
    velocity: float = 0.0
    max_velocity: float = 0.0
    max_acceleration: float = 0.0
    square_corner_velocity: float = 0.0
    instant_corner_velocity: float = 0.0
    max_accel_to_decel: float = math.nan
    minimum_cruise_ratio: float = math.nan
    mm_per_arc_segment: float = 0.0
    junction_deviation: float = 0.0
    accel_to_decel: float = 0.0
    relative_e: int = 1
    plane: int = 0
    kind: int = 0
    line: int = 0
    added: int = 0
    clock: float = 0.0
    elapsed: float = 0.0
    stamping: int = 0
    awaited: int = 0
    planning: int = 0
    shift_x: float = 0.0
    shift_y: float = 0.0
    shift_z: float = 0.0
    relative_xyz: int = 0
    e_meant: float = 0.0
    filament: float = 0.0
    tool: int = 0
    offset: int = 0
    layer_marks: int = LayerMarks.NONE
    layers: int = 0
    layer_z: float = -math.inf
    first_layer_mark: int = 0
    first_extrusion: int = NO_MOVE
    min_x: float = math.inf
    min_y: float = math.inf
    min_z: float = math.inf
    max_x: float = -math.inf
    max_y: float = -math.inf
    max_z: float = -math.inf
    retracts: int = 0
    retracted: int = 0
    retract_length: float = 0.0
    retract_speed: float = 0.0
    unretract_extra_length: float = 0.0
    unretract_speed: float = 0.0
    lift_z: float = 0.0
    owed_length: float = 0.0
    owed_lift: float = 0.0
    retract_kind: int = UNNUMBERED
    lift_kind: int = UNNUMBERED
    unretract_kind: int = UNNUMBERED
    lower_kind: int = UNNUMBERED
    marlin: int = 0
    print_acceleration: float = 0.0
    retract_acceleration: float = 0.0
    travel_acceleration: float = 0.0
    deviation: float = 0.0
    max_feed_x: float = 0.0
    max_feed_y: float = 0.0
    max_feed_z: float = 0.0
    max_feed_e: float = 0.0
    max_accel_x: float = 0.0
    max_accel_y: float = 0.0
    max_accel_z: float = 0.0
    max_accel_e: float = 0.0
    jerk_x: float = 0.0
    jerk_y: float = 0.0
    jerk_z: float = 0.0
    jerk_e: float = 0.0
    segments: int = 0


class Planner(Protocol):
    """What the lines ask for: moves and delays, in the order of the file."""

    def add_move(self, x: float, y: float, z: float, e: float, filament: float, velocity: float, kind: int) -> None:
        """Go to a logical position (mm, mm/s); `filament` is what the slicer means to push through, in mm."""

    def add_arc(  # noqa: PLR0913 - an arc is a move with a centre and a sense
        self,
        x: float,
        y: float,
        z: float,
        e: float,
        filament: float,
        velocity: float,
        kind: int,
        *,
        offsets: tuple[float, float],
        clockwise: bool,
    ) -> None:
        """Go there on an arc in the machine's plane around a centre, given from the present position."""

    def add_delay(self, seconds: float, kind: int, *, indeterminate: bool) -> None:
        """Stand still. An indeterminate delay takes none of the plan's time."""


def adopt(machine: Machine, limits: Limits) -> None:
    """Set the limits that the machine begins with."""
    machine.velocity = machine.max_velocity = limits.max_velocity
    machine.max_acceleration = limits.max_acceleration
    machine.square_corner_velocity = limits.square_corner_velocity
    machine.instant_corner_velocity = limits.instant_corner_velocity
    machine.max_accel_to_decel = _or_nan(limits.max_accel_to_decel)
    machine.minimum_cruise_ratio = _or_nan(limits.minimum_cruise_ratio)
    machine.mm_per_arc_segment = limits.mm_per_arc_segment or 0.0
    derive(machine)


def derive(machine: Machine) -> None:
    """Recompute what follows from acceleration, corner velocity and the deceleration rule."""
    acceleration = machine.max_acceleration
    corner = machine.square_corner_velocity
    deviation = corner * corner * (math.sqrt(2.0) - 1.0)
    machine.junction_deviation = quotient(deviation, acceleration)
    ratio, limit = machine.minimum_cruise_ratio, machine.max_accel_to_decel
    if not math.isnan(ratio):
        machine.accel_to_decel = acceleration * (1.0 - min(max(ratio, 0.0), 1.0))
    else:
        machine.accel_to_decel = least(DEFAULT_ACCEL_TO_DECEL if math.isnan(limit) else limit, acceleration)


def quotient(dividend: float, divisor: float) -> float:
    """IEEE division: infinite or NaN where Python raises."""
    if divisor != 0.0:
        return float(dividend) / float(divisor)
    if dividend == 0.0 or math.isnan(dividend):
        return math.nan
    return math.copysign(math.inf, dividend) * math.copysign(1.0, divisor)


def least(one: float, other: float) -> float:
    """The smaller number; of a number and NaN the number, as Rust's `min` and unlike Python's."""
    return one if one < other or math.isnan(other) else other


def greatest(one: float, other: float) -> float:
    """The greater number. Of a number and NaN the second, where Python's `max` and numba's differ."""
    return one if one > other else other


def root(square: float) -> float:
    """The square root; NaN of a negative number, of which Python has none."""
    return math.nan if square < 0.0 else math.sqrt(square)


def _or_nan(value: float | None) -> float:
    return math.nan if value is None else value
