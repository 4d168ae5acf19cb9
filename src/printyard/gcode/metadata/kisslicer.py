"""KISSlicer: `; key = value` lines at the head, sums at the end of the file."""

import re

from printyard.gcode.metadata.generic import by_commands
from printyard.gcode.metadata.sample import NUMBER, Sample, first_known, number, total
from printyard.gcode.metadata.values import Metadata, ToolMetadata

_LAYER_TOP = re.compile(rf"^; END_LAYER_OBJECT z=({NUMBER})", re.MULTILINE)
_USED = re.compile(rf"^; *Ext ?#(\d{{1,2}})[^=\n]{{0,40}}= *({NUMBER}) ?mm", re.MULTILINE)


def identify(sample: Sample) -> tuple[str, str] | None:
    """The slicer's name and version."""
    if sample.first(r"^; KISSlicer") is None:
        return None
    match = sample.first(r"^; version ([^\s]{1,60})")
    return "KISSlicer", match[1] if match else ""


def read(sample: Sample) -> Metadata:
    """The facts of the settings and the sums."""
    moves = by_commands(sample)
    minutes = sample.number(rf"^; Calculated[^\n]{{0,40}} Build Time: *({NUMBER}) minutes")
    tops = [float(match[1]) for part in sample.parts for match in _LAYER_TOP.finditer(part)]
    used = {int(match[1]) - 1: float(match[2]) for match in _USED.finditer(sample.tail)}
    return Metadata(
        estimated_seconds=None if minutes is None else round(minutes * 60, 3),
        layer_mm=number(sample.setting("max_layer_thickness_mm")),
        first_layer_mm=number(sample.setting("first_layer_thickness_mm")),
        object_height_mm=max(tops, default=moves.object_height_mm),
        filament_mm=total(used.values()),
        tools=tuple(ToolMetadata(number=tool, filament_mm=used[tool]) for tool in sorted(used) if tool >= 0),
        first_layer_celsius=first_known(number(sample.setting("first_layer_C")), moves.first_layer_celsius),
        first_layer_bed_celsius=first_known(number(sample.setting("bed_C")), moves.first_layer_bed_celsius),
        chamber_celsius=first_known(number(sample.setting("chamber_C")), moves.chamber_celsius),
    )
