"""What a virtual printer must do, in the plainest Python: one print from cold, from nothing but its journal and file.

It shares the machine's figures with the driver (heat rates, times of homing and probing), and none of its arithmetic;
the plan comes from the plain-Python planner, not from the compiled kernel.
"""

import json
import math
from dataclasses import dataclass, field
from pathlib import Path

from printyard.core.analysis import limits_of
from printyard.drivers.virtual.head import HOMING_SECONDS
from printyard.drivers.virtual.heat import Physique
from printyard.drivers.virtual.machines import BED as BED_PHYSIQUE, machine_named, nozzle_physique, traits_of
from printyard.drivers.virtual.timeline import FINISHING_SECONDS, PROBING_SECONDS
from printyard.gcode.plan import Plan, PlanEvent, PlanEventKind
from printyard.gcode.reference import analyse
from printyard.gcode.source import open_gcode

MACHINE = machine_named("Ultimaker S5")
BED = -1
WAITS = {PlanEventKind.WAIT_BED, PlanEventKind.WAIT_NOZZLE}
HEATS = WAITS | {PlanEventKind.SET_BED, PlanEventKind.SET_NOZZLE}


def reference_plan(file: Path, folder: Path) -> Plan:
    """The plan of a file by the plain-Python planner."""
    target = folder / (file.name + ".plan")
    with open_gcode(file) as stream:
        analyse(stream, limits_of(MACHINE), target)
    return Plan.open(target)


@dataclass
class Warmth:
    """One heater: since when it is driven from a temperature to another."""

    physique: Physique
    ambient: float
    begin: float = 0.0
    start: float = 0.0
    target: float = 0.0

    def way_up(self) -> float:
        return (self.target - self.start) / self.physique.rate

    def at(self, second: float) -> float:
        passed, target = second - self.begin, self.target
        if target <= self.ambient:
            return self.ambient + (self.start - self.ambient) * math.exp(-passed / self.physique.cooling_seconds)
        if self.start < target:
            settled, rising = passed - self.way_up(), self.start + self.physique.rate * passed
        else:
            fall = self.physique.cooling_seconds * math.log((self.start - self.ambient) / (target - self.ambient))
            settled = passed - fall
            rising = self.ambient + (self.start - self.ambient) * math.exp(-passed / self.physique.cooling_seconds)
        if settled < 0:
            return rising
        if settled > 8 * self.physique.swing_seconds:
            return target
        way, turn = target - self.start, settled / self.physique.swing_seconds
        swing = math.copysign(min(self.physique.swing_celsius, abs(way) * 0.04), way)
        return target + swing * math.exp(-turn) * math.sin(3 * turn)

    def drive(self, second: float, celsius: float) -> None:
        if celsius != self.target:
            self.start, self.begin, self.target = self.at(second), second, celsius

    def ready(self, second: float) -> float:
        """When a wait that begins now is over."""
        if self.target <= self.ambient or self.start >= self.target:
            return second
        return max(second, self.begin + self.way_up())


@dataclass
class Course:
    """A print: (printer seconds since its begin, plan seconds, moving) at each of its turns; and its whole duration."""

    turns: list[tuple[float, float, bool]] = field(default_factory=list)
    seconds: float = 0.0

    def plan_second(self, seconds: float) -> float | None:
        """Where the plan is, so long after the begin; None while the file does not move the head."""
        for begin, plan_second, moving in reversed(self.turns):
            if seconds >= begin:
                return plan_second + seconds - begin if moving else None
        return None


def course_of(plan: Plan, ambient: float, bed: float | None, tools: list[float | None]) -> Course:
    """A print on a cold machine, whose header asks for these temperatures."""
    heaters = {BED: Warmth(BED_PHYSIQUE, ambient, start=ambient)}
    heaters.update({tool: Warmth(nozzle_physique(MACHINE), ambient, start=ambient) for tool in range(MACHINE.tools)})
    now = HOMING_SECONDS
    if bed:
        heaters[BED].drive(now, bed)
        now = heaters[BED].ready(now)
    for tool, celsius in enumerate(tools):
        if celsius:
            heaters[tool].drive(now, celsius)
    now = max([now, *(heaters[tool].ready(now) for tool, celsius in enumerate(tools) if celsius)])
    now += PROBING_SECONDS if traits_of(MACHINE).levels else 0.0
    course, done, active = Course([(now, 0.0, True)]), 0.0, 0
    for event in plan.events:
        now, done = now + event.seconds - done, event.seconds
        active = event.tool or 0 if event.kind is PlanEventKind.TOOL else active
        if event.kind in HEATS and event.value is not None:
            waited = _heated(heaters, event, active, now)
            if waited > now:
                course.turns += [(now, done, False), (waited, done, True)]
            now = waited
    now += plan.summary.total_seconds - done
    course.turns.append((now, plan.summary.total_seconds, False))
    course.seconds = now + FINISHING_SECONDS
    return course


def _heated(heaters: dict[int, Warmth], event: PlanEvent, active: int, now: float) -> float:
    """Drive the heater that an event means; when the wait for it, if it is one, is over."""
    bed = event.kind in {PlanEventKind.SET_BED, PlanEventKind.WAIT_BED}
    heater = heaters[BED if bed else active if event.tool is None else event.tool]
    heater.drive(now, event.value or 0.0)
    return heater.ready(now) if event.kind in WAITS else now


@dataclass
class Told:
    """What a printer's journal says: its speeds with their instants, and the one start of a print."""

    speeds: list[tuple[int, float]]
    ambient: float
    started_at: int
    bed: float | None
    tools: list[float | None]
    sha256: str

    def passed(self, at: int) -> float:
        """Printer seconds from the start of the print to an instant (microseconds)."""
        ends = [begin for begin, _ in self.speeds[1:]] + [at]
        pieces = zip(self.speeds, ends, strict=True)
        return sum(max(min(end, at) - max(begin, self.started_at), 0) / 1e6 * speed for (begin, speed), end in pieces)

    def instant(self, passed: float) -> int:
        """The instant at which so many printer seconds have passed since the start."""
        low, high = self.started_at, self.started_at + int(passed * 1e9)
        while low < high:
            middle = (low + high) // 2
            low, high = (middle + 1, high) if self.passed(middle) < passed else (low, middle)
        return low


def told(journal: Path) -> Told:
    """Read a journal: a checkpoint, changes of speed, and one start."""
    entries = [json.loads(line) for line in journal.read_text().splitlines()]
    birth, clock = entries[0], entries[0]["condition"]["clock"]
    start = next(entry for entry in entries if entry["what"] == "ordered" and entry["word"] == "start_print")
    speeds = [(clock["anchor_at"], clock["speed"])]
    speeds += [(entry["at"], entry["speed"]) for entry in entries if entry["what"] == "sped"]
    return Told(
        speeds=speeds, ambient=birth["condition"]["ambient"], started_at=start["at"],
        bed=start["outline"]["bed_celsius"], tools=start["outline"]["tool_celsius"],
        sha256=start["fields"]["blob"]["sha256"],
    )  # fmt: skip
