"""Plans the moves in plain Python: queue, look-ahead, sequences, and the plan's columns."""

import math
import struct
from array import array
from typing import Any, Final

from printyard.gcode.estimate import Sequence
from printyard.gcode.limits import Limits
from printyard.gcode.plan import COLUMNS, MICROMETRES
from printyard.gcode.plan_writer import PlanWriter
from printyard.gcode.reference import marlin
from printyard.gcode.reference.arcs import cut, points
from printyard.gcode.reference.lookahead import fix_speeds
from printyard.gcode.reference.machine import NO_MOVE, LayerMarks, Machine
from printyard.gcode.reference.moves import Move
from printyard.gcode.reference.stamps import Stamps
from printyard.gcode.reference.tally import Tally, Timing

FLUSH_MOVES: Final = 256
"""A flush is tried whenever the queue has grown by so many moves."""
QUEUE_MOVES: Final = 1 << 17
"""At so many moves the queue is flushed to a stand: only absurd limits look so far ahead."""
MAX_SEQUENCES: Final = 4096
MAX_ENTRIES: Final = 1 << 17
"""So many sequences at most; and none begins once those before it have so many kinds and heights between them."""
LAYER_RISE: Final = 0.04
"""Millimetres that a layer is at least above the one before it, where no comment tells the layers."""
COORDINATE_LIMIT: Final = 2**31 - 1


