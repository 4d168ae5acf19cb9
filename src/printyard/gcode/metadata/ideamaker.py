"""ideaMaker: notes at the head of the file and before each layer."""

import re

from printyard.gcode.metadata.generic import by_commands
from printyard.gcode.metadata.sample import NUMBER, Sample, at, number, total
from printyard.gcode.metadata.values import Metadata, ToolMetadata

_USED = re.compile(rf"^;Material#(\d{{1,2}}) Used: ?({NUMBER})", re.MULTILINE)
_FILAMENT = re.compile(r"^;Filament ([Nn]ame|[Tt]ype|[Ww]eight)(?: #(\d{1,2}):| =) ?([^\n]{1,200})", re.MULTILINE)
_HEIGHT = re.compile(rf"^;HEIGHT:({NUMBER})", re.MULTILINE)


def identify(sample: Sample) -> tuple[str, str] | None:
    """The slicer's name and version."""
    match = sample.first(r"^;Sliced by ideaMaker ([^\s,]{1,60})")
    return ("IdeaMaker", match[1]) if match else None


def read(sample: Sample) -> Metadata:
    """The facts of the notes; the temperatures are those of the commands."""
    moves = by_commands(sample)
    heights: list[float | None] = [float(match[1]) for match in _HEIGHT.finditer(sample.head)]
    tools = _tools(sample)
    return Metadata(
        estimated_seconds=sample.number(rf"^;Print Time: ?({NUMBER})"),
        layer_mm=at(heights, 1),
        first_layer_mm=at(heights, 0),
        object_height_mm=at(_figures(sample, "Bounding Box"), 5) or moves.object_height_mm,
        nozzle_mm=at(_figures(sample, "Dimension"), 3),
        filament_mm=total(tool.filament_mm for tool in tools),
        filament_grams=total(tool.filament_grams for tool in tools),
        tools=tools,
        first_layer_celsius=moves.first_layer_celsius,
        first_layer_bed_celsius=moves.first_layer_bed_celsius,
        chamber_celsius=moves.chamber_celsius,
    )


def _tools(sample: Sample) -> tuple[ToolMetadata, ...]:
    """Notes with a number are of one tool each; those without are of the first."""
    lengths = {int(match[1]) - 1: float(match[2]) for part in sample.parts for match in _USED.finditer(part)}
    notes: dict[tuple[str, int], str] = {}
    for part in sample.parts:
        for match in _FILAMENT.finditer(part):
            notes.setdefault((match[1].lower(), int(match[2] or 1) - 1), match[3].strip().strip('"'))
    return tuple(
        ToolMetadata(
            number=tool,
            filament_mm=lengths.get(tool),
            filament_grams=number(notes.get(("weight", tool), "")),
            material_type=notes.get(("type", tool), ""),
            material_name=notes.get(("name", tool), ""),
        )
        for tool in sorted(lengths.keys() | {tool for _, tool in notes})
        if tool >= 0
    )


def _figures(sample: Sample, key: str) -> list[float | None]:
    match = sample.first(rf"^;{key}:([^\n]{{1,200}})")
    return [number(piece) for piece in match[1].split()] if match else []
