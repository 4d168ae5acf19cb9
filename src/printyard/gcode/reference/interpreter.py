"""What each command does to the machine: one method for each, found through two tables.

All that is not in the tables takes no time: G20, G90 and G91 (positions count as absolute), M104, M220, macros, ...
"""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Final

from printyard.gcode.estimate import GcodeError
from printyard.gcode.reference import marlin
from printyard.gcode.reference.arcs import FREE_SEGMENTS, SEGMENTS_PER_BYTE
from printyard.gcode.reference.journal import Journal
from printyard.gcode.reference.kinds import DWELL, INDETERMINATE, OTHER, Kinds, kind_of_comment
from printyard.gcode.reference.lines import WHITE, Comment, Named, Unreadable, Words, number, parse
from printyard.gcode.reference.machine import LayerMarks, Machine, Planner, derive, least
from printyard.gcode.reference.remarks import Remarks
from printyard.gcode.reference.retraction import Retraction
from printyard.gcode.reference.stamps import PROGRESS_CODE, STAMPS_PROGRESS, Stamps

DWELL_DEFAULT_SECONDS: Final = 0.25
INDETERMINATE_SECONDS: Final = 0.1
MAX_DELAY_SECONDS: Final = 2.0**64
PROGRESS: Final = ("M", PROGRESS_CODE)
_ADD_TIME: Final = "ESTIMATOR_ADD_TIME "
_TYPE: Final = "TYPE:"


