"""The print job: handing it in, following it, telling it what to do, and what it leaves."""

import asyncio
import gzip
import io
import zipfile

import pytest

from printyard.core import commands
from printyard.core.errors import Refused
from printyard.core.model.state import Activity, Outcome, PauseCause, Progress, Question
from printyard.core.model.user import Role
from printyard.testing.people import ADMIN

GCODE = b"G28\nG1 X10 Y10 E1\n"
KEYS = [
    "time_elapsed", "time_total", "datetime_started", "datetime_finished", "datetime_cleaned", "source", "source_user",
    "source_application", "name", "uuid", "reprint_original_uuid", "progress", "state", "result", "pause_source",
]  # fmt: skip
NOON = "2026-01-01T12:00:00.000Z"


def ufp(*names):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, GCODE)
    return made.getvalue()


async def partials(bench):
    """The files of uploads that were begun and not thrown away."""
    return list((bench.house.blobs._uploads).iterdir())


async def test_without_a_print_everything_is_404_in_json(bench):
    """GET /print_job and its fields"""
    for path in ["/print_job", *(f"/print_job/{key}" for key in KEYS), "/print_job/gcode", "/print_job/container"]:
        answer = await bench.get(path)
        assert (answer.status_code, answer.json()) == (404, {"message": "Not found"}), path
        assert answer.headers["content-type"] == "application/json"
    for target in ("pause", "print", "abort"):
        assert (await bench.put("/print_job/state", json=target)).status_code == 404


async def test_a_print_from_the_first_byte_to_a_clean_plate(bench):
    """POST /print_job, GET /print_job and every field of it, GET /printer/status, GET /history/print_jobs/{uuid}"""
    answer = await bench.print("x.gcode.gz", gzip.compress(GCODE), jobname="torus", owner="checker")
    assert (answer.status_code, sorted(answer.json())) == (201, ["message", "uuid"])
    uuid = answer.json()["uuid"]
    await bench.clock.advance(12)
    await bench.say(progress=Progress(fraction=0.25, elapsed_seconds=12.4, total_seconds=48.6))
    job = await bench.value("/print_job")
    assert list(job) == KEYS
    assert job == {
        "time_elapsed": 12, "time_total": 49, "datetime_started": NOON, "datetime_finished": None,
        "datetime_cleaned": None, "source": "WEB_API", "source_user": "checker", "source_application": "",
        "name": "torus", "uuid": uuid, "reprint_original_uuid": None, "progress": 0.25, "state": "printing",
        "result": "", "pause_source": "",
    }  # fmt: skip
    assert isinstance(job["time_elapsed"], int)
    for key, value in job.items():
        leaf = await bench.get(f"/print_job/{key}")
        assert (leaf.status_code, leaf.json()) == (
            (200, value) if value is not None else (404, {"message": "Not found"})
        )
    assert await bench.value("/printer/status") == "printing"

    bench.device.finish()
    await bench.house.settle()
    job = await bench.value("/print_job")
    assert (job["state"], job["result"], job["progress"]) == ("wait_cleanup", "Finished", 1.0)
    assert job["datetime_finished"] == "2026-01-01T12:00:12.000Z"
    assert await bench.value("/print_job/datetime_finished") == "2026-01-01T12:00:12.000Z"
    assert await bench.value("/printer/status") == "printing", "it cannot take a print"

    await bench.clock.advance(3.25)
    await bench.core.printers.clear_plate(ADMIN, bench.printer_id)
    assert (await bench.get("/print_job")).status_code == 404
    assert await bench.value("/printer/status") == "idle"
    past = await bench.value(f"/history/print_jobs/{uuid}")
    assert (past["result"], past["datetime_cleaned"]) == ("Finished", "2026-01-01T12:00:15.250Z")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cube.gcode", GCODE),
        ("cube.gcode.gz", gzip.compress(GCODE)),
        ("cube.gcode.gz", gzip.compress(GCODE[:9]) + gzip.compress(GCODE[9:])),
        ("cube.ufp", ufp("/3D/model.gcode", "/Metadata/thumbnail.png")),
    ],
)
async def test_every_kind_of_file_is_printed_and_can_be_fetched(bench, name, content):
    """GET /print_job/gcode, GET /print_job/container"""
    assert (await bench.print(name, content)).status_code == 201
    assert await bench.value("/print_job/name") == "cube"
    plain = await bench.get("/print_job/gcode")
    assert (plain.status_code, plain.content) == (200, GCODE)
    assert plain.headers["content-disposition"] == 'attachment; filename="cube.gcode"'
    packed = await bench.get("/print_job/container")
    assert (packed.status_code, packed.content) == (200, content)
    assert packed.headers["content-disposition"] == f'attachment; filename="{name}"'
    part = await bench.get("/print_job/gcode", headers={"range": "bytes=4-7"})
    assert (part.status_code, part.content) == (206, GCODE[4:8])


