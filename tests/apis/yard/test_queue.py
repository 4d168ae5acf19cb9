"""Groups and their queues, as a program of the yard's own works with them."""

import pytest

from printyard.core.model.state import LoadedMaterial, Nozzle, Temperature, Tool

PLA, ABS = "506c9f0d-e3aa-4bd4-b2d2-23e2425b1aa9", "60636bb4-518f-42e7-8237-fe77b194ebe0"
GCODE = b";FLAVOR:Marlin\nG28\nG1 X10 Y10 E1 F1800\n"


@pytest.fixture
async def hall(yard, client):
    """The id of a group of two printers that are switched off for jobs, so that all that comes waits."""
    group = (await client.post("/yard/v1/groups", json={"name": "Hall", "discipline": "shortest"})).json()
    assert group == {"id": group["id"], "name": "Hall", "discipline": "shortest", "own": False, "printers": []}
    for name in ("Luke", "Leia"):
        printer, _ = await yard.add(name)
        assert (await client.patch(f"/yard/v1/printers/{printer.slug}", json={"enabled": False})).status_code == 200
        joined = await client.put(f"/yard/v1/groups/{group['id']}/printers/{printer.slug}")
        assert joined.status_code == 200, joined.text
    return group["id"]


@pytest.fixture
async def file(client):
    return (await client.post("/yard/v1/files", files={"file": ("toy.gcode", GCODE)})).json()["id"]


async def queued(client, hall, file, **wishes):
    answer = await client.post(f"/yard/v1/groups/{hall}/jobs", json={"file": file} | wishes)
    assert answer.status_code == 201, answer.text
    return [job["id"] for job in answer.json()]


async def line(client, hall):
    return [entry["job"]["id"] for entry in (await client.get(f"/yard/v1/groups/{hall}/queue")).json()]


async def test_printers_come_and_go(yard, client, hall):
    shown = (await client.get(f"/yard/v1/groups/{hall}")).json()
    assert shown["printers"] == ["luke", "leia"]
    assert (await client.get("/yard/v1/groups")).json() == [shown]
    changed = await client.patch(f"/yard/v1/groups/{hall}", json={"name": "Hall 2", "discipline": "even_wear"})
    assert (changed.json()["name"], changed.json()["discipline"]) == ("Hall 2", "even_wear")
    assert (await client.delete(f"/yard/v1/groups/{hall}")).status_code == 409
    assert (await client.put(f"/yard/v1/groups/{hall}/printers/luke")).status_code == 409
    for slug in ("luke", "leia"):
        assert (await client.delete(f"/yard/v1/groups/{hall}/printers/{slug}")).status_code == 204
        assert (await client.delete(f"/yard/v1/groups/{hall}/printers/{slug}")).status_code == 404
    own = (await client.get("/yard/v1/groups")).json()
    assert {(one["name"], one["own"], *one["printers"]) for one in own if one["printers"]} == {
        ("Luke", True, "luke"), ("Leia", True, "leia"),
    }  # fmt: skip
    assert (await client.delete(f"/yard/v1/groups/{hall}")).status_code == 204
    assert (await client.get(f"/yard/v1/groups/{hall}")).status_code == 404


@pytest.mark.parametrize(
    "body",
    [{}, {"name": ""}, {"name": "x", "discipline": "luck"}, {"name": 3}, {"name": "x", "more": 1}, {"name": "x" * 101}],
)
async def test_a_group_that_makes_no_sense_is_not_made(client, body):
    answer = await client.post("/yard/v1/groups", json=body)
    assert answer.status_code == 400
    assert set(answer.json()["error"]) == {"code", "message"}
    assert (await client.get("/yard/v1/groups")).json() == []


