"""What the outside world throws at a house: full disks, cut and lying uploads, bombs, wrong types, slow clients."""

import gzip
import io
import json
import os
import signal
import socket
import time
import zipfile
from urllib.parse import urlsplit

import pytest
import requests  # noqa: TID251 - a client that people use
from tests.e2e.house import CUBE, TORUS, Stream, digest, hand_in, memory_of, print_job, until

KEPT = ["PrinterConnected", "PrintEnded", "JobEnded", "PlateChanged"]
MORE_THAN_ANY_DISK = "1000000000000000"
BOMB = b"G1 X1\n" * 20_000_000

XML_BOMB = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d SYSTEM "file:///etc/passwd">]>
<fdmmaterial xmlns="http://www.ultimaker.com/material" version="1.3"><metadata><name><brand>&c;</brand>
<material>&d;</material><color>x</color></name><GUID>11111111-2222-3333-4444-555555555555</GUID><version>1</version>
<color_code>#ffffff</color_code></metadata></fdmmaterial>"""


@pytest.fixture
def printer(house, request):
    made = house.add(request.node.name[:60], speed=500)
    yield made
    house.ask("DELETE", f"/printers/{made.slug}")


def path_of(printer, path):
    return f"/printers/{printer.slug}/api/v1{path}"


def send(house, raw, seconds=10.0, *, cut=False):
    """Raw bytes on a socket, which may then be cut; whatever comes back until the server closes it."""
    with socket.create_connection(("127.0.0.1", house.port), timeout=seconds) as connection:
        connection.sendall(raw)
        if cut:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        try:
            while piece := connection.recv(65536):
                answer += piece
        except (TimeoutError, ConnectionResetError):
            pass
        return answer


def status_of(answer):
    return int(answer.split(b" ", 2)[1])


def json_error(answer):
    assert answer.headers["content-type"].startswith("application/json"), answer.text
    return answer.json()["message"]


def leftovers(house):
    return sorted(path.name for path in (house.folder / "partial").iterdir())


# -- full disks


@pytest.mark.slow
def test_uploads_stop_while_there_is_room_for_the_log_and_printing_goes_on(fresh):
    fresh.start()
    printer = fresh.add(speed=300)
    auth = digest(printer)
    uuid = hand_in(printer, auth, TORUS).json()["uuid"]
    until(lambda: print_job(printer)["state"] == "printing", 30)
    fresh.stop()
    fresh.settings["RESERVE_BYTES"] = MORE_THAN_ANY_DISK
    fresh.start()
    other = fresh.add("Leia")
    refused = hand_in(other, digest(other))
    assert refused.status_code == 507
    assert json_error(refused)
    assert leftovers(fresh) == []
    assert print_job(other) is None
    job = until(lambda: (job := print_job(printer))["state"] == "wait_cleanup" and job, 60)
    assert (job["uuid"], job["result"]) == (uuid, "Finished")


@pytest.mark.slow
def test_facts_wait_in_order_while_the_database_takes_nothing(fresh):
    fresh.start()
    printer = fresh.add(speed=300)
    auth = digest(printer)
    uuid = hand_in(printer, auth, TORUS).json()["uuid"]
    until(lambda: print_job(printer)["progress"] > 0.02, 30)
    printer.fault("link_lost", seconds=1200)
    until(lambda: fresh.facts()[-1]["name"] == "PrinterLost", 30)
    before = fresh.facts()
    with fresh.no_room():
        until(lambda: view(fresh, printer)["storage_degraded"], 30)
        assert view(fresh, printer)["state"]["link"] == "online"
        refused = requests.post(
            f"{fresh.url}/yard/v1/users", json={"name": "ann", "role": "member"}, headers=bearer(fresh), timeout=20
        )
        assert refused.status_code == 507
        assert refused.json()["error"]["code"] == "storage_full"
        job = until(lambda: (job := print_job(printer))["state"] == "wait_cleanup" and job, 60)
        assert (job["uuid"], job["result"]) == (uuid, "Finished")
        assert view(fresh, printer)["storage_degraded"]
        assert fresh.facts() == before
        assert hand_in(printer, auth).status_code in {405, 507}
    until(lambda: not view(fresh, printer)["storage_degraded"], 30)
    log = fresh.facts()
    assert log[: len(before)] == before
    late = log[len(before) :]
    assert [fact["name"] for fact in late if fact["name"] in KEPT] == KEPT
    assert [fact["at"] for fact in late] == sorted(fact["at"] for fact in late)
    connected, *_, ended = (fact for fact in late if fact["name"] in {"PrinterConnected", "JobEnded"})
    assert connected["recorded_at"] == ended["recorded_at"] > ended["at"] > connected["at"]
    assert fresh.ask("GET", "/users") == []


