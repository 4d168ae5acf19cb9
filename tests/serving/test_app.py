"""One API's app: errors in its own words, authentication before everything, headers, limits."""

import asyncio

import msgspec
import pytest
from litestar import Request, get, post, put
from litestar.params import FromPath, JSONBody
from structlog.testing import capture_logs

from printyard.core.errors import EVERY_ERROR, NotFound, StorageFull, Throttled
from printyard.serving.answers import json_answer
from printyard.serving.app import OpenApi, api_app
from printyard.serving.body import ArrivingBody, read_body
from printyard.serving.credentials import AnonymousRight
from printyard.serving.reply import Reply, reply
from printyard.serving.visit import principal_of, visit_of


class Named(msgspec.Struct):
    name: str


@get("/api/v1/who", sync_to_thread=False)
def who(request: Request) -> dict[str, str | None]:
    principal, visit = principal_of(request), visit_of(request)
    return {"name": principal.name, "printer": visit.printer_id, "method": visit.method}


@get("/api/v1/fail/{kind:str}", sync_to_thread=False)
def fail(kind: FromPath[str]) -> None:
    match kind:
        case "gone":
            raise NotFound("no such job")
        case "throttled":
            raise Throttled("slowly", 7.4)
        case "full":
            raise StorageFull("no room")
        case _:
            raise ZeroDivisionError("the password is hunter2")


@put("/api/v1/name", sync_to_thread=False)
def rename(data: JSONBody[Named]) -> dict[str, str]:
    return {"name": data.name}


@post("/api/v1/read")
async def read(request: Request) -> Reply:
    return reply(json_answer(200, len(await read_body(request.receive, 100))))


@get("/api/v1/auth/check/{grant:str}", sync_to_thread=False)
def check(request: Request, grant: FromPath[str]) -> dict[str, bool]:
    return {"known": principal_of(request).authenticated}


HANDLERS = [who, fail, rename, read, check]
BEARER = [("authorization", "Bearer good")]
PUBLIC = frozenset({("GET", "/api/v1/auth/check/{id}")})


@pytest.fixture
def app(make_app, behind_visit):
    return behind_visit(make_app(HANDLERS, public=PUBLIC))


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/nothing/here", 404, "unknown_path"),
        ("DELETE", "/api/v1/name", 405, "method_not_allowed"),
        ("GET", "/api/v1/fail/gone", 404, "not_found"),
        ("GET", "/api/v1/fail/full", 418, "storage_full"),
        ("GET", "/api/v1/fail/throttled", 429, "throttled"),
        ("GET", "/api/v1/fail/unexpectedly", 500, "unexpected"),
    ],
)
async def test_every_error_has_the_apis_shape(app, ask, method, path, status, code):
    with capture_logs() as logs:
        got = await ask(app, method, path, BEARER)
    assert (got.status, got.json["code"]) == (status, code)
    assert got.header("content-type") == "application/json"
    assert b"hunter2" not in got.body
    assert len(logs) == (status == 500)


async def test_the_extras_of_errors(app, ask):
    assert (await ask(app, "GET", "/api/v1/fail/throttled")).header("retry-after") == "7"
    assert (await ask(app, "DELETE", "/api/v1/who", BEARER)).header("allow") == "GET, HEAD, OPTIONS"


@pytest.mark.parametrize("body", [b"{", b"[]", b'{"name": 1}', b""])
async def test_bad_json_is_a_400_in_the_apis_shape(app, ask, body):
    got = await ask(app, "PUT", "/api/v1/name", [*BEARER, ("content-length", str(len(body)))], body)
    assert (got.status, got.json["code"]) == (400, "malformed")


@pytest.mark.parametrize("kind", [[], [("content-type", "text/plain")], [("content-type", "nonsense")]])
async def test_json_is_json_whatever_the_content_type_says(app, ask, kind):
    got = await ask(app, "PUT", "/api/v1/name", [*BEARER, ("content-length", "12"), *kind], b'{"name":"x"}')
    assert got.json == {"name": "x"}


async def test_a_table_that_is_not_total_is_refused(make_door):
    with pytest.raises(TypeError, match="StorageFull"):
        api_app(
            make_door(),
            [],
            statuses={error: 500 for error in EVERY_ERROR if error is not StorageFull},
            envelope=lambda problem: None,
        )


@pytest.mark.parametrize("path", ["/api/v1/name", "/api/v1/nothing", "/api/v1/who"])
async def test_a_write_without_a_credential_is_401_whatever_the_path(app, ask, path):
    got = await ask(app, "PUT", path, [("content-length", "3")], b"{{{")
    assert got.status == 401
    assert got.header("www-authenticate").startswith('Digest realm="Jedi-API", nonce="')
    assert got.header("www-authenticate").endswith('", qop="auth"')


async def test_anonymous_rights_are_for_trusted_networks(make_app, behind_visit, ask):
    readable = behind_visit(make_app(HANDLERS))
    assert (await ask(readable, "GET", "/api/v1/who")).json["name"] == "anonymous"
    assert (await ask(readable, "GET", "/api/v1/who", client=("192.168.1.9", 5))).status == 401
    closed = behind_visit(make_app(HANDLERS, anonymous=AnonymousRight.NONE))
    assert (await ask(closed, "GET", "/api/v1/who")).status == 401
    guests = behind_visit(make_app(HANDLERS, anonymous=AnonymousRight.GUEST))
    put_name = ("PUT", "/api/v1/name", [("content-length", "12")], b'{"name":"x"}')
    assert (await ask(guests, *put_name)).status == 200
    assert (await ask(guests, *put_name, client=("192.168.1.9", 5))).status == 401


