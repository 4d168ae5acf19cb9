"""Cura 4.13 itself, as far as it talks: its models and network classes on real Qt, against a running server."""

import asyncio
import base64
import gzip
import io
import json
import os
import re
import socket
import subprocess
import sys
import threading
import zipfile
from contextlib import contextmanager
from html import unescape
from pathlib import Path

import pytest
import requests  # noqa: TID251 - a browser
from tests.e2e.cura.fetching import Unreachable, cura_in
from tests.e2e.house import CUBE, TORUS, House, free_port, until

from printyard.core.fleet.board import Snapshot
from printyard.core.model.machine import MachineModel
from printyard.core.model.printer import Printer, PrinterRecord
from printyard.core.model.state import PrinterState
from printyard.core.model.user import HOME
from printyard.dialects.ultimaker.announcement import notice_of
from printyard.infra.announce.multicast import MulticastAnnouncer

HERE = Path(__file__).parent / "cura"
IN_CI = os.environ.get("CI") == "true"
PLA = "506c9f0d-e3aa-4bd4-b2d2-23e2425b1aa9"
S5 = "Ultimaker S5"
pytestmark = [pytest.mark.slow, pytest.mark.peer, pytest.mark.timeout(600)]


@pytest.fixture(scope="session")
def unpacked(request):
    """Cura, unpacked; without it the tests are skipped. In CI too, but only where it really cannot be reached."""
    try:
        folder = cura_in(request.config.cache.mkdir("cura-4.13"))
    except Unreachable as error:
        pytest.skip(f"no Cura 4.13: {error}")
    probe = run_in(
        folder, "-c", "import UM, cura, zeroconf, PyQt5.QtGui, PyQt5.QtNetwork, PyQt5.QtQml, PyQt5.QtWidgets"
    )
    if probe.returncode:
        (pytest.fail if IN_CI else pytest.skip)(f"Cura does not run here: {probe.stderr.strip()[-300:]}")
    return folder


def environment(folder, *more):
    system = {name: value for name, value in os.environ.items() if not name.startswith(("PRINTYARD_", "PYTHON"))}
    dist, plugins = folder / "usr/lib/python3/dist-packages", folder / "usr/lib/cura/plugins"
    path = os.pathsep.join(map(str, (*more, HERE, folder / "libraries", dist, plugins)))
    return system | {"PYTHONPATH": path, "QT_QPA_PLATFORM": "offscreen", "LOGNAME": "ann", "PYTHONWARNINGS": "ignore"}


def run_in(folder, *arguments):
    return subprocess.run(
        [sys.executable, *arguments], env=environment(folder), capture_output=True, text=True, timeout=60, check=False
    )


class Cura:
    """One Cura, which does what it is told."""

    def __init__(self, folder, *more):
        self._process = subprocess.Popen(
            [sys.executable, str(HERE / "visitor.py"), str(folder)], env=environment(folder, *more),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1,
        )  # fmt: skip

    def __call__(self, command, **arguments):
        print(json.dumps([command, arguments]), file=self._process.stdin, flush=True)
        line = self._process.stdout.readline()
        assert line, f"Cura has crashed: {self._process.wait()}"
        answer = json.loads(line)
        assert "error" not in answer, answer["error"]
        return answer["value"]

    def end(self):
        self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()


@contextmanager
def cura_at(folder, *more):
    """A Cura that must have had nothing to complain about at the end."""
    cura = Cura(folder, *more)
    try:
        yield cura
        assert cura("said") == []
    finally:
        cura.end()


@pytest.fixture
def cura(unpacked):
    with cura_at(unpacked) as opened:
        yield opened


@contextmanager
def house_with(folder, kernels, text="", **settings):
    """A house with a configuration file."""
    house = House(folder / "data", kernels, CONFIG=str(folder / "printyard.toml"), **settings)
    (folder / "printyard.toml").write_text(text)
    house.start()
    try:
        yield house
    finally:
        house.end()


