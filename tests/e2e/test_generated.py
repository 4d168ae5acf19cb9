"""Tests made from the routes themselves: a new one has to say who may use it, and when its answer changes."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import requests  # noqa: TID251 - a client that people use
from requests.auth import HTTPDigestAuth  # noqa: TID251
from tests.e2e.house import CUBE, digest, hand_in, print_job, until

from printyard.app.registry import discover
from printyard.core.access.rules import REQUIRED
from printyard.core.model.user import RANK, Right, Role
from printyard.serving.spec import ApiScope
from printyard.testing.server import VirtualPrinter

HERE = Path(__file__).parent
RIGHTS = tomllib.loads((HERE / "rights.toml").read_text())
STEADY = tomllib.loads((HERE / "steady.toml").read_text())
UNDOCUMENTED = {
    "webcam": "one path, in its own tests",
    "digital_factory": "its ids are given, not made of paths: tests/apis/digital_factory asks each route as each role",
}
"""APIs without a document of their own, and where their rights are tested."""

GUID = "11111111-2222-3333-4444-555555555555"
MATERIAL = f"""<?xml version="1.0" encoding="UTF-8"?>
<fdmmaterial xmlns="http://www.ultimaker.com/material" version="1.3">
<metadata><name><brand>E2E</brand><material>PLA</material><color>Red</color></name>
<GUID>{GUID}</GUID><version>%d</version><color_code>#ff0000</color_code></metadata>
<properties><density>1.24</density><diameter>2.85</diameter><weight>750</weight></properties></fdmmaterial>"""


def documented():
    """Name and root of each API, by the registry; the root below a printer's for those of one printer."""
    return [
        (api.name, "/printers/{slug}" if api.scope is ApiScope.PRINTER else "", api.roots[0])
        for api in discover().apis.values()
        if api.name not in UNDOCUMENTED
    ]


APIS = documented()


def bearer(secret):
    return {"Authorization": f"Bearer {secret}"}


def operations(house, root, slug):
    """(method, path) of all operations that an API's own document lists."""
    _, scope, stem = root
    url = f"{house.url}{scope.format(slug=slug)}{stem}/openapi.json"
    document = requests.get(url, headers=bearer(house.token), timeout=10).json()
    return [(method.upper(), path) for path, methods in document["paths"].items() for method in methods]


def row_of(table, method, path):
    return table.get(f"{method} {path}") or (table.get("GET *") if method == "GET" else None)


# -- who may what

NUMBER = (
    "bed/temperature", "temperature/target", "hotend/temperature", "feeder/jerk", "feeder/max_speed",
    "feeder/acceleration", "{head_id}/acceleration", "position/{axis}", "led/hue", "led/saturation", "led/brightness",
)  # fmt: skip
"""The ends of the paths that take a number."""

PLACE = {"x": 10.0, "y": 10.0, "z": 5.0}

BODIES = {
    "PUT /api/v1/printer/bed/pre_heat": {"temperature": 50, "timeout": 60},
    "PUT /api/v1/printer/heads/{head_id}/position": PLACE,
    "POST /api/v1/printer/heads/{head_id}/position": {"action": "home"},
    "PUT /api/v1/printer/heads/{head_id}/max_speed": PLACE,
    "PUT /api/v1/printer/heads/{head_id}/jerk": PLACE,
    "POST /api/v1/history/events": {"type_id": 1, "parameters": ["x"]},
    "PUT /api/v1/printer/led": {"hue": 1},
    "POST /api/v1/printer/led/blink": {"frequency": 1, "count": 1},
    "PUT /api/v1/beep": {"frequency": 440, "duration": 100},
    "PUT /api/v1/system/name": "Own",
    "PUT /api/v1/system/display_message": {"message": "hello", "button_caption": "ok"},
    "PUT /api/v1/print_job": {"target": "print"},
    "PUT /api/v1/print_job/state": {"target": "print"},
    "POST /yard/v1/printers": {"name": "Third", "driver": "virtual"},
    "PATCH /yard/v1/printers/{slug}": {"note": "x"},
    "PATCH /yard/v1/printers/{slug}/sandbox": {"speed": 1},
    "POST /yard/v1/printers/{slug}/sandbox/faults": {"kind": "panel_pause"},
    "POST /yard/v1/groups": {"name": "Hall"},
    "POST /yard/v1/groups/{id}/jobs": {"file": "0"},
    "POST /yard/v1/jobs/{id}/move": {"position": 0},
    "POST /yard/v1/jobs/{id}/resolve": {"again": False},
    "POST /yard/v1/approvals/{id}": {"decision": "allow"},
    "POST /yard/v1/users": {"name": "ann", "role": "guest"},
    "POST /yard/v1/tokens": {"name": "ci", "role": "guest"},
    "PATCH /yard/v1/settings": {"front_printer": None},
    "PUT /yard/v1/users/{id}/password": {"password": "correct horse"},
    "PATCH /yard/v1/me": {"email": ""},
    "PUT /yard/v1/me/password": {"old": "correct horse", "new": "battery staple"},
    "POST /yard/v1/me/tokens": {"name": "own"},
    "POST /yard/v1/organizations": {"name": "Elsewhere"},
    "PATCH /yard/v1/organizations/{id}": {"name": "Here"},
    "POST /yard/v1/teams": {"name": "Night shift"},
    "POST /yard/v1/clients": {"name": "Wiki", "loopback": True},
}
"""What makes sense to the operations that look at a body before they ask who sends it; the others get {}."""

