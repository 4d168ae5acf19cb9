"""The dispatcher: which API answers where, for which printer, and whom it refuses."""

import asyncio

import msgspec
import pytest

from printyard.app.doors import ClaimedTwice, Doors, Pins, PrinterDirectory, Security, Served
from printyard.app.lifespans import LifespanFailed, Lifespans
from printyard.serving.answers import json_answer
from printyard.serving.credentials import AnonymousRight
from printyard.serving.hosts import Hosts
from printyard.serving.origins import Origins
from printyard.serving.peer import Networks, Proxies
from printyard.serving.spec import ApiScope, ApiSpec, Door
from printyard.serving.visit import VISIT

PRINTERS = {"luke": "id-luke", "leia": "id-leia"}


def door(spec):
    return Door(
        spec=spec, core=None, settings=None, accounts=None, anonymous=AnonymousRight.NONE, digest=None, urls=None,
        trusted_networks=Networks(()), signer=None, clock=None, ids=None, epoch="",
    )  # fmt: skip


def echo(name, **spec):
    """An API that answers what it was told."""

    async def app(scope, receive, send):
        visit = scope[VISIT]
        if scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})
            return
        told = {
            "api": name, "slug": visit.printer_slug, "id": visit.printer_id, "front": visit.front,
            "prefix": visit.prefix, "root_path": scope["root_path"], "path": scope["path"],
            "segments": visit.segments, "method": scope["method"], "asked": visit.method,
            "target": visit.target.decode(), "peer": visit.peer.address, "scheme": visit.peer.scheme,
            "proxied": visit.peer.proxied,
        }  # fmt: skip
        await json_answer(200, told).send(send)

    return Served(door(ApiSpec(name=name, title=name, build=lambda _: app, **spec)), app)


ULTIMAKER = {"scope": ApiScope.PRINTER, "roots": ("/api/v1",)}
OCTOPRINT = {"scope": ApiScope.PRINTER, "roots": ("/api/version", "/api/files", "/sockjs"), "owns": ("/api",)}
OBICO = {"scope": ApiScope.YARD, "roots": ("/api/v1/printers", "/api/v1/octo", "/ws")}
CURA = {"scope": ApiScope.BOTH, "roots": ("/cluster-api/v1",)}
PAGE = {"scope": ApiScope.YARD, "roots": ("/yard/v1", "/printers", "/print_jobs"), "owns": ("/",)}


def house():
    return [
        echo("ultimaker", **ULTIMAKER),
        echo("octoprint", **OCTOPRINT),
        echo("obico", **OBICO),
        echo("cura_lan", **CURA),
        echo("yard", **PAGE),
    ]


def doors(served=None, *, front="luke", pins=None, hosts=(), prefix="", proxies=(), **origins):
    return Doors(
        house() if served is None else served,
        PrinterDirectory(find=PRINTERS.get, front=lambda: front),
        Security(hosts=Hosts(hosts, ["yardhost"]), origins=Origins(**origins), proxies=Proxies(Networks(proxies))),
        pins or Pins(),
        public_prefix=prefix,
    )


async def call(app, method, target, headers=(), server=("127.0.0.1", 7200), client=("127.0.0.1", 9), kind="http"):
    """Status, headers and body (bytes) of one request over the raw interface."""
    raw, _, query = target.encode().partition(b"?")
    headers = [(b"host", b"127.0.0.1:7200"), *((k.encode(), v.encode()) for k, v in headers)]
    if any(k == b"host" for k, _ in headers[1:]):
        headers = headers[1:]
    scope = {
        "type": kind, "method": method, "path": raw.decode(), "raw_path": raw, "query_string": query, "root_path": "",
        "headers": headers, "client": client, "server": server, "scheme": "http" if kind == "http" else "ws",
    }  # fmt: skip
    sent = []

    async def receive():
        return {"type": f"{kind}.connect" if kind == "websocket" else "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    await app(scope, receive, send)
    if kind == "websocket":
        return sent[0]["type"]
    body = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], dict(sent[0]["headers"]), body


async def told(app, target, **more):
    status, _, body = await call(app, more.pop("method", "GET"), target, **more)
    assert status == 200, body
    return msgspec.json.decode(body)