@pytest.fixture
def open_house(tmp_path, kernels):
    """In which everybody in the network is a member."""
    with house_with(tmp_path, kernels, '[door.cura_lan]\nanonymous = "member"\n') as house:
        yield house


def sliced(guid=PLA):
    """What Cura 4.13 makes for an S5: a print of PLA, in a gzip of many members, as Cura packs it."""
    text = gzip.decompress(TORUS.read_bytes())
    head = b";EXTRUDER_TRAIN.0.NOZZLE.NAME:AA 0.4\n;EXTRUDER_TRAIN.0.MATERIAL.GUID:%s\n" % guid.encode()
    text = text.replace(b";EXTRUDER_TRAIN.0.NOZZLE.NAME:unknown\n", head)
    return b"".join(gzip.compress(text[at : at + 200_000]) for at in range(0, len(text), 200_000))


def coded(content):
    return base64.b64encode(content).decode()


def at(house):
    return f"127.0.0.1:{house.port}"


def job_in(cura, house, state, seconds=40):
    """The page, as soon as a job has this state."""

    def looked():
        page = cura("poll", address=at(house))
        return page if any(job["state"] == state for job in page["jobs"]) else None

    return until(looked, seconds, f"no job is {state}: {cura('poll', address=at(house))['jobs']}")


# -- over the network


def test_a_printer_that_is_added_by_its_address(cura, open_house):
    """GET /api/v1/system, then the group: what the monitor page shows of it."""
    printer = open_house.add("Luke")
    told = cura("add", address=at(open_house))
    assert (told["name"], told["type"], told["firmware"], told["cluster_size"]) == (
        "Luke",
        "ultimaker_s5",
        "7.0.3",
        "1",
    )
    page = cura("poll", address=at(open_house))
    assert (page["size"], page["types"], page["jobs"], page["queue"]) == (1, {S5: 1}, [], [])
    (luke,) = page["printers"]
    assert (luke["name"], luke["state"], luke["type"], luke["plate"], luke["shows"]) == (
        "Luke",
        "idle",
        S5,
        "glass",
        None,
    )
    assert [row[:3] for row in luke["configuration"]] == [[0, "AA 0.4", "PLA"], [1, "BB 0.4", "PVA"]]
    with requests.get(luke["camera"], stream=True, timeout=20) as stream:
        assert stream.status_code == 200
        assert stream.headers["content-type"].startswith("multipart/x-mixed-replace")
        assert b"\xff\xd8" in next(stream.iter_content(4096))
    assert printer.slug == "luke"


def test_a_print_from_cura_to_a_clean_plate(cura, open_house):
    """Qt's own upload, to the printer that was chosen, with a name that is no ASCII; then every button of the page."""
    luke, leia = open_house.add("Luke", speed=20), open_house.add("Leia", speed=20)
    cura("add", address=at(open_house))
    page = cura("poll", address=at(open_house))
    assert page["size"] == 2, "so Cura asks for which printer it is"
    chosen = next(one for one in page["printers"] if one["name"] == "Leia")
    name = 'UMS5_Würfel 立方体 (2) "neu".gcode.gz'
    assert cura("send", address=at(open_house), name=name.replace('"', "'"), content=coded(sliced()),
                printer=chosen["unique_name"]) == "finished"  # fmt: skip
    page = job_in(cura, open_house, "printing")
    (job,) = page["jobs"]
    assert (job["name"], job["owner"], job["printer"]) == (name.replace('"', "'"), "ann", chosen["key"])
    assert job["total"] > 1000
    assert job["image"][0] >= 64
    assert job["configuration"][0][1:] == ["AA 0.4", "PLA"]
    assert (page["queue"], page["active"]) == ([], [job["key"]])
    assert {one["name"]: one["shows"] for one in page["printers"]} == {"Luke": None, "Leia": job["key"]}
    for action, state in (("pause", "paused"), ("resume", "printing"), ("abort", "aborted_wait_cleanup")):
        leia.set_speed(500 if action == "abort" else 20)  # its parking takes time, too
        assert cura("tell", address=at(open_house), job=job["key"], action=action) == 204
        job_in(cura, open_house, state)
    leia.clear_plate()
    until(lambda: cura("poll", address=at(open_house))["jobs"] == [], 10)
    assert luke.state()["activity"] == "idle"


