"""Reads what a job needs from what is known of its file, and what a printer has from its snapshot."""

from collections.abc import Mapping

from msgspec.structs import replace

from printyard.core.machine_facts import machine_facts
from printyard.core.model.file import Analysis, ToolUse
from printyard.core.model.machine import MachineModel
from printyard.core.model.material import Material
from printyard.core.model.needs import Box, Needs, Setup, ToolNeed
from printyard.core.model.printer import Printer
from printyard.core.model.state import PrinterState


def needs_of(analysis: Analysis) -> Needs:
    """What a file asks for. Tools that are named and rest while others print are not needed."""
    used = tuple(tool for tool in analysis.tools if tool.filament_mm > 0.0) or analysis.tools
    said = () if analysis.facts is None else analysis.facts.metadata.tools
    types = {tool.number: tool.material_type for tool in said}
    least, most = analysis.extent_min_mm, analysis.extent_max_mm
    return Needs(
        machine=analysis.machine,
        flavor=analysis.flavor,
        tools=tuple(_tool(tool, types.get(tool.tool, "")) for tool in used),
        plate_type=analysis.plate_type,
        box=None if least is None or most is None else Box(least=least, most=most),
    )


def setup_of(
    printer: Printer, state: PrinterState, machine: MachineModel, materials: Mapping[str, Material]
) -> Setup:  # fmt: skip
    """What a printer has; `materials` by GUID tell the type of what is loaded."""
    facts = machine_facts(machine, state, printer.setup, materials)
    return Setup(
        machine=replace(facts, tools=tuple(replace(tool, filament_left_mm=None) for tool in facts.tools)),
        left_mm=tuple(tool.filament_left_mm for tool in facts.tools),
    )


def _tool(use: ToolUse, material_type: str) -> ToolNeed:
    return ToolNeed(
        tool=use.tool,
        nozzle_name=use.nozzle_name,
        nozzle_mm=use.nozzle_mm,
        material_guid=use.material_guid.lower(),
        material_type=material_type,
        filament_mm=use.filament_mm,
    )
