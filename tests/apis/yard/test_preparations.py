"""What is known of a file before it is printed: found out by a worker, in a queue that people see."""

import asyncio
import gzip
import json
import struct

import pytest
from tests.apis.yard.conftest import GCODE, MACHINE, open_yard
from tests.fuzz.seeds import png
from tests.gcode.test_embedded import package
from tests.infra.workers.conftest import InsideLink

from printyard.core.analysis import limits_of
from printyard.core.model.state import LoadedMaterial, Nozzle, Temperature, Tool
from printyard.gcode.limits import Limits
from printyard.gcode.preview import write_preview
from printyard.gcode.reference import analyse
from printyard.infra.clock import SystemClock
from printyard.infra.workers import analyst
from printyard.infra.workers.plans import CachedPlans
from printyard.infra.workers.pool import WorkerPool

SLICED = b";Generated with Cura_SteamEngine 5.7.0\n;FLAVOR:Marlin\n;TIME:77\nM104 S400\n" + GCODE
FILES = "/yard/v1/files"
LUKE = {"printer": "luke"}


class GatedLink(InsideLink):
    """A worker that begins only while its gate is open."""

    def __init__(self, handlers, gate):
        super().__init__(handlers)
        self._gate = gate

    async def send(self, body):
        await self._gate.wait()
        await super().send(body)


@pytest.fixture
def gate():
    opened = asyncio.Event()
    opened.set()
    return opened


@pytest.fixture
async def yard(tmp_path, gate, monkeypatch):
    """The yard with a worker that works in this process, in plain Python."""
    monkeypatch.setattr(analyst, "write_preview", write_preview)
    monkeypatch.setattr(analyst, "analyse", analyse)
    made = []

    async def spawn():
        return GatedLink(analyst.HANDLERS, gate)

    def plans_of(blobs):
        (tmp_path / "plans").mkdir()
        made.append(CachedPlans(tmp_path / "plans", blobs, WorkerPool("gcode", spawn, SystemClock()), reserve_bytes=0))
        return made[0]

    async with open_yard(tmp_path, plans_of) as opened:
        await opened.add("Luke")
        yield opened
        gate.set()
        await made[0].close()


async def store(client, content=SLICED, name="cube.gcode"):
    answer = await client.post(FILES, files={"file": (name, content)})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def queue(client):
    return (await client.get("/yard/v1/analyses")).json()


async def begun(client, file, operation, **options):
    """Ask without waiting; the answer's row."""
    method = "POST" if operation == "process" else "GET"
    answer = await client.request(method, f"{FILES}/{file}/{operation}", **options)
    assert answer.status_code == 202, answer.text
    assert answer.headers["retry-after"] == "1"
    return answer.json()


async def until(client, good):
    """The queue as soon as it is as wanted."""
    async with asyncio.timeout(20):
        while not good(rows := await queue(client)):  # noqa: ASYNC110 (polled, as a client does)
            await asyncio.sleep(0.01)
        return rows


async def test_the_analysis_of_a_file_for_a_printer(client):
    """GET /files/{id}/analysis"""
    file = await store(client)
    answer = await client.get(f"{FILES}/{file}/analysis", params=LUKE)
    assert answer.status_code == 200
    known = answer.json()
    assert (known["printer"], known["slicer"], known["slicer_version"]) == ("luke", "Cura", "5.7.0")
    assert known["seconds"] > 0
    assert known["slicer_seconds"] == 77.0
    assert known["extent_max_mm"] == [20.0, 10.0, 0.0]
    assert (await client.get(f"{FILES}/{file}/analysis", params=LUKE)).json() == known
    assert await queue(client) == []


async def test_the_picture_of_a_file(client):
    """GET /files/{id}/picture"""
    file = await store(client, package(SLICED, png(64, 36)), "cube.ufp")
    for side, size in ((32, (32, 18)), (64, (64, 36))):
        answer = await client.get(f"{FILES}/{file}/picture", params={"side": side})
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/png")
        assert struct.unpack_from(">II", answer.content, 16) == size
    assert (await client.get(f"{FILES}/{await store(client)}/picture")).status_code == 404
    assert (await client.get(f"{FILES}/{file}/picture", params={"side": 0})).status_code == 400


