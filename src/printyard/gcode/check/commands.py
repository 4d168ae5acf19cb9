"""Commands that no print needs and that outlast it: one row for each, with the words that follow "The file ...".

Left out on purpose, since slicers' own start code has them or they change nothing: M503 and M504 (report, verify), M201
to M205, M220, M221, M900 (limits and factors of this print), M906 and M907 (Prusa's currents), M84 and M81 (motors and
power off at the end), M30 (deletes a file, but ends the program in other dialects). Sources: the documents of Marlin,
RepRapFirmware and Klipper.
"""

from typing import NamedTuple

from printyard.gcode.reasons import Code


class Deed(NamedTuple):
    """How bad a command is, and what it does."""

    code: Code
    words: str


_HARMS, _ALTERS, _RESTORES = Code.HARMS_PRINTER, Code.ALTERS_PRINTER, Code.RESTORES_SETTINGS

DEEDS: dict[str, Deed] = {
    # Ends the print, or the printer.
    "M112": Deed(_HARMS, "stops the printer as in an emergency"),
    "M502": Deed(_HARMS, "sets steps, offsets and heater control back to the factory's"),
    "M510": Deed(_HARMS, "locks the printer's panel"),
    "M512": Deed(_HARMS, "changes the printer's passcode"),
    "M997": Deed(_HARMS, "installs firmware"),
    "M28": Deed(_HARMS, "writes its lines to the printer's card instead of printing them"),
    "M559": Deed(_HARMS, "writes its lines into the printer's configuration"),
    "M560": Deed(_HARMS, "writes its lines into the printer's web page"),
    "FIRMWARE_RESTART": Deed(_HARMS, "restarts the firmware"),
    "RESTART": Deed(_HARMS, "restarts the printer's host software"),
    "SAVE_CONFIG": Deed(_HARMS, "writes the configuration and restarts the printer"),
    "RUN_SHELL_COMMAND": Deed(_HARMS, "runs a program on the printer's host"),
    # Stays when the print is over.
    "M500": Deed(_ALTERS, "saves the settings of the moment in the printer"),
    "M92": Deed(_ALTERS, "changes the steps per millimetre"),
    "M143": Deed(_ALTERS, "changes the highest temperature that is allowed"),
    "M206": Deed(_ALTERS, "shifts the home position"),
    "M301": Deed(_ALTERS, "changes the control of the hot end"),
    "M303": Deed(_ALTERS, "tunes a heater, which heats it and changes its control"),
    "M304": Deed(_ALTERS, "changes the control of the bed"),
    "M305": Deed(_ALTERS, "changes how a temperature is measured"),
    "M350": Deed(_ALTERS, "changes the microsteps of the motors"),
    "M428": Deed(_ALTERS, "shifts the home position"),
    "M551": Deed(_ALTERS, "changes the printer's password"),
    "M552": Deed(_ALTERS, "changes the printer's network"),
    "M570": Deed(_ALTERS, "changes how heater faults are found"),
    "M587": Deed(_ALTERS, "adds a wireless network"),
    "M588": Deed(_ALTERS, "forgets a wireless network"),
    "M589": Deed(_ALTERS, "changes the printer's own wireless network"),
    "M665": Deed(_ALTERS, "changes the geometry of the machine"),
    "M666": Deed(_ALTERS, "changes the endstops"),
    "M851": Deed(_ALTERS, "changes the height of the probe"),
    "PID_CALIBRATE": Deed(_ALTERS, "tunes a heater, which heats it and changes its control"),
    # Undoes what was set for the moment.
    "M501": Deed(_RESTORES, "loads the printer's saved settings"),
}

NOT_MACROS = ("EXCLUDE_OBJECT", "SET_", "TIMELAPSE_", "TEMPERATURE_WAIT", "ACTIVATE_EXTRUDER", "RESPOND")
"""How Klipper's own commands begin that neither home nor heat; any other word may be a macro, which may do both."""
