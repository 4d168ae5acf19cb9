"""Who may do what at the native API: every operation, by every role."""

import tomllib
from pathlib import Path

import pytest

from printyard.apis import yard as yard_api
from printyard.core.model.user import Role

ROLES = ["guest", "member", "operator", "admin"]
LEAST = {
    ("GET", "/printers"): "guest",
    ("GET", "/printers/luke"): "guest",
    ("POST", "/printers"): "admin",
    ("PATCH", "/printers/luke"): "operator",
    ("DELETE", "/printers/luke"): "admin",
    ("POST", "/printers/luke/plate-cleared"): "member",
    ("POST", "/printers/luke/pause"): "member",
    ("POST", "/printers/luke/resume"): "member",
    ("POST", "/printers/luke/cancel"): "member",
    ("POST", "/printers/luke/jobs"): "guest",
    ("GET", "/printers/luke/sandbox"): "operator",
    ("PATCH", "/printers/luke/sandbox"): "operator",
    ("POST", "/printers/luke/sandbox/faults"): "operator",
    ("DELETE", "/printers/luke/sandbox/faults/{kind}"): "operator",
    ("GET", "/approvals"): "operator",
    ("POST", "/approvals/{id}"): "operator",
    ("GET", "/settings"): "guest",
    ("PATCH", "/settings"): "admin",
    ("GET", "/jobs"): "guest",
    ("GET", "/jobs/{id}"): "guest",
    ("DELETE", "/jobs/{id}"): "guest",
    ("POST", "/jobs/{id}/resolve"): "operator",
    ("GET", "/groups"): "guest",
    ("POST", "/groups"): "admin",
    ("GET", "/groups/{id}"): "guest",
    ("PATCH", "/groups/{id}"): "operator",
    ("DELETE", "/groups/{id}"): "admin",
    ("PUT", "/groups/{id}/printers/luke"): "admin",
    ("DELETE", "/groups/{id}/printers/luke"): "admin",
    ("GET", "/groups/{id}/queue"): "guest",
    ("POST", "/groups/{id}/jobs"): "guest",
    ("GET", "/jobs/{id}/standing"): "guest",
    ("PATCH", "/jobs/{id}"): "guest",
    ("POST", "/jobs/{id}/move"): "operator",
    ("POST", "/jobs/{id}/hold"): "guest",
    ("POST", "/jobs/{id}/release"): "guest",
    ("POST", "/jobs/{id}/force"): "guest",
    ("POST", "/jobs/{id}/duplicate"): "guest",
    ("POST", "/jobs/{id}/reprint"): "guest",
    ("POST", "/jobs/{id}/stop-and-reprint"): "member",
    ("GET", "/users"): "admin",
    ("POST", "/users"): "admin",
    ("GET", "/tokens"): "admin",
    ("POST", "/tokens"): "admin",
    ("DELETE", "/tokens/{id}"): "admin",
    ("GET", "/users/{id}"): "admin",
    ("PATCH", "/users/{id}"): "admin",
    ("PUT", "/users/{id}/password"): "admin",
    ("DELETE", "/users/{id}"): "admin",
    ("GET", "/consents"): "admin",
    ("DELETE", "/consents/{id}"): "admin",
    ("GET", "/me"): "guest",
    ("PATCH", "/me"): "guest",
    ("PUT", "/me/password"): "guest",
    ("GET", "/me/tokens"): "guest",
    ("POST", "/me/tokens"): "guest",
    ("DELETE", "/me/tokens/{id}"): "guest",
    ("GET", "/me/sessions"): "guest",
    ("DELETE", "/me/sessions/{id}"): "guest",
    ("GET", "/me/consents"): "guest",
    ("DELETE", "/me/consents/{id}"): "guest",
    ("GET", "/organizations"): "guest",
    ("POST", "/organizations"): "admin",
    ("PATCH", "/organizations/{id}"): "admin",
    ("DELETE", "/organizations/{id}"): "admin",
    ("GET", "/policies"): "guest",
    ("PATCH", "/policies"): "admin",
    ("GET", "/teams"): "guest",
    ("POST", "/teams"): "admin",
    ("GET", "/teams/{id}"): "guest",
    ("PATCH", "/teams/{id}"): "admin",
    ("DELETE", "/teams/{id}"): "admin",
    ("PUT", "/teams/{id}/members/{user_id}"): "admin",
    ("DELETE", "/teams/{id}/members/{user_id}"): "admin",
    ("GET", "/clients"): "admin",
    ("POST", "/clients"): "admin",
    ("DELETE", "/clients/{client_id}"): "admin",
    ("GET", "/grants"): "operator",
    ("DELETE", "/grants/{id}"): "operator",
    ("GET", "/files"): "guest",
    ("GET", "/files/{id}"): "guest",
    ("POST", "/files"): "guest",
    ("DELETE", "/files/{id}"): "guest",
    ("GET", "/files/{id}/analysis"): "guest",
    ("GET", "/files/{id}/check"): "guest",
    ("GET", "/files/{id}/picture"): "guest",
    ("GET", "/files/{id}/preview"): "guest",
    ("POST", "/files/{id}/process"): "guest",
    ("GET", "/analyses"): "guest",
    ("DELETE", "/analyses/{id}"): "guest",
    ("GET", "/printers/luke/limits"): "guest",
    ("GET", "/drivers"): "guest",
    ("GET", "/server"): "guest",
    ("GET", "/events"): "guest",
}
BODIES = {
    ("POST", "/printers"): {"json": {"name": "New", "driver": "test"}},
    ("PATCH", "/printers/luke"): {"json": {"note": "x"}},
    ("PATCH", "/printers/luke/sandbox"): {"json": {"speed": 2}},
    ("POST", "/printers/luke/sandbox/faults"): {"json": {"kind": "link_lost"}},
    ("POST", "/approvals/{id}"): {"json": {"decision": "deny"}},
    ("PATCH", "/settings"): {"json": {"front_printer": None}},
    ("POST", "/jobs/{id}/resolve"): {"json": {"again": False}},
    ("POST", "/groups"): {"json": {"name": "Hall"}},
    ("PATCH", "/groups/{id}"): {"json": {}},
    ("POST", "/groups/{id}/jobs"): {"json": {"file": "none"}},
    ("POST", "/jobs/{id}/move"): {"json": {"position": 0}},
    ("POST", "/jobs/{id}/hold"): {"json": {}},
    ("POST", "/jobs/{id}/force"): {"json": {}},
    ("POST", "/jobs/{id}/duplicate"): {"json": {}},
    ("POST", "/jobs/{id}/reprint"): {"json": {}},
    ("PATCH", "/jobs/{id}"): {"json": {}},
    ("POST", "/users"): {"json": {"name": "Ben", "role": "member"}},
    ("GET", "/files/{id}/analysis"): {"params": {"printer": "luke"}},
    ("GET", "/files/{id}/check"): {"params": {"printer": "luke"}},
    ("GET", "/files/{id}/preview"): {"params": {"printer": "luke"}},
    ("POST", "/files/{id}/process"): {"json": {"printer": "luke"}},
    ("POST", "/tokens"): {"json": {"name": "t", "role": "member"}},
    ("PUT", "/users/{id}/password"): {"json": {"password": "correct horse"}},
    ("PATCH", "/users/{id}"): {"json": {}},
    ("PATCH", "/me"): {"json": {"email": ""}},
    ("PUT", "/me/password"): {"json": {"old": "correct horse", "new": "battery staple"}},
    ("POST", "/me/tokens"): {"json": {"name": "t"}},
    ("POST", "/organizations"): {"json": {"name": "Elsewhere"}},
    ("PATCH", "/organizations/{id}"): {"json": {"name": "Here"}},
    ("PATCH", "/policies"): {"json": {}},
    ("POST", "/teams"): {"json": {"name": "Night shift"}},
    ("PATCH", "/teams/{id}"): {"json": {}},
    ("POST", "/clients"): {"json": {"name": "Wiki", "loopback": True}},
    ("POST", "/files"): {"files": {"file": ("x.gcode", b"G28\n")}},
    ("POST", "/printers/luke/jobs"): {"files": {"file": ("x.gcode", b"G28\n")}},
}
SOMETHING = "019a0000-0000-7000-8000-000000000000"


