"""Actions on printers, and what became of them."""

import asyncio

from tests.apis.digital_factory.conftest import CONNECT, refused
from tests.apis.digital_factory.test_clusters import only

from printyard.core.errors import Busy


async def begun(client, cluster, action, body=None):
    """The id of an action that was begun on the host."""
    path = f"{CONNECT}/clusters/{cluster['cluster_id']}/printers/{cluster['host_guid']}/action/{action}"
    answer = await client.post(path, json=None if body is None else {"data": body})
    assert answer.status_code == 201, answer.text
    assert answer.json()["data"]["status"] == "pending"
    return answer.json()["data"]["action_id"]


async def fate(client, cluster, action_id):
    """What became of an action, once that is clear."""
    async with asyncio.timeout(20):
        while True:
            answer = await client.get(f"{CONNECT}/clusters/{cluster['cluster_id']}/action_status/{action_id}")
            assert answer.status_code == 200, answer.text
            if answer.json()["data"]["status"] not in {"pending", "sent"}:
                return answer.json()["data"]
            await asyncio.sleep(0.01)


async def done(client, cluster, action, body):
    """Whether an action succeeded."""
    return (await fate(client, cluster, await begun(client, cluster, action, body)))["status"] == "success"


async def test_a_printer_is_renamed_disabled_and_enabled(yard, client):
    printer, _ = await yard.add("Luke")
    cluster = await only(client)
    assert (await fate(client, cluster, await begun(client, cluster, "rename", {"name": "Anakin"})))[
        "status"
    ] == "success"
    assert (await only(client))["friendly_name"] == "Anakin"
    for action, body, enabled in (
        ("disable", None, False),
        ("enable", {}, True),
        ("enable", {"enabled": False}, False),
    ):
        assert await done(client, cluster, action, body)
        assert (await only(client))["host_printer"]["enabled"] is enabled
    assert printer.id


async def test_a_display_is_locked_and_unlocked_and_the_status_tells(yard, client):
    _, device = await yard.add("Luke")
    cluster = await only(client)
    path = f"{CONNECT}/clusters/{cluster['cluster_id']}/status"
    for action, body, locked in (("lock", {"pin_code": "A1B2C3"}, True), ("unlock", None, False)):
        assert (await client.get(path)).json()["data"]["printers"][0]["pin_code_lock_enabled"] is not locked
        assert await done(client, cluster, action, body)
        assert (await client.get(path)).json()["data"]["printers"][0]["pin_code_lock_enabled"] is locked
        assert device.facets.display.pin == ("A1B2C3" if locked else "")


async def test_firmware_is_updated_and_what_the_printer_says_no_to_fails(yard, client):
    await yard.add("Luke")
    cluster = await only(client)
    assert cluster["host_printer"]["firmware_update_status"] == "up_to_date"
    assert cluster["host_printer"]["latest_available_firmware"] == "8.3.1"
    for body, why in (
        ({"channel": "latest"}, "something else"), ({"channel": "stable", "schedule_update": False}, "scheduled"),
    ):  # fmt: skip
        told = await fate(client, cluster, await begun(client, cluster, "update_firmware", body))
        assert told["status"] == "failed"
        assert why in told["status_details"]["value"]["message"]
    assert await done(client, cluster, "update_firmware", {"channel": "testing", "schedule_update": True})
    assert (await only(client))["host_printer"]["firmware_update_status"] == "update_in_progress"
    path = f"{CONNECT}/clusters/{cluster['cluster_id']}/printers/{cluster['host_guid']}/action/update_firmware"
    refused(await client.post(path, json={"data": {"channel": "nightly"}}), 400, "invalidField")


async def test_a_webcam_snapshot_is_behind_a_signed_address(yard, client):
    await yard.add("Luke")
    cluster = await only(client)
    told = await fate(client, cluster, await begun(client, cluster, "get_webcam_snapshot"))
    assert told["status"] == "success"
    url = told["status_details"]["value"]["image_url"]
    async with yard.client(None) as nobody:
        picture = await nobody.get(url)
        assert picture.headers["content-type"] == "image/jpeg"
        assert picture.content.startswith(b"\xff\xd8")
        refused(await nobody.get(url.replace("sig=", "sig=x")), 403, "accessDenied")


async def test_what_a_printer_cannot_do_fails_and_says_why(yard, client):
    await yard.add("Luke", blind=True)
    cluster = await only(client)
    for action, body in (
        ("get_webcam_snapshot", None), ("update_firmware", {"channel": "stable"}), ("lock", {"pin_code": "ABC123"}),
        ("unlock", None),
    ):  # fmt: skip
        told = await fate(client, cluster, await begun(client, cluster, action, body))
        assert told["status"] == "failed"
        assert told["status_details"]["type"] == "failure"
        assert told["status_details"]["value"]["message"]


