"""What a Griffin header adds to, and corrects in, what else a file says."""

import math

import msgspec

from printyard.gcode.header import GriffinHeader
from printyard.gcode.metadata.sample import total
from printyard.gcode.metadata.values import Metadata, ToolMetadata

FILAMENT_MM = 2.85
"""The filament of every printer that takes Griffin (Cura's definitions of the UltiMaker 3 and S lines)."""


def with_header(metadata: Metadata, header: GriffinHeader) -> Metadata:
    """The facts, with the header's before the others'."""
    by_number = {tool.number: tool for tool in metadata.tools}
    for train in header.extruders:
        known = by_number.get(train.number, ToolMetadata(number=train.number))
        by_number[train.number] = msgspec.structs.replace(
            known,
            filament_mm3=_known(train.filament_mm3, known.filament_mm3),
            filament_mm=_known(_length(train.filament_mm3), known.filament_mm),
            material_guid=train.material_guid or known.material_guid,
            nozzle_mm=_known(train.nozzle_mm, known.nozzle_mm),
            nozzle_name=train.nozzle_name if train.nozzle_name.lower() != "unknown" else known.nozzle_name,
            first_layer_celsius=_known(train.initial_celsius, known.first_layer_celsius),
        )
    tools = tuple(by_number[number] for number in sorted(by_number))
    used = next((tool for tool in tools if tool.filament_mm3 != 0), None)
    top = header.max_mm[2] if header.max_mm and header.has_size else None
    return msgspec.structs.replace(
        metadata,
        slicer=metadata.slicer or header.generator_name,
        slicer_version=metadata.slicer_version or header.generator_version,
        flavor=header.flavor or metadata.flavor,
        machine_name=header.machine_name or metadata.machine_name,
        slice_uuid=header.slice_uuid or metadata.slice_uuid,
        estimated_seconds=_known(header.print_seconds, metadata.estimated_seconds),
        object_height_mm=_known(top, metadata.object_height_mm),
        tools=tools,
        filament_mm=_known(total(tool.filament_mm for tool in tools), metadata.filament_mm),
        nozzle_mm=_known(used.nozzle_mm if used else None, metadata.nozzle_mm),
        first_layer_celsius=_known(used.first_layer_celsius if used else None, metadata.first_layer_celsius),
        first_layer_bed_celsius=_known(header.plate_celsius, metadata.first_layer_bed_celsius),
        chamber_celsius=_known(header.build_volume_celsius, metadata.chamber_celsius),
        plate_type=header.plate_type or metadata.plate_type,
    )


def _known(first: float | None, second: float | None) -> float | None:
    return second if first is None else first


def _length(filament_mm3: float | None) -> float | None:
    return None if filament_mm3 is None else round(filament_mm3 / (math.pi * (FILAMENT_MM / 2) ** 2), 3)
