"""The printer as a computer, its network, peripherals, camera, licences, diagnostics: with all parts, and with none."""

import re
import uuid

import pytest
from msgspec.structs import replace

from printyard.core import commands
from printyard.core.errors import Busy, Refused, TimedOut
from printyard.core.model.state import Temperature
from printyard.core.ports.facets import Facets
from printyard.testing.fake_facets import all_facets

NETWORK = {
    "wifi": {"connected": True, "enabled": True, "mode": "WIRELESS", "ssid": "shop"},
    "wifi_networks": [{"ssid": "shop", "security_required": True, "strength": 71.0}],
    "ethernet": {"connected": False, "enabled": True},
}
AIR = {
    "firmware_version": "1.2", "filter_age": 100.0, "filter_max_age": 1500.0, "filter_status": "peak_performance",
    "status": "available", "fan_speed": 30.0,
}  # fmt: skip
WEBCAM = "http://localhost/printers/luke/webcam/?action="

WITH_ALL = {
    "GET /printer/network": NETWORK,
    "GET /printer/network/wifi_networks": NETWORK["wifi_networks"],
    "GET /airmanager": AIR,
    "GET /camera": {"feed": WEBCAM + "stream"},
    "GET /camera/feed": WEBCAM + "stream",
    "GET /licenses": {"print_process_reporting": "unlicensed"},
    "GET /licenses/{module_id}": {},
    "GET /ambient_temperature": {"current": 215},
    "GET /printer/diagnostics/cap_sensor_noise": [{"min": 1.0, "max": 2.0, "avg": 1.5, "variance": 0.25}],
    "GET /system/platform": "Printyard (scripted)",
    "GET /system/firmware": "7.0.3",
    "GET /system/firmware/status": "idle",
    "GET /system/firmware/stable": "8.2.1",
    "GET /system/firmware/latest": "8.3.0",
    "GET /system/firmware/testing": "",
    "GET /system/memory": {"total": 1_000_000, "used": 250_000},
    "GET /system/time": {"utc": 1_700_000_000.25},
    "GET /system/log": [f"line {number}" for number in range(50, 100)],
    "GET /system/name": "Luke",
    "GET /system/country": "NL",
    "GET /system/is_country_locked": False,
    "GET /system/language": "de",
    "GET /system/uptime": 3600,
    "GET /system/type": "3D printer",
    "GET /system/variant": "Scripted",
    "GET /system/hardware": {"typeid": 9999, "revision": 0},
    "GET /system/hardware/typeid": 9999,
    "GET /system/hardware/revision": 0,
}

WITH_NONE = {
    "GET /printer/network": {
        "wifi": {"connected": False, "enabled": False, "mode": "OFFLINE", "ssid": ""},
        "wifi_networks": [],
        "ethernet": {"connected": False, "enabled": False},
    },
    "GET /printer/network/wifi_networks": [],
    "GET /airmanager": {
        "firmware_version": "", "filter_age": 0.0, "filter_max_age": 0.0, "filter_status": "unknown",
        "status": "unavailable", "fan_speed": 0.0,
    },
    "GET /camera": {"feed": ""},
    "GET /camera/feed": "",
    "GET /ambient_temperature": {"current": 0},
    "GET /printer/diagnostics/cap_sensor_noise": [],
    "GET /printer/diagnostics/temperature_flow/5": [["Time"]],
    "GET /system/firmware": "7.0.3",
    "GET /system/firmware/status": "idle",
    "GET /system/firmware/stable": "",
    "GET /system/firmware/latest": "",
    "GET /system/memory": {"total": 0, "used": 0},
    "GET /system/time": {"utc": 1767268800.0},
    "GET /system/log": [],
    "GET /system/country": "",
    "GET /system/is_country_locked": True,
    "GET /system/language": "en",
    "GET /system/uptime": 0,
}  # fmt: skip


@pytest.fixture
def whole(bench):
    bench.device.facets = all_facets()
    return bench


def path_of(operation):
    return operation.partition(" ")[2].replace("{module_id}", "print_process_reporting")


async def test_every_part_can_be_read(whole):
    await whole.say(ambient=Temperature(current=21.46))
    for operation, expected in WITH_ALL.items():
        assert await whole.value(path_of(operation)) == expected, operation


async def test_where_a_part_is_missing_the_value_is_neutral(bench):
    for operation, expected in WITH_NONE.items():
        assert await bench.value(path_of(operation)) == expected, operation
    for path in ("/licenses", "/licenses/print_process_reporting", "/camera/0/stream", "/camera/0/snapshot"):
        answer = await bench.get(path)
        assert (answer.status_code, list(answer.json())) == (404, ["message"]), path
    assert (await bench.get("/printer/diagnostics/probing_report")).status_code == 204


