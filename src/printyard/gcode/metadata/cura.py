"""Cura: notes at the head of the file, a time after each layer. Griffin files have their notes in the header."""

import re
from collections.abc import Iterator, Sized

from printyard.gcode.metadata.generic import bed_celsius, heights, nozzle_celsius
from printyard.gcode.metadata.sample import MAX_TOOLS, NUMBER, Sample, at, number, numbers, total, word_at
from printyard.gcode.metadata.values import Metadata, ToolMetadata

_LAYER = re.compile(r"^;LAYER:-?\d{1,9}$", re.MULTILINE)
_LAYER_END = re.compile(rf"^;TIME_ELAPSED:({NUMBER})", re.MULTILINE)
_NOT_KNOWN = 100_000.0
"""Beyond this a bound is CuraEngine's start value, in which nothing was put: 2.14748e+06 and its negative."""


def identify(sample: Sample) -> tuple[str, str] | None:
    """The slicer's name and version."""
    match = sample.first(r"^;[^\n]{0,60}Cura_SteamEngine[ _]([^\s]{1,60})", r"^;GENERATOR\.VERSION:([^\s]{1,60})")
    if match is None or "Cura_SteamEngine" not in sample.head:
        return None
    return "Cura", match[1]


def read(sample: Sample) -> Metadata:
    """The facts of the notes and, where they are placeholders or absent (Griffin), of the layers."""
    tools = _tools(sample)
    first, top = _first_layer_z(sample), _top(sample)
    height, count = _bound(sample, "MAXZ") or top, _layer_count(sample)
    return Metadata(
        flavor=_text(sample, r"^;FLAVOR:([^\n]{1,60})"),
        machine_name=_text(sample, r"^;TARGET_MACHINE\.NAME:([^\n]{1,80})"),
        estimated_seconds=_estimate(sample),
        layer_count=count,
        layer_mm=sample.number(rf"^;Layer height: ?({NUMBER})") or _layer_mm(first, height, count),
        first_layer_mm=_bound(sample, "MINZ") or first,
        object_height_mm=height,
        nozzle_mm=sample.number(rf"^;Nozzle diameter ?[=:] ?({NUMBER})", rf"^;NOZZLE_DIAMETER:({NUMBER})"),
        filament_mm=total(tool.filament_mm for tool in tools) or None,
        filament_grams=total(tool.filament_grams for tool in tools),
        tools=tools,
        first_layer_celsius=nozzle_celsius(sample),
        first_layer_bed_celsius=bed_celsius(sample),
        chamber_celsius=sample.number(rf"^M(?:141|191) S({NUMBER})"),
    )


def _text(sample: Sample, pattern: str) -> str:
    match = sample.first(pattern)
    return match[1].strip() if match else ""


def _estimate(sample: Sample) -> float | None:
    """The time that the head announces (6666 is what Cura replaces at the end), else that after the last layer."""
    announced = [
        value for match in re.finditer(rf"^;TIME:({NUMBER})", sample.head, re.MULTILINE) if (value := number(match[1]))
    ]
    real = [value for value in announced if value != 6666]
    if real:
        return max(real)
    elapsed = [float(match[1]) for match in _LAYER_END.finditer(sample.tail)]
    return elapsed[-1] if elapsed else None


def _layer_count(sample: Sample) -> int | None:
    """The count; of a print one at a time, where each object has its own, the highest in view."""
    counts = [int(count) for count in re.findall(r"^;LAYER_COUNT:(\d{1,9})$", sample.head, re.MULTILINE)]
    return max(counts) if counts else None


def _bound(sample: Sample, key: str) -> float | None:
    match = sample.first(rf"^;{key}:({NUMBER})(?:[eE]([-+]?\d{{1,2}}))?$")
    value = float(match[1]) * 10.0 ** int(match[2] or 0) if match else _NOT_KNOWN
    return value if abs(value) < _NOT_KNOWN else None


def _layers(text: str) -> Iterator[str]:
    """The lines of each layer whose begin and end are in the text, without the code after it."""
    marks = list(_LAYER.finditer(text))
    for index, mark in enumerate(marks):
        stop = marks[index + 1].start() if index + 1 < len(marks) else len(text)
        if end := _LAYER_END.search(text, mark.end(), stop):
            yield text[mark.end() : end.start()]


def _first_layer_z(sample: Sample) -> float | None:
    """The lowest Z of layer 0: those above it are hops. A layer that is longer than the head still begins at its Z."""
    mark = re.search(r"^;LAYER:0$", sample.head, re.MULTILINE)
    if mark is None:
        return None
    end = _LAYER_END.search(sample.head, mark.end())
    return min(heights(sample.head[mark.end() : end.start() if end else len(sample.head)]), default=None)


def _top(sample: Sample) -> float | None:
    """The Z of the last layer: CuraEngine may write the lift to a layer already at the end of the one below."""
    top = None
    for lines in _layers(sample.tail):
        top = min(heights(lines), default=top)
    return top


def _layer_mm(first: float | None, height: float | None, count: int | None) -> float | None:
    """The mean height of the layers above the first."""
    if first is None or height is None or count is None or count < 2 or height <= first:
        return None
    return round((height - first) / (count - 1), 3)


def _tools(sample: Sample) -> tuple[ToolMetadata, ...]:
    """Filament is written in metres, or in mm3 where the printer takes volumes (UltiGCode)."""
    used = _text(sample, r"^;Filament used: ?([^\n]{1,200})")
    lengths = [] if "mm3" in used else [value if value is None else value * 1000 for value in numbers(used)]
    volumes = numbers(used) if "mm3" in used else _material_volumes(sample)
    grams = numbers(_text(sample, r"^;Filament weight ?= ?\[([^\]\n]{1,200})\]"))
    types = _list(_text(sample, r"^;Filament type ?= ?([^\n]{1,200})"))
    names = _list(_text(sample, r"^;Filament name ?= ?([^\n]{1,200})"))
    columns: tuple[Sized, ...] = (lengths, volumes, grams, types, names)
    count = min(max(len(column) for column in columns), MAX_TOOLS)
    return tuple(
        ToolMetadata(
            number=tool,
            filament_mm=at(lengths, tool),
            filament_mm3=at(volumes, tool),
            filament_grams=at(grams, tool),
            material_type=word_at(types, tool),
            material_name=word_at(names, tool),
        )
        for tool in range(count)
    )


def _list(text: str) -> list[str]:
    """`["PLA", "PVA"]`, or one word, which may hold a comma."""
    pieces = text.strip("[]").split(",") if text.startswith("[") else [text]
    return [piece.strip(" \"'") for piece in pieces] if text else []


def _material_volumes(sample: Sample) -> list[float | None]:
    """UltiGCode's notes: ;MATERIAL:2113 for the first tool, ;MATERIAL2:0 for the second (0: not used)."""
    volumes = [sample.number(rf"^;{key}:({NUMBER})") for key in ("MATERIAL", "MATERIAL2")]
    while volumes and not volumes[-1]:
        volumes.pop()
    return volumes
