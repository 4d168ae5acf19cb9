"""The troubles that can be brought on a virtual printer, and the buttons of its panel.

What each does is in troubles.py. One that the device cannot notice has no message: clients see it by other means.
"""

from msgspec import Struct

from printyard.core.model.state import Severity


class Kind(Struct, frozen=True, kw_only=True):
    """A trouble in words. `number` in the message counts extruders from 1; `ends` tells a person how it ends."""

    ends: str
    severity: Severity = Severity.WARNING
    message: str = ""
    of_a_tool: bool = False


KINDS: dict[str, Kind] = {
    "filament_runout": Kind(
        message="Extruder {number} has run out of filament.",
        of_a_tool=True,
        ends="load material into the extruder, then resume",
    ),
    "heater_fault": Kind(
        severity=Severity.BLOCKING,
        message="A heater does not get warm: the print was ended.",
        ends="mend it",
    ),
    "thermal_runaway": Kind(
        severity=Severity.FATAL,
        message="A heater got hotter than it was told: the machine has stopped.",
        ends="mend it; the machine then starts anew",
    ),
    "link_lost": Kind(ends="mend it, or after `seconds`; the print goes on meanwhile"),
    "power_cut": Kind(ends="mend it, or after `seconds`; the machine then starts anew"),
    "clog": Kind(
        message="Extruder {number} does not move any filament.",
        of_a_tool=True,
        ends="mend it, then resume",
    ),
    "print_detached": Kind(ends="clear the plate, or mend it"),
    "spaghetti": Kind(ends="clear the plate, or mend it"),
    "disk_full": Kind(message="The storage of the machine is full: no file can be printed.", ends="mend it"),
    "slow_network": Kind(ends="mend it, or after `seconds`"),
    "door_open": Kind(message="The door is open: close it, then resume.", ends="mend it, then resume"),
    "panel_start": Kind(ends="at once: somebody prints the file on the machine's own stick"),
    "emergency_stop": Kind(
        severity=Severity.FATAL,
        message="The machine was stopped in an emergency.",
        ends="mend it, or restart the machine",
    ),
    "no_file": Kind(
        message="The file of the print is gone from the machine's storage.", ends="mend it, or start a print"
    ),
}
"""All that can stand; the last two are not brought on demand."""

TROUBLES = tuple(kind for kind in KINDS if kind not in {"emergency_stop", "no_file"})
"""The twelve."""

BUTTONS = ("panel_pause", "panel_resume", "panel_cancel", "panel_clear_plate", "panel_answer")
"""What somebody can press on the machine's own panel."""

CAMERA_TROUBLE = {"print_detached": "detached", "spaghetti": "spaghetti"}
"""What the camera sees, and nothing else."""
