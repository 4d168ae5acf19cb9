"""What was printed, as a display on the wall asks for it."""

from printyard.core.model.state import Outcome
from printyard.testing.people import ADMIN


async def test_the_last_print_is_found_by_their_count(bench, admin):
    """GET /print_jobs/history/count, then GET /print_jobs/history?offset={count - 1}"""
    assert await admin.value("/print_jobs/history/count") == {"count": 0}
    assert await admin.value("/print_jobs/history") == []
    for name, outcome in (("a", Outcome.COMPLETED), ("b", Outcome.FAILED), ("c", Outcome.CANCELLED)):
        await bench.house.print(bench.luke, f"{name}.gcode")
        await bench.clock.advance(30)
        bench.house.device(bench.luke).finish(outcome)
        await bench.house.settle()
        await bench.core.printers.clear_plate(ADMIN, bench.luke)
    assert await admin.value("/print_jobs/history/count") == {"count": 3}
    rows = await admin.value("/print_jobs/history")
    assert [(row["name"], row["status"]) for row in rows] == [
        ("a.gcode", "finished"), ("b.gcode", "failed"), ("c.gcode", "aborted"),
    ]  # fmt: skip
    (last,) = await admin.value("/print_jobs/history?offset=2")
    assert (last["name"], last["printed_on_uuid"]) == ("c.gcode", bench.uuid(bench.luke))
    assert last["datetime_finished"] == "2026-01-01T12:01:30.000Z"
    assert [row["name"] for row in await admin.value("/print_jobs/history?offset=1&limit=1")] == ["b.gcode"]
    assert await admin.value("/print_jobs/history?offset=3") == []
    for wrong in ("offset=-1", "limit=0", "limit=501", "offset=x"):
        assert (await admin.ask("GET", f"/print_jobs/history?{wrong}")).status_code == 400, wrong


async def test_each_group_has_its_own(bench, admin):
    await bench.house.print(bench.luke)
    bench.house.device(bench.luke).finish()
    await bench.house.settle()
    for slug, count in (("luke", 1), ("leia", 0), (None, 1)):
        group = bench.group(slug=slug, headers=admin.http.headers)
        assert await group.value("/print_jobs/history/count") == {"count": count}, slug
        assert len(await group.value("/print_jobs/history")) == count


async def test_what_still_lies_on_the_plate_is_over_and_still_listed(bench, admin):
    await bench.house.print(bench.luke)
    bench.house.device(bench.luke).finish()
    await bench.house.settle()
    (shown,) = await admin.jobs()
    (over,) = await admin.value("/print_jobs/history")
    assert (shown["uuid"], shown["status"]) == (over["uuid"], over["status"])
