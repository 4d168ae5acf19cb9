"""The printer's past: prints and events."""

import pytest

from printyard.core.model.state import Outcome
from printyard.testing.people import ADMIN

KEYS = [
    "created_at", "extruders_used", "generator_version", "has_ppr", "interrupted_step", "material_0_amount",
    "material_1_amount", "material_0_guid", "material_1_guid", "owner", "printcore_0_name", "printcore_1_name",
    "slice_uuid", "time_elapsed", "time_estimated", "time_total", "datetime_started", "datetime_finished",
    "datetime_cleaned", "result", "source", "reprint_original_uuid", "name", "uuid",
]  # fmt: skip


async def printed(bench, name, outcome=Outcome.COMPLETED):
    uuid = (await bench.print(f"{name}.gcode")).json()["uuid"]
    await bench.clock.advance(60)
    bench.device.finish(outcome)
    await bench.house.settle()
    await bench.core.printers.clear_plate(ADMIN, bench.printer_id)
    return uuid


async def test_prints_newest_first_by_pages(bench):
    """GET /history/print_jobs, GET /history/print_jobs/{uuid}"""
    ids = [await printed(bench, name) for name in "abc"]
    jobs = await bench.value("/history/print_jobs")
    assert [job["name"] for job in jobs] == ["c", "b", "a"]
    assert list(jobs[0]) == KEYS
    assert (jobs[0]["result"], jobs[0]["time_elapsed"], jobs[0]["time_total"]) == ("Finished", 60, 60)
    assert [
        job["name"] for job in await bench.value("/history/print_jobs", params={"offset": "1.0", "count": "1.0"})
    ] == ["b"]
    assert await bench.value("/history/print_jobs", params={"count": 0}) == []
    assert await bench.value("/history/print_jobs", params={"offset": 9}) == []
    assert (await bench.value(f"/history/print_jobs/{ids[1]}"))["name"] == "b"
    assert (await bench.value(f"/history/print_jobs/{ids[1].upper()}"))["name"] == "b"
    for bad in ({"offset": -1}, {"count": -1}, {"count": "x"}, {"offset": "1.5"}, {"offset": "inf"}):
        assert (await bench.get("/history/print_jobs", params=bad)).status_code == 400, bad


async def test_another_printers_print_is_not_there(bench):
    uuid = await printed(bench, "a")
    other = await bench.house.add_printer("Leia")
    elsewhere = bench.client(slug=bench.house.shown(other).printer.slug)
    for name in (uuid, "0" * 32, "x", "%00"):
        answer = await elsewhere.get(f"/history/print_jobs/{name}")
        assert (answer.status_code, list(answer.json())) == (404, ["message"]), name
    assert (await elsewhere.get("/history/print_jobs")).json() == []


@pytest.mark.parametrize(
    "form",
    [
        {"data": {"type_id": 131072, "parameters": "one\ntwo"}},
        {"data": {"type_id": "131072.0", "parameters": ["one", "two"]}},
        {"json": {"type_id": 131072, "parameters": ["one", "two"]}},
        {"files": {"type_id": (None, "131072"), "parameters": (None, "one\r\ntwo\r\n")}},
    ],
)
async def test_programs_can_post_events(bench, form):
    """POST /history/events, GET /history/events"""
    answer = await bench.post("/history/events", **form)
    assert (answer.status_code, list(answer.json())) == (200, ["message"])
    (event, *_) = await bench.value("/history/events", params={"type_id": 131072, "count": 5})
    assert event == {
        "time": "2026-01-01T12:00:00.000Z", "type_id": 131072, "message": "one, two", "parameters": ["one", "two"],
    }  # fmt: skip


BAD_EVENTS = [
    {},
    {"data": {"type_id": "x", "parameters": "a"}},
    {"data": {"type_id": 5}},
    {"data": {"type_id": 5, "parameters": "\n \n"}},
    {"data": {"parameters": "a"}},
    {"json": {"type_id": -1, "parameters": ["a"]}},
    {"json": {"type_id": 5, "parameters": {"a": 1}}},
    {"json": {"type_id": 5, "parameters": [["a"]]}},
    {"json": {"type_id": 5, "parameters": ["a" * 2000]}},
    {"json": {"type_id": 2**40, "parameters": ["a"]}},
    {"json": {"type_id": 5, "parameters": ["a"] * 200}},
    {"json": [5]},
]


async def test_a_bad_event_is_400(bench):
    for form in BAD_EVENTS:
        answer = await bench.post("/history/events", **form)
        assert (answer.status_code, list(answer.json())) == (400, ["message"]), form


async def test_what_happened_is_told_in_words_newest_first(bench):
    await printed(bench, "cube", Outcome.FAILED)
    events = await bench.value("/history/events")
    assert list(events[0]) == ["time", "type_id", "message", "parameters"]
    told = [(event["type_id"], event["message"]) for event in events]
    assert told[:4] == [
        (131076, "The build plate is clear."),
        (131076, "The build plate is occupied."),
        (131075, "The print cube ended: failed."),
        (131072, "The print cube was started."),
    ]
    assert (65536, "The printer was added: Luke.") in told
    assert await bench.value("/history/events", params={"offset": 2, "count": 1}) == [events[2]]
    assert await bench.value("/history/events", params={"type_id": "131076.0", "offset": 1}) == [events[1]]
    assert await bench.value("/history/events", params={"type_id": 99}) == []
    assert await bench.value("/history/events", params={"count": 0}) == []
    assert (await bench.get("/history/events", params={"type_id": "x"})).status_code == 400


async def test_events_of_one_type_are_found_among_many(bench):
    await bench.post("/history/events", json={"type_id": 7, "parameters": ["needle"]})
    for number in range(3):
        for _ in range(400):
            await bench.core.history.note(ADMIN, bench.printer_id, {"type_id": 8, "parameters": [str(number)]})
    (event,) = await bench.value("/history/events", params={"type_id": 7})
    assert event["parameters"] == ["needle"]


async def test_lines_of_the_devices_own_log_are_events(bench):
    await bench.say(notes=("The door was opened.",))
    (event, *_) = await bench.value("/history/events")
    assert (event["type_id"], event["message"]) == (65536 + 255, "The door was opened.")
