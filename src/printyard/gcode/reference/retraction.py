"""Firmware retraction: what G10 and G11 do on a machine that has it.

Two of klipper_estimator's ways are kept in the motion, since the numbers are compared with its own: G10 moves E by plus
the length and G11 by minus, and the lift takes the present velocity. The plan's filament has the right sign. A repeated
G10 or G11 does nothing. The kernel does the same (kernel/retraction.py) once the kinds of these moves have numbers.
"""

from printyard.gcode.limits import FirmwareRetraction
from printyard.gcode.reference.kinds import Kinds
from printyard.gcode.reference.lines import Named
from printyard.gcode.reference.machine import UNNUMBERED, Machine, Planner

_KEYS = ("retract_length", "retract_speed", "unretract_extra_length", "unretract_speed", "lift_z")
_KINDS = {
    "retract_kind": "Firmware retract",
    "lift_kind": "Firmware retract Z hop",
    "unretract_kind": "Firmware unretract",
    "lower_kind": "Firmware unretract Z hop",
}


class Retraction:
    """Does G10, G11 and SET_RETRACTION to a machine, which remembers the lengths, and whether it is retracted."""

    def __init__(self, machine: Machine, planner: Planner, kinds: Kinds) -> None:
        self._machine = machine
        self._planner = planner
        self._kinds = kinds

    def change(self, line: Named) -> None:
        """SET_RETRACTION."""
        for key in _KEYS:
            value = line.value(key)
            if value is not None:
                setattr(self._machine, key, value if value > 0.0 else 0.0)

    def retract(self) -> None:
        """G10."""
        machine = self._machine
        if machine.retracted:
            return
        machine.retracted = 1
        machine.owed_length = machine.retract_length + machine.unretract_extra_length
        machine.owed_lift = machine.lift_z
        if machine.retract_length > 0.0:
            self._push(machine.retract_length, machine.retract_speed, "retract_kind")
        if machine.lift_z > 0.0:
            self._lift(machine.lift_z, "lift_kind")

    def unretract(self) -> None:
        """G11."""
        machine = self._machine
        if not machine.retracted:
            return
        machine.retracted = 0
        if machine.owed_length > 0.0:
            self._push(-machine.owed_length, machine.unretract_speed, "unretract_kind")
        if machine.owed_lift > 0.0:
            self._lift(-machine.owed_lift, "lower_kind")

    def _push(self, length: float, speed: float, kind: str) -> None:
        machine = self._machine
        at = (machine.x, machine.y, machine.z, machine.e + length)
        self._planner.add_move(*at, -length, speed, self._number(kind))

    def _lift(self, height: float, kind: str) -> None:
        machine = self._machine
        at = (machine.x, machine.y, machine.z + height, machine.e)
        self._planner.add_move(*at, 0.0, machine.velocity, self._number(kind))

    def _number(self, kind: str) -> int:
        if getattr(self._machine, kind) == UNNUMBERED:
            setattr(self._machine, kind, self._kinds.number(_KINDS[kind]))
        return int(getattr(self._machine, kind))


def adopt(machine: Machine, settings: FirmwareRetraction) -> None:
    """Set what the machine begins with."""
    machine.retracts = 1
    for key in _KEYS:
        setattr(machine, key, getattr(settings, key))
