"""The program as its keeper sees it: start, stop, what it loads and holds, and its commands."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import textwrap
import threading
import time
from pathlib import Path

import pytest
import requests  # noqa: TID251 - a client that people use
from tests.e2e.house import CUBE, SOURCE, TORUS, House, digest, hand_in, print_job, until

HEAVY = ("numpy", "numba", "PIL", "alembic", "onnxruntime", "apprise")
SERVER_BYTES = 150_000_000

DEMO = textwrap.dedent("""
    import json, os, signal, socket, sys, threading
    HEAVY = %(heavy)r
    seen = []

    def watched(event, arguments):
        if event == "socket.connect":
            address = arguments[1]
            if isinstance(address, tuple) and address[0] not in {"127.0.0.1", "::1", "localhost"}:
                seen.append(repr(address))
                raise PermissionError(f"a connection to {address}")
        elif event == "socket.getaddrinfo" and arguments[0] not in {None, "127.0.0.1", "::1", "localhost"}:
            seen.append(f"looked up {arguments[0]!r}")

    def report(*_):
        loaded = [name for name in HEAVY if name in sys.modules]
        print("REPORT " + json.dumps({"loaded": loaded, "outgoing": seen}), flush=True)

    sys.addaudithook(watched)
    signal.signal(signal.SIGUSR1, report)
    from printyard.app.cli import main
    main(["demo", "--port", "0", "--speed", "600"])
""")


def one_sentence(text):
    """What a command said, if it is one line without a traceback."""
    [line] = text.strip().splitlines()
    assert "Traceback" not in line
    return line


# -- start and stop


def test_an_open_yard_does_not_listen_to_the_network(fresh):
    fresh.settings["ADMIN_TOKEN"] = None
    done = fresh.command("serve", "--host", "0.0.0.0", "--port", "0")
    assert done.returncode == 1
    assert "PRINTYARD_ADMIN_TOKEN" in one_sentence(done.stderr)
    assert done.stdout == ""


@pytest.mark.slow
def test_a_locked_yard_does(fresh):
    fresh.start("serve", "--host", "0.0.0.0", "--port", str(fresh.port))
    assert fresh.ask("GET", "/printers") == []


def test_one_folder_has_one_server(house):
    second = House(house.folder, house.settings["KERNELS"])
    done = second.command("serve", "--port", "0")
    assert done.returncode == 1
    assert str(house.folder) in one_sentence(done.stderr)
    assert requests.get(f"{house.url}/yard/v1/printers", timeout=5).status_code == 401


def test_a_port_that_is_taken_is_said_in_one_sentence(house, fresh):
    done = fresh.command("serve", "--port", str(house.port))
    assert done.returncode == 1
    assert str(house.port) in one_sentence(done.stderr)


def test_a_misspelt_setting_is_said_in_one_sentence(fresh):
    fresh.settings["ADMIN_TOKE"] = "x"
    done = fresh.command("serve", "--port", "0")
    assert done.returncode == 1
    assert "admin_token" in one_sentence(done.stderr)


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_when_it_is_told_to_also_with_listeners_and_uploads(fresh, how):
    fresh.start()
    printer = fresh.add(speed=100)
    assert hand_in(printer, digest(printer)).status_code == 201
    until(lambda: printer.state()["activity"] != "idle")
    listener = socket.create_connection(("127.0.0.1", fresh.port))
    listener.sendall(
        f"GET /yard/v1/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {fresh.token}\r\n\r\n".encode()
    )
    assert listener.recv(100).startswith(b"HTTP/1.1 200")
    upload = socket.create_connection(("127.0.0.1", fresh.port))
    upload.sendall(
        f"POST /printers/{printer.slug}/api/v1/materials HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n"
        f"Authorization: Bearer {fresh.token}\r\n\r\n<".encode()
    )
    workers = fresh.workers()
    began = time.monotonic()
    code, rest = fresh.stop(how)
    assert time.monotonic() - began < 10
    listener.close()
    upload.close()
    assert (code, rest) == (0, "")
    assert fresh.said() == ""
    assert not (fresh.folder / "running.json").exists()
    assert not any(Path(f"/proc/{pid}").exists() for pid in workers)


def test_the_admin_token_is_shown_once(fresh):
    fresh.settings["ADMIN_TOKEN"] = None
    fresh.start()
    _, rest = fresh.stop()
    [token] = re.findall(r"shown this once: ([0-9a-f]{48})", rest)
    fresh.start()
    fresh.token = token
    assert fresh.ask("GET", "/users") == []
    _, rest = fresh.stop()
    assert rest == ""
    assert token.encode() not in (fresh.folder / "printyard.db").read_bytes()


@pytest.mark.slow
def test_the_demo_is_small_and_keeps_to_itself(tmp_path, kernels):
    """Six printers print, somebody watches: no heavy library, under 150 MB, and no connection to anywhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PRINTYARD_")}
    ours = {"PYTHONPATH": str(SOURCE), "PRINTYARD_KERNELS": str(kernels), "PRINTYARD_ADMIN_TOKEN": "demo-token"}
    process = subprocess.Popen(
        [sys.executable, "-c", DEMO % {"heavy": HEAVY}], env=kept | ours, cwd=tmp_path, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    lines, closed = [], threading.Event()

    def read():
        lines.extend(process.stdout)
        closed.set()

    threading.Thread(target=read, daemon=True).start()
    try:
        address = until(lambda: next((line.split()[-1] for line in lines if "answers at" in line), None), 40)
        headers = {"Authorization": "Bearer demo-token"}

        def words():
            shown = requests.get(f"{address}/yard/v1/printers", headers=headers, timeout=10).json()
            return [printer["state"]["word"] for printer in shown]

        until(lambda: words().count("printing") >= 4, 60, lambda: str(words()))
        picture = requests.get(f"{address}/printers/luke/webcam/?action=snapshot", headers=headers, timeout=20)
        assert picture.content.startswith(b"\xff\xd8")
        status = Path(f"/proc/{process.pid}/status").read_text()
        process.send_signal(signal.SIGUSR1)
        report = json.loads(until(lambda: next((line[7:] for line in lines if line.startswith("REPORT ")), None)))
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)
    assert report == {"loaded": [], "outgoing": []}
    assert int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024 < SERVER_BYTES
    closed.wait(5)
    assert process.stderr.read() == ""
    process.stderr.close()
    process.stdout.close()


