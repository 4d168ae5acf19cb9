"""The group's jobs: handed in as Cura does it, followed, told what to do, and refused so that somebody sees it."""

import gzip
import hashlib
import io
import re
import zipfile

import pytest
from tests.apis.cura_lan.conftest import FAMILY, GCODE, PLA, PVA, ROOT

from printyard.core import commands
from printyard.core.errors import StorageFull
from printyard.core.model.state import Outcome, Progress
from printyard.gcode.embedded import Pictures
from printyard.gcode.picture import blank
from printyard.gcode.thumbnails import Thumbnail
from printyard.testing.people import ADMIN

REQUIRED = {
    "created_at", "force", "machine_variant", "name", "started", "status", "time_total", "uuid", "configuration",
}  # fmt: skip
"""What Cura's model of a job cannot do without."""

DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
ABS = "60636bb4-518f-42e7-8237-fe77b194ebe0"


def form(*parts, boundary=b"boundary_.oOo._MTY3+/Nz=="):
    """A form as Qt writes it: a preamble of its own, unquoted names, a boundary with odd characters in it."""
    body = b"MIME-Version: 1.0\r\n\r\n"
    for head, content in parts:
        body += b"--" + boundary + b"\r\n" + head + b"\r\n\r\n" + content + b"\r\n"
    kind = b'multipart/form-data; boundary="' + boundary + b'"'
    return {"content": body + b"--" + boundary + b"--\r\n", "headers": {"content-type": kind.decode()}}


def named(name, *, file="", lower=False, kind=b""):
    """The head of a part: Qt 6 writes it in lower case."""
    head = f'Content-Disposition: form-data; name="{name}"; filename="{file}"' if file else (
        f"Content-Disposition: form-data; name={name}"
    )  # fmt: skip
    encoded = head.encode() + (b"\r\nContent-Type: " + kind if kind else b"")
    return encoded.replace(b"Content-", b"content-").replace(b"-Disposition", b"-disposition") if lower else encoded


def ufp():
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("/3D/model.gcode", GCODE)
        archive.writestr("/Metadata/thumbnail.png", blank())
    return made.getvalue()


# -- handing in


@pytest.mark.parametrize("lower", [False, True], ids=["Qt 5", "Qt 6"])
async def test_an_upload_as_qt_writes_it(bench, admin, lower):
    """POST /print_jobs/ with its last slash, and a multi-member gzip."""
    content = gzip.compress(GCODE[:20]) + gzip.compress(GCODE[20:])
    sent = form(
        (named("owner", kind=b"text/plain", lower=lower), "Ann Öberg".encode()),
        (named("file", file="UM3E_Würfel 2.gcode.gz", lower=lower), content),
        (named("require_printer_name", kind=b"text/plain", lower=lower), (await name_of(admin, 1)).encode()),
    )  # fmt: skip
    answer = await admin.ask("POST", "/print_jobs/", **sent)
    assert (answer.status_code, set(answer.json())) == (201, {"uuid", "message"})
    (job,) = await admin.jobs()
    assert (job["uuid"], job["name"], job["owner"]) == (
        answer.json()["uuid"], "UM3E_Würfel 2.gcode.gz", "Ann Öberg",
    )  # fmt: skip
    assert job["constraints"] == {"require_printer_name": await name_of(admin, 1)}
    assert job["assigned_to"] == job["printer_uuid"] == bench.uuid(bench.leia)
    stored = await bench.house.job(job["uuid"])
    file = await bench.core.files.of_job(stored.file_id)
    async with bench.house.blobs.local(file.blob) as path:
        assert path.read_bytes() == content


async def name_of(group, place):
    return (await group.value("/printers"))[place]["unique_name"]