async def test_every_job_says_why_it_waits(client, hall, file):
    first, second = await queued(client, hall, file, copies=2, name="Vase")
    waiting = (await client.get(f"/yard/v1/groups/{hall}/queue")).json()
    assert [entry["position"] for entry in waiting] == [0, 1]
    assert [entry["job"]["name"] for entry in waiting] == ["Vase", "Vase"]
    assert waiting[0]["job"]["batch_id"] == waiting[1]["job"]["batch_id"] is not None
    assert waiting[0]["printers"] == []
    assert waiting[0]["cheapest"]["possible"] is True
    standing = (await client.get(f"/yard/v1/jobs/{second}/standing")).json()
    assert standing["job"]["id"] == second != first
    assert [one["printer"] for one in standing["printers"]] == ["luke", "leia"]
    for one in standing["printers"]:
        found = {impediment["key"]: impediment for impediment in one["impediments"]}
        assert found["printer_disabled"]["severity"] == "blocking"
        assert found["printer_disabled"]["fixable"]
        assert found["printer_disabled"]["sentence"] == "The printer is switched off for new jobs."


async def test_the_order_is_changed(client, hall, file):
    first, second, third = await queued(client, hall, file, copies=3)
    moved = await client.post(f"/yard/v1/jobs/{third}/move", json={"position": 0})
    assert moved.status_code == 200
    assert await line(client, hall) == [third, first, second]
    raised = await client.patch(f"/yard/v1/jobs/{second}", json={"priority": 1})
    assert raised.status_code == 200, raised.text
    assert await line(client, hall) == [second, third, first]
    due = {"deadline": "2030-01-01T12:00:00+01:00"}
    assert (await client.patch(f"/yard/v1/jobs/{first}", json=due)).status_code == 200
    for wrong in ({"deadline": "2030-01-01T12:00:00"}, {"deadline": "soon"}, {"priority": 10**6}, {"priority": "high"}):
        assert (await client.patch(f"/yard/v1/jobs/{first}", json=wrong)).status_code == 400, wrong
    assert (await client.patch(f"/yard/v1/jobs/{first}", json={"deadline": None})).status_code == 200
    for wrong in ({"position": -1}, {"position": "top"}, {}):
        assert (await client.post(f"/yard/v1/jobs/{first}/move", json=wrong)).status_code == 400, wrong
    assert (await client.post("/yard/v1/jobs/none/move", json={"position": 0})).status_code == 404


async def test_a_job_is_held_and_let_go(client, hall, file):
    (job,) = await queued(client, hall, file)
    held = await client.post(f"/yard/v1/jobs/{job}/hold", json={"reason": "The spool is damp."})
    assert (held.status_code, held.json()["state"], held.json()["reason"]) == (200, "held", "The spool is damp.")
    assert (await client.post(f"/yard/v1/jobs/{job}/hold", json={})).status_code == 409
    keys = [one["key"] for one in (await client.get(f"/yard/v1/jobs/{job}/standing")).json()["impediments"]]
    assert keys == ["held"]
    assert (await client.post(f"/yard/v1/jobs/{job}/release")).json()["state"] == "queued"
    assert (await client.post(f"/yard/v1/jobs/{job}/release")).status_code == 409
    (parked,) = await queued(client, hall, file, start=False)
    assert (await client.get(f"/yard/v1/jobs/{parked}")).json()["state"] == "held"


async def test_force_is_asked_back_and_only_where_there_is_something_to_override(yard, client, hall, file):
    for printer_id, device in yard.devices.items():
        nozzle = Nozzle(name="", diameter_mm=0.4)
        device.tell(tools=(Tool(heater=Temperature(20.0), nozzle=nozzle, material=LoadedMaterial(guid=PLA)),))
        await yard.until(printer_id, lambda shown: len(shown.state.tools) == 1)
    (plain,) = await queued(client, hall, file)
    nothing = await client.post(f"/yard/v1/jobs/{plain}/force", json={"confirmed": True})
    assert (nothing.status_code, nothing.json()["error"]["code"]) == (409, "conflict")
    (job,) = await queued(client, hall, file, tools=[{"tool": 0, "nozzle_mm": 0.8, "material_guid": ABS}])
    best = (await client.get(f"/yard/v1/jobs/{job}/standing")).json()["cheapest"]
    assert best["forcible"] is True
    assert [(change["kind"], change["target"]) for change in best["changes"]] == [
        ("print_core_change", "0.8"), ("material_change", ABS),
    ]  # fmt: skip
    asked = await client.post(f"/yard/v1/jobs/{job}/force", json={})
    assert (asked.status_code, asked.json()["error"]["code"]) == (409, "confirmation_needed")
    assert all(change["kind"] in asked.json()["error"]["message"] for change in best["changes"])
    assert (await client.post(f"/yard/v1/jobs/{job}/force", json={"confirmed": True})).status_code == 200
    assert (await client.get(f"/yard/v1/jobs/{job}/standing")).json()["cheapest"]["changes"] == []


