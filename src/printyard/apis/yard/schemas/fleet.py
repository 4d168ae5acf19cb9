"""Printers on the wire. Temperatures in Celsius, lengths in mm, durations in seconds, fractions 0..1."""

from enum import StrEnum
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from printyard.apis.yard.schemas.instant import Instant
from printyard.apis.yard.schemas.jobs import Job


class Word(StrEnum):
    """A printer's state in one word; what is graver comes first."""

    OFFLINE = "offline"
    CONNECTING = "connecting"
    STARTING = "starting"
    FAULT = "fault"
    HALTED = "halted"
    PREPARING = "preparing"
    PRINTING = "printing"
    PAUSING = "pausing"
    PAUSED = "paused"
    RESUMING = "resuming"
    CANCELLING = "cancelling"
    FINISHING = "finishing"
    BUSY = "busy"
    ASKING = "asking"
    MAINTENANCE = "maintenance"
    DISABLED = "disabled"
    OCCUPIED = "occupied"
    IDLE = "idle"


class Temperature(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A heater's or sensor's reading; no target where there is nothing to set."""

    current: float
    target: float | None


class Position(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where the head is."""

    x: float
    y: float
    z: float


class Nozzle(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What is mounted in a tool."""

    name: str
    serial: str
    diameter_mm: float


class Tool(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One extruder; what is left of its material is null where nobody knows."""

    temperature: Temperature
    nozzle: Nozzle | None
    material_guid: str | None
    material_remaining_mm: float | None


class Fault(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Something that is wrong with the device. `severity`: notice, warning, blocking or fatal."""

    id: str
    code: str
    severity: str
    blocking: bool
    since: Instant
    message: str
    data: dict[str, str | int | float]


class Question(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What the printer's display asks of a person."""

    id: str
    text: str
    answers: tuple[str, ...]
    since: Instant


class State(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """All that is known of the device at one moment. `word` sums it up; `accepts` names the commands it takes now."""

    word: Word
    link: str
    activity: str
    busy_with: str
    plate: str
    attention: Question | None
    outcome: str | None
    pause_cause: str | None
    faults: tuple[Fault, ...]
    unrecognised: str
    tools: tuple[Tool, ...]
    active_tool: int
    bed: Temperature | None
    chamber: Temperature | None
    ambient: Temperature | None
    position: Position
    fan_fraction: float
    light: Annotated[float, Meta(description="Brightness of the case light, 0..1.")] | None
    message: str
    firmware: str
    accepts: tuple[str, ...]
    at: Instant


class Progress(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """How far the print is, by the printer's own clock; `layer` counts from 1 (0: none yet)."""

    name: str
    fraction: float
    elapsed_seconds: float
    total_seconds: float
    remaining_seconds: float
    layer: int
    layers: int
    started_at: Instant


class Urls(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Where its things are, as paths of this server; the camera's are null where there is none."""

    self: str
    page: str
    snapshot: str | None
    stream: str | None
    sandbox: str | None


class Printer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A printer of the yard. `job` stays after its end until the plate is cleared; `progress` is null without a print.

    `seq` grows with each change within one boot of the server.
    """

    id: str
    slug: str
    name: str
    driver: str
    model: str
    enabled: bool
    in_maintenance: bool
    note: str
    state: State
    job: Job | None
    progress: Progress | None
    storage_degraded: bool
    urls: Urls
    seq: int


class NewPrinter(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A printer to add; `settings` are the driver's own (GET /drivers describes them)."""

    name: str
    driver: str
    settings: dict[str, Any] = {}


class PrinterChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of a printer; what is left out stays as it is."""

    name: str | UnsetType = UNSET
    enabled: bool | UnsetType = UNSET
    in_maintenance: bool | UnsetType = UNSET
    note: Annotated[str, Meta(max_length=2000)] | UnsetType = UNSET