async def test_writes_to_a_part_that_is_missing_are_405(bench):
    for path, body in (
        ("/printer/network/wifi_networks/shop", {"data": {"passphrase": "secret secret"}}),
        ("/system/country", {"json": "NL"}),
        ("/system/firmware", {"json": "stable"}),
    ):
        answer = await bench.put(path, **body)
        assert (answer.status_code, list(answer.json())) == (405, ["message"]), path
    assert (await bench.delete("/printer/network/wifi_networks/shop")).status_code == 405
    assert (await bench.post("/licenses", files={"file": ("a", b"{}")})).status_code == 404


async def test_the_whole_system(whole):
    """GET /system, GET /system/guid, GET /system/hostname"""
    guid, host = await whole.value("/system/guid"), await whole.value("/system/hostname")
    assert str(uuid.UUID(guid)) == guid
    assert host == "ultimakersystem-" + guid.replace("-", "")[-12:]
    assert re.fullmatch("ultimakersystem-[0-9a-f]{12}", host)
    assert await whole.value("/system") == {
        "name": "Luke", "platform": "Printyard (scripted)", "hostname": host, "firmware": "7.0.3", "country": "NL",
        "language": "de", "uptime": 3600, "time": {"utc": 1_700_000_000.25}, "type": "3D printer",
        "variant": "Scripted", "memory": {"total": 1_000_000, "used": 250_000},
        "hardware": {"typeid": 9999, "revision": 0}, "log": "\n".join(f"line {number}" for number in range(50, 100)),
        "guid": guid,
    }  # fmt: skip


async def test_the_whole_printer_changes_with_its_parts(whole):
    """GET /printer"""
    printer = await whole.value("/printer")
    assert list(printer) == ["heads", "camera", "bed", "network", "led", "status", "airmanager"]
    assert (printer["network"], printer["airmanager"], printer["camera"]) == (NETWORK, AIR, {"feed": WEBCAM + "stream"})
    assert printer["heads"] == await whole.value("/printer/heads")
    assert printer["bed"] == await whole.value("/printer/bed")
    network = whole.device.facets.network
    network.now = replace(network.now, wifi_ssid="office")
    assert (await whole.value("/printer"))["network"]["wifi"]["ssid"] == "office"
    first = await whole.get("/printer", headers={"host": "localhost:81"})
    assert first.json()["camera"]["feed"] == "http://localhost:81/printers/luke/webcam/?action=stream"


async def test_the_log_can_be_cut(whole):
    assert await whole.value("/system/log", params={"lines": "2.0", "boot": "-1"}) == ["line 98", "line 99"]
    assert whole.device.facets.diagnostics.asked[-1] == (-1, 2)
    assert await whole.value("/system/log", params={"lines": 0}) == []
    for bad in ({"lines": -1}, {"lines": "x"}, {"boot": 1}, {"boot": "nan"}):
        assert (await whole.get("/system/log", params=bad)).status_code == 400, bad


@pytest.mark.parametrize(
    "body", [{"json": "Leia"}, {"json": {"name": "Leia"}}, {"content": b"Leia"}, {"data": {"name": "Leia"}}]
)
async def test_the_printer_is_renamed(bench, body):
    """PUT /system/name"""
    assert (await bench.put("/system/name", **body)).status_code == 204
    assert await bench.value("/system/name") == "Leia"
    assert bench.slug == "luke", "its address stays"
    assert commands.Rename(name="Leia") in bench.commands


@pytest.mark.parametrize(
    "body", [{"json": ""}, {"json": "  "}, {"json": "a\x00b"}, {"json": "n" * 101}, {"json": 5}, {}, {"json": {}}]
)
async def test_a_bad_name_is_400(bench, body):
    assert (await bench.put("/system/name", **body)).status_code == 400
    assert await bench.value("/system/name") == "Luke"


async def test_the_country_is_set(whole):
    """PUT /system/country"""
    assert (await whole.put("/system/country", json="de")).status_code == 204
    assert await whole.value("/system/country") == "DE"
    assert (await whole.put("/system/country", json="Germany")).status_code == 400


@pytest.mark.parametrize(
    ("body", "channel"),
    [
        ({"json": "latest"}, "latest"),
        ({"json": {"update_type": "latest"}}, "latest"),
        ({}, "stable"),
        ({"content": b"stable"}, "stable"),
    ],
)
async def test_the_firmware_is_updated(whole, body, channel):
    """PUT /system/firmware"""
    answer = await whole.put("/system/firmware", **body)
    assert (answer.status_code, answer.json()) == (200, {"message": "Update started"})
    assert whole.device.facets.firmware.updates == [channel]
    assert (await whole.put("/system/firmware", **body)).status_code == 405
    assert (await whole.put("/system/firmware", json="nightly")).status_code == 400
    assert (await whole.put("/system/firmware", json=5)).status_code == 400


