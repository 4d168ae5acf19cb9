"""Firmware retraction (reference/retraction.py says what it does), once the kinds of its moves have numbers."""

from typing import Any

from printyard.gcode.kernel.compiled import compiled
from printyard.gcode.kernel.motion import add_move
from printyard.gcode.kernel.way import go_straight
from printyard.gcode.reference.machine import UNNUMBERED


@compiled
def retract(bench: Any) -> bool:
    """G10. False, and nothing is done, where plain Python has to number a kind first."""
    machine = bench.machine
    length, lift = machine.retract_length, machine.lift_z
    if machine.retracted:
        return True
    if (length > 0.0 and machine.retract_kind == UNNUMBERED) or (lift > 0.0 and machine.lift_kind == UNNUMBERED):
        return False
    machine.retracted = 1
    machine.owed_length, machine.owed_lift = length + machine.unretract_extra_length, lift
    if length > 0.0:
        _push(bench, length, machine.retract_speed, machine.retract_kind)
    if lift > 0.0:
        _lift(bench, lift, machine.lift_kind)
    return True


@compiled
def unretract(bench: Any) -> bool:
    """G11. False, and nothing is done, where plain Python has to number a kind first."""
    machine = bench.machine
    length, lift = machine.owed_length, machine.owed_lift
    if not machine.retracted:
        return True
    if (length > 0.0 and machine.unretract_kind == UNNUMBERED) or (lift > 0.0 and machine.lower_kind == UNNUMBERED):
        return False
    machine.retracted = 0
    if length > 0.0:
        _push(bench, -length, machine.unretract_speed, machine.unretract_kind)
    if lift > 0.0:
        _lift(bench, -lift, machine.lower_kind)
    return True


@compiled
def _push(bench: Any, length: float, speed: float, kind: int) -> None:
    machine = bench.machine
    add_move(bench, machine.x, machine.y, machine.z, machine.e + length, -length, speed, kind)


@compiled
def _lift(bench: Any, height: float, kind: int) -> None:
    """Left to go: a flush may be due before it."""
    machine = bench.machine
    go_straight(bench.way, machine.x, machine.y, machine.z + height, machine.e, 0.0, machine.velocity, kind)
