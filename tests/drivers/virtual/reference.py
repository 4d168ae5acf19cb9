"""A virtual printer in the plainest words: stepped finely, with none of the driver's own arithmetic.

It prints one file on one machine from cold, without anybody's interference, and says where it stands after each step.
"""

from dataclasses import dataclass

from printyard.gcode.plan import PlanEventKind

STEP = 0.05
HOMING, PROBING, FINISHING = 8.0, 14.0, 8.0
BED = "bed"


@dataclass
class Standing:
    seconds: float
    phase: str
    plan_seconds: float
    position: tuple[float, float, float] | None
    layer: int
    filament_mm: tuple[float, ...]


class Stepped:
    """Heats and moves in steps of STEP printer seconds. `header` is (bed, {tool: celsius}) or None."""

    def __init__(self, plan, *, nozzle_rate, bed_rate, ambient, header=None, probes=False):
        self._plan = plan
        self._rates = {BED: bed_rate}
        self._nozzle_rate, self._ambient = nozzle_rate, ambient
        self._celsius, self._targets = {}, {}
        self._now = 0.0
        self._header, self._probes = header, probes

    def run(self):
        yield from self._wait("prepare", HOMING)
        if self._header is not None:
            bed, tools = self._header
            if bed:
                yield from self._heat("prepare", {BED: bed}, 0.0)
            yield from self._heat("prepare", tools, 0.0)
        if self._probes:
            yield from self._wait("prepare", PROBING)
        done = 0.0
        for event in self._plan.events:
            while done < event.seconds:
                way = min(STEP, event.seconds - done)
                done += way
                yield self._step("motion", way, done)
            if event.kind in (PlanEventKind.WAIT_BED, PlanEventKind.WAIT_NOZZLE):
                heater = BED if event.kind is PlanEventKind.WAIT_BED else event.tool or 0
                yield from self._heat("waiting", {heater: event.value}, done)
            elif event.kind in (PlanEventKind.SET_BED, PlanEventKind.SET_NOZZLE):
                self._targets[BED if event.kind is PlanEventKind.SET_BED else event.tool or 0] = event.value
        while done < self._plan.summary.total_seconds:
            way = min(STEP, self._plan.summary.total_seconds - done)
            done += way
            yield self._step("motion", way, done)
        yield from self._wait("finishing", FINISHING, done)

    def _heat(self, phase, targets, done):
        self._targets.update(targets)
        while any(self._at(heater) < celsius for heater, celsius in targets.items()):
            yield self._step(phase, STEP, done)

    def _wait(self, phase, seconds, done=0.0):
        for _ in range(round(seconds / STEP)):
            yield self._step(phase, STEP, done)

    def _at(self, heater):
        return self._celsius.get(heater, self._ambient)

    def _step(self, phase, way, done):
        self._now += way
        for heater, target in self._targets.items():
            if self._at(heater) < target:
                rate = self._rates.get(heater, self._nozzle_rate)
                self._celsius[heater] = min(self._at(heater) + rate * way, target)
            elif target > self._ambient:
                self._celsius[heater] = target
        moment = self._plan.at(done)
        place = (moment.x, moment.y, moment.z) if phase == "motion" else None
        return Standing(self._now, phase, done, place, moment.layer, moment.filament_mm)
