"""Printers over the native API, asserted on bytes, status and log."""

import json
import re

import pytest

from printyard.core.events import FactName
from printyard.core.model.state import Fault, Link, Severity
from printyard.core.model.value import Instant

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


async def test_a_printer_is_added_found_changed_and_removed(yard, client):
    added = await client.post("/yard/v1/printers", json={"name": "Obi Wan", "driver": "test", "settings": {}})
    assert added.status_code == 201
    assert added.headers["location"] == "/yard/v1/printers/obi-wan"
    assert added.json()["slug"] == "obi-wan"
    assert added.json()["driver"] == "test"
    assert added.json()["model"] == "Ultimaker S5"

    changed = await client.patch("/yard/v1/printers/obi-wan", json={"name": "Ben", "enabled": False, "note": "oil"})
    assert (changed.json()["name"], changed.json()["slug"]) == ("Ben", "obi-wan")
    assert (changed.json()["enabled"], changed.json()["note"]) == (False, "oil")

    listed = (await client.get("/yard/v1/printers")).json()
    assert [printer["name"] for printer in listed] == ["Ben"]

    assert (await client.delete("/yard/v1/printers/obi-wan")).status_code == 204
    gone = await client.get("/yard/v1/printers/obi-wan")
    assert gone.status_code == 404
    assert gone.json() == {"error": {"code": "not_found", "message": "There is no such printer."}}
    assert (await client.get("/yard/v1/printers")).content == b"[]"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"name": "x", "driver": "nothing"}, "no driver"),
        ({"name": "", "driver": "test"}, "name"),
        ({"name": "x", "driver": "test", "settings": {"hue": 1}}, "hue"),
        ({"name": "x", "driver": "test", "colour": 1}, "colour"),
        ({"driver": "test"}, "name"),
    ],
)
async def test_a_printer_that_makes_no_sense_is_refused_and_not_added(yard, client, body, said):
    refused = await client.post("/yard/v1/printers", json=body)
    assert refused.status_code == 400
    assert said in refused.json()["error"]["message"]
    assert (await client.get("/yard/v1/printers")).content == b"[]"


