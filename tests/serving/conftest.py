"""A door with made-up accounts, the raw ASGI interface, and a server on a real socket."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import msgspec
import pytest
import uvicorn

from printyard.core.access.credentials import HashedPair
from printyard.core.access.rules import anonymous
from printyard.core.errors import EVERY_ERROR, Unauthenticated
from printyard.core.model.user import HOME, Principal, Right, Role, Scope
from printyard.serving.answers import json_answer
from printyard.serving.app import api_app
from printyard.serving.credentials import AnonymousRight, Bearer, DigestUser
from printyard.serving.digest import DigestVerifier
from printyard.serving.hosts import Host
from printyard.serving.peer import LOOPBACK, Networks, Peer
from printyard.serving.spec import ApiScope, ApiSpec, Challenge, Door
from printyard.serving.urls import AbsoluteUrls, UrlSigner
from printyard.serving.visit import VISIT, Visit

BOOT = 1_700_000_000_000_000


class HandClock:
    """A clock that stands until it is turned; its sleepers wake when it is."""

    def __init__(self):
        self.at = BOOT
        self._sleepers = []

    def now(self):
        return self.at

    async def sleep(self, seconds):
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        future = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.at + round(seconds * 1e6), future))
        await future

    def turn(self, seconds):
        self.at += round(seconds * 1e6)
        due = [future for until, future in self._sleepers if until <= self.at]
        self._sleepers = [entry for entry in self._sleepers if entry[0] > self.at]
        for future in due:
            if not future.done():
                future.set_result(None)

    async def run(self, seconds, step=0.05):
        """Turn it in steps, and let others run in between."""
        for _ in range(round(seconds / step)):
            self.turn(step)
            for _ in range(10):
                await asyncio.sleep(0)


class MadeUpAccounts:
    """One admin token, and digest users with the printer that their key is for."""

    def __init__(self):
        self.digests: dict[str, tuple[HashedPair, str]] = {}

    def anonymous(self, right):
        rights = {"none": frozenset(), "read": {Right.READ}, "guest": {Right.READ, Right.PRINT}}[right.value]
        return anonymous(frozenset(rights))

    async def principal(self, proof, printer_id):
        if isinstance(proof, Bearer) and proof.token == "good":
            return self._person("admin", Role.ADMIN)
        if isinstance(proof, DigestUser) and self.digests[proof.public_id][1] == printer_id:
            return self._person(proof.public_id, Role.MEMBER)
        raise Unauthenticated("nobody knows that")

    async def hashed_pair(self, public_id):
        known = self.digests.get(public_id)
        return known and known[0]

    @staticmethod
    def _person(name, role):
        return Principal(id=name, name=name, role=role, scope=Scope(organization_id=HOME), credential_id=name)


@pytest.fixture
def clock():
    return HandClock()


@pytest.fixture
def accounts():
    return MadeUpAccounts()


@pytest.fixture
def make_door(clock, accounts) -> Callable[..., Door]:
    def make(**changes):
        anonymous_right = changes.pop("anonymous", AnonymousRight.READ)
        spec = {
            "name": "toy",
            "title": "Toy",
            "scope": ApiScope.PRINTER,
            "roots": ("/api/v1",),
            "build": lambda door: None,
            "challenge": Challenge.DIGEST,
        }
        random = iter(range(1, 1 << 60))
        return Door(
            spec=ApiSpec(**(spec | changes)),
            core=None,
            settings=None,
            accounts=accounts,
            anonymous=anonymous_right,
            trusted_networks=Networks(LOOPBACK),
            digest=DigestVerifier(b"secret", lambda size: next(random).to_bytes(size, "big")),
            urls=AbsoluteUrls(),
            signer=UrlSigner(b"secret", clock),
            clock=clock,
            ids=None,
            epoch="e1",
        )

    return make


STATUSES = dict.fromkeys(EVERY_ERROR, 418) | {
    kind: status
    for kind in EVERY_ERROR
    for status in [
        {
            "NotFound": 404, "Unauthenticated": 401, "Forbidden": 403, "Invalid": 400, "TooLarge": 413, "Conflict": 409,
            "Incomplete": 409, "TimedOut": 408, "Throttled": 429,
        }.get(kind.__name__)
    ]
    if status is not None
}  # fmt: skip


def toy_envelope(problem):
    return json_answer(problem.status, {"code": problem.error.code, "message": problem.error.message})


@pytest.fixture
def make_app(make_door):
    def make(handlers, **changes):
        options = {name: changes.pop(name) for name in ("openapi", "body_limit", "policy") if name in changes}
        return api_app(make_door(**changes), handlers, statuses=STATUSES, envelope=toy_envelope, **options)

    return make


def visited(scope, printer_id="p1"):
    """A scope as the dispatcher leaves it, for tests of one API without the dispatcher."""
    if scope["type"] not in {"http", "websocket"}:
        return scope
    raw = scope.get("raw_path", scope["path"].encode())
    query = scope.get("query_string", b"")
    visit = Visit(
        api="toy",
        method=scope.get("method", "WEBSOCKET"),
        target=raw + b"?" + query if query else raw,
        segments=tuple(part for part in scope["path"].split("/") if part),
        host=Host("127.0.0.1", 80),
        peer=Peer((scope.get("client") or ("127.0.0.1", 1))[0]),
        printer_id=printer_id,
        printer_slug="luke",
        front=True,
    )
    return {**scope, VISIT: visit}


@pytest.fixture
def behind_visit():
    def wrap(app, printer_id="p1"):
        async def wrapped(scope, receive, send):
            await app(visited(scope, printer_id), receive, send)

        return wrapped

    return wrap


class Got(msgspec.Struct):
    status: int
    headers: list
    body: bytes

    def header(self, name):
        values = [value.decode() for key, value in self.headers if key == name.encode()]
        return values[0] if values else None

    @property
    def json(self):
        return msgspec.json.decode(self.body)


def http_scope(method, target, headers=(), client=("127.0.0.1", 5)):
    path, _, query = target.partition("?")
    return {
        "type": "http", "http_version": "1.1", "method": method, "scheme": "http", "path": path,
        "raw_path": path.encode(), "query_string": query.encode(), "root_path": "", "client": client,
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers],
        "server": ("127.0.0.1", 7200), "state": {}, "extensions": {},
    }  # fmt: skip


async def ask(app, method, target, headers=(), body=(), **scope):
    """Call an ASGI app as a server would; the body comes in the given chunks, then stays silent."""
    chunks = [body] if isinstance(body, bytes) else list(body)
    got = Got(0, [], b"")
    hung_up = asyncio.Event()

    async def receive():
        if chunks:
            chunk = chunks.pop(0)
            if chunk is None:
                return {"type": "http.disconnect"}
            return {"type": "http.request", "body": chunk, "more_body": bool(chunks)}
        if not sent_empty:
            sent_empty.append(1)
            return {"type": "http.request", "body": b"", "more_body": False}
        await hung_up.wait()
        return {"type": "http.disconnect"}

    sent_empty = [1] if chunks else []

    async def send(message):
        if message["type"] == "http.response.start":
            got.status, got.headers = message["status"], list(message["headers"])
        else:
            got.body += message.get("body", b"")

    await app(http_scope(method, target, headers, **scope), receive, send)
    return got


@pytest.fixture(name="ask")
def ask_fixture():
    return ask


@asynccontextmanager
async def listening(app) -> AsyncIterator[str]:
    """The app on a real socket, as it is run: httptools, no access log, no trust in proxies."""
    sock = socket.socket()
    sock.bind(("127.0.0.1", 0))
    config = uvicorn.Config(
        app, log_config=None, access_log=False, lifespan="off", proxy_headers=False, ws="websockets-sansio",
        http="httptools", timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve(sockets=[sock]))
    while not server.started:  # noqa: ASYNC110 - the server has no event for it
        await asyncio.sleep(0.001)
    try:
        yield f"http://127.0.0.1:{sock.getsockname()[1]}"
    finally:
        server.should_exit = True
        await task
        sock.close()


@pytest.fixture(name="listening")
def listening_fixture():
    return listening
