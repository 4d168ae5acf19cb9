"""The group's printers, and who may see them."""

import re
from urllib.parse import parse_qs, urlsplit

import httpx  # noqa: TID251
import pytest
from tests.apis.cura_lan.conftest import FAMILY, FOREIGN, PLA, PVA, ROOT, Group, bench_in

from printyard.app.config import DoorConfig
from printyard.core.access.rules import SYSTEM
from printyard.core.model.state import Activity
from printyard.testing.people import ADMIN

REQUIRED = {
    "enabled", "firmware_version", "friendly_name", "ip_address", "machine_variant", "status", "unique_name", "uuid",
    "configuration",
}  # fmt: skip
"""What Cura's model of a printer cannot do without."""


async def test_a_printer_has_all_that_cura_needs(bench, guest):
    """GET /printers, GET /printers/{uuid}"""
    rows = await guest.value("/printers")
    assert [row["friendly_name"] for row in rows] == ["Luke", "Leia"], "in the order in which they were added"
    luke = rows[0]
    assert all(luke[field] is not None for field in REQUIRED)
    assert luke["uuid"] == bench.uuid(bench.luke)
    assert luke["unique_name"] == "ultimakersystem-" + luke["uuid"].replace("-", "")[-12:]
    assert (luke["machine_variant"], luke["firmware_version"], luke["status"]) == ("Scripted", "7.0.3", "idle")
    assert (luke["enabled"], luke["maintenance_required"], luke["reserved_by"]) == (True, False, None)
    first, second = luke["configuration"]
    assert (first["extruder_index"], first["print_core_id"], first["material"]["guid"]) == (0, "AA 0.4", PLA)
    assert set(first["material"]) == {"guid", "brand", "color", "material"}
    assert (second["extruder_index"], second["print_core_id"], second["material"]["guid"]) == (1, "BB 0.4", PVA)
    assert await guest.value(f"/printers/{luke['uuid']}") == luke
    assert (await guest.ask("GET", "/printers/no-such-uuid")).status_code == 404


async def test_with_and_without_the_last_slash(guest):
    for path in ("/printers", "/print_jobs", "/materials"):
        plain, slashed = await guest.ask("GET", path), await guest.ask("GET", f"{path}/")
        assert plain.status_code == slashed.status_code == 200, path
        assert plain.content == slashed.content


async def test_it_is_rendered_once_until_something_changes(bench, guest):
    first = await guest.ask("GET", "/printers")
    known = {"if-none-match": first.headers["etag"]}
    assert (await guest.ask("GET", "/printers", headers=known)).status_code == 304
    await bench.say(bench.luke, activity=Activity.BUSY)
    changed = await guest.ask("GET", "/printers", headers=known)
    assert (changed.status_code, changed.json()[0]["status"]) == (200, "maintenance")
    await bench.core.printers.decide(ADMIN, bench.leia, enabled=False)
    assert [row["enabled"] for row in await guest.value("/printers")] == [True, False]


async def test_a_printer_that_cannot_be_reached_is_still_in_the_list(bench, guest):
    """Six empty lists, and Cura throws the whole group out."""
    for printer_id in (bench.luke, bench.leia):
        bench.house.device(printer_id).lose()
    await bench.house.settle()
    assert [row["status"] for row in await guest.value("/printers")] == ["unreachable", "unreachable"]


async def test_a_material_that_gets_a_name_shows_it(bench, guest):
    """The library stands outside of the snapshots."""
    assert (await guest.value("/printers"))[0]["configuration"][0]["material"]["brand"] == "Generic"
    await bench.core.materials.remove(SYSTEM, PLA)
    assert (await guest.value("/printers"))[0]["configuration"][0]["material"] == {
        "guid": PLA, "brand": "", "color": "", "material": "",
    }  # fmt: skip


async def test_a_tool_without_material_is_empty_and_not_null(bench, guest):
    shown = bench.shown(bench.luke).state.tools[0]
    bare = type(shown)(heater=shown.heater)
    await bench.say(bench.luke, tools=(bare,))
    assert (await guest.value("/printers"))[0]["configuration"] == [{
        "extruder_index": 0, "material": {"guid": "", "brand": "", "color": "", "material": "empty"},
        "print_core_id": "", "temperature": 24.5, "estimated_material_volume": None, "original_material_volume": None,
    }]  # fmt: skip


async def test_the_camera_is_found_where_cura_looks_for_it(bench, guest):
    """Cura makes http://{ip_address}:8080/?action=stream of it, whatever stands there."""
    luke, leia = await guest.value("/printers")
    made = urlsplit(f"http://{luke['ip_address']}:8080/?action=stream")
    assert (made.netloc, made.path) == ("localhost", "/printers/luke/webcam/")
    assert "action" not in parse_qs(made.query), "the camera shows a stream where nothing is asked of it"
    assert leia["ip_address"] == "10.0.0.5", "this one has its camera at port 8080 of its own address"


async def test_the_address_is_the_one_by_which_the_client_came(bench):
    for base, found in (("http://localhost", "localhost"), ("http://10.0.0.1:7200", "10.0.0.1:7200")):
        (luke, _) = await bench.group(base).value("/printers")
        assert luke["ip_address"].startswith(f"{found}/printers/luke/webcam")


