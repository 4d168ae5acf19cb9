"""One virtual printer at work: its condition, what kind it is, and the plan of the file that it prints."""

from printyard.core.model.machine import MachineModel
from printyard.core.model.state import Activity, Fault, Link, PauseCause
from printyard.core.model.value import Instant
from printyard.drivers.virtual import heat
from printyard.drivers.virtual.condition import BED, LOG_LINES, NEVER, Condition, LogLine, Phase
from printyard.drivers.virtual.faults import KINDS
from printyard.drivers.virtual.head import Place, place_at
from printyard.drivers.virtual.heat import Heater, Mode, Physique
from printyard.drivers.virtual.machines import BED as BED_PHYSIQUE, Traits, nozzle_physique, traits_of
from printyard.gcode.plan import Moment, Plan

ACTIVITIES = {
    Phase.PREPARE: Activity.PREPARING,
    Phase.MOTION: Activity.PRINTING,
    Phase.WAITING: Activity.PREPARING,
    Phase.PAUSING: Activity.PAUSING,
    Phase.PAUSED: Activity.PAUSED,
    Phase.RESUMING: Activity.RESUMING,
    Phase.CANCELLING: Activity.CANCELLING,
    Phase.FINISHING: Activity.FINISHING,
}

INSTANT_SECONDS = 0.001
"""Two places in a plan that are no further apart are one: phases begin at instants of whole microseconds."""


