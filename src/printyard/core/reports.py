"""Reports: tables of what was printed, asked for now, made in the background, and kept for a while."""

import asyncio
import csv
import io
import logging
from collections.abc import AsyncIterator
from functools import partial

import msgspec
from msgspec.structs import replace

from printyard.core.access.rules import may, require
from printyard.core.errors import CoreError, Incomplete, Invalid, NotFound
from printyard.core.fleet.board import SnapshotBoard
from printyard.core.model.file import Blob
from printyard.core.model.job import Job
from printyard.core.model.report import Report, ReportFormat, ReportState
from printyard.core.model.user import EVERYTHING, HOME, Principal, Right, Scope
from printyard.core.model.value import Id, Instant, after
from printyard.core.ports.blobs import Blobs, Partial
from printyard.core.ports.store import Store, Transaction
from printyard.core.ports.time import Clock, Ids
from printyard.core.report_rows import COLUMNS, row_of, safe_cell

log = logging.getLogger(__name__)

PAGE = 500
RETRY_SECONDS = 5.0
KEPT_SECONDS = 30 * 24 * 3600.0
"""How long a report can be fetched."""


class Reports:
    """Reports by id, and the one who makes them, one after the other."""

    def __init__(self, store: Store, clock: Clock, ids: Ids, blobs: Blobs, board: SnapshotBoard) -> None:
        self._store, self._clock, self._ids = store, clock, ids
        self._blobs, self._board = blobs, board
        self._wake = asyncio.Event()

    async def ask(
        self, principal: Principal, printer_ids: tuple[str, ...], start: Instant, end: Instant,
        kind: ReportFormat = ReportFormat.CSV,
    ) -> Report:  # fmt: skip
        """Ask for a report of some printers, or (without any) of all that the caller sees.

        Raises NotFound (a printer), Invalid, Forbidden.
        """
        require(principal, Right.READ)
        if end <= start:
            raise Invalid("A report ends after it begins.")
        scope = principal.scope
        for printer_id in printer_ids:
            self._board.get(scope, printer_id)
        chosen = tuple(map(Id, printer_ids)) or None
        if chosen is None and (scope.printers is not None or scope.groups is not None):
            chosen = tuple(shown.printer.id for shown in self._board.all(scope))
        report = Report(
            id=self._ids.new(), organization_id=scope.organization_id or HOME, state=ReportState.PENDING, format=kind,
            printer_ids=chosen, start=start, end=end, created_at=self._clock.now(), created_by=principal.id,
        )  # fmt: skip
        stored = await self._store.write(lambda tx: tx.reports.put(report))
        self._wake.set()
        return stored

    async def get(self, principal: Principal, report_id: str) -> Report:
        """The caller's own report, or any if he manages. Raises NotFound."""
        require(principal, Right.READ)
        report = await self._store.read(lambda tx: tx.reports.get(principal.scope, report_id))
        if report.created_by != principal.id and not may(principal, Right.MANAGE):
            raise NotFound("There is no such report.")
        return report

    async def table(self, report_id: str) -> tuple[Report, Blob]:
        """A finished report and its bytes, for whoever has its signed address. Raises NotFound, Incomplete."""

        def work(tx: Transaction) -> tuple[Report, Blob | None]:
            report = tx.reports.get(EVERYTHING, report_id)
            return report, tx.files.blob(report.sha256) if report.sha256 else None

        report, blob = await self._store.read(work)
        if blob is None:
            raise Incomplete("The report is not made.")
        return report, blob

    async def sweep(self) -> int:
        """Forget old reports; how many."""
        limit = after(self._clock.now(), -KEPT_SECONDS)
        return await self._store.write(lambda tx: tx.reports.forget(limit))

    async def run(self) -> None:
        """Make what was asked for, also before a restart, until cancelled."""
        while True:
            self._wake.clear()
            try:
                while todo := await self._store.read(lambda tx: tx.reports.unfinished(EVERYTHING)):
                    for report in todo:
                        await self._make(report)
            except CoreError as error:
                log.warning("the reports could not be made: %s", error)
                await self._clock.sleep(RETRY_SECONDS)
            else:
                await self._wake.wait()

    async def _make(self, report: Report) -> None:
        """Raises StorageFull where not even the failure can be recorded."""
        try:
            report = await self._put(replace(report, state=ReportState.PROCESSING))
            blob = await self._written(report)
        except Exception as error:
            # Whatever is wrong with this one must not keep the next from being made.
            log.exception("a report could not be made")
            reason = error.message if isinstance(error, CoreError) else "Something went wrong here; the log says what."
            await self._put(replace(report, state=ReportState.FAILED, reason=reason, finished_at=self._clock.now()))
            return
        done = replace(
            report, state=ReportState.SUCCESS, sha256=blob.sha256, size=blob.size, finished_at=self._clock.now()
        )

        def work(tx: Transaction) -> Report:
            tx.files.put_blob(blob)
            return tx.reports.put(done)

        await self._store.write(work)

    async def _put(self, report: Report) -> Report:
        return await self._store.write(lambda tx: tx.reports.put(report))

    async def _written(self, report: Report) -> Blob:
        """The table as stored bytes. Raises StorageFull."""
        table = await self._blobs.begin()
        try:
            match report.format:
                case ReportFormat.CSV:
                    await self._write_csv(report, table)
                case ReportFormat.JSON:
                    await self._write_json(report, table)
            return await table.finish(f"report.{report.format.value}")
        finally:
            await table.abandon()

    async def _write_csv(self, report: Report, table: Partial) -> None:
        await table.write(_lines([COLUMNS]))
        async for jobs in self._jobs(report):
            rows = (row_of(job, self._name(job)) for job in jobs)
            await table.write(_lines([[safe_cell(row[name]) for name in COLUMNS] for row in rows]))

    async def _write_json(self, report: Report, table: Partial) -> None:
        before = b'{"data":['
        async for jobs in self._jobs(report):
            for job in jobs:
                await table.write(before + msgspec.json.encode(row_of(job, self._name(job))))
                before = b","
        await table.write(b"]}" if before == b"," else before + b"]}")

    async def _jobs(self, report: Report) -> AsyncIterator[list[Job]]:
        """Pages of its jobs, newest first, printer by printer."""
        scope = Scope(organization_id=report.organization_id)
        for printer_id in report.printer_ids if report.printer_ids is not None else (None,):
            before: tuple[Instant, str] = (report.end, "")
            while page := await self._store.read(partial(_page, scope, printer_id, before)):
                yield [job for job in page if job.created_at >= report.start]
                before = page[-1].created_at, page[-1].id
                if before[0] < report.start:
                    break

    def _name(self, job: Job) -> str:
        if job.printer_id is None or self._board.slug(job.printer_id) is None:
            return ""
        return self._board.get(EVERYTHING, job.printer_id).printer.name


def _page(scope: Scope, printer_id: str | None, before: tuple[Instant, str], tx: Transaction) -> list[Job]:
    return tx.jobs.history(scope, printer_id=printer_id, limit=PAGE, before=before)


def _lines(rows: list[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text).writerows(rows)
    return text.getvalue().encode()
