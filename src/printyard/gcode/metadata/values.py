"""What a file says of itself, in one form for all slicers."""

import msgspec

from printyard.gcode.thumbnails import ThumbnailSpot


class ToolMetadata(msgspec.Struct, frozen=True, kw_only=True):
    """What the file asks of one tool. Filament in mm, mm3 and grams; "" and None where the file is silent."""

    number: int
    filament_mm: float | None = None
    filament_mm3: float | None = None
    filament_grams: float | None = None
    material_guid: str = ""
    material_type: str = ""
    material_name: str = ""
    filament_color: str = ""
    extruder_color: str = ""
    nozzle_mm: float | None = None
    nozzle_name: str = ""
    first_layer_celsius: float | None = None
    celsius: float | None = None


class Metadata(msgspec.Struct, frozen=True, kw_only=True):
    """A file's facts, by its slicer's words and its Griffin header; "" and None where it is silent.

    `referenced_tools` is what the file declares; what its commands select is in a check's CommandFacts.
    `filament_mm` and `filament_grams` are sums over all tools, `tools` what is known of each, in order. Byte offsets
    count in the plain G-code: `commands_start` is the first line that is no comment, `commands_end` after the last.
    """

    slicer: str = ""
    slicer_version: str = ""
    flavor: str = ""
    machine_name: str = ""
    slice_uuid: str = ""
    estimated_seconds: float | None = None
    layer_count: int | None = None
    layer_mm: float | None = None
    first_layer_mm: float | None = None
    object_height_mm: float | None = None
    nozzle_mm: float | None = None
    filament_mm: float | None = None
    filament_grams: float | None = None
    filament_changes: int | None = None
    tools: tuple[ToolMetadata, ...] = ()
    referenced_tools: tuple[int, ...] = ()
    first_layer_celsius: float | None = None
    first_layer_bed_celsius: float | None = None
    chamber_celsius: float | None = None
    plate_type: str = ""
    single_nozzle_multi_material: bool | None = None
    printer_vendor: str = ""
    printer_model: str = ""
    printer_variant: str = ""
    profile_version: str = ""
    thumbnails: tuple[ThumbnailSpot, ...] = ()
    commands_start: int | None = None
    commands_end: int | None = None