async def test_the_check_is_judged_anew_when_the_setup_changes(yard, client):
    """GET /files/{id}/check"""
    file = await store(client)
    answer = await client.get(f"{FILES}/{file}/check", params=LUKE)
    assert answer.status_code == 200
    verdict = answer.json()
    assert (verdict["printer"], verdict["may_print"]) == ("luke", False)
    hot = next(found for found in verdict["findings"] if found["code"] == "TOO_HOT_FOR_PRINTER")
    assert (hot["level"], hot["line"], hot["data"]) == ("ERROR", 4, "400")
    assert hot["sentence"] == "The file heats the hot end to 400 degrees; the printer takes 280 at most."
    assert "FILAMENT_SHORT" not in {found["code"] for found in verdict["findings"]}
    device = next(iter(yard.devices.values()))
    spool = LoadedMaterial(guid="506c9f0d-e3aa-4bd4-b2d2-23e2425b1aa9", remaining_mm=1.0)
    device.tell(tools=(Tool(heater=Temperature(current=20.0), nozzle=Nozzle(name="AA 0.4"), material=spool),))
    await yard.until(device.printer.id, lambda shown: len(shown.state.tools) == 1)
    again = (await client.get(f"{FILES}/{file}/check", params=LUKE)).json()
    assert "FILAMENT_SHORT" in {found["code"] for found in again["findings"]}


async def test_the_name_of_a_file_is_checked_against_what_it_is(client):
    plain = await store(client)
    packed = await store(client, gzip.compress(SLICED), "cube.gcode")
    codes = []
    for file in (plain, packed):
        verdict = (await client.get(f"{FILES}/{file}/check", params=LUKE)).json()
        codes.append({found["code"] for found in verdict["findings"]})
    assert [("CONTENT_NOT_AS_NAMED" in found) for found in codes] == [False, True]


