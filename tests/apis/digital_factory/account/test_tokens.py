"""The token endpoint: what it refuses, in OAuth2's shape, and what ends with what."""

import base64

import pytest
from tests.apis.digital_factory.account.conftest import CURA, PASSWORD, SDK, Program, oauth_error, s256

from printyard.core.access.oauth import ACCESS_SECONDS, CODE_SECONDS, REFRESH_SECONDS
from printyard.core.errors import NotFound
from printyard.core.model.oauth import Request
from printyard.core.model.user import Right, Role

HEX = "0123456789abcdef" * 4


REFUSED = [
    ({}, 400, "invalid_request"),
    ({"grant_type": "authorization_code"}, 400, "invalid_request"),
    ({"grant_type": "authorization_code", "client_id": "nobody", "code": "x"}, 401, "invalid_client"),
    ({"grant_type": "authorization_code", "client_id": CURA}, 400, "invalid_request"),
    ({"grant_type": "authorization_code", "client_id": CURA, "code": "x"}, 400, "invalid_request"),
    (
        {"grant_type": "authorization_code", "client_id": CURA, "code": "x", "redirect_uri": "y"},
        400,
        "invalid_grant",
    ),
    ({"grant_type": "password", "client_id": CURA, "username": "Ann"}, 400, "unsupported_grant_type"),
    ({"grant_type": "client_credentials", "client_id": CURA}, 400, "unsupported_grant_type"),
    ({"grant_type": "refresh_token", "client_id": CURA}, 400, "invalid_request"),
    ({"grant_type": "refresh_token", "client_id": CURA, "refresh_token": "x"}, 400, "invalid_grant"),
    (
        {"grant_type": "refresh_token", "client_id": CURA, "refresh_token": "x", "scope": "nothing.here"},
        400,
        "invalid_scope",
    ),
]


async def test_every_refusal_has_an_error_and_a_description(yard):
    program = Program(yard)
    for fields, status, error in REFUSED:
        oauth_error(await program.post(**fields), status, error)


async def test_what_the_framework_refuses_has_that_shape_too(yard):
    async with yard.client("the-admin-token") as client:
        oauth_error(await client.get("/account/token"), 405, "invalid_request")
        oauth_error(await client.post("/account/token", content=b"x" * 20_000), 413, "invalid_request")
        answer = await client.post("/account/token", content=b"[1]", headers={"content-type": "application/json"})
        oauth_error(answer, 400, "invalid_request")


WRONG = [
    {"code_verifier": HEX},
    {"code_verifier": None},
    {"code_verifier": "short"},
    {"code_verifier": "ü" * 50},
    {"redirect_uri": "http://localhost:32119/callback"},
    {"client_id": SDK},
]


async def test_a_code_is_its_programs_and_one_wrong_try_uses_it_up(yard, cura):
    async with yard.browser() as browser:
        await browser.sign_in(cura.url())
        for changes in WRONG:
            code = await cura.code(browser=browser)
            oauth_error(await cura.exchange(code, **changes), 400, "invalid_grant")
            oauth_error(await cura.exchange(code), 400, "invalid_grant")


async def test_a_code_that_comes_twice_ends_what_it_gave(yard, cura):
    code = await cura.code()
    tokens = (await cura.exchange(code)).json()
    oauth_error(await cura.exchange(code), 400, "invalid_grant")
    assert (await yard.who(tokens["access_token"])).status_code == 401
    oauth_error(await cura.refresh(tokens["refresh_token"]), 400, "invalid_grant")
    (fact,) = await yard.facts("ConsentWithdrawn")
    assert fact.body["reason"] == "code_reused"


async def test_a_code_is_good_for_a_minute(yard, cura):
    code = await cura.code()
    yard.clock.advance(CODE_SECONDS)
    oauth_error(await cura.exchange(code), 400, "invalid_grant")


async def test_a_refresh_token_that_comes_twice_ends_its_family_and_no_other(yard, cura):
    tokens, others = await cura.tokens(), await cura.tokens()
    renewed = (await cura.refresh(tokens["refresh_token"])).json()
    oauth_error(await cura.refresh(tokens["refresh_token"]), 400, "invalid_grant")
    for dead in (tokens, renewed):
        assert (await yard.who(dead["access_token"])).status_code == 401
        oauth_error(await cura.refresh(dead["refresh_token"]), 400, "invalid_grant")
    assert (await yard.who(others["access_token"])).status_code == 200
    assert (await cura.refresh(others["refresh_token"])).status_code == 200


async def test_an_access_token_expires_in_the_originals_word_and_a_refresh_token_later(yard, cura):
    tokens = await cura.tokens()
    assert tokens["expires_in"] == ACCESS_SECONDS
    yard.clock.advance(ACCESS_SECONDS)
    expired = await yard.who(tokens["access_token"])
    assert (expired.status_code, expired.json()["errors"][0]["code"]) == (403, "tokenExpired")
    renewed = (await cura.refresh(tokens["refresh_token"])).json()
    assert (await yard.who(renewed["access_token"])).status_code == 200
    yard.clock.advance(REFRESH_SECONDS)
    oauth_error(await cura.refresh(renewed["refresh_token"]), 400, "invalid_grant")


