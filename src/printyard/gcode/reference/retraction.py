"""Firmware retraction: what G10 and G11 do on a machine that has it."""

from msgspec import structs

from printyard.gcode.limits import FirmwareRetraction
from printyard.gcode.reference.kinds import Kinds
from printyard.gcode.reference.lines import Named
from printyard.gcode.reference.machine import Machine, Planner

_KEYS = ("retract_length", "retract_speed", "unretract_extra_length", "unretract_speed", "lift_z")


class Retraction:
    """Retracted or not; a repeated G10 or G11 does nothing.

    Two of klipper_estimator's ways are kept in the motion, since the numbers are compared with its own: G10 moves E by
    plus the length and G11 by minus, and the lift takes the present velocity. The plan's filament has the right sign.
    """

    def __init__(self, settings: FirmwareRetraction, machine: Machine, planner: Planner, kinds: Kinds) -> None:
        self._settings = settings
        self._machine = machine
        self._planner = planner
        self._kinds = kinds
        self._retracted: tuple[float, float] | None = None

    def change(self, line: Named) -> None:
        """SET_RETRACTION."""
        given = {key: max(value, 0.0) for key in _KEYS if (value := line.value(key)) is not None}
        self._settings = structs.replace(self._settings, **given)

    def retract(self) -> None:
        if self._retracted is not None:
            return
        settings = self._settings
        if settings.retract_length > 0.0:
            self._push(settings.retract_length, settings.retract_speed, "Firmware retract")
        if settings.lift_z > 0.0:
            self._lift(settings.lift_z, "Firmware retract Z hop")
        self._retracted = settings.lift_z, settings.retract_length + settings.unretract_extra_length

    def unretract(self) -> None:
        if self._retracted is None:
            return
        lift, length = self._retracted
        if length > 0.0:
            self._push(-length, self._settings.unretract_speed, "Firmware unretract")
        if lift > 0.0:
            self._lift(-lift, "Firmware unretract Z hop")
        self._retracted = None

    def _push(self, length: float, speed: float, kind: str) -> None:
        machine = self._machine
        at = (machine.x, machine.y, machine.z, machine.e + length)
        self._planner.add_move(*at, -length, speed, self._kinds.number(kind))

    def _lift(self, height: float, kind: str) -> None:
        machine = self._machine
        at = (machine.x, machine.y, machine.z + height, machine.e)
        self._planner.add_move(*at, 0.0, machine.velocity, self._kinds.number(kind))
