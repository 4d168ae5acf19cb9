"""The way of a command: may it, can it, now? Then to the device, with its fate recorded."""

import asyncio
import logging
from collections.abc import Callable

from printyard.core.commands import Cancel, Command, EmergencyStop, Envelope, Fate, Pause, Resume, StartPrint
from printyard.core.deadline import within
from printyard.core.errors import Busy, Conflict, CoreError, Offline, StorageFull, TimedOut, Unsupported
from printyard.core.fleet.derive import Intent
from printyard.core.fleet.session import PrinterSession
from printyard.core.model.state import Activity, Link, Plate, PrinterState
from printyard.core.model.value import after, seconds_between
from printyard.core.ports.driver import Driver
from printyard.core.ports.store import Store
from printyard.core.ports.time import Clock, Ids

log = logging.getLogger(__name__)

INTENTS: dict[type[Command], Intent] = {
    StartPrint: Intent.START,
    Pause: Intent.PAUSE,
    Resume: Intent.RESUME,
    Cancel: Intent.CANCEL,
}
"""What a command is meant to bring about; the others leave the print alone."""

DEADLINE_SECONDS = 10.0
"""How long a device may take to accept a command."""


def refusal(state: PrinterState, supports: frozenset[type[Command]], kind: type[Command]) -> CoreError | None:
    """Why the printer does not take a command now, or None."""
    if kind not in supports:
        return Unsupported(f"This printer cannot do that ({kind.word}).")
    if state.link is not Link.ONLINE:
        return Offline("The printer cannot be reached.")
    if kind.word in state.accepts:
        return None
    if fault := state.blocking_fault:
        return Conflict(f"The printer has a fault: {fault.message or fault.code}.")
    if state.activity is not Activity.IDLE:
        doing = state.busy_with or state.activity.value
        return Busy(f"The printer is {doing}.")
    if kind is StartPrint and state.plate is Plate.OCCUPIED:
        return Busy("The last print is still on the build plate.")
    return Conflict(f"The printer does not take {kind.word} now.")


class CommandRoute:
    """Carries commands to one device, one after the other; an emergency stop passes them all."""

    def __init__(self, session: PrinterSession, driver: Driver, store: Store, clock: Clock, ids: Ids) -> None:
        self._session, self._driver = session, driver
        self._store, self._clock, self._ids = store, clock, ids
        self._turn = asyncio.Lock()

    async def send(
        self, command: Command, principal_id: str, seconds: float = DEADLINE_SECONDS,
        check: Callable[[], None] = lambda: None,
    ) -> None:  # fmt: skip
        """Carry a command; returns when the device has accepted it. TimedOut alone leaves open whether it was.

        `check` is asked last, when nothing stands between it and the driver any more: what it raises is a refusal.
        Raises Unsupported, Offline, Busy, Conflict, Refused, TimedOut.
        """
        now = self._clock.now()
        envelope = Envelope(
            id=self._ids.new(), command=command, principal_id=principal_id, at=now, deadline=after(now, seconds)
        )
        if isinstance(command, EmergencyStop):
            if command.word not in self._session.state.accepts:
                self._reach(type(command))
            await self._execute(envelope)
            return
        self._permit(command)
        await self._take_turn(envelope)
        try:
            self._permit(command)
            await self._record(envelope, Fate.SENT, "")
            await self._execute(envelope, check)
        finally:
            self._turn.release()

    async def _take_turn(self, envelope: Envelope) -> None:
        """Wait until the device has answered what was asked before. Raises Busy when the deadline passes first."""
        taking = asyncio.create_task(self._turn.acquire())
        try:
            await within(self._clock, self._left(envelope), taking)
        except BaseException as error:
            if not taking.cancelled():
                self._turn.release()
            if not isinstance(error, TimeoutError):
                raise
            await self._record(envelope, Fate.EXPIRED, "the printer was busy with another command")
            raise Busy("The printer is still busy with another command.") from error

    def _left(self, envelope: Envelope) -> float:
        return seconds_between(self._clock.now(), envelope.deadline)

    def _reach(self, kind: type[Command]) -> None:
        """An emergency stop is carried also to a device that has not said yet what it takes."""
        if kind not in self._session.supports:
            raise Unsupported(f"This printer cannot do that ({kind.word}).")
        if self._session.state.link is Link.OFFLINE:
            raise Offline("The printer cannot be reached.")

    def _permit(self, command: Command) -> None:
        if error := refusal(self._session.state, self._session.supports, type(command)):
            raise error

    async def _execute(self, envelope: Envelope, check: Callable[[], None] = lambda: None) -> None:
        before = self._session.intent
        self._session.intent = INTENTS.get(type(envelope.command), before)
        try:
            check()
            await within(self._clock, self._left(envelope), self._carry(envelope.command))
        except TimedOut as error:
            await self._record(envelope, Fate.EXPIRED, error.message)
            raise
        except CoreError as error:
            self._session.intent = before
            await self._record(envelope, Fate.REFUSED, error.message)
            raise
        except TimeoutError as error:
            await self._record(envelope, Fate.EXPIRED, "no answer in time")
            raise TimedOut("The printer did not answer in time.") from error
        except OSError as error:
            await self._record(envelope, Fate.EXPIRED, "the link was lost")
            raise TimedOut("The link was lost before the printer answered.") from error
        except Exception as error:
            log.exception("%s: the driver failed at %s", self._session.printer.slug, envelope.command.word)
            await self._record(envelope, Fate.EXPIRED, "the driver failed")
            raise TimedOut("The driver failed before the printer answered.") from error
        await self._record(envelope, Fate.DONE, "")

    async def _carry(self, command: Command) -> None:
        await self._driver.execute(command)

    async def _record(self, envelope: Envelope, fate: Fate, reason: str) -> None:
        printer_id = self._session.printer.id
        try:
            await self._store.write(lambda tx: tx.commands.put(envelope, printer_id, fate, reason))
        except StorageFull:
            log.warning("the fate of command %s (%s) was not recorded", envelope.id, fate.value)
