"""The virtual printer as a driver: sleeps until something happens or a second is over, then reports."""

import asyncio
import uuid
from collections.abc import Callable

import msgspec

from printyard.core.commands import Command, StartPrint
from printyard.core.model.value import MICROSECONDS, Instant
from printyard.core.ports.driver import DriverContext, Report
from printyard.core.ports.facets import Facets
from printyard.core.ports.time import Clock
from printyard.drivers.virtual.condition import NEVER
from printyard.drivers.virtual.device import Device
from printyard.drivers.virtual.facets import facets_of
from printyard.drivers.virtual.journal import Ordered
from printyard.drivers.virtual.machines import machine_named
from printyard.drivers.virtual.mainboard import Mainboard
from printyard.drivers.virtual.noise import word
from printyard.drivers.virtual.refusals import refuse, refuse_file
from printyard.drivers.virtual.report import Reporter
from printyard.drivers.virtual.settings import VirtualSettings

PERIOD = MICROSECONDS
"""Of the reports, in microseconds of the yard's clock."""

SLOTS = 10
"""Places in a second at which a printer may report."""

_PHASE = 9


class Watch:
    """One conversation with the device: tells what is seen, at each thing that happens and once a second.

    That is done in plain calls of the clock, and no task is woken: there are a thousand of them in a second. Only where
    something must be waited for (a checkpoint, a plan that is not open) the task that follows the watch does it.
    """

    def __init__(self, clock: Clock, board: Mainboard, device: Device, tell: Callable[[Report], None]) -> None:
        self._clock, self._board, self._device, self._tell = clock, board, device, tell
        self._reporter = Reporter(device)
        self._phase = word(device.condition.seed, _PHASE, 0) % SLOTS * (PERIOD // SLOTS)
        self._passed: list[Report] = []
        self._due = asyncio.Event()
        self._failure: Exception | None = None
        self._disarm: Callable[[], object] = _nothing

    async def follow(self) -> None:
        """Tell until the device cannot be reached any more (ConnectionResetError) or the task is cancelled."""
        board = self._board
        board.changed, board.passed = self._due.set, self._pass
        try:
            self._report()
            while True:
                self._arm()
                await self._due.wait()
                self._disarm()
                self._due.clear()
                if self._failure is not None:
                    raise self._failure
                if self._busy():
                    async with board.turn():
                        await board.checkpoint()
                self._report()
        finally:
            self._disarm()
            board.changed, board.passed = _nothing, None

    def _arm(self) -> None:
        wake = _next_instant(self._device, self._phase, self._board.at)
        self._disarm = self._clock.later((wake - self._clock.now()) / MICROSECONDS, self._look)

    def _look(self) -> None:
        if self._due.is_set():
            return
        try:
            if self._busy():
                self._due.set()
            else:
                self._report()
                self._arm()
        except Exception as error:  # noqa: BLE001 - raised in the task, which speaks for the device
            self._failure = error
            self._due.set()

    def _busy(self) -> bool:
        """Take the course up to now; whether only a turn can do that, or has something to write."""
        return self._board.glance() is None or self._board.worth_a_checkpoint

    def _pass(self, seconds: float) -> None:
        self._passed.append(self._reporter.report(self._device.instant(seconds)))

    def _report(self) -> None:
        for seen in self._passed:
            self._tell(seen)
        self._passed.clear()
        if not self._device.reachable():
            raise ConnectionResetError("the printer does not answer any more")
        self._tell(self._reporter.report(self._board.at))


class VirtualPrinter:
    """core.ports.driver.Driver. `run` and `execute` meet on the mainboard, which keeps them apart."""

    def __init__(self, context: DriverContext, settings: VirtualSettings) -> None:
        machine = machine_named(settings.model)
        self._clock = context.clock
        self._ids = context.ids
        self._board = Mainboard(context, settings, machine)
        self._facets = facets_of(self._board)

    @property
    def supports(self) -> frozenset[type[Command]]:
        return self._board.traits.supports

    @property
    def facets(self) -> Facets:
        return self._facets

    async def run(self, report: Callable[[Report], None]) -> None:
        board = self._board
        board.running = True
        try:
            async with board.turn() as device:
                if not device.reachable():
                    raise ConnectionRefusedError("the printer does not answer")
            await Watch(self._clock, board, device, report).follow()
        finally:
            board.running = False
            await board.put_away()

    async def execute(self, command: Command) -> None:
        board = self._board
        async with board.reached() as device:
            refuse(device, command)
            wait = _slowness(device)
        if wait > 0.0:
            await self._clock.sleep(wait)
        if isinstance(command, StartPrint):
            await self._start(command)
            return
        async with board.reached() as device:
            refuse(device, command)
            await board.write(Ordered(at=board.at, word=command.word, fields=msgspec.to_builtins(command)))

    async def _start(self, command: StartPrint) -> None:
        """Read the file outside the turn (a worker may have to), then look again whether a print can begin."""
        board = self._board
        async with board.reached() as device:
            limits = device.condition.limits
        held = await board.shelf.open(command.blob, limits)
        try:
            outline = await board.shelf.outline(command.blob, limits)
            async with board.reached() as device:
                refuse(device, command)
                refuse_file(device, held.plan.summary.filament_mm, held.plan.summary.moves)
                ref = str(uuid.UUID(bytes=self._ids.secret(16), version=4))
                fields = msgspec.to_builtins(command)
                entry = Ordered(at=board.at, word=command.word, fields=fields, ref=ref, outline=outline)
                await board.write(entry, held)
        finally:
            if board.held is not held:
                await held.stack.aclose()


def _nothing() -> None:
    """Nobody is to be told, nothing is to be taken back."""


def _slowness(device: Device) -> float:
    """Seconds that its network takes to bring anything over."""
    if not device.condition.troubles:
        return 0.0
    return next((trouble.amount for trouble in device.condition.troubles if trouble.kind == "slow_network"), 0.0)


def _next_instant(device: Device, phase: int, now: Instant) -> int:
    """When to look again: at the next thing that happens by itself, or at this printer's own place in the next second.

    A second has SLOTS places: a thousand printers neither all report in one turn of the loop, nor each in one of its
    own.
    """
    period = max(PERIOD, round(_slowness(device) * MICROSECONDS))
    tick = now - (now - phase) % PERIOD + period
    due = device.earliest()
    return min(tick, device.instant(due) + 1) if due < NEVER else tick