async def test_each_printer_is_found_by_the_name_that_it_was_told_by(bench, admin):
    """POST /print_jobs with the exact `unique_name`, as the list of printers has it"""
    for row in await admin.value("/printers"):
        answer = await admin.hand_in(require_printer_name=row["unique_name"])
        job = await admin.value(f"/print_jobs/{answer.json()['uuid']}")
        assert (job["printer_uuid"], job["status"]) == (row["uuid"], "printing")


async def test_without_a_name_any_free_printer_will_do(bench, admin):
    await bench.house.print(bench.luke)
    await admin.hand_in()
    assert sorted(job["printer_uuid"] for job in await admin.jobs("printing")) == sorted(
        map(bench.uuid, (bench.luke, bench.leia))
    )


async def test_at_a_printers_own_address_it_is_that_printer(bench):
    own = bench.group("http://10.0.0.5:8099", headers=bench.admin.http.headers)
    await own.hand_in()
    (job,) = await own.jobs()
    assert (job["printer_uuid"], job["status"]) == (bench.uuid(bench.leia), "printing")
    assert job["constraints"]["require_printer_name"] == await name_of(own, 0)


async def test_a_guests_print_waits_in_the_queue_until_it_is_approved(bench, guest):
    """Cura's page has no word for it that would show it: the queue's own will do."""
    answer = await guest.hand_in(owner="bob")
    assert (answer.status_code, answer.json()["message"]) == (201, "Print job waits for approval.")
    (job,) = await guest.jobs()
    assert (job["status"], job["owner"], job["started"], job["assigned_to"]) == ("queued", "bob", False, None)
    await bench.approve(job["uuid"])
    assert [(one["uuid"], one["status"]) for one in await guest.jobs()] == [(job["uuid"], "printing")]


async def test_who_takes_it_back_before_that_is_heard(bench, guest):
    """DELETE /print_jobs/{uuid}"""
    await guest.hand_in()
    (job,) = await guest.jobs()
    assert (await guest.ask("DELETE", f"/print_jobs/{job['uuid']}")).status_code == 204
    assert await guest.jobs() == []


# -- what was refused


@pytest.mark.parametrize(
    ("fields", "name", "content", "code"),
    [
        ({"require_printer_name": "ultimakersystem-000000000000"}, "a.gcode", GCODE, "no_such_printer"),
        ({}, "letter.txt", b"Dear Ann, \xff\xfe", "no_model"),
        ({}, "cut.gcode.gz", gzip.compress(GCODE)[:-9], "damaged"),
        ({}, "odd.ufp", ufp()[:100], "damaged"),
    ],
)
async def test_a_refused_upload_is_a_job_in_the_state_error(bench, guest, fields, name, content, code):
    """Cura announces success whatever it is answered: this is how somebody gets to know."""
    answer = await guest.hand_in(name, content, owner="ann", **fields)
    assert 400 <= answer.status_code < 500, answer.text
    (job,) = await guest.jobs()
    assert (job["status"], job["name"], job["owner"], job["started"]) == ("error", name, "ann", False)
    assert (job["assigned_to"], job["printer_uuid"]) == (None, None), "else it would be shown as what a printer prints"
    (impediment,) = job["impediments_to_printing"]
    assert impediment["severity"] == "UNFIXABLE"
    if code != "damaged":
        assert impediment["translation_key"] == code
    assert job["reason"] == answer.json()["message"]
    assert all(job[field] is not None for field in REQUIRED)
    assert await guest.value(f"/print_jobs/{job['uuid']}") == job
    picture = await guest.ask("GET", f"/print_jobs/{job['uuid']}/preview_image")
    assert (picture.status_code, picture.content[:8]) == (200, b"\x89PNG\r\n\x1a\n")
    assert await bench.group(FAMILY).jobs() == [], "another group never saw it"
    assert (await guest.ask("DELETE", f"/print_jobs/{job['uuid']}")).status_code == 204
    assert await guest.jobs() == []
    assert (await guest.ask("DELETE", f"/print_jobs/{job['uuid']}")).status_code == 404