async def test_every_operation_of_the_document_has_a_row(yard, client):
    paths = (await client.get("/yard/v1/openapi.json")).json()["paths"]
    served = {
        (method.upper(), path.removeprefix("/yard/v1").replace("{slug}", "luke"))
        for path, methods in paths.items()
        for method in methods
    }
    assert served == set(LEAST)


async def test_the_table_of_support_is_the_document(yard, client):
    paths = (await client.get("/yard/v1/openapi.json")).json()["paths"]
    served = {
        f"{method.upper()} {path.removeprefix('/yard/v1')}" for path, methods in paths.items() for method in methods
    }
    table = tomllib.loads((Path(yard_api.__file__).parent / "support.toml").read_text())["operations"]
    assert set(table) == served | {"GET /openapi.json"}
    assert set(table.values()) == {"done"}


@pytest.mark.parametrize(("method", "path"), [row for row in LEAST if row != ("GET", "/events")])
async def test_each_role_gets_as_far_as_it_may(yard, method, path):
    await yard.add("Luke")
    if path.endswith("/cancel"):
        await yard.printing()
    address = "/yard/v1" + path.replace("{id}", SOMETHING).replace("{user_id}", SOMETHING).replace(
        "{client_id}", SOMETHING
    ).replace("{kind}", "link_lost")
    for role in [None, *ROLES]:
        token = None if role is None else (await yard.token(role))[1]
        async with yard.client(token) as caller:
            answer = await caller.request(method, address, **BODIES.get((method, path), {}))
        if role is None:
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Bearer")
        elif ROLES.index(role) < ROLES.index(LEAST[method, path]):
            assert answer.status_code == 403, (role, answer.text)
            assert answer.json()["error"]["code"] == "forbidden"
        else:
            assert answer.status_code not in {401, 403, 405, 500}, (role, answer.text)