def test_a_print_that_is_done_is_not_called_aborted(cura, open_house):
    """Cura's page calls what waits to be cleaned up aborted if there was time left."""
    open_house.add("Luke", speed=3000)
    cura("add", address=at(open_house))
    cura("poll", address=at(open_house))
    cura("send", address=at(open_house), name="torus.gcode.gz", content=coded(sliced()))
    (job,) = job_in(cura, open_house, "wait_cleanup")["jobs"]
    assert job["elapsed"] >= job["total"] > 0


def test_the_queue_as_cura_shows_and_changes_it(cura, open_house):
    luke = open_house.add("Luke", speed=20)
    cura("add", address=at(open_house))
    cura("poll", address=at(open_house))
    for number in range(4):
        cura("send", address=at(open_house), name=f"{number}.gcode.gz", content=coded(sliced()))
    page = job_in(cura, open_house, "printing")
    names = {job["key"]: job["name"][0] for job in page["jobs"]}
    assert [names[key] for key in page["queue"]] == ["1", "2", "3"]
    assert [names[key] for key in page["active"]] == ["0"]
    assert [names[one["shows"]] for one in page["printers"]] == ["0"]
    last = page["queue"][-1]
    assert cura("tell", address=at(open_house), job=last, action="top") == 401, "that takes an operator"
    assert cura("tell", address=at(open_house), job=page["queue"][0], action="delete") == 204
    page = cura("poll", address=at(open_house))
    assert "1" not in [names[key] for key in page["queue"]]
    assert luke.state()["activity"] == "printing"


def test_a_refused_upload_is_seen(cura, open_house):
    """Cura says that all went well; its queue says what did not."""
    open_house.add("Luke")
    cura("add", address=at(open_house))
    cura("poll", address=at(open_house))
    sent = cura("send", address=at(open_house), name="letter.gcode.gz", content=coded(b"\x1f\x8b cut"))
    assert sent == "finished", "as if nothing had happened"
    page = cura("poll", address=at(open_house))
    (job,) = page["jobs"]
    assert (job["name"], job["state"], job["printer"], page["queue"]) == (
        "letter.gcode.gz", "error", None, [job["key"]],
    )  # fmt: skip
    assert cura("tell", address=at(open_house), job=job["key"], action="delete") == 204
    assert cura("poll", address=at(open_house))["jobs"] == []


def test_what_would_have_to_be_changed_is_shown_and_forced(cura, open_house):
    """The dialog of the printer's card names the changes, and forces the job that the card shows."""
    luke = open_house.add("Luke", materials=["86a89ceb-4159-47f6-ab97-e9953803d70f", PLA], speed=20)
    cura("add", address=at(open_house))
    cura("poll", address=at(open_house))
    cura("send", address=at(open_house), name="torus.gcode.gz", content=coded(sliced()))
    page = job_in(cura, open_house, "queued")
    (job,) = page["jobs"]
    assert job["changes"] == [["material_change", 0, "Generic PLA Generic", "Generic PVA Generic", True]]
    assert [one["shows"] for one in page["printers"]] == [job["key"]]
    assert cura("tell", address=at(open_house), job=job["key"], action="force") == 204
    job_in(cura, open_house, "printing")
    assert luke.state()["activity"] in {"preparing", "printing"}


def test_a_guest_is_heard_and_waits(tmp_path, kernels, cura):
    """What the door is without any configuration."""
    with house_with(tmp_path, kernels) as house:
        house.add("Luke", speed=20)
        cura("add", address=at(house))
        cura("poll", address=at(house))
        cura("send", address=at(house), name="torus.gcode.gz", content=coded(sliced()))
        page = job_in(cura, house, "queued")
        (job,) = page["jobs"]
        assert cura("tell", address=at(house), job=job["key"], action="force") == 401
        (waiting,) = house.ask("GET", "/approvals")
        house.ask("POST", f"/approvals/{waiting['id']}", {"decision": "allow"})
        job_in(cura, house, "printing")