async def test_a_form_without_a_file_and_no_form_at_all(bench, guest):
    assert (await guest.ask("POST", "/print_jobs/", **form((named("owner"), b"ann")))).status_code == 400
    assert (await guest.ask("POST", "/print_jobs/", json={})).status_code == 400
    assert [(job["name"], job["owner"], job["status"]) for job in await guest.jobs()] == [
        ("Untitled", "ann", "error"), ("Untitled", "anonymous", "error"),
    ]  # fmt: skip


async def test_a_full_disk_is_shown_too(bench, guest):
    bench.house.blobs._reserve = 1 << 60
    answer = await guest.hand_in()
    assert answer.status_code == 507
    (job,) = await guest.jobs()
    assert job["impediments_to_printing"] == [{"translation_key": StorageFull.code, "severity": "UNFIXABLE"}]


async def test_what_was_cut_off_is_not_shown(bench, guest):
    """Whoever was cut off knows it; nothing of it is kept."""
    whole = form((named("owner"), b"ann"), (named("file", file="a.gcode"), GCODE))
    answer = await guest.ask("POST", "/print_jobs/", **whole | {"content": whole["content"][:-30]})
    assert answer.status_code == 400
    assert await guest.jobs() == []
    assert list(bench.house.blobs._uploads.iterdir()) == []


async def test_refused_uploads_are_forgotten(bench, guest):
    for number in range(25):
        await guest.hand_in(f"{number}.txt", b"Dear Ann, \xff\xfe")
    shown = await guest.jobs("error")
    assert [job["name"] for job in shown] == [f"{number}.txt" for number in range(5, 25)], "the newest twenty"
    await bench.clock.advance(3601)
    assert await guest.jobs() == []


async def test_who_may_only_look_takes_nothing_away(bench, guest):
    await guest.hand_in("a.txt", b"Dear Ann, \xff\xfe")
    (job,) = await guest.jobs()
    stranger = bench.group(address="192.168.1.50")
    assert (await stranger.ask("DELETE", f"/print_jobs/{job['uuid']}")).status_code == 401
    assert len(await guest.jobs()) == 1


# -- following


async def test_a_print_from_the_queue_to_a_clean_plate(bench, admin):
    """GET /print_jobs, GET /print_jobs/{uuid}"""
    bench.find(PLA, seconds=100.0)
    uuid = (await admin.hand_in(owner="ann")).json()["uuid"]
    printer_id = (await bench.house.job(uuid)).printer_id
    await bench.clock.advance(12)
    await bench.say(printer_id, progress=Progress(fraction=0.25, elapsed_seconds=12.4, total_seconds=48.6))
    (job,) = await admin.jobs()
    assert all(job[field] is not None for field in REQUIRED)
    assert (job["status"], job["started"], job["time_elapsed"], job["time_total"]) == ("printing", True, 12, 49)
    assert DATE.fullmatch(job["created_at"])
    assert DATE.fullmatch(job["datetime_started"])
    (used,) = job["configuration"]
    assert (used["extruder_index"], used["print_core_id"], used["material"]["guid"]) == (0, "AA 0.4", PLA)
    assert used["material"]["material"] == "PLA"
    assert job["configuration_changes_required"] == job["impediments_to_printing"] == []

    bench.house.device(printer_id).finish(Outcome.COMPLETED)
    await bench.house.settle()
    (job,) = await admin.jobs()
    assert job["status"] == "wait_cleanup"
    assert job["time_elapsed"] >= job["time_total"], "Cura calls a print aborted that had time left"
    assert job["assigned_to"] == bench.uuid(printer_id)
    await bench.core.printers.clear_plate(ADMIN, printer_id)
    assert await admin.jobs() == []
    over = await admin.value(f"/print_jobs/{uuid}")
    assert (over["status"], over["printed_on_uuid"]) == ("finished", bench.uuid(printer_id))