@pytest.mark.parametrize("token", ["wrong", "the-admin-toke", "x" * 9000])
async def test_a_wrong_token_is_401_and_says_no_more(yard, token):
    async with yard.client(None) as caller:
        answer = await caller.get("/yard/v1/printers", headers={"authorization": f"Bearer {token}"})
    assert answer.status_code == 401
    assert answer.headers["cache-control"] == "no-store"


async def test_a_foreign_page_changes_nothing(yard, client):
    await yard.add("Luke")
    for headers in ({"origin": "http://evil.example"}, {"origin": "null"}, {"sec-fetch-site": "cross-site"}):
        assert (await client.delete("/yard/v1/printers/luke", headers=headers)).status_code == 403
    assert (await client.get("/yard/v1/printers", headers={"host": "evil.example"})).status_code == 421
    assert (await client.get("/yard/v1/printers/luke")).status_code == 200


async def test_an_application_is_allowed_and_another_denied(yard, client):
    printer, _ = await yard.add("Luke")
    allowed, _ = await yard.core.access.ask(printer.id, "Cura", "ann", "desk-1")
    denied, _ = await yard.core.access.ask(printer.id, "Bot", "mallory")
    listed = (await client.get("/yard/v1/approvals")).json()
    assert [(entry["id"], entry["kind"], entry["printer"], entry["name"]) for entry in listed] == [
        (allowed, "access", "luke", "Cura"), (denied, "access", "luke", "Bot"),
    ]  # fmt: skip
    assert (await client.post(f"/yard/v1/approvals/{allowed}", json={"decision": "allow"})).status_code == 204
    assert (await client.post(f"/yard/v1/approvals/{denied}", json={"decision": "deny"})).status_code == 204
    again = await client.post(f"/yard/v1/approvals/{denied}", json={"decision": "allow"})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "conflict")
    assert (await client.post(f"/yard/v1/approvals/{'0' * 32}", json={"decision": "allow"})).status_code == 404
    assert (await client.get("/yard/v1/approvals")).content == b"[]"
    states = [(await yard.core.access.check(printer.id, public_id)).value for public_id in (allowed, denied)]
    assert states == ["allowed", "denied"]


async def test_nobody_gives_more_than_they_have(yard):
    printer, _ = await yard.add("Luke")
    public_id, _ = await yard.core.access.ask(printer.id, "Cura", "ann")
    _, secret = await yard.token("operator")
    async with yard.client(secret) as operator:
        answer = await operator.post(f"/yard/v1/approvals/{public_id}", json={"decision": "allow", "role": "admin"})
        nonsense = await operator.post(f"/yard/v1/approvals/{public_id}", json={"decision": "allow", "role": "king"})
    assert (answer.status_code, nonsense.status_code) == (403, 400)
    assert (await yard.core.access.check(printer.id, public_id)).value == "pending"


async def test_a_guests_print_waits_and_is_rejected(yard, client):
    _, device = await yard.add("Luke")
    _, secret = await yard.token("guest", "visitor")
    async with yard.client(secret) as guest:
        job = (await guest.post("/yard/v1/printers/luke/jobs", files={"file": ("toy.gcode", b"G28\n")})).json()
    assert job["state"] == "waiting_approval"
    listed = (await client.get("/yard/v1/approvals")).json()
    assert [(entry["id"], entry["kind"], entry["name"]) for entry in listed] == [(job["id"], "job", "toy.gcode")]
    assert (await client.post(f"/yard/v1/approvals/{job['id']}", json={"decision": "deny"})).status_code == 204
    rejected = (await client.get(f"/yard/v1/jobs/{job['id']}")).json()
    assert (rejected["state"], rejected["outcome"]) == ("ended", "rejected")
    assert device.commands == []


async def test_a_tokens_secret_is_shown_once_and_revoking_it_ends_its_power(yard, client):
    made = (await client.post("/yard/v1/tokens", json={"name": "script", "role": "member"})).json()
    listed = await client.get("/yard/v1/tokens")
    assert made["secret"].encode() not in listed.content
    async with yard.client(made["secret"]) as script:
        assert (await script.get("/yard/v1/printers")).status_code == 200
        assert (await client.delete(f"/yard/v1/tokens/{made['token']['id']}")).status_code == 204
        assert (await script.get("/yard/v1/printers")).status_code == 401


async def test_a_user_is_added_once_and_the_password_comes_back_nowhere(yard, client):
    body = {"name": "Ann", "role": "operator", "password": "correct horse"}
    assert (await client.post("/yard/v1/users", json=body)).status_code == 201
    assert (await client.post("/yard/v1/users", json=body)).status_code == 409
    listed = await client.get("/yard/v1/users")
    assert [(user["name"], user["role"], user["has_password"]) for user in listed.json()] == [("Ann", "operator", True)]
    assert b"correct horse" not in listed.content
    assert Role(listed.json()[0]["role"]) is Role.OPERATOR
