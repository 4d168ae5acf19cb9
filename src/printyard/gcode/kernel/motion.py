"""A move comes, as its line asks for it. What follows from it is reckoned later, for many at once (corners.py)."""

import math
from typing import Any

from printyard.gcode.kernel.compiled import at, inlined, least
from printyard.gcode.kernel.layout import AWAITED, EXTRUDING, KINEMATIC, LEVEL
from printyard.gcode.reference.machine import DEFAULT_ACCEL_TO_DECEL, NO_MOVE, LayerMarks
from printyard.gcode.reference.moves import EPSILON, UNLIMITED
from printyard.gcode.reference.planner import LAYER_RISE

NO_MARKS = LayerMarks.NONE
CORNER = math.sqrt(2.0) - 1.0
TINY = 1e-150
"""Millimetres whose square may be nothing."""


@inlined
def derive(machine: Any) -> None:
    """Recompute what follows from acceleration, corner velocity and deceleration rule (reference.machine.derive)."""
    acceleration = machine.max_acceleration
    corner = machine.square_corner_velocity
    machine.junction_deviation = corner * corner * CORNER / acceleration
    if not math.isnan(machine.minimum_cruise_ratio):
        machine.accel_to_decel = acceleration * (1.0 - min(max(machine.minimum_cruise_ratio, 0.0), 1.0))
    elif not math.isnan(machine.max_accel_to_decel):
        machine.accel_to_decel = least(machine.max_accel_to_decel, acceleration)
    else:
        machine.accel_to_decel = least(DEFAULT_ACCEL_TO_DECEL, acceleration)


@inlined
def add_move(bench: Any, x: float, y: float, z: float, e: float, filament: float, velocity: float, kind: int) -> None:
    """Queue the move from the machine's position to another (mm, mm/s), unless nothing moves. The queue has room."""
    machine, fresh = bench.machine, bench.fresh
    dx, dy, dz, delta_e = x - machine.x, y - machine.y, z - machine.z, e - machine.e
    kinematic = machine.x != x or machine.y != y or machine.z != z
    index = at(machine.fresh + 1)
    fresh.start_z[index] = machine.z
    machine.x, machine.y, machine.z, machine.e = x, y, z, e
    if math.isfinite(filament):
        machine.filament += filament
    if kinematic:
        if abs(dx) < TINY and abs(dy) < TINY and abs(dz) < TINY and dx * dx + dy * dy + dz * dz == 0.0:
            return
    elif delta_e == 0.0:
        return
    fresh.way_x[index], fresh.way_y[index], fresh.way_z[index], fresh.delta_e[index] = dx, dy, dz, delta_e
    fresh.kind[index] = kind
    flags = EXTRUDING if abs(delta_e) >= EPSILON else 0
    if abs(dz) < EPSILON:
        flags |= LEVEL
    if kinematic:
        flags |= KINEMATIC
    if machine.awaited:
        machine.awaited = 0
        flags |= AWAITED
    fresh.flags[index] = flags
    fresh.junction_deviation[index], fresh.accel_to_decel[index] = machine.junction_deviation, machine.accel_to_decel
    if machine.marlin:
        fresh.velocity[index], fresh.acceleration[index] = velocity, _by_use(machine, flags)
    elif kinematic:
        fresh.velocity[index] = least(velocity, machine.max_velocity)
        fresh.acceleration[index] = machine.max_acceleration
    else:
        fresh.velocity[index], fresh.acceleration[index] = velocity, UNLIMITED
    if machine.planning:
        _mark(machine, fresh, index, kinematic and filament > 0.0)
    machine.fresh += 1
    machine.added += 1


@inlined
def _by_use(machine: Any, flags: int) -> float:
    """Marlin's acceleration for a move that prints, travels, or moves the filament alone."""
    if not flags & KINEMATIC:
        return float(machine.retract_acceleration)
    return float(machine.print_acceleration if flags & EXTRUDING else machine.travel_acceleration)


@inlined
def _mark(machine: Any, fresh: Any, index: int, printing: bool) -> None:
    """Keep with a move what the plan says about it."""
    x, y, z = machine.x + machine.shift_x, machine.y + machine.shift_y, machine.z + machine.shift_z
    if printing:
        dx, dy, dz = fresh.way_x[index], fresh.way_y[index], fresh.way_z[index]
        _stretch(machine, x, y, z)
        _stretch(machine, x - dx, y - dy, z - dz)
        if machine.first_extrusion == NO_MOVE:
            machine.first_extrusion = machine.added
        if machine.layer_marks == NO_MARKS and (dx != 0.0 or dy != 0.0) and z > machine.layer_z + LAYER_RISE:
            machine.layers += 1
            machine.layer_z = z
    fresh.x[index], fresh.y[index], fresh.z[index] = x, y, z
    fresh.filament[index] = machine.filament
    fresh.offset[index] = machine.offset
    fresh.tool[index] = machine.tool
    fresh.layer[index] = max(machine.layers - 1, 0)


@inlined
def _stretch(machine: Any, x: float, y: float, z: float) -> None:
    """The box around what is laid down holds this place too."""
    if x < machine.min_x:
        machine.min_x = x
    if x > machine.max_x:
        machine.max_x = x
    if y < machine.min_y:
        machine.min_y = y
    if y > machine.max_y:
        machine.max_y = y
    if z < machine.min_z:
        machine.min_z = z
    if z > machine.max_z:
        machine.max_z = z
