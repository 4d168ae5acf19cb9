"""One's own account, and the people, teams and programs of an organization, at the native API."""

import contextlib

import pytest

from printyard.core.errors import NotFound
from printyard.core.model.oauth import Challenge, ChallengeMethod, Request
from printyard.core.model.user import Right

V1 = "/yard/v1"
PASSWORD = "correct horse battery staple"
CALLBACK = "http://localhost:1/callback"


@pytest.fixture
async def ann(client):
    return await added(client, "Ann", "operator")


async def added(client, name, role="member", **more):
    answer = await client.post(f"{V1}/users", json={"name": name, "role": role, "password": PASSWORD} | more)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


@contextlib.asynccontextmanager
async def browser(yard, name="Ann", password=PASSWORD):
    """A browser that is signed in, whose scripts ask the API with its session."""
    async with yard.client(None) as opened:
        signed_in = await opened.post("/login", data={"name": name, "secret": password})
        assert signed_in.status_code == 200, signed_in.text
        yield opened


async def got(client, path, status=200):
    answer = await client.get(f"{V1}{path}")
    assert answer.status_code == status, answer.text
    return answer.json()


async def own_token(opened, **fields):
    answer = await opened.post(f"{V1}/me/tokens", json={"name": "script"} | fields)
    assert answer.status_code == 201, answer.text
    return answer.json()


# -- oneself


async def test_everybody_is_told_who_they_are_and_what_their_credential_is_good_for(yard, client, ann):
    async with browser(yard) as opened:
        me = await got(opened, "/me")
        assert me == {
            "id": ann, "name": "Ann", "role": "operator", "email": "", "has_password": True, "present": True,
            "rights": ["read", "print", "control", "configure", "manage"],
            "organization": {"id": "home", "name": "Home"},
        }  # fmt: skip
        narrow = await own_token(opened, role="member", rights=["read"])
    async with yard.client(narrow["secret"]) as script:
        told = await got(script, "/me")
        assert (told["role"], told["rights"], told["present"]) == ("member", ["read"], False)
        assert (await script.get(f"{V1}/printers")).status_code == 200
        assert (await script.post(f"{V1}/files", files={"file": ("x.gcode", b"G28\n")})).status_code == 403
        assert (await script.get(f"{V1}/me/tokens")).status_code == 403
    admin = await got(client, "/me")
    assert (admin["id"], admin["role"], admin["present"]) == (None, "admin", False)


async def test_ones_tokens_are_made_by_oneself_listed_and_revoked(yard, client, ann):
    async with browser(yard) as opened:
        made = await own_token(opened, expires_in_seconds=3600)
        assert made["token"]["user_id"] == ann
        assert made["token"]["role"] == "operator"
        refused = await opened.post(f"{V1}/me/tokens", json={"name": "more", "role": "admin"})
        assert (refused.status_code, refused.json()["error"]["code"]) == (403, "forbidden")
        async with yard.client(made["secret"]) as script:
            assert (await script.get(f"{V1}/printers")).status_code == 200
            assert (await script.post(f"{V1}/me/tokens", json={"name": "another"})).status_code == 403
            (listed,) = await got(opened, "/me/tokens")
            assert listed["last_used_at"] is not None
            assert "secret" not in listed
            assert (await opened.delete(f"{V1}/me/tokens/{listed['id']}")).status_code == 204
            assert (await script.get(f"{V1}/printers")).status_code == 401
        (revoked,) = await got(opened, "/me/tokens")
        assert revoked["revoked_at"] is not None
    everybodys = await got(client, "/tokens")
    assert [each["id"] for each in everybodys] == [listed["id"]]


async def test_nobody_reaches_what_is_anothers(yard, client, ann):
    await added(client, "Bob", "admin")
    async with browser(yard) as hers, browser(yard, "Bob") as his:
        token = (await own_token(hers))["token"]["id"]
        ((session),) = [each["id"] for each in await got(hers, "/me/sessions")]
        for path in (f"/me/tokens/{token}", f"/me/sessions/{session}", "/me/consents/nothing"):
            assert (await his.delete(f"{V1}{path}")).status_code == 404
        assert await got(his, "/me/tokens") == []
        assert (await got(hers, f"/users/{ann}"))["name"] == "Ann"
        assert (await hers.get(f"{V1}/users/{(await got(his, '/me'))['id']}")).status_code == 403
        assert (await his.delete(f"{V1}/tokens/{token}")).status_code == 204  # as an administrator


