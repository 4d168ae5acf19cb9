"""The API itself: since when it answers, coffee, and how errors are told."""

import re

from tests.apis.digital_factory.conftest import CONNECT, refused


async def test_get_connect_v1_tells_since_when_it_answers_and_needs_no_token(yard):
    async with yard.client(None) as nobody:
        for path in (CONNECT, f"{CONNECT}/"):
            answer = await nobody.get(path)
            assert answer.status_code == 200
            data = answer.json()["data"]
            assert data["ok"] is True
            assert data["version"] == "v1"
            assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", data["time"])
            assert data["uptime"] >= 0


async def test_the_teapot_refuses_to_brew_coffee(yard):
    async with yard.client(None) as nobody:
        error = refused(await nobody.get(f"{CONNECT}/teapot"), 418, "iAmATeapot")
    assert error["meta"]["error_type"] == "TeapotError"


async def test_without_a_token_and_with_a_wrong_one_nothing_is_told(yard):
    async with yard.client(None) as nobody, yard.client("nonsense") as liar:
        for who in (nobody, liar):
            answer = await who.get(f"{CONNECT}/nowhere")
            refused(answer, 401, "noBearerToken")
            assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_an_unknown_path_is_no_record(client):
    error = refused(await client.get(f"{CONNECT}/nowhere"), 404, "recordNotFound")
    assert error["meta"]["error_type"] == "ValidationError"
