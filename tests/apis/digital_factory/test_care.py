"""Maintenance of clusters, and what the organization has decided."""

from tests.apis.digital_factory.conftest import CONNECT, refused
from tests.apis.digital_factory.test_clusters import only


async def test_maintenance_that_was_done_is_completed_and_what_comes_is_pending(yard, client):
    printer, _ = await yard.add("Luke")
    path = f"{CONNECT}/clusters/{(await only(client))['cluster_id']}/maintenance"
    assert (await client.get(f"{path}/completed")).json()["data"] == []
    done = await client.put(path, json={"data": {"task_codes": ["sline_clean_printer", "lubricate_axles"]}})
    assert done.status_code == 204
    (entry,) = (await client.get(f"{path}/completed", params={"limit": 10, "page": 1})).json()["data"]
    line = "sline_" if printer.model_id.startswith("ultimaker_s") else ""
    assert entry["task_codes"] == [f"{line}clean_printer", f"{line}lubricate_axles"]
    assert len(entry["user_id"]) == 44
    assert entry["username"] == "admin"
    assert entry["completed_at"].endswith("Z")
    pending = (await client.get(f"{path}/pending")).json()["data"]
    clean = next(task for task in pending if task["task_rule"]["code"].endswith("clean_printer"))
    assert clean["is_due"] is False
    assert clean["task_rule"]["task_details"] == {"type": "time_based", "value": {"interval": 7776000}}
    assert clean["due_date"].endswith("Z")


async def test_unknown_tasks_and_those_who_may_not_are_refused(yard, client):
    await yard.add("Luke")
    path = f"{CONNECT}/cluster/{(await only(client))['cluster_id']}/maintenance"
    unknown = await client.put(path, json={"data": {"task_codes": ["polish_chrome"]}})
    assert refused(unknown, 400, "invalidField")["meta"]["field_name"] == "task_codes"
    refused(await client.put(path, json={"data": {}}), 400, "requiredField")
    async with yard.client(await yard.token("guest")) as guest:
        body = {"data": {"task_codes": ["clean_printer"]}}
        refused(await guest.put(path, json=body), 403, "accessDenied")


async def test_settings_are_decided_by_administrators_one_by_one(yard, client):
    path = f"{CONNECT}/settings"
    assert (await client.get(path)).json() == {"data": {"enable_print_prep": False, "require_print_approval": False}}
    changed = await client.post(path, json={"data": {"enable_print_prep": True}})
    assert changed.json() == {"data": {"enable_print_prep": True, "require_print_approval": False}}
    refused(await client.post(path, json={"data": {"enable_print_prep": "yes"}}), 400, "invalidField")
    async with yard.client(await yard.token("operator")) as operator:
        assert (await operator.get(path)).json()["data"]["enable_print_prep"] is True
        refused(await operator.post(path, json={"data": {"enable_print_prep": False}}), 403, "accessDenied")
