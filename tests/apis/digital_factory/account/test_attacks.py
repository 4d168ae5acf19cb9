"""What an attacker would try at the accounts: each of these once looked possible."""

import asyncio
import logging

import pytest
from tests.apis.digital_factory.account.conftest import PASSWORD, Program, oauth_error

from printyard.core.errors import Invalid
from printyard.core.model.user import Role
from printyard.core.model.value import after

SESSION = "printyard_session"


async def robot(yard, expires_in=None):
    """A token of nobody's."""
    ends = None if expires_in is None else after(yard.clock.now(), expires_in)
    return await yard.core.accounts.add_token(await yard.admin(), "robot", Role.OPERATOR, ends)


async def test_what_was_allowed_with_a_token_ends_with_that_token(yard):
    token, secret = await robot(yard)
    program = Program(yard)
    unused = await program.code("", secret)
    tokens = (await program.exchange(await program.code("", secret))).json()
    assert (await yard.who(tokens["access_token"])).json()["data"]["role"] == "operator"
    await yard.core.accounts.revoke_token(await yard.admin(), token.id)
    assert (await yard.who(tokens["access_token"])).status_code == 401
    oauth_error(await program.refresh(tokens["refresh_token"]), 400, "invalid_grant")
    oauth_error(await program.exchange(unused), 400, "invalid_grant")


async def test_what_was_allowed_with_a_token_does_not_outlive_it(yard):
    _, secret = await robot(yard, expires_in=1800)
    program = Program(yard)
    tokens = await program.tokens(name="", secret=secret)
    assert 1700 < tokens["expires_in"] <= 1800
    yard.clock.advance(900)
    renewed = (await program.refresh(tokens["refresh_token"])).json()
    assert 800 < renewed["expires_in"] <= 900
    yard.clock.advance(901)
    assert (await yard.who(renewed["access_token"])).status_code == 403
    oauth_error(await program.refresh(renewed["refresh_token"]), 400, "invalid_grant")


async def test_another_admin_token_ends_what_programs_were_allowed_with_the_one_before(yard, ann):
    credentials = yard.core.credentials
    await credentials.end_former_admin()
    program = Program(yard)
    of_admin = await program.tokens(name="", secret="the-admin-token")
    of_ann = await Program(yard).tokens()
    credentials.set_admin("another admin token")
    await credentials.end_former_admin()
    assert (await yard.who(of_admin["access_token"])).status_code == 401
    oauth_error(await program.refresh(of_admin["refresh_token"]), 400, "invalid_grant")
    assert (await yard.who(of_ann["access_token"])).status_code == 200


async def test_somebody_who_is_switched_off_is_told_so_only_with_the_right_password(yard, cura, ann):
    code, tokens = await cura.code(), await cura.tokens()
    await yard.core.accounts.change_user(await yard.admin(), ann.id, disabled=True)
    oauth_error(await cura.exchange(code), 400, "invalid_grant")
    oauth_error(await cura.refresh(tokens["refresh_token"]), 400, "invalid_grant")
    assert (await yard.who(tokens["access_token"])).status_code == 401
    async with yard.browser() as browser:
        await browser.open(cura.url())
        assert "switched off" not in (await browser.send(name="Ann", secret="not this one")).text
        answer = await browser.send(name="Ann", secret=PASSWORD)
        assert answer.status_code == 401
        assert "This account is switched off." in answer.text
        assert SESSION not in browser.client.cookies


async def test_of_many_who_bring_one_code_at_once_at_most_one_gets_tokens_and_they_end(yard, cura):
    code = await cura.code()
    answers = await asyncio.gather(*(cura.exchange(code) for _ in range(8)))
    (won,) = [answer.json() for answer in answers if answer.status_code == 200]
    assert (await yard.who(won["access_token"])).status_code == 401


async def test_of_many_who_bring_one_refresh_token_at_once_at_most_one_gets_newer_ones_and_they_end(yard, cura):
    tokens = await cura.tokens()
    answers = await asyncio.gather(*(cura.refresh(tokens["refresh_token"]) for _ in range(8)))
    (won,) = [answer.json() for answer in answers if answer.status_code == 200]
    assert (await yard.who(won["access_token"])).status_code == 401


