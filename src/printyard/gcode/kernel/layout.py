"""The records that the compiled code works on. Their fields have the names of the plain-Python analysis."""

import ctypes
import mmap
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from printyard.gcode.limits import AxisLimiter, MoveChecker
from printyard.gcode.plan import COLUMNS
from printyard.gcode.reference.blocks import BLOCK_BYTES
from printyard.gcode.reference.kinds import MAX_KIND_BYTES, MAX_KINDS
from printyard.gcode.reference.machine import Machine
from printyard.gcode.reference.planner import FLUSH_MOVES, QUEUE_MOVES
from printyard.gcode.reference.tally import MAX_LAYERS

DRAIN_ROWS: Final = 1 << 14
"""With so many rows the kernel hands them over before it reads on."""
KIND_SLOTS: Final = 4 * MAX_KINDS
LAYER_SLOTS: Final = 2 * MAX_LAYERS
FREE: Final = 0
"""An unused slot of a hash table; a used one has its content's number plus one."""
MAX_CHECKERS: Final = 32
LETTERS: Final = 26

KINEMATIC: Final = 1
EXTRUDING: Final = 2
LEVEL: Final = 4
AWAITED: Final = 8
"""Flags of a move: the head travels, the filament moves, the height stays, a line before it wants a time."""

_SCALARS: Final[Mapping[type, str]] = {int: "i8", float: "f8"}


def _fields(kind: str, *names: str) -> list[tuple[str, str]]:
    return [(name, kind) for name in names]


MACHINE: Final = np.dtype(
    [
        *((name, _SCALARS[type(getattr(Machine(), name))]) for name in Machine.__slots__),
        *_fields("i8", "queued", "fresh", "flush_at", "standing", "rows", "times", "kinds_full", "checkers"),
        *_fields("i8", "stamped", "stamping_now"),
    ],
    align=True,
)
"""reference.machine.Machine, with the kernel's own counters."""

CAPACITY: Final = QUEUE_MOVES + 137
"""Moves that the queue can hold. No multiple of a page: else all columns would fight for the same cache lines."""


def _columns(length: int, kind: str, *names: str) -> list[tuple[str, str, tuple[int]]]:
    return [(name, kind, (length,)) for name in names]


FRESH: Final = np.dtype(
    [
        # As the line asks for it, and the limits at that line.
        *_columns(FLUSH_MOVES + 1, "f8", "way_x", "way_y", "way_z", "delta_e", "velocity", "start_z"),
        *_columns(FLUSH_MOVES + 1, "f8", "acceleration", "accel_to_decel", "junction_deviation"),
        *_columns(FLUSH_MOVES + 1, "f8", "x", "y", "z", "filament"),
        *_columns(FLUSH_MOVES + 1, "i8", "offset"),
        *_columns(FLUSH_MOVES + 1, "i4", "layer"),
        *_columns(FLUSH_MOVES + 1, "i2", "kind"),
        *_columns(FLUSH_MOVES + 1, "u1", "tool", "flags"),
        # What follows from that.
        *_columns(FLUSH_MOVES + 1, "f8", "distance", "rate_x", "rate_y", "rate_z", "rate_e"),
        *_columns(FLUSH_MOVES + 1, "f8", "max_cruise_v2", "max_dv2", "smoothed_dv2", "corner_v2", "safe_v"),
        *_columns(FLUSH_MOVES + 1, "u1", "joined"),
    ],
    align=True,
)
"""Moves that have come since the last time that any were prepared, column by column; the first is the one before them.

So few that the processor keeps all of them at hand."""

MOVES: Final = np.dtype(
    [
        *_columns(CAPACITY, "f8", "distance", "acceleration", "max_cruise_v2", "max_dv2", "smoothed_dv2"),
        *_columns(CAPACITY, "f8", "max_start_v2", "max_smoothed_v2", "start_v2", "cruise_v2", "end_v2"),
        *_columns(CAPACITY, "f8", "delta_e", "start_z", "x", "y", "z", "filament"),
        *_columns(CAPACITY, "i8", "offset"),
        *_columns(CAPACITY, "i4", "layer"),
        *_columns(CAPACITY, "i2", "kind"),
        *_columns(CAPACITY, "u1", "tool", "flags"),
    ],
    align=True,
)
"""The moves in the queue (reference.moves.Move), column by column."""

TIMES: Final = np.dtype(
    _columns(FLUSH_MOVES, "f8", "start_v", "cruise_v", "end_v", "up", "level", "down", "seconds", "clock"), align=True
)
"""Speeds and seconds of the moves that are being counted, and the plan's clock at their ends."""

WAY: Final = np.dtype(
    [
        *_fields("f8", "x", "y", "z", "e", "e_step", "filament_step", "velocity"),
        *_fields("f8", "o0", "o1", "center0", "center1", "angle_step", "height", "climb_step"),
        *_fields("i8", "kind", "done", "count"),
    ],
    align=True,
)
"""What the line at hand has left to go: `count` moves, of which so many are `done`, to a place (x, y, z).

`e` is where the filament is after those that are done. More than one are an arc's, in the machine's plane: its centre,
where that lies from the start (`o0`, `o1`), and the height from which it climbs."""

DELAYED: Final = np.dtype([("index", "i8"), ("start_v2", "f8"), ("end_v2", "f8")], align=True)
"""A move whose peak is not known yet, in the backward pass."""

