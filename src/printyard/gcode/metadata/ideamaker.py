"""ideaMaker: notes at the head of the file and before each layer."""

import re

from printyard.gcode.metadata.generic import by_commands
from printyard.gcode.metadata.sample import NUMBER, Sample, at, number, total
from printyard.gcode.metadata.values import Metadata, ToolMetadata

_USED = re.compile(rf"^;Material#(\d{{1,2}}) Used: ?({NUMBER})", re.MULTILINE)
_HEIGHT = re.compile(rf"^;HEIGHT:({NUMBER})", re.MULTILINE)


def identify(sample: Sample) -> tuple[str, str] | None:
    """The slicer's name and version."""
    match = sample.first(r"^;Sliced by ideaMaker ([^\s,]{1,60})")
    return ("IdeaMaker", match[1]) if match else None


def read(sample: Sample) -> Metadata:
    """The facts of the notes; the temperatures are those of the commands."""
    moves = by_commands(sample)
    heights: list[float | None] = [float(match[1]) for match in _HEIGHT.finditer(sample.head)]
    used = {int(match[1]) - 1: float(match[2]) for part in sample.parts for match in _USED.finditer(part)}
    return Metadata(
        estimated_seconds=sample.number(rf"^;Print Time: ?({NUMBER})"),
        layer_mm=at(heights, 1),
        first_layer_mm=at(heights, 0),
        object_height_mm=at(_figures(sample, "Bounding Box"), 5) or moves.object_height_mm,
        nozzle_mm=at(_figures(sample, "Dimension"), 3),
        filament_mm=total(used.values()),
        tools=tuple(ToolMetadata(number=tool, filament_mm=used[tool]) for tool in sorted(used) if tool >= 0),
        first_layer_celsius=moves.first_layer_celsius,
        first_layer_bed_celsius=moves.first_layer_bed_celsius,
    )


def _figures(sample: Sample, key: str) -> list[float | None]:
    match = sample.first(rf"^;{key}:([^\n]{{1,200}})")
    return [number(piece) for piece in match[1].split()] if match else []