async def test_what_waits_stands_before_what_is_printed(bench, admin):
    """Of two jobs of a printer Cura shows the last as its print."""
    own = bench.group(slug="luke", headers=admin.http.headers)
    for name in ("first", "second", "third"):
        await own.hand_in(f"{name}.gcode")
    rows = await own.jobs()
    assert [(row["name"], row["status"]) for row in rows] == [
        ("second.gcode", "queued"), ("third.gcode", "queued"), ("first.gcode", "printing"),
    ]  # fmt: skip
    assert [row["assigned_to"] for row in rows] == [None, None, bench.uuid(bench.luke)]


async def test_a_list_is_gathered_once_until_something_changes(bench, admin):
    await admin.hand_in()
    before = bench.house.store.reads
    first = await admin.ask("GET", "/print_jobs")
    reads = bench.house.store.reads - before
    again = await admin.ask("GET", "/print_jobs/")
    assert (again.content, again.headers["etag"]) == (first.content, first.headers["etag"])
    assert bench.house.store.reads - before <= reads + 1, "no more than who asks is looked up"
    await admin.hand_in("b.txt", b"Dear Ann, \xff\xfe")
    assert (await admin.ask("GET", "/print_jobs")).headers["etag"] != first.headers["etag"]


# -- what would have to be changed


async def test_the_first_job_that_waits_for_a_person_is_shown_at_its_printer(bench, admin):
    """So that Cura's dialog, which asks before it forces, finds the job at the printer; the others are in the queue."""
    bench.find(ABS)
    for name in ("a", "b", "c"):
        await admin.hand_in(f"{name}.gcode", require_printer_name=await name_of(admin, 0))
    rows = await admin.jobs("queued")
    assert [(row["name"], row["assigned_to"]) for row in rows] == [
        ("a.gcode", bench.uuid(bench.luke)), ("b.gcode", None), ("c.gcode", None),
    ]  # fmt: skip
    (change,) = rows[0]["configuration_changes_required"]
    assert (change["type_of_change"], change["index"], change["target_id"], change["origin_id"]) == (
        "material_change", 0, ABS, PLA,
    )  # fmt: skip
    assert change["target_name"]
    assert change["origin_name"]
    assert change["is_overridable"] is True
    assert rows[0]["printer_uuid"] is None, "nothing is printed there yet"


async def test_force_as_cura_sends_it_prints_in_spite_of_that(bench, admin):
    """PUT /print_jobs/{uuid}: Cura has asked its user before it says so, and has no second question."""
    bench.find(ABS)
    uuid = (await admin.hand_in()).json()["uuid"]
    assert (await admin.value(f"/print_jobs/{uuid}"))["status"] == "queued"
    assert (await admin.ask("PUT", f"/print_jobs/{uuid}", json={"force": False})).status_code == 400
    answer = await admin.ask("PUT", f"/print_jobs/{uuid}", json={"force": True})
    assert (answer.status_code, answer.content) == (204, b"")
    job = await admin.value(f"/print_jobs/{uuid}")
    assert (job["status"], job["force"]) == ("printing", True)
    assert (await admin.ask("PUT", f"/print_jobs/{uuid}", json={"force": True})).status_code == 409


async def test_a_guest_neither_forces_nor_moves_nor_stops(bench, guest, admin):
    bench.find(ABS)
    uuid = (await guest.hand_in()).json()["uuid"]
    await bench.approve(uuid)
    for method, path, body in (
        ("PUT", f"/print_jobs/{uuid}", {"force": True}),
        ("POST", f"/print_jobs/{uuid}/action/move", {"to_position": 0, "list": "queued"}),
        ("POST", f"/print_jobs/{uuid}/action/force", {}),
    ):
        assert (await guest.ask(method, path, json=body)).status_code == 401, path
    await admin.ask("PUT", f"/print_jobs/{uuid}", json={"force": True})
    for action in ("pause", "print", "abort"):
        answer = await guest.ask("PUT", f"/print_jobs/{uuid}/action", json={"action": action})
        assert answer.status_code == 401, action
    assert (await admin.value(f"/print_jobs/{uuid}"))["status"] == "printing"


