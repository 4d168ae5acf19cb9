"""Actions on prints: each moves from pending to its end, and says why where it failed."""

import asyncio

import pytest
from msgspec.structs import replace
from tests.apis.digital_factory.conftest import CONNECT, refused
from tests.apis.digital_factory.printing import details, sent, shown, status, until
from tests.apis.digital_factory.test_clusters import PLA, only

from printyard.core.commands import Cancel, Pause, Resume
from printyard.core.model.file import Analysis, ToolUse
from printyard.core.model.state import LoadedMaterial
from printyard.core.model.user import EVERYTHING, Role

FORCIBLE = Analysis(
    seconds=60.0, machine="Ultimaker S5", flavor="Griffin",
    tools=(ToolUse(tool=0, nozzle_name="BB 0.4", filament_mm=100.0),),
)  # fmt: skip
IMPOSSIBLE = Analysis(seconds=60.0, machine="Ultimaker 3", flavor="Griffin")


@pytest.fixture
async def luke(yard, client):
    """A cluster of one printer, and its device."""
    _, device = await yard.add("Luke")
    return (await only(client))["cluster_id"], device


async def begun(client, cluster, uuid, action, body=None):
    """The id of an action on a print."""
    path = f"{CONNECT}/clusters/{cluster}/print_jobs/{uuid}/action/{action}"
    answer = await client.post(path, json=None if body is None else {"data": body})
    assert answer.status_code == 201, answer.text
    assert answer.json()["data"]["status"] == "pending"
    return answer.json()["data"]["action_id"]


async def ended(client, cluster, action_id):
    """What became of an action; the statuses on the way are none but the documented ones."""
    async with asyncio.timeout(20):
        while True:
            answer = await client.get(f"{CONNECT}/cluster/{cluster}/action_status/{action_id}")
            assert answer.status_code == 200, answer.text
            data = answer.json()["data"]
            if data["status"] in {"success", "failed"}:
                return data
            assert data["status"] in {"pending", "sent"}
            await asyncio.sleep(0.01)


async def acted(client, cluster, uuid, action, body=None):
    """What became of an action that was just begun."""
    return await ended(client, cluster, await begun(client, cluster, uuid, action, body))


async def queue(client, cluster):
    """The uuids of what waits, in its order."""
    return [job["uuid"] for job in (await status(client, cluster))["print_jobs"] if job["status"] == "queued"]


async def test_a_print_is_paused_resumed_and_aborted(yard, client, luke):
    cluster, device = luke
    uuid = await sent(client, cluster)
    await until(client, cluster, uuid, "printing")
    for action, word, command in (("pause", "paused", Pause), ("resume", "printing", Resume), ("abort", None, Cancel)):
        told = await acted(client, cluster, uuid, action)
        assert told["status"] == "success"
        assert "status_details" not in told
        assert isinstance(device.commands[-1], command)
        await until(client, cluster, uuid, word or "aborted", "aborted_wait_cleanup")


async def test_what_a_print_cannot_take_now_fails_and_says_why(yard, client, luke):
    cluster, device = luke
    uuid = await sent(client, cluster)
    await until(client, cluster, uuid, "printing")
    for action in ("remove", "move", "force", "approve", "reject", "resume"):
        told = await acted(client, cluster, uuid, action)
        assert told["status"] == "failed", action
        assert told["status_details"]["type"] == "failure"
        assert told["status_details"]["value"]["message"]
    device.finish()
    await until(client, cluster, uuid, "finished", "wait_cleanup")
    for action in ("pause", "resume", "abort", "duplicate", "move"):
        assert (await acted(client, cluster, uuid, action))["status"] == "failed", action


async def test_waiting_prints_are_moved_doubled_and_taken_out(yard, client, luke):
    cluster, _ = luke
    yard.plans.analysis = IMPOSSIBLE
    first, second, third = [await sent(client, cluster) for _ in range(3)]
    assert await queue(client, cluster) == [first, second, third]
    assert (await acted(client, cluster, third, "move", {"list": "queued", "to_position": 0}))["status"] == "success"
    assert await queue(client, cluster) == [third, first, second]
    assert (await acted(client, cluster, third, "move", {"to_position": 99}))["status"] == "success"
    assert await queue(client, cluster) == [first, second, third]
    assert (await acted(client, cluster, first, "duplicate", {"quantity": 3}))["status"] == "success"
    assert len(await queue(client, cluster)) == 6
    assert (await acted(client, cluster, second, "remove"))["status"] == "success"
    assert (await details(client, cluster, second))["state"] == "deleted"
    assert await shown(client, cluster, second) is None
    assert (await acted(client, cluster, first, "abort", {"quantity": 3}))["status"] == "success"
    left = await queue(client, cluster)
    assert len(left) == 2  # the third, and one copy
    assert first not in left
    assert third in left