async def test_once_more(client, hall, file):
    (job,) = await queued(client, hall, file)
    copies = await client.post(f"/yard/v1/jobs/{job}/duplicate", json={"copies": 2})
    assert (copies.status_code, len(copies.json())) == (201, 2)
    assert await line(client, hall) == [job, *(copy["id"] for copy in copies.json())]
    assert (await client.post(f"/yard/v1/jobs/{job}/reprint", json={})).status_code == 409
    assert (await client.delete(f"/yard/v1/jobs/{job}")).status_code == 204
    assert (await client.post(f"/yard/v1/jobs/{job}/duplicate", json={})).status_code == 409
    again = await client.post(f"/yard/v1/jobs/{job}/reprint", json={})
    assert (again.status_code, [one["reprint_of"] for one in again.json()]) == (201, [job])
    assert (await client.post(f"/yard/v1/jobs/{job}/reprint", json={"copies": 0})).status_code == 400


async def test_what_cannot_be_queued_is_refused_and_nothing_stays(client, hall, file):
    wrong = {
        400: [{}, {"file": file, "copies": 0}, {"file": file, "priority": 10**6}, {"file": file, "deadline": "soon"}],
        404: [{"file": "none"}, {"file": file, "printer": "nobody"}],
    }
    for status, bodies in wrong.items():
        for body in bodies:
            assert (await client.post(f"/yard/v1/groups/{hall}/jobs", json=body)).status_code == status, body
    assert (await client.post("/yard/v1/groups/none/jobs", json={"file": file})).status_code == 404
    assert await line(client, hall) == []


async def test_a_guests_prints_wait_for_approval_and_leave_the_order_alone(yard, client, hall, file):
    _, secret = await yard.token("guest", "ann")
    async with yard.client(secret) as guest:
        (job,) = await queued(guest, hall, file)
        assert (await client.get(f"/yard/v1/jobs/{job}")).json()["state"] == "waiting_approval"
        for path, body in (("move", {"position": 0}), ("release", {}), ("force", {"confirmed": True})):
            answer = await guest.post(f"/yard/v1/jobs/{job}/{path}", json=body)
            assert answer.status_code == 403, path
        assert (await guest.patch(f"/yard/v1/jobs/{job}", json={"priority": 1})).status_code == 403
        for method, path in (
            ("POST", ""),
            ("PATCH", f"/{hall}"),
            ("DELETE", f"/{hall}"),
            ("PUT", f"/{hall}/printers/luke"),
        ):
            body = {"name": "Mine"} if method in {"POST", "PATCH"} else None
            assert (await guest.request(method, f"/yard/v1/groups{path}", json=body)).status_code == 403, method


async def test_a_queued_job_begins_when_a_printer_is_switched_on(yard, client, hall, file):
    (job,) = await queued(client, hall, file)
    await client.patch("/yard/v1/printers/leia", json={"enabled": True})
    leia = yard.core.printers.by_slug("leia")
    await yard.until(leia, lambda shown: shown.job is not None and shown.job.state.value == "started")
    begun = (await client.get(f"/yard/v1/jobs/{job}")).json()
    assert (begun["printer"], begun["state"]) == ("leia", "started")
    assert await line(client, hall) == []
    again = await client.post(f"/yard/v1/jobs/{job}/stop-and-reprint")
    assert (again.status_code, again.json()["reprint_of"]) == (201, job)
    assert await line(client, hall) == [again.json()["id"]]
    assert (await client.get(f"/yard/v1/jobs/{job}")).json()["outcome"] == "cancelled"
    assert (await client.post(f"/yard/v1/jobs/{job}/stop-and-reprint")).status_code == 409
