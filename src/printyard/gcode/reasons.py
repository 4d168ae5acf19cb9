"""Everything that can be said against a file, or against printing it here: one row for each reason.

A row has the level and the sentence that a person reads. HEADER_NOT_PRESENT is UltiMaker's code, the others are ours.
"""

from enum import StrEnum
from typing import NamedTuple


class Level(StrEnum):
    """How bad it is: a NOTE is good to know, a WARNING is for a person to judge, an ERROR stands in the way."""

    NOTE = "NOTE"
    WARNING = "WARNING"
    ERROR = "ERROR"


class Code(StrEnum):
    """What can be wrong with a file, or with it on a certain machine."""

    HEADER_NOT_PRESENT = "HEADER_NOT_PRESENT"
    HEADER_NOT_ENDED = "HEADER_NOT_ENDED"
    HEADER_VERSION_NOT_SUPPORTED = "HEADER_VERSION_NOT_SUPPORTED"
    HEADER_LINE_INVALID = "HEADER_LINE_INVALID"
    HEADER_VALUE_MISSING = "HEADER_VALUE_MISSING"
    HEADER_VALUE_INVALID = "HEADER_VALUE_INVALID"

    FILE_DAMAGED = "FILE_DAMAGED"
    FILE_NOT_GCODE = "FILE_NOT_GCODE"
    ARCHIVE_UNSAFE = "ARCHIVE_UNSAFE"
    CONTENT_NOT_AS_NAMED = "CONTENT_NOT_AS_NAMED"
    NO_COMMANDS = "NO_COMMANDS"

    MACHINE_MISMATCH = "MACHINE_MISMATCH"
    MACHINE_DOUBTFUL = "MACHINE_DOUBTFUL"
    FLAVOR_MISMATCH = "FLAVOR_MISMATCH"
    EXTRUDER_ABSENT = "EXTRUDER_ABSENT"
    NOZZLE_MISMATCH = "NOZZLE_MISMATCH"
    MATERIAL_MISMATCH = "MATERIAL_MISMATCH"
    MATERIAL_ABSENT = "MATERIAL_ABSENT"
    PLATE_MISMATCH = "PLATE_MISMATCH"
    FILAMENT_SHORT = "FILAMENT_SHORT"

    OUT_OF_BUILD_VOLUME = "OUT_OF_BUILD_VOLUME"
    OVER_THE_EDGE = "OVER_THE_EDGE"

    TOO_HOT_FOR_PRINTER = "TOO_HOT_FOR_PRINTER"
    TOO_HOT_FOR_MATERIAL = "TOO_HOT_FOR_MATERIAL"
    NO_SUCH_HEATER = "NO_SUCH_HEATER"
    COLD_EXTRUSION = "COLD_EXTRUSION"
    HEATED_TOO_LATE = "HEATED_TOO_LATE"
    NEVER_HEATED = "NEVER_HEATED"
    HEATER_LEFT_ON = "HEATER_LEFT_ON"

    NOT_HOMED = "NOT_HOMED"
    HARMS_PRINTER = "HARMS_PRINTER"
    ALTERS_PRINTER = "ALTERS_PRINTER"
    RESTORES_SETTINGS = "RESTORES_SETTINGS"


class Reason(NamedTuple):
    """A level, and a sentence whose {words} the finding fills in."""

    level: Level
    sentence: str


_NOTE, _WARNING, _ERROR = Level.NOTE, Level.WARNING, Level.ERROR

