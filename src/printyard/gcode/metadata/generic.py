"""What can be told of any file by its commands: heights and temperatures of the start."""

import re

from printyard.gcode.metadata.sample import NUMBER, Sample, number
from printyard.gcode.metadata.values import Metadata

_LIFT = re.compile(rf"^[ \t]*G[01] (?:[^;\n]{{0,80}}? )?Z({NUMBER})", re.MULTILINE)
_COMMAND = re.compile(rb"^[GMT]\d", re.MULTILINE)


def by_commands(sample: Sample) -> Metadata:
    """The facts of the commands in view. A file without any has none of them.

    The first layer is the lowest height, since start code lifts the head before it goes down to print.
    """
    lifts = [z for z in heights(sample.head) if z > 0]
    return Metadata(
        first_layer_mm=min(lifts, default=None),
        object_height_mm=max(lifts + heights(sample.tail), default=None),
        first_layer_celsius=nozzle_celsius(sample),
        first_layer_bed_celsius=bed_celsius(sample),
        chamber_celsius=sample.number(rf"^M(?:141|191)[ \t]+S({NUMBER})"),
    )


def heights(text: str) -> list[float]:
    """Every Z to which a line of the text moves."""
    return [float(match[1]) for match in _LIFT.finditer(text)]


def nozzle_celsius(sample: Sample) -> float | None:
    """The temperature to which the first nozzle is heated at the start."""
    return _first_heat(sample, ("M109", "M104"))


def bed_celsius(sample: Sample) -> float | None:
    """The temperature to which the bed is heated at the start."""
    return _first_heat(sample, ("M190", "M140"))


def _first_heat(sample: Sample, commands: tuple[str, ...]) -> float | None:
    for command in commands:
        for match in re.finditer(rf"^{command}\b[^;\n]{{0,40}}?\b[SR]({NUMBER})", sample.head, re.MULTILINE):
            if value := number(match[1]):
                return value
    return None


def commands_span(sample: Sample) -> tuple[int | None, int | None]:
    """Offsets of the first command and of the end of the last; None where the file's ends hold none."""
    first = _COMMAND.search(sample.head_bytes)
    if first is None:
        return None, None
    tail_offset = sample.size - len(sample.tail_bytes)
    last = None
    for last in _COMMAND.finditer(sample.tail_bytes):  # noqa: B007 - the last one is wanted
        pass
    if last is None:
        return first.start(), None
    end = sample.tail_bytes.find(b"\n", last.start())
    return first.start(), sample.size if end < 0 else tail_offset + end + 1