class ReferencePlanner:
    """Fulfils Planner. Without a writer no columns are kept."""

    def __init__(
        self, machine: Machine, limits: Limits, writer: PlanWriter | None, stamps: Stamps | None = None
    ) -> None:
        self.tallies = [Tally()]
        self._entries = 0
        self._machine = machine
        self._checkers = limits.move_checkers if limits.marlin is None else ()
        self._make = Move if limits.marlin is None else marlin.MarlinMove
        self._fix_speeds = fix_speeds if limits.marlin is None else marlin.fix_speeds
        self._writer = writer
        self._stamps = stamps
        self._times: list[float] = []
        self._queue: list[Move] = []
        self._flush_at = FLUSH_MOVES
        self._columns: list[array[Any]] = []
        self._clear_columns()

    def add_move(self, x: float, y: float, z: float, e: float, filament: float, velocity: float, kind: int) -> None:
        machine = self._machine
        move = self._make(machine, (x, y, z, e), velocity, kind)
        machine.x, machine.y, machine.z, machine.e = x, y, z, e
        if math.isfinite(filament):  # a plan's filament is a number, whatever a file says
            machine.filament += filament
        if move.distance == 0.0:  # a way so short that its square is nothing is none
            return
        machine.awaited = 0
        move.check(self._checkers)
        if self._queue:
            move.join(self._queue[-1], machine)
        if self._writer is not None:
            self._mark(move, filament)
        machine.added += 1
        self._queue.append(move)
        if len(self._queue) >= self._flush_at:
            self._flush(partial=len(self._queue) < QUEUE_MOVES)

    def add_arc(  # noqa: PLR0913 - an arc is a move with a centre and a sense
        self,
        x: float,
        y: float,
        z: float,
        e: float,
        filament: float,
        velocity: float,
        kind: int,
        *,
        offsets: tuple[float, float],
        clockwise: bool,
    ) -> None:
        machine = self._machine
        start, target, reached = (machine.x, machine.y, machine.z), (x, y, z), machine.e
        arc = cut(start, target, offsets, machine.plane, machine.mm_per_arc_segment, clockwise=clockwise)
        machine.segments += arc.count
        e_step, filament_step = (e - reached) / arc.count, filament / arc.count
        for point in points(start, target, offsets, machine.plane, arc):
            reached += e_step
            self.add_move(*point, reached, filament_step, velocity, kind)

    def add_delay(self, seconds: float, kind: int, *, indeterminate: bool) -> None:
        self._flush(partial=False)
        self._stand()
        self._machine.elapsed += seconds
        tally = self.tallies[-1]
        if indeterminate and tally.moves and len(self.tallies) < MAX_SEQUENCES and self._entries < MAX_ENTRIES:
            self._entries += len(tally.kinds) + len(tally.layers)
            tally = Tally()
            self.tallies.append(tally)
        tally.delay(seconds, kind)
        if indeterminate:
            return
        machine = self._machine
        machine.clock += seconds
        machine.added += 1
        if self._writer is not None:
            place = (machine.x + machine.shift_x, machine.y + machine.shift_y, machine.z + machine.shift_z)
            self._write(place, (machine.filament, machine.offset, machine.tool, layer_of(machine)), (0.0,) * 4, kind)

    def finish(self, kinds: list[str]) -> list[Sequence]:
        """Bring everything to a stand, and hand over the sequences."""
        self._flush(partial=False)
        self._stand()
        self._hand_over()
        if self._stamps is not None:
            self._stamps.finish(self._machine.elapsed)
        return [tally.sequence(kinds) for tally in self.tallies if tally.begun]

    def _mark(self, move: Move, filament: float) -> None:
        """Keep with a move what the plan says about it."""
        machine = self._machine
        x, y, z = machine.x + machine.shift_x, machine.y + machine.shift_y, machine.z + machine.shift_z
        if filament > 0.0 and move.kinematic:
            dx, dy, dz = move.way
            machine.min_x, machine.max_x = min(machine.min_x, x - dx, x), max(machine.max_x, x - dx, x)
            machine.min_y, machine.max_y = min(machine.min_y, y - dy, y), max(machine.max_y, y - dy, y)
            machine.min_z, machine.max_z = min(machine.min_z, z - dz, z), max(machine.max_z, z - dz, z)
            if machine.first_extrusion == NO_MOVE:
                machine.first_extrusion = machine.added
            flat = dx != 0.0 or dy != 0.0
            if machine.layer_marks == LayerMarks.NONE and flat and z > machine.layer_z + LAYER_RISE:
                machine.layers += 1
                machine.layer_z = z
        move.x, move.y, move.z = x, y, z
        move.filament, move.offset, move.tool = machine.filament, machine.offset, machine.tool
        move.layer = layer_of(machine)

    def _flush(self, *, partial: bool) -> None:
        count = self._fix_speeds(self._queue, partial=partial)
        for move in self._queue[:count]:
            if move.awaited:
                self._times.append(self._machine.elapsed)
            time = self.tallies[-1].count(move)
            self._advance(move, time)
        del self._queue[:count]
        self._flush_at = min(len(self._queue) + FLUSH_MOVES, QUEUE_MOVES)
        self._tell_times()
        if len(self._columns[0]) >= FLUSH_MOVES:
            self._hand_over()

    def _stand(self) -> None:
        """With nothing queued, lines that wait for their time have it."""
        if self._machine.awaited:
            self._machine.awaited = 0
            self._times.append(self._machine.elapsed)
            self._tell_times()

    def _tell_times(self) -> None:
        if self._stamps is not None and self._times:
            self._stamps.timed(self._times)
            self._times.clear()

    def _advance(self, move: Move, time: Timing) -> None:
        """Let the plan's clock run; a move whose time is no number takes none of it."""
        possible = math.isfinite(time.total) and time.total >= 0.0
        if possible:
            self._machine.clock += time.total
            self._machine.elapsed += time.total
        if self._writer is not None:
            speeds = (move.start_v, move.cruise_v, move.end_v, move.acceleration) if possible else (0.0,) * 4
            what = (move.filament, move.offset, move.tool, move.layer)
            self._write((move.x, move.y, move.z), what, speeds, move.kind)

    def _write(
        self, place: tuple[float, ...], what: tuple[float, int, int, int], speeds: tuple[float, ...], kind: int
    ) -> None:
        values = (self._machine.clock, *map(micrometres, place), *what, *map(single, speeds), kind)
        for column, value in zip(self._columns, values, strict=True):
            column.append(value)

    def _hand_over(self) -> None:
        if self._writer is not None:
            self._writer.extend(self._columns)
            self._clear_columns()

    def _clear_columns(self) -> None:
        self._columns = [array(code) for _, code in COLUMNS]


def layer_of(machine: Machine) -> int:
    """The layer that the machine is in, counted from 0."""
    return max(machine.layers - 1, 0)


def micrometres(millimetres: float) -> int:
    """To the next micrometre, half away from zero; what does not fit is the end of the scale, NaN is 0."""
    if math.isnan(millimetres):
        return 0
    scaled = min(max(millimetres * MICROMETRES, -COORDINATE_LIMIT), COORDINATE_LIMIT)
    return int(math.floor(scaled + 0.5) if scaled >= 0.0 else math.ceil(scaled - 0.5))


def single(value: float) -> float:
    """The nearest single-precision number; infinite where it is too large for one."""
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)
