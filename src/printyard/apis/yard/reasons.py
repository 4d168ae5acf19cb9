"""Why a job waits, in sentences for people: one for each key, and for each change."""

from printyard.core.model.verdict import Change, ChangeKind, Impediment, ImpedimentKey
from printyard.core.tables import total

SENTENCES = total(ImpedimentKey, {
    ImpedimentKey.WAITS_FOR_APPROVAL: "It waits for somebody's approval.",
    ImpedimentKey.HELD: "It is put aside.",
    ImpedimentKey.FILE_UNREAD: "Its file is being read.",
    ImpedimentKey.NO_PRINTER: "Its group has no printer.",
    ImpedimentKey.OTHER_PRINTER_REQUIRED: "It is meant for another printer.",
    ImpedimentKey.WRONG_MACHINE: "It was made for another machine.",
    ImpedimentKey.WRONG_FLAVOR: "It was made for another kind of firmware.",
    ImpedimentKey.EXTRUDER_ABSENT: "It needs a tool that the printer does not have.",
    ImpedimentKey.DOES_NOT_FIT: "It is larger than the build volume.",
    ImpedimentKey.NOT_ENOUGH_MATERIAL: "There is too little filament on {tool}: {wanted} are needed, {found} are left.",
    ImpedimentKey.PRINTER_OFFLINE: "The printer cannot be reached.",
    ImpedimentKey.PRINTER_FAULT: "The printer has a fault.",
    ImpedimentKey.PRINTER_DISABLED: "The printer is switched off for new jobs.",
    ImpedimentKey.PRINTER_IN_MAINTENANCE: "The printer is in maintenance.",
    ImpedimentKey.PRINTER_BUSY: "The printer is busy.",
    ImpedimentKey.PRINTER_RESERVED: "The printer is kept for another job.",
    ImpedimentKey.PLATE_OCCUPIED: "The last print is still on the plate.",
    ImpedimentKey.NOT_RECORDING: "The server cannot record what happens, and starts nothing.",
    ImpedimentKey.OTHERS_FIRST: "Other jobs are before it.",
})  # fmt: skip

CHANGES = total(ChangeKind, {
    ChangeKind.MATERIAL_CHANGE: "Change the material of {tool} from {origin} to {target}.",
    ChangeKind.MATERIAL_INSERT: "Load {target} into {tool}.",
    ChangeKind.PRINT_CORE_CHANGE: "Change the print core of {tool} from {origin} to {target}.",
    ChangeKind.BUILDPLATE_CHANGE: "Change the build plate from {origin} to {target}.",
})  # fmt: skip

UNKNOWN = "what is there"
"""In the place of what nobody has a name for."""


def why(impediment: Impediment) -> str:
    """What is in the way."""
    return SENTENCES[impediment.key].format(
        tool=_tool(impediment.tool), wanted=impediment.wanted, found=impediment.found
    )


def what_to_do(change: Change) -> str:
    """What a person would change."""
    return CHANGES[change.kind].format(
        tool=_tool(change.tool), origin=change.origin_name or UNKNOWN, target=change.target_name
    )


def _tool(number: int | None) -> str:
    """A tool as people count them."""
    return "the printer" if number is None else f"tool {number + 1}"