TALLY: Final = np.dtype(
    [
        *_fields("f8", "time", "distance", "extruded", "flow", "speed", "z_time", "output", "travel", "extrude_only"),
        *_fields("f8", "acceleration", "cruise", "deceleration", "height"),
        *_fields("i8", "begun", "moves", "layers", "layer"),
    ],
    align=True,
)
"""The running sums of one sequence (reference.tally.Tally); `layer` is the place of the last layer counted, `height`
where in Z it lies (NaN: nowhere yet)."""

STAMPED_LINES: Final = 1 << 12
STAMPED: Final = np.dtype(_fields("i8", "offset", "size", "together"), align=True)
"""A line with M73: where it lies (bytes, without its newline), and 1 if nothing moved since the one before."""

KIND_TIME: Final = np.dtype([("seconds", "f8"), ("used", "i8")], align=True)
LAYER_TIME: Final = np.dtype([("key", "i8"), ("seconds", "f8"), ("slot", "i8")], align=True)
"""Seconds of a layer by its height in micrometres, and its slot in the hash table."""

_COLUMN_TYPES: Final = {"d": "f8", "f": "f4", "i": "i4", "I": "u4", "Q": "u8", "H": "u2", "B": "u1"}
CHECKER: Final = np.dtype([("extruder", "i8"), *_fields("f8", "x", "y", "z", "max_velocity", "max_accel")], align=True)

KIND_NAME: Final = np.dtype(
    [("hash", "u8"), ("kind", "i4"), ("size", "i4"), ("text", "u1", (MAX_KIND_BYTES,))], align=True
)
"""A slot of the table of kinds: the text's hash, its number, and its bytes."""

ROW_CAPACITY: Final = DRAIN_ROWS + QUEUE_MOVES + 2
"""Rows that there may be before they are handed over: a stand flushes the whole queue, and dwells follow it."""

ROWS: Final = np.dtype([(name, _COLUMN_TYPES[code], (ROW_CAPACITY,)) for name, code in COLUMNS], align=True)
"""The plan's moves, column by column."""

BENCH: Final = np.dtype(
    [
        ("machine", MACHINE),
        ("tally", TALLY),
        ("words", "f8", (LETTERS,)),
        ("way", WAY),
        ("checkers", CHECKER, (MAX_CHECKERS,)),
        ("kind_times", KIND_TIME, (MAX_KINDS,)),
        ("kind_names", KIND_NAME, (KIND_SLOTS,)),
        ("layer_slots", "i8", (LAYER_SLOTS,)),
        ("layer_times", LAYER_TIME, (MAX_LAYERS,)),
        ("block", "u1", (BLOCK_BYTES + 1,)),
        ("stamped", STAMPED, (STAMPED_LINES,)),
        ("times", "f8", (QUEUE_MOVES + STAMPED_LINES + 2,)),
        ("delayed", DELAYED, (CAPACITY,)),
        ("fresh", FRESH),
        ("timed", TIMES),
        ("moves", MOVES),
        ("rows", ROWS),
    ],
    align=True,
)
"""All that the compiled code works on, in one record: arrays of their own would have their references counted, at each
call and by atomic instructions, which cost more than the arithmetic. Queue and rows are as large as they may ever
become; the system gives their pages when they are used."""


class Bench:
    """The memory of one analysis: `memory` for the compiled code, the rest are views of it for plain Python."""

    def __init__(self, checkers: Sequence[MoveChecker]) -> None:
        self.memory: Any = np.frombuffer(_pages(BENCH.itemsize), BENCH)
        self.record: Any = self.memory[0]
        self.machine: Any = self._view("machine", MACHINE)
        self.tally: Any = self._view("tally", TALLY)
        self.way: Any = self._view("way", WAY)
        if len(checkers) > MAX_CHECKERS:
            raise ValueError(f"more than {MAX_CHECKERS} move checkers")
        self.machine.checkers = len(checkers)
        for record, checker in zip(self.record["checkers"], checkers, strict=False):
            _set_checker(record, checker)

    def _view(self, name: str, layout: Any) -> Any:
        """A structure over a part of the memory: its fields are plain numbers, ten times as fast as a record's."""
        types = {"i": ctypes.c_int64, "f": ctypes.c_double}
        fields = [(field, types[layout.fields[field][0].kind]) for field in layout.names]
        structure: Any = type(name, (ctypes.Structure,), {"_fields_": fields})
        place = BENCH.fields[name][1]  # type: ignore[index]
        return structure.from_buffer(self.memory.view(np.uint8), place)


def _pages(size: int) -> mmap.mmap:
    """Zeros, of which the system gives what is used, and no more: numpy would ask for pages of two megabytes."""
    pages = mmap.mmap(-1, size)
    if hasattr(mmap, "MADV_NOHUGEPAGE"):
        pages.madvise(mmap.MADV_NOHUGEPAGE)
    return pages


def _set_checker(record: Any, checker: MoveChecker) -> None:
    axis = checker.axis if isinstance(checker, AxisLimiter) else (0.0, 0.0, 0.0)
    record["extruder"] = not isinstance(checker, AxisLimiter)
    record["x"], record["y"], record["z"] = axis
    record["max_velocity"], record["max_accel"] = checker.max_velocity, checker.max_accel
