"""Reports: asked for, made in the background, whole after a restart, and gone after a while."""

import asyncio
import csv
import io
import json

import pytest
from msgspec.structs import replace

from printyard.core.errors import Incomplete, Invalid, NotFound, Unauthenticated
from printyard.core.files import SWEEP_AFTER_SECONDS
from printyard.core.model.report import ReportFormat, ReportState
from printyard.core.model.user import Scope
from printyard.core.report_rows import COLUMNS, safe_cell
from printyard.core.reports import KEPT_SECONDS
from printyard.testing.house import house
from printyard.testing.people import ADMIN, GUEST, MEMBER, NOBODY

STRANGER = replace(ADMIN, id="stranger", scope=Scope(organization_id="elsewhere"))
UNFINISHED = {ReportState.PENDING, ReportState.PROCESSING}


async def printed(yard, *names, printer="Luke"):
    """A printer that has printed so many files, one after the other."""
    printer_id = await yard.add_printer(printer)
    for name in names:
        await yard.print(printer_id, name)
        await yard.clock.advance(60)
        yard.device(printer_id).finish()
        await yard.settle()
        await yard.core.printers.clear_plate(MEMBER, printer_id)
        await yard.settle()
    return printer_id


async def finished(yard, report, principal=MEMBER):
    """A report when it is made; its bytes are written by threads that the clock knows nothing of."""
    async with asyncio.timeout(20):
        while (now := await yard.core.reports.get(principal, report.id)).state in UNFINISHED:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return now


async def made(yard, *printers, kind=ReportFormat.CSV, principal=MEMBER, start=0, end=None):
    until = yard.clock.now() + 1 if end is None else end
    report = await yard.core.reports.ask(principal, printers, start, until, kind)
    assert report.state is ReportState.PENDING
    return await finished(yard, report, principal)


async def table(yard, report):
    _, blob = await yard.core.reports.table(report.id)
    assert blob.size == report.size
    return await yard.blobs.read(blob, 0, blob.size)


async def rows(yard, report):
    return list(csv.DictReader(io.StringIO((await table(yard, report)).decode(), newline="")))


async def test_a_report_of_all_that_was_printed(yard):
    luke = await printed(yard, "one.gcode", "two.gcode")
    await printed(yard, "three.gcode", printer="Leia")
    report = await made(yard)
    assert (report.state, report.printer_ids) == (ReportState.SUCCESS, None)
    found = await rows(yard, report)
    assert [row["name"] for row in found] == ["three.gcode", "two.gcode", "one.gcode"]
    assert list(found[0]) == COLUMNS
    assert {(row["printer"], row["outcome"], row["user"]) for row in found} == {
        ("Luke", "completed", ""), ("Leia", "completed", ""),
    }  # fmt: skip
    assert all(row["started_at"].endswith("Z") and float(row["seconds_elapsed"]) == 60 for row in found)
    one = await rows(yard, await made(yard, luke))
    assert [row["name"] for row in one] == ["two.gcode", "one.gcode"]


async def test_the_same_as_json(yard):
    await printed(yard, "one.gcode")
    report = await made(yard, kind=ReportFormat.JSON)
    (row,) = json.loads(await table(yard, report))["data"]
    assert (row["name"], row["printer"], set(row)) == ("one.gcode", "Luke", set(COLUMNS))
    nothing = await made(yard, kind=ReportFormat.JSON, end=1)
    assert json.loads(await table(yard, nothing)) == {"data": []}


async def test_a_report_begins_and_ends_when_it_says(yard):
    before = yard.clock.now()
    await printed(yard, "one.gcode")
    between = yard.clock.now()
    await printed(yard, "two.gcode", printer="Leia")
    assert [row["name"] for row in await rows(yard, await made(yard, start=before, end=between))] == ["one.gcode"]
    assert [row["name"] for row in await rows(yard, await made(yard, start=between))] == ["two.gcode"]
    assert await rows(yard, await made(yard, start=0, end=before)) == []


async def test_who_may_ask_for_what(yard):
    luke = await printed(yard, "one.gcode")
    for asked in ((5, 5), (6, 5)):
        with pytest.raises(Invalid):
            await yard.core.reports.ask(MEMBER, (), *asked)
    with pytest.raises(Unauthenticated):
        await yard.core.reports.ask(NOBODY, (), 0, 1)
    for who, printer in ((MEMBER, "nobody"), (STRANGER, luke)):
        with pytest.raises(NotFound):
            await yard.core.reports.ask(who, (printer,), 0, 1)
    report = await made(yard)
    assert await yard.core.reports.get(ADMIN, report.id) == report
    for blind in (GUEST, STRANGER):
        with pytest.raises(NotFound):
            await yard.core.reports.get(blind, report.id)
    assert await rows(yard, await made(yard, principal=STRANGER)) == []
    narrow = replace(MEMBER, scope=Scope(organization_id=MEMBER.scope.organization_id, printers=frozenset()))
    assert await rows(yard, await made(yard, principal=narrow)) == [], "what one may not see is in no report"


async def test_a_full_disk_fails_one_and_not_the_next(yard):
    await printed(yard, "one.gcode")
    yard.blobs._free_bytes = lambda _: -1
    failed = await made(yard)
    assert (failed.state, bool(failed.reason)) == (ReportState.FAILED, True)
    with pytest.raises(Incomplete):
        await yard.core.reports.table(failed.id)
    yard.blobs._free_bytes = lambda _: 10**12
    assert (await made(yard)).state is ReportState.SUCCESS


async def test_what_was_asked_for_before_a_restart_is_made_after_it(tmp_path):
    async with house(tmp_path) as before:
        report = await made(before)
        begun = replace(report, state=ReportState.PROCESSING, sha256="", finished_at=None)
        await before.store.write(lambda tx: tx.reports.put(begun))
    async with house(tmp_path, clock=before.clock, seed=1) as yard:
        assert (await finished(yard, report)).state is ReportState.SUCCESS


async def test_it_is_kept_for_a_while_and_its_bytes_with_it(yard):
    await printed(yard, "one.gcode")
    report = await made(yard)
    await yard.clock.advance(SWEEP_AFTER_SECONDS * 2)
    assert len(await rows(yard, report)) == 1
    late = replace(report, created_at=report.created_at - round(KEPT_SECONDS) * 1_000_000)
    await yard.store.write(lambda tx: tx.reports.put(late))
    assert await yard.core.reports.sweep() == 1
    with pytest.raises(NotFound):
        await yard.core.reports.get(MEMBER, report.id)
    await yard.clock.advance(SWEEP_AFTER_SECONDS * 2)
    with pytest.raises(NotFound):
        await yard.blobs.size(report.sha256)


@pytest.mark.parametrize("name", ["=1+1", "+cmd", "-2", "@SUM(A1)", "\t=1", "\r=1"])
def test_a_cell_is_never_a_formula(name):
    """Names come from anyone, and people open the table with a spreadsheet."""
    assert safe_cell(name) == f"'{name}"
    assert safe_cell([name, "x"]).startswith("'")
    assert safe_cell(-2.5) == "-2.5"
    assert safe_cell(None) == ""
