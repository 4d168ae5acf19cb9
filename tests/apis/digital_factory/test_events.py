"""The event streams: facts to go on from, whole statuses, differences that add up, and their end."""

import asyncio
import contextlib

import pytest
from tests.apis.digital_factory.conftest import CONNECT, NOBODY, refused
from tests.apis.digital_factory.printing import sent, status, until, uploaded
from tests.apis.digital_factory.test_clusters import listed, only
from tests.apis.yard.conftest import EventReader

from printyard.core.model.state import Temperature


@contextlib.asynccontextmanager
async def listening(yard, cluster=None, secret=None, last_event_id=None, query=""):
    """A reader of a stream, of one cluster or of all."""
    path = f"{CONNECT}/events" if cluster is None else f"{CONNECT}/clusters/{cluster}/events"
    headers = {} if last_event_id is None else {"last-event-id": str(last_event_id)}
    options = {} if secret is None else {"token": secret}
    async with (
        yard.client(**options) as client, client.stream("GET", f"{path}{query}", headers=headers) as response,
    ):  # fmt: skip
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        yield EventReader(response)


def patched(document, patch):
    """What a client makes of a JSON Patch."""
    for operation in patch:
        *way, last = operation["path"].split("/")[1:]
        at = document
        for step in way:
            at = at[int(step)] if isinstance(at, list) else at[step]
        match operation["op"], at:
            case "remove", list():
                at.pop(int(last))
            case "remove", _:
                del at[last]
            case "add", list():
                at.insert(int(last), operation["value"])
            case "replace", list():
                at[int(last)] = operation["value"]
            case _:
                at[last] = operation["value"]
    return document


async def test_a_new_listener_gets_every_status_whole_and_then_what_changes(yard, client):
    _, device = await yard.add("Luke")
    await yard.add("Leia")
    ids = {one["friendly_name"]: one["cluster_id"] for one in (await listed(client))["data"]}
    async with listening(yard) as reader:
        kind, hello = await reader.next()
        assert (kind, hello["epoch"]) == ("hello", yard.core.epoch)
        told = [await reader.next(), await reader.next()]
        assert [kind for kind, _ in told] == ["status", "status"]
        whole = {one["cluster_id"]: one["status"] for _, one in told}
        assert whole == {one: await status(client, one) for one in ids.values()}
        device.tell(bed=Temperature(current=55.04, target=60.0))
        kind, delta = await reader.next()
        assert (kind, delta["cluster_id"]) == ("delta", ids["Luke"])
        paths = {one["path"]: one["value"] for one in delta["patch"]}
        assert paths.pop("/printers/0/build_plate/temperature") == 55.0
        assert set(paths) == {"/generated_time"}


async def test_differences_add_up_to_the_status_that_is_asked(yard, client):
    _, device = await yard.add("Luke")
    cluster = (await only(client))["cluster_id"]
    async with listening(yard, cluster) as reader:
        _, known = await reader.next("status")
        known = known["status"]
        uuid = await sent(client, cluster)
        await sent(client, cluster)
        await until(client, cluster, uuid, "printing")
        await client.post(f"{CONNECT}/clusters/{cluster}/print_jobs/{uuid}", json={"data": {"note": "A note."}})
        await client.post(f"{CONNECT}/clusters/{cluster}/print_jobs/{uuid}/action/pause")
        await until(client, cluster, uuid, "paused")
        device.finish()
        await until(client, cluster, uuid, "wait_cleanup")
        asked = await status(client, cluster)
        while known != asked:
            _, data = await reader.next("delta")
            known = patched(known, data["patch"])
    assert known["print_jobs"][0]["note"] == "A note."


async def test_facts_are_told_in_this_apis_words(yard, client):
    printer, _ = await yard.add("Luke")
    cluster = (await only(client))["cluster_id"]
    async with listening(yard, cluster) as reader:
        await reader.next("status")
        uuid = await sent(client, cluster, await uploaded(client, "torus"))
        names = []
        while "print_job_started" not in names:
            _, fact = await reader.next("fact")
            names.append(fact["name"])
            assert fact["id"] == reader.last_id
            assert fact["cluster_id"] == cluster
            assert fact["time"].endswith("Z")
            if fact["name"].startswith("print_job"):
                assert (fact["cluster_job_id"], fact["details"]["name"]) == (uuid, "torus")
        assert names[:2] == ["print_job_created", "print_job_queued"]
        assert fact["printer_uuid"] == printer.device_guid
        await client.post(f"{CONNECT}/clusters/{cluster}/print_jobs/{uuid}/action/abort")
        _, fact = await reader.next("fact")
        while fact["name"] != "print_job_ended":
            _, fact = await reader.next("fact")
        assert fact["details"]["status"] == "aborted"