def test_materials_are_compared_and_sent(cura, open_house, tmp_path):
    """Cura's own comparison: what the yard knows already is not sent, what is new is, with its signature."""
    open_house.add("Luke")
    cura("add", address=at(open_house))
    known = tmp_path / "pla.xml.fdm_material"
    known.write_text("not to be sent")
    mine = tmp_path / "anns.xml.fdm_material"
    mine.write_text(
        '<?xml version="1.0" encoding="UTF-8"?><fdmmaterial xmlns="http://www.ultimaker.com/material" version="1.3">'
        "<metadata><name><brand>Ann</brand><material>PLA</material><color>Red</color></name>"
        "<GUID>12345678-1234-4234-8234-123456789abc</GUID><version>1</version><color_code>#ff0000</color_code></metadata>"
        "<properties><density>1.24</density><diameter>2.85</diameter></properties></fdmmaterial>"
    )
    (tmp_path / "anns.xml.fdm_material.sig").write_bytes(b"\x00\x01")
    materials = [
        {"id": name, "base_file": name, "type": "material", "GUID": guid, "version": version, "path": str(path)}
        for name, guid, version, path in (
            ("generic_pla", PLA, "25", known), ("anns", "12345678-1234-4234-8234-123456789abc", "1", mine),
        )
    ]  # fmt: skip
    assert cura("sync_materials", address=at(open_house), materials=materials) == [["/cluster-api/v1/materials/", 200]]
    assert cura("sync_materials", address=at(open_house), materials=materials) == []


def test_every_profile_that_cura_brings_is_known(unpacked, open_house):
    """Debian's fdm-materials of the same version: a stock Cura has nothing to send."""
    rows = requests.get(f"{open_house.url}/cluster-api/v1/materials", timeout=10).json()
    known = {row["guid"]: row["version"] for row in rows}
    unknown = []
    for file in (unpacked / "usr").rglob("*.xml.fdm_material"):
        text = file.read_text("utf-8")
        guid, version = (re.search(rf"<{tag}>\s*([^<]+?)\s*</{tag}>", text)[1] for tag in ("GUID", "version"))
        if known.get(guid.lower(), 0) < int(version):
            unknown.append((file.name, guid, version))
    assert len(known) > 200
    assert unknown == []


# -- in the cloud


@pytest.fixture
def script(tmp_path, open_house):
    """The folder into which somebody has put what the server hands out."""
    folder = tmp_path / "downloads"
    folder.mkdir()
    answer = requests.get(f"{open_house.url}/cura/setup/sitecustomize.py", timeout=10)
    (folder / "sitecustomize.py").write_bytes(answer.content)
    return folder


def browse(address, name, secret):
    """What a person does in the browser that Cura opens: sign in, allow it, be sent back to Cura."""
    with requests.Session() as browser:
        page = browser.get(address, timeout=20)
        page = submit(browser, page, name=name, secret=secret)
        page = submit(browser, page, decision="allow")
        assert page.status_code == 200, page.text
        return page


def submit(browser, page, **fields):
    """Send the first form of a page, and follow wherever that leads."""
    action, body = re.search(r'<form method="post" action="([^"]*)">(.*?)</form>', page.text, re.DOTALL).groups()
    hidden = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', body))
    address = requests.compat.urljoin(page.url, unescape(action))
    answer = browser.post(address, data={**hidden, **fields}, headers={"origin": origin(address)}, timeout=60)
    again = re.search(r'http-equiv="refresh" content="0;url=([^"]*)"', answer.text)
    return browser.get(requests.compat.urljoin(answer.url, unescape(again[1])), timeout=60) if again else answer


def origin(address):
    return "/".join(address.split("/")[:3])


