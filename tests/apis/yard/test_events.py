"""The event stream: facts that can be resumed, whole views, differences, and its end."""

import asyncio

import msgspec
import pytest

from printyard.apis.yard.frames import difference, is_news
from printyard.core.model.state import Temperature
from printyard.serving import listening


def merged(target, patch):
    """What a client makes of a merge patch."""
    result = dict(target)
    for name, value in patch.items():
        known = result.get(name)
        result[name] = merged(known, value) if isinstance(value, dict) and isinstance(known, dict) else value
    return result


async def test_a_new_listener_gets_every_printer_whole_and_then_what_changes(yard, listen):
    _, device = await yard.add("Luke")
    await yard.add("Leia")
    async with listen() as reader:
        kind, hello = await reader.next()
        assert (kind, hello["epoch"]) == ("hello", yard.core.epoch)
        whole = [await reader.next(), await reader.next()]
        assert [(kind, printer["slug"]) for kind, printer in whole] == [("printer", "luke"), ("printer", "leia")]
        assert reader.last_id is None
        device.tell(bed=Temperature(current=55.04, target=60.0))
        kind, delta = await reader.next()
        assert (kind, delta["slug"]) == ("delta", "luke")
        assert delta["patch"]["state"]["bed"] == {"current": 55.0, "target": 60.0}
        assert "tools" not in delta["patch"]["state"]
        assert "name" not in delta["patch"]


async def test_differences_add_up_to_the_state_that_is_asked(yard, client, listen):
    printer, device = await yard.add("Luke")
    async with listen() as reader:
        _, known = await reader.next("printer")
        await yard.printing()
        await client.post("/yard/v1/printers/luke/pause")
        device.finish()
        await yard.until(printer.id, lambda shown: shown.job is not None and shown.job.ended)
        while True:
            _, data = await reader.next("delta")
            known = merged(known, data["patch"])
            if known["job"] is not None and known["job"]["outcome"] == "completed" and known["progress"] is None:
                break
    asked = (await client.get("/yard/v1/printers/luke")).json()
    for quiet in (known, asked):
        quiet.pop("seq")
        quiet["state"].pop("at")
    assert known == asked


async def test_a_resumed_stream_has_just_the_missed_facts_before_the_whole_views(yard, client, listen):
    await yard.add("Luke")
    async with listen() as reader:
        await reader.next("printer")
        await client.patch("/yard/v1/printers/luke", json={"note": "one"})
        await reader.next("fact")
        seen = reader.last_id
    await client.patch("/yard/v1/printers/luke", json={"note": "two"})
    await client.patch("/yard/v1/printers/luke", json={"note": "three"})
    async with listen(last_event_id=seen) as reader:
        told = [await reader.next() for _ in range(4)]
    assert [kind for kind, _ in told] == ["hello", "fact", "fact", "printer"]
    assert [data["body"]["note"] for kind, data in told if kind == "fact"] == ["two", "three"]
    assert [data["number"] for kind, data in told if kind == "fact"] == [seen + 1, seen + 2]
    assert told[-1][1]["note"] == "three"


async def test_after_is_as_good_as_last_event_id_and_nonsense_is_refused(yard, client, listen):
    await yard.add("Luke")
    async with listen(query="?after=0&names=PrinterAdded") as reader:
        _, fact = await reader.next("fact")
        assert (fact["name"], fact["printer"], fact["body"]["slug"]) == ("PrinterAdded", "luke", "luke")
    for query in ("after=x", "names=Nothing"):
        assert (await client.get(f"/yard/v1/events?{query}")).status_code == 400
    assert (await client.get("/yard/v1/events?printer=nobody")).status_code == 404


async def test_a_cursor_from_which_nobody_can_go_on_gets_a_reset(yard, listen):
    await yard.add("Luke")
    newest = yard.core.history.newest
    async with listen(last_event_id=newest + 1000) as reader:
        told = [await reader.next() for _ in range(3)]
    assert [kind for kind, _ in told] == ["hello", "reset", "printer"]
    assert told[1][1] == {"oldest": 1, "newest": newest}
    await yard.store.write(lambda tx: tx.events.trim(newest))
    async with listen(last_event_id=0) as reader:
        assert [(await reader.next())[0] for _ in range(3)] == ["hello", "reset", "printer"]


async def test_filters_leave_out_other_printers_and_other_facts(yard, client, listen):
    _, luke = await yard.add("Luke")
    _, leia = await yard.add("Leia")
    async with listen(query="?printer=leia&names=PrinterChanged") as reader:
        assert (await reader.next("printer"))[1]["slug"] == "leia"
        luke.tell(message="not you")
        await client.patch("/yard/v1/printers/luke", json={"note": "nor you"})
        leia.tell(message="you")
        assert (await reader.next("delta", "printer", "fact"))[1]["patch"]["state"]["message"] == "you"
        await client.patch("/yard/v1/printers/leia", json={"note": "you too"})
        assert (await reader.next("fact"))[1]["body"]["note"] == "you too"