REMOVE = "DELETE /yard/v1/printers/{slug}"


class Ring:
    """Somebody's credential: how a request carries it, and the role that stands behind it on a printer."""

    def __init__(self, role, *, headers=None, auth=None, wrong=False):
        self.role, self.headers, self.auth, self.wrong = role, headers or {}, auth, wrong


@pytest.fixture(scope="module")
def slugs(house):
    return [house.add(name).slug for name in ("Own", "Other")]


@pytest.fixture(scope="module")
def rings(house, slugs):
    def token(role):
        return bearer(house.ask("POST", "/tokens", {"name": role, "role": role})["secret"])

    def grant(slug):
        return digest(VirtualPrinter(house.server, slug))

    return {
        "none": Ring(None),
        "wrong token": Ring(None, headers=bearer("nonsense"), wrong=True),
        "wrong digest": Ring(None, auth=HTTPDigestAuth("admin", "nonsense"), wrong=True),
        "guest": Ring(Role.GUEST, headers=token("guest")),
        "member": Ring(Role.MEMBER, headers=token("member")),
        "operator": Ring(Role.OPERATOR, headers=token("operator")),
        "admin": Ring(Role.ADMIN, headers=bearer(house.token)),
        "admin's digest": Ring(Role.ADMIN, auth=HTTPDigestAuth("admin", house.token)),
        "digest of this printer": Ring(Role.MEMBER, auth=grant(slugs[0])),
        "digest of another printer": Ring(None, auth=grant(slugs[1]), wrong=True),
    }


def expected(api, ring, name, right, method):
    """The statuses of refusal that an operation must answer with; empty if it may be anything else."""
    if api == "yard" and name == "digest of this printer":
        return {401}
    if right == "public":
        return set()
    if api == "cura_lan" and (ring.wrong or ring.role is None or name == "digest of this printer"):
        # At the yard's root no printer's grant is good, and what is wrong counts as none: guests, from here.
        return set() if right in {"read", "print"} else {401}
    if ring.wrong:
        return {401}
    if ring.role is None:
        return set() if right == "read" and api == "ultimaker" else {401}
    if right == "known" or RANK[ring.role] >= RANK[REQUIRED[Right(right)]]:
        return set()
    return {403}


