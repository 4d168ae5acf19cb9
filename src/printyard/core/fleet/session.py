"""PrinterSession: owns one printer, and is the only writer of its state.

It handles one thing at a time, a report or a request: folds it into the next snapshot, derives the facts, commits them,
then shows the snapshot. A report without facts touches no database and is shown at once.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from operator import attrgetter, is_

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from printyard.core.commands import Command, StartPrint
from printyard.core.errors import Offline
from printyard.core.events import Fact, FactName
from printyard.core.fleet.accepts import accepted
from printyard.core.fleet.board import Snapshot, SnapshotBoard
from printyard.core.fleet.derive import Intent, derive, trusted, unchanged
from printyard.core.fleet.fold import fold
from printyard.core.fleet.following import Follower, plate_fact
from printyard.core.fleet.ledger import Ledger
from printyard.core.fleet.matching import adopt
from printyard.core.fleet.step import NOTHING, Step
from printyard.core.model.job import Job, JobState
from printyard.core.model.printer import Printer, PrinterRecord
from printyard.core.model.state import Activity, DevicePrint, Link, Plate, PrinterState
from printyard.core.model.value import Instant
from printyard.core.ports.driver import Report
from printyard.core.ports.facets import Facets
from printyard.core.ports.store import Store
from printyard.core.ports.time import Clock, Ids

log = logging.getLogger(__name__)

axes = attrgetter("link", "activity", "faults", "unrecognised", "plate")
"""What `accepts` depends on, beside the driver."""

FULFILLED = frozenset({FactName.PRINT_STARTED, FactName.PRINT_ENDED})
"""The facts after which an intent has come true, or never will."""


class Seat(msgspec.Struct, frozen=True):
    """What every session is given."""

    store: Store
    clock: Clock
    ids: Ids
    board: SnapshotBoard
    freed: Callable[[str], None]
    """Told the id of a printer that has become free, or no longer is, or has something else mounted or loaded."""


class Heard(msgspec.Struct, frozen=True):
    """A report waiting for its turn; `asking`: a start was under way when it came, so its silence proves nothing."""

    report: Report
    asking: bool


class Request(msgspec.Struct, frozen=True):
    """A change that somebody asked for, waiting for its turn."""

    work: Callable[[], Step]
    keep: bool
    answer: asyncio.Future[None]


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """What is stored of a printer: the job that it holds, and the device's references of its latest `prints`.

    Prints that began before `since` are old news.
    """

    printer: Printer
    record: PrinterRecord
    job: Job | None
    prints: frozenset[str]
    since: Instant


class PrinterSession:
    """One printer's single writer. What others may read of it is on the board."""

    def __init__(self, seat: Seat, past: Past) -> None:
        self.printer, self.record, self.job = past.printer, past.record, past.job
        self.intent = Intent.NONE
        self.starting = False
        self.supports: frozenset[type[Command]] = frozenset()
        self.facets = Facets()
        self.state = self._trusted = _resumed(past.record, past.job)
        self._seat, self._ledger = seat, Ledger(seat.store)
        self._known, self._since = set(past.prints), past.since
        self._inbox: deque[Heard | Request] = deque()
        self._wake = asyncio.Event()
        self._handling = self._behind = self._closed = False
        self._offered: tuple[object, ...] | None = None
        self._seq = 0
        self._show()

    @property
    def degraded(self) -> bool:
        """Whether facts wait for the database; such a printer starts no new job."""
        return self._ledger.degraded

    @property
    def free(self) -> bool:
        """Whether a job of the queue may be given to this printer now."""
        held = self.job
        return (
            StartPrint.word in self.state.accepts
            and self.record.enabled
            and not self.record.in_maintenance
            and not self.degraded
            and not self.starting
            and (held is None or held.ended or held.state is JobState.QUEUED)
        )

    def report(self, report: Report) -> None:
        """Take what the driver saw; a plain call that never waits."""
        if self._closed:
            return
        if not (self._handling or self._inbox or self._behind or self._ledger.degraded):
            after = self._folded(report)
            if quiet(self.state, after, report):
                self._apply(Step(state=after))
                return
        self._inbox.append(Heard(report, self.starting))
        self._wake.set()

    async def change(self, work: Callable[[], Step], *, keep: bool = False) -> None:
        """Do something that was asked for, in its turn: `work` computes the step from the present values.

        Raises what `work` raises, StorageFull, and Offline once nobody drives the printer; then nothing has changed.
        With `keep` it has happened already, and a database that takes nothing is told of it later.
        """
        if self._closed:
            raise _gone()
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._inbox.append(Request(work, keep, answer))
        self._wake.set()
        await answer

    async def run(self) -> None:
        """Handle what comes in, until cancelled."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                self._handling = True
                while self._inbox:
                    await self._handle(self._inbox.popleft())
                self._handling = False
        finally:
            self._closed = True
            for item in self._inbox:
                if isinstance(item, Request):
                    _answer(item, _gone())
            self._inbox.clear()

    async def _handle(self, item: Heard | Request) -> None:
        """Whatever goes wrong is told to who asked, or logged: the session lives on."""
        try:
            if isinstance(item, Heard):
                await self._hear(item)
            else:
                step = item.work()
                if step is not NOTHING:
                    self._apply(step, await self._ledger.commit(step, keep=item.keep) if step.durable else step)
                _answer(item)
        except asyncio.CancelledError:
            if isinstance(item, Request):
                _answer(item, _gone())
            raise
        except Exception as error:
            if isinstance(item, Request):
                _answer(item, error)
            else:
                log.exception("%s: a report could not be followed", self.printer.slug)

    async def _hear(self, heard: Heard) -> None:
        """Follow a report. If that fails it is shown at least, and the next one is held against what was known."""
        after, known = self._folded(heard.report), set(self._known)
        step = Step(state=after)
        try:
            if self._behind or not quiet(self.state, after, heard.report):
                self._behind = True
                step = self._followed(after, heard, known)
            written = await self._ledger.commit(step, keep=True) if step.durable or self.degraded else step
        except Exception:
            self._apply(Step(state=after))
            raise
        self._behind, self._known = False, known
        self._apply(step, written)

    def _folded(self, report: Report) -> PrinterState:
        after = fold(self.state, report, self._seat.clock.now())
        if not all(map(is_, axes(after), axes(self.state))):
            after = replace(after, accepts=accepted(after, self.supports))
        return after

    def _followed(self, after: PrinterState, heard: Heard, known: set[str]) -> Step:
        """What a report means for the job, the plate and the log; `known` learns the prints that it tells of."""
        before, report = self.state, heard.report
        history = () if report.history is UNSET else report.history
        facts = derive(self.printer, before, after, self.intent, history, report.answers, self._trusted)
        follower = Follower(self.printer, self.record, self.job, self._adopt, known)
        follower.follow(facts, after, report, since=self._since)
        tells = report.history is not UNSET or before.link is not Link.ONLINE
        if tells and trusted(after) and not after.in_print and not (heard.asking or self.starting):
            follower.doubt(report, after.at)
        self._plate_seen(follower, report, after)
        follower.facts.extend(self._note(text, after) for text in report.notes)
        return follower.result(after, self.record, self.job)

    def _plate_seen(self, follower: Follower, report: Report, after: PrinterState) -> None:
        if report.plate is UNSET or report.plate is follower.record.plate or after.in_print:
            return
        follower.facts.append(plate_fact(self.printer, report.plate, after.at))
        follower.record = replace(follower.record, plate=report.plate, plate_changed_at=after.at)
        held = follower.job
        if report.plate is Plate.CLEAR and held is not None and held.ended and held.cleared_at is None:
            follower.jobs[held.id] = replace(held, cleared_at=after.at)
            follower.job = None

    def _adopt(self, seen: DevicePrint) -> Job:
        return adopt(self.printer, seen, self._seat.ids, self._seat.clock.now())

    def _note(self, text: str, after: PrinterState) -> Fact:
        printer = self.printer
        return Fact(
            name=FactName.DEVICE_EVENT, at=after.at, organization_id=printer.organization_id, subject_kind="printer",
            subject_id=printer.id, printer_id=printer.id, body={"text": text},
        )  # fmt: skip

    def _apply(self, step: Step, written: Step | None = None) -> None:
        """Show what a step changed, with the versions under which its rows were stored."""
        stored = {job.id: job for job in (written.jobs if written else ())}
        record = (written.record if written else None) or step.record
        if record is not None:
            self.record = record
        if printer := (written.printer if written else None) or step.printer:
            self.printer = printer
        held = self.job if step.holds is UNSET else step.holds
        self.job = None if held is None else stored.get(held.id, held)
        before = self.state
        after = step.state or before
        if after.plate is not self.record.plate:
            after = replace(after, plate=self.record.plate)
            after = replace(after, accepts=accepted(after, self.supports))
        if any(fact.name in FULFILLED for fact in step.facts):
            self.intent = Intent.NONE
        self.state = after
        if not self._behind and trusted(after):
            self._trusted = after
        self._show()
        self.look_free()

    def look_free(self) -> None:
        """Tell the queue once when the printer has become free, or no longer is, or another job may fit it."""
        offered = _offered(self.printer, self.state) if self.free else None
        if offered != self._offered:
            self._seat.freed(self.printer.id)
        self._offered = offered

    def _show(self) -> None:
        self._seq += 1
        self._seat.board.publish(
            Snapshot(
                printer=self.printer,
                record=self.record,
                state=self.state,
                job=self.job,
                storage_degraded=self._ledger.degraded,
                seq=self._seq,
            )
        )


def _resumed(record: PrinterRecord, job: Job | None) -> PrinterState:
    """What is believed of a printer before it was heard: its plate, and the print that was under way."""
    state = PrinterState(plate=record.plate)
    if job is None or job.state is not JobState.STARTED:
        return state
    return replace(
        state,
        link=Link.OFFLINE,
        activity=Activity.PRINTING,
        print=DevicePrint(ref=job.device_ref, name=job.name, started_at=job.started_at or job.created_at),
    )


def _offered(printer: Printer, state: PrinterState) -> tuple[object, ...]:
    """What decides which jobs a free printer can take: its group, and what is mounted and loaded."""
    tools = tuple(
        (None if tool.nozzle is None else (tool.nozzle.name, tool.nozzle.diameter_mm), tool.material)
        for tool in state.tools
    )
    return printer.group_id, printer.setup, tools


def quiet(before: PrinterState, after: PrinterState, report: Report) -> bool:
    """Whether a report brings measurements alone, from which no fact can follow."""
    told = report.answers or report.notes
    return not told and report.history is UNSET and report.plate is UNSET and unchanged(before, after)


def _answer(request: Request, error: Exception | None = None) -> None:
    if request.answer.done():
        return
    if error is None:
        request.answer.set_result(None)
    else:
        request.answer.set_exception(error)


def _gone() -> Offline:
    return Offline("This server no longer drives the printer.")