async def test_what_no_printer_can_ever_print_is_an_error(bench, admin):
    """UNFIXABLE is the one severity that Cura reads."""
    bench.find(PLA, PVA, PLA, flavor="Griffin")
    uuid = (await admin.hand_in()).json()["uuid"]
    job = await admin.value(f"/print_jobs/{uuid}")
    assert {"translation_key": "extruder_absent", "severity": "UNFIXABLE"} in job["impediments_to_printing"]


# -- telling


async def test_pause_print_and_abort(bench, admin):
    """PUT /print_jobs/{uuid}/action"""
    uuid = (await admin.hand_in()).json()["uuid"]
    path = f"/print_jobs/{uuid}/action"
    for action, status in (("pause", "paused"), ("print", "printing"), ("pause", "paused"), ("resume", "printing")):
        answer = await admin.ask("PUT", path, json={"action": action})
        assert (answer.status_code, answer.content) == (204, b"")
        assert (await admin.value(f"/print_jobs/{uuid}"))["status"] == status, action
    for wrong in ({"action": "move"}, {"action": None}, {}, []):
        assert (await admin.ask("PUT", path, json=wrong)).status_code == 400, wrong
    await admin.ask("PUT", path, json={"action": "abort"})
    (job,) = await admin.jobs()
    assert job["status"] == "aborted_wait_cleanup"
    assert (await admin.ask("PUT", path, json={"action": "pause"})).status_code == 409
    printer_id = (await bench.house.job(uuid)).printer_id
    assert [type(one) for one in bench.house.device(printer_id).commands] == [
        commands.StartPrint, commands.Pause, commands.Resume, commands.Pause, commands.Resume, commands.Cancel,
    ]  # fmt: skip