@pytest.mark.parametrize(
    ("target", "api", "slug"),
    [
        ("/api/v1/printer", "ultimaker", "luke"),
        ("/api/v1/printers/7", "obico", None),
        ("/api/v1/printers", "obico", None),
        ("/api/v1/printersX", "ultimaker", "luke"),
        ("/api/v1x", "octoprint", "luke"),
        ("/api/version", "octoprint", "luke"),
        ("/api/nothing", "octoprint", "luke"),
        ("/cluster-api/v1/print_jobs/", "cura_lan", None),
        ("/printers/leia/api/v1/printer", "ultimaker", "leia"),
        ("/printers/leia/api/v1/printers", "ultimaker", "leia"),
        ("/printers/leia/api/zzz", "octoprint", "leia"),
        ("/printers/leia/cluster-api/v1/printers", "cura_lan", "leia"),
        ("/printers/leia/sockjs/info", "octoprint", "leia"),
        ("/printers/leia", "yard", None),
        ("/printers/leia/nothing", "yard", None),
        ("/printers", "yard", None),
        ("/nothing/at/all", "yard", None),
        ("/", "yard", None),
        ("//api///v1//printer/", "ultimaker", "luke"),
        ("/api%2Fv1/printer", "yard", None),
        ("/%61pi/v1/printer", "ultimaker", "luke"),
    ],
)
async def test_the_longest_stem_answers(target, api, slug):
    got = await told(doors(), target)
    assert (got["api"], got["slug"]) == (api, slug)
    assert got["id"] == (slug and f"id-{slug}")
    assert got["front"] is (slug == "luke")


async def test_an_unknown_printer_is_told_to_its_api_which_says_404_in_its_own_words():
    got = await told(doors(), "/printers/vader/api/v1/printer")
    assert (got["api"], got["slug"], got["id"], got["front"]) == ("ultimaker", "vader", None, False)
    empty = await told(doors(front=None), "/api/v1/printer")
    assert (empty["slug"], empty["id"], empty["front"]) == (None, None, True)


async def test_what_an_api_is_told_of_a_path():
    got = await told(doors(), "/printers/leia/api/v1/a%2Fb/%C3%A9/?x=%20&y")
    assert got["root_path"] == got["prefix"] == "/printers/leia"
    assert got["path"] == "/printers/leia/api/v1/a%2Fb/é"
    assert got["segments"] == ["api", "v1", "a/b", "é"]
    assert got["target"] == "/printers/leia/api/v1/a%2Fb/%C3%A9/?x=%20&y"


@pytest.mark.parametrize("path", ["/cluster-api/v1/print_jobs", "/cluster-api/v1/print_jobs/"])
async def test_a_trailing_slash_is_the_same_path_and_never_a_redirect(path):
    assert (await told(doors(), path, method="POST"))["segments"] == ["cluster-api", "v1", "print_jobs"]


async def test_a_printers_own_address_port_or_name():
    pins = Pins(addresses={("192.168.1.51", 80): "leia"}, ports={7201: "leia"}, hosts={"leia.local": "leia"})
    app = doors(pins=pins, hosts=["leia.local"])
    for more in (
        {"server": ("192.168.1.51", 80)},
        {"server": ("127.0.0.1", 7201)},
        {"headers": [("host", "LEIA.local.")]},
    ):
        got = await told(app, "/cluster-api/v1/printers", **more)
        assert (got["api"], got["slug"], got["prefix"]) == ("cura_lan", "leia", "")
        assert (await told(app, "/yard/v1/printers", **more))["api"] == "yard"
        assert (await told(app, "/printers/luke/api/v1/printer", **more))["slug"] == "luke"
    assert (await told(app, "/cluster-api/v1/printers"))["slug"] is None


def test_two_apis_on_one_path_do_not_start():
    with pytest.raises(ClaimedTwice, match="/cluster-api/v1"):
        doors([*house(), echo("other", scope=ApiScope.YARD, roots=("/cluster-api/v1/",))])
    doors([*house(), echo("other", scope=ApiScope.YARD, roots=("/api/version",))])


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:7200", 200), ("[::1]:7200", 200), ("localhost", 200), ("yard.localhost:1", 200), ("YARDHOST", 200),
        ("mine.example:7200", 200), ("evil.example", 421), ("127.0.0.1.evil.example", 421), ("a b", 421), ("", 421),
        ("mine.example:99999", 421), ("localhost@evil.example", 421), ("evil.example#localhost", 421),
    ],
)  # fmt: skip
async def test_a_name_that_was_rebound_to_us_is_not_ours(host, status):
    app = doors(hosts=["mine.example"])
    for method in ("GET", "POST", "OPTIONS"):
        assert (await call(app, method, "/api/v1/printer", [("host", host)]))[0] == status
    accepted = await call(app, "GET", "/ws/x", [("host", host)], kind="websocket")
    assert accepted == ("websocket.accept" if status == 200 else "websocket.close")


