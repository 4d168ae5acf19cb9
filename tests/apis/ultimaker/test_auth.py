"""Access: asking, being allowed or denied, and what is refused without it."""

import json
import re
import tomllib
from importlib.resources import files

import pytest

from printyard.core.commands import AskQuestion
from printyard.testing.people import ADMIN

ASK = {"application": "Cura", "user": "ann"}


@pytest.mark.parametrize(
    "form",
    [
        {"data": ASK},
        {"json": ASK},
        {"files": {name: (None, value) for name, value in ASK.items()}},
        {"json": {"application": "Cura"}},
        {"data": {"application": "Cura", "host_name": "pc", "exclusion_key": "k"}},
        {"json": {"application": "Cura", "user": None}},
    ],
)
async def test_access_is_asked_for_in_three_kinds_of_bodies(bench, form):
    """POST /auth/request"""
    answer = await bench.reader.post("/auth/request", **form)
    assert answer.status_code == 200
    assert sorted(answer.json()) == ["id", "key"], "a client in use unpacks exactly two"
    assert re.fullmatch("[0-9a-f]{32}", answer.json()["id"])
    assert re.fullmatch("[0-9a-f]{64}", answer.json()["key"])
    assert isinstance(bench.commands[-1], AskQuestion)
    assert "Cura" in bench.commands[-1].text


@pytest.mark.parametrize(
    "form",
    [{}, {"json": {"user": "ann"}}, {"data": {"application": " "}}, {"json": {"application": 5}}, {"json": ["Cura"]},
     {"content": b"{", "headers": {"content-type": "application/json"}}],
)  # fmt: skip
async def test_without_an_application_it_is_400(bench, form):
    answer = await bench.reader.post("/auth/request", **form)
    assert (answer.status_code, list(answer.json())) == (400, ["message"])


async def asked(bench, **more):
    return (await bench.reader.post("/auth/request", data=ASK | more)).json()


async def test_the_answer_can_be_followed(bench):
    """GET /auth/check/{id}, GET /auth/verify"""
    app, other = await asked(bench), await asked(bench)
    assert await bench.value(f"/auth/check/{app['id']}") == {"message": "unknown"}
    pending = await bench.signed(app).get("/auth/verify")
    assert pending.status_code == 401
    await bench.core.access.decide(ADMIN, app["id"], allow=True)
    await bench.core.access.decide(ADMIN, other["id"], allow=False)
    assert await bench.value(f"/auth/check/{app['id']}") == {"message": "authorized"}
    assert await bench.value(f"/auth/check/{other['id']}") == {"message": "unauthorized"}
    allowed = await bench.signed(app).get("/auth/verify")
    assert (allowed.status_code, allowed.json()) == (200, {"message": "ok"})
    assert (await bench.signed(other).get("/auth/verify")).status_code == 403
    assert (await bench.signed(app, "0" * 64).get("/auth/verify")).status_code == 401
    assert (await bench.get("/auth/check/" + "0" * 32)).status_code == 404


async def test_a_request_that_nobody_answers_expires(bench):
    app = await asked(bench)
    await bench.clock.advance(301)
    assert await bench.value(f"/auth/check/{app['id']}") == {"message": "unauthorized"}


async def test_verify_always_checks(bench):
    answer = await bench.get("/auth/verify")
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith('Digest realm="Jedi-API", nonce="')
    assert list(answer.json()) == ["message"]


async def test_who_asks_from_an_untrusted_network_may_still_ask_and_check_but_not_read(bench):
    stranger = bench.client(address="203.0.113.9")
    app = (await stranger.post("/auth/request", data=ASK)).json()
    assert (await stranger.get(f"/auth/check/{app['id']}")).json() == {"message": "unknown"}
    assert (await stranger.get("/printer")).status_code == 401
    await bench.core.access.decide(ADMIN, app["id"], allow=True)
    client = bench.signed(app, address="203.0.113.9")
    assert (await client.get("/printer/status")).json() == "idle"


async def test_a_second_application_with_the_same_exclusion_key_takes_the_place_of_the_first(bench):
    first = await asked(bench, exclusion_key="one at a time")
    await bench.core.access.decide(ADMIN, first["id"], allow=True)
    second = await asked(bench, exclusion_key="one at a time")
    assert (await bench.signed(first).get("/auth/verify")).status_code == 200
    await bench.core.access.decide(ADMIN, second["id"], allow=True)
    assert (await bench.signed(first).get("/auth/verify")).status_code == 401
    assert (await bench.signed(second).get("/auth/verify")).status_code == 200


async def test_a_grant_is_good_at_its_own_printer_alone(bench):
    other = await bench.house.add_printer("Leia")
    slug = bench.house.shown(other).printer.slug
    app = await asked(bench)
    await bench.core.access.decide(ADMIN, app["id"], allow=True)
    elsewhere = bench.signed(app, slug=slug)
    assert (await elsewhere.get("/auth/verify")).status_code == 401
    assert (await elsewhere.get(f"/auth/check/{app['id']}")).status_code == 404


async def test_too_many_requests_are_429(bench):
    answers = [await bench.reader.post("/auth/request", data=ASK) for _ in range(21)]
    assert [answer.status_code for answer in answers] == [200] * 20 + [429]
    assert int(answers[-1].headers["retry-after"]) > 0


def operations():
    table = tomllib.loads(files("printyard.apis.ultimaker").joinpath("support.toml").read_text("utf-8"))
    return [tuple(operation.split(" ")) for operation in table["operations"]]


async def test_nothing_changes_without_a_credential(bench):
    """Every PUT, POST and DELETE, known or not."""
    writes = [(method, path) for method, path in operations() if method != "GET" and path != "/auth/request"]
    for method, path in [
        *writes,
        ("PUT", "/nothing"),
        ("POST", "/system"),
        ("DELETE", "/printer"),
        ("PATCH", "/printer"),
    ]:
        url = re.sub(r"\{\w+\}", "0", path)
        for kwargs in (
            {},
            {"json": {"temperature": 900}},
            {"content": b"--x", "headers": {"content-type": "multipart/form-data"}},
        ):
            answer = await bench.reader.request(method, url, **kwargs)
            assert answer.status_code == 401, (method, path)
            assert answer.headers["www-authenticate"].startswith('Digest realm="Jedi-API"')
            assert list(answer.json()) == ["message"]
    assert bench.commands == []


async def test_basic_authentication_is_no_credential(bench):
    answer = await bench.reader.put("/printer/led/hue", json=5, auth=("admin", "the admin's token"))
    assert answer.status_code == 401


async def test_unknown_paths_and_methods_are_json(bench):
    for method, path, status in (
        ("GET", "/nothing", 404),
        ("GET", "/", 404),
        ("PUT", "/nothing", 404),
        ("PUT", "/camera", 405),
    ):
        answer = await bench.writer.request(method, path)
        assert (answer.status_code, list(answer.json())) == (status, ["message"]), path
        assert answer.headers["content-type"] == "application/json"
    missing = await bench.client(slug="nobody").get("/printer")
    assert (missing.status_code, list(missing.json())) == (404, ["message"])


async def test_an_error_inside_is_500_in_json_and_says_nothing(bench):
    bench.have(network=object())
    answer = await bench.writer.get("/printer/network")
    assert (answer.status_code, list(json.loads(answer.content))) == (500, ["message"])
    assert "object" not in answer.text
