"""What the tests of /cura/v1 and /report/v1 share: files that are announced and sent, and one of each thing."""

import asyncio
import gzip

from tests.apis.digital_factory.conftest import CURA

SITE, EVIL = "https://your-domain.com", "https://evil.example"
GCODE = b";FLAVOR:Griffin\n" + b"".join(b"G1 X%d Y%d E%d\n" % (n % 300, n % 200, n) for n in range(4000))
PACKED = gzip.compress(GCODE, mtime=0)
SIZE = len(GCODE)
STL = b"solid x\nendsolid x\n"
REPORTS = "/report/v1/reports"
WEEK = {"report_type": "print_jobs", "start_date": "2020-01-01T00:00:00.000Z", "end_date": "2040-01-01T00:00:00.000Z"}


async def announce(client, kind="jobs", name="part.gcode", size=SIZE, content_type="text/plain", **fields):
    field = "job_name" if kind == "jobs" else "file_name"
    body = {field: name, "file_size": size, "content_type": content_type} | fields
    answer = await client.put(f"{CURA}/{kind}/upload", json={"data": body})
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def send(yard, url, data=b"", **headers):
    """As a program that knows the address alone; dashes in header names are underscores here."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    async with yard.client(token=None) as nobody:
        return await nobody.put(url, content=data, headers=named)


async def job(client, job_id):
    return (await client.get(f"{CURA}/jobs/{job_id}")).json()["data"]


async def a_job(yard, client, **fields):
    """A print file that is whole; what was answered to its announcement."""
    announced = await announce(client, **fields)
    assert (await send(yard, announced["upload_url"], GCODE)).status_code == 200
    return announced


async def a_file(yard, client, name="part.stl", **fields):
    """A document that is whole."""
    announced = await announce(client, "files", name, len(STL), "model/stl", **fields)
    assert (await send(yard, announced["upload_url"], STL)).status_code == 200
    return announced


async def a_project(client, name="Boats", **fields):
    answer = await client.put(f"{CURA}/projects", json={"data": {"display_name": name} | fields})
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def a_report(client, **fields):
    """A report that is made."""
    answer = await client.put(REPORTS, json={"data": WEEK | fields})
    assert answer.status_code == 201, answer.text
    return await made(client, answer.json()["data"]["report_id"])


async def made(client, report_id):
    async with asyncio.timeout(20):
        while True:
            data = (await client.get(f"{REPORTS}/{report_id}")).json()["data"]
            if data["status"] not in {"pending", "processing"}:
                return data
            await asyncio.sleep(0.01)
