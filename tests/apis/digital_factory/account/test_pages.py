"""The log-in and consent pages: who gets them, whose forms count, and where they never lead."""

import re
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
from tests.apis.digital_factory.account.conftest import CURA, PASSWORD, Program, cura_s512

FOREIGN = {"origin": "https://evil.example"}

TRICKS = [
    "http://localhost.evil.example:32118/callback",
    "http://localhost@evil.example:32118/callback",
    "http://localhost:32118@evil.example/callback",
    "http://localhost:32118/callback/../evil",
    "http://localhost:32118/callback/",
    "http://localhost:32118//callback",
    "http://localhost:32118/callback?x=1",
    "http://localhost:32118/callback#x",
    "http://localhost:32118/CALLBACK",
    "http://localhost:32118/other",
    "http://localhost:32118/callback%00",
    "http://localhost:32118/callback\n",
    "http://localhost:0/callback",
    "http://localhost:65536/callback",
    "http://localhost:032118/callback",
    "http://localhost/callback",
    "http://localhost:/callback",
    "https://localhost:32118/callback",
    "http://LOCALHOST.:32118/callback",
    "http://127.0.0.2:32118/callback",
    "http://127.1:32118/callback",
    "http://[::1%25eth0]:32118/callback",
    "http:\\\\localhost:32118/callback",
    "//localhost:32118/callback",
    "localhost:32118/callback",
    "/callback",
    "javascript:alert(1)//localhost:32118/callback",
    "https://evil.example/callback",
    "",
]


async def test_nobody_is_sent_to_an_address_that_is_not_the_programs(yard, cura):
    async with yard.client() as client:
        for uri in TRICKS:
            for method in ("GET", "POST"):
                answer = await client.request(method, cura.url(redirect_uri=uri))
                assert answer.status_code == 400, uri
                assert "location" not in answer.headers
                assert "evil" not in answer.text


@pytest.mark.parametrize(
    "uri", ["http://localhost:1/callback", "http://127.0.0.1:65535/callback", "http://[::1]:8080/callback"]
)
async def test_any_port_of_this_machine_is_fine(yard, ann, uri):
    program = Program(yard, redirect_uri=uri)
    assert (await program.tokens())["access_token"]


async def test_an_unknown_program_gets_nothing(yard, cura):
    async with yard.client() as client:
        page = await client.get(cura.url(client_id="nobody<script>"))
    assert page.status_code == 404
    assert page.headers["content-type"].startswith("text/html")
    assert "nobody<" not in page.text


NONSENSE = [
    ({"response_type": None}, "unsupported_response_type"),
    ({"response_type": "token"}, "unsupported_response_type"),
    ({"response_type": "code token"}, "unsupported_response_type"),
    ({"code_challenge": None, "code_challenge_method": None}, "invalid_request"),
    ({"code_challenge_method": None}, "invalid_request"),
    ({"code_challenge_method": "plain"}, "invalid_request"),
    ({"code_challenge_method": "S256"}, "invalid_request"),
    ({"code_challenge": "short"}, "invalid_request"),
    ({"code_challenge": "!" * 88}, "invalid_request"),
    ({"scope": "packages.download drive.backup.read"}, "invalid_scope"),
]


async def test_what_makes_no_sense_is_told_to_the_program(yard, cura):
    async with yard.client() as client:
        for changes, error in NONSENSE:
            for method in ("GET", "POST"):
                told = cura.told(await client.request(method, cura.url(**changes)))
                assert told["error"] == error, changes
                assert told["error_description"]
                assert "code" not in told


async def test_a_parameter_that_stands_there_twice_is_refused(yard, cura):
    async with yard.client() as client:
        answer = await client.get(f"{cura.url()}&scope=yard.administer")
    assert cura.told(answer)["error"] == "invalid_request"


def policy(page):
    directives = [part.strip().partition(" ") for part in page.headers["content-security-policy"].split(";")]
    return {name: value for name, _, value in directives}


