"""Writes a plan file in one pass and in bounded memory: the moves come in blocks, in their order.

A block goes to a scratch file as it comes, column after column; `finish` then copies each column in one piece.
"""

import math
import struct
import sys
import tempfile
import zlib
from array import array
from bisect import bisect_right
from collections.abc import Callable, Sequence
from os import PathLike
from typing import Any, BinaryIO, Final, NamedTuple, Self

import msgspec
from msgspec import Struct

from printyard.gcode.limits import KERNEL_VERSION
from printyard.gcode.plan import (
    ALIGNMENT,
    COLUMNS,
    EVENT,
    FORMAT,
    HEADER,
    MAGIC,
    SPAN_MOVES,
    Directory,
    Extents,
    PlanEventKind,
    Summary,
)

_SIZES: Final = tuple(struct.calcsize("<" + code) for _, code in COLUMNS)
_NAMES: Final = tuple(name for name, _ in COLUMNS)


Peak = Callable[["memoryview[float]"], float]


class PendingEvent(NamedTuple):
    """An event whose second is known only when the moves before it have been timed. See PlanEvent for the fields."""

    move: int
    kind: PlanEventKind
    byte_offset: int
    line: int
    tool: int = -1
    value: float = float("nan")
    text: str = ""
    waits_for_cooling: bool = False


class Outline(Struct, frozen=True):
    """What the analysis knows beside the moves. Moves before `first_layer_mark` lie in layer 0 whatever they say."""

    layers: int
    kinds: tuple[str, ...]
    extents: Extents | None
    first_extrusion_move: int | None
    first_layer_mark: int
    events: Sequence[PendingEvent]


class _Span(Struct):
    first: int
    tool: int
    peak: float
    filament: tuple[float, ...]


