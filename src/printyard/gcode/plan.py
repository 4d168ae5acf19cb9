"""The plan of a print: where every part of the machine is at every second, searched in a mapped file.

The plan's clock counts motion and dwells (G4) alone, from 0 at the begin of the file: heating and waiting for people
take none of it. So `summary.total_seconds` is the `plan_seconds` of the estimate, which says how it relates to the
other totals.

The file: HEADER (magic, format, kernel version, file size, place and CRC-32 of the directory), then the sections that
the directory names, each at a multiple of 64 bytes, little-endian: the COLUMNS with one value for each move, the spans
(a run of at most SPAN_MOVES moves of one tool: first move, tool, the most filament reached in it, the filament of every
tool at its begin) and the events. The directory is JSON: the sections, the summary, and the texts of the events.

Lengths are mm, positions are stored in micrometres in the machine's frame (G92 shifts the words, not the head), speeds
are mm/s. Filament counts what went into the hot end less what was drawn back, by tool; while G91 is on, E is relative
in it, as slicers mean it.
"""

import math
import mmap
import struct
import sys
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from enum import IntEnum
from functools import cached_property
from os import PathLike
from typing import Any, Final, Self

import msgspec
from msgspec import Struct

from printyard.gcode.trapezoid import travelled

MAGIC: Final = b"YARDPLAN"
FORMAT: Final = 1
HEADER: Final = struct.Struct("<8sIIQQQI")
"""Magic, format, kernel version, size of the file, offset of the directory, its size, its CRC-32."""

ALIGNMENT: Final = 64
SPAN_MOVES: Final = 8192
MAX_TOOLS: Final = 32
MICROMETRES: Final = 1000.0
"""In a millimetre."""

COLUMNS: Final = (
    ("end_seconds", "d"),
    ("x", "i"),
    ("y", "i"),
    ("z", "i"),
    ("filament", "d"),
    ("byte_offset", "Q"),
    ("tool", "B"),
    ("layer", "I"),
    ("start_speed", "f"),
    ("cruise_speed", "f"),
    ("end_speed", "f"),
    ("acceleration", "f"),
    ("kind", "H"),
)
"""One value for each move: the plan's time at its end, the position and the active tool's filament there, and where its
line begins. A dwell is a move without way and with speeds of zero."""

SPEEDS: Final = ("start_speed", "cruise_speed", "end_speed", "acceleration")
SPANS: Final = (("span_first", "Q"), ("span_tool", "B"), ("span_peak", "d"), ("span_filament", "d"))
EVENT: Final = struct.Struct("<dQQQdHBbI")
"""Seconds, byte offset, line, move, value (NaN: none), kind, 1 if it waits for cooling too, tool (-1: none), text."""


class PlanError(Exception):
    """The file is no plan, a plan of another format, or damaged."""


class PlanEventKind(IntEnum):
    """What the file asks for besides motion. The numbers are stored."""

    SET_NOZZLE = 1
    WAIT_NOZZLE = 2
    SET_BED = 3
    WAIT_BED = 4
    SET_CHAMBER = 5
    WAIT_CHAMBER = 6
    FAN = 7
    TOOL = 8
    PAUSE = 9
    MESSAGE = 10
    HOME = 11


class PlanEvent(Struct, frozen=True):
    """Something that the file asks for when the moves before it are done.

    `value` is celsius, or the fan's fraction 0..1; `tool` the tool or fan that is meant; `text` the message, or the
    pausing command. `waits_for_cooling`: a wait that also lasts while the part is too hot (R in place of S).
    """

    seconds: float
    kind: PlanEventKind
    move: int
    line: int
    byte_offset: int
    tool: int | None = None
    value: float | None = None
    text: str = ""
    waits_for_cooling: bool = False


class Extents(Struct, frozen=True):
    """The box around all moves that lay down material, in mm."""

    minimum: tuple[float, float, float]
    maximum: tuple[float, float, float]


class Summary(Struct, frozen=True):
    """The plan in short. `filament_mm` is the net filament of each tool; `layers` counts from the slicer's marks."""

    total_seconds: float
    moves: int
    layers: int
    filament_mm: tuple[float, ...]
    extents: Extents | None
    first_extrusion_seconds: float | None
    event_count: int
    kinds: tuple[str, ...]


class Directory(Struct, frozen=True):
    """The JSON part of a plan file: name -> (offset, type code, count), the summary, and the texts of the events."""

    sections: dict[str, tuple[int, str, int]]
    summary: Summary
    texts: tuple[str, ...]


class Moment(Struct, frozen=True):
    """Where the machine is at an instant of the plan: mm, mm/s; `filament_mm` has one value for each tool."""

    x: float
    y: float
    z: float
    tool: int
    layer: int
    byte_offset: int
    filament_mm: tuple[float, ...]
    speed_mm_s: float
    move: int