# -- hostile uploads


def form(*parts, boundary="x"):
    body = b""
    for head, content in parts:
        body += f"--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n".encode() + content + b"\r\n"
    return body + f"--{boundary}--\r\n".encode()


def post(house, printer, body, *, length=None, cut=False):
    head = (
        f"POST {path_of(printer, '/print_job')} HTTP/1.1\r\nHost: 127.0.0.1:{house.port}\r\n"
        f"Authorization: Bearer {house.token}\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        f"Connection: close\r\nContent-Length: {len(body) if length is None else length}\r\n\r\n"
    )
    return send(house, head.encode() + body, cut=cut)


def test_a_cut_upload_leaves_nothing(house, printer):
    body = form(('name="file"; filename="a.gcode.gz"', CUBE.read_bytes()))
    send_some = body[: len(body) // 2]
    answer = post(house, printer, send_some, length=len(body), cut=True)
    assert not answer or 400 <= status_of(answer) < 500
    until(lambda: leftovers(house) == [])
    assert print_job(printer) is None


def test_less_than_a_whole_form_is_refused(house, printer):
    body = form(('name="file"; filename="a.gcode.gz"', CUBE.read_bytes()))
    answer = post(house, printer, body[: len(body) // 2])
    assert status_of(answer) == 400
    until(lambda: leftovers(house) == [])
    assert print_job(printer) is None


@pytest.mark.parametrize("length", ["-1", "1e3", "nonsense", "18446744073709551617"])
def test_a_length_that_is_none_is_refused(house, printer, length):
    answer = post(house, printer, b"", length=length)
    assert not answer or status_of(answer) in {400, 413}
    assert house.running


@pytest.mark.parametrize("length", ["9000000000", "99999999999999"])
def test_a_length_beyond_all_measure_is_refused_at_once(house, printer, length):
    began = time.monotonic()
    answer = post(house, printer, b"--x", length=length)
    assert status_of(answer) == 413
    assert time.monotonic() - began < 5


def ufp(**members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


BAD_FILES = {
    "truncated.gcode.gz": lambda: CUBE.read_bytes()[:-1000],
    "corrupt.gcode.gz": lambda: (raw := bytearray(CUBE.read_bytes()), raw.__setitem__(60_000, raw[60_000] ^ 255))[0],
    "bomb.gcode.gz": lambda: gzip.compress(BOMB, 9),
    "empty.gcode": lambda: b"",
    "no model.ufp": lambda: ufp(**{"/Metadata/thumbnail.png": b"png"}),
    "bomb.ufp": lambda: ufp(**{"/3D/model.gcode": BOMB}),
    "picture.png": lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 40,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_refused_or_fails_with_a_sentence(house, printer, name):
    """What the bytes themselves betray is refused at the door; what only reading shows ends the job, with a reason."""
    answer = requests.post(
        f"{printer.url}/api/v1/print_job", files={"file": (name, bytes(BAD_FILES[name]()))},
        headers={"Authorization": f"Bearer {house.token}"}, timeout=30,
    )  # fmt: skip
    assert answer.status_code in {201, 400, 413}
    if answer.status_code == 201:
        uuid = answer.json()["uuid"]
        job = until(lambda: (job := house.ask("GET", f"/jobs/{uuid}"))["state"] == "ended" and job, 20)
        assert job["outcome"] == "failed"
        assert job["reason"]
    else:
        assert json_error(answer)
    assert leftovers(house) == []
    assert until(lambda: printer.state()["word"] == "idle")


HOSTILE_NAMES = [
    "../../../../etc/cron.d/x",
    "<script>alert(1)</script>.gcode",
    "..",
    "a\x00b",
    "C:\\autoexec.bat",
    "x" * 4000,
]


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE_NAMES, ids=["climbs", "script", "dots", "nul", "drive", "long"])
def test_a_name_is_text_and_never_a_path(house, printer, name):
    spoken = name.encode("unicode_escape").decode() if "\x00" in name else name
    body = form((f'name="file"; filename="{spoken}"', gzip.compress(b"G28\nG1 X5 F600\n")))
    answer = post(house, printer, body)
    assert status_of(answer) in {201, 400}
    if status_of(answer) == 201:
        uuid = json.loads(answer.rpartition(b"\r\n\r\n")[2])["uuid"]
        shown = house.ask("GET", f"/jobs/{uuid}")["name"]
        assert "/" not in shown or shown.startswith("<")
        assert "\\" not in shown or "\x00" in name
        for page in ("/", f"/printers/{printer.slug}", "/print_jobs"):
            content = requests.get(f"{house.url}{page}", headers={"Authorization": f"Bearer {house.token}"}, timeout=10)
            assert "<script>alert" not in content.text
    stored = {path.name for path in house.folder.rglob("*")}
    assert not any("autoexec" in kept or "cron" in kept or "script" in kept for kept in stored)


def test_a_material_with_entities_is_refused(house, printer):
    before = requests.get(f"{printer.url}/api/v1/materials", timeout=10).json()
    for kind in ("multipart", "raw"):
        options = {"files": {"file": ("a.xml", XML_BOMB)}} if kind == "multipart" else {"data": XML_BOMB}
        answer = requests.post(
            f"{printer.url}/api/v1/materials", headers={"Authorization": f"Bearer {house.token}"}, timeout=10, **options
        )
        assert answer.status_code == 400
        assert "root:" not in json_error(answer)
    assert requests.get(f"{printer.url}/api/v1/materials", timeout=10).json() == before


# -- wrong types everywhere

WRONG = [
    None, True, -1, 1e308, 10**40, "", "x" * 3000, [], [[]], {}, {"a": {"b": [None]}}, "NaN", "\ud800", "%00",
    {"target": []}, {"target": {}}, {"name": 7}, {"file": "x"}, {"message": [1]}, {"decision": 1}, {"settings": 4},
]  # fmt: skip


def operations(house, printer, root):
    """(method, concrete path) of each operation in an API's own document."""
    document = requests.get(f"{house.url}{root}/openapi.json", headers=bearer(house), timeout=10).json()
    for path, methods in document["paths"].items():
        for method in methods:
            if method in {"post", "put", "patch", "delete"}:
                yield method.upper(), path


def bearer(house):
    return {"Authorization": f"Bearer {house.token}"}


@pytest.mark.slow
@pytest.mark.parametrize("root", ["/printers/{slug}/api/v1", "/yard/v1"])
def test_a_body_of_the_wrong_type_is_the_callers_mistake(house, printer, root):
    """Every writing operation with every wrong body: 4xx in JSON (or taken, where it makes sense), never 5xx."""
    root = root.format(slug=printer.slug)
    tried = list(operations(house, printer, root))
    assert len(tried) > 10
    session = requests.Session()
    failures = []
    for method, path in tried:
        concrete = path.replace("{slug}", printer.slug)
        while "{" in concrete:
            start, end = concrete.index("{"), concrete.index("}")
            concrete = concrete[:start] + "0" + concrete[end + 1 :]
        if concrete == f"/yard/v1/printers/{printer.slug}" and method == "DELETE":
            continue
        url = f"{house.url}{concrete if root == '/yard/v1' else f'/printers/{printer.slug}' + concrete}"
        for wrong in WRONG:
            answer = session.request(
                method, url, data=json.dumps(wrong), headers=bearer(house) | {"Content-Type": "application/json"},
                timeout=20,
            )  # fmt: skip
            if answer.status_code >= 500:
                failures.append(f"{method} {path} {str(wrong)[:40]!r}: {answer.status_code} {answer.text[:100]}")
            elif answer.status_code >= 400 and not answer.headers["content-type"].startswith("application/json"):
                failures.append(f"{method} {path}: an error that is no JSON: {answer.text[:100]}")
        for raw in (b"{", b'"\xff\xfe"', b"[" * 100_000):
            answer = session.request(
                method, url, data=raw, headers=bearer(house) | {"Content-Type": "application/json"}, timeout=20
            )
            if answer.status_code >= 500:
                failures.append(f"{method} {path} {raw[:10]!r}: {answer.status_code} {answer.text[:100]}")
    assert not failures, "\n".join(sorted(set(failures)))
    assert "Traceback" not in house.said()


# -- requests that do not fit


def test_unknown_ids_are_not_found(house, printer):
    for path in ("/history/print_jobs/nope", "/materials/nope", "/printer/heads/7", "/nope", "/auth/check/nope"):
        answer = requests.get(f"{printer.url}/api/v1{path}", timeout=10)
        assert answer.status_code in {404, 200} if "auth" in path else answer.status_code == 404, path
        assert answer.headers["content-type"].startswith("application/json")
    for path in ("/jobs/nope", "/printers/nope", "/printers/nope/sandbox"):
        assert requests.get(f"{house.url}/yard/v1{path}", headers=bearer(house), timeout=10).status_code == 404
    assert requests.get(f"{house.url}/printers/nope/api/v1/printer", timeout=10).status_code == 404


@pytest.mark.slow
def test_a_busy_printer_takes_no_print(house, printer):
    printer.set_speed(100)
    auth = digest(printer)
    assert hand_in(printer, auth).status_code == 201
    refused = hand_in(printer, auth)
    assert refused.status_code == 405
    assert json_error(refused)
    assert leftovers(house) == []


def test_a_name_that_was_rebound_to_us_is_refused(house, printer):
    for path in (path_of(printer, "/printer"), "/yard/v1/printers", "/"):
        request = f"GET {path} HTTP/1.1\r\nHost: evil.example:{house.port}\r\nConnection: close\r\n\r\n"
        assert status_of(send(house, request.encode())) == 421


def test_a_page_of_others_may_not_write(house, printer):
    for origin in ("https://evil.example", "null", "http://127.0.0.1:1"):
        for path in (path_of(printer, "/auth/request"), path_of(printer, "/print_job"), "/yard/v1/printers"):
            headers = bearer(house) | {"Origin": origin}
            assert requests.post(f"{house.url}{path}", headers=headers, data="a=b", timeout=10).status_code == 403
    crossing = bearer(house) | {"Sec-Fetch-Site": "cross-site"}
    assert requests.post(f"{house.url}/yard/v1/printers", headers=crossing, timeout=10).status_code == 403


def test_a_websocket_of_another_page_is_refused(house, printer):
    request = (
        f"GET {path_of(printer, '/printer')} HTTP/1.1\r\nHost: 127.0.0.1:{house.port}\r\nOrigin: https://evil.example\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        "Sec-WebSocket-Version: 13\r\n\r\n"
    )
    assert status_of(send(house, request.encode(), seconds=2)) == 403


# -- slow and dead


@pytest.mark.slow
def test_a_listener_that_does_not_read_slows_nobody_down(house, printer):
    """Its socket is full after a while; the others go on hearing, and the server does not grow."""
    address = urlsplit(house.url)
    sleepers = []
    for _ in range(20):
        sleeper = socket.socket()
        sleeper.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        sleeper.connect((address.hostname, address.port))
        sleeper.sendall(
            f"GET /yard/v1/events?after=0 HTTP/1.1\r\nHost: {address.netloc}\r\n"
            f"Authorization: Bearer {house.token}\r\n\r\n".encode()
        )
        sleepers.append(sleeper)
    before = house.rss()
    stream = Stream(house.server)
    heard = iter(stream)
    try:
        slowest = 0.0
        for number in range(50):
            began = time.monotonic()
            house.ask("PATCH", f"/printers/{printer.slug}", {"note": f"{number} " + "n" * 1500})
            for event, _, data in heard:
                if event == "delta" and data["patch"].get("note", "").startswith(f"{number} "):
                    break
            slowest = max(slowest, time.monotonic() - began)
        assert slowest < 2.0
    finally:
        stream.close()
        for sleeper in sleepers:
            sleeper.close()
    assert house.rss() - before < 30_000_000


@pytest.mark.slow
def test_a_worker_that_dies_in_mid_analysis_ends_that_job_alone(fresh):
    """It may have been the file that killed it: the job fails with a sentence, and the next one gets a new worker."""
    fresh.start()
    printer = fresh.add(speed=1000)
    auth = digest(printer)
    long = {"file": ("long.gcode.gz", TORUS.read_bytes() * 12)}  # a file of twelve members, some seconds of work
    uuid = requests.post(f"{printer.url}/api/v1/print_job", files=long, auth=auth, timeout=30).json()["uuid"]
    [worker] = until(fresh.workers)
    os.kill(worker, signal.SIGKILL)
    job = until(lambda: (job := fresh.ask("GET", f"/jobs/{uuid}"))["state"] == "ended" and job, 40)
    assert job["outcome"] == "failed"
    assert "worker ended" in job["reason"]
    assert printer.state()["word"] == "idle"
    again = hand_in(printer, auth, TORUS).json()["uuid"]
    until(lambda: (print_job(printer) or {}).get("state") == "printing", 40)
    assert print_job(printer)["uuid"] == again
    [worker] = fresh.workers()
    assert memory_of(worker) < 300_000_000
    assert fresh.rss() < 150_000_000
    told = [fact["name"] for fact in fresh.facts() if fact["subject_id"] == uuid]
    assert told[-2:] == ["JobTransferring", "JobEnded"]


def view(house, printer):
    return house.ask("GET", f"/printers/{printer.slug}")
