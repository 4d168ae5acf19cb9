"""A yard with its accounts on a socket, a clock that can be set ahead, a browser and a program that signs in."""

import asyncio
import base64
import contextlib
import hashlib
import re
import secrets
from html import unescape
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx  # noqa: TID251 (a client of tests)
import pytest
import uvicorn
from tests.apis.yard.conftest import ADMIN_TOKEN, MACHINE, Device, NoPlans, PlainPasswords, PlainSeal, driver_spec

from printyard.apis import digital_factory, yard as native
from printyard.app.accounts import CoreAccounts
from printyard.app.doors import Doors, Pins, PrinterDirectory, Security, Served
from printyard.core.model.user import Role
from printyard.core.running import Ports, build, running
from printyard.infra.blobs.local import LocalBlobs
from printyard.infra.bus import LocalBell
from printyard.infra.clock import SystemClock, UuidIds
from printyard.infra.db import open_store
from printyard.serving.digest import DigestVerifier
from printyard.serving.hosts import Hosts
from printyard.serving.origins import Origins
from printyard.serving.peer import LOOPBACK, Networks, Proxies
from printyard.serving.spec import Door
from printyard.serving.urls import AbsoluteUrls, UrlSigner
from printyard.testing.database import fresh_database

CURA = "um----------------------------ultimaker_cura"
SDK = "um--------------------ultimaker_sdk_examples"
CALLBACK = "http://localhost:32118/callback"
CURA_SCOPES = (
    "account.user.read drive.backup.read drive.backup.write packages.download packages.rating.read "
    "packages.rating.write connect.cluster.read connect.cluster.write connect.material.write library.project.read "
    "library.project.write cura.printjob.read cura.printjob.write cura.mesh.read cura.mesh.write"
)
PASSWORD = "correct horse battery staple"


class AheadClock(SystemClock):
    """The system's clock, set ahead by hand."""

    ahead = 0

    def now(self):
        return super().now() + self.ahead

    def advance(self, seconds):
        self.ahead += round(seconds * 1_000_000)


class WatchedPasswords(PlainPasswords):
    """Counts how often somebody waits for a hash."""

    def __init__(self):
        self.verified = 0

    async def verify(self, hashed, password):
        self.verified += 1
        return await super().verify(hashed, password)


class Yard:
    """The running yard, as its people and their programs see it."""

    def __init__(self, core, clock, passwords, base):
        self.core, self.clock, self.passwords, self.base = core, clock, passwords, base

    def client(self, token="", **options):
        headers = ({"authorization": f"Bearer {token}"} if token else {}) | options.pop("headers", {})
        return httpx.AsyncClient(base_url=self.base, headers=headers, timeout=5, **options)

    async def admin(self):
        return await self.core.credentials.by_token(ADMIN_TOKEN)

    async def add_user(self, name="Ann", role="member", password=PASSWORD, **options):
        return await self.core.accounts.add_user(await self.admin(), name, Role(role), password, **options)

    async def facts(self, *names):
        page = await self.core.history.page(await self.admin(), limit=500)
        return [each.fact for each in page if each.fact.name.value in names]

    def browser(self, **options):
        return Browser(self.client(**options))

    async def who(self, token):
        """The answer to check-token."""
        async with self.client(token) as client:
            return await client.get("/account/check-token")


class Browser:
    """Follows forms as a browser does: same origin, cookies kept, hidden fields sent along."""

    def __init__(self, client):
        self.client = client

    async def __aenter__(self):
        await self.client.__aenter__()
        return self

    async def __aexit__(self, *error):
        await self.client.__aexit__(*error)

    async def open(self, path):
        self.page = await self.client.get(path)
        return self.page

    def forms(self):
        """Where each form of the page leads, and its hidden fields."""
        found = re.findall(r'<form method="post" action="([^"]*)">(.*?)</form>', self.page.text, re.DOTALL)
        hidden = r'<input type="hidden" name="([^"]*)" value="([^"]*)">'
        return [(unescape(action), dict(re.findall(hidden, body))) for action, body in found]

    async def send(self, number=0, headers=None, **fields):
        action, hidden = self.forms()[number]
        self.page = await self.client.post(action, data=hidden | fields, headers=headers or {})
        return self.page

    async def sign_in(self, path, name="Ann", secret=PASSWORD):
        """From the log-in page to the consent."""
        await self.open(path)
        signed_in = await self.send(name=name, secret=secret)
        assert signed_in.status_code == 303, signed_in.text
        return await self.open(signed_in.headers["location"])


def s256(verifier):
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def cura_s512(verifier):
    """As Cura 4 and 5 make it: padded, with the two last letters of base64 the other way round than the RFC."""
    return base64.b64encode(hashlib.sha512(verifier.encode()).digest(), altchars=b"_-").decode()