async def test_an_unchanged_printer_answers_304_and_a_changed_one_does_not(yard, client):
    _, device = await yard.add("Luke")
    first = await client.get("/yard/v1/printers/luke")
    again = await client.get("/yard/v1/printers/luke", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    device.tell(message="Hello")
    changed = await client.get("/yard/v1/printers/luke", headers={"if-none-match": first.headers["etag"]})
    assert changed.status_code == 200
    assert changed.json()["state"]["message"] == "Hello"
    assert changed.headers["etag"] != first.headers["etag"]
    assert first.headers["cache-control"] == "private, no-cache"


async def test_head_has_the_headers_of_get(yard, client):
    await yard.add("Luke")
    # What a printer tells may change between two questions: those count between which it did not.
    for _ in range(20):
        got, head, again = [await client.request(verb, "/yard/v1/printers") for verb in ("GET", "HEAD", "GET")]
        if got.headers["etag"] == again.headers["etag"]:
            break
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == got.headers["content-length"]
    assert head.headers["etag"] == got.headers["etag"]


async def test_every_instant_has_milliseconds_and_z(yard, client):
    printer, device = await yard.add("Luke")
    whole_second = Instant(1_772_366_400_000_000)
    device.tell(faults=(Fault(id="f1", code="clog", severity=Severity.BLOCKING, since=whole_second, message="Stuck"),))
    await yard.until(printer.id, lambda shown: shown.state.faults)
    state = (await client.get("/yard/v1/printers/luke")).json()["state"]
    assert state["faults"][0]["since"] == "2026-03-01T12:00:00.000Z"
    assert INSTANT.fullmatch(state["at"])
    assert state["word"] == "fault"
    assert state["faults"][0]["severity"] == "blocking"


async def test_a_lost_printer_is_offline_whatever_it_did(yard, client):
    printer, device = await yard.add("Luke")
    await yard.printing()
    device.tell(link=Link.OFFLINE)
    await yard.until(printer.id, lambda shown: shown.state.link is Link.OFFLINE)
    shown = (await client.get("/yard/v1/printers/luke")).json()
    assert (shown["state"]["word"], shown["state"]["activity"]) == ("offline", "printing")
    assert shown["state"]["accepts"] == []


async def test_a_print_from_upload_to_a_cleared_plate(yard, client):
    printer, device = await yard.add("Luke")
    before = await client.post("/yard/v1/printers/luke/plate-cleared")
    assert (before.status_code, before.json()["error"]["code"]) == (409, "conflict")

    job = await yard.printing("benchy.gcode")
    assert (job["name"], job["printer"]) == ("benchy.gcode", "luke")
    shown = (await client.get("/yard/v1/printers/luke")).json()
    assert shown["state"]["word"] == "printing"
    assert shown["progress"]["fraction"] == 0.25
    assert (shown["progress"]["layer"], shown["progress"]["remaining_seconds"]) == (3, 90.0)
    assert shown["job"]["id"] == job["id"]

    busy = await client.post("/yard/v1/printers/luke/jobs", files={"file": ("x.gcode", b"G28\n")})
    assert (busy.status_code, busy.json()["error"]["code"]) == (409, "busy")
    assert (await client.post("/yard/v1/printers/luke/pause")).status_code == 204
    assert (await client.get("/yard/v1/printers/luke")).json()["state"]["word"] == "paused"
    assert (await client.post("/yard/v1/printers/luke/resume")).status_code == 204

    device.finish()
    await yard.until(printer.id, lambda shown: shown.job is not None and shown.job.ended)
    ended = (await client.get("/yard/v1/printers/luke")).json()
    assert (ended["state"]["word"], ended["state"]["plate"]) == ("occupied", "occupied")
    assert (await client.post("/yard/v1/printers/luke/plate-cleared")).status_code == 204
    assert (await client.get("/yard/v1/printers/luke")).json()["state"]["word"] == "idle"

    page = (await client.get("/yard/v1/jobs")).json()
    assert [entry["outcome"] for entry in page["history"]] == ["completed"]
    assert page["history"][0]["cleared_at"] is not None
    names = {recorded.fact.name for recorded in await yard.log()}
    assert {FactName.PRINT_STARTED, FactName.PRINT_ENDED, FactName.PLATE_CHANGED} <= names


async def test_a_cancelled_print_is_cancelled_not_stopped(yard, client):
    printer, _ = await yard.add("Luke")
    job = await yard.printing()
    assert (await client.post("/yard/v1/printers/luke/cancel")).status_code == 204
    await yard.until(printer.id, lambda shown: shown.job is not None and shown.job.ended)
    assert (await client.get(f"/yard/v1/jobs/{job['id']}")).json()["outcome"] == "cancelled"


async def test_history_is_paged_by_cursor(yard, client):
    printer, device = await yard.add("Luke")
    names = [f"part-{number}.gcode" for number in range(3)]
    for name in names:
        await yard.printing(name)
        device.finish()
        await yard.until(printer.id, lambda shown: shown.job is not None and shown.job.ended)
        await client.post("/yard/v1/printers/luke/plate-cleared")
    first = (await client.get("/yard/v1/jobs?limit=2")).json()
    second = (await client.get(f"/yard/v1/jobs?limit=2&before={first['next']}")).json()
    assert [job["name"] for job in first["history"] + second["history"]] == names[::-1]
    assert second["next"] is None
    assert (await client.get("/yard/v1/jobs?before=nonsense")).status_code == 400
    assert (await client.get("/yard/v1/jobs?limit=0")).status_code == 400
    assert (await client.get("/yard/v1/jobs?printer=nobody")).status_code == 404


@pytest.mark.parametrize(
    ("request_body", "status", "code"),
    [
        ({"files": {"other": ("x.gcode", b"G28\n")}}, 400, "no_file"),
        ({"data": {"file": "no file name"}}, 400, "no_form"),
        ({"content": b"G28\n"}, 400, "no_form"),
    ],
)
async def test_an_upload_without_a_file_prints_nothing(yard, client, request_body, status, code):
    _, device = await yard.add("Luke")
    refused = await client.post("/yard/v1/printers/luke/jobs", **request_body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (status, code)
    assert device.commands == []


async def test_the_sandbox_has_speed_and_faults_and_a_real_printer_has_none(yard, client):
    await yard.add("Luke")
    await yard.add("Anvil", real=True)
    assert (await client.patch("/yard/v1/printers/luke/sandbox", json={"speed": 60})).json()["speed"] == 60
    assert (await client.patch("/yard/v1/printers/luke/sandbox", json={"speed": -1})).status_code == 400
    brought = await client.post("/yard/v1/printers/luke/sandbox/faults", json={"kind": "link_lost", "seconds": 5})
    assert brought.status_code == 201
    assert brought.json()["faults"] == {"link_lost": {"seconds": 5}}
    assert (await client.post("/yard/v1/printers/luke/sandbox/faults", json={"kind": "x"})).status_code == 400
    assert (await client.post("/yard/v1/printers/luke/sandbox/faults", json={})).status_code == 400
    assert (await client.delete("/yard/v1/printers/luke/sandbox/faults/link_lost")).status_code == 204
    assert (await client.delete("/yard/v1/printers/luke/sandbox/faults/link_lost")).status_code == 404
    real = await client.get("/yard/v1/printers/anvil/sandbox")
    assert (real.status_code, real.json()["error"]["code"]) == (409, "unsupported")
    assert (await client.get("/yard/v1/printers/anvil")).json()["urls"]["sandbox"] is None


async def test_the_front_printer_is_chosen_and_forgotten(yard, client):
    assert (await client.get("/yard/v1/settings")).json() == {"front_printer": None}
    await yard.add("Luke")
    await yard.add("Leia")
    assert (await client.get("/yard/v1/settings")).json() == {"front_printer": "luke"}
    chosen = await client.patch("/yard/v1/settings", json={"front_printer": "leia"})
    assert chosen.json() == {"front_printer": "leia"}
    assert (await client.patch("/yard/v1/settings", json={"front_printer": "x"})).status_code == 404
    assert (await client.patch("/yard/v1/settings", json={"front_printer": None})).json() == {"front_printer": "luke"}


async def test_the_document_describes_every_operation_and_loads_nothing_from_elsewhere(yard):
    async with yard.client(token=None) as stranger:
        answer = await stranger.get("/yard/v1/openapi.json")
    document = answer.json()
    assert document["openapi"].startswith("3.")
    assert {"get", "post"} <= document["paths"]["/yard/v1/printers"].keys()
    assert all(path.startswith("/yard/v1/") for path in document["paths"])
    assert document["components"]["schemas"]["Printer"]["properties"]["slug"] == {"type": "string"}
    assert json.loads(answer.content) == document


async def test_the_server_tells_its_version_and_epoch(yard, client):
    await yard.add("Luke")
    told = (await client.get("/yard/v1/server")).json()
    assert told["epoch"] == yard.core.epoch
    assert (told["printers"], told["storage_degraded"]) == (1, False)
    assert told["newest_fact"] >= told["oldest_fact"] >= 1
    assert INSTANT.fullmatch(told["started_at"])