class Interpreter:
    """Reads lines and does what they say, to a machine and through a planner."""

    def __init__(
        self,
        machine: Machine,
        planner: Planner,
        kinds: Kinds,
        *,
        planning: bool,
        stamps: Stamps | None = None,
    ) -> None:
        self.kinds = kinds
        self.remarks = Remarks()
        self.journal = Journal(machine, self.remarks) if planning else None
        self._machine = machine
        self._planner = planner
        self._stamps = stamps
        self._retraction = Retraction(machine, planner, kinds) if machine.retracts else None

    def run(self, raw: bytes) -> None:
        """Do one line, which is the machine's next (`machine.line` lines are done). Raises GcodeError."""
        try:
            line = parse(raw.decode("utf-8", "replace"))
        except Unreadable:
            start = raw[:40].decode("utf-8", "replace").strip()
            self.remarks.add(self._machine.line + 1, f"no G-code, skipped: {start}")
            return
        if self._stamps is not None:
            self._stamp(self._stamps, line, len(raw))
        match line:
            case Words():
                action = _NUMBERED.get((line.letter, line.code))
                if action is not None:
                    action(self, line)
            case Named():
                command = _NAMED.get(line.command)
                if command is not None:
                    command(self, line)
            case Comment():
                self._comment(line.text)
                return
            case None:
                return
        if self.journal is not None:
            self.journal.note(line)

    def _stamp(self, stamps: Stamps, line: Words | Named | Comment | None, size: int) -> None:
        machine = self._machine
        offset, together = int(machine.offset), bool(machine.awaited)
        if isinstance(line, Comment):
            if stamps.take(line, offset, size, together=together):
                machine.awaited = 1
        elif isinstance(line, Words) and (line.letter, line.code) == PROGRESS and stamps.letters & STAMPS_PROGRESS:
            stamps.take_progress(offset, size, together=together)
            machine.awaited = 1

    def move(self, line: Words) -> None:
        values = line.last_numbers()
        self._set_velocity(values.get("F"))
        if values.keys() & {"X", "Y", "Z", "E"}:
            x, y, z = self._target(values)
            e, filament = self._extrusion(values.get("E"))
            self._planner.add_move(x, y, z, e, filament, self._machine.velocity, self._kind(line))

    def arc(self, line: Words) -> None:
        machine = self._machine
        if not machine.mm_per_arc_segment > 0.0:
            return
        values = {letter: value for letter in "XYZEFIJK" if (value := line.first(letter)) is not None}
        i, j, k = (values.get(letter, 0.0) for letter in "IJK")
        offsets = ((i, j), (i, k), (j, k))[machine.plane]
        if offsets == (0.0, 0.0):
            return
        if machine.segments > FREE_SEGMENTS + SEGMENTS_PER_BYTE * machine.offset:
            raise GcodeError(int(machine.line) + 1, f"{machine.segments:,} moves in arcs, more than any print has")
        self._set_velocity(values.get("F"))
        x, y, z = self._target(values)
        e, filament = self._extrusion(values.get("E"))
        velocity, kind = machine.velocity, self._kind(line)
        self._planner.add_arc(x, y, z, e, filament, velocity, kind, offsets=offsets, clockwise=line.code == 2)

    def _set_velocity(self, feed: float | None) -> None:
        if feed is None:
            return
        velocity = feed / 60.0
        if not velocity > 0.0:
            raise GcodeError(int(self._machine.line) + 1, f"a speed of {feed:g} mm/min")
        self._machine.velocity = velocity

    def _target(self, values: dict[str, float]) -> tuple[float, float, float]:
        machine = self._machine
        if machine.marlin and machine.relative_xyz:
            return tuple(getattr(machine, axis.lower()) + values.get(axis, 0.0) for axis in "XYZ")
        return values.get("X", machine.x), values.get("Y", machine.y), values.get("Z", machine.z)

    def _extrusion(self, word: float | None) -> tuple[float, float]:
        """The E position that the planner goes to, and the filament that the slicer means."""
        machine = self._machine
        if word is None:
            return machine.e, 0.0
        meant = word if machine.relative_e or machine.relative_xyz else word - machine.e_meant
        machine.e_meant += meant
        relative = machine.relative_e or (machine.marlin and machine.relative_xyz)
        return (machine.e + word if relative else word), meant

    def _kind(self, line: Words) -> int:
        if line.comment is None:
            return self._machine.kind
        return self._number(kind_of_comment(line.comment.strip(WHITE)))

    def _number(self, text: str) -> int:
        kind = self.kinds.number(text)
        if self.kinds.overflowed:
            self.remarks.once(self._machine.line + 1, "too many or too long kinds of moves: the rest counts as Other")
        return kind

    def dwell(self, line: Words) -> None:
        milliseconds, seconds = line.first("P"), None
        if self._machine.marlin:
            seconds = line.first("S")
            milliseconds = milliseconds or 0.0
        if seconds is None:
            seconds = DWELL_DEFAULT_SECONDS if milliseconds is None else milliseconds / 1000.0
        self._delay(seconds, DWELL, indeterminate=False)

    def wait(self, _: Words | Named) -> None:
        self._delay(INDETERMINATE_SECONDS, INDETERMINATE, indeterminate=True)

    def _delay(self, seconds: float, kind: int, *, indeterminate: bool) -> None:
        if not 0.0 <= seconds < MAX_DELAY_SECONDS:
            raise GcodeError(int(self._machine.line) + 1, f"a dwell of {seconds:g} seconds")
        nanoseconds = round(Fraction(seconds) * 10**9)
        rounded = float(nanoseconds // 10**9) + nanoseconds % 10**9 / 1e9
        self._planner.add_delay(rounded, kind, indeterminate=indeterminate)

    def retract(self, _: Words) -> None:
        if self._retraction is not None:
            self._retraction.retract()

    def unretract(self, _: Words) -> None:
        if self._retraction is not None:
            self._retraction.unretract()

    def set_retraction(self, line: Named) -> None:
        if self._retraction is not None:
            self._retraction.change(line)

    def plane(self, line: Words) -> None:
        self._machine.plane = line.code - 17

    def positioning(self, line: Words) -> None:
        self._machine.relative_xyz = line.code - 90

    def extrusion_mode(self, line: Words) -> None:
        self._machine.relative_e = line.code - 82

    def set_position(self, line: Words) -> None:
        machine = self._machine
        for axis in ("x", "y", "z"):
            value = line.first(axis.upper())
            if value is not None:
                setattr(machine, "shift_" + axis, getattr(machine, "shift_" + axis) + getattr(machine, axis) - value)
                setattr(machine, axis, value)
        e = line.first("E")
        if e is not None:
            machine.e = machine.e_meant = e

    def marlin_axes(self, line: Words) -> None:
        if self._machine.marlin:
            marlin.set_axes(self._machine, line)

    def marlin_corners(self, line: Words) -> None:
        if self._machine.marlin:
            marlin.set_corners(self._machine, line)

    def acceleration(self, line: Words) -> None:
        if self._machine.marlin:
            marlin.set_accelerations(self._machine, line)
            return
        both = (line.first("P"), line.first("T"))
        chosen = line.first("S")
        if chosen is None and both[0] is not None and both[1] is not None:
            chosen = least(both[0], both[1])
        if chosen is not None:
            self._machine.max_acceleration = chosen
            derive(self._machine)

    def velocity_limit(self, line: Named) -> None:
        machine = self._machine
        fields = {"velocity": "max_velocity", "accel": "max_acceleration"}
        fields |= {"accel_to_decel": "max_accel_to_decel", "square_corner_velocity": "square_corner_velocity"}
        for key, field in fields.items():
            value = line.value(key)
            if value is not None:
                setattr(machine, field, value)
                if key == "accel_to_decel":
                    machine.minimum_cruise_ratio = math.nan
                    if math.isnan(value):  # no limit, while a NaN of the machine's is one that was never given
                        machine.max_accel_to_decel = math.inf
        derive(machine)

    def _comment(self, text: str) -> None:
        machine = self._machine
        if text.startswith(_TYPE):
            machine.kind = self._number(text.removeprefix(_TYPE))
            return
        marked = text.lstrip(WHITE)
        if marked.startswith(_ADD_TIME):
            seconds_text, space, kind = marked.removeprefix(_ADD_TIME).partition(" ")
            seconds = number(seconds_text)
            if seconds is not None:
                self._delay(seconds, self._number(kind) if space else OTHER, indeterminate=True)
        elif self.journal is not None:
            if text.startswith("LAYER:"):
                self.journal.begin_layer(LayerMarks.NUMBERED)
            elif text == "LAYER_CHANGE" or marked == "CHANGE_LAYER":
                self.journal.begin_layer(LayerMarks.CHANGED)


_NUMBERED: Final[dict[tuple[str, int], Callable[[Interpreter, Words], None]]] = {
    ("G", 0): Interpreter.move,
    ("G", 1): Interpreter.move,
    ("G", 2): Interpreter.arc,
    ("G", 3): Interpreter.arc,
    ("G", 4): Interpreter.dwell,
    ("G", 10): Interpreter.retract,
    ("G", 11): Interpreter.unretract,
    ("G", 17): Interpreter.plane,
    ("G", 18): Interpreter.plane,
    ("G", 19): Interpreter.plane,
    ("G", 28): Interpreter.wait,
    ("G", 90): Interpreter.positioning,
    ("G", 91): Interpreter.positioning,
    ("G", 92): Interpreter.set_position,
    ("M", 82): Interpreter.extrusion_mode,
    ("M", 83): Interpreter.extrusion_mode,
    ("M", 109): Interpreter.wait,
    ("M", 190): Interpreter.wait,
    ("M", 201): Interpreter.marlin_axes,
    ("M", 203): Interpreter.marlin_axes,
    ("M", 204): Interpreter.acceleration,
    ("M", 205): Interpreter.marlin_corners,
    ("M", 600): Interpreter.wait,
}

_NAMED: Final[dict[str, Callable[[Interpreter, Named], None]]] = {
    "temperature_wait": Interpreter.wait,
    "set_velocity_limit": Interpreter.velocity_limit,
    "set_retraction": Interpreter.set_retraction,
}