async def test_two_hosts_are_refused():
    assert (await call(doors(), "GET", "/", [("host", "localhost"), ("host", "localhost")]))[0] == 421


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ([], True),
        ([("origin", "http://127.0.0.1:7200")], True),
        ([("origin", "https://127.0.0.1:7200")], True),
        ([("origin", "https://panel.example")], True),
        ([("origin", "http://yard.public.example")], True),
        ([("sec-fetch-site", "same-origin")], True),
        ([("sec-fetch-site", "none")], True),
        ([("origin", "http://127.0.0.1:3000")], False),
        ([("origin", "http://evil.example")], False),
        ([("origin", "null")], False),
        ([("origin", "http://panel.example")], False),
        ([("sec-fetch-site", "cross-site")], False),
    ],
)
async def test_another_sites_page_changes_nothing(headers, allowed):
    app = doors(listed=["https://panel.example/"], public_url="http://yard.public.example")
    for method in ("POST", "PUT", "PATCH", "DELETE", "PROPFIND"):
        status, _, _ = await call(app, method, "/api/v1/printer", headers)
        assert status == (200 if allowed else 403)
    accepted = await call(app, "GET", "/ws/x", headers, kind="websocket")
    assert accepted == ("websocket.accept" if allowed else "websocket.close")
    assert (await call(app, "GET", "/api/v1/printer", headers))[0] == 200


async def test_a_plain_link_from_elsewhere_may_be_followed():
    headers = [("sec-fetch-site", "cross-site"), ("sec-fetch-mode", "navigate")]
    assert (await call(doors(), "GET", "/", headers))[0] == 200


async def test_cors_for_listed_origins_and_readers():
    app = doors(listed=["https://panel.example"], readers=["http://wall.example"])
    preflight = [("access-control-request-method", "PUT"), ("access-control-request-headers", "authorization")]
    status, headers, _ = await call(app, "OPTIONS", "/api/v1/x", [("origin", "https://panel.example"), *preflight])
    assert status == 204
    assert headers[b"access-control-allow-origin"] == b"https://panel.example"
    assert headers[b"access-control-allow-methods"] == b"PUT"
    assert headers[b"access-control-allow-headers"] == b"authorization"
    for origin in ("http://wall.example", "http://evil.example"):
        _, headers, _ = await call(app, "OPTIONS", "/api/v1/x", [("origin", origin), *preflight])
        assert b"access-control-allow-origin" not in headers
    _, headers, _ = await call(app, "GET", "/api/v1/x", [("origin", "http://wall.example")])
    assert headers[b"access-control-allow-origin"] == b"http://wall.example"
    _, headers, _ = await call(app, "GET", "/api/v1/x", [("origin", "http://evil.example")])
    assert b"access-control-allow-origin" not in headers
    assert headers[b"vary"] == b"Origin"
    _, headers, _ = await call(doors(readers=["*"]), "GET", "/api/v1/x", [("origin", "http://any.example")])
    assert headers[b"access-control-allow-origin"] == b"http://any.example"
    assert b"access-control-allow-credentials" not in headers


async def test_an_api_may_vouch_for_the_page_that_announced_an_upload():
    async def admits(_, path, origin):
        return path == "/uploads/7" and origin == "http://cloud.example"

    app = doors([echo("cloud", scope=ApiScope.YARD, roots=("/uploads",), admits_origin=admits)])
    page = [("origin", "http://cloud.example")]
    assert (await call(app, "PUT", "/uploads/7", page))[0] == 200
    assert (await call(app, "PUT", "/uploads/8", page))[0] == 403
    asked = await call(app, "OPTIONS", "/uploads/7", [*page, ("access-control-request-method", "PUT")])
    assert asked[1][b"access-control-allow-origin"] == b"http://cloud.example"