async def test_the_queue_is_moved_and_emptied(bench, admin):
    """POST /print_jobs/{uuid}/action/{action} as Cura sends it, DELETE /print_jobs/{uuid}"""
    own = bench.group(slug="luke", headers=admin.http.headers)
    for name in "abcd":
        await own.hand_in(f"{name}.gcode")

    async def queue():
        return [(job["name"][0], job["uuid"]) for job in await own.jobs("queued")]

    (_, second), (_, third), (_, fourth) = await queue()
    answer = await own.ask("POST", f"/print_jobs/{fourth}/action/move", json={"to_position": 0, "list": "queued"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert [uuid for _, uuid in await queue()] == [fourth, second, third]
    await own.ask("POST", f"/print_jobs/{fourth}/action/move", json={"data": {"to_position": 2, "list": "queued"}})
    assert [uuid for _, uuid in await queue()] == [second, third, fourth]
    for place in (-1, "0", True, None, 10**9):
        answer = await own.ask("POST", f"/print_jobs/{second}/action/move", json={"to_position": place})
        assert answer.status_code == 400, place
    assert (await own.ask("DELETE", f"/print_jobs/{third}")).status_code == 204
    assert (await own.ask("POST", f"/print_jobs/{second}/action/remove")).status_code == 204
    await own.ask("PUT", f"/print_jobs/{fourth}/action", json={"action": "abort"})
    assert await queue() == []
    (printing,) = await own.jobs()
    assert (await own.ask("DELETE", f"/print_jobs/{printing['uuid']}")).status_code == 409, "it has begun"


async def test_an_empty_body_is_no_broken_json(bench, admin):
    """Qt sends the type of JSON with nothing at all, too."""
    uuid = (await admin.hand_in()).json()["uuid"]
    empty = {"headers": {"content-type": "application/json"}, "content": b""}
    assert (await admin.ask("POST", f"/print_jobs/{uuid}/action/pause", **empty)).status_code == 204
    assert (await admin.value(f"/print_jobs/{uuid}"))["status"] == "paused"
    assert (await admin.ask("POST", f"/print_jobs/{uuid}/action/dance", **empty)).status_code == 400
    broken = {"headers": {"content-type": "application/json"}, "content": b"{"}
    assert (await admin.ask("POST", f"/print_jobs/{uuid}/action/pause", **broken)).status_code == 400


async def test_what_is_not_there(bench, admin):
    for method, path in (
        ("GET", "/print_jobs/nothing"), ("GET", "/print_jobs/nothing/preview_image"), ("DELETE", "/print_jobs/nothing"),
        ("PUT", "/print_jobs/nothing/action"), ("POST", "/print_jobs/nothing/action/pause"), ("GET", "/nothing"),
    ):  # fmt: skip
        answer = await admin.ask(method, path, **({"json": {"action": "pause"}} if method == "PUT" else {}))
        assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json"), path
        assert set(answer.json()) == {"message"}


async def test_another_groups_job_is_not_there(bench, admin):
    """Foreign and unknown look the same."""
    uuid = (await admin.hand_in(require_printer_name=await name_of(admin, 0))).json()["uuid"]
    for other in (bench.group(slug="leia", headers=admin.http.headers), bench.group("http://10.0.0.8:8099")):
        assert await other.jobs() == []
        assert (await other.ask("GET", f"/print_jobs/{uuid}")).status_code == 404
        assert (await other.ask("PUT", f"/print_jobs/{uuid}/action", json={"action": "abort"})).status_code in {
            401,
            404,
        }
    assert (await admin.value(f"/print_jobs/{uuid}"))["status"] == "printing"


# -- pictures


def shown(form, data, side):
    return Thumbnail(format=form, width=side, height=side, data=data)


@pytest.mark.parametrize(
    ("pictures", "kind", "expected"),
    [
        (Pictures(own=(shown("png", b"256", 256), shown("jpg", b"400", 400))), "image/png", b"256"),
        (Pictures(small=shown("png", b"32", 32), own=(shown("jpg", b"400", 400),)), "image/jpeg", b"400"),
        (Pictures(small=shown("png", b"16", 16)), "image/png", b"16"),
        (Pictures(), "image/png", None),
    ],
    ids=["large enough", "JPEG", "small", "none"],
)
async def test_the_picture_is_always_one(bench, admin, pictures, kind, expected):
    """GET /print_jobs/{uuid}/preview_image: Cura asks every two seconds until it gets one."""
    bench.house.plans.shown[hashlib.sha256(GCODE).hexdigest()] = pictures
    uuid = (await admin.hand_in("a.gcode", GCODE)).json()["uuid"]
    answer = await admin.ask("GET", f"/print_jobs/{uuid}/preview_image")
    assert (answer.status_code, answer.headers["content-type"]) == (200, kind)
    assert (answer.content == expected) if expected else answer.content.startswith(b"\x89PNG\r\n\x1a\n")


async def test_a_print_that_the_yard_has_no_file_of_has_a_picture_too(bench, admin):
    bench.house.device(bench.luke).begin("from the panel")
    await bench.house.settle()
    (job,) = await admin.jobs()
    assert (job["name"], job["status"]) == ("from the panel", "printing")
    answer = await admin.ask("GET", f"/print_jobs/{job['uuid']}/preview_image")
    assert (answer.status_code, answer.content) == (200, blank())


async def test_no_path_of_a_job_is_a_redirect(bench, admin):
    """Qt loses an upload that is redirected, and says that it went well."""
    uuid = (await admin.hand_in()).json()["uuid"]
    for path in ("/print_jobs", "/print_jobs/", f"/print_jobs/{uuid}/", f"/print_jobs/{uuid}/preview_image/"):
        answer = await admin.http.get(f"{ROOT}{path}", follow_redirects=False)
        assert answer.status_code == 200, path
    for path in ("/print_jobs", "/print_jobs/"):
        assert (await admin.hand_in(path=path)).status_code == 201
