"""A printer as the check of a file sees it: its kind, what is mounted and loaded, and what the yard was told of it."""

from collections.abc import Mapping

from printyard.core.model.machine import MachineModel, MachineSetup
from printyard.core.model.material import Material
from printyard.core.model.state import PrinterState, Tool
from printyard.gcode.check import MachineFacts, ToolFacts


def machine_facts(
    machine: MachineModel,
    state: PrinterState | None = None,
    setup: MachineSetup | None = None,
    materials: Mapping[str, Material] | None = None,
) -> MachineFacts:
    """What is known of a printer; without `state` and `setup`, of its kind alone.

    A kind with part numbers is a certain product: files are sliced for its name, its plate has a name, and its tools
    say what is loaded, so that nothing loaded means an empty tool. Any other is generic, and takes files for any
    machine. `materials` (by GUID) tell the type of what is loaded. What is left on a spool is what the device, or the
    yard's own count, says of it.
    """
    product = bool(machine.bom_numbers)
    tools = state.tools if state is not None else ()
    known = {} if materials is None else materials
    return MachineFacts(
        names=(machine.variant, machine.id) if product else (),
        volume_mm=machine.volume_mm if all(machine.volume_mm) else None,
        tools=tuple(_tool(tool, known, product) for tool in tools) or (ToolFacts(),) * machine.tools,
        flavor=machine.flavor,
        plate_type=_plate(machine, setup) if product else "",
        max_nozzle_celsius=machine.max_nozzle_celsius if machine.tools else None,
        max_bed_celsius=machine.max_bed_celsius if machine.tools else None,
        has_bed=machine.has_bed if machine.tools else None,
        has_chamber=machine.has_chamber if machine.tools else None,
    )


def _tool(tool: Tool, materials: Mapping[str, Material], product: bool) -> ToolFacts:  # noqa: FBT001
    nozzle, loaded = tool.nozzle, tool.material
    profile = None if loaded is None else materials.get(loaded.guid.lower())
    return ToolFacts(
        nozzle_mm=None if nozzle is None else nozzle.diameter_mm,
        core_name=nozzle.name if nozzle is not None and product else None,
        material_guid=None if loaded is None else loaded.guid,
        material_type="" if profile is None else profile.material,
        loaded=True if loaded is not None else False if product else None,
        filament_left_mm=None if loaded is None else loaded.remaining_mm,
    )


def _plate(machine: MachineModel, setup: MachineSetup | None) -> str:
    """The plate that the yard was told of, if it is one that the kind has."""
    return setup.plate_type if setup is not None and setup.plate_type in machine.plate_types else ""