async def test_a_print_that_the_yard_did_not_start_has_no_file(bench):
    bench.device.begin("from the stick.gcode")
    await bench.house.settle()
    job = await bench.value("/print_job")
    assert (job["source"], job["state"], job["name"]) == ("USB", "printing", "from the stick.gcode")
    assert (await bench.get("/print_job/gcode")).status_code == 404
    assert (await bench.get("/print_job/container")).status_code == 404


async def test_the_name_comes_from_the_form_or_from_the_file(bench):
    for form, expected in (
        ({"files": {"file": ("x.gcode.gz", gzip.compress(GCODE))}}, "x"),
        ({"files": {"file": ("x.gcode", GCODE)}, "data": {"jobname": "Ålesund/2 ✓"}}, "Ålesund/2 ✓"),
        (
            {"files": {"file": ("x.gcode", GCODE), "job_name": ("n", "by a part with a file name")}},
            "by a part with a file name",
        ),
        ({"files": {"file": ("../../etc/passwd.gcode", GCODE)}}, "passwd"),
        ({"files": {"file": (".gcode", GCODE)}}, ".gcode"),
        ({"files": {"file": ("C:\\temp\\y.gcode", GCODE)}}, "y"),
    ):
        answer = await bench.post("/print_job", **form)
        assert answer.status_code == 201, answer.text
        assert await bench.value("/print_job/name") == expected
        bench.device.finish()
        await bench.house.settle()
        await bench.core.printers.clear_plate(ADMIN, bench.printer_id)


async def test_who_asked_is_told_as_claimed(bench):
    client, _ = await granted(bench, "Cura", "Ann")
    answer = await client.post(
        "/print_job", files={"file": ("x.gcode", GCODE)}, data={"created_at": "2024-01-02T03:04:05Z"}
    )
    await bench.house.settle()
    assert answer.status_code == 201
    job = await bench.value("/print_job")
    assert (job["source_user"], job["source_application"]) == ("Ann", "Cura")
    past = await bench.value(f"/history/print_jobs/{job['uuid']}")
    assert (past["created_at"], past["owner"], past["result"]) == ("2024-01-02T03:04:05.000Z", "Ann", "")


async def granted(bench, application, user):
    app = (await bench.reader.post("/auth/request", data={"application": application, "user": user})).json()
    await bench.core.access.decide(ADMIN, app["id"], allow=True)
    return bench.signed(app), app


BROKEN = [
    ({"files": {"other": ("x.gcode", GCODE)}}, "file"),
    ({"data": {"jobname": "x"}}, "form"),
    ({"json": {"jobname": "x"}}, "form"),
    ({}, "form"),
    ({"content": b"x", "headers": {"content-type": "multipart/form-data"}}, "boundary"),
    ({"content": b"rubbish", "headers": {"content-type": "multipart/form-data; boundary=b"}}, ""),
    ({"content": b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.gcode"\r\n\r\nG28',
      "headers": {"content-type": "multipart/form-data; boundary=b"}}, "bound"),
    ({"files": {"file": ("x.gcode.gz", gzip.compress(GCODE)[:-9])}}, "cut off"),
    ({"files": {"file": ("x.gcode.gz", b"\x1f\x8b\x08rubbish")}}, ""),
    ({"files": {"file": ("x.ufp", ufp("/Metadata/thumbnail.png"))}}, ""),
    ({"files": {"file": ("x.ufp", ufp("/3D/model.gcode")[:-30])}}, ""),
    ({"files": {"file": ("x.gcode.gz", b"")}}, ""),
    ({"files": {"file": ("x.stl", b"solid cube")}}, "G-code"),
    ({"files": {"file": ("x.gcode", b"\x00\x01\x02")}}, "G-code"),
    ({"content": b'--b\r\nContent-Disposition: form-data; name="file"; filename="x\x07.gcode"\r\n\r\nG28\r\n--b--\r\n',
      "headers": {"content-type": "multipart/form-data; boundary=b"}}, "name"),
    ({"files": {"file": ("x.gcode", GCODE)}, "data": {"jobname": "a\x00b"}}, "name"),
    ({"files": {"file": ("x.gcode", GCODE)}, "data": {"jobname": "n" * 300}}, "name"),
    ({"files": {"file": ("x.gcode", GCODE)}, "data": {"created_at": "yesterday"}}, "created_at"),
    ({"files": {"file": ("x.gcode", GCODE)}, "data": {"created_at": "9999-12-31T23:59:59-14:00"}}, "created_at"),
    ({"files": {"file": ("x.gcode", GCODE)}, "data": {"created_at": "0001-01-01T00:00:00"}}, "created_at"),
    ({"files": [("file", ("x.gcode", GCODE)), ("file", ("y.gcode", GCODE))]}, "more than one"),
]  # fmt: skip