async def test_the_pages_keep_to_themselves(yard, cura):
    async with yard.browser() as browser:
        login = await browser.open(cura.url())
        consent = await browser.sign_in(cura.url())
    for page in (login, consent):
        assert page.status_code == 200
        assert policy(page)["frame-ancestors"] == "'none'"
        assert policy(page)["default-src"] == "'none'"
        assert "script-src" not in policy(page)
        assert "<script" not in page.text
        assert page.headers["x-frame-options"] == "DENY"
        assert page.headers["referrer-policy"] == "same-origin"
        assert page.headers["cache-control"] == "no-store"
    assert policy(login)["form-action"] == "'self'"
    # Chromium holds a form's redirects against form-action too.
    assert policy(consent)["form-action"] == "'self' http://localhost:32118"


async def test_the_question_names_program_person_rights_and_target(yard, cura):
    async with yard.browser() as browser:
        text = (await browser.sign_in(cura.url())).text
    for said in ("UltiMaker Cura", "Ann", "member", "localhost:32118", "Start, pause and cancel prints"):
        assert said in text
    assert "Decide about other people" not in text  # which Ann may not either
    assert "Manage people" not in text


async def test_what_a_caller_wrote_is_text(yard, cura):
    async with yard.browser() as browser:
        page = await browser.open(cura.url(state='"><script>alert(1)</script>', login_hint='"><b>x'))
        assert "<script" not in page.text
        assert "<b>x" not in page.text
        page = await browser.send(name="<img src=x>", secret="wrong")
        assert page.status_code == 401
        assert "<img" not in page.text
        (action, _), *_ = browser.forms()
        assert parse_qs(urlsplit(action).query)["state"] == ['"><script>alert(1)</script>']


async def test_who_signed_in_at_the_yards_page_is_asked_at_once(yard, cura):
    async with yard.browser() as browser:
        signed_in = await browser.client.post("/login", data={"name": "Ann", "secret": PASSWORD})
        assert signed_in.status_code == 200
        page = await browser.open(cura.url())
        assert "asks for access" in page.text
        assert cura.told(await browser.send(decision="allow"))["code"]


async def test_a_token_in_a_header_is_no_browser_that_signed_in(yard, cura):
    async with yard.client("the-admin-token") as client:
        page = await client.get(cura.url())
        assert "Password or token" in page.text
        answer = await client.post(cura.url(), data={"decision": "allow"})
        assert answer.status_code == 403


async def test_another_sites_form_is_refused(yard, cura):
    async with yard.browser() as browser:
        await browser.sign_in(cura.url())
        assert (await browser.send(headers=FOREIGN, decision="allow")).status_code == 403
        await browser.open(cura.url())
        assert (await browser.send(headers={"sec-fetch-site": "cross-site"}, decision="allow")).status_code == 403
        await browser.open(cura.url())
        assert (await browser.send(headers={"origin": yard.base}, decision="allow")).status_code == 303


@pytest.mark.parametrize("token", ["", "0" * 64, "ü"])
async def test_a_form_without_its_token_is_refused(yard, cura, token):
    async with yard.browser() as browser:
        await browser.sign_in(cura.url())
        answer = await browser.send(decision="allow", form_token=token)
        assert answer.status_code == 403
        assert "location" not in answer.headers
        await browser.open(cura.url())
        assert (await browser.send(decision="maybe")).status_code == 400
    async with yard.browser() as browser:
        await browser.open(cura.url())
        assert (await browser.send(name="Ann", secret=PASSWORD, form_token=token)).status_code == 403


async def test_a_forms_token_is_one_browsers(yard, cura):
    async with yard.browser() as hers, yard.browser() as his:
        await hers.sign_in(cura.url())
        ((_, hidden), *_) = hers.forms()
        await his.sign_in(cura.url())
        assert (await his.send(decision="allow", **hidden)).status_code == 403


