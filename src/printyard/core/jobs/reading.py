"""Reads the files of prints that are handed in: what a print needs stands in its file.

Whoever hands one in waits for that a little. What takes longer goes on by itself: the job stands in its queue
meanwhile, `needs.unread` keeps it from every printer, and nobody hands it in again because nothing was answered.
"""

import asyncio
import contextlib
import logging
from collections.abc import Coroutine, Iterable
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from printyard.core.access.rules import WARDEN
from printyard.core.analysis import Analyses
from printyard.core.errors import CoreError, Invalid, NotFound
from printyard.core.fleet.printers import Printers
from printyard.core.jobs.altering import Alterations
from printyard.core.jobs.claims import Wishes
from printyard.core.jobs.needing import needs_of
from printyard.core.model.file import Analysis, File
from printyard.core.model.job import WAITING, Job
from printyard.core.model.needs import Needs
from printyard.core.model.user import EVERYTHING
from printyard.core.model.value import Instant
from printyard.core.ports.store import Store, Transaction
from printyard.core.ports.time import Clock

log = logging.getLogger(__name__)

PATIENCE_SECONDS: Final = 5.0
"""Cura gives up on an answer after ten, and shows its user that the print was not sent."""
RETRY_SECONDS: Final = 5.0

T = TypeVar("T")


class Readings:
    """The files of jobs: read while somebody waits, or later."""

    def __init__(
        self, store: Store, clock: Clock, printers: Printers, analyses: Analyses, alterations: Alterations
    ) -> None:
        self._store, self._clock, self._printers = store, clock, printers
        self._analyses, self._alterations = analyses, alterations
        self._under_way: set[asyncio.Task[Any]] = set()

    async def run(self) -> None:
        """Read what the yard went down over, and go on with what comes until cancelled."""
        try:
            self._spawn(self._left())
            await asyncio.Event().wait()
        finally:
            for task in self._under_way:
                task.cancel()
            await asyncio.gather(*self._under_way, return_exceptions=True)

    async def soon(self, file: File, printer_id: str) -> Analysis | None:
        """What is known of a file for this kind of printer, if it is found out in a little while.

        Nothing is known of a file that makes no sense: it will fail as soon as it is to begin. Raises StorageFull, and
        what else a worker meets.
        """
        reading = self._spawn(self._analysed(file, printer_id))
        timer = asyncio.ensure_future(self._clock.sleep(PATIENCE_SECONDS))
        try:
            await asyncio.wait({reading, timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
        return reading.result() if reading.done() else None

    def later(self, jobs: Iterable[Job]) -> None:
        """Find out what jobs need that are in their queue already."""
        for job in jobs:
            self._spawn(self._until_read(job.id))

    async def _left(self) -> None:
        """Those that were not read when the yard went down."""
        while True:
            try:
                waiting = await self._store.read(lambda tx: tx.jobs.in_states(EVERYTHING, WAITING))
            except CoreError as error:
                log.warning("the jobs that wait could not be read: %s", error)
                await self._clock.sleep(RETRY_SECONDS)
            else:
                self.later(job for job in waiting if job.needs.unread)
                return

    async def _until_read(self, job_id: str) -> None:
        while True:
            try:
                if await self._read(job_id):
                    return
            except Exception as error:
                log.warning("job %s was not read: %s", job_id, error, exc_info=not isinstance(error, CoreError))
            await self._clock.sleep(RETRY_SECONDS)

    async def _read(self, job_id: str) -> bool:
        """Find out what a job needs, if it waits for that; False where its group has no printer to read it for."""
        job, file = await self._store.read(lambda tx: _stored(tx, job_id))
        if job is None or job.state not in WAITING or not job.needs.unread:
            return True
        printer_id = self._like(job)
        if printer_id is None:
            return False
        analysis = Analysis() if file is None else await self._analysed(file, printer_id)

        def known(job: Job, _: Instant) -> Job:
            needs = wished(needs_of(analysis), _wishes(job.needs))
            return replace(job, needs=needs, seconds_estimated=seconds_of(analysis))

        await self._alterations.alter(WARDEN, job, known, {"read": True})
        return True

    def _like(self, job: Job) -> str | None:
        """A printer of the kind for which the file is read: the one that the job asks for, or one of its group."""
        shown = [one.printer for one in self._printers.board.all(EVERYTHING) if one.printer.group_id == job.group_id]
        wanted = job.needs.printer_id
        return next((printer.id for printer in shown if wanted in {None, printer.id}), None)

    async def _analysed(self, file: File, printer_id: str) -> Analysis:
        try:
            return await self._analyses.of(file.blob, self._printers.machine(WARDEN, printer_id))
        except Invalid:
            return Analysis()

    def _spawn(self, work: Coroutine[Any, Any, T]) -> "asyncio.Task[T]":
        task = asyncio.create_task(work)
        self._under_way.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: "asyncio.Task[Any]") -> None:
        self._under_way.discard(task)
        if not task.cancelled():
            task.exception()  # heard by whoever waits for it; where nobody does any more, `later` meets it again


def wished(needs: Needs, wishes: Wishes) -> Needs:
    """A file's needs, with what whoever handed it in asked for in their place."""
    given = {tool.tool: tool for tool in wishes.tools}
    used = {tool.tool: tool.filament_mm for tool in needs.tools}
    tools = tuple(
        replace(given[tool.tool], filament_mm=used[tool.tool]) if tool.tool in given else tool for tool in needs.tools
    )
    more = tuple(given[number] for number in sorted(given.keys() - used.keys()))
    return replace(
        needs, tools=tools + more, plate_type=wishes.plate_type or needs.plate_type, printer_id=wishes.printer_id,
        machine="" if wishes.machines else needs.machine, machines=wishes.machines,
    )  # fmt: skip


def seconds_of(analysis: Analysis) -> float:
    """How long a print takes, as well as it is known."""
    return analysis.seconds or analysis.slicer_seconds or 0.0


def _wishes(needs: Needs) -> Wishes:
    """What was asked for, of needs that are nothing else yet."""
    return Wishes(printer_id=needs.printer_id, machines=needs.machines, tools=needs.tools, plate_type=needs.plate_type)


def _stored(tx: Transaction, job_id: str) -> tuple[Job | None, File | None]:
    """A job and its file, if they are there."""
    for job in tx.jobs.some(EVERYTHING, {job_id}):
        with contextlib.suppress(NotFound):
            return job, tx.files.get(EVERYTHING, job.file_id or "", removed=True)
        return job, None
    return None, None
