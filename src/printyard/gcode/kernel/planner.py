"""The kernel as a planner: does what plain Python asks for on rare lines, and keeps the books of the sequences."""

from typing import Any

import numpy as np

from printyard.gcode.estimate import PhaseTimes, Sequence, in_byte_order
from printyard.gcode.kernel.layout import FREE, Bench
from printyard.gcode.kernel.scanner import FINISHED, scan_lines
from printyard.gcode.limits import Limits
from printyard.gcode.plan import COLUMNS, SPEEDS
from printyard.gcode.plan_writer import PlanWriter
from printyard.gcode.reference.arcs import PLANES, cut
from printyard.gcode.reference.kinds import Kinds
from printyard.gcode.reference.machine import Machine
from printyard.gcode.reference.planner import FLUSH_MOVES, MAX_ENTRIES, MAX_SEQUENCES, layer_of, micrometres
from printyard.gcode.reference.stamps import Stamps


class KernelPlanner:
    """Fulfils reference.machine.Planner; `machine` has the fields of reference.machine.Machine."""

    def __init__(self, limits: Limits, writer: PlanWriter | None, kinds: Kinds, stamps: Stamps | None = None) -> None:
        self.bench = Bench(limits.move_checkers if limits.marlin is None else ())
        self.machine = self.bench.machine
        begin = Machine()
        for name in Machine.__slots__:
            setattr(self.machine, name, getattr(begin, name))
        self.machine.flush_at = FLUSH_MOVES
        self.machine.planning = writer is not None
        self.machine.stamping = 0 if stamps is None else stamps.letters
        self._writer = writer
        self._kinds = kinds
        self._stamps = stamps
        self._sequences: list[Sequence] = []
        self._entries = 0
        self._clear_tally()

    def add_move(self, x: float, y: float, z: float, e: float, filament: float, velocity: float, kind: int) -> None:
        way = self.bench.way
        way.x, way.y, way.z, way.e, way.e_step = x, y, z, e, 0.0
        way.filament_step, way.velocity, way.kind = filament, velocity, kind
        way.done, way.count = 0, 1
        self._do()

    def add_arc(
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
        machine, way = self.machine, self.bench.way
        start = (machine.x, machine.y, machine.z)
        arc = cut(start, (x, y, z), offsets, machine.plane, machine.mm_per_arc_segment, clockwise=clockwise)
        machine.segments += arc.count
        way.x, way.y, way.z, way.e, way.e_step = x, y, z, machine.e, (e - machine.e) / arc.count
        way.filament_step, way.velocity, way.kind = filament / arc.count, velocity, kind
        (way.o0, way.o1), (way.center0, way.center1) = offsets, arc.center
        way.angle_step, way.height, way.climb_step = arc.angle_step, start[PLANES[machine.plane][2]], arc.climb_step
        way.done, way.count = 0, arc.count
        self._do()

    def add_delay(self, seconds: float, kind: int, *, indeterminate: bool) -> None:
        self._stand()
        self.machine.elapsed += seconds
        tally = self.bench.tally
        may_begin = len(self._sequences) < MAX_SEQUENCES - 1 and self._entries < MAX_ENTRIES
        if indeterminate and tally.moves and may_begin:
            self._close()
        tally.begun = 1
        tally.time += seconds
        kind_time = self.bench.record["kind_times"][kind]
        kind_time["seconds"] += seconds
        kind_time["used"] = 1
        if indeterminate:
            return
        self.machine.clock += seconds
        self.machine.added += 1
        if self._writer is not None:
            self._write_dwell(kind)

    def finish(self) -> list[Sequence]:
        """Bring everything to a stand, and hand over the sequences."""
        self._stand()
        self.hand_over()
        self._close()
        if self._stamps is not None:
            self._stamps.finish(self.machine.elapsed)
        return self._sequences

    def hand_over(self) -> None:
        """Give the rows to the plan."""
        count = self.machine.rows
        if self._writer is not None and count:
            rows = self.bench.record["rows"]
            self._writer.extend([rows[name][:count] for name, _ in COLUMNS])
        self.machine.rows = 0

    def tell_times(self) -> None:
        """Tell of the lines with M73 that came, and the lines that wait for their time what is known.

        To be called after each call of the kernel: so there is room for the lines and times of the next.
        """
        machine, record = self.machine, self.bench.record
        if self._stamps is not None and machine.stamped:
            for offset, size, together in record["stamped"][: machine.stamped].tolist():
                self._stamps.take_progress(offset, size, together=bool(together))
        if self._stamps is not None and machine.times:
            self._stamps.timed(record["times"][: machine.times].tolist())
        machine.stamped = machine.times = 0

    def _stand(self) -> None:
        """Flush the queue; lines that wait for their time then have it."""
        self.machine.standing, self.machine.flush_at = 1, 0
        self._do()
        if self._stamps is not None and self.machine.awaited:
            self.machine.awaited = 0
            self._stamps.timed((self.machine.elapsed,))

    def _do(self) -> None:
        """Have the kernel do what is left to do, and nothing else."""
        while scan_lines(self.bench.memory, 0, 0, 0)[0] != FINISHED:
            self.hand_over()
        self.tell_times()

    def _write_dwell(self, kind: int) -> None:
        machine, rows = self.machine, self.bench.record["rows"]
        places = (micrometres(getattr(machine, axis) + getattr(machine, "shift_" + axis)) for axis in ("x", "y", "z"))
        what = (machine.filament, machine.offset, machine.tool, layer_of(machine))
        values = (machine.clock, *places, *what, *(0.0,) * len(SPEEDS), kind)
        for (name, _), value in zip(COLUMNS, values, strict=True):
            rows[name][machine.rows] = value
        machine.rows += 1

    def _close(self) -> None:
        """Keep what the present sequence came to, and clear its books for the next."""
        record, tally = self.bench.record, self.bench.tally
        layers = record["layer_times"][: tally.layers]
        record["layer_slots"][layers["slot"]] = FREE
        if tally.begun:
            kind_times = record["kind_times"]
            used = {
                self._kinds.texts[kind]: float(kind_times[kind]["seconds"])
                for kind in np.flatnonzero(kind_times["used"])
            }
            self._sequences.append(_sequence(tally, used, layers[np.argsort(layers["key"])]))
            self._entries += len(used) + len(layers)
        record["kind_times"] = 0
        self._clear_tally()

    def _clear_tally(self) -> None:
        self.bench.record["tally"] = 0
        self.bench.tally.flow = self.bench.tally.speed = -np.inf
        self.bench.tally.height = np.nan


def _sequence(tally: Any, kind_times: dict[str, float], layers: Any) -> Sequence:
    return Sequence(
        total_time=tally.time,
        total_distance=tally.distance,
        total_extrude_distance=tally.extruded,
        max_flow=None if tally.flow == -np.inf else tally.flow,
        max_speed=None if tally.speed == -np.inf else tally.speed,
        num_moves=tally.moves,
        total_z_time=tally.z_time,
        total_output_time=tally.output,
        total_travel_time=tally.travel,
        total_extrude_only_time=tally.extrude_only,
        phase_times=PhaseTimes(tally.acceleration, tally.cruise, tally.deceleration),
        kind_times=in_byte_order(kind_times),
        layer_times=tuple(zip((layers["key"] / 1000.0).tolist(), layers["seconds"].tolist(), strict=True)),
    )