class Program:
    """A program that signs its user in: Cura, unless told otherwise."""

    client_id, redirect_uri, scope, method = CURA, CALLBACK, CURA_SCOPES, "S512"
    extra = {}

    def __init__(self, yard, **changes):
        self.yard = yard
        self.verifier = secrets.token_hex(32)
        self.state = secrets.token_hex(16)
        for name, value in changes.items():
            setattr(self, name, value)

    def challenge(self):
        return cura_s512(self.verifier) if self.method == "S512" else s256(self.verifier)

    def fields(self, **changes):
        given = {
            "client_id": self.client_id, "redirect_uri": self.redirect_uri, "scope": self.scope,
            "response_type": "code", "state": self.state, "code_challenge": self.challenge(),
            "code_challenge_method": self.method,
        }  # fmt: skip
        return {name: value for name, value in (given | changes).items() if value is not None}

    def url(self, **changes):
        return f"/account/authorize?{urlencode(self.fields(**changes))}"

    def told(self, answer):
        """What came back to the program's address."""
        assert answer.status_code == 303, answer.text
        location = answer.headers["location"]
        assert location.startswith(self.redirect_uri + "?"), location
        fields = {name: value for name, (value,) in parse_qs(urlsplit(location).query).items()}
        assert fields["state"] == self.state
        return fields

    async def code(self, name="Ann", secret=PASSWORD, browser=None, **changes):
        async with contextlib.AsyncExitStack() as stack:
            if browser is None:
                browser = await stack.enter_async_context(self.yard.browser())
                await browser.sign_in(self.url(**changes), name, secret)
            else:
                await browser.open(self.url(**changes))
            return self.told(await browser.send(decision="allow"))["code"]

    async def post(self, path="/account/token", headers=None, **fields):
        async with self.yard.client() as client:
            return await client.post(path, data=fields, headers=headers or {})

    async def exchange(self, code, **changes):
        given = {
            "client_id": self.client_id, "redirect_uri": self.redirect_uri, "grant_type": "authorization_code",
            "code": code, "code_verifier": self.verifier, "scope": self.scope,
        }  # fmt: skip
        return await self.post(**{name: value for name, value in (given | changes).items() if value is not None})

    async def refresh(self, refresh_token, **changes):
        given = {
            "client_id": self.client_id, "redirect_uri": self.redirect_uri, "grant_type": "refresh_token",
            "refresh_token": refresh_token, "scope": self.scope,
        }  # fmt: skip
        return await self.post(**{name: value for name, value in (given | changes).items() if value is not None})

    async def tokens(self, **whom):
        answer = await self.exchange(await self.code(**whom))
        assert answer.status_code == 200, answer.text
        return answer.json()


def oauth_error(answer, status, error):
    """A refusal in OAuth2's shape."""
    assert answer.status_code == status, answer.text
    said = answer.json()
    assert set(said) == {"error", "error_description"}
    assert said["error"] == error, said
    assert said["error_description"]
    assert answer.headers["cache-control"] == "no-store"


def doors_of(core, clock, ids):
    served = []
    for spec in (native.API, digital_factory.API):
        door = Door(
            spec=spec, core=core, settings=spec.settings(), accounts=CoreAccounts(core), anonymous=spec.anonymous,
            trusted_networks=Networks(LOOPBACK), digest=DigestVerifier(b"x" * 32, ids.secret), urls=AbsoluteUrls(),
            signer=UrlSigner(b"y" * 32, clock), clock=clock, ids=ids, epoch=core.epoch,
        )  # fmt: skip
        served.append(Served(door, spec.build(door)))
    directory = PrinterDirectory(find=core.printers.by_slug, front=lambda: None)
    security = Security(hosts=Hosts(), origins=Origins(), proxies=Proxies(Networks(())))
    return Doors(served, directory, security, Pins())


@contextlib.asynccontextmanager
async def serving(core, clock, ids):
    config = uvicorn.Config(
        doors_of(core, clock, ids), host="127.0.0.1", port=0, log_level="error", lifespan="on", ws="none",
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


@pytest.fixture
async def yard(tmp_path):
    clock, bell, passwords = AheadClock(), LocalBell(), WatchedPasswords()
    ids = UuidIds(clock)
    store = open_store(await fresh_database(tmp_path / "yard.sqlite"), clock, bell)
    blobs = LocalBlobs(tmp_path, clock, ids, reserve_bytes=0)
    await blobs.start()
    house = build(
        Ports(
            store=store, clock=clock, ids=ids, bell=bell, blobs=blobs, plans=NoPlans(), seal=PlainSeal(),
            passwords=passwords, drivers={"test": driver_spec()},
            open_driver=lambda printer: (Device(printer, printer.settings), MACHINE),
        )
    )  # fmt: skip
    house.core.credentials.set_admin(ADMIN_TOKEN)
    async with running(house) as core, serving(core, clock, ids) as base:
        yield Yard(core, clock, passwords, base)
    await blobs.close()
    await store.close()


@pytest.fixture
async def ann(yard):
    return await yard.add_user("Ann")


@pytest.fixture
def cura(yard, ann):
    return Program(yard)