def login(cura, house):
    """Sign in as Cura does: with its own PKCE, its own little server, and a browser."""
    assert cura("account") == f"{house.url}/account/authorize"
    address = cura("begin_login", port=free_port())
    failed = []

    def person():
        try:
            browse(address, "ann", "correct horse battery staple")
        except Exception as error:  # noqa: BLE001 - it is told below
            failed.append(error)

    thread = threading.Thread(target=person)
    thread.start()
    who = cura("end_login")
    thread.join(30)
    assert failed == []
    return who


@pytest.fixture
def cloud(unpacked, open_house, script):
    """A Cura that is signed in."""
    user = {"name": "ann", "role": "operator", "password": "correct horse battery staple"}
    open_house.ask("POST", "/users", user)
    with cura_at(unpacked, script) as opened:
        assert login(opened, open_house)["username"] == "ann"
        yield opened


def test_the_script_points_the_real_cura_here(unpacked, open_house, script):
    with cura_at(unpacked) as cura:
        assert cura("roots")[0] == "https://api.ultimaker.com"
    with cura_at(unpacked, script) as cura:
        yard = open_house.url
        assert cura("roots") == [yard, f"{yard}/account", yard, f"{yard}/connect/v1", f"{yard}/cura/v1"]


def test_the_plugin_points_the_real_cura_here(unpacked, open_house, tmp_path):
    """Read by Cura's own manager of packages, loaded by its own registry, after all else and the account were there."""
    content = requests.get(f"{open_house.url}/cura/setup/PrintyardCloud.curapackage", timeout=10).content
    (tmp_path / "Printyard.curapackage").write_bytes(content)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(tmp_path)
    yard = open_house.url
    with cura_at(unpacked) as cura:
        info = cura("package_info", path=str(tmp_path / "Printyard.curapackage"))
        assert (info["package_id"], info["package_type"]) == ("PrintyardCloud", "plugin")
        assert cura("account").startswith("https://account.ultimaker.com/")
        assert cura("load_plugin", folder=str(tmp_path / "files/plugins")) == [["PrintyardCloud"], [], "Printyard"]
        assert cura("roots") == [yard, f"{yard}/account", yard, f"{yard}/connect/v1", f"{yard}/cura/v1"]
        address = cura("begin_login", port=free_port())
        assert address.startswith(f"{yard}/account/authorize?")


def test_the_clusters_of_the_account(cloud, open_house):
    """GET /connect/v1/clusters and /status through CloudApiClient, whose callbacks nothing guards."""
    open_house.add("Luke")
    open_house.add("Leia", "Ultimaker 3")
    assert cloud("refresh") is True
    clusters = {one["name"]: one for one in cloud("clusters")}
    assert {name: one["printer_type"] for name, one in clusters.items()} == {
        "Luke": "ultimaker_s5",
        "Leia": "ultimaker3",
    }
    for cluster in clusters.values():
        assert cluster["pairs_with_strangers"] is False, (
            "an empty name or address would pair it with every printer in the network"
        )
        page = cloud("status", cluster_id=cluster["cluster_id"])
        assert page["actions"] is True
        (printer,) = page["printers"]
        assert (printer["name"], printer["state"], page["jobs"]) == (cluster["name"], "idle", [])


def test_a_print_through_the_cloud(cloud, open_house):
    """PUT /cura/v1/jobs/upload, the file itself, POST .../print/{job_id}, and the buttons of the page."""
    luke = open_house.add("Luke", speed=20)
    (cluster,) = cloud("clusters")
    where = {"cluster_id": cluster["cluster_id"]}
    ended, said = cloud("cloud_send", **where, name="UMS5_torus.gcode.gz", content=coded(sliced()),
                        mime="application/gzip")  # fmt: skip
    assert ended == ["finished"], said

    def shows(state):
        page = cloud("status", **where)
        return next((job for job in page["jobs"] if job["state"] == state), None)

    job = until(lambda: shows("printing"), 40, "it is not printed")
    assert (job["name"], job["owner"], job["printer"]) == (
        "UMS5_torus.gcode",
        "ann",
        cloud("status", **where)["printers"][0]["key"],
    )
    for action, state in (("pause", "paused"), ("resume", "printing"), ("abort", "aborted_wait_cleanup")):
        luke.set_speed(500 if action == "abort" else 20)
        cloud("cloud_tell", **where, job=job["key"], action=action)
        until(lambda state=state: shows(state), 20, f"it is not {state}")
    luke.clear_plate()