class Device:
    """Holds no truth beside `condition`: the rest follows from it, or is what was done since the last report.

    `revision` grows with all that is not a measurement; `console`, `notes` and `answers` wait for the next report.
    """

    __slots__ = (
        "_moment",
        "answers",
        "condition",
        "console",
        "machine",
        "notes",
        "nozzle",
        "plan",
        "revision",
        "traits",
    )

    def __init__(self, machine: MachineModel, condition: Condition, plan: Plan | None = None) -> None:
        self.machine = machine
        self.condition = condition
        self.plan = plan
        self.traits: Traits = traits_of(machine)
        self.nozzle: Physique = nozzle_physique(machine)
        self.revision = 0
        self.console: list[str] = []
        self.notes: list[str] = []
        self.answers: list[tuple[str, str]] = []
        self._moment: tuple[float, Plan, Moment] | None = None

    def instant(self, seconds: float) -> Instant:
        """The yard's instant of a second of the printer."""
        return self.condition.clock.instant(seconds)

    def heater(self, number: int) -> Heater | None:
        """The heater of a tool, or of the bed (BED)."""
        return self.condition.bed if number == BED else self.condition.heaters[number]

    def physique(self, number: int) -> Physique:
        return BED_PHYSIQUE if number == BED else self.nozzle

    def turn(self, number: int, seconds: float, celsius: float, mode: Mode | None = None) -> None:
        """Drive a heater to a target (0: off); a heater that is not there stays away."""
        heater = self.heater(number) if number < len(self.condition.heaters) else None
        if heater is None:
            return
        if not self.condition.powered and mode is None:
            celsius = 0.0
        heat.turn_to(heater, seconds, celsius, self.physique(number), self.condition.ambient, mode)

    def heaters_off(self, seconds: float) -> None:
        """All targets to zero."""
        for number in range(BED, len(self.condition.heaters)):
            self.turn(number, seconds, 0.0)
        self.condition.preheats = []

    def celsius(self, number: int, seconds: float) -> float:
        """The true temperature of a heater."""
        heater = self.heater(number)
        if heater is None:
            return self.condition.ambient
        return heat.celsius(heater.curve, seconds, self.physique(number), self.condition.ambient)

    def ready_second(self, number: int, seconds: float, *, cooling: bool = False) -> float:
        """When a heater is at its target, now or later; infinity if never."""
        heater = self.heater(number) if number < len(self.condition.heaters) else None
        if heater is None:
            return seconds
        ready = heat.ready_seconds(heater.curve, self.physique(number), self.condition.ambient, cooling=cooling)
        return min(max(ready, seconds), NEVER)

    def moment(self, plan_seconds: float) -> Moment | None:
        """Where the file has everything at a second of its plan."""
        plan = self.plan
        if plan is None:
            return None
        kept = self._moment
        if kept is None or kept[0] != plan_seconds or kept[1] is not plan:
            kept = self._moment = (plan_seconds, plan, plan.at(plan_seconds))
        return kept[2]

    def place(self, seconds: float) -> Place:
        """Where the head is."""
        run = self.condition.run
        if run is not None and run.phase is Phase.MOTION:
            moment = self.moment(run.plan_at(seconds))
            if moment is not None:
                return moment.x, moment.y, moment.z
        return place_at(self.condition.head, seconds)

    def reachable(self) -> bool:
        """Whether anything answers on its network."""
        return self.condition.powered and not self.stands("link_lost")

    def link(self) -> Link:
        """What a client sees of it."""
        if not self.reachable():
            return Link.OFFLINE
        return Link.STARTING if self.condition.now < self.condition.ready else Link.ONLINE

    def activity(self) -> Activity:
        """What it does."""
        condition = self.condition
        if condition.halted:
            return Activity.HALTED
        run = condition.run
        if run is None:
            return Activity.BUSY if condition.update is not None else Activity.IDLE
        if run.phase is Phase.MOTION and run.plan_at(condition.now) < run.prepared - INSTANT_SECONDS:
            return Activity.PREPARING
        return ACTIVITIES[run.phase]

    def pause_cause(self) -> PauseCause | None:
        run = self.condition.run
        if run is not None and run.phase in (Phase.PAUSING, Phase.PAUSED, Phase.RESUMING):
            return run.cause
        return None

    def stands(self, kind: str) -> bool:
        """Whether this trouble stands."""
        return any(trouble.kind == kind for trouble in self.condition.troubles)

    def faults(self) -> tuple[Fault, ...]:
        """What the device itself knows to be wrong."""
        return tuple(
            Fault(
                id=f"{trouble.kind}-{trouble.shown_at}",
                code=trouble.kind,
                severity=KINDS[trouble.kind].severity,
                since=Instant(trouble.shown_at),
                message=KINDS[trouble.kind].message.format(number=trouble.tool + 1),
                data={"tool": trouble.tool} if KINDS[trouble.kind].of_a_tool else {},
            )
            for trouble in self.condition.troubles
            if trouble.shown_at is not None
        )

    def filament_mm(self, seconds: float) -> tuple[float, ...]:
        """What the print has drawn, by tool of the machine; a tool that has only retracted has drawn nothing."""
        run = self.condition.run
        moment = self.moment(run.plan_at(seconds)) if run is not None else None
        drawn = moment.filament_mm if moment is not None else ()
        tools = self.machine.tools
        return (*(max(length, 0.0) for length in drawn[:tools]), *(0.0,) * (tools - len(drawn)))

    def remaining_mm(self, tool: int, drawn_mm: float) -> float | None:
        """What is on a tool's spool when the print has drawn so much with it; None without a spool."""
        spool = self.condition.spools[tool]
        return None if spool is None else max(spool.remaining_mm - (drawn_mm - spool.base_mm), 0.0)

    def log(self, seconds: float, text: str) -> None:
        """Write a line of the device's own log."""
        condition = self.condition
        condition.log = [*condition.log[1 - LOG_LINES :], LogLine(condition.boots, seconds, text)]

    def touch(self) -> None:
        """Something that is not a measurement has changed."""
        self.revision += 1

    @property
    def at_rest(self) -> bool:
        """Whether a checkpoint can stand for all that was."""
        return self.condition.run is None

    def earliest(self) -> float:
        """The second of the next thing that happens by itself (NEVER: nothing does)."""
        condition = self.condition
        due = min(condition.restart, condition.clear)
        if condition.run is not None:
            due = min(due, condition.run.until)
        if condition.now < condition.ready:
            due = min(due, condition.ready)
        if condition.update is not None:
            due = min(due, condition.update.until)
        for second, _ in condition.preheats:
            due = min(due, second)
        for trouble in condition.troubles:
            due = min(due, trouble.trip, trouble.until)
        return due
