"""A device by script, and the driver that talks to it."""

import asyncio
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from printyard.core.commands import COMMANDS, Cancel, Command, Pause, Resume, StartPrint
from printyard.core.errors import Offline
from printyard.core.model.machine import MachineModel
from printyard.core.model.state import Activity, DevicePrint, Link, Outcome
from printyard.core.model.value import seconds_between
from printyard.core.ports.driver import Report
from printyard.core.ports.facets import Facets
from printyard.core.ports.time import Clock

MACHINE = MachineModel(
    id="scripted", variant="Scripted", volume_mm=(330.0, 240.0, 300.0), tools=2, flavor="Griffin", bom_numbers=(9999,)
)
"""The kind of machine that a fake device is."""

EVERY_COMMAND = frozenset(COMMANDS)


class FakeDevice:
    """What stands behind a driver: it prints on while nobody listens, and remembers.

    It obeys StartPrint, Pause, Resume and Cancel, unless told to `refuse` or to `hang`, or `obeys` is off (accepted,
    and nothing is seen of it). `remembers`: its reports have its history,
    complete; `keeps_tokens`: it keeps start tokens.
    """

    def __init__(self, clock: Clock, supports: frozenset[type[Command]] = EVERY_COMMAND) -> None:
        self.clock = clock
        self.supports, self.facets = supports, Facets()
        self.online, self.obeys, self.remembers, self.keeps_tokens = True, True, True, True
        self.activity = Activity.IDLE
        self.print: DevicePrint | None = None
        self.history: list[DevicePrint] = []
        self.commands: list[Command] = []
        self.connections = 0
        self._prints = 0
        self._errors: dict[type[Command], Exception] = {}
        self._gates: dict[type[Command], asyncio.Event] = {}
        self._report: Callable[[Report], None] | None = None
        self._lost: asyncio.Future[None] | None = None

    def refuse(self, kind: type[Command], error: Exception | None) -> None:
        """Answer a kind of command with an error from now on (None: take it again)."""
        if error is None:
            self._errors.pop(kind, None)
        else:
            self._errors[kind] = error

    def hang(self, kind: type[Command]) -> asyncio.Event:
        """Do not answer a kind of command until the event is set."""
        self._gates[kind] = gate = asyncio.Event()
        return gate

    def say(self, **fields: Any) -> None:  # noqa: ANN401
        """Report something, if somebody listens."""
        if self._report is not None:
            self._report(Report(**fields))

    def show(self) -> None:
        """Report all that it is."""
        fields: dict[str, Any] = {"link": Link.ONLINE, "activity": self.activity, "print": self.print, "outcome": None}
        if self.print is None and self.history:
            fields["outcome"] = self.history[0].outcome
        if self.remembers:
            fields |= {"history": tuple(self.history), "history_complete": True}
        self.say(**fields)

    def lose(self, error: Exception | None = None) -> None:
        """Cut the link; it cannot be reached until `find`."""
        self.online = False
        if self._lost is not None and not self._lost.done():
            self._lost.set_exception(error or ConnectionResetError("the link was cut"))

    def find(self) -> None:
        """Let it be reached again."""
        self.online = True

    def begin(self, name: str = "cube.gcode", token: str = "", *, tell: bool = True) -> DevicePrint:
        """Begin a print, as somebody at the panel would."""
        self._prints += 1
        self.activity = Activity.PRINTING
        self.print = DevicePrint(ref=f"print-{self._prints}", name=name, started_at=self.clock.now(), token=token)
        if tell:
            self.show()
        return self.print

    def finish(self, outcome: Outcome = Outcome.COMPLETED, *, tell: bool = True) -> None:
        """End the print."""
        if self.print is None:
            raise ValueError("there is no print to finish")
        now = self.clock.now()
        seconds = seconds_between(self.print.started_at, now)
        self.history.insert(0, replace(self.print, ended_at=now, outcome=outcome, elapsed_seconds=seconds))
        self.print, self.activity = None, Activity.IDLE
        if tell:
            self.show()

    async def listen(self, report: Callable[[Report], None]) -> None:
        """Be talked to until the link is lost."""
        self.connections += 1
        if not self.online:
            raise ConnectionRefusedError("it cannot be reached")
        self._report, self._lost = report, asyncio.get_running_loop().create_future()
        try:
            self.show()
            await self._lost
        finally:
            self._report = None

    async def take(self, command: Command) -> None:
        """Take a command."""
        if not self.online:
            raise Offline("The device cannot be reached.")
        self.commands.append(command)
        gate = self._gates.get(type(command))
        if gate is not None:
            await gate.wait()
        if (error := self._errors.get(type(command))) is not None:
            raise error
        if self.obeys:
            self._obey(command)

    def _obey(self, command: Command) -> None:
        if isinstance(command, StartPrint):
            self.begin(command.name, command.token if self.keeps_tokens else "")
        elif isinstance(command, Pause):
            self.activity = Activity.PAUSED
            self.show()
        elif isinstance(command, Resume):
            self.activity = Activity.PRINTING
            self.show()
        elif isinstance(command, Cancel) and self.print is not None:
            self.finish(Outcome.CANCELLED)


class FakeDriver:
    """core.ports.driver.Driver for a fake device."""

    def __init__(self, device: FakeDevice) -> None:
        self.device = device

    @property
    def supports(self) -> frozenset[type[Command]]:
        return self.device.supports

    @property
    def facets(self) -> Facets:
        return self.device.facets

    async def run(self, report: Callable[[Report], None]) -> None:
        await self.device.listen(report)

    async def execute(self, command: Command) -> None:
        await self.device.take(command)