async def test_bad_actions_are_refused_at_once(yard, client):
    await yard.add("Luke")
    cluster = await only(client)
    path = f"{CONNECT}/clusters/{cluster['cluster_id']}/printers"
    good = f"{path}/{cluster['host_guid']}/action"
    refused(await client.post(f"{good}/explode"), 400, "invalidField")
    refused(await client.post(f"{good}/rename", json={"data": {}}), 400, "requiredField")
    for pin in ("no", "abcdef", "A1B2C34", "A1B2C3\n"):
        refused(await client.post(f"{good}/lock", json={"data": {"pin_code": pin}}), 400, "invalidField")
    for action, field in (("lock", "pin_code"), ("import_material", "material_profile_id"), ("rename", "name")):
        assert refused(await client.post(f"{good}/{action}"), 400, "requiredField")["meta"]["field_name"] == field
    refused(await client.post(f"{path}/00000000-0000-0000-0000-000000000000/action/enable"), 404, "recordNotFound")
    status = f"{CONNECT}/clusters/{cluster['cluster_id']}/action_status/00000000-0000-0000-0000-000000000000"
    for unknown in (status, status[:-4], status[:-36] + "%00"):
        assert refused(await client.get(unknown), 404, "recordNotFound")["meta"]["record_name"] == "action"
    async with yard.client(await yard.token("guest")) as guest:
        refused(await guest.post(f"{good}/rename", json={"data": {"name": "Mine"}}), 403, "accessDenied")


async def test_an_action_is_pending_then_sent_then_over(yard, client):
    _, device = await yard.add("Luke")
    cluster, go_on = await only(client), asyncio.Event()

    async def slow(pin):
        await go_on.wait()
        if pin == "BADPIN":
            raise Busy("Somebody stands before it.")

    device.facets.display.lock = slow
    path = f"{CONNECT}/cluster/{cluster['cluster_id']}/action_status"
    good, bad = [await begun(client, cluster, "lock", {"pin_code": pin}) for pin in ("A1B2C3", "BADPIN")]
    for action in (good, bad):
        async with asyncio.timeout(20):
            while (told := (await client.get(f"{path}/{action}")).json()["data"])["status"] == "pending":
                pass
        assert told == {"action_id": action, "status": "sent"}
    go_on.set()
    assert await fate(client, cluster, good) == {"action_id": good, "status": "success"}
    why = {"type": "failure", "value": {"message": "Somebody stands before it."}}
    assert await fate(client, cluster, bad) == {"action_id": bad, "status": "failed", "status_details": why}


async def test_what_a_stop_has_interrupted_is_unknown(yard, client):
    _, device = await yard.add("Luke")
    cluster, reached = await only(client), asyncio.Event()

    async def for_ever(_):
        reached.set()
        await asyncio.Event().wait()

    device.facets.display.lock = for_ever
    action = await begun(client, cluster, "lock", {"pin_code": "A1B2C3"})
    await reached.wait()
    await yard.core.actions.stop()
    assert await fate(client, cluster, action) == {"action_id": action, "status": "unknown"}


async def test_what_a_device_says_of_its_parts_is_asked_again_after_a_while(yard, client):
    _, device = await yard.add("Luke")
    path = f"{CONNECT}/clusters/{(await only(client))['cluster_id']}/status"
    before = await client.get(path)
    assert before.json()["data"]["printers"][0]["pin_code_lock_enabled"] is False
    yard.clock.skip(31)
    again = await client.get(path, headers={"if-none-match": before.headers["etag"]})
    assert again.status_code == 304  # looked at again, and nothing is new
    device.facets.display.pin = "A1B2C3"  # at the panel: nobody tells the yard
    yard.clock.skip(31)
    assert (await client.get(path)).json()["data"]["printers"][0]["pin_code_lock_enabled"] is True
    assert (await only(client))["host_printer"]["pin_code_lock_enabled"] is True


async def test_an_action_of_another_cluster_is_not_there(yard, client):
    await yard.add("Luke")
    luke = await only(client)
    await yard.add("Leia")
    action = await begun(client, luke, "disable")
    leia = next(
        one for one in (await client.get(f"{CONNECT}/clusters")).json()["data"] if one["friendly_name"] == "Leia"
    )
    refused(await client.get(f"{CONNECT}/clusters/{leia['cluster_id']}/action_status/{action}"), 404, "recordNotFound")