async def test_a_refresh_token_is_no_access_token_and_the_other_way_round(yard, cura):
    tokens = await cura.tokens()
    assert (await yard.who(tokens["refresh_token"])).status_code == 401
    oauth_error(await cura.refresh(tokens["access_token"]), 400, "invalid_grant")
    oauth_error(await cura.refresh(tokens["refresh_token"], client_id=SDK), 400, "invalid_grant")
    assert (await cura.refresh(tokens["refresh_token"])).status_code == 200


async def test_a_renewal_may_narrow_and_never_widen(yard, cura):
    narrow = Program(yard, scope="connect.cluster.read account.user.read")
    tokens = await narrow.tokens()
    widened = await narrow.refresh(tokens["refresh_token"], scope="connect.cluster.read connect.cluster.write")
    assert widened.json()["scope"] == "connect.cluster.read"
    oauth_error(
        await narrow.refresh(widened.json()["refresh_token"], scope="connect.cluster.write"), 400, "invalid_scope"
    )
    back = await narrow.refresh(widened.json()["refresh_token"], scope=None)
    assert set(back.json()["scope"].split()) == {"connect.cluster.read", "account.user.read"}


async def test_scopes_narrow_what_a_token_may(yard, ann):
    looking = await Program(yard, scope="connect.cluster.read").tokens()
    principal = await yard.core.credentials.by_token(looking["access_token"])
    assert principal.rights == {Right.READ}
    assert (principal.role, principal.name, principal.user_id) == (Role.MEMBER, "Ann", ann.id)
    assert not principal.present
    async with yard.client(looking["access_token"]) as client:
        assert (await client.get("/yard/v1/printers")).status_code == 200
        added = await client.post("/yard/v1/printers", json={"name": "x", "driver": "test"})
        assert added.status_code == 403
    nothing = await Program(yard, scope="account.user.read").tokens()
    async with yard.client(nothing["access_token"]) as client:
        assert (await client.get("/yard/v1/printers")).status_code == 403
        assert (await client.get("/account/check-token")).status_code == 200


async def test_a_program_never_gets_what_it_may_not_ask_for(yard):
    await yard.add_user("Root", "admin")
    program = Program(yard, scope="yard.administer yard.read")
    tokens = await program.tokens(name="Root")
    principal = await yard.core.credentials.by_token(tokens["access_token"])
    assert principal.rights == {Right.READ}


async def test_what_somebody_may_no_longer_their_programs_may_not_either(yard, cura, ann):
    tokens = await cura.tokens()
    await yard.core.accounts.change_user(await yard.admin(), ann.id, Role.GUEST)
    assert (await yard.who(tokens["access_token"])).json()["data"]["role"] == "guest"
    renewed = (await cura.refresh(tokens["refresh_token"])).json()
    await yard.core.accounts.remove_user(await yard.admin(), ann.id)
    assert (await yard.who(renewed["access_token"])).status_code == 401
    oauth_error(await cura.refresh(renewed["refresh_token"]), 400, "invalid_grant")


async def test_another_password_ends_every_program(yard, cura, ann):
    tokens = await cura.tokens()
    await yard.core.accounts.set_password(await yard.admin(), ann.id, "another one")
    assert (await yard.who(tokens["access_token"])).status_code == 401
    oauth_error(await cura.refresh(tokens["refresh_token"]), 400, "invalid_grant")
    assert (await cura.tokens(secret="another one"))["access_token"]


async def test_a_code_of_somebody_who_was_removed_meanwhile_is_worth_nothing(yard, cura, ann):
    code = await cura.code()
    await yard.core.accounts.remove_user(await yard.admin(), ann.id)
    oauth_error(await cura.exchange(code), 400, "invalid_grant")


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
async def test_a_token_of_either_kind_can_be_given_back(yard, cura, kind):
    tokens, others = await cura.tokens(), await cura.tokens()
    for foreign in (SDK, CURA):
        answer = await cura.post("/account/revoke", client_id=foreign, token=tokens[kind], token_type_hint=kind)
        assert (answer.status_code, answer.content) == (200, b"")
        assert (await yard.who(tokens["access_token"])).status_code == (200 if foreign == SDK else 401)
    oauth_error(await cura.refresh(tokens["refresh_token"]), 400, "invalid_grant")
    assert (await yard.who(others["access_token"])).status_code == 200


async def test_giving_back_what_nobody_knows_is_fine_but_not_by_nobody(cura):
    assert (await cura.post("/account/revoke", client_id=CURA, token="never given")).status_code == 200
    oauth_error(await cura.post("/account/revoke", client_id="nobody", token="x"), 401, "invalid_client")
    oauth_error(await cura.post("/account/revoke", client_id=CURA), 400, "invalid_request")


async def test_signing_out_takes_a_token_that_can_end(yard):
    async with yard.client("the-admin-token") as client:
        assert (await client.delete("/account/token")).status_code == 409
    async with yard.client() as client:
        refused = await client.delete("/account/token")
        assert (refused.status_code, refused.json()["errors"][0]["code"]) == (401, "noBearerToken")


