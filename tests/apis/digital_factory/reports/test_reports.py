"""Reports over a socket, as the official SDK asks for them (python/report.py)."""

import csv
import io

import pytest
from tests.apis.digital_factory.conftest import CONNECT, NOBODY, refused
from tests.apis.digital_factory.cura.world import REPORTS, WEEK, a_report, made

from printyard.core.jobs.queue import Claims
from printyard.core.model.job import JobState


async def clusters(client):
    """The ids of all, asked for at the SDK's path."""
    return [one["cluster_id"] for one in (await client.get(f"{CONNECT}/cluster")).json()["data"]]


async def printed(yard, name="cube.gcode"):
    """A printer that has printed a file."""
    printer, device = await yard.add()
    admin = await yard.admin()
    partial = await yard.core.files.begin(admin)
    await partial.write(b"G28\n")
    job = await yard.core.jobs.print_now(admin, printer.id, await partial.finish(name), Claims(name=name))
    await yard.until(printer.id, lambda shown: shown.job is not None and shown.job.state is JobState.STARTED)
    device.finish()
    await yard.until(printer.id, lambda shown: shown.job is not None and shown.job.state is JobState.ENDED)
    return printer, job


async def test_the_sdks_report(yard, client):
    await printed(yard)
    cluster_ids = await clusters(client)
    assert len(cluster_ids) == 1
    body = WEEK | {"cluster_ids": cluster_ids, "generated_time": None}
    answer = await client.put(REPORTS, json={"data": body})
    assert answer.status_code == 201, "the SDK gives up on anything else"
    asked = answer.json()["data"]
    assert (asked["status"] in {"pending", "processing", "success"}, len(asked["report_id"])) == (True, 44)
    data = await made(client, asked["report_id"])
    assert (data["status"], data["report_type"], data["start_date"]) == ("success", "print_jobs", WEEK["start_date"])
    async with yard.client(token=None) as nobody:
        table = await nobody.get(data["download_url"])
        piece = await nobody.get(data["download_url"], headers={"range": "bytes=0-5"})
    assert table.headers["content-type"] == "text/csv; charset=utf-8"
    assert table.headers["content-disposition"] == 'attachment; filename="print_jobs_2020-01-01_2040-01-01.csv"'
    assert (piece.status_code, piece.content) == (206, table.content[:6])
    (row,) = csv.DictReader(io.StringIO(table.text, newline=""))
    assert (row["name"], row["printer"], row["outcome"]) == ("cube.gcode", "Luke", "completed")
    assert len(table.content) == data["file_size"]


async def test_all_clusters_and_json(yard, client):
    await printed(yard)
    for chosen in ({}, {"cluster_ids": []}, {"cluster_ids": None}):
        data = await a_report(client, format="json", **chosen)
        (row,) = (await client.get(data["download_url"])).json()["data"]
        assert row["name"] == "cube.gcode"


async def test_another_time_is_another_table(yard, client):
    await printed(yard)
    data = await a_report(client, end_date="2020-02-01T00:00:00.000Z")
    assert list(csv.DictReader(io.StringIO((await client.get(data["download_url"])).text))) == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"report_type": "nonsense"}, "report_type"), ({"start_date": "yesterday"}, "start_date"),
        ({"end_date": "2019-01-01T00:00:00.000Z"}, "end_date"), ({"end_date": 5}, "end_date"),
        ({"end_date": WEEK["start_date"]}, "end_date"), ({"cluster_ids": "x"}, "cluster_ids"),
        ({"cluster_ids": [5]}, "cluster_ids[0]"), ({"format": "xls"}, "format"),
    ],
)  # fmt: skip
async def test_reports_that_make_no_sense(client, change, field):
    error = refused(await client.put(REPORTS, json={"data": WEEK | change}), 400, "invalidField")
    assert error["meta"]["field_name"] == field


async def test_what_is_missing(client):
    for field in WEEK:
        body = {name: value for name, value in WEEK.items() if name != field}
        error = refused(await client.put(REPORTS, json={"data": body}), 400, "requiredField")
        assert error["meta"]["field_name"] == field


async def test_what_is_not_there(yard, client):
    for cluster_id in (NOBODY, "x", ""):
        error = refused(
            await client.put(REPORTS, json={"data": WEEK | {"cluster_ids": [cluster_id]}}), 404, "recordNotFound"
        )
        assert error["meta"]["record_name"] == "cluster"
    for report_id in (NOBODY, "x"):
        error = refused(await client.get(f"{REPORTS}/{report_id}"), 404, "recordNotFound")
        assert error["meta"]["record_name"] == "report"


async def test_a_report_that_failed_has_no_address(yard, client):
    blobs = yard.core.files.blobs
    blobs._free_bytes, well = (lambda _: -1), blobs._free_bytes
    failed = await a_report(client)
    blobs._free_bytes = well
    assert (failed["status"], failed.get("download_url")) == ("failed", None)
    assert failed["status_description"]
    signed = (await a_report(client))["download_url"]
    refused(
        await client.get(f"/report/v1/downloads/{failed['report_id']}?{signed.partition('?')[2]}"), 403, "accessDenied"
    )
