"""PrinterState: one frozen snapshot of all that is measured of a printer, on independent axes."""

from enum import IntEnum, StrEnum

from printyard.core.model.value import Instant, Value


class Link(StrEnum):
    """Whether the yard can talk to the device."""

    OFFLINE = "offline"
    CONNECTING = "connecting"
    STARTING = "starting"
    ONLINE = "online"


class Activity(StrEnum):
    """What the device does."""

    IDLE = "idle"
    PREPARING = "preparing"
    PRINTING = "printing"
    PAUSING = "pausing"
    PAUSED = "paused"
    RESUMING = "resuming"
    CANCELLING = "cancelling"
    FINISHING = "finishing"
    BUSY = "busy"
    HALTED = "halted"


IN_PRINT = frozenset({
    Activity.PREPARING, Activity.PRINTING, Activity.PAUSING, Activity.PAUSED,
    Activity.RESUMING, Activity.CANCELLING, Activity.FINISHING,
})  # fmt: skip
"""The activities in which a print is under way."""


class Plate(StrEnum):
    """What the yard knows of the build plate (stored: few devices can see it)."""

    CLEAR = "clear"
    OCCUPIED = "occupied"
    UNKNOWN = "unknown"


class Outcome(StrEnum):
    """How a print ended. STOPPED: not by us, somebody used the panel."""

    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"
    STOPPED = "stopped"
    UNKNOWN = "unknown"


class PauseCause(StrEnum):
    """Who or what paused the print."""

    API = "api"
    PANEL = "panel"
    FILE = "file"
    FILAMENT = "filament"
    FAULT = "fault"
    WATCH = "watch"
    POWER = "power"


class Severity(IntEnum):
    """How grave a fault is; from BLOCKING on, the printer cannot print until it is gone."""

    NOTICE = 1
    WARNING = 3
    BLOCKING = 6
    FATAL = 8


class Fault(Value):
    """Something that is wrong with the device, from `since` until it is reported no more."""

    id: str
    code: str
    severity: Severity
    since: Instant
    message: str = ""
    data: dict[str, str | int | float] = {}

    @property
    def blocking(self) -> bool:
        """Whether the printer cannot print with it."""
        return self.severity >= Severity.BLOCKING


class Question(Value):
    """What the device, or the yard on its display, asks of a person."""

    id: str
    text: str
    answers: tuple[str, ...]
    since: Instant
    subject: str = ""


class Temperature(Value):
    """A heater's or a sensor's reading in Celsius; `target` is None where there is nothing to set.

    `until`: heated ahead of a print, and let go at that instant by the yard's clock.
    """

    current: float
    target: float | None = None
    until: Instant | None = None


class Vector(Value):
    """Millimetres (or mm/s) along the axes."""

    x: float = 0.0
    y: float = 0.0
    z: float = 0.0


class Nozzle(Value):
    """A print core or hot end that is mounted in a tool.

    `offset` is relative to the first tool. Statistics: filament in mm, seconds above 50 C, highest Celsius.
    """

    name: str
    serial: str = ""
    diameter_mm: float = 0.4
    offset: Vector = Vector()
    offset_valid: bool = True
    last_material_guid: str = ""
    extruded_mm: float = 0.0
    hot_seconds: float = 0.0
    highest_celsius: float = 0.0


class LoadedMaterial(Value):
    """What is loaded in a tool. `remaining_mm` is None where nobody knows; `spool_id` names a spool of the yard."""

    guid: str
    remaining_mm: float | None = None
    spool_id: str | None = None


class Feeder(Value):
    """A filament drive: position in mm, limits in mm/s and mm/s2, jerk in mm/s."""

    position_mm: float = 0.0
    max_speed: float = 45.0
    acceleration: float = 3000.0
    jerk: float = 5.0


class Tool(Value):
    """One extruder with its heater."""

    heater: Temperature
    nozzle: Nozzle | None = None
    material: LoadedMaterial | None = None
    feeder: Feeder = Feeder()


class Motion(Value):
    """The head's limits now: mm/s, mm/s2 and (jerk) mm/s."""

    max_speed: Vector = Vector()
    acceleration: float = 0.0
    jerk: Vector = Vector()


class Light(Value):
    """The case light: hue 0..360, saturation and brightness 0..100."""

    hue: float = 0.0
    saturation: float = 0.0
    brightness: float = 0.0


class Progress(Value):
    """How far the print on the device is, by the printer's own clock.

    `elapsed_seconds` counts from the start, pauses included; `total_seconds` is the estimate without pauses;
    `layer` counts from 1 (0: none yet); filament per tool in mm.
    """

    fraction: float = 0.0
    elapsed_seconds: float = 0.0
    total_seconds: float = 0.0
    layer: int = 0
    layers: int = 0
    filament_mm: tuple[float, ...] = ()
    byte_offset: int = 0


class DevicePrint(Value):
    """A print as the device itself knows it: now on it, or in its history.

    `token` is the start token that the yard handed over, where the device keeps it. Instants by the yard's clock.
    """

    ref: str
    name: str
    started_at: Instant
    token: str = ""
    size: int | None = None
    ended_at: Instant | None = None
    outcome: Outcome | None = None
    elapsed_seconds: float = 0.0
    filament_mm: tuple[float, ...] = ()
    reason: str = ""


class PrinterState(Value):
    """All that is known of a device at one moment; `seq` grows with every change within one boot."""

    link: Link = Link.OFFLINE
    activity: Activity = Activity.IDLE
    busy_with: str = ""
    plate: Plate = Plate.UNKNOWN
    attention: Question | None = None
    outcome: Outcome | None = None
    pause_cause: PauseCause | None = None
    faults: tuple[Fault, ...] = ()
    unrecognised: str = ""
    print: DevicePrint | None = None
    progress: Progress = Progress()
    tools: tuple[Tool, ...] = ()
    active_tool: int = 0
    bed: Temperature | None = None
    chamber: Temperature | None = None
    ambient: Temperature | None = None
    position: Vector = Vector()
    motion: Motion = Motion()
    fan_fraction: float = 0.0
    light: Light | None = None
    message: str = ""
    firmware: str = ""
    accepts: frozenset[str] = frozenset()
    seq: int = 0
    at: Instant = Instant(0)

    @property
    def blocking_fault(self) -> Fault | None:
        """The gravest fault that keeps the printer from printing, if there is one."""
        return max((f for f in self.faults if f.blocking), key=lambda f: f.severity, default=None)

    @property
    def in_print(self) -> bool:
        """Whether a print is under way."""
        return self.activity in IN_PRINT