async def test_a_message_is_displayed(bench):
    """PUT /system/display_message"""
    answer = await bench.put("/system/display_message", json={"message": "hello", "button_caption": "OK"})
    assert (answer.status_code, list(answer.json())) == (200, ["message"])
    assert bench.commands == [commands.ShowMessage(text="hello", button="OK")]
    for bad in ({"json": {}}, {"json": {"message": " "}}, {"json": {"message": 5}}, {"json": "hello"}, {}):
        assert (await bench.put("/system/display_message", **bad)).status_code == 400, bad
    bench.device.refuse(commands.ShowMessage, Refused("The display shows something else."))
    assert (await bench.put("/system/display_message", json={"message": "hello"})).status_code == 405


async def test_wireless_networks_are_joined_and_forgotten(whole):
    """PUT and DELETE /printer/network/wifi_networks/{ssid}"""
    network, path = whole.device.facets.network, "/printer/network/wifi_networks/"
    assert (await whole.put(path + "caf%C3%A9%2F5", data={"passphrase": "secret secret"})).status_code == 204
    assert network.joined == [("café/5", "secret secret")]
    assert (await whole.delete(path + "caf%C3%A9%2F5")).status_code == 204
    assert network.forgotten == ["café/5"]
    assert (await whole.delete(path + "other")).status_code == 404
    for bad in ({"data": {"passphrase": "short"}}, {}, {"json": {"passphrase": 12345678}}):
        answer = await whole.put(path + "shop", **bad)
        assert answer.status_code == 400, bad
        assert "short" not in answer.text
    facts = await whole.house.facts()
    assert "secret secret" not in str(facts)


@pytest.mark.parametrize("picture", ["stream", "snapshot"])
async def test_the_camera_is_found_by_redirection(whole, picture):
    """GET /camera/{index}/stream, GET /camera/{index}/snapshot"""
    answer = await whole.get(f"/camera/0/{picture}")
    assert (answer.status_code, answer.headers["location"]) == (302, WEBCAM + picture)
    for index in ("1", "9", "x", "-1"):
        missing = await whole.get(f"/camera/{index}/{picture}")
        assert (missing.status_code, list(missing.json())) == (404, ["message"])


async def test_it_beeps(bench):
    answer = await bench.put("/beep", json={"frequency": 440, "duration": 500})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/json")
    assert bench.commands == [commands.Beep(frequency_hertz=440.0, seconds=0.5)]
    for bad in (
        {"frequency": 0, "duration": 5},
        {"frequency": 5},
        {"frequency": "x", "duration": 5},
        {"frequency": 1, "duration": 1e9},
    ):
        assert (await bench.put("/beep", json=bad)).status_code == 400


async def test_licences_are_installed(whole):
    """POST /licenses"""
    answer = await whole.post("/licenses", files={"file": ("a.umlicense", b'{"a": 1}')})
    assert (answer.status_code, answer.json()) == (200, ["print_process_reporting"])
    assert await whole.value("/licenses") == {"print_process_reporting": "licensed"}
    assert await whole.value("/licenses/print_process_reporting") == {"serial": "1"}
    assert (await whole.get("/licenses/other")).status_code == 404
    for bad in ({"files": {"file": ("a", b"rubbish")}}, {"files": {"other": ("a", b"{}")}}, {}):
        assert (await whole.post("/licenses", **bad)).status_code == 400, bad


async def test_sensor_noise_is_not_measured_while_the_printer_is_busy(whole):
    """GET /printer/diagnostics/cap_sensor_noise"""
    for error in (Busy("The printer is printing."), TimedOut("It took too long.")):
        whole.device.facets.diagnostics.error = error
        answer = await whole.get("/printer/diagnostics/cap_sensor_noise")
        assert (answer.status_code, answer.json()) == (400, {"message": error.message})


async def test_temperature_and_flow_as_rows(whole):
    """GET /printer/diagnostics/temperature_flow/{sample_count}"""
    path = "/printer/diagnostics/temperature_flow/"
    names = ["Time", "temperature1", "flow1"]
    assert await whole.value(path + "2") == [names, [1000.0, 25.0, 0.5], [999.0, 25.0, 0.5]]
    assert await whole.value(path + "0") == [names]
    assert await whole.value(path + "1", params={"csv": "0", "max_timestamp": "998.5"}) == [names, [1000.0, 25.0, 0.5]]
    assert whole.device.facets.diagnostics.before == 998.5
    answer = await whole.get(path + "1", params={"csv": 1})
    assert (answer.headers["content-type"], answer.text) == (
        "text/csv; charset=utf-8", "Time,temperature1,flow1\r\n1000.0,25.0,0.5\r\n",
    )  # fmt: skip
    for bad in ("-1", "x", "1.5", "99999999", "1?csv=x", "1?max_timestamp=now"):
        assert (await whole.get(path + bad)).status_code == 400, bad


async def test_the_probing_report(whole):
    """GET /printer/diagnostics/probing_report"""
    path = "/printer/diagnostics/probing_report"
    assert (await whole.get(path)).status_code == 204
    whole.device.facets.diagnostics.report = b'{"points":[1.5]}'
    assert await whole.value(path) == {"points": [1.5]}


async def test_facets_of_a_printer_without_any(bench):
    assert bench.device.facets == Facets()
