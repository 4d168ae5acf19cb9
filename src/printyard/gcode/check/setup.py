"""What is mounted and loaded, held against what the file was sliced for. What nobody knows is never a mismatch."""

import re
from collections.abc import Iterator
from enum import StrEnum
from functools import lru_cache

import msgspec

from printyard.gcode.check.facts import SELF_MANAGED, Finding, MachineFacts, Measured, ToolFacts, finding
from printyard.gcode.metadata.values import Metadata, ToolMetadata
from printyard.gcode.reasons import Code

_SAME_NOZZLE_MM = 0.005
_UNKNOWN_NOZZLES = frozenset({"", "unknown", "default"})
_NO_GUID = "00000000-0000-0000-0000-000000000000"


class ChangeKind(StrEnum):
    """What a person would have to change on the printer."""

    NOZZLE = "nozzle"
    MATERIAL = "material"
    MATERIAL_ABSENT = "material_absent"
    PLATE = "plate"


class SetupChange(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to change before the print fits: from `found` to `wanted`, on a tool (counted from 0; None: plate).

    Print cores and plates are given by name, a nozzle without one by its diameter, materials by GUID or else by type.
    """

    kind: ChangeKind
    wanted: str
    found: str = ""
    tool: int | None = None


def setup_changes(
    metadata: Metadata, machine: MachineFacts, summary: Measured | None = None
) -> tuple[SetupChange, ...]:
    """What has to be changed on the printer for this file: tools in order, then the plate."""
    changes: list[SetupChange] = []
    for tool in used_tools(metadata, summary):
        if tool.number < len(machine.tools):
            mounted = machine.tools[tool.number]
            changes += _nozzle(tool, mounted)
            changes += _material(tool, mounted)
    wanted, found = metadata.plate_type, machine.plate_type
    if wanted and found and folded(wanted) != folded(found):
        changes.append(SetupChange(kind=ChangeKind.PLATE, wanted=wanted, found=found))
    return tuple(changes)


def used_tools(metadata: Metadata, summary: Measured | None) -> list[ToolMetadata]:
    """The tools that take part in the print: those that were measured to extrude, else those not known to rest."""
    measured = summary.filament_mm if summary is not None else ()
    return [
        tool
        for tool in metadata.tools
        if (measured[tool.number] > 0 if tool.number < len(measured) else tool.filament_mm3 != 0 != tool.filament_mm)
    ]


def setup_findings(metadata: Metadata, machine: MachineFacts, summary: Measured | None = None) -> Iterator[Finding]:
    """Wrong machine, extruder, nozzle, material or plate, and too little filament."""
    yield from setup_obstacles(metadata, machine, summary)
    for change in setup_changes(metadata, machine, summary):
        yield _told(change, metadata, machine)
    yield from _filament(metadata, machine, summary)


def setup_obstacles(metadata: Metadata, machine: MachineFacts, summary: Measured | None = None) -> Iterator[Finding]:
    """What no change of the setup helps against: the wrong machine, an extruder that is not there."""
    yield from _machine(metadata, machine)
    yield from _extruders(metadata, machine, summary)


@lru_cache(maxsize=4096)
def folded(name: str) -> str:
    """Ultimaker S5, UltiMaker S5 and ultimaker_s5 are the same machine; so are AA 0.4 and aa0.4 the same core."""
    return re.sub(r"[\s_\-]+", "", name).casefold()


def is_self_managed(metadata: Metadata) -> bool:
    """Whether the file leaves homing and heating to the printer."""
    return folded(metadata.flavor) in SELF_MANAGED


def _machine(metadata: Metadata, machine: MachineFacts) -> Iterator[Finding]:
    if is_self_managed(metadata) and machine.flavor and folded(machine.flavor) != folded(metadata.flavor):
        yield finding(Code.FLAVOR_MISMATCH, metadata.flavor)
        return
    wanted = metadata.machine_name or metadata.printer_model
    names = {folded(name) for name in machine.names}
    if not wanted or not names or folded(wanted) in names:
        return
    if is_self_managed(metadata):
        yield finding(Code.MACHINE_MISMATCH, wanted, wanted=wanted, found=machine.names[0])
    elif not any(folded(wanted) in name or name in folded(wanted) for name in names):
        yield finding(Code.MACHINE_DOUBTFUL, wanted, wanted=wanted, found=machine.names[0])


def _extruders(metadata: Metadata, machine: MachineFacts, summary: Measured | None) -> Iterator[Finding]:
    """Only headers are sure of it: elsewhere many materials may share one nozzle."""
    if machine.tools and is_self_managed(metadata):
        for tool in used_tools(metadata, summary):
            if tool.number >= len(machine.tools):
                data = f"EXTRUDER_TRAIN.{tool.number}"
                yield finding(Code.EXTRUDER_ABSENT, data, tool=tool.number + 1, found=len(machine.tools))


def _nozzle(tool: ToolMetadata, mounted: ToolFacts) -> Iterator[SetupChange]:
    wanted, asked = tool.nozzle_name, tool.nozzle_mm
    if wanted.lower() not in _UNKNOWN_NOZZLES and mounted.core_name and folded(wanted) != folded(mounted.core_name):
        yield SetupChange(kind=ChangeKind.NOZZLE, wanted=wanted, found=mounted.core_name, tool=tool.number)
    elif asked is not None and mounted.nozzle_mm is not None and abs(asked - mounted.nozzle_mm) > _SAME_NOZZLE_MM:
        kind = ChangeKind.NOZZLE
        yield SetupChange(kind=kind, wanted=f"{asked:g}", found=f"{mounted.nozzle_mm:g}", tool=tool.number)


def _material(tool: ToolMetadata, mounted: ToolFacts) -> Iterator[SetupChange]:
    if mounted.loaded is False:
        wanted = tool.material_guid or tool.material_type
        yield SetupChange(kind=ChangeKind.MATERIAL_ABSENT, wanted=wanted, tool=tool.number)
        return
    wanted, found = tool.material_guid.lower(), (mounted.material_guid or "").lower()
    if wanted in ("", _NO_GUID) or not found:
        wanted, found = tool.material_type, mounted.material_type
        if folded(found) in folded(wanted) or folded(wanted) in folded(found):  # "" too, and PLA in PLA+
            return
    if wanted != found:
        yield SetupChange(kind=ChangeKind.MATERIAL, wanted=wanted, found=found, tool=tool.number)


def _told(change: SetupChange, metadata: Metadata, machine: MachineFacts) -> Finding:
    """The sentence for a change."""
    number = change.tool or 0
    match change.kind:
        case ChangeKind.NOZZLE:
            named = change.wanted[:1].isalpha()
            wanted = f"print core {change.wanted}" if named else f"a nozzle of {change.wanted} mm"
            found = change.found if named else f"one of {change.found} mm"
            return finding(Code.NOZZLE_MISMATCH, change.wanted, tool=number + 1, wanted=wanted, found=found)
        case ChangeKind.MATERIAL:
            wanted = next((tool.material_type for tool in metadata.tools if tool.number == number), "")
            found = machine.tools[number].material_type
            detail = f" ({found} instead of {wanted})" if wanted and found and wanted != found else ""
            return finding(Code.MATERIAL_MISMATCH, change.wanted, tool=number + 1, detail=detail)
        case ChangeKind.MATERIAL_ABSENT:
            return finding(Code.MATERIAL_ABSENT, change.wanted, tool=number + 1)
        case ChangeKind.PLATE:
            return finding(Code.PLATE_MISMATCH, change.wanted, wanted=change.wanted, found=change.found)


def _filament(metadata: Metadata, machine: MachineFacts, summary: Measured | None) -> Iterator[Finding]:
    claimed = {tool.number: tool.filament_mm for tool in metadata.tools}
    if len(claimed) <= 1 and claimed.get(0) is None:
        claimed = {0: metadata.filament_mm}
    for number, mounted in enumerate(machine.tools):
        measured = summary.filament_mm[number] if summary and number < len(summary.filament_mm) else None
        needed, left = claimed.get(number) if measured is None else measured, mounted.filament_left_mm
        if needed is not None and left is not None and needed > left:
            data = f"{number}:{needed:.0f}:{left:.0f}"
            wanted, found = f"{needed / 1000:.2f}", f"{max(left, 0) / 1000:.2f}"
            yield finding(Code.FILAMENT_SHORT, data, tool=number + 1, wanted=wanted, found=found)
