"""What the queue's operations refuse, in what shape, and what they tell of it beforehand."""

import pytest
from tests.apis.yard.conftest import ADMIN_TOKEN, GCODE

from printyard.core.model.job import Job

V1 = "/yard/v1"


@pytest.fixture
async def hall(yard, client):
    """A group with Luke, who takes no jobs."""
    await yard.add("Luke")
    group = (await client.post(f"{V1}/groups", json={"name": "Hall"})).json()["id"]
    await client.patch(f"{V1}/printers/luke", json={"enabled": False})
    await client.put(f"{V1}/groups/{group}/printers/luke")
    return group


@pytest.fixture
async def order(client, hall):
    """Queues a file; the answer."""
    file = (await client.post(f"{V1}/files", files={"file": ("toy.gcode", GCODE)})).json()["id"]

    async def queued(caller=client, **wishes):
        return await caller.post(f"{V1}/groups/{hall}/jobs", json={"file": file} | wishes)

    return queued


@pytest.mark.parametrize(
    "wish",
    [
        {"name": "a\x00b"}, {"name": "two\nlines"}, {"name": "line\n"}, {"plate_type": "\x7f"}, {"machines": ["\x01"]},
        {"machines": ["S5"] * 65}, {"machines": "S5"}, {"tools": [{"tool": 64}]}, {"tools": [{}]},
        {"tools": [{"tool": 0, "nozzle": "AA 0.4"}, {"tool": 0}]}, {"tools": [{"tool": 0, "material_guid": "x" * 201}]},
        {"priority": 11}, {"priority": 10**30}, {"priority": True}, {"copies": 1001}, {"copies": 1.5}, {"start": "no"},
        {"deadline": "0001-01-01T00:00:00+14:00"}, {"deadline": "9999-12-31T23:59:59-14:00"}, {"file": None},
        {"printer": 3}, {"more": 1},
    ],
)  # fmt: skip
async def test_a_wish_that_makes_no_sense_is_refused_in_words(client, hall, order, wish):
    answer = await order(**wish)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["code"] in {"invalid", "malformed"}
    assert answer.json()["error"]["message"]
    assert (await client.get(f"{V1}/groups/{hall}/queue")).json() == []


@pytest.mark.parametrize("path", ["hold", "force", "duplicate", "reprint", "move"])
async def test_a_body_that_is_missing_is_asked_for(client, order, path):
    (job,) = (await order()).json()
    answer = await client.post(f"{V1}/jobs/{job['id']}/{path}")
    assert (answer.status_code, answer.json()) == (
        400, {"error": {"code": "malformed", "message": "the request has no body"}},
    )  # fmt: skip
    for body in (b"{", b"[]", b"null", b"\xff", b'"x"'):
        answer = await client.post(
            f"{V1}/jobs/{job['id']}/{path}", content=body, headers={"content-type": "application/json"}
        )
        assert (answer.status_code, answer.json()["error"]["code"]) == (400, "malformed"), body


async def test_a_job_tells_what_was_asked_for(client, hall, order):
    (job,) = (await order(priority=2, deadline="2030-01-01T12:00:00+01:00")).json()
    assert (job["group"], job["priority"], job["deadline"]) == (hall, 2, "2030-01-01T11:00:00.000Z")
    assert job["forced_by"] == ""
    changed = (await client.patch(f"{V1}/jobs/{job['id']}", json={"priority": -1, "deadline": None})).json()
    assert (changed["priority"], changed["deadline"]) == (-1, None)
    for far in ("1960-01-01T00:00:00Z", "9999-12-31T23:59:59-01:00"):
        assert (await client.patch(f"{V1}/jobs/{job['id']}", json={"deadline": far})).status_code == 400


async def test_the_group_of_one_printer_takes_no_other(yard, client, hall):
    leia, _ = await yard.add("Leia")
    await yard.add("Han")
    for _ in range(2):
        assert (await client.put(f"{V1}/groups/{leia.id}/printers/han")).status_code == 409
        assert (await client.patch(f"{V1}/groups/{leia.id}", json={"name": "Hers"})).status_code == 200
    assert (await client.put(f"{V1}/groups/{leia.id}/printers/leia")).status_code == 409
    assert (await client.delete(f"{V1}/groups/{leia.id}/printers/leia")).status_code == 409
    assert (await client.delete(f"{V1}/groups/{leia.id}")).status_code == 409
    own = {one["name"]: one["printers"] for one in (await client.get(f"{V1}/groups")).json() if one["own"]}
    assert own == {"Hers": ["leia"], "Han": ["han"]}