# -- commands


@pytest.mark.slow
@pytest.mark.parametrize("running", [True, False], ids=["beside a server", "alone"])
def test_commands(fresh, running):
    """Each does the same whether a server runs on the folder or not."""
    if running:
        fresh.start()
        fresh.add("Warm-up")
        fresh.ask("DELETE", "/printers/warm-up")
    added = fresh.command("printer", "add", "Leia Organa", "--set", "model=Ultimaker S7", "--set", "speed=10")
    assert (added.returncode, added.stdout, added.stderr) == (0, "leia-organa\n", "")
    listed = fresh.command("printer", "list")
    assert listed.stdout.split()[:2] == ["leia-organa", "virtual"]
    secret = fresh.command("token", "new", "ci", "--role", "guest").stdout.strip()
    ann = fresh.command("user", "add", "ann", "--role", "operator", "--password", "correct horse")
    assert (ann.returncode, ann.stderr) == (0, "")
    if running:
        wrong = fresh.command("printer", "add", "Han", "--set", "model=Ford T")
        assert wrong.returncode == 1
        assert "Ford T" in one_sentence(wrong.stderr)
        assert fresh.command("printer", "remove", "nobody").returncode == 1
    else:
        fresh.start()
    assert [user["name"] for user in fresh.ask("GET", "/users")] == ["ann"]
    guest = {"Authorization": f"Bearer {secret}"}
    assert requests.get(f"{fresh.url}/yard/v1/printers", headers=guest, timeout=5).json()[0]["slug"] == "leia-organa"
    assert requests.get(f"{fresh.url}/yard/v1/users", headers=guest, timeout=5).status_code == 403
    if not running:
        fresh.stop()
    assert fresh.command("printer", "remove", "leia-organa").returncode == 0
    assert fresh.command("printer", "list").stdout == ""