@pytest.mark.slow
@pytest.mark.parametrize("root", APIS, ids=[name for name, *_ in APIS])
def test_who_may_what(house, rings, slugs, root):
    """Every operation x credential, at an own printer: refused as the table says, and never for another reason."""
    api, scope, _ = root
    table, failures, seen = RIGHTS[api], [], set()
    found = operations(house, root, slugs[0])
    session = requests.Session()
    house.add("Spare")
    if print_job(VirtualPrinter(house.server, slugs[0])) is None:
        assert hand_in(VirtualPrinter(house.server, slugs[0]), HTTPDigestAuth("admin", house.token)).status_code == 201
    for method, path in found:
        right = row_of(table, method, path)
        seen.add(f"{method} {path}")
        if right is None:
            failures.append(f'"{method} {path}" = "?"  # who may? there is no row')
            continue
        concrete = concrete_of(path, "spare" if f"{method} {path}" == REMOVE else slugs[0])
        for name, ring in rings.items():
            if path.endswith("/events") and api == "yard":
                status = opened(house, scope.format(slug=slugs[0]) + concrete, ring)
            else:
                answer = session.request(
                    method, f"{house.url}{scope.format(slug=slugs[0])}{concrete}", headers=ring.headers, auth=ring.auth,
                    timeout=20, allow_redirects=False, **body_of(method, path),
                )  # fmt: skip
                status = answer.status_code
            refused = expected(api, ring, name, right, method)
            if (refused and status not in refused) or (not refused and status in {401, 403}) or status >= 500:
                failures.append(f"{method} {path} by {name} ({right}): {status}, not {refused or 'an answer'}")
    failures += [f"{row} is in the table and nowhere else" for row in set(table) - seen if not row.endswith("*")]
    assert not failures, "\n".join(failures)


def body_of(method, path):
    """What to send, so that it is the right that decides, not the body."""
    if method == "GET":
        return {}
    if "/materials" in path:
        return {"data": MATERIAL % 1}
    if path == "/cluster-api/v1/print_jobs":
        return {"files": {"file": ("letter.txt", b"Dear Ann")}}
    return {"json": 10 if path.endswith(NUMBER) else BODIES.get(f"{method} {path}", {})}


def opened(house, path, ring):
    """The status of a stream."""
    with requests.get(f"{house.url}{path}", headers=ring.headers, auth=ring.auth, timeout=10, stream=True) as answer:
        return answer.status_code


def concrete_of(path, slug):
    """The path with values in its places: the printer, its parts, a material, and what names nothing."""
    return re.sub(r"\{[a-z_]+\}", lambda place: ({"{slug}": slug} | CONCRETE).get(place[0], "0"), path)


@pytest.mark.slow
def test_a_grant_is_good_at_its_own_printer_alone(house, rings, slugs):
    """Foreign printers and unknown ones look the same to who may see neither."""
    ring = rings["digest of this printer"]
    own, foreign, unknown = (
        requests.put(f"{house.url}/printers/{slug}/api/v1/printer/led/hue", json=1, auth=ring.auth, timeout=10)
        for slug in (*slugs, "no-such-printer")
    )
    assert own.status_code == 204
    assert foreign.status_code == 401
    assert "stale" not in foreign.headers["www-authenticate"]
    assert unknown.status_code in {401, 404}


# -- answers that have to change


CONCRETE = {
    "{index}": "0", "{head_id}": "0", "{extruder_id}": "0", "{sample_count}": "3", "{axis}": "x",
    "{module_id}": "print_process_reporting", "{material_guid}": GUID, "{leaf}": "name",
}  # fmt: skip


def change_the_world(house, printer, auth, asked):
    """Do to the yard and to one printer what changes as much as can be changed. The uuid of the print."""
    for path, value in {
        "/system/name": "Renamed",
        "/system/country": "DE",
        "/printer/led": {"hue": 10, "saturation": 20, "brightness": 30},
        "/printer/heads/0/max_speed": {"x": 111, "y": 111, "z": 11},
        "/printer/heads/0/acceleration": 1234,
        "/printer/heads/0/jerk": {"x": 11, "y": 11, "z": 0.7},
        "/printer/network/wifi_networks/e2e": {"passphrase": "correct horse"},
        "/printer/heads/0/extruders/0/feeder/max_speed": 33,
        "/printer/heads/0/extruders/0/feeder/acceleration": 1111,
        "/printer/heads/0/extruders/0/feeder/jerk": 3,
    }.items():
        answer = requests.put(f"{printer.url}/api/v1{path}", json=value, auth=auth, timeout=10)
        assert answer.status_code in {200, 204}, (path, answer.text)
    files = {"file": ("m.xml", MATERIAL % 2)}
    assert requests.post(f"{printer.url}/api/v1/materials", files=files, auth=auth, timeout=10).status_code == 204
    assert requests.post(
        f"{printer.url}/api/v1/history/events", json={"type_id": 1, "parameters": ["x"]}, auth=auth, timeout=10
    ).ok
    licence = {"file": ("licence.json", json.dumps({"print_process_reporting": {"serial": "1"}}))}
    assert requests.post(f"{printer.url}/api/v1/licenses", files=licence, auth=auth, timeout=10).ok
    house.ask("POST", "/users", {"name": "ann", "role": "member"})
    house.ask("POST", "/tokens", {"name": "ci", "role": "member"})
    ann = house.ask("GET", "/users")[0]["id"]
    team = house.ask("POST", "/teams", {"name": "Night shift"})["id"]
    house.ask("PUT", f"/teams/{team}/members/{ann}")
    house.ask("POST", "/organizations", {"name": "Elsewhere"})
    house.ask("PATCH", "/organizations/home", {"name": "The yard"})
    house.ask("PATCH", "/policies", {"enable_print_prep": True})
    house.ask("POST", "/clients", {"name": "Wiki", "loopback": True})
    house.ask("PATCH", "/settings", {"front_printer": printer.slug})
    house.ask("POST", f"/approvals/{asked}", {"decision": "allow"})
    uuid = hand_in(printer, auth, CUBE, jobname="second").json()["uuid"]
    until(lambda: print_job(printer)["progress"] > 0.2, 30)
    return uuid