async def test_secrets_are_stored_as_hashes_and_told_nobody(yard, cura, tmp_path):
    code = await cura.code()
    tokens = (await cura.exchange(code)).json()
    await cura.refresh(tokens["refresh_token"])
    stored = b"".join(path.read_bytes() for path in tmp_path.glob("yard.sqlite*"))
    for secret in (code, tokens["access_token"], tokens["refresh_token"], cura.verifier):
        assert secret.encode() not in stored
    told = repr(await yard.core.history.page(await yard.admin(), limit=500))
    assert tokens["access_token"] not in told


# -- programs that somebody registered


@pytest.fixture
async def wiki(yard, ann):
    """A confidential program on a host of its own."""
    client, secret = await yard.core.oauth.clients.add(
        await yard.admin(), "Wiki", ["https://wiki.example/cb?x=1"], confidential=True
    )
    program = Program(
        yard, client_id=client.client_id, redirect_uri="https://wiki.example/cb?x=1", scope="yard.read", method="S256"
    )
    program.secret = secret
    return program


async def wikis_code(yard, wiki, **changes):
    async with yard.browser() as browser:
        await browser.sign_in(wiki.url(**changes))
        answer = await browser.send(decision="allow")
    location = answer.headers["location"]
    assert location.startswith("https://wiki.example/cb?x=1&code=")
    return location.partition("code=")[2].partition("&")[0]


@pytest.mark.parametrize("how", ["form", "header"])
async def test_a_confidential_program_proves_its_secret(yard, wiki, how):
    def proof(secret):
        if how == "form":
            return {"client_secret": secret}
        pair = base64.b64encode(f"{wiki.client_id}:{secret}".encode()).decode()
        return {"client_id": None, "headers": {"authorization": f"Basic {pair}"}}

    oauth_error(await wiki.exchange(await wikis_code(yard, wiki), **proof("wrong")), 401, "invalid_client")
    oauth_error(await wiki.exchange(await wikis_code(yard, wiki)), 401, "invalid_client")
    tokens = await wiki.exchange(await wikis_code(yard, wiki), **proof(wiki.secret))
    assert tokens.status_code == 200, tokens.text
    oauth_error(await wiki.refresh(tokens.json()["refresh_token"]), 401, "invalid_client")
    assert (await wiki.refresh(tokens.json()["refresh_token"], **proof(wiki.secret))).status_code == 200


async def test_a_header_that_cannot_be_read_proves_nothing(wiki):
    for header in ("Basic !!!", "Basic " + base64.b64encode(b"\xff\xfe").decode()):
        oauth_error(await wiki.exchange("x", client_id=None, headers={"authorization": header}), 401, "invalid_client")
    pair = base64.b64encode(f"{CURA}:".encode()).decode()
    oauth_error(await wiki.exchange("x", headers={"authorization": f"Basic {pair}"}), 400, "invalid_request")


async def test_a_confidential_program_may_go_without_a_challenge_but_nobody_takes_one_off(yard, wiki):
    bare = {"code_challenge": None, "code_challenge_method": None}
    code = await wikis_code(yard, wiki, **bare)
    oauth_error(await wiki.exchange(code, client_secret=wiki.secret), 400, "invalid_grant")
    code = await wikis_code(yard, wiki, **bare)
    tokens = await wiki.exchange(code, client_secret=wiki.secret, code_verifier=None)
    assert tokens.status_code == 200


async def test_a_program_that_is_removed_loses_what_it_had(yard, wiki):
    code = await wikis_code(yard, wiki)
    tokens = (await wiki.exchange(code, client_secret=wiki.secret)).json()
    assert (await yard.who(tokens["access_token"])).status_code == 200
    await yard.core.oauth.clients.remove(await yard.admin(), wiki.client_id)
    assert (await yard.who(tokens["access_token"])).status_code == 401
    answer = await wiki.refresh(tokens["refresh_token"], client_secret=wiki.secret)
    oauth_error(answer, 401, "invalid_client")
    async with yard.client() as client:
        assert (await client.get(wiki.url())).status_code == 404


async def test_a_program_of_one_organization_is_unknown_to_the_people_of_another(yard, wiki):
    admin = await yard.admin()
    other = await yard.core.organizations.add(admin, "Elsewhere")
    await yard.core.accounts.add_user(admin, "Eve", Role.MEMBER, PASSWORD, other.id)
    async with yard.browser() as browser:
        assert (await browser.sign_in(wiki.url(), "Eve")).status_code == 404
    eve = await yard.core.credentials.by_password("Eve", PASSWORD)
    with pytest.raises(NotFound):
        await yard.core.oauth.allow(eve, Request(wiki.client_id, wiki.redirect_uri, ("yard.read",), frozenset()))
    cura = Program(yard)
    tokens = await cura.tokens(name="Eve")
    who = (await yard.who(tokens["access_token"])).json()["data"]
    assert who["organization"]["name"] == "Elsewhere"


def test_the_rfcs_own_example_of_a_challenge():
    """RFC 7636, appendix B."""
    assert s256("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk") == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
