"""Who may what: every operation of the description as every role, without a token, and with one that is no good."""

import tomllib
from pathlib import Path

import pytest
from tests.apis.digital_factory.conftest import CONNECT, NOBODY, refused
from tests.apis.digital_factory.printing import sent, uploaded
from tests.apis.digital_factory.test_clusters import listed
from tests.apis.digital_factory.test_spec import spec

from printyard.core.model.user import Role
from printyard.core.model.value import Instant

RIGHTS = tomllib.loads((Path(__file__).parent / "rights.toml").read_text())["connect"]
LADDER = [role.value for role in (Role.GUEST, Role.MEMBER, Role.OPERATOR, Role.ADMIN)]
GUID = "5712e0ac-e90a-0344-ee91-7e8050a44c9b"
DATES = {"start_date": "2020-01-01", "end_date": "2100-01-01"}
BODIES = {
    "POST /clusters": {"cluster_ids": []},
    "POST /clusters/{cluster_id}/note": {"note": {"note": "x"}},
    "POST /clusters/{cluster_id}/share": {"organization_shared": True},
    "PUT /clusters/{cluster_id}/maintenance": {"task_codes": ["clean_printer"]},
    "POST /clusters/{cluster_id}/print/{job_id}": {"start_now": False},
    "POST /clusters/{cluster_id}/print_jobs/{cluster_job_id}": {"note": "x"},
    "POST /clusters/{cluster_id}/printers/{cluster_printer_id}/action/{action}": {"name": "Luke", "enabled": True},
    "PUT /makerbot/printers": {"printer_id": GUID},
    "PUT /materials/upload": {
        "content_type": "application/zip", "file_size": 10, "material_profile_name": "a.umm", "origin": "x",
    },
    "POST /settings": {"enable_print_prep": False},
}  # fmt: skip
"""What makes sense to an operation, so that it is the right that decides."""


@pytest.fixture
async def world(yard, client):
    """One of everything that paths name, all the administrator's."""
    printer, _ = await yard.add("Luke")
    (cluster,) = (await listed(client))["data"]
    job_id = await uploaded(client)
    uuid = await sent(client, cluster["cluster_id"], job_id, start_now=False)
    team = await yard.core.teams.add(await yard.admin(), "Crew")
    return {
        "cluster_id": cluster["cluster_id"], "original_cluster_id": cluster["cluster_id"], "job_id": job_id,
        "cluster_job_id": uuid, "job_instance_uuid": uuid, "cluster_printer_id": printer.device_guid,
        "user_id": cluster["user_id"], "team_id": await yard.core.foreign_ids("connect").of("team", team.id),
        "action_id": GUID, "pin_code": "ZZZZZZ", "connection_id": GUID, "action": "rename",
    }  # fmt: skip


async def operations(client):
    """All that is described, what ends a cluster last."""
    paths = (await spec(client))["paths"]
    found = [f"{method.upper()} {path}" for path, methods in paths.items() for method in methods]
    return sorted(found, key=lambda one: (one == "DELETE /clusters/{cluster_id}", one))


async def ask(somebody, operation, world):
    """An answer to an operation, by somebody."""
    method, path = operation.split(" ")
    if "/print_jobs/" in path and path.endswith("{action}"):
        world = world | {"action": "pause"}
    body = BODIES.get(operation)
    query = DATES if path.endswith("/reports") else {}
    if path.endswith("/events"):
        async with somebody.stream(method, CONNECT + path.format(**world)) as answer:
            if answer.status_code != 200:
                await answer.aread()
            return answer
    return await somebody.request(
        method, CONNECT + path.format(**world), params=query, json=None if body is None else {"data": body}
    )


@pytest.mark.slow
async def test_every_operation_as_every_role(yard, client, world):
    wrong, described = [], await operations(client)
    assert set(described) == set(RIGHTS)
    for role in LADDER:
        async with yard.client(await yard.token(role)) as somebody:
            for operation in described:
                answer, least = await ask(somebody, operation, world), RIGHTS[operation]
                if least != "public" and LADDER.index(role) < LADDER.index(least):
                    refused(answer, 403, "accessDenied")
                elif (answer.status_code in {401, 403} and least != "public") or answer.status_code >= 500:
                    wrong.append(f"{operation} by {role}: {answer.status_code} {answer.text[:200]}")
                if operation.startswith("DELETE /teams") and answer.status_code == 204:
                    assert role == "admin"
    assert wrong == []


async def test_without_a_token_and_with_one_that_is_no_good_nothing_is_told(yard, client, world):
    past = Instant(yard.core.clock.now() - 1)
    _, expired = await yard.core.accounts.add_token(await yard.admin(), "old", Role.ADMIN, expires_at=past)
    described = await operations(client)
    for secret, status, code in (
        (None, 401, "noBearerToken"), ("nonsense", 401, "noBearerToken"), (expired, 403, "tokenExpired"),
    ):  # fmt: skip
        async with yard.client(secret) as somebody:
            for operation in described:
                answer = await ask(somebody, operation, world)
                if RIGHTS[operation] == "public":
                    assert answer.status_code in {200, 403, 418}, operation
                    continue
                error = refused(answer, status, code)
                assert error["meta"] == {"error_type": "AuthError"}, operation
                assert ("www-authenticate" in answer.headers) == (status == 401)


async def test_a_foreign_tenant_finds_nothing(yard, client, world):
    """Somebody of another organization, with all rights there: everything here is as good as unknown."""
    admin = await yard.admin()
    elsewhere = await yard.core.organizations.add(admin, "Elsewhere")
    _, secret = await yard.person("eve", "admin", organization_id=elsewhere.id)
    async with yard.client(secret) as eve:
        for operation in await operations(client):
            if "{" not in operation or RIGHTS[operation] == "public" or "/confirm" in operation:
                continue
            refused(await ask(eve, operation, world), 404, "recordNotFound")
        for path in ("/clusters", "/print_jobs", "/makerbot/printers"):
            assert (await eve.get(CONNECT + path)).json()["data"] == [], path
        seen = await eve.post(f"{CONNECT}/clusters", json={"data": {"cluster_ids": [world["cluster_id"], NOBODY]}})
        assert seen.json() == {"data": {"cluster_ids": []}}
        counted = await eve.get(f"{CONNECT}/clusters/team_count", params={"team_ids": world["team_id"]})
        assert counted.json() == {"data": {"counts": {world["team_id"]: 0}}}
        for pin in ("ZZZZZZ", "A1B2C3"):
            refused(await eve.post(f"{CONNECT}/confirm-registration-pin/{pin}"), 404, "recordNotFound")