def answers(house, printer, root, job, file, asked):
    """What every GET of an API answers now: status and body."""
    _, scope, _ = root
    found, guid = {}, requests.get(f"{printer.url}/api/v1/system/guid", timeout=10).json()
    for method, path in operations(house, root, printer.slug):
        if method != "GET" or path.endswith("/yard/v1/events"):
            continue
        concrete = path.replace("/printers/{uuid}", f"/printers/{guid}")
        concrete = concrete.replace("{slug}", printer.slug).replace("{uuid}", job).replace("{public_id}", asked)
        concrete = concrete.replace("{id}", first_of(house, path) or (file if "/files/" in path else job))
        for place, value in CONCRETE.items():
            concrete = concrete.replace(place, value)
        url = f"{house.url}{scope.format(slug=printer.slug)}{concrete}"
        answer = requests.get(url, headers=bearer(house.token), timeout=20, allow_redirects=False)
        assert answer.status_code < 500, (path, answer.text)
        found[f"GET {path}"] = (answer.status_code, answer.content, answer.headers.get("etag"))
    return found


def first_of(house, path):
    """The id of the first of the people, teams or groups, for the paths that look at one; "" if there is none."""
    kind = path.removeprefix("/yard/v1/").partition("/")[0]
    listed = house.ask("GET", f"/{kind}") if kind in {"users", "teams", "groups"} else []
    return listed[0]["id"] if listed else ""


@pytest.mark.slow
@pytest.mark.parametrize("root", APIS, ids=[name for name, *_ in APIS])
def test_what_has_to_change_does(fresh, root):
    """Every GET is asked before and after the world has changed; the table has those that may stay, and why."""
    fresh.start()
    fresh.add("First")
    printer = fresh.add("Second", speed=60)
    auth = digest(printer)
    job = "00000000-0000-7000-8000-000000000000"
    sent = {"application": "late", "user": "bob"}
    asked = requests.post(f"{printer.url}/api/v1/auth/request", json=sent, timeout=10).json()["id"]
    before = answers(fresh, printer, root, job, job, asked)
    uuid = change_the_world(fresh, printer, auth, asked)
    file = fresh.ask("GET", f"/jobs/{uuid}")["file_id"]
    after = answers(fresh, printer, root, uuid, file, asked)
    steady = STEADY[root[0]]
    stuck = [path for path in before if before[path][:2] == after[path][:2] and path not in steady]
    assert not stuck, "\n".join(f'"{path}" = "why may it stay?"  # {before[path][:2]}' for path in stuck)
    stale = [path for path in steady if path not in before]
    assert not stale, f"rows without an operation: {stale}"
    lied = [path for path in before if before[path][2] and before[path][2] == after[path][2] and path not in stuck
            and before[path][1] != after[path][1]]  # fmt: skip
    assert not lied, f"another answer under the same ETag: {lied}"


def test_every_api_is_tested_here():
    assert {name for name, *_ in APIS} == set(RIGHTS) == set(STEADY)
    assert json.dumps(UNDOCUMENTED)