async def test_a_wrong_credential_is_refused_or_ignored_as_the_api_says(make_app, behind_visit, ask):
    wrong = [("authorization", "Bearer bad")]
    strict = behind_visit(make_app(HANDLERS, public=PUBLIC))
    assert (await ask(strict, "GET", "/api/v1/who", wrong)).status == 401
    assert (await ask(strict, "GET", "/api/v1/auth/check/1", wrong)).json == {"known": False}
    tolerant = behind_visit(make_app(HANDLERS, tolerates_bad_credentials=True))
    assert (await ask(tolerant, "GET", "/api/v1/who", wrong)).json["name"] == "anonymous"
    assert (await ask(tolerant, "PUT", "/api/v1/name", wrong)).status == 401


async def test_public_operations_need_none_even_from_afar(app, ask):
    got = await ask(app, "GET", "/api/v1/auth/check/12", client=("8.8.8.8", 5))
    assert got.json == {"known": False}
    assert (await ask(app, "GET", "/api/v1/auth/check/1/2", client=("8.8.8.8", 5))).status == 401


async def test_a_printer_that_is_not_there(make_app, behind_visit, ask):
    app = behind_visit(make_app(HANDLERS), printer_id=None)
    assert (await ask(app, "GET", "/api/v1/who", BEARER)).status == 404
    assert (await ask(app, "PUT", "/api/v1/who")).status == 401


async def test_headers_against_browsers(app, ask):
    got = await ask(app, "GET", "/api/v1/who")
    assert got.header("x-content-type-options") == "nosniff"
    assert "frame-ancestors 'none'" in got.header("content-security-policy")
    assert got.header("cache-control") == "no-store"


async def test_litestars_limit_is_the_doors(make_app, behind_visit, ask):
    app = behind_visit(make_app(HANDLERS, body_limit=10))
    body = b'{"name":"' + b"x" * 20 + b'"}'
    got = await ask(app, "PUT", "/api/v1/name", [*BEARER, ("content-length", str(len(body)))], body)
    assert (got.status, got.json["code"]) == (413, "too_large")


async def test_an_openapi_document_only_where_it_was_asked_for(make_app, behind_visit, ask):
    bare = behind_visit(make_app(HANDLERS))
    assert (await ask(bare, "GET", "/api/v1/openapi.json")).status == 404
    assert (await ask(bare, "GET", "/schema")).status == 404
    described = behind_visit(make_app(HANDLERS, openapi=OpenApi(title="Toy", version="1", path="/api/v1/openapi.json")))
    got = await ask(described, "GET", "/api/v1/openapi.json")
    assert "/api/v1/name" in got.json["paths"]
    assert (await ask(described, "GET", "/api/v1/nothing")).json["code"] == "unknown_path"


async def test_a_body_that_stalls_is_a_timeout(app):
    async def silence():
        await asyncio.Event().wait()

    body = ArrivingBody({"headers": [(b"content-length", b"9")]}, silence, idle_seconds=0.01)
    with pytest.raises(Exception, match="in time"):
        await body()


async def test_a_refused_upload_is_read_to_its_end_so_that_the_client_gets_its_answer(app, ask):
    chunks = [b"x" * 1000] * 5
    arrived = list(chunks)
    got = await ask(app, "POST", "/api/v1/read", [("content-length", "5000")], arrived)
    assert got.status == 401
    assert got.header("connection") is None
    waiting = await ask(app, "POST", "/api/v1/read", [("content-length", "5000"), ("expect", "100-continue")], chunks)
    assert waiting.header("connection") == "close"


async def test_a_cut_and_a_large_body(app, ask):
    cut = await ask(app, "POST", "/api/v1/read", [*BEARER, ("content-length", "9")], [b"xx", None])
    assert cut.json["code"] == "incomplete"
    large = await ask(app, "POST", "/api/v1/read", [*BEARER, ("content-length", "101")], [b"x" * 101])
    assert (large.status, large.json["code"]) == (413, "too_large")


async def test_what_is_polled_passes_the_framework_by_but_not_what_stands_before_it(make_app, behind_visit, ask):
    front = make_app(HANDLERS, anonymous=AnonymousRight.NONE)

    async def poll(principal, visit):
        if visit.printer_id is None:
            raise NotFound("no printer")
        return reply(json_answer(200, {"polled_by": principal.name}))

    front.polled = {("api", "v1", "who"): poll}
    app = behind_visit(front)
    assert (await ask(app, "GET", "/api/v1/who")).status == 401
    got = await ask(app, "GET", "/api/v1/who", BEARER)
    assert (got.status, got.json) == (200, {"polled_by": "admin"})
    assert got.header("x-content-type-options") == "nosniff"
    assert (await ask(app, "DELETE", "/api/v1/who", BEARER)).status == 405


async def test_a_poll_that_fails_has_the_apis_shape_too(make_app, behind_visit, ask):
    front = make_app(HANDLERS)

    async def poll(principal, visit):
        raise NotFound("no such job")

    front.polled = {("api", "v1", "who"): poll}
    got = await ask(behind_visit(front), "GET", "/api/v1/who", BEARER)
    assert (got.status, got.json["code"]) == (404, "not_found")
