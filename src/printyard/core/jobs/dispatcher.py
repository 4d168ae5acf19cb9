"""The dispatcher: gives jobs that wait to printers that have become free.

What there is to decide from lies in memory, one planner for each group, kept up with the log; what is decided counts
only once it is stored. An assignment is an update under the condition that the job is still as it was read: of two
servers with one database one gets it, and the other reads on.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Coroutine, Iterable

from msgspec.structs import replace

from printyard.core.errors import Conflict, CoreError, NotFound, Offline
from printyard.core.fleet.session import PrinterSession
from printyard.core.fleet.step import Step
from printyard.core.fleet.supervisor import Opened, Supervisor
from printyard.core.jobs.lines import Given, Lines
from printyard.core.jobs.log import Log
from printyard.core.jobs.needing import setup_of
from printyard.core.jobs.states import fact_of, step
from printyard.core.model.job import Job, JobState
from printyard.core.model.needs import Setup
from printyard.core.model.user import EVERYTHING
from printyard.core.ports.bus import Bell
from printyard.core.ports.store import Store
from printyard.core.ports.time import Clock

log = logging.getLogger(__name__)

RETRY_SECONDS = 1.0


class Dispatcher:
    """Looks whenever a printer may have become free, and whenever the log has grown."""

    def __init__(self, store: Store, clock: Clock, bell: Bell) -> None:
        self._store, self._clock, self._bell = store, clock, bell
        self._lines = Lines()
        self._log = Log(store, self._lines)
        self._touched: set[str] = set()
        self._wake = asyncio.Event()
        self._under_way: set[asyncio.Task[None]] = set()

    def freed(self, printer_id: str) -> None:
        """A printer has become free, or no longer is, or has another setup."""
        self._touched.add(printer_id)
        self._wake.set()

    async def run(self, supervisor: Supervisor) -> None:
        """Assign jobs until cancelled."""
        listening = asyncio.create_task(self._listen(), name="dispatcher's ear")
        self._wake.set()
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                try:
                    await self._round(supervisor)
                except Exception as error:
                    log.warning("no job was assigned: %s", error, exc_info=not isinstance(error, CoreError))
                    await self._clock.sleep(RETRY_SECONDS)
                    self._wake.set()
        finally:
            listening.cancel()
            for task in self._under_way:
                task.cancel()
            await asyncio.gather(listening, *self._under_way, return_exceptions=True)

    async def _listen(self) -> None:
        """The log has grown: perhaps by a job."""
        with self._bell.listen() as ear:
            seen = -1
            while True:
                seen = await ear.wait(seen)
                self._wake.set()

    async def _round(self, supervisor: Supervisor) -> None:
        """Everything that can be given now."""
        again = True
        while again:
            await self._log.follow(self._touched)
            touched, self._touched = self._touched, set()
            given: deque[Given] = deque()
            try:
                reserved = self._look(supervisor, sorted(touched))
                given += self._lines.decide()
                again = bool(given)
                for opened, job in reserved:
                    await self._give_reserved(opened, job)
                while given:
                    await self._assign(supervisor, given[0])
                    given.popleft()
            except BaseException:
                self._touched |= touched
                for undone in given:
                    self._again(undone)
                raise

    def _look(self, supervisor: Supervisor, printer_ids: Iterable[str]) -> list[tuple[Opened, Job]]:
        """Which of the printers are free; those with a job of their own, which goes before the queue."""
        reserved: list[tuple[Opened, Job]] = []
        for printer_id in printer_ids:
            self._lines.withdraw(printer_id)
            try:
                opened = supervisor.opened(printer_id)
            except NotFound:
                continue
            session = opened.session
            if not session.free:
                continue
            if session.job is not None and session.job.state is JobState.QUEUED:
                reserved.append((opened, session.job))
            else:
                self._lines.offer(printer_id, session.printer.group_id, self._setup(opened))
        return reserved

    def _setup(self, opened: Opened) -> Setup:
        session = opened.session
        return setup_of(session.printer, session.state, opened.machine, self._log.materials)

    async def _give_reserved(self, opened: Opened, job: Job) -> None:
        """The job has moved on, or the printer: then its session tells when there is something to do."""
        with contextlib.suppress(Conflict, Offline):
            await self._give(opened, job, lambda: None)

    async def _assign(self, supervisor: Supervisor, given: Given) -> None:
        """What was decided; if it cannot be, the job is read again, and the printer looked at."""
        job = given.job
        try:
            opened = supervisor.opened(given.printer_id)
            await self._give(opened, job, lambda: self._as_decided(opened, given))
        except (Conflict, NotFound, Offline):
            stored = await self._store.read(lambda tx: tx.jobs.some(EVERYTHING, {job.id}))
            self._lines.forget(job.id)
            for one in stored:
                self._lines.learn(one)
            if all(one.version != job.version for one in stored):
                self._touched.add(given.printer_id)
            else:
                self._spawn(self._later(given.printer_id), "look again")

    def _again(self, undone: Given) -> None:
        """What was decided and could not be done waits as before."""
        if undone.job.id in self._lines.jobs:
            self._lines.learn(self._lines.jobs[undone.job.id])
        self._touched.add(undone.printer_id)

    def _as_decided(self, opened: Opened, given: Given) -> None:
        """Raises Conflict where the printer is not as it was when it was decided that the job fits."""
        if self._setup(opened) != given.setup:
            raise Conflict("What the printer has mounted or loaded was changed meanwhile.")

    async def _later(self, printer_id: str) -> None:
        """The job is as it was, so it was the printer: it may tell that it is free, and is asked if it does not."""
        await self._clock.sleep(RETRY_SECONDS)
        self.freed(printer_id)

    async def _give(self, opened: Opened, job: Job, check: Callable[[], None]) -> None:
        """Hand a job to a printer if both are still as they were seen. Raises Conflict, Offline, StorageFull."""
        session = opened.session
        try:
            file = await self._store.read(lambda tx: tx.files.get(EVERYTHING, job.file_id or "", removed=True))
        except NotFound:
            await session.change(lambda: self._hold(session, job, "Its file is gone."))
            self._touched.add(session.printer.id)
            return
        await session.change(lambda: self._assigned(session, job, check))
        self._spawn(opened.starting.start(job.id, file.blob, check), f"start {job.id}")

    def _spawn(self, work: Coroutine[None, None, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    def _hold(self, session: PrinterSession, job: Job, reason: str) -> Step:
        """Put a job aside that cannot be printed, so that those behind it can."""
        now, mine = self._clock.now(), session.job is not None and session.job.id == job.id
        held = step(session.job if mine and session.job is not None else job, JobState.HELD, reason=reason)
        facts = (fact_of(held, now),)
        if not mine:
            return Step(jobs=(held,), facts=facts)
        return Step(jobs=(held,), holds=None, record=replace(session.record, reserved_by=None), facts=facts)

    def _assigned(self, session: PrinterSession, job: Job, check: Callable[[], None]) -> Step:
        check()
        if not session.free:
            raise Conflict("The printer is no longer free.")
        mine = session.job is not None and session.job.id == job.id
        if not mine and (session.job is not None and not session.job.ended):
            raise Conflict("Another job has reserved the printer.")
        if not mine and session.printer.group_id != job.group_id:
            raise Conflict("The printer is in another group.")
        now = self._clock.now()
        held = session.job if mine and session.job is not None else job
        assigned = step(held, JobState.ASSIGNED, printer_id=session.printer.id, assigned_at=now, reason="")
        record = replace(session.record, reserved_by=job.id)
        return Step(jobs=(assigned,), holds=assigned, record=record, facts=(fact_of(assigned, now),))
