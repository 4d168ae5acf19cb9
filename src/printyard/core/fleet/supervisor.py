"""The supervisor: opens each printer's driver, keeps it talking, and holds the sessions (nobody else does)."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from msgspec.structs import replace

from printyard.core.errors import CoreError, NotFound, Offline
from printyard.core.fleet.absent import AbsentDriver, absent_machine
from printyard.core.fleet.route import CommandRoute
from printyard.core.fleet.session import Past, PrinterSession, Seat
from printyard.core.fleet.starting import Starting
from printyard.core.fleet.step import Step
from printyard.core.jobs.states import fact_of, keeps, step
from printyard.core.model.file import Analysis, Blob
from printyard.core.model.job import ON_PRINTER, JobState
from printyard.core.model.machine import MachineModel
from printyard.core.model.printer import Printer
from printyard.core.model.state import Link, Plate
from printyard.core.model.user import EVERYTHING
from printyard.core.model.value import Instant
from printyard.core.ports.driver import Driver, Report
from printyard.core.ports.store import Transaction

log = logging.getLogger(__name__)

FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 60.0
KNOWN_PRINTS = 200
"""How many past prints of a printer are remembered, so that its own history is not adopted again."""

CUT = frozenset({JobState.ASSIGNED, JobState.TRANSFERRING})
"""The states in which a restart finds a job of which the device knows nothing yet."""

HELD_FIRST = (
    JobState.STARTED, JobState.STARTING, JobState.TRANSFERRING, JobState.ASSIGNED, JobState.UNCONFIRMED,
)  # fmt: skip
"""Which of several jobs a printer holds after a restart."""


class Opened:
    """One printer at work: its session, its driver, and the tasks that run them."""

    def __init__(
        self, session: PrinterSession, driver: Driver, route: CommandRoute, starting: Starting, machine: MachineModel
    ) -> None:  # fmt: skip
        self.session, self.driver, self.route, self.starting = session, driver, route, starting
        self.machine = machine
        self.tasks: list[asyncio.Task[None]] = []
        self.heard = asyncio.Event()
        """Whether the driver has spoken once, or failed to."""


class Supervisor:
    """Every printer that this server drives."""

    def __init__(
        self,
        seat: Seat,
        open_driver: Callable[[Printer], tuple[Driver, MachineModel]],
        analyse: Callable[[Blob, MachineModel], Awaitable[Analysis]],
    ) -> None:
        self._seat, self._open_driver, self._analyse = seat, open_driver, analyse
        self._opened: dict[str, Opened] = {}

    async def start(self) -> None:
        """Open every printer that is stored. One that cannot be opened is shown offline, and logged."""
        for printer in await self._seat.store.read(lambda tx: tx.printers.all(EVERYTHING)):
            await self.open(printer)

    async def heard(self) -> None:
        """Wait until every printer is shown as its driver first saw it (or failed to); may take for ever."""
        for opened in list(self._opened.values()):
            await opened.heard.wait()
            with contextlib.suppress(Offline):
                await opened.session.change(Step)  # in its turn: behind what was heard

    async def stop(self) -> None:
        """End all conversations; what the devices do goes on."""
        tasks = [task for opened in self._opened.values() for task in opened.tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._opened.clear()

    def opened(self, printer_id: str) -> Opened:
        """A printer at work. Raises NotFound."""
        try:
            return self._opened[printer_id]
        except KeyError:
            raise NotFound("There is no such printer.") from None

    def machine(self, printer_id: str) -> MachineModel:
        """What kind of machine it is. Raises NotFound."""
        return self.opened(printer_id).machine

    async def open(self, printer: Printer) -> None:
        """Begin to drive a printer; without its driver it is shown offline, and the log says why."""
        past = await self._seat.store.read(lambda tx: _stored(tx, printer))
        driver, machine = self._opened_driver(printer)
        seat = self._seat
        session = PrinterSession(seat, past)
        session.supports, session.facets = driver.supports, driver.facets
        route = CommandRoute(session, driver, seat.store, seat.clock, seat.ids)
        starting = Starting(session, route, lambda blob: self._analyse(blob, machine), seat.clock, seat.ids)
        opened = self._opened[printer.id] = Opened(session, driver, route, starting, machine)
        opened.tasks = [
            asyncio.create_task(session.run(), name=f"session {printer.slug}"),
            asyncio.create_task(self._drive(opened), name=f"driver {printer.slug}"),
        ]
        if past.job is not None and past.job.state in CUT:
            await session.change(lambda: _requeue(session, seat.clock.now()), keep=True)

    async def close(self, printer_id: str) -> None:
        """Stop driving a printer and take it off the board."""
        opened = self._opened.pop(printer_id, None)
        if opened is not None:
            for task in opened.tasks:
                task.cancel()
            await asyncio.gather(*opened.tasks, return_exceptions=True)
        self._seat.board.remove(printer_id)

    def _opened_driver(self, printer: Printer) -> tuple[Driver, MachineModel]:
        try:
            return self._open_driver(printer)
        except Exception as error:
            log.exception("%s: the driver %s cannot be opened", printer.slug, printer.driver)
            return AbsentDriver(f"The driver {printer.driver} cannot be opened: {error}"), absent_machine(printer)

    async def _drive(self, opened: Opened) -> None:
        """Run the driver; after a lost link again, with growing pauses."""
        session, pause = opened.session, FIRST_PAUSE_SECONDS

        def report(report: Report) -> None:
            session.report(report)
            opened.heard.set()

        while True:
            session.report(Report(link=Link.CONNECTING))
            try:
                await opened.driver.run(report)
            except (OSError, TimeoutError, CoreError) as error:
                log.info("%s: the link is lost: %s", session.printer.slug, error)
            except Exception:
                log.exception("%s: the driver failed", session.printer.slug)
            if session.state.link is Link.ONLINE:
                pause = FIRST_PAUSE_SECONDS
            report(Report(link=Link.OFFLINE))
            await self._seat.clock.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


def _requeue(session: PrinterSession, now: Instant) -> Step:
    """A job whose way to the printer was cut by a restart waits again: nothing was started."""
    if session.job is None or session.job.state not in CUT:
        return Step()
    job = step(session.job, JobState.QUEUED, reason="The server was restarted before the print began.")
    kept = keeps(job)
    record = None if kept else replace(session.record, reserved_by=None)
    return Step(jobs=(job,), holds=job if kept else None, record=record, facts=(fact_of(job, now),))


def _stored(tx: Transaction, printer: Printer) -> Past:
    """What is known of a printer before it is opened: its record, the job that it holds, and its past prints."""
    record = tx.printers.record(EVERYTHING, printer.id)
    held = tx.jobs.in_states(EVERYTHING, ON_PRINTER, printer_id=printer.id)
    # Beside the print that runs there may be a job that waits for a person to say what became of it.
    job = min(held, key=lambda job: HELD_FIRST.index(job.state), default=None)
    if job is None and record.reserved_by is not None:
        with contextlib.suppress(NotFound):
            reserving = tx.jobs.get(EVERYTHING, record.reserved_by)
            job = None if reserving.ended else reserving
    past = tx.jobs.history(EVERYTHING, printer_id=printer.id, limit=KNOWN_PRINTS)
    if job is None and record.plate is Plate.OCCUPIED and past and past[0].ended and past[0].cleared_at is None:
        job = past[0]
    begun = [entry.started_at for entry in past if entry.started_at is not None]
    since = min(begun) if len(past) == KNOWN_PRINTS and begun else printer.created_at
    prints = frozenset(entry.device_ref for entry in past if entry.device_ref)
    return Past(printer=printer, record=record, job=job, prints=prints, since=max(since, printer.created_at))