async def test_the_preview_comes_whole_by_ranges_and_not_twice(client):
    """GET /files/{id}/preview"""
    file = await store(client)
    address = f"{FILES}/{file}/preview"
    whole = await client.get(address, params=LUKE)
    assert (whole.status_code, whole.content[:8]) == (200, b"YARDVIEW")
    assert whole.headers["accept-ranges"] == "bytes"
    layers, size = struct.unpack_from("<IQ", whole.content, 12)
    assert (layers, size) == (1, len(whole.content))
    part = await client.get(address, params=LUKE, headers={"range": "bytes=8-31"})
    assert (part.status_code, part.content) == (206, whole.content[8:32])
    assert part.headers["content-range"] == f"bytes 8-31/{size}"
    assert (await client.get(address, params=LUKE, headers={"range": f"bytes={size}-"})).status_code == 416
    same = await client.get(address, params=LUKE, headers={"if-none-match": whole.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    other = await store(client, SLICED + b"G1 X30 Y30 E9\n")
    assert (await client.get(f"{FILES}/{other}/preview", params=LUKE)).headers["etag"] != whole.headers["etag"]


async def test_a_processed_file_is_another_file_and_the_first_stays(client):
    """POST /files/{id}/process"""
    file = await store(client)
    before = (await client.get(f"{FILES}/{file}")).json()
    answer = await client.post(f"{FILES}/{file}/process", json=LUKE)
    assert answer.status_code == 201
    done = answer.json()
    assert (done["slicer"], done["lines"], done["previous"]) == ("Cura 5.7.0", 1, None)
    assert answer.headers["location"] == f"{FILES}/{done['file']}"
    made = (await client.get(f"{FILES}/{done['file']}")).json()
    assert made["name"] == before["name"]
    assert made["sha256"] != before["sha256"]
    assert (await client.get(f"{FILES}/{file}")).json() == before
    again = await client.post(f"{FILES}/{done['file']}/process", json=LUKE)
    assert (again.status_code, again.json()["file"], again.json()["previous"]) == (200, None, "v3.7.3")
    forced = await client.post(f"{FILES}/{done['file']}/process", json=LUKE | {"force": True})
    assert forced.status_code == 201


async def test_what_makes_no_sense_is_said_in_one_sentence(client):
    senseless, packed = (
        await store(client, b"G1 X1 F0\nG1 X50 F-3\n"),
        await store(client, gzip.compress(GCODE), "a.gz"),
    )
    text = await store(client, b"[printer]\nmax_velocity: 300\n", "printer.cfg")
    cases = [
        ("GET", f"{senseless}/analysis", {"params": LUKE}, 400, "gcode"),
        ("GET", f"{senseless}/check", {"params": LUKE}, 400, "gcode"),
        ("GET", f"{text}/preview", {"params": LUKE}, 400, "no_model"),
        ("POST", f"{packed}/process", {"json": LUKE}, 400, "not_processed"),
        ("GET", f"{senseless}/analysis", {"params": {"printer": "leia"}}, 404, "not_found"),
        ("GET", f"{senseless}/analysis", {}, 400, "malformed"),
        ("GET", f"{senseless}/analysis", {"params": LUKE | {"wait": 99}}, 400, "malformed"),
    ]
    for method, path, options, status, code in cases:
        answer = await client.request(method, f"{FILES}/{path}", **options)
        assert (answer.status_code, answer.json()["error"]["code"]) == (status, code), answer.text


async def test_what_takes_long_is_seen_in_a_queue(yard, client, gate):
    """GET /analyses"""
    gate.clear()
    first, second = await store(client), await store(client, SLICED + b"G4 P1\n", "other.gcode")
    now = LUKE | {"wait": 0}
    one = await begun(client, first, "analysis", params=now)
    assert (one["work"], one["file"], one["file_name"], one["printer"]) == ("analysis", first, "cube.gcode", "luke")
    other = await begun(client, second, "preview", params=now)
    assert (await begun(client, first, "check", params=now))["id"] == one["id"]  # the same work, not another
    rows = await until(client, lambda rows: rows[0]["stage"] == "working")
    assert [(row["id"], row["work"], row["stage"]) for row in rows] == [
        (one["id"], "analysis", "working"), (other["id"], "preview", "waiting"),
    ]  # fmt: skip
    gate.set()
    rows = await until(client, lambda rows: all(row["stage"] == "done" for row in rows))
    assert [row["fraction"] for row in rows] == [1.0, 1.0]
    assert (await client.get(f"{FILES}/{first}/analysis", params=now)).status_code == 200


async def test_a_work_is_withdrawn_by_who_asked_or_an_operator(yard, client, gate):
    """DELETE /analyses/{id}"""
    gate.clear()
    file = await store(client)
    waiting = asyncio.create_task(client.get(f"{FILES}/{file}/analysis", params=LUKE))
    rows = await until(client, lambda rows: len(rows) == 1)
    address = f"/yard/v1/analyses/{rows[0]['id']}"
    async with yard.client((await yard.token("member"))[1]) as member:
        assert len(await queue(member)) == 1
        assert (await member.delete(address)).status_code == 403
        own = await begun(member, file, "process", params={"wait": 0}, json=LUKE)
        assert (await member.delete(f"/yard/v1/analyses/{own['id']}")).status_code == 204
    async with yard.client((await yard.token("operator"))[1]) as operator:
        assert (await operator.delete(address)).status_code == 204
    answer = await waiting
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "conflict")
    assert await queue(client) == []
    assert (await client.delete(address)).status_code == 404
    gate.set()
    assert (await client.get(f"{FILES}/{file}/analysis", params=LUKE)).status_code == 200


async def test_a_failure_and_a_result_are_told_to_who_comes_again(client, gate):
    gate.clear()
    good, bad = await store(client), await store(client, b"G1 X1 F0\nG1 X50 F-3\n", "bad.gcode")
    await begun(client, good, "process", params={"wait": 0}, json=LUKE)
    await begun(client, bad, "analysis", params=LUKE | {"wait": 0})
    gate.set()
    done, failed = await until(client, lambda rows: {row["stage"] for row in rows} == {"done", "failed"})
    assert (await client.get(f"{FILES}/{done['result']}")).status_code == 200
    assert (failed["code"], failed["result"]) == ("gcode", None)
    assert failed["message"].startswith("The G-code makes no sense: ")


async def test_the_limits_of_a_printer_can_be_dumped(client):
    """GET /printers/{slug}/limits"""
    answer = (await client.get("/yard/v1/printers/luke/limits")).json()
    assert answer["printer"] == "luke"
    assert Limits.from_config(json.loads(json.dumps(answer["limits"]))) == limits_of(MACHINE)