async def test_a_session_that_somebody_planted_is_never_the_one_that_signs_in(yard, cura):
    """Session fixation: what the browser had before is worth nothing after."""
    async with yard.browser() as mallory:
        await yard.add_user("Mallory", "guest")
        await mallory.sign_in(cura.url(), "Mallory")
        planted = mallory.client.cookies[SESSION]
    async with yard.browser(headers={"cookie": f"{SESSION}={planted}"}) as browser:
        await browser.client.post("/login", data={"name": "Ann", "secret": PASSWORD})
        own = browser.client.cookies[SESSION]
    assert own != planted
    assert (await yard.core.sessions.principal(own)).name == "Ann"
    async with yard.browser(cookies={SESSION: planted}) as victim:
        # Whoever is signed in as somebody else sees it before saying yes.
        assert "<strong>Mallory</strong> (guest)" in (await victim.open(cura.url())).text


async def test_a_program_of_another_organization_is_not_even_named_to_who_signed_in(yard, ann):
    admin = await yard.admin()
    other = await yard.core.organizations.add(admin, "Elsewhere")
    await yard.core.accounts.add_user(admin, "Eve", Role.ADMIN, PASSWORD, other.id)
    eve = await yard.core.credentials.by_password("Eve", PASSWORD)
    theirs, _ = await yard.core.oauth.clients.add(eve, "Their secret project", [], loopback=True)
    program = Program(yard, client_id=theirs.client_id, scope="yard.read")
    async with yard.browser() as browser:
        await browser.sign_in(Program(yard).url())
        page = await browser.open(program.url())
        assert page.status_code == 404
        assert "Their secret project" not in page.text
    assert (await program.tokens(name="Eve"))["access_token"]


@pytest.mark.parametrize(
    "uri",
    [
        "https://a;frame-ancestors/cb", "https://a,b/cb", "https://user@a.example/cb", "https://a'/cb",
        "http://intranet/cb", "javascript:alert(1)", "data:text/html,x", "file:///x", "https:///cb", "https://a/#x",
        "https://a\\b/cb", "https://a b/cb", "https://[::1/cb", "https://a:port/cb", "myapp:/cb", "",
    ],
)  # fmt: skip
async def test_an_address_that_is_not_safe_for_codes_is_not_registered(yard, uri):
    with pytest.raises(Invalid):
        await yard.core.oauth.clients.add(await yard.admin(), "Wiki", [uri])


@pytest.mark.parametrize(
    ("uri", "source"),
    [
        ("https://wiki.example:8443/cb?x=1", "https://wiki.example:8443"), ("http://127.0.0.1:9/x", "http://127.0.0.1:9"),
        ("http://[::1]:9/x", "http:"), ("com.example.wiki:/cb", "com.example.wiki:"),
    ],
)  # fmt: skip
async def test_the_policy_lets_the_answer_out_to_the_registered_place_alone(yard, ann, uri, source):
    client, _ = await yard.core.oauth.clients.add(await yard.admin(), "Wiki", [uri])
    program = Program(yard, client_id=client.client_id, redirect_uri=uri, scope="yard.read", method="S256")
    async with yard.browser() as browser:
        page = await browser.sign_in(program.url())
        answer = await browser.send(decision="deny")
    assert f"form-action 'self' {source};" in page.headers["content-security-policy"]
    assert answer.headers["location"].startswith(f"{uri}{'&' if '?' in uri else '?'}error=access_denied")


async def test_no_secret_is_in_the_log_or_in_an_address_of_ours(yard, cura, caplog):
    caplog.set_level(logging.DEBUG)
    async with yard.browser() as browser:
        await browser.sign_in(cura.url())
        session = browser.client.cookies[SESSION]
        answer = await browser.send(decision="allow")
        asked = [str(answer.request.url), str(browser.page.request.url)]
    tokens = (await cura.exchange(cura.told(answer)["code"])).json()
    await cura.refresh("not a refresh token")
    await yard.who(tokens["access_token"])
    told = "\n".join(
        record.getMessage() for record in caplog.records if not record.name.startswith(("httpx", "httpcore"))
    )
    for secret in (session, PASSWORD, cura.verifier, tokens["access_token"], tokens["refresh_token"]):
        assert secret not in told
        assert not any(secret in address for address in asked)


async def test_a_forgotten_browser_is_signed_out_by_its_owner(yard, cura, ann):
    async with yard.browser() as browser:
        await browser.sign_in(cura.url())
        principal = await yard.core.sessions.principal(browser.client.cookies[SESSION])
        await yard.core.own_account.end_session(principal, principal.credential_id)
        assert (await browser.send(decision="allow")).status_code == 403
        assert "Password or token" in (await browser.open(cura.url())).text