async def test_a_resumed_stream_has_just_the_missed_facts_before_the_whole_statuses(yard, client):
    printer, _ = await yard.add("Luke")
    cluster = (await only(client))["cluster_id"]
    admin = await yard.admin()
    async with listening(yard) as reader:
        await reader.next("status")
        await yard.core.printers.rename(admin, printer.id, "one")
        await reader.next("fact")
        seen = reader.last_id
    for name in ("two", "three"):
        await yard.core.printers.rename(admin, printer.id, name)
    for options in (
        {"last_event_id": seen},
        {"query": f"?last_event_id={seen}"},
        {"cluster": cluster, "last_event_id": seen},
    ):
        async with listening(yard, **options) as reader:
            told = [await reader.next() for _ in range(4)]
        assert [kind for kind, _ in told] == ["hello", "fact", "fact", "status"]
        assert [data["details"]["name"] for kind, data in told if kind == "fact"] == ["two", "three"]
        assert told[-1][1]["status"]["printers"][0]["friendly_name"] == "three"


async def test_a_cursor_from_which_nobody_can_go_on_gets_a_reset(yard, client):
    await yard.add("Luke")
    await only(client)
    newest = yard.core.history.newest
    async with listening(yard, last_event_id=newest + 1000) as reader:
        told = [await reader.next() for _ in range(3)]
    assert [kind for kind, _ in told] == ["hello", "reset", "status"]
    assert told[1][1] == {"oldest": 1, "newest": newest}
    for path in ("events", f"clusters/{(await only(client))['cluster_id']}/events"):
        for cursor in ("x", "-1", "1" * 19):
            refused(await client.get(f"{CONNECT}/{path}", params={"last_event_id": cursor}), 400, "invalidField")
    refused(await client.get(f"{CONNECT}/clusters/{NOBODY}/events"), 404, "recordNotFound")


async def test_a_stream_of_one_cluster_tells_of_no_other(yard, client):
    await yard.add("Luke")
    _, leia = await yard.add("Leia")
    ids = {one["friendly_name"]: one["cluster_id"] for one in (await listed(client))["data"]}
    async with listening(yard, ids["Luke"]) as reader:
        assert (await reader.next("status"))[1]["cluster_id"] == ids["Luke"]
        leia.tell(bed=Temperature(current=99.0, target=0.0))
        await sent(client, ids["Leia"])
        await client.post(f"{CONNECT}/clusters/{ids['Luke']}/note", json={"data": {"note": {"note": "you"}}})
        kind, fact = await reader.next()
        assert (kind, fact["name"], fact["details"]) == ("fact", "cluster_changed", {"name": "Luke", "note": "you"})


async def test_clusters_that_come_and_go_are_told_and_a_stream_of_one_ends_with_it(yard, client):
    async with listening(yard) as reader:
        await reader.next("hello")
        await yard.add("Luke")
        told = (await reader.next("status"))[1]
        assert told["status"]["printers"][0]["friendly_name"] == "Luke"
        cluster = told["cluster_id"]
        async with listening(yard, cluster) as other:
            await other.next("status")
            await client.delete(f"{CONNECT}/clusters/{cluster}")
            for one in (reader, other):
                assert (await one.next("fact"))[1]["name"] in {"cluster_registered", "cluster_removed"}
                assert (await one.next("removed"))[1] == {"cluster_id": cluster}
            assert await other.next("status", "delta", "fact") is None