async def test_a_forgotten_browser_is_signed_out_from_another(yard, ann):
    async with browser(yard) as here, browser(yard) as there:
        sessions = await got(here, "/me/sessions")
        assert [each["current"] for each in sessions] == [False, True]
        assert (await here.delete(f"{V1}/me/sessions/{sessions[0]['id']}")).status_code == 204
        assert (await there.get(f"{V1}/me")).status_code == 401
        assert [each["current"] for each in await got(here, "/me/sessions")] == [True]


async def test_another_password_takes_the_old_one_and_ends_other_browsers(yard, ann):
    async with browser(yard) as here, browser(yard) as there:
        for fields, status, code in (
            ({"old": "wrong one", "new": "another password"}, 403, "wrong_password"),
            ({"old": PASSWORD, "new": "short"}, 400, "invalid"),
            ({"old": PASSWORD}, 400, "malformed"),
        ):
            refused = await here.put(f"{V1}/me/password", json=fields)
            assert (refused.status_code, refused.json()["error"]["code"]) == (status, code)
        changed = await here.put(f"{V1}/me/password", json={"old": PASSWORD, "new": "another password"})
        assert (changed.status_code, changed.content) == (204, b"")
        assert (await here.get(f"{V1}/me")).status_code == 200
        assert (await there.get(f"{V1}/me")).status_code == 401
    async with browser(yard, password="another password") as again:
        mail = await again.patch(f"{V1}/me", json={"email": "ann@example.org"})
        assert mail.json()["email"] == "ann@example.org"
        assert (await again.patch(f"{V1}/me", json={"email": "nobody"})).status_code == 400


async def test_who_guesses_the_old_password_has_to_wait(yard, ann):
    async with browser(yard) as here:
        for _ in range(5):
            guess = await here.put(f"{V1}/me/password", json={"old": "a guess", "new": "another password"})
            assert guess.status_code == 403
        throttled = await here.put(f"{V1}/me/password", json={"old": PASSWORD, "new": "another password"})
    assert (throttled.status_code, throttled.json()["error"]["code"]) == (429, "throttled")
    assert int(throttled.headers["retry-after"]) >= 1


