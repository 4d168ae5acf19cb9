"""The mainboard: the one place where a virtual printer's journal is written, and its course taken up to now.

All that is done to the printer is done in a turn: the course is up to now, nobody else moves it, and what is written
in the turn has its instant.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from printyard.core.errors import Offline, Refused
from printyard.core.model.file import Blob
from printyard.core.model.machine import MachineModel
from printyard.core.model.value import Instant
from printyard.core.ports.driver import DriverContext
from printyard.drivers.virtual.condition import LimitSet
from printyard.drivers.virtual.course import advance, apply, blob_of, copied, limits_in, started_file
from printyard.drivers.virtual.device import Device
from printyard.drivers.virtual.journal import AnyEntry, Journal, Rested, Struck
from printyard.drivers.virtual.machines import traits_of
from printyard.drivers.virtual.settings import VirtualSettings
from printyard.drivers.virtual.setup import newborn
from printyard.drivers.virtual.shelf import Held, PlanShelf

log = logging.getLogger(__name__)

MANY_ENTRIES = 50
"""After so many, a checkpoint is worth its writing."""


class Mainboard:
    """One printer's memory and clock.

    `changed` is called after each entry, `passed` with the second of each thing that happens by itself.
    """

    def __init__(self, context: DriverContext, settings: VirtualSettings, machine: MachineModel) -> None:
        self.context, self.machine, self.traits = context, machine, traits_of(machine)
        self.shelf = PlanShelf(context.plans, machine)
        self.at = Instant(0)
        self.held: Held | None = None
        self.running = False
        self.changed: Callable[[], None] = _nothing
        self.passed: Callable[[float], None] | None = None
        self._settings = settings
        self._journal = Journal(context.folder)
        self._turn = asyncio.Lock()
        self._device: Device | None = None
        self._entries = 0
        self._kept = ""
        self._gone = ""

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[Device]:
        """The printer as it is now, for as long as the context lasts, with nobody else at it."""
        async with self._turn:
            try:
                yield await self._now()
            finally:
                if not self.running:
                    await self._let_go()

    @asynccontextmanager
    async def reached(self) -> AsyncIterator[Device]:
        """A turn over the printer's network. Raises Offline where nothing answers."""
        async with self.turn() as device:
            if not device.reachable():
                raise Offline("The printer does not answer.")
            yield device

    async def look(self) -> Device:
        """The printer as it is now, to be read until the next await. Raises Offline where nothing answers."""
        device = self.glance()
        if device is None:
            async with self.turn() as device:
                pass
        if not device.reachable():
            raise Offline("The printer does not answer.")
        return device

    def glance(self) -> Device | None:
        """The printer as it is now, until the next await; None if only a turn can tell.

        Most reports need no more, and there are a thousand of them in a second.
        """
        device = self._device
        if device is None or self._turn.locked() or (device.plan is None and device.condition.run is not None):
            return None
        return self._advanced(device)

    async def _now(self) -> Device:
        device = self._device
        if device is None:
            device = self._device = await self._wake()
        elif self.held is None:
            await self._hold(device)
        if device.condition.run is not None and device.plan is None:
            self.at = max(self.context.clock.now(), self.at)
            await self.write(Struck(at=self.at, kind="no_file"))
        return self._advanced(device)

    def _advanced(self, device: Device) -> Device:
        """Take the course up to now."""
        self.at = max(self.context.clock.now(), self.at)
        advance(device, device.condition.clock.seconds(self.at), self.passed)
        return device

    async def write(self, entry: AnyEntry, held: Held | None = None) -> None:
        """Let something happen now: on the disk first, then to the printer. `held` is the plan that it starts.

        Raises Refused where the disk takes nothing; then nothing has happened. Only in a turn.
        """
        if self._device is None:
            raise RuntimeError("nothing is written outside a turn")
        await _to_the_end(self._happen(self._device, entry, held))

    async def _happen(self, device: Device, entry: AnyEntry, held: Held | None) -> None:
        try:
            await asyncio.to_thread(self._journal.append, (entry,))
        except OSError as error:
            raise Refused("The printer's memory cannot be written.", code="memory") from error
        if held is not None:
            await self._let_go()
            self.held, device.plan = held, held.plan
        apply(device, entry)
        self._entries += 1
        self.changed()

    @property
    def worth_a_checkpoint(self) -> bool:
        """Whether the printer rests, and much was written or a print has ended since the last checkpoint."""
        device = self._device
        if device is None or not device.at_rest:
            return False
        return self._entries >= MANY_ENTRIES or _newest(device) != self._kept

    async def checkpoint(self) -> None:
        """Compact the journal; only in a turn, and only if it is worth it."""
        device = self._device
        if device is None or not self.worth_a_checkpoint:
            return
        newest = _newest(device)
        try:
            await _to_the_end(asyncio.to_thread(self._journal.rest, Rested(at=self.at, condition=device.condition)))
        except OSError:
            log.warning("%s: no checkpoint was written", self.context.printer.slug, exc_info=True)
        self._entries, self._kept = 0, newest

    async def put_away(self) -> None:
        """Close the plan; the next turn opens it again."""
        async with self._turn:
            await self._let_go()

    async def _let_go(self) -> None:
        held, self.held = self.held, None
        if self._device is not None:
            self._device.plan = None
        if held is not None:
            await held.stack.aclose()

    async def _wake(self) -> Device:
        """The printer as its journal has it; a new one if there is none."""
        entries = await asyncio.to_thread(self._journal.read)
        context = self.context
        if not entries or not isinstance(entries[0], Rested):
            now = context.clock.now()
            born = newborn(self.machine, self._settings, context.printer.id, context.printer.name, now)
            first = Rested(at=now, condition=born)
            await asyncio.to_thread(self._journal.rest, first)
            entries = [first]
        else:
            first = entries[0]
        device = Device(self.machine, copied(first.condition))
        self._entries, self._kept = len(entries) - 1, _newest(device)
        await self._hold(device)
        for entry in entries[1:]:
            started = started_file(entry)
            if started is not None:
                advance(device, device.condition.clock.seconds(entry.at))
                await self._take(device, started[0], started[1].limits)
            apply(device, entry)
            self.at = Instant(max(self.at, entry.at))
        for words in (device.console, device.notes, device.answers):
            words.clear()
        return device

    async def _hold(self, device: Device) -> None:
        """Open the plan of what lies on the plate, if anything does."""
        blob = blob_of(device.condition)
        if blob is not None and blob.sha256 != self._gone:
            await self._take(device, blob, limits_in(device.condition))

    async def _take(self, device: Device, blob: Blob, limits: LimitSet) -> None:
        await self._let_go()
        try:
            self.held = await self.shelf.open(blob, limits)
        except Refused:
            self._gone = blob.sha256
            log.warning("%s: the file of its print is gone", self.context.printer.slug)
        device.plan = self.held.plan if self.held is not None else None


async def _to_the_end(work: Coroutine[Any, Any, None]) -> None:
    """Do it, and be done with it before this returns, even if the caller is cancelled meanwhile.

    Else the disk would know what the printer does not, or an old checkpoint would come down on newer entries.
    """
    task = asyncio.ensure_future(work)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait({task})
        if not task.cancelled() and (error := task.exception()) is not None:
            log.warning("a cancelled request also failed: %s", error)
        raise


def _newest(device: Device) -> str:
    """The reference of the print that ended last."""
    history = device.condition.history
    return history[0].ref if history else ""


def _nothing() -> None:
    """Nobody wants to know."""