def test_a_print_that_is_done_is_not_called_aborted_in_the_cloud(cloud, open_house):
    """It is the same page."""
    open_house.add("Luke", speed=3000)
    (cluster,) = cloud("clusters")
    where = {"cluster_id": cluster["cluster_id"]}
    cloud("cloud_send", **where, name="torus.gcode.gz", content=coded(sliced()), mime="application/gzip")
    job = until(
        lambda: next((job for job in cloud("status", **where)["jobs"] if job["state"] == "wait_cleanup"), None), 40
    )
    assert job["elapsed"] >= job["total"] > 0


def test_the_print_call_behind_an_upload_that_failed(cloud, open_house):
    """Cura makes it all the same, before it tells of the failure: nothing may be printed."""
    luke = open_house.add("Luke")
    (cluster,) = cloud("clusters")
    ended, said = cloud("cloud_send", cluster_id=cluster["cluster_id"], name="cube.gcode.gz",
                        content=coded(CUBE.read_bytes()), mime="application/gzip", lose=100)  # fmt: skip
    assert "finished" not in ended, said
    (error,) = cloud("said")
    assert "Received error while uploading" in error
    assert luke.state()["activity"] == "idle"
    assert cloud("status", cluster_id=cluster["cluster_id"])["jobs"] == []


# -- found in the network


def multicast_works():
    """Whether loopback carries multicast here: in some containers it does not."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        group = socket.inet_aton("224.0.0.251") + socket.inet_aton("127.0.0.1")
        try:
            probe.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
        except OSError:
            return False
    return True


@pytest.mark.skipif(not multicast_works(), reason="loopback takes no part in multicast here")
async def test_what_is_announced_is_found(cura):
    """Cura's own browser of the network: what it reads of a group, and what kind of machine it takes it for."""
    machine = MachineModel(
        id="ultimaker_s5", variant=S5, volume_mm=(330.0, 240.0, 300.0), tools=2, flavor="griffin",
        bom_numbers=(9051, 214475),
    )  # fmt: skip
    printer = Printer(
        id="p1", organization_id=HOME, group_id="p1", slug="luke", name="Luke", driver="virtual",
        model_id="ultimaker_s5", device_guid="5712e0ac-e90a-4344-ae91-7e8050a44c9b", created_at=0,
    )  # fmt: skip
    shown = Snapshot(printer, PrinterRecord(printer_id="p1"), PrinterState(firmware="7.0.3"))
    notice = notice_of(shown, machine, "The big ones", 80, ("127.0.0.2",), group="ultimaker-s5", size=3)
    announcer = MulticastAnnouncer(["127.0.0.1"])
    await announcer.show([notice])
    try:
        found = await asyncio.to_thread(cura, "discover", seconds=15)
    finally:
        await announcer.close()
    (ours,) = [row for row in found if row[0].startswith("ultimakersystem-7e8050a44c9b-")]
    key, address, told = ours
    assert (key, address) == ("ultimakersystem-7e8050a44c9b-ultimaker-s5._ultimaker._tcp.local.", "127.0.0.2")
    assert (told["name"], told["machine"], told["firmware_version"], told["cluster_size"]) == (
        "The big ones", "9051.0", "7.0.3", "3",
    )  # fmt: skip
    device = await asyncio.to_thread(cura, "discovered", key=key, address=address, told=told)
    assert device == {"name": "The big ones", "type": "ultimaker_s5", "size": 3, "firmware": "7.0.3"}