async def allowed(yard, name="Ann"):
    """Somebody allows a program something; its tokens."""
    oauth = yard.core.oauth
    person = await yard.core.credentials.by_password(name, PASSWORD)
    admin = await yard.core.credentials.by_token("the-admin-token")
    client, _ = await oauth.clients.add(admin, "Wiki", [], loopback=True)
    challenge = Challenge(method=ChallengeMethod.S256, text="E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
    asked = Request(
        client_id=client.client_id, redirect_uri=CALLBACK, scopes=("yard.read",), rights=frozenset({Right.READ}),
        challenge=challenge,
    )  # fmt: skip
    code = await oauth.allow(person, asked)
    return await oauth.exchange(client, code, CALLBACK, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")


async def test_what_one_allowed_is_listed_and_taken_back(yard, client, ann):
    await added(client, "Bob")
    hers, his = await allowed(yard), await allowed(yard, "Bob")
    async with browser(yard) as opened, yard.client(hers.access) as program:
        (consent,) = await got(opened, "/me/consents")
        assert (consent["application"], consent["user"], consent["scopes"]) == ("Wiki", "Ann", ["yard.read"])
        assert {each["user"] for each in await got(client, "/consents")} == {"Ann", "Bob"}
        assert (await program.get(f"{V1}/me/consents")).status_code == 403
        assert (await program.get(f"{V1}/printers")).status_code == 200
        assert (await opened.delete(f"{V1}/me/consents/{consent['id']}")).status_code == 204
        assert (await program.get(f"{V1}/printers")).status_code == 401
        assert await got(opened, "/me/consents") == []
        (bobs,) = await got(client, "/consents")
        assert (await opened.delete(f"{V1}/me/consents/{bobs['id']}")).status_code == 404
    async with yard.client(his.access) as program:
        assert (await program.get(f"{V1}/printers")).status_code == 200
        assert (await client.delete(f"{V1}/consents/{bobs['id']}")).status_code == 204
        assert (await program.get(f"{V1}/printers")).status_code == 401
    assert (await client.delete(f"{V1}/consents/{bobs['id']}")).status_code == 404


# -- people


async def test_an_account_is_changed_switched_off_and_removed(yard, client, ann):
    async with browser(yard) as opened:
        changed = await client.patch(f"{V1}/users/{ann}", json={"role": "guest", "name": "Anna", "email": "a@b"})
        assert changed.json()["role"] == "guest"
        me = await got(opened, "/me")
        assert (me["name"], me["role"], me["email"]) == ("Anna", "guest", "a@b")
        off = await client.patch(f"{V1}/users/{ann}", json={"disabled": True})
        assert off.json()["disabled"] is True
        assert (await opened.get(f"{V1}/me")).status_code == 401
        page = await opened.post("/login", data={"name": "Anna", "secret": PASSWORD})
        assert (page.status_code, "switched off" in page.text) == (401, True)
    assert (await client.patch(f"{V1}/users/{ann}", json={"disabled": False})).json()["disabled"] is False
    assert (await client.put(f"{V1}/users/{ann}/password", json={"password": "another one"})).status_code == 204
    async with browser(yard, "Anna", "another one") as opened:
        assert (await client.delete(f"{V1}/users/{ann}")).status_code == 204
        assert (await opened.get(f"{V1}/me")).status_code == 401
    assert (await client.get(f"{V1}/users/{ann}")).status_code == 404
    assert await got(client, "/users") == []


@pytest.mark.parametrize(
    ("body", "status"),
    [({"role": "king"}, 400), ({"name": ""}, 400), ({"surname": "x"}, 400), ({"name": "bob"}, 409), ({}, 200)],
)
async def test_what_makes_no_sense_of_an_account_is_refused(client, ann, body, status):
    await added(client, "Bob")
    assert (await client.patch(f"{V1}/users/{ann}", json=body)).status_code == status


async def test_an_administrator_does_not_lock_the_door_behind_themselves(yard, client):
    own = await added(client, "Root", "admin")
    async with browser(yard, "Root") as opened:
        for body in ({"role": "guest"}, {"disabled": True}):
            assert (await opened.patch(f"{V1}/users/{own}", json=body)).status_code == 409
        assert (await opened.delete(f"{V1}/users/{own}")).status_code == 409


async def test_a_stream_ends_when_its_account_is_removed(yard, client, ann, listen):
    async with browser(yard) as opened:
        secret = (await own_token(opened))["secret"]
    async with listen(secret) as events:
        await events.next("hello")
        await client.delete(f"{V1}/users/{ann}")
        assert await events.next("nothing of the kind") is None


async def test_who_allowed_what_is_not_everybodys_business(yard, ann, listen):
    _, guest = await yard.token("guest")
    async with listen(guest) as hers, listen() as admins:
        await allowed(yard)
        await yard.add("Luke")
        names = [(await admins.next("fact"))[1]["name"] for _ in range(3)]
        assert names == ["ClientAdded", "ConsentGiven", "PrinterAdded"]
        assert (await hers.next("fact"))[1]["name"] == "PrinterAdded"


# -- who belongs together


async def test_a_team_is_made_of_people_and_seen_by_all_of_them(yard, client, ann):
    made = (await client.post(f"{V1}/teams", json={"name": "Night shift", "description": "Late."})).json()
    path = f"{V1}/teams/{made['id']}"
    assert (await client.post(f"{V1}/teams", json={"name": "NIGHT SHIFT"})).status_code == 409
    joined = (await client.put(f"{path}/members/{ann}")).json()
    assert joined["members"] == [{"id": ann, "name": "Ann"}]
    assert (await client.put(f"{path}/members/nobody")).status_code == 404
    async with browser(yard) as opened:
        assert await got(opened, "/teams") == [joined]
        assert (await opened.delete(f"{path}/members/{ann}")).status_code == 403
    changed = (await client.patch(path, json={"description": ""})).json()
    assert (changed["name"], changed["description"]) == ("Night shift", "")
    assert (await client.delete(f"{path}/members/{ann}")).json()["members"] == []
    assert (await client.delete(path)).status_code == 204
    assert (await client.get(path)).status_code == 404


async def test_what_the_organization_decides_holds_for_its_members(yard, client, ann):
    await yard.add("Luke")
    assert await got(client, "/policies") == {"require_print_approval": False, "enable_print_prep": False}
    decided = await client.patch(f"{V1}/policies", json={"require_print_approval": True})
    assert decided.json() == {"require_print_approval": True, "enable_print_prep": False}
    _, member = await yard.token("member")
    async with yard.client(member) as maker:
        files = {"file": ("toy.gcode", b"G28\n")}
        job = (await maker.post(f"{V1}/printers/luke/jobs", files=files)).json()
        assert job["state"] == "waiting_approval"
        assert (await maker.patch(f"{V1}/policies", json={"require_print_approval": False})).status_code == 403
    assert (await client.patch(f"{V1}/policies", json={"free_beer": True})).status_code == 400


async def test_organizations_are_added_by_the_yards_own_administrators(yard, client):
    made = (await client.post(f"{V1}/organizations", json={"name": "Elsewhere"})).json()
    await added(client, "Eve", "admin", organization_id=made["id"])
    async with browser(yard, "Eve") as eve:
        assert (await got(eve, "/me"))["organization"] == {"id": made["id"], "name": "Elsewhere"}
        assert [each["name"] for each in await got(eve, "/organizations")] == ["Elsewhere"]
        assert (await eve.post(f"{V1}/organizations", json={"name": "More"})).status_code == 403
        assert (await eve.patch(f"{V1}/organizations/home", json={"name": "Mine"})).status_code == 404
        assert (await eve.delete(f"{V1}/organizations/{made['id']}")).status_code == 403
        renamed = await eve.patch(f"{V1}/organizations/{made['id']}", json={"name": "Here"})
        assert renamed.json()["name"] == "Here"
        assert [each["name"] for each in await got(client, "/organizations")] == ["Home", "Here"]
        assert (await client.delete(f"{V1}/organizations/home")).status_code == 409
        assert (await client.delete(f"{V1}/organizations/{made['id']}")).status_code == 204
        assert (await eve.get(f"{V1}/me")).status_code == 401


async def test_a_program_is_registered_with_its_secret_shown_once(client):
    body = {"name": "Wiki", "redirect_uris": ["https://wiki.example/cb"], "confidential": True, "rights": ["read"]}
    made = (await client.post(f"{V1}/clients", json=body)).json()
    assert len(made["secret"]) == 64
    assert made["client"]["rights"] == ["read"]
    listed = await client.get(f"{V1}/clients")
    assert listed.json() == [made["client"]]
    assert made["secret"] not in listed.text
    usual = (await client.post(f"{V1}/clients", json={"name": "Cli", "loopback": True})).json()
    assert usual["secret"] == ""
    assert "administer" not in usual["client"]["rights"]
    for wrong in ({"name": "x"}, {"name": "x", "redirect_uris": ["javascript:alert(1)"]}):
        assert (await client.post(f"{V1}/clients", json=wrong)).status_code == 400
    assert (await client.delete(f"{V1}/clients/{made['client']['client_id']}")).status_code == 204
    assert (await client.delete(f"{V1}/clients/{made['client']['client_id']}")).status_code == 404


async def test_an_application_that_was_allowed_at_a_printer_is_listed_and_withdrawn(yard, client):
    printer, _ = await yard.add("Luke")
    public_id, _ = await yard.core.access.ask(printer.id, "Cura", "ann", "desk-1")
    assert await got(client, "/grants") == []
    await client.post(f"{V1}/approvals/{public_id}", json={"decision": "allow"})
    (grant,) = await got(client, "/grants")
    assert (grant["id"], grant["printer"], grant["application"], grant["role"]) == (public_id, "luke", "Cura", "member")
    assert grant["decided_by"] == "admin"
    assert (await client.delete(f"{V1}/grants/{public_id}")).status_code == 204
    assert (await yard.core.access.check(printer.id, public_id)).value == "revoked"
    assert await got(client, "/grants") == []
    assert (await client.delete(f"{V1}/grants/{'0' * 32}")).status_code == 404
    with pytest.raises(NotFound):
        await yard.core.access.check(printer.id, "0" * 32)