@pytest.mark.slow
def test_people_and_tokens_are_managed_from_the_command_line(fresh):
    fresh.start()
    assert fresh.command("user", "add", "Ann", "--role", "member", "--password", "correct horse").returncode == 0
    short = fresh.command("user", "add", "Bob", "--password", "short")
    assert (short.returncode, "at least 8 characters" in one_sentence(short.stderr)) == (1, True)
    assert fresh.command("user", "change", "ann", "--role", "operator", "--disable").returncode == 0
    assert fresh.command("user", "list").stdout.split() == ["Ann", "operator", "switched", "off"]
    assert fresh.command("user", "change", "ann", "--enable").returncode == 0
    assert fresh.command("user", "password", "ann", "--password", "battery staple").returncode == 0
    form = {"name": "ann", "secret": "battery staple"}
    assert requests.post(f"{fresh.url}/login", data=form, timeout=10).status_code == 200
    assert fresh.command("user", "remove", "ann").returncode == 0
    assert requests.post(f"{fresh.url}/login", data=form, timeout=10).status_code == 401
    gone = fresh.command("user", "remove", "ann")
    assert (gone.returncode, "There is no user 'ann'." in one_sentence(gone.stderr)) == (1, True)
    secret = fresh.command("token", "new", "ci", "--role", "guest").stdout.strip()
    headers = {"Authorization": f"Bearer {secret}"}
    assert requests.get(f"{fresh.url}/yard/v1/me", headers=headers, timeout=5).json()["role"] == "guest"
    number, name, *_ = fresh.command("token", "list").stdout.split()
    assert name == "ci"
    assert fresh.command("token", "revoke", number).returncode == 0
    assert requests.get(f"{fresh.url}/yard/v1/me", headers=headers, timeout=5).status_code == 401
    assert fresh.command("token", "list").stdout == ""


@pytest.mark.slow
def test_a_backup_of_a_printing_yard_is_a_whole_yard(fresh, tmp_path, kernels):
    fresh.start()
    printer = fresh.add(speed=150)
    auth = digest(printer)
    uuid = hand_in(printer, auth, TORUS, jobname="torus").json()["uuid"]
    until(lambda: (print_job(printer) or {}).get("state") == "printing", 30)
    file = tmp_path / "yard.tar"
    saved = fresh.command("backup", str(file))
    assert (saved.returncode, saved.stderr) == (0, "")
    assert print_job(printer)["state"] == "printing"
    facts = fresh.facts()
    fresh.stop()
    again = House(tmp_path / "again", kernels, ADMIN_TOKEN=fresh.token)
    again.token = fresh.token
    restored = again.command("restore", str(file))
    assert (restored.returncode, restored.stderr) == (0, "")
    assert again.command("restore", str(file)).returncode == 1  # not empty any more
    try:
        again.start()
        copy = type(printer)(again.server, printer.slug)
        job = until(lambda: print_job(copy))
        assert (job["uuid"], job["name"]) == (uuid, "torus")
        assert requests.get(f"{copy.url}/api/v1/auth/verify", auth=auth, timeout=5).status_code == 200
        kept = [fact for fact in again.facts() if fact["number"] <= len(facts)]
        assert kept == facts[: len(kept)]
        assert uuid in {fact["subject_id"] for fact in kept}
        plain = requests.get(f"{copy.url}/api/v1/print_job/container", auth=auth, timeout=10)
        assert plain.content == TORUS.read_bytes()
        copy.set_speed(5000)
        until(lambda: print_job(copy)["result"] == "Finished", 40)
        copy.clear_plate()
        assert hand_in(copy, auth, CUBE).status_code == 201
    finally:
        again.end()


def test_the_doctor_looks_at_everything(fresh):
    sick = fresh.command("doctor")
    assert "Traceback" not in sick.stderr
    for subject in ("data folder", "listener", "APIs", "drivers", "kernel cache", "setting port"):
        assert subject in sick.stdout
    assert fresh.token not in sick.stdout
    assert sick.returncode == (1 if "WRONG" in sick.stdout else 0)
    fresh.folder.mkdir()
    (fresh.folder / "key").write_bytes(b"x" * 32)
    (fresh.folder / "key").chmod(0o644)
    assert "0644, not 0600" in fresh.command("doctor").stdout


def test_the_doctor_sees_a_server_that_runs(house):
    assert house.url in house.command("doctor").stdout