class PlanWriter:
    """Takes blocks of moves, then writes the plan. To be closed, whatever happened.

    `peak` finds the largest of some numbers; whoever has a faster way than `max` gives it.
    """

    def __init__(self, scratch_folder: str | PathLike[str] | None = None, peak: Peak = max) -> None:
        self._peak = peak
        self._scratch = tempfile.TemporaryFile(dir=scratch_folder)  # noqa: SIM115 - closed by close()
        self._firsts: list[int] = []
        self._moves = 0
        self._spans: list[_Span] = []
        self._filament: list[float] = [0.0]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._scratch.close()

    def extend(self, columns: Sequence[Any]) -> None:
        """Add moves: one buffer for each of COLUMNS, in its order and type, all of one length."""
        tools = bytes(columns[_NAMES.index("tool")])
        filament = memoryview(columns[_NAMES.index("filament")]).cast("B").cast("d")
        if not tools:
            return
        self._note_spans(tools, filament)
        self._firsts.append(self._moves)
        for column in columns:
            self._scratch.write(column)
        self._moves += len(tools)

    def finish(self, target: BinaryIO, outline: Outline) -> Summary:
        """Write the plan to a binary file at its present position, which counts as the file's begin."""
        events, texts, first_extrusion = self._resolve(outline)
        span_sections = self._span_sections()
        sections: dict[str, tuple[int, str, int]] = {}
        place = _aligned(HEADER.size)
        layout = [(name, code, self._moves, size) for (name, code), size in zip(COLUMNS, _SIZES, strict=True)]
        layout += [(name, data.typecode, len(data), data.itemsize) for name, data in span_sections.items()]
        layout.append(("events", "B", len(outline.events), EVENT.size))
        for name, code, count, size in layout:
            sections[name] = (place, code, count)
            place = _aligned(place + count * size)
        summary = self._summary(outline, first_extrusion)
        directory = msgspec.json.encode(Directory(sections=sections, summary=summary, texts=texts))
        header = HEADER.pack(
            MAGIC, FORMAT, KERNEL_VERSION, place + len(directory), place, len(directory), zlib.crc32(directory)
        )
        target.write(header + _padding(len(header)))
        for column in range(len(COLUMNS)):
            self._copy(column, target, outline.first_layer_mark)
        target.writelines(data.tobytes() + _padding(len(data) * data.itemsize) for data in span_sections.values())
        target.write(events + _padding(len(events)))
        target.write(directory)
        return summary

    def _note_spans(self, tools: bytes, filament: "memoryview[float]") -> None:
        start = 0
        while start < len(tools):
            move = self._moves + start
            tool = tools[start]
            room = SPAN_MOVES - move % SPAN_MOVES
            run = tools[start : start + room]
            alone = run == run[:1] * len(run)  # as nearly always: lstrip looks at each byte
            stop = start + len(run) - (0 if alone else len(run.lstrip(run[:1])))
            peak = float(self._peak(filament[start:stop]))
            while tool >= len(self._filament):
                self._filament.append(0.0)
            last = self._spans[-1] if self._spans else None
            if last is not None and last.tool == tool and move % SPAN_MOVES:
                last.peak = max(last.peak, peak)
            else:
                self._spans.append(_Span(move, tool, peak, tuple(self._filament)))
            self._filament[tool] = filament[stop - 1]
            start = stop

    def _span_sections(self) -> "dict[str, array[Any]]":
        tools = len(self._filament)
        filament = array("d")
        for span in self._spans:
            filament.extend(span.filament)
            filament.extend([0.0] * (tools - len(span.filament)))
        return {
            "span_first": array("Q", [span.first for span in self._spans]),
            "span_tool": array("B", [span.tool for span in self._spans]),
            "span_peak": array("d", [span.peak for span in self._spans]),
            "span_filament": filament,
        }

    def _summary(self, outline: Outline, first_extrusion: float | None) -> Summary:
        return Summary(
            total_seconds=_Clock(self).before(self._moves),
            moves=self._moves,
            layers=outline.layers,
            filament_mm=tuple(map(_finite, self._filament)),
            extents=None if outline.extents is None else _bounded(outline.extents),
            first_extrusion_seconds=first_extrusion,
            event_count=len(outline.events),
            kinds=outline.kinds,
        )

    def _resolve(self, outline: Outline) -> tuple[bytes, tuple[str, ...], float | None]:
        """The stored events with their seconds, their texts, and the second of the first extrusion."""
        clock = _Clock(self)
        texts: dict[str, int] = {"": 0}
        records = bytearray()
        for event in outline.events:
            seconds = clock.before(event.move)
            text = texts.setdefault(event.text, len(texts))
            records += EVENT.pack(
                seconds,
                event.byte_offset,
                event.line,
                event.move,
                event.value,
                event.kind,
                event.waits_for_cooling,
                event.tool,
                text,
            )
        first = outline.first_extrusion_move
        return bytes(records), tuple(texts), None if first is None else _Clock(self).before(first)

    def _copy(self, column: int, target: BinaryIO, first_layer_mark: int) -> None:
        size = _SIZES[column]
        for block in range(len(self._firsts)):
            data = self.column_of_block(block, column)
            early = first_layer_mark - self._firsts[block]
            if _NAMES[column] == "layer" and early > 0:
                data = bytes(min(early * size, len(data))) + data[early * size :]
            target.write(data)
        target.write(_padding(self._moves * size))

    def column_of_block(self, block: int, column: int) -> bytes:
        """One column of one of the blocks that were added, from the scratch file."""
        first = self._firsts[block]
        stop = self._firsts[block + 1] if block + 1 < len(self._firsts) else self._moves
        moves = stop - first
        self._scratch.seek(first * sum(_SIZES) + moves * sum(_SIZES[:column]))
        return self._scratch.read(moves * _SIZES[column])

    def block_of(self, move: int) -> tuple[int, int]:
        """The block that holds a move, and the block's first move."""
        block = bisect_right(self._firsts, move) - 1
        return block, self._firsts[block]


class _Clock:
    """The plan's time before a move, asked for in ascending order: one block's times are held at a time."""

    def __init__(self, writer: PlanWriter) -> None:
        self._writer = writer
        self._block = -1
        self._ends: array[float] = array("d")

    def before(self, move: int) -> float:
        if move <= 0:
            return 0.0
        block, first = self._writer.block_of(move - 1)
        if block != self._block:
            self._block = block
            self._ends = array("d", self._writer.column_of_block(block, _NAMES.index("end_seconds")))
        return self._ends[move - 1 - first]


def _bounded(extents: Extents) -> Extents:
    low, high = ((_finite(x), _finite(y), _finite(z)) for x, y, z in (extents.minimum, extents.maximum))
    return Extents(minimum=low, maximum=high)


def _finite(value: float) -> float:
    """A number that JSON can hold: a hostile file goes to infinity, and lays down as much filament."""
    return 0.0 if math.isnan(value) else min(max(value, -sys.float_info.max), sys.float_info.max)


def _aligned(place: int) -> int:
    return -(-place // ALIGNMENT) * ALIGNMENT


def _padding(written: int) -> bytes:
    """The zeros after a section that began aligned."""
    return bytes(_aligned(written) - written)