async def test_a_printer_that_prints_changes_its_group_and_prints_on(yard, client, hall, order):
    await client.patch(f"{V1}/printers/luke", json={"enabled": True})
    (job,) = (await order()).json()
    luke = yard.core.printers.by_slug("luke")
    await yard.until(luke, lambda shown: shown.job is not None and shown.job.state.value == "started")
    shed = (await client.post(f"{V1}/groups", json={"name": "Shed"})).json()["id"]
    assert (await client.put(f"{V1}/groups/{shed}/printers/luke")).status_code == 409
    assert (await client.delete(f"{V1}/groups/{hall}/printers/luke")).status_code == 204
    assert (await client.put(f"{V1}/groups/{shed}/printers/luke")).status_code == 200
    printing = (await client.get(f"{V1}/jobs/{job['id']}")).json()
    assert (printing["state"], printing["printer"], printing["group"]) == ("started", "luke", hall)
    assert (await client.delete(f"{V1}/groups/{hall}")).status_code == 204
    assert (await client.post(f"{V1}/printers/luke/cancel")).status_code == 204
    await yard.until(luke, lambda shown: shown.job is not None and shown.job.ended)
    again = await client.post(f"{V1}/jobs/{job['id']}/reprint", json={})
    assert (again.status_code, again.json()["error"]["code"]) == (404, "not_found"), "its group is gone"


async def test_a_group_goes_when_nothing_waits_there(client, hall, order):
    (job,) = (await order()).json()
    assert (await client.delete(f"{V1}/groups/{hall}/printers/luke")).status_code == 204
    held = (await client.get(f"{V1}/jobs/{job['id']}")).json()
    assert (held["state"], held["reason"]) == ("held", "Its group has no printer any more.")
    standing = (await client.get(f"{V1}/jobs/{job['id']}/standing")).json()
    assert [one["key"] for one in standing["impediments"]] == ["held", "no_printer"]
    assert (await client.post(f"{V1}/jobs/{job['id']}/release")).status_code == 409
    assert (await client.delete(f"{V1}/groups/{hall}")).status_code == 409
    assert (await client.delete(f"{V1}/jobs/{job['id']}")).status_code == 204
    assert (await client.delete(f"{V1}/groups/{hall}")).status_code == 204
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/queue"), ("PUT", "/printers/luke")):
        assert (await client.request(method, f"{V1}/groups/{hall}{path}")).status_code == 404


async def test_what_belongs_to_others_is_not_there(yard, client, hall, order):
    """Another tenant's administrator sees none of it, and changes none of it."""
    (job,) = (await order()).json()
    there = (await client.post(f"{V1}/organizations", json={"name": "Elsewhere"})).json()["id"]
    eve = {"name": "Eve", "role": "admin", "password": "correct horse", "organization_id": there}
    assert (await client.post(f"{V1}/users", json=eve)).status_code == 201
    async with yard.client(None) as caller:
        assert (await caller.post("/login", data={"name": "Eve", "secret": "correct horse"})).status_code == 200
        assert (await caller.get(f"{V1}/groups")).json() == []
        theirs = (await caller.post(f"{V1}/groups", json={"name": "Theirs"})).json()["id"]
        one, of = f"{V1}/jobs/{job['id']}", f"{V1}/groups/{hall}"
        for method, path, body in (
            ("GET", of, None), ("PATCH", of, {"name": "Mine"}), ("DELETE", of, None), ("GET", f"{of}/queue", None),
            ("PUT", f"{of}/printers/luke", None), ("DELETE", f"{of}/printers/luke", None),
            ("PUT", f"{V1}/groups/{theirs}/printers/luke", None), ("POST", f"{of}/jobs", {"file": job["file_id"]}),
            ("GET", f"{one}/standing", None), ("PATCH", one, {"priority": 1}), ("POST", f"{one}/move", {"position": 0}),
            ("POST", f"{one}/hold", {}), ("POST", f"{one}/release", None), ("POST", f"{one}/force", {}),
            ("POST", f"{one}/duplicate", {}), ("POST", f"{one}/reprint", {}), ("POST", f"{one}/stop-and-reprint", None),
            ("DELETE", one, None),
        ):  # fmt: skip
            answer = await caller.request(method, path, **({} if body is None else {"json": body}))
            assert (answer.status_code, answer.json()["error"]["code"]) == (404, "not_found"), (method, path)
    assert (await client.get(f"{V1}/jobs/{job['id']}")).json() == job
    assert (await client.put(f"{V1}/groups/{theirs}/printers/luke")).status_code == 404


async def test_a_printer_that_goes_while_the_queue_is_read_breaks_no_answer(yard, client, hall, order):
    await order()
    read = yard.store.read

    async def removing(work):
        value = await read(work)
        if isinstance(value, list) and value and isinstance(value[0], Job):
            yard.store.read = read
            admin = await yard.core.credentials.by_token(ADMIN_TOKEN)
            await yard.core.printers.remove(admin, yard.core.printers.by_slug("luke"))
        return value

    yard.store.read = removing
    answer = await client.get(f"{V1}/groups/{hall}/queue")
    assert yard.store.read is read, "the test got between them"
    assert (answer.status_code, answer.json()[0]["cheapest"]["printer"]) == (200, "luke")


async def test_the_document_tells_of_every_error_as_it_is(client):
    document = (await client.get(f"{V1}/openapi.json")).json()
    shape = {"$ref": "#/components/schemas/Failure"}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            refused = {status: said for status, said in operation["responses"].items() if status >= "400"}
            assert {"400", "401", "403", "404", "409", "503"} <= set(refused), (method, path)
            assert all(said["content"]["application/json"]["schema"] == shape for said in refused.values())