async def test_who_may_not_see_a_cluster_is_not_told_of_it(yard, client):
    await yard.add("Luke")
    cluster = (await only(client))["cluster_id"]
    team = await yard.core.teams.add(await yard.admin(), "Crew")
    ann, secret = await yard.person("ann")
    share = f"{CONNECT}/clusters/{cluster}/share"
    async with listening(yard, secret=secret) as reader:
        await reader.next("status")
        await client.post(share, json={"data": {"organization_shared": False}})
        assert (await reader.next("removed"))[1] == {"cluster_id": cluster}
        await sent(client, cluster)
        team_id = await yard.core.foreign_ids("connect").of("team", team.id)
        await yard.core.teams.join(await yard.admin(), team.id, [ann.id])
        await client.post(share, json={"data": {"organization_shared": False, "team_ids": [team_id]}})
        kind, told = await reader.next()
        assert (kind, told["cluster_id"]) in {("status", cluster), ("fact", cluster)}
        assert told.get("name") in {None, "cluster_changed"}


async def test_a_stream_ends_when_its_token_is_revoked(yard, client):
    await yard.add("Luke")
    await only(client)
    admin = await yard.admin()
    token, secret = await yard.core.accounts.add_token(admin, "short", admin.role)
    async with listening(yard, secret=secret) as reader, listening(yard) as other:
        await reader.next("status")
        await other.next("status")
        await yard.core.accounts.revoke_token(admin, token.id)
        assert await reader.next() is None
        await sent(client, (await only(client))["cluster_id"])
        assert (await other.next("fact"))[1]["name"] == "print_job_created"


async def test_a_locked_display_is_told_though_no_state_changes(yard, client):
    await yard.add("Luke")
    cluster = await only(client)
    async with listening(yard, cluster["cluster_id"]) as reader:
        await reader.next("status")
        path = f"{CONNECT}/clusters/{cluster['cluster_id']}/printers/{cluster['host_guid']}/action/lock"
        await client.post(path, json={"data": {"pin_code": "A1B2C3"}})
        _, delta = await reader.next("delta")
        paths = {one["path"]: one["value"] for one in delta["patch"]}
        assert paths["/printers/0/pin_code_lock_enabled"] is True


async def test_what_changes_by_itself_is_told_after_a_while(yard, client):
    _, device = await yard.add("Luke")
    cluster = await only(client)
    async with listening(yard, cluster["cluster_id"]) as reader:
        await reader.next("status")
        device.facets.display.pin = "A1B2C3"  # at the panel: nobody tells the yard
        yard.clock.skip(31)
        _, delta = await reader.next("delta")
        paths = {one["path"]: one["value"] for one in delta["patch"]}
        assert paths["/printers/0/pin_code_lock_enabled"] is True


async def test_listeners_share_one_feed_and_it_stops_with_the_last(yard, client):
    await yard.add("Luke")
    cluster = (await only(client))["cluster_id"]
    async with listening(yard) as first, listening(yard, cluster) as second, listening(yard) as third:
        for reader in (first, second, third):
            await reader.next("status")
        names = [task.get_coro().__qualname__ for task in asyncio.all_tasks()]
        assert names.count("Feed._guarded") == 4
    async with asyncio.timeout(20):
        while any("Feed" in task.get_coro().__qualname__ for task in asyncio.all_tasks()):  # noqa: ASYNC110
            await asyncio.sleep(0)


async def test_a_status_has_an_etag_that_stays_while_nothing_is_new(yard, client):
    _, device = await yard.add("Luke")
    path = f"{CONNECT}/clusters/{(await only(client))['cluster_id']}/status"
    first = await client.get(path)
    assert first.headers["cache-control"] == "private, no-cache"
    kept = {"if-none-match": first.headers["etag"]}
    assert (await client.get(path, headers=kept)).status_code == 304
    device.tell(bed=Temperature(current=21.1, target=0.0))  # noise
    await asyncio.sleep(0.05)
    same = await client.get(path, headers=kept)
    assert (same.status_code, same.content) == (304, b"")
    device.tell(bed=Temperature(current=60.0, target=60.0))
    async with asyncio.timeout(20):
        while True:
            now = await client.get(path, headers=kept)
            if now.status_code == 200:
                break
            await asyncio.sleep(0.01)
    assert now.headers["etag"] != first.headers["etag"]
    assert now.json()["data"]["printers"][0]["build_plate"]["temperature"] == 60.0


@pytest.mark.parametrize("name", ["cluster", "clusters"])
async def test_cluster_and_clusters_are_the_same(yard, client, name):
    await yard.add("Luke")
    path = f"{CONNECT}/{name}/{(await only(client))['cluster_id']}/events"
    async with yard.client() as somebody, somebody.stream("GET", path) as response:
        assert (await EventReader(response).next("status"))[0] == "status"