async def test_a_bad_upload_is_400_with_a_reason_and_leaves_nothing(bench):
    for form, named in BROKEN:
        answer = await bench.post("/print_job", **form)
        assert answer.status_code == 400, (form, answer.text)
        assert named in answer.json()["message"], (form, answer.text)
        assert await partials(bench) == []
    assert bench.commands == []
    assert await bench.value("/printer/status") == "idle"


async def test_a_cut_upload_leaves_nothing(bench):
    boundary = b'--b\r\nContent-Disposition: form-data; name="file"; filename="x.gcode"\r\n\r\n'
    pieces = iter(
        [
            {"type": "http.request", "body": boundary + b"G28\n" * 1000, "more_body": True},
            {"type": "http.disconnect"},
        ]
    )
    sent = []

    async def receive():
        return next(pieces)

    async def send(message):
        sent.append(message)

    path = f"{bench.root}/print_job"
    await bench.doors(
        {
            "type": "http", "method": "POST", "path": path, "raw_path": path.encode(), "query_string": b"",
            "headers": [
                (b"host", b"localhost"), (b"authorization", b"Bearer the admin's token"),
                (b"content-type", b"multipart/form-data; boundary=b"), (b"content-length", b"100000"),
            ],
            "client": ("127.0.0.1", 5), "server": ("127.0.0.1", 80), "scheme": "http", "http_version": "1.1",
            "state": {},
        },
        receive,
        send,
    )  # fmt: skip
    assert await partials(bench) == []
    assert bench.commands == []


async def test_a_printer_that_cannot_print_at_once_is_405_and_keeps_nothing(bench):
    assert (await bench.print()).status_code == 201
    busy = await bench.print()
    assert (busy.status_code, list(busy.json())) == (405, ["message"])
    bench.device.finish()
    await bench.house.settle()
    occupied = await bench.print()
    assert occupied.status_code == 405
    assert "plate" in occupied.json()["message"] or "print" in occupied.json()["message"]
    assert await partials(bench) == []
    assert len([one for one in bench.commands if isinstance(one, commands.StartPrint)]) == 1


async def test_of_two_uploads_at_once_one_is_printed(bench):
    answers = await asyncio.gather(*(bench.writer.post("/print_job", files={"file": ("x.gcode", GCODE)}) for _ in "ab"))
    assert sorted(answer.status_code for answer in answers) == [201, 405]
    await bench.house.settle()
    assert len([one for one in bench.commands if isinstance(one, commands.StartPrint)]) == 1


async def test_an_unreachable_printer_is_503(bench):
    bench.device.lose()
    await bench.house.settle()
    assert (await bench.print()).status_code == 503


async def test_a_guests_print_waits_for_approval(bench):
    app = (await bench.reader.post("/auth/request", data={"application": "kiosk"})).json()
    await bench.core.access.decide(ADMIN, app["id"], allow=True, role=Role.GUEST)
    guest = bench.signed(app)
    answer = await guest.post("/print_job", files={"file": ("x.gcode", GCODE)})
    await bench.house.settle()
    assert answer.status_code == 201
    assert await bench.value("/print_job/state") == "wait_user_action"
    assert await bench.value("/printer/status") == "printing"
    assert not [one for one in bench.commands if isinstance(one, commands.StartPrint)]
    assert (await bench.print()).status_code == 405
    assert (await guest.put("/print_job/state", json="abort")).status_code == 403
    await bench.core.jobs.approve(ADMIN, answer.json()["uuid"], allow=True)
    await bench.house.settle()
    assert await bench.value("/print_job/state") == "printing"


SHAPES = [
    lambda word: {"json": {"target": word}},
    lambda word: {"json": word},
    lambda word: {"content": word.encode()},
    lambda word: {"data": {"target": word}},
]