async def test_a_print_that_is_over_is_removed_from_the_lists(yard, client, luke):
    cluster, _ = luke
    uuid = await sent(client, cluster)
    await until(client, cluster, uuid, "printing")
    await acted(client, cluster, uuid, "abort")
    await until(client, cluster, uuid, "aborted", "aborted_wait_cleanup")
    assert (await acted(client, cluster, uuid, "remove"))["status"] == "failed"  # it lies on the plate yet
    await yard.core.printers.clear_plate(await yard.admin(), luke[1].printer.id)
    assert (await acted(client, cluster, uuid, "remove"))["status"] == "success"
    assert await shown(client, cluster, uuid) is None
    path = f"{CONNECT}/print_jobs"
    assert (await client.get(path)).json()["data"] == []
    (removed,) = (await client.get(path, params={"status": "deleted"})).json()["data"]
    assert (removed["uuid"], removed["state"]) == (uuid, "deleted")
    assert removed["deleted_at"].endswith("Z")
    dates = {"start_date": "2020-01-01", "end_date": "2100-01-01"}
    (reported,) = (await client.get(f"{path}/reports", params=dates)).json()["data"]
    assert (reported["uuid"], reported["hidden"]) == (uuid, True)


async def test_a_print_is_forced_in_spite_of_the_setup(yard, client, luke):
    cluster, device = luke
    device.tell(tools=loaded(yard, device))
    yard.plans.analysis = FORCIBLE
    uuid = await sent(client, cluster)
    job = await details(client, cluster, uuid)
    assert [one["type_of_change"] for one in job["configuration_changes_required"]] == ["print_core_change"]
    assert (await acted(client, cluster, uuid, "force"))["status"] == "success"
    job = await until(client, cluster, uuid, "printing")
    assert job["force"] is True


def loaded(yard, device):
    """The printer's tools, with a material in each."""
    tools = yard.core.printers.board.get(EVERYTHING, device.printer.id).state.tools
    return tuple(replace(tool, material=LoadedMaterial(guid=PLA)) for tool in tools)


async def test_a_guests_print_is_approved_or_rejected_with_a_message(yard, client, luke):
    cluster, _ = luke
    async with yard.client(await yard.token("guest")) as guest:
        one, other = [await sent(guest, cluster) for _ in range(2)]
        path = f"{CONNECT}/clusters/{cluster}/print_jobs/{one}/action/approve"
        refused(await guest.post(path), 403, "accessDenied")
    assert (await acted(client, cluster, one, "approve"))["status"] == "success"
    await until(client, cluster, one, "printing")
    assert (await acted(client, cluster, other, "reject", {"message": "Not on my plate."}))["status"] == "success"
    job = await until(client, cluster, other, "aborted")
    assert job["status_message"]["body"] == "Not on my plate."
    assert job["status_message"]["username"] == "admin"
    assert len(job["status_message"]["user_id"]) == 44
    assert job["status_message"]["generated_time"].endswith("Z")


async def test_bad_actions_are_refused_at_once(yard, client, luke):
    cluster, device = luke
    uuid = await sent(client, cluster, start_now=False)
    path = f"{CONNECT}/clusters/{cluster}/print_jobs/{uuid}/action"
    for action, body in (
        ("explode", None), ("move", {"list": "history"}), ("move", {"to_position": -1}), ("duplicate", {"quantity": 0}),
        ("duplicate", {"quantity": 1001}), ("abort", {"quantity": "all"}), ("reject", {"message": "x" * 1001}),
    ):  # fmt: skip
        error = refused(await client.post(f"{path}/{action}", json={"data": body or {}}), 400, "invalidField")
        assert error["meta"]["model_name"] == "PrintJobActionBodyRequest"
    refused(await client.post(f"{path}/pause", content=b"["), 400, "invalidField")
    assert device.commands == []


OWN = {
    "pause": Role.MEMBER, "resume": Role.MEMBER, "move": Role.OPERATOR, "duplicate": Role.GUEST, "force": Role.MEMBER,
    "approve": Role.OPERATOR, "reject": Role.OPERATOR, "abort": Role.GUEST, "remove": Role.GUEST,
}  # fmt: skip
OTHERS = OWN | {"abort": Role.MEMBER, "remove": Role.OPERATOR, "force": Role.OPERATOR}
LADDER = [Role.GUEST, Role.MEMBER, Role.OPERATOR, Role.ADMIN]


async def test_who_may_do_what_with_a_print(yard, client, luke):
    cluster, _ = luke
    yard.plans.analysis = IMPOSSIBLE
    wrong = []
    for role in LADDER:
        async with yard.client(await yard.token(role.value)) as somebody:
            for table, uuid in ((OWN, await sent(somebody, cluster)), (OTHERS, await sent(client, cluster))):
                for action, least in table.items():
                    answer = await somebody.post(f"{CONNECT}/clusters/{cluster}/print_jobs/{uuid}/action/{action}")
                    expected = 201 if LADDER.index(role) >= LADDER.index(least) else 403
                    if answer.status_code != expected:
                        wrong.append((role.value, action, table is OWN, answer.status_code))
                    elif expected == 201:
                        await ended(somebody, cluster, answer.json()["data"]["action_id"])
    assert wrong == []
