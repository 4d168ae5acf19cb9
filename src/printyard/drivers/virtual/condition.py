"""What a virtual printer remembers: plain values that a checkpoint can hold. Seconds are the printer's own."""

from enum import StrEnum

from msgspec import Struct

from printyard.core.model.file import Blob
from printyard.core.model.state import DevicePrint, Light, Outcome, PauseCause, Progress, Question, Vector
from printyard.drivers.virtual.clock import PrinterClock
from printyard.drivers.virtual.heat import Heater

NEVER = 1e15
"""Infinity, for values that are written as JSON."""

BED = -1
"""The bed's number where heaters are numbered by tool."""

LOG_LINES = 60
HISTORY = 60


class Phase(StrEnum):
    """Where a print stands."""

    PREPARE = "prepare"
    MOTION = "motion"
    WAITING = "waiting"
    PAUSING = "pausing"
    PAUSED = "paused"
    RESUMING = "resuming"
    CANCELLING = "cancelling"
    FINISHING = "finishing"


class LimitSet(Struct):
    """What SetLimits has set: mm/s, mm/s2; feeders by number (speed, acceleration, jerk)."""

    max_speed: Vector
    acceleration: float
    jerk: Vector
    feeders: list[tuple[float, float, float]]


class Outline(Struct, frozen=True):
    """How a file is printed: with which limits, and the Celsius that its header asks for before its first line."""

    limits: LimitSet
    bed_celsius: float | None = None
    tool_celsius: tuple[float | None, ...] = ()


class Lap(Struct, frozen=True, array_like=True):
    """From this second on, the print was at this second of the plan, and moving or not."""

    begin: float
    plan_seconds: float
    moving: bool


class Run(Struct, kw_only=True):
    """The print that is on the machine.

    The plan's clock stood at `plan_seconds` when the phase began, and runs in MOTION alone. `index` is the next event
    of the file, `stop` the next that ends a stretch of motion, `limit` the second of the plan at which it ends. `back`
    is the phase that a pause interrupted, `targets` what the heaters were driven to then. `runout`: when in the plan
    which tool runs empty. Before `prepared`, motion still counts as preparing.
    """

    ref: str
    name: str
    token: str
    blob: Blob
    started_at: int
    started: float
    outline: Outline
    phase: Phase = Phase.PREPARE
    step: int = 0
    begin: float = 0.0
    until: float = NEVER
    plan_seconds: float = 0.0
    index: int = 0
    stop: int = 0
    limit: float = 0.0
    prepared: float = 0.0
    back: Phase = Phase.PREPARE
    cause: PauseCause | None = None
    targets: list[float] = []
    runout: tuple[float, int] | None = None
    tool: int = 0
    laps: list[Lap] = []

    def plan_at(self, seconds: float) -> float:
        """The plan's second at a second of the printer."""
        if self.phase is not Phase.MOTION:
            return self.plan_seconds
        if seconds >= self.until:  # exactly there, however large clocks round: what the file asks for there must happen
            return self.limit
        return min(self.plan_seconds + (seconds - self.begin), self.limit)


class Left(Struct, frozen=True):
    """What lies on the plate: so many moves of this file's plan."""

    blob: Blob
    limits: LimitSet
    move: int


class Spool(Struct):
    """Filament in a tool: what was left (mm) when the print had drawn `base_mm` with this tool (0 between prints)."""

    guid: str
    remaining_mm: float
    base_mm: float = 0.0


class Fitted(Struct):
    """A mounted print core or hot end with its statistics (mm, seconds, Celsius)."""

    name: str
    serial: str
    diameter_mm: float
    last_material_guid: str = ""
    extruded_mm: float = 0.0
    hot_seconds: float = 0.0
    highest_celsius: float = 0.0


class Leg(Struct, frozen=True, array_like=True):
    """One straight way of the head, from second to second and place to place (mm)."""

    begin: float
    end: float
    start: tuple[float, float, float]
    goal: tuple[float, float, float]


class Head(Struct):
    """Where the head is while no file moves it: the ways under way, and whether it knows its place."""

    place: tuple[float, float, float]
    legs: list[Leg] = []
    homed: bool = False
    relative: bool = False
    speed: float = 50.0


class Trouble(Struct):
    """A fault that stands. `trip` is the second of its later effect, `until` that of its own end (infinity: none).

    `shown_at` is the instant since which the device itself knows of it (None: it does not).
    """

    kind: str
    since: float
    tool: int = 0
    trip: float = NEVER
    until: float = NEVER
    shown_at: int | None = None
    amount: float = 0.0
    since_plan: float = 0.0


class Update(Struct):
    """A firmware update under way; `installing` is the second from which on it can't be stopped."""

    version: str
    begin: float
    installing: float
    until: float


class Blink(Struct, frozen=True):
    """A blinking light."""

    begin: float
    frequency_hertz: float
    count: int


class LogLine(Struct, frozen=True, array_like=True):
    """A line of the device's log, with its boot and the printer's second."""

    boot: int
    seconds: float
    text: str


class Condition(Struct, kw_only=True):
    """All that a virtual printer is at `now`, the second up to which everything has happened."""

    seed: int
    clock: PrinterClock
    now: float
    ambient: float
    heaters: list[Heater]
    bed: Heater | None
    spools: list[Spool | None]
    nozzles: list[Fitted | None]
    head: Head
    limits: LimitSet
    light: Light | None
    firmware: str
    name: str
    hostname: str
    clears_plate_after: float = NEVER
    powered: bool = True
    booted: float = 0.0
    boots: int = 0
    ready: float = 0.0
    halted: str = ""
    restart: float = NEVER
    fan: float = 0.0
    tool: int = 0
    blink: Blink | None = None
    message: str = ""
    display_pin: str = ""
    questions: list[Question] = []
    troubles: list[Trouble] = []
    preheats: list[tuple[float, int]] = []
    run: Run | None = None
    last: DevicePrint | None = None
    last_progress: Progress = Progress()
    outcome: Outcome | None = None
    reason: str = ""
    occupied: bool = False
    left: Left | None = None
    clear: float = NEVER
    history: list[DevicePrint] = []
    local: Blob | None = None
    local_name: str = ""
    update: Update | None = None
    update_result: str = "idle"
    levelled: float | None = None
    feeder_mm: list[float] = []
    wifi: str = ""
    known_wifi: list[str] = []
    country: str = ""
    licences: dict[str, str] = {}
    log: list[LogLine] = []
