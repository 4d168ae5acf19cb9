"""IceSL: `; key :  value` lines at the head of the file."""

from printyard.gcode.metadata.generic import by_commands
from printyard.gcode.metadata.sample import NUMBER, Sample, first_known
from printyard.gcode.metadata.values import Metadata, ToolMetadata


def identify(sample: Sample) -> tuple[str, str] | None:
    """The slicer's name and version."""
    match = sample.first(r"^; ?<IceSL ([^>\n]{1,60})>")
    return ("IceSL", match[1].strip()) if match else None


def read(sample: Sample) -> Metadata:
    """The facts of the settings."""
    moves = by_commands(sample)
    layers = _setting(sample, "layer_count")
    name, kind = _word(sample, "filament_name"), _word(sample, "filament_type")
    material = ToolMetadata(number=0, material_name=name, material_type=kind)
    return Metadata(
        estimated_seconds=_setting(sample, "estimated_print_time_s"),
        layer_count=None if layers is None else int(layers),
        layer_mm=_setting(sample, "z_layer_height_mm"),
        first_layer_mm=_setting(sample, "z_layer_height_first_layer_mm"),
        object_height_mm=_setting(sample, "print_height_mm") or moves.object_height_mm,
        nozzle_mm=_setting(sample, "nozzle_diameter_mm_0"),
        filament_mm=_setting(sample, "filament_used_mm"),
        filament_grams=_setting(sample, "filament_used_g"),
        tools=(material,) if material != ToolMetadata(number=0) else (),
        first_layer_celsius=first_known(_setting(sample, "extruder_temp_degree_c_0"), moves.first_layer_celsius),
        first_layer_bed_celsius=first_known(_setting(sample, "bed_temp_degree_c"), moves.first_layer_bed_celsius),
        chamber_celsius=first_known(_setting(sample, "chamber_temp_degree_c"), moves.chamber_celsius),
    )


def _word(sample: Sample, key: str) -> str:
    match = sample.first(rf"^; {key} : {{1,4}}([^\n]{{1,200}})")
    return match[1].strip().strip('"') if match else ""


def _setting(sample: Sample, key: str) -> float | None:
    return sample.number(rf"^; {key} : {{1,4}}({NUMBER})")
