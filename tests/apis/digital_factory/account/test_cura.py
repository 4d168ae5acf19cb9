"""Cura signs its user in, as its own code does it: its challenge, its form, what it reads of the answers."""

import base64
import hashlib
import secrets
import socket
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import anyio
import pytest
import requests  # noqa: TID251 - a client that people use
from tests.apis.digital_factory.account.conftest import (
    CURA,
    PASSWORD,
    SDK,
    Browser,
    Program,
    cura_s512,
)


async def test_cura_signs_in_asks_who_it_is_renews_and_signs_out(yard, cura, ann):
    tokens = await cura.tokens()
    assert set(tokens) == {"token_type", "access_token", "refresh_token", "expires_in", "scope"}
    assert tokens["token_type"] == "Bearer"
    assert tokens["expires_in"] > 60
    assert "connect.cluster.write" in tokens["scope"].split()
    assert "drive.backup.read" not in tokens["scope"].split()
    who = (await yard.who(tokens["access_token"])).json()["data"]
    assert who["username"] == "Ann"
    assert who["organization"]["organization_id"]
    assert who["subscriptions"] == []

    renewed = (await cura.refresh(tokens["refresh_token"])).json()
    assert renewed["refresh_token"] not in {None, tokens["refresh_token"]}
    assert (await yard.who(renewed["access_token"])).json()["data"] == who

    async with yard.client(renewed["access_token"]) as client:
        assert (await client.delete("/account/token")).status_code == 204
    for dead in (tokens["access_token"], renewed["access_token"]):
        assert (await yard.who(dead)).status_code == 401
    assert (await cura.refresh(renewed["refresh_token"])).json()["error"] == "invalid_grant"


def verifier_with(letters):
    """A verifier of Cura's whose challenge has all of these letters."""
    while True:
        verifier = secrets.token_hex(32)
        if set(letters) <= set(cura_s512(verifier)):
            return verifier


@pytest.mark.parametrize(
    ("letters", "escaped"), [(b"_-", True), (b"-_", True), (b"+/", True), (b"+/", False)],
    ids=["cura", "rfc", "sdk", "sdk without escapes"],
)  # fmt: skip
@pytest.mark.parametrize("padded", [True, False])
async def test_every_alphabet_of_a_challenge_is_understood(yard, ann, letters, escaped, padded):
    verifier = verifier_with("-_")
    challenge = base64.b64encode(hashlib.sha512(verifier.encode()).digest(), altchars=letters).decode()
    program = Program(yard, verifier=verifier)
    challenge = challenge if padded else challenge.rstrip("=")
    url = (
        program.url(code_challenge=None)
        + "&"
        + (urlencode({"code_challenge": challenge}) if escaped else f"code_challenge={challenge}")
    )
    async with yard.browser() as browser:
        await browser.sign_in(url)
        code = program.told(await browser.send(decision="allow"))["code"]
    assert (await program.exchange(code)).status_code == 200


async def test_the_sdk_signs_in_with_a_verifier_of_base64(yard, ann):
    """typescript/src/digital-factory.ts: 44 characters, among them + / and =; no redirect_uri when it renews."""
    verifier = base64.b64encode(b"\xfb\xef" * 16).decode()
    assert set("+/=") & set(verifier)
    program = Program(yard, client_id=SDK, verifier=verifier, state=base64.b64encode(secrets.token_bytes(16)).decode())
    challenge = base64.b64encode(hashlib.sha512(verifier.encode()).digest()).decode()
    tokens = (await program.exchange(await program.code(code_challenge=challenge))).json()
    renewed = await program.refresh(tokens["refresh_token"], redirect_uri=None, scope=None)
    assert renewed.status_code == 200
    assert renewed.json()["scope"] == tokens["scope"]


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


class Callback(BaseHTTPRequestHandler):
    """Cura's own little server, reduced to what it reads."""

    def do_GET(self):
        query = {name: value for name, (value,) in parse_qs(urlsplit(self.path).query).items()}
        self.server.heard = (urlsplit(self.path).path, query)
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        pass


async def test_the_whole_way_over_real_sockets_with_another_client(yard, ann):
    """requests, S256 by RFC 7636, and a server at a free port of loopback to which the browser is sent."""
    port = free_port()
    server = HTTPServer(("127.0.0.1", port), Callback)
    thread = threading.Thread(target=server.handle_request)
    thread.start()

    def sign_in():
        browser, verifier = requests.Session(), secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        fields = {
            "response_type": "code", "client_id": CURA, "redirect_uri": f"http://127.0.0.1:{port}/callback",
            "scope": "connect.cluster.read", "state": "xyz", "code_challenge": challenge,
            "code_challenge_method": "S256",
        }  # fmt: skip
        page = browser.get(f"{yard.base}/account/authorize", params=fields, timeout=5)
        for filled in ({"name": "Ann", "secret": PASSWORD}, {"decision": "allow"}):
            (action, hidden), *_ = Browser.forms(type("Page", (), {"page": page}))
            page = browser.post(yard.base + action, data=hidden | filled, timeout=5)
        path, heard = server.heard
        assert (path, heard["state"]) == ("/callback", "xyz")
        form = {"grant_type": "authorization_code", "code": heard["code"], "code_verifier": verifier}
        form |= {name: fields[name] for name in ("client_id", "redirect_uri")}
        tokens = requests.post(f"{yard.base}/account/token", data=form, timeout=5).json()
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        return tokens, requests.get(f"{yard.base}/account/check-token", headers=bearer, timeout=5).json()

    try:
        tokens, who = await anyio.to_thread.run_sync(sign_in)
    finally:
        thread.join(5)
        server.server_close()
    assert tokens["scope"] == "connect.cluster.read"
    assert who["data"]["username"] == "Ann"


async def test_who_says_no_is_told_in_curas_word(yard, cura):
    async with yard.browser() as browser:
        await browser.sign_in(cura.url())
        told = cura.told(await browser.send(decision="deny"))
    assert told["error_code"] == "user_denied"
    assert told["error"] == "access_denied"
    assert "code" not in told


async def test_cura_lands_on_a_plain_page(yard):
    async with yard.client() as client:
        for path in ("/account/app/auth-success", "/account/app/auth-error"):
            page = await client.get(path)
            assert page.status_code == 200
            assert page.headers["content-type"].startswith("text/html")


async def test_the_admin_token_signs_in_too_and_is_the_same_somebody_after_each_renewal(yard):
    program = Program(yard)
    tokens = await program.tokens(name="", secret="the-admin-token")
    first = (await yard.who(tokens["access_token"])).json()["data"]
    renewed = (await program.refresh(tokens["refresh_token"])).json()
    again = (await yard.who(renewed["access_token"])).json()["data"]
    assert (first["username"], first["role"]) == ("admin", "admin")
    assert again == first