@pytest.mark.parametrize("path", ["/print_job/state", "/print_job"])
@pytest.mark.parametrize("shape", SHAPES)
async def test_a_print_is_paused_resumed_and_aborted(bench, path, shape):
    """PUT /print_job/state"""
    uuid = (await bench.print()).json()["uuid"]
    assert (await bench.put(path, **shape("pause"))).status_code == 204
    await bench.say(pause_cause=PauseCause.API)
    job = await bench.value("/print_job")
    assert (job["state"], job["pause_source"]) == ("paused", "api")
    assert await bench.value("/print_job/pause_source") == "api"
    assert (await bench.put(path, **shape("pause"))).status_code == 405
    assert (await bench.put(path, **shape("print"))).status_code == 204
    assert await bench.value("/print_job/state") == "printing"
    assert (await bench.put(path, **shape("print"))).status_code == 405
    assert (await bench.put(path, **shape("abort"))).status_code == 204
    assert (await bench.value("/print_job"))["result"] == "Aborted"
    assert (await bench.value(f"/history/print_jobs/{uuid}"))["result"] == "Aborted"


async def test_other_targets_are_400(bench):
    await bench.print()
    for bad in ({"json": "resume"}, {"json": {"target": 5}}, {"json": {}}, {}, {"json": ["pause"]}):
        answer = await bench.put("/print_job/state", **bad)
        assert answer.status_code == 400, bad
        assert "target" in answer.json()["message"]


async def test_a_device_that_refuses_is_405_with_its_reason(bench):
    await bench.print()
    bench.device.refuse(commands.Pause, Refused("Not in the first layer."))
    answer = await bench.put("/print_job/state", json="pause")
    assert (answer.status_code, answer.json()) == (405, {"message": "Not in the first layer."})


async def test_a_job_that_the_device_has_not_begun_is_pre_print_and_can_be_aborted(bench):
    gate = bench.device.hang(commands.StartPrint)
    uuid = (await bench.print()).json()["uuid"]
    job = await bench.value("/print_job")
    assert (job["state"], job["datetime_started"], job["time_elapsed"], job["progress"]) == ("pre_print", None, 0, 0.0)
    assert job["time_total"] == 60
    assert await bench.value("/printer/status") == "printing"
    gate.set()
    await bench.house.settle()
    assert (await bench.value("/print_job"))["uuid"] == uuid


async def test_heating_is_pre_print_and_a_question_waits_for_somebody(bench):
    await bench.print()
    await bench.say(activity=Activity.PREPARING)
    assert await bench.value("/print_job/state") == "pre_print"
    question = Question(id="q", text="Load PLA", answers=("done",), since=bench.clock.now())
    await bench.say(activity=Activity.PAUSED, attention=question, pause_cause=PauseCause.FILAMENT)
    job = await bench.value("/print_job")
    assert (job["state"], job["pause_source"]) == ("wait_user_action", "filament")
    access = Question(id="a", text="Cura asks", answers=("allow", "deny"), since=bench.clock.now())
    await bench.say(attention=access)
    assert await bench.value("/print_job/state") == "paused", "a request for access is not what the print waits for"


@pytest.mark.parametrize(
    ("outcome", "word"),
    [
        (Outcome.COMPLETED, "Finished"),
        (Outcome.FAILED, "Failed"),
        (Outcome.STOPPED, "Aborted"),
        (Outcome.CANCELLED, "Aborted"),
    ],
)
async def test_results(bench, outcome, word):
    await bench.print()
    bench.device.finish(outcome)
    await bench.house.settle()
    assert await bench.value("/print_job/result") == word
    assert await bench.value("/print_job/state") == "wait_cleanup"


async def test_a_lost_link_ends_no_job(bench):
    uuid = (await bench.print()).json()["uuid"]
    bench.device.lose()
    await bench.house.settle()
    assert await bench.value("/printer/status") == "error"
    job = await bench.value("/print_job")
    assert (job["uuid"], job["result"]) == (uuid, "")


async def test_status_is_rendered_once_per_change(bench):
    await bench.print()
    for path in ("/print_job", "/printer", "/printer/status"):
        first = await bench.get(path)
        assert first.headers["cache-control"] == "private, no-cache"
        again = await bench.get(path, headers={"if-none-match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
        head = await bench.reader.head(path)
        assert (head.status_code, head.content, head.headers["etag"]) == (200, b"", first.headers["etag"])
    first = await bench.get("/print_job")
    await bench.say(progress=Progress(fraction=0.5, elapsed_seconds=30, total_seconds=60))
    after = await bench.get("/print_job", headers={"if-none-match": first.headers["etag"]})
    assert (after.status_code, after.json()["progress"]) == (200, 0.5)
