"""Driver: a conversation with one device, and what it reports. Retries live in the session."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Protocol

import msgspec
from msgspec import UNSET, UnsetType

from printyard.core.commands import Command
from printyard.core.model.machine import MachineModel
from printyard.core.model.printer import Printer
from printyard.core.model.state import (
    Activity,
    DevicePrint,
    Fault,
    Light,
    Link,
    Motion,
    Outcome,
    PauseCause,
    Plate,
    Progress,
    Question,
    Temperature,
    Tool,
    Vector,
)  # fmt: skip
from printyard.core.model.value import Instant
from printyard.core.ports.blobs import Blobs
from printyard.core.ports.facets import Facets
from printyard.core.ports.time import Clock, Ids
from printyard.core.ports.workers import Plans, Renderer


class Report(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """What a driver saw: any subset of the measured fields; what it did not see is UNSET.

    `at` is when it saw it, by the yard's clock. `history` holds prints that the device remembers, newest first;
    `history_complete`: a print that is not among them was never started. `unrecognised` is a foreign word that the
    dialect does not know ("" ends it). `plate` only from devices that can tell. `answers` are (question id, answer)
    given on the display since the last report. `notes` are events of the device's own log.
    """

    at: Instant | UnsetType = UNSET
    link: Link | UnsetType = UNSET
    activity: Activity | UnsetType = UNSET
    busy_with: str | UnsetType = UNSET
    plate: Plate | UnsetType = UNSET
    attention: Question | UnsetType | None = UNSET
    outcome: Outcome | UnsetType | None = UNSET
    pause_cause: PauseCause | UnsetType | None = UNSET
    faults: tuple[Fault, ...] | UnsetType = UNSET
    unrecognised: str | UnsetType = UNSET
    print: DevicePrint | UnsetType | None = UNSET
    progress: Progress | UnsetType = UNSET
    tools: tuple[Tool, ...] | UnsetType = UNSET
    active_tool: int | UnsetType = UNSET
    bed: Temperature | UnsetType | None = UNSET
    chamber: Temperature | UnsetType | None = UNSET
    ambient: Temperature | UnsetType | None = UNSET
    position: Vector | UnsetType = UNSET
    motion: Motion | UnsetType = UNSET
    fan_fraction: float | UnsetType = UNSET
    light: Light | UnsetType | None = UNSET
    message: str | UnsetType = UNSET
    firmware: str | UnsetType = UNSET
    history: tuple[DevicePrint, ...] | UnsetType = UNSET
    history_complete: bool | UnsetType = UNSET
    answers: tuple[tuple[str, str], ...] = ()
    console: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


class Driver(Protocol):
    """A device of the yard.

    `supports` is every command that it can ever take; what it takes now is computed by the core from it and the state.
    """

    @property
    def supports(self) -> frozenset[type[Command]]:
        """The commands that it can ever take."""

    @property
    def facets(self) -> Facets:
        """What else it has; absent is None."""

    async def run(self, report: Callable[[Report], None]) -> None:
        """Connect and talk until cancelled. Raises OSError (or TimeoutError) when the link is lost."""

    async def execute(self, command: Command) -> None:
        """Carry a command to the device; returns when it is accepted. Raises Refused, Offline or TimedOut."""


class DriverContext(msgspec.Struct, frozen=True, kw_only=True):
    """What a driver is given: who the printer is, a folder of its own, and the ports it may use."""

    printer: Printer
    machine: MachineModel
    folder: Path
    clock: Clock
    ids: Ids
    blobs: Blobs
    plans: Plans
    renderer: Renderer
    color: Callable[[str], Awaitable[str]]
    """The color (#rrggbb) of the material with a GUID; "" where there is none, or nobody knows."""


class DriverSpec(msgspec.Struct, frozen=True, kw_only=True):
    """What a driver's folder offers as DRIVER.

    `settings` is a msgspec Struct, the form of "add printer". `machines` are the kinds that it can drive.
    `identify` takes the settings and gives the kind's id.
    """

    name: str
    title: str
    settings: type[msgspec.Struct]
    machines: tuple[MachineModel, ...]
    identify: Callable[[Any], str]
    open: Callable[[DriverContext, Any], Driver]
    needs_network: bool = True