REASONS: dict[Code, Reason] = {
    Code.HEADER_NOT_PRESENT: Reason(
        _WARNING, "The file has no header, so nothing can be said about machine, nozzle and material."
    ),
    Code.HEADER_NOT_ENDED: Reason(_WARNING, "The header has no ;END_OF_HEADER."),
    Code.HEADER_VERSION_NOT_SUPPORTED: Reason(_ERROR, "The header's version is not {version}."),
    Code.HEADER_LINE_INVALID: Reason(_WARNING, "Line {number} of the header is not of the form ;KEY:VALUE."),
    Code.HEADER_VALUE_MISSING: Reason(_WARNING, "The header lacks {key}."),
    Code.HEADER_VALUE_INVALID: Reason(_ERROR, "{key} is {wrong}."),
    # Of the file as a whole.
    Code.FILE_DAMAGED: Reason(_ERROR, "{fault}"),
    Code.FILE_NOT_GCODE: Reason(_ERROR, "{fault}"),
    Code.ARCHIVE_UNSAFE: Reason(_ERROR, "{fault}"),
    Code.CONTENT_NOT_AS_NAMED: Reason(
        _WARNING, "The file is named {suffix}, but holds {content}: printers that go by its name can't read it."
    ),
    Code.NO_COMMANDS: Reason(_ERROR, "The file holds no command that moves or heats anything."),
    # Of what is mounted and loaded.
    Code.MACHINE_MISMATCH: Reason(_ERROR, "The file was sliced for the {wanted}, not for the {found}."),
    # A warning: only Griffin headers name machines as their makers do; other slicers write the name of a preset.
    Code.MACHINE_DOUBTFUL: Reason(_WARNING, "The file was sliced for {wanted}; this printer is {found}."),
    Code.FLAVOR_MISMATCH: Reason(
        _ERROR, "The file leaves homing and heating to an UltiMaker printer; this printer would do neither."
    ),
    Code.EXTRUDER_ABSENT: Reason(_ERROR, "The file uses extruder {tool}; the machine has {found}."),
    Code.NOZZLE_MISMATCH: Reason(_ERROR, "Extruder {tool} should have {wanted} and has {found}."),
    Code.MATERIAL_MISMATCH: Reason(
        _WARNING, "Extruder {tool} has another material loaded than the file was sliced for{detail}."
    ),
    Code.MATERIAL_ABSENT: Reason(_WARNING, "Extruder {tool} prints, and no material is loaded in it."),
    Code.PLATE_MISMATCH: Reason(_WARNING, "The file was sliced for a plate of {wanted}; the printer has {found}."),
    Code.FILAMENT_SHORT: Reason(
        _WARNING, "Extruder {tool} needs {wanted} m of filament; about {found} m are left on its spool."
    ),
    # Of the way of the head; how far is a little, check/volume.py says.
    Code.OUT_OF_BUILD_VOLUME: Reason(
        _ERROR, "The print reaches from {axis} {low} to {high} mm; the machine has {least} to {most} mm."
    ),
    Code.OVER_THE_EDGE: Reason(
        _NOTE, "The head primes or prints a little beyond the plate: from {axis} {low} to {high} mm."
    ),
    # Of heat.
    Code.TOO_HOT_FOR_PRINTER: Reason(
        _ERROR, "The file heats the {heater} to {wanted} degrees; the printer takes {found} at most."
    ),
    Code.TOO_HOT_FOR_MATERIAL: Reason(
        _WARNING, "The file heats extruder {tool} to {wanted} degrees; its material takes {found} at most."
    ),
    # A note: firmware passes over what it can't heat.
    Code.NO_SUCH_HEATER: Reason(_NOTE, "The file heats the {heater}, which the printer doesn't have."),
    Code.COLD_EXTRUSION: Reason(
        _ERROR, "The file extrudes with the hot end set to {celsius} degrees: the filament is still solid."
    ),
    # A warning: RepRapFirmware's start.g, or OctoPrint's script before a print, may have heated already.
    Code.HEATED_TOO_LATE: Reason(_WARNING, "The file extrudes before it heats the hot end."),
    Code.NEVER_HEATED: Reason(_NOTE, "The file never heats the hot end: it must be hot before the print starts."),
    # A note: PrusaSlicer's default end code leaves the bed on, and printers switch off by themselves.
    Code.HEATER_LEFT_ON: Reason(_NOTE, "The file ends with the {heater} set to {celsius} degrees."),
    # Of single commands; their table is in check/commands.py.
    Code.NOT_HOMED: Reason(_WARNING, "The file moves the head before it is homed."),
    Code.HARMS_PRINTER: Reason(_ERROR, "The file {deed} ({command}): a print has no need to."),
    Code.ALTERS_PRINTER: Reason(_WARNING, "The file {deed} ({command}), which lasts beyond the print."),
    Code.RESTORES_SETTINGS: Reason(_NOTE, "The file {deed} ({command})."),
}