async def test_the_peer_is_the_sockets_unless_a_trusted_proxy_says_otherwise():
    forwarded = [("x-forwarded-for", "6.6.6.6, 9.9.9.9"), ("x-forwarded-proto", "https")]
    got = await told(doors(), "/", headers=forwarded)
    assert (got["peer"], got["scheme"], got["proxied"]) == ("127.0.0.1", "http", True)
    got = await told(doors(proxies=["127.0.0.1"]), "/", headers=forwarded)
    assert (got["peer"], got["scheme"], got["proxied"]) == ("9.9.9.9", "https", False)
    got = await told(doors(proxies=["127.0.0.1", "9.0.0.0/8"]), "/", headers=forwarded)
    assert got["peer"] == "6.6.6.6"
    got = await told(doors(proxies=["127.0.0.1"]), "/", headers=[("x-forwarded-for", "nonsense")])
    assert got["proxied"] is True


@pytest.mark.parametrize("target", ["/base/api/v1/x?q", "/api/v1/x?q"])
async def test_a_prefix_of_a_proxy_that_takes_it_away_or_leaves_it(target):
    got = await told(doors(prefix="/base"), target)
    assert (got["api"], got["path"], got["target"]) == ("ultimaker", "/api/v1/x", target)
    assert (await told(doors(prefix="/base"), "/basement/x"))["api"] == "yard"


async def test_head_is_get_without_its_body():
    status, headers, body = await call(doors(), "HEAD", "/api/v1/x")
    _, get_headers, get_body = await call(doors(), "GET", "/api/v1/x")
    assert (status, body) == (200, b"")
    # The echo tells the method that was asked, which is one letter longer.
    assert int(headers[b"content-length"]) == int(get_headers[b"content-length"]) + 1 == len(get_body) + 1


async def test_head_ends_an_endless_stream():
    cleaned = []

    async def endless(scope, receive, send):
        try:
            await send({"type": "http.response.start", "status": 200, "headers": []})
            while True:
                await send({"type": "http.response.body", "body": b"x", "more_body": True})
        finally:
            cleaned.append(True)

    served = Served(
        door(ApiSpec(name="s", title="s", scope=ApiScope.YARD, roots=("/s",), build=lambda _: endless)), endless
    )
    assert (await asyncio.wait_for(call(doors([served]), "HEAD", "/s"), 1))[0::2] == (200, b"")
    assert cleaned == [True]


async def test_nobody_there():
    assert (await call(doors([]), "GET", "/x"))[0] == 404
    assert await call(doors([]), "GET", "/x", kind="websocket") == "websocket.close"


def lifespan_app(name, log, *, fails=""):
    async def app(scope, receive, send):
        assert scope["type"] == "lifespan"
        for what in ("startup", "shutdown"):
            assert (await receive())["type"] == f"lifespan.{what}"
            log.append(f"{name} {what}")
            if fails == what:
                await send({"type": f"lifespan.{what}.failed", "message": f"{name} is broken"})
                raise ValueError(name)
            await send({"type": f"lifespan.{what}.complete"})

    return app


async def test_lifespans_go_up_in_order_and_down_in_reverse():
    log = []
    lifespans = Lifespans([lifespan_app("a", log), lifespan_app("b", log)])
    await lifespans.start()
    await lifespans.stop()
    assert log == ["a startup", "b startup", "b shutdown", "a shutdown"]


async def test_an_app_that_cannot_start_stops_those_that_did():
    log, said = [], []
    lifespans = Lifespans([lifespan_app("a", log), lifespan_app("b", log, fails="startup"), lifespan_app("c", log)])

    async def receive():
        return {"type": "lifespan.startup"}

    async def send(message):
        said.append(message)

    await lifespans({"type": "lifespan"}, receive, send)
    assert log == ["a startup", "b startup", "a shutdown"]
    assert said == [{"type": "lifespan.startup.failed", "message": "b is broken"}]


async def test_all_are_stopped_even_if_one_fails_and_apps_without_lifespan_are_fine():
    async def plain(scope, receive, send):
        raise KeyError(scope["type"])

    log = []
    lifespans = Lifespans([lifespan_app("a", log), plain, lifespan_app("b", log, fails="shutdown")])
    await lifespans.start()
    with pytest.raises(LifespanFailed, match="b is broken"):
        await lifespans.stop()
    assert log[-1] == "a shutdown"
