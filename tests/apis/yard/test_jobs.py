"""Jobs that have not begun, or of which nobody knows: taken back, or decided by a person."""

from msgspec.structs import replace

from printyard.core.model.job import JobState

GCODE = b"G28\n"


async def handed_in(yard, secret):
    async with yard.client(secret) as guest:
        return (await guest.post("/yard/v1/printers/luke/jobs", files={"file": ("toy.gcode", GCODE)})).json()


async def test_a_guest_takes_back_an_own_print_and_no_other(yard, client):
    await yard.add("Luke")
    _, ann = await yard.token("guest", "ann")
    _, ben = await yard.token("guest", "ben")
    job = await handed_in(yard, ann)
    waiting = (await client.get("/yard/v1/jobs?printer=luke")).json()["waiting"]
    assert [entry["id"] for entry in waiting] == [job["id"]]
    async with yard.client(ben) as other:
        assert (await other.delete(f"/yard/v1/jobs/{job['id']}")).status_code == 403
    async with yard.client(ann) as owner:
        assert (await owner.delete(f"/yard/v1/jobs/{job['id']}")).status_code == 204
        assert (await owner.delete(f"/yard/v1/jobs/{job['id']}")).status_code == 409
    assert (await client.get(f"/yard/v1/jobs/{job['id']}")).json()["outcome"] == "withdrawn"
    assert (await client.get("/yard/v1/jobs")).json()["waiting"] == []
    await yard.printing("next.gcode")  # the printer is free again


async def test_a_held_job_is_settled_by_a_person(yard, client):
    printer, _ = await yard.add("Luke")
    _, ann = await yard.token("guest", "ann")
    handed = await handed_in(yard, ann)
    queued = await client.post(f"/yard/v1/jobs/{handed['id']}/resolve", json={"again": False})
    assert (queued.status_code, queued.json()["error"]["code"]) == (409, "conflict")

    def hold(tx):
        job = tx.jobs.get(printer_scope(yard), handed["id"])
        return tx.jobs.put(
            replace(job, id=handed["id"].replace("7", "8", 1), state=JobState.HELD, printer_id=None, version=1)
        )

    held = await yard.store.write(hold)
    resolved = await client.post(f"/yard/v1/jobs/{held.id}/resolve", json={"again": False})
    assert (resolved.json()["state"], resolved.json()["outcome"]) == ("ended", "unknown")
    assert (await client.post(f"/yard/v1/jobs/{held.id}/resolve", json={"again": True})).status_code == 409
    assert (await client.post(f"/yard/v1/jobs/{held.id}/resolve", json={})).status_code == 400
    assert printer.slug == "luke"


def printer_scope(yard):
    from printyard.core.model.user import EVERYTHING

    return EVERYTHING