async def test_a_printer_that_is_added_or_removed_is_told(yard, client, listen):
    async with listen() as reader:
        await reader.next("hello")
        await yard.add("Luke")
        assert (await reader.next("printer"))[1]["slug"] == "luke"
        await client.delete("/yard/v1/printers/luke")
        assert (await reader.next("removed"))[1] == {"slug": "luke"}


async def test_a_stream_ends_when_its_token_is_revoked(yard, client, listen):
    await yard.add("Luke")
    token, secret = await yard.token("member")
    async with listen(secret) as reader, listen() as other:
        await reader.next("printer")
        await other.next("printer")
        await client.delete(f"/yard/v1/tokens/{token.id}")
        assert await reader.next() is None
        await client.patch("/yard/v1/printers/luke", json={"note": "still here"})
        assert (await other.next("fact"))[1]["body"]["name"] == "someone"


async def test_a_stream_ends_when_the_session_has_ended(yard, listen, monkeypatch):
    monkeypatch.setattr(listening, "BEAT_SECONDS", 0.05)
    await yard.add("Luke")
    admin = await yard.core.credentials.by_token("the-admin-token")
    session = await yard.core.sessions.open(admin)
    async with (
        yard.client(None, cookies={"printyard_session": session}) as browser,
        browser.stream("GET", "/yard/v1/events") as response,
    ):
        assert response.status_code == 200
        lines = response.aiter_lines()
        async for line in lines:
            if line == ": beat":
                break
        await yard.core.sessions.close(session)
        async with asyncio.timeout(20):
            async for _ in lines:
                pass


async def test_who_may_not_manage_people_is_not_told_of_tokens_and_requests(yard, client, listen):
    printer, _ = await yard.add("Luke")
    _, secret = await yard.token("guest")
    async with listen(secret) as guest, listen() as admin:
        await guest.next("printer")
        await admin.next("printer")
        await client.post("/yard/v1/tokens", json={"name": "hidden", "role": "admin"})
        await yard.core.access.ask(printer.id, "Cura", "ann")
        await client.patch("/yard/v1/printers/luke", json={"note": "for all"})
        assert [(await admin.next("fact"))[1]["name"] for _ in range(2)] == ["TokenAdded", "AccessRequested"]
        seen = [(await guest.next("fact"))[1]["name"] for _ in range(2)]
        assert seen == ["QuestionAsked", "PrinterChanged"]  # what the display asks, all may read


async def test_listeners_of_the_same_share_one_feed_and_it_stops_with_the_last(yard, listen):
    await yard.add("Luke")
    before = len(asyncio.all_tasks())
    async with listen() as first:
        await first.next("printer")
        async with listen() as second:
            await second.next("printer")
            names = [task.get_coro().__qualname__ for task in asyncio.all_tasks()]
            assert names.count("Feed._guarded") == 2
    async with asyncio.timeout(20):
        while any("Feed" in task.get_coro().__qualname__ for task in asyncio.all_tasks()):  # noqa: ASYNC110
            await asyncio.sleep(0)
    assert len(asyncio.all_tasks()) <= before + 1


class Inner(msgspec.Struct, frozen=True):
    x: int = 1
    y: int = 2


class Outer(msgspec.Struct, frozen=True):
    a: Inner | None = Inner()
    b: tuple[Inner, ...] = ()
    c: int = 0


@pytest.mark.parametrize(
    ("before", "after", "patch"),
    [
        (Outer(), Outer(), {}),
        (Outer(), Outer(c=3), {"c": 3}),
        (Outer(), Outer(a=Inner(y=3)), {"a": {"y": 3}}),
        (Outer(), Outer(a=None), {"a": None}),
        (Outer(a=None), Outer(), {"a": {"x": 1, "y": 2}}),
        (Outer(b=(Inner(), Inner())), Outer(b=(Inner(),)), {"b": [{"x": 1, "y": 2}]}),
        (Outer(b=(Inner(),)), Outer(b=(Inner(y=3),)), {"b": [{"x": 1, "y": 3}]}),
    ],
)
def test_differences(before, after, patch):
    assert msgspec.json.decode(msgspec.json.encode(difference(before, after))) == patch


def test_time_alone_is_no_news():
    assert not is_news({})
    assert not is_news({"seq": 5, "state": {"at": "later"}})
    assert is_news({"seq": 5, "state": {"at": "later", "message": ""}})
    assert is_news({"job": {}})
