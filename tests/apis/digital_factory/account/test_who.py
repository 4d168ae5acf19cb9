"""Who somebody is: profiles, permissions, teams, and what the server says of itself."""

import pytest
from tests.apis.digital_factory.account.conftest import Program

from printyard.apis.digital_factory.account import PUBLIC
from printyard.apis.digital_factory.account.scopes import SCOPES
from printyard.core.model.user import Right

READ, PRINTER = "digital-factory.print-job.read", "digital-factory.printer.read"
OWN, WRITE = "digital-factory.print-job.write.own", "digital-factory.print-job.write"
ASKED = (
    "check-token", "user", "users/me", "userinfo", "users/permissions", "organizations/current", "teams",
    "subscriptions",
)  # fmt: skip


async def answer(yard, token, path):
    async with yard.client(token) as client:
        got = await client.get(f"/account/{path}")
    assert got.status_code == 200, got.text
    return got.json()


async def test_nobody_is_told_nothing(yard):
    async with yard.client() as client:
        for path in ASKED:
            refused = await client.get(f"/account/{path}")
            assert refused.status_code == 401
            (error,) = refused.json()["errors"]
            assert (error["code"], error["meta"]["error_type"]) == ("noBearerToken", "AuthError")
            assert refused.headers["www-authenticate"].startswith("Bearer")


async def test_a_profile_has_what_cura_reads(yard, cura, ann):
    token = (await cura.tokens())["access_token"]
    profile = (await answer(yard, token, "check-token"))["data"]
    assert profile["username"] == "Ann"
    assert len(profile["user_id"]) == len(profile["organization"]["organization_id"]) == 44
    for path in ("user", "users/me", f"users/{profile['user_id']}"):
        assert (await answer(yard, token, path))["data"] == profile
    assert (await answer(yard, token, "userinfo"))["sub"] == profile["user_id"]
    organization = (await answer(yard, token, "organizations/current"))["data"]
    assert organization["organization_id"] == profile["organization"]["organization_id"]
    assert (await answer(yard, token, "subscriptions"))["data"] == []


@pytest.mark.parametrize(
    ("role", "permissions"),
    [
        ("guest", {READ, PRINTER, OWN}),
        ("member", {READ, PRINTER, OWN, WRITE}),
        ("operator", {READ, PRINTER, OWN, WRITE}),
        ("admin", {READ, PRINTER, OWN, WRITE}),
    ],
)
async def test_permissions_are_by_role_and_by_scope(yard, role, permissions):
    await yard.add_user("Bob", role)
    token = (await Program(yard).tokens(name="Bob"))["access_token"]
    assert set((await answer(yard, token, "users/permissions"))["data"]["permissions"]) == permissions
    token = (await Program(yard, scope="connect.cluster.read").tokens(name="Bob"))["access_token"]
    assert set((await answer(yard, token, "users/permissions"))["data"]["permissions"]) == {READ, PRINTER}


async def test_others_are_seen_by_administrators_of_their_organization_alone(yard, ann):
    admin = await yard.admin()
    other = await yard.core.organizations.add(admin, "Elsewhere")
    await yard.add_user("Eve", "admin", organization_id=other.id)
    await yard.add_user("Root", "admin")
    tokens = {name: (await Program(yard).tokens(name=name))["access_token"] for name in ("Ann", "Root", "Eve")}
    ids = {name: (await answer(yard, token, "user"))["data"]["user_id"] for name, token in tokens.items()}
    personal = {name: await personal_token(yard, name) for name in ("Ann", "Root", "Eve")}
    statuses = {}
    async with yard.client() as client:
        for asking, token in personal.items():
            for asked, user_id in ids.items():
                got = await client.get(f"/account/users/{user_id}", headers={"authorization": f"Bearer {token}"})
                statuses[asking, asked] = got.status_code
            unknown = await client.get(f"/account/users/{'A' * 43}=", headers={"authorization": f"Bearer {token}"})
            statuses[asking, "nobody"] = unknown.status_code
    assert statuses == {
        ("Ann", "Ann"): 200, ("Ann", "Root"): 403, ("Ann", "Eve"): 403, ("Ann", "nobody"): 404,
        ("Root", "Ann"): 200, ("Root", "Root"): 200, ("Root", "Eve"): 404, ("Root", "nobody"): 404,
        ("Eve", "Ann"): 404, ("Eve", "Root"): 404, ("Eve", "Eve"): 200, ("Eve", "nobody"): 404,
    }  # fmt: skip


async def personal_token(yard, name):
    principal = await yard.core.credentials.by_password(name, "correct horse battery staple")
    _, secret = await yard.core.own_account.add_token(principal, "script")
    return secret


async def test_teams_are_the_organizations_and_say_who_is_in(yard, cura, ann):
    admin = await yard.admin()
    team = await yard.core.teams.add(admin, "Night shift", "They print while others sleep.")
    await yard.core.teams.add(admin, "Day shift")
    await yard.core.teams.join(admin, team.id, [ann.id])
    token = (await cura.tokens())["access_token"]
    day, night = (await answer(yard, token, "teams"))["data"]
    assert (day["name"], day["is_member"], day["member_count"]) == ("Day shift", False, 0)
    assert (night["name"], night["is_member"], night["member_count"]) == ("Night shift", True, 1)
    assert len(night["team_id"]) == 44


async def test_what_the_server_says_of_itself_is_true(yard, cura):
    async with yard.client() as client:
        said = (await client.get("/account/.well-known/openid-configuration")).json()
        assert said == (await client.get("/account/.well-known/oauth-authorization-server")).json()
        assert (await client.get(said["jwks_uri"])).json() == {"keys": []}
        assert (await client.get(said["authorization_endpoint"])).status_code == 404  # no program asks
        assert (await client.get(said["end_session_endpoint"])).status_code == 200
        for endpoint in (said["token_endpoint"], said["revocation_endpoint"]):
            assert (await client.post(endpoint)).json()["error"] == "invalid_request"
        scopes = (await client.get("/account/scopes")).json()["data"]
        assert (await client.get("/account/status")).json()["data"]["ok"] is True
    assert said["issuer"] == f"{yard.base}/account"
    assert said["response_types_supported"] == ["code"]
    assert "plain" not in said["code_challenge_methods_supported"]
    assert [each["scope"] for each in scopes] == said["scopes_supported"] == list(SCOPES)
    assert all(each["description"] for each in scopes)


async def test_every_public_operation_answers_without_a_credential(yard):
    async with yard.client() as client:
        for method, path in sorted(PUBLIC):
            got = await client.request(method, path)
            assert got.status_code not in {401, 500}, (method, path, got.status_code)
            assert "noBearerToken" not in got.text


def test_a_scope_of_the_yards_own_stands_for_each_right():
    assert {f"yard.{right}" for right in Right} <= set(SCOPES)