async def test_each_address_has_its_own_group(bench):
    """GET /printers of one printer, of a family, of another one's, of all."""
    for base, slug, names in (
        ("http://localhost", None, ["Luke", "Leia"]),
        ("http://localhost", "leia", ["Leia"]),
        ("http://10.0.0.5:8099", None, ["Leia"]),
        (FAMILY, None, ["Luke", "Leia"]),
        (FAMILY, "luke", ["Luke"]),
        (FOREIGN, None, []),
    ):
        found = await bench.group(base, slug).value("/printers")
        assert [row["friendly_name"] for row in found] == names, (base, slug)
    await bench.change(bench.luke, model_id="ultimaker3")
    assert [row["friendly_name"] for row in await bench.group(FAMILY).value("/printers")] == ["Leia"]
    assert [row["friendly_name"] for row in await bench.group(FOREIGN).value("/printers")] == ["Luke"]


async def test_cura_finds_out_what_stands_at_an_address(bench):
    """GET /api/v1/system, which is all that it asks of a printer that is added by its address."""
    for base, slug, name in (
        ("http://localhost", None, "Luke"), ("http://localhost", "leia", "Leia"), (FAMILY, None, "Luke"),
        ("http://10.0.0.5:8099", None, "Leia"),
    ):  # fmt: skip
        group = bench.group(base, slug)
        system = (await group.http.get("/api/v1/system")).json()
        assert {"guid", "firmware", "hostname", "name", "platform", "variant", "hardware"} <= set(system)
        assert (system["name"], system["firmware"], system["hardware"]["typeid"]) == (name, "7.0.3", 9999)
        (host,) = [row for row in await group.value("/printers") if row["uuid"] == system["guid"]]
        assert host["unique_name"] == system["hostname"]


# -- who may look


async def test_trusted_networks_are_guests_and_others_need_a_credential(bench):
    stranger = bench.group(address="192.168.1.50")
    for method, path in (
        ("GET", "/printers"), ("GET", "/print_jobs"), ("GET", "/materials"), ("POST", "/print_jobs/"),
        ("POST", "/materials/"), ("DELETE", "/print_jobs/x"), ("PUT", "/print_jobs/x/action"),
    ):  # fmt: skip
        answer = await stranger.ask(method, path)
        assert (answer.status_code, set(answer.json())) == (401, {"message"}), (method, path)
        assert re.fullmatch(
            r'Digest realm="Jedi-API", nonce="[0-9a-f]+", qop="auth"', answer.headers["www-authenticate"]
        )
    assert await bench.guest.jobs() == [], "nobody fills a list that he may not add to"


async def test_guesses_do_not_harm_who_needs_no_credential(bench):
    """Cura 5 signs with a nonce of its own, and a key that nobody has allowed yet."""
    guess = (
        'Digest username="0123456789abcdef0123456789abcdef", realm="Jedi-API", nonce="12345678", uri="%s", '
        f'algorithm="SHA-256", qop=auth, nc=00000001, cnonce="0123456789abcdef", response="{"0" * 64}"'
    )
    answer = await bench.guest.ask(
        "GET", "/printers", headers={"authorization": guess % f"{ROOT}/printers"}
    )  # fmt: skip
    assert answer.status_code == 200
    path = f"{ROOT}/print_jobs/"
    sent = await bench.guest.ask(
        "POST", "/print_jobs/", headers={"authorization": guess % path}, files={"file": ("a.gcode", b"G28\n")}
    )
    assert sent.status_code == 201


@pytest.mark.parametrize(("word", "reads", "prints"), [("none", 401, 401), ("read", 200, 401), ("member", 200, 201)])
async def test_the_owner_says_what_trusted_networks_may(tmp_path, word, reads, prints):
    async with bench_in(tmp_path, door={"cura_lan": DoorConfig(anonymous=word)}) as bench:
        assert (await bench.guest.ask("GET", "/printers")).status_code == reads
        assert (await bench.guest.hand_in()).status_code == prints
        if prints == 201:
            (job,) = await bench.guest.jobs()
            assert job["status"] == "printing", "a member's print needs no approval"


async def test_a_digest_that_is_right_opens_the_printers_own_group(bench):
    """The grant of a printer's own door, with the nonce that the refusal brought."""
    base = "http://localhost/printers/luke"
    own = httpx.AsyncClient(
        transport=httpx.ASGITransport(bench.doors, client=("127.0.0.1", 1)), base_url=f"{base}/api/v1"
    )
    asked = (await own.post("/auth/request", json={"application": "Cura", "user": "ann"})).json()
    await bench.core.access.decide(ADMIN, asked["id"], allow=True)
    digest = httpx.DigestAuth(asked["id"], asked["key"])
    signed = Group(bench, base, auth=digest, address="192.168.1.50")
    assert [row["friendly_name"] for row in await signed.value("/printers")] == ["Luke"]
    await signed.hand_in()
    (job,) = await signed.jobs()
    assert job["status"] == "printing", "it is a member's, not a guest's"
    other = Group(bench, "http://localhost/printers/leia", auth=digest, address="192.168.1.50")
    assert (await other.ask("GET", "/printers")).status_code == 401
