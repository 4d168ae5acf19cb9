"""Writes the preview of a plan in one pass and in bounded memory: head and index keep their place, and come last."""

import os
import sys
import zlib
from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import BinaryIO, Final

import msgspec

from printyard.gcode.plan import Plan, PlanError
from printyard.gcode.preview.layout import ALIGNMENT, ENTRY, FORMAT, HEADER, MAGIC, Head, LayerEntry
from printyard.gcode.preview.tracer import PlainTracer, Tracer

Target = BinaryIO | str | os.PathLike[str]
TracerOf = Callable[[Plan, bool], Tracer]

PIECE_MOVES: Final = 1 << 16
_INDEX_BYTES: Final = 4096 * ENTRY.size


def plain_tracer(plan: Plan, travels: bool) -> Tracer:  # noqa: FBT001 - the one choice that there is
    """Draws in plain Python."""
    return PlainTracer(plan, travels=travels)


def write_preview(plan: Plan, target: Target, *, travels: bool = True, tracer_of: TracerOf = plain_tracer) -> Head:
    """Write the preview of a plan; its head.

    `target`: a path, under which the preview appears whole at the end, or a binary file that can seek, of which the
    preview begins at byte 0. `travels`: with the ways without extrusion, which are a third of some files. `tracer_of`:
    who draws. Raises PlanError for a damaged plan, and OSError.
    """
    if sys.byteorder != "little":
        raise PlanError("previews are written on little-endian machines only")
    tracer = tracer_of(plan, travels)
    if not isinstance(target, str | os.PathLike):
        with nullcontext(target) as file:
            return _write(plan, file, tracer, travels=travels)
    path = Path(target)
    partial = path.with_name(path.name + ".partial")
    try:
        with partial.open("wb") as file:
            head = _write(plan, file, tracer, travels=travels)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return head


def _write(plan: Plan, file: BinaryIO, tracer: Tracer, *, travels: bool) -> Head:
    summary = plan.summary
    layers = max(summary.layers, 1 if summary.moves else 0)
    head = Head(
        minimum_um=tracer.minimum,
        step_um=tracer.step,
        kinds=summary.kinds,
        filament_mm=summary.filament_mm,
        extents=summary.extents,
        moves=summary.moves,
        total_seconds=summary.total_seconds,
        travels=travels,
    )
    words = msgspec.json.encode(head)
    words += b" " * (-len(words) % ALIGNMENT)
    index = _Index(file, words)
    file.seek(HEADER.size + len(words) + layers * ENTRY.size)
    for first, stop in _ranges(plan.column("layer"), layers):
        index.add(_write_layer(plan, file, tracer, first, stop))
    index.flush()
    size = file.tell()
    file.seek(0)
    file.write(HEADER.pack(MAGIC, FORMAT, layers, size, len(words), index.checksum))
    return head


def _ranges(layer: "memoryview[int]", layers: int) -> Iterator[tuple[int, int]]:
    """The moves of each layer; the last one has all the rest."""
    first = 0
    for number in range(1, layers + 1):
        stop = bisect_left(layer, number, first) if number < layers else len(layer)
        yield first, stop
        first = stop


def _write_layer(plan: Plan, file: BinaryIO, tracer: Tracer, first: int, stop: int) -> LayerEntry:
    seconds: float = plan.column("end_seconds")[first - 1] if first else 0.0
    offset = file.tell()
    tracer.begin_layer(seconds)
    file.writelines(tracer.trace(piece, min(piece + PIECE_MOVES, stop)) for piece in range(first, stop, PIECE_MOVES))
    rest, counts = tracer.end_layer()
    file.write(rest)
    return LayerEntry(offset, file.tell() - offset, first, seconds, *counts)


class _Index:
    """The head and the layers that are done, put into their place a few thousand at a time."""

    def __init__(self, file: BinaryIO, words: bytes) -> None:
        self.checksum = 0
        self._file = file
        self._place = HEADER.size
        self._waiting = bytearray(words)

    def add(self, entry: LayerEntry) -> None:
        self._waiting += ENTRY.pack(*entry)
        if len(self._waiting) >= _INDEX_BYTES:
            self.flush()

    def flush(self) -> None:
        """Write what waits, and go on where the file stood."""
        here = self._file.tell()
        self._file.seek(self._place)
        self._file.write(self._waiting)
        self._file.seek(here)
        self.checksum = zlib.crc32(self._waiting, self.checksum)
        self._place += len(self._waiting)
        self._waiting.clear()