async def test_signing_in_leads_to_the_question_and_nowhere_else(yard, cura):
    async with yard.browser() as browser:
        await browser.open(cura.url(next="https://evil.example", path="//evil.example"))
        signed_in = await browser.send(name="Ann", secret=PASSWORD)
    location = urlsplit(signed_in.headers["location"])
    assert (location.scheme, location.netloc, location.path) == ("", "", "/account/authorize")
    (cookie,) = [value for name, value in signed_in.headers.multi_items() if name == "set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


async def test_a_browser_that_another_site_sent_comes_once_more_by_itself(yard, cura):
    """It keeps the session's cookie back on the way from there, not on the way from here to here."""
    async with yard.browser() as browser:
        page = await browser.client.get(cura.url(), headers={"sec-fetch-site": "cross-site"})
        again = re.search(r'http-equiv="refresh" content="0;url=([^"]*)"', page.text)[1].replace("&amp;", "&")
        assert urlsplit(again).path == "/account/authorize"
        await browser.sign_in(again)
        assert cura.told(await browser.send(decision="allow"))["code"]
        page = await browser.client.get(cura.url(), headers={"sec-fetch-site": "cross-site"})
        assert "asks for access" in page.text


async def test_a_wrong_password_is_told_alike_for_a_name_that_nobody_has_and_costs_as_much(yard, cura):
    async with yard.browser() as browser:
        await browser.open(cura.url())
        known = await browser.send(name="Ann", secret="wrong")
        assert yard.passwords.verified == 1
        await browser.open(cura.url())
        unknown = await browser.send(name="Ban", secret="wrong")
        assert yard.passwords.verified == 2
    assert known.status_code == unknown.status_code == 401
    assert known.text.replace("Ann", "Ban") == unknown.text


async def test_who_guesses_has_to_wait(yard, cura):
    async with yard.browser() as browser:
        for _ in range(5):
            await browser.open(cura.url())
            assert (await browser.send(name="Ann", secret="wrong")).status_code == 401
        await browser.open(cura.url())
        throttled = await browser.send(name="Ann", secret=PASSWORD)
        assert throttled.status_code == 429
        yard.clock.advance(int(throttled.headers["retry-after"]))
        assert (await browser.send(name="Ann", secret=PASSWORD)).status_code == 303


async def test_who_guesses_names_has_to_wait_too_at_both_pages(yard, cura):
    async with yard.browser() as browser:
        for number in range(20):
            await browser.open(cura.url())
            assert (await browser.send(name=f"nobody {number}", secret="wrong")).status_code == 401
        await browser.open(cura.url())
        assert (await browser.send(name="Ann", secret=PASSWORD)).status_code == 429
        answer = await browser.client.post("/login", data={"name": "Ann", "secret": PASSWORD})
        assert answer.status_code == 429


async def test_signing_out_takes_a_button_and_leads_back_to_who_asked(yard, cura):
    async with yard.browser() as browser:
        await browser.sign_in(cura.url())
        answer = await browser.send(1)
        assert answer.status_code == 303
        page = await browser.open(answer.headers["location"])
        assert "Password or token" in page.text
        await browser.sign_in(cura.url())
        page = await browser.open("/account/logoff")
        assert "signed in as" in page.text
        assert (await browser.client.post("/account/logout")).status_code == 403
        answer = await browser.send()
        page = await browser.open(answer.headers["location"])
        assert "You are signed out" in page.text
        assert "Password or token" in (await browser.open(cura.url())).text


async def test_a_rebinding_host_is_refused(yard, cura):
    async with yard.client(headers={"host": "evil.example"}) as client:
        assert (await client.get(cura.url())).status_code == 421


async def test_a_flood_of_parameters_is_refused(yard, cura):
    async with yard.client() as client:
        assert (await client.get(cura.url() + "&x=1" * 100)).status_code == 400


async def test_the_pages_answer_with_and_without_a_slash(yard, cura):
    fields = cura.fields(code_challenge=cura_s512(cura.verifier), client_id=CURA)
    async with yard.client() as client:
        assert (await client.get(f"/account/authorize/?{urlencode(fields)}")).status_code == 200