class Plan:
    """A mapped plan file. Read-only and free of state: all who follow the same print share one, from any thread.

    A thousand printers of one file want one Plan, not a thousand: the owner keeps it by key and closes it last. After
    `close` nothing of it may be used.
    """

    def __init__(self, mapped: mmap.mmap) -> None:
        self._mapped = mapped
        self._view = memoryview(mapped)
        self._sections: dict[str, memoryview[Any]] = {}
        try:
            self.kernel_version, self._directory = _read_directory(self._view)
            self.summary = self._directory.summary
            for name in (*(name for name, _ in (*COLUMNS, *SPANS)), "events"):
                self._sections[name] = self._section(name)
            self._check_counts()
        except PlanError:
            self.close()
            raise
        columns = self._sections
        self._end, self._filament, self._tool = columns["end_seconds"], columns["filament"], columns["tool"]
        self._x, self._y, self._z = columns["x"], columns["y"], columns["z"]
        self._layer, self._byte_offset = columns["layer"], columns["byte_offset"]
        self._speeds = tuple(columns[name] for name in SPEEDS)
        self._tools = len(self.summary.filament_mm)

    @classmethod
    def open(cls, path: str | PathLike[str]) -> Self:
        """Map the file. Raises PlanError if it is not a whole plan, OSError if it cannot be read."""
        if sys.byteorder != "little":
            raise PlanError("plans are read on little-endian machines only")
        with open(path, "rb") as file:  # noqa: PTH123 - a path or a plain string
            try:
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            except ValueError as error:
                raise PlanError("the plan is empty") from error
        return cls(mapped)

    def close(self) -> None:
        """Let go of the file. Closing twice is harmless."""
        for section in self._sections.values():
            section.release()
        self._view.release()
        try:
            self._mapped.close()
        except BufferError:  # a reader in another thread still holds a column: the last one to let go unmaps
            return

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def at(self, seconds: float) -> Moment:
        """Where everything is at this second of the plan; before the begin and after the end: at the begin, the end."""
        if math.isnan(seconds):
            raise ValueError("the second must be a number")
        last = len(self._end) - 1
        if last < 0:
            return Moment(0.0, 0.0, 0.0, 0, 0, 0, self.summary.filament_mm, 0.0, 0)
        move = min(bisect_right(self._end, seconds), last)
        part, speed = self._inside(move, seconds)
        x, y, z = self._x[move] / MICROMETRES, self._y[move] / MICROMETRES, self._z[move] / MICROMETRES
        x0, y0, z0 = self._position_before(move)
        if x == x0 and y == y0 and z == z0:
            speed = 0.0
        filament = self._filament_before(move)
        tool = self._tool[move]
        filament[tool] += (self._filament[move] - filament[tool]) * part
        return Moment(
            x0 + (x - x0) * part,
            y0 + (y - y0) * part,
            z0 + (z - z0) * part,
            tool,
            self._layer[move],
            self._byte_offset[move],
            tuple(filament),
            speed,
            move,
        )

    def seconds_of_byte(self, offset: int) -> float:
        """When the machine has done every line that begins before this byte of the G-code."""
        return self._begin(bisect_left(self._byte_offset, offset))

    def seconds_of_layer(self, layer: int) -> float | None:
        """When this layer (counted from 0) begins; None if there is no such layer."""
        if not 0 <= layer < self.summary.layers:
            return None
        return self._begin(bisect_left(self._layer, layer))

    def seconds_of_filament(self, tool: int, millimetres: float) -> float | None:
        """When this tool has first used more filament than this; None if it never does."""
        spans, tools, peaks = (self._sections[name] for name in ("span_first", "span_tool", "span_peak"))
        for number, first in enumerate(spans):
            if tools[number] == tool and peaks[number] > millimetres:
                stop = spans[number + 1] if number + 1 < len(spans) else len(self._end)
                for move in range(first, min(stop, len(self._end))):
                    if self._filament[move] > millimetres:
                        return self._crossing(move, millimetres)
                raise PlanError("the spans are damaged")
        return None

    def path(
        self, from_move: int = 0, to_move: int | None = None
    ) -> Iterator[tuple[float, float, float, bool, int, int]]:
        """(x, y, z, extruding, tool, layer) at the end of each move from one (included) to another (not included).

        The head is at `path(n - 1, n)` when move n begins, and at the origin before the first.
        """
        stop = len(self._end) if to_move is None else min(to_move, len(self._end))
        first = max(from_move, 0)
        if first >= stop:
            return
        before = self._filament_before(first)
        for move in range(first, stop):
            tool = self._tool[move]
            if tool >= self._tools:
                raise PlanError("the tools are damaged")
            filament = self._filament[move]
            extruding = filament > before[tool]
            before[tool] = filament
            yield (
                self._x[move] / MICROMETRES,
                self._y[move] / MICROMETRES,
                self._z[move] / MICROMETRES,
                extruding,
                tool,
                self._layer[move],
            )

    @cached_property
    def events(self) -> tuple[PlanEvent, ...]:
        """All that the file asks for besides motion, in its order."""
        try:
            return tuple(self._event(record) for record in EVENT.iter_unpack(self._sections["events"]))
        except (ValueError, IndexError) as error:
            raise PlanError("the events are damaged") from error

    def kind(self, move: int) -> str:
        """What the slicer calls this move: WALL-OUTER, External perimeter, Dwell, ..."""
        number: int = self._sections["kind"][move]
        if number >= len(self.summary.kinds):
            raise PlanError("the kinds are damaged")
        return self.summary.kinds[number]

    def column(self, name: str) -> "memoryview[Any]":
        """One of COLUMNS as it is stored, a value for each move. Not to be kept longer than the plan is open."""
        return self._sections[name]

    def _event(self, record: tuple[Any, ...]) -> PlanEvent:
        seconds, offset, line, move, value, kind, cooling, tool, text = record
        return PlanEvent(
            seconds=seconds,
            kind=PlanEventKind(kind),
            move=move,
            line=line,
            byte_offset=offset,
            tool=None if tool < 0 else tool,
            value=None if math.isnan(value) else value,
            text=self._directory.texts[text],
            waits_for_cooling=bool(cooling),
        )

    def _begin(self, move: int) -> float:
        return float(self._end[move - 1]) if move > 0 else 0.0

    def _position_before(self, move: int) -> tuple[float, float, float]:
        if move == 0:
            return 0.0, 0.0, 0.0
        before = move - 1
        return self._x[before] / MICROMETRES, self._y[before] / MICROMETRES, self._z[before] / MICROMETRES

    def _filament_before(self, move: int) -> list[float]:
        """The filament of each tool when this move begins."""
        spans = self._sections["span_first"]
        span = bisect_right(spans, move) - 1
        row = span * self._tools
        filament: list[float] = list(self._sections["span_filament"][row : row + self._tools])
        tool = self._tool[move]
        if len(filament) != self._tools or tool >= self._tools:
            raise PlanError("the spans or the tools are damaged")
        if move > spans[span]:
            filament[tool] = self._filament[move - 1]
        return filament

    def _inside(self, move: int, seconds: float) -> tuple[float, float]:
        """How much of this move's way is done at this second (0..1), and the speed there."""
        begin = self._begin(move)
        duration = self._end[move] - begin
        elapsed = min(max(seconds - begin, 0.0), duration)
        start, cruise, end, acceleration = self._speeds
        try:
            return travelled(elapsed, duration, start[move], cruise[move], end[move], acceleration[move])
        except ZeroDivisionError as error:
            raise PlanError("the speeds are damaged") from error

    def _crossing(self, move: int, millimetres: float) -> float:
        """The second inside this move at which its filament passes a length, by halving."""
        tool = self._tool[move]
        low, high = self._begin(move), self._end[move]
        before = self._filament_before(move)[tool]
        way = self._filament[move] - before
        for _ in range(48):
            middle = (low + high) / 2
            if before + way * self._inside(move, middle)[0] > millimetres:
                high = middle
            else:
                low = middle
        return float(high)

    def _section(self, name: str) -> "memoryview[Any]":
        try:
            offset, code, count = self._directory.sections[name]
            size = EVENT.size if name == "events" else struct.calcsize("<" + code)
            part = self._view[offset : offset + size * count]
            if offset % ALIGNMENT or offset < 0 or count < 0 or part.nbytes != size * count:
                raise PlanError(f"the section {name} is cut")
            return part.cast("B" if name == "events" else code)  # type: ignore[call-overload,no-any-return]
        except (KeyError, TypeError, ValueError, struct.error) as error:
            raise PlanError(f"the section {name} is damaged") from error

    def _check_counts(self) -> None:
        moves = self.summary.moves
        spans = len(self._sections["span_first"])
        if any(len(self._sections[name]) != moves for name, _ in COLUMNS):
            raise PlanError("the columns differ in length")
        tools = len(self.summary.filament_mm)
        sizes = tuple(len(self._sections[name]) for name, _ in SPANS)
        if sizes != (spans, spans, spans, spans * tools) or (moves > 0) != (spans > 0):
            raise PlanError("the spans do not fit the moves")


def _read_directory(view: "memoryview[int]") -> tuple[int, Directory]:
    """The kernel version and the directory of a plan file; PlanError if anything about them is wrong."""
    if len(view) < HEADER.size or bytes(view[: len(MAGIC)]) != MAGIC:
        raise PlanError("not a plan")
    _, version, kernel_version, size, offset, length, checksum = HEADER.unpack_from(view)
    if version != FORMAT:
        raise PlanError(f"a plan of format {version}, this program reads {FORMAT}")
    directory = bytes(view[offset : offset + length])
    if len(view) != size or len(directory) != length or zlib.crc32(directory) != checksum:
        raise PlanError("the plan is cut or damaged")
    try:
        return kernel_version, msgspec.json.decode(directory, type=Directory)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PlanError("the plan's directory is damaged") from error
