"""Prints of clusters: sent, looked at, noted on, printed once more; and why they wait."""

import asyncio
import re

import pytest
from tests.apis.digital_factory.conftest import CONNECT, NOBODY, refused
from tests.apis.digital_factory.printing import GCODE, announced, details, sent, shown, status, until, uploaded
from tests.apis.digital_factory.test_clusters import PLA, only

from printyard.core.model.file import Analysis, ToolUse

INSTANT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
NO_JOB = "00000000-0000-7000-8000-000000000000"


@pytest.fixture
async def luke(yard, client):
    """A cluster of one printer, and its device."""
    _, device = await yard.add("Luke")
    return (await only(client))["cluster_id"], device


async def test_a_print_is_sent_and_can_be_seen_in_the_status(yard, client, luke):
    cluster, device = luke
    job_id = await uploaded(client)
    answer = await client.post(f"{CONNECT}/clusters/{cluster}/print/{job_id}")
    assert answer.status_code == 200
    told = answer.json()["data"]
    assert told["job_id"] == job_id
    assert told["status"] == "queued"
    assert re.fullmatch(INSTANT, told["generated_time"])
    job = await until(client, cluster, told["job_instance_uuid"], "printing")
    assert (job["name"], job["cloud_job_id"], job["sent_from"]) == ("torus 1", job_id, "cloud")
    assert (job["state"], job["started"], job["time_total"], job["time_elapsed"]) == ("in_progress", True, 120, 30)
    assert job["printer_uuid"] == job["printed_on_uuid"] == device.printer.device_guid
    assert (job["assigned_to"], job["printer_name"]) == ("Luke", "Luke")
    assert re.fullmatch(INSTANT, job["created_at"])
    assert all(core["material"] is not None for core in job["configuration"])
    assert job["source"]["job_id"] == job_id
    assert job["source"]["status"] == "uploaded"
    assert job["source"]["parsing_status"] == "success"
    assert job["source"]["metadata"]["print"]["estimated_time"] == 120
    assert (await client.get(job["source"]["download_url"])).content == GCODE
    now = await status(client, cluster)
    assert [one["uuid"] for one in now["print_jobs"]] == [told["job_instance_uuid"]]
    assert now["printers"][0]["status"] == "printing"
    assert re.fullmatch(INSTANT, now["generated_time"])
    device.finish()
    over = await until(client, cluster, told["job_instance_uuid"], "finished", "wait_cleanup")
    assert over["time_remaining"] == 0


async def test_cluster_and_clusters_take_prints_in_all_shapes_of_bodies(yard, client, luke):
    cluster, _ = luke
    job_id = await uploaded(client)
    for name, body in (
        ("cluster", None), ("clusters", {"data": {}}), ("clusters", {"data": {"start_now": False}}),
        ("cluster", {"data": {"summary": "s", "description": "d", "value": {"start_now": False}}}),
    ):  # fmt: skip
        assert (await client.post(f"{CONNECT}/{name}/{cluster}/print/{job_id}", json=body)).status_code == 200
    refused(
        await client.post(f"{CONNECT}/clusters/{cluster}/print/{job_id}", json={"data": {"start_now": 1}}),
        400, "invalidField",
    )  # fmt: skip


async def test_a_print_that_is_not_to_start_now_waits_until_somebody_lets_it_go(yard, client, luke):
    cluster, _ = luke
    uuid = await sent(client, cluster, start_now=False)
    job = await details(client, cluster, uuid)
    assert (job["status"], job["state"], job["started"]) == ("queued", "waiting", False)
    assert "printer_uuid" not in job
    path = f"{CONNECT}/clusters/{cluster}/print_jobs/{uuid}/action/resume"
    assert (await client.post(path)).status_code == 201
    await until(client, cluster, uuid, "printing")


async def test_a_file_that_is_not_here_in_full_is_not_printed(yard, client, luke):
    cluster, device = luke
    job = await announced(client, size=1000)
    path = f"{CONNECT}/clusters/{cluster}/print/{job['job_id']}"
    assert (await client.put(job["upload_url"], content=GCODE)).status_code == 400
    refused(await client.post(path), 409, "uploadIncomplete")
    again = await announced(client, size=1000)
    head = {"content-range": "bytes 0-9/1000"}
    assert (await client.put(again["upload_url"], content=GCODE[:10], headers=head)).status_code == 308
    refused(await client.post(f"{CONNECT}/clusters/{cluster}/print/{again['job_id']}"), 409, "uploadIncomplete")
    assert device.commands == []
    assert (await status(client, cluster))["print_jobs"] == []


async def test_a_file_that_comes_just_now_or_was_cut_or_failed_is_not_printed(yard, client, luke):
    cluster, device = luke
    job = await announced(client)
    path = f"{CONNECT}/clusters/{cluster}/print/{job['job_id']}"
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow():
        yield GCODE[:10]
        begun.set()
        await go_on.wait()
        raise ConnectionError

    async with yard.client(None) as sender:
        coming = asyncio.create_task(sender.put(job["upload_url"], content=slow()))
        await begun.wait()
        refused(await client.post(path), 409, "uploadIncomplete")
        go_on.set()
        with pytest.raises(ConnectionError):
            await coming
    refused(await client.post(path), 409, "uploadIncomplete")
    async with asyncio.timeout(20):
        while (await client.put(job["upload_url"], content=GCODE)).status_code == 409:
            pass  # the server has not seen the cut yet
    damaged = await announced(client, size=40, content_type="application/gzip")
    assert (await client.put(damaged["upload_url"], content=b"x" * 40)).status_code == 400
    refused(await client.post(f"{CONNECT}/clusters/{cluster}/print/{damaged['job_id']}"), 409, "uploadIncomplete")
    assert device.commands == []
    answer = await client.post(path)
    assert answer.status_code == 200
    await until(client, cluster, answer.json()["data"]["job_instance_uuid"], "printing")


async def test_a_cluster_whose_printers_are_switched_off_takes_no_prints(yard, client, luke):
    cluster, device = luke
    job_id = await uploaded(client)
    await yard.core.printers.decide(await yard.admin(), device.printer.id, enabled=False)
    error = refused(await client.post(f"{CONNECT}/clusters/{cluster}/print/{job_id}"), 409, "printerNotAcceptingJobs")
    assert error["meta"] == {"error_type": "PrinterError"}


async def test_unknown_files_clusters_and_prints_are_not_there(yard, client, luke):
    cluster, _ = luke
    job_id = await uploaded(client)
    uuid = await sent(client, cluster, job_id)
    other, _ = await yard.add("Leia")
    leia = next(one["cluster_id"] for one in (await client.get(f"{CONNECT}/clusters")).json()["data"]
                if one["friendly_name"] == "Leia")  # fmt: skip
    for path in (
        f"clusters/{cluster}/print/{NOBODY}", f"clusters/{NOBODY}/print/{job_id}", f"clusters/{cluster}/print/nonsense",
        f"clusters/{cluster}/reprint/{cluster}/{NO_JOB}", f"clusters/{cluster}/reprint/{NOBODY}/{uuid}",
        f"clusters/{NOBODY}/reprint/{cluster}/{uuid}", f"clusters/{cluster}/reprint/{leia}/{uuid}",
        f"clusters/{cluster}/print_jobs/{NO_JOB}", f"clusters/{leia}/print_jobs/{uuid}",
        f"clusters/{cluster}/print_jobs/%00", f"clusters/{cluster}/print_jobs/{uuid}%0A",
        f"clusters/{leia}/print_jobs/{uuid}/action/pause", f"clusters/{cluster}/print_jobs/{NO_JOB}/action/pause",
    ):  # fmt: skip
        refused(await client.post(f"{CONNECT}/{path}", json={"data": {"note": "x"}}), 404, "recordNotFound")
    for path in (f"clusters/{cluster}/print_jobs/{NO_JOB}", f"clusters/{leia}/print_jobs/{uuid}"):
        error = refused(await client.get(f"{CONNECT}/{path}"), 404, "recordNotFound")
        assert error["meta"]["record_name"] == "print_job_instance"
    assert other.name == "Leia"


async def test_a_note_on_a_print_is_shown_everywhere_and_has_500_characters_at_most(yard, client, luke):
    cluster, _ = luke
    uuid = await sent(client, cluster)
    path = f"{CONNECT}/clusters/{cluster}/print_jobs/{uuid}"
    await status(client, cluster)  # it is kept rendered, and has to be rendered anew
    answer = await client.post(path, json={"data": {"note": "A note."}})
    assert answer.status_code == 200
    assert answer.json()["data"]["note"] == "A note."
    assert (await shown(client, cluster, uuid))["note"] == "A note."
    assert (await client.get(f"{CONNECT}/print_jobs")).json()["data"][0]["note"] == "A note."
    assert (await client.post(path, json={"data": {}})).json()["data"]["note"] == "A note."
    assert "note" not in (await client.post(path, json={"data": {"note": ""}})).json()["data"]
    refused(await client.post(path, json={"data": {"note": "x" * 501}}), 400, "invalidField")
    missing = refused(await client.post(path, json={}), 400, "requiredField")
    assert missing["meta"]["model_name"] == "PrintJobInstanceUpdateRequest"


async def test_a_print_is_printed_once_more_there_or_elsewhere(yard, client, luke):
    cluster, device = luke
    await yard.add("Leia")
    leia = next(one["cluster_id"] for one in (await client.get(f"{CONNECT}/clusters")).json()["data"]
                if one["friendly_name"] == "Leia")  # fmt: skip
    uuid = await sent(client, cluster)
    await until(client, cluster, uuid, "printing")
    refused(await client.post(f"{CONNECT}/clusters/{cluster}/reprint/{cluster}/{uuid}"), 409, "stateConflict")
    device.finish()
    await until(client, cluster, uuid, "finished", "wait_cleanup")
    answer = await client.post(f"{CONNECT}/clusters/{leia}/reprint/{cluster}/{uuid}")
    assert answer.status_code == 200
    told = answer.json()["data"]
    assert re.fullmatch(INSTANT, told["generated_time"])
    again = await until(client, leia, told["job_instance_uuid"], "printing")
    assert (again["sent_from"], again["name"], again["printer_name"]) == ("reprint", "torus 1", "Leia")
    held = await client.post(
        f"{CONNECT}/cluster/{cluster}/reprint/{cluster}/{uuid}", json={"data": {"start_now": False}}
    )
    job = await details(client, cluster, held.json()["data"]["job_instance_uuid"])
    assert (job["status"], job["state"]) == ("queued", "waiting")


async def test_a_print_whose_file_is_gone_is_not_printed_again(yard, client, luke):
    cluster, device = luke
    job_id = await uploaded(client)
    uuid = await sent(client, cluster, job_id)
    await until(client, cluster, uuid, "printing")
    device.finish()
    await until(client, cluster, uuid, "finished", "wait_cleanup")
    assert (await client.delete(f"/cura/v1/jobs/{job_id}")).status_code == 204
    refused(await client.post(f"{CONNECT}/clusters/{cluster}/reprint/{cluster}/{uuid}"), 404, "recordNotFound")
    refused(await client.post(f"{CONNECT}/clusters/{cluster}/print/{job_id}"), 404, "recordNotFound")
    assert "source" not in await details(client, cluster, uuid)


async def test_a_guests_print_waits_for_approval(yard, client, luke):
    cluster, device = luke
    async with yard.client(await yard.token("guest")) as guest:
        path = f"{CONNECT}/clusters/{cluster}/print/{await uploaded(guest)}"
        told = (await guest.post(path)).json()["data"]
        assert told["status"] == "wait_approval"
        job = await details(guest, cluster, told["job_instance_uuid"])
    assert (job["status"], job["state"], job["owner"]) == ("wait_approval", "wait_approval", "someone")
    assert {"translation_key": "waits_for_approval", "severity": "6"} in job["impediments_to_printing"]
    assert device.commands == []


async def test_what_has_to_be_changed_for_a_print_is_told(yard, client, luke):
    cluster, _ = luke
    yard.plans.analysis = Analysis(
        seconds=60.0, machine="Ultimaker S5", flavor="Griffin",
        tools=(ToolUse(tool=0, material_guid=PLA, nozzle_name="BB 0.4", nozzle_mm=0.4, filament_mm=1000.0),),
    )  # fmt: skip
    job = await details(client, cluster, await sent(client, cluster))
    assert (job["status"], job["machine_variant"], job["assigned_to"]) == ("queued", "Ultimaker S5", "Luke")
    (core,) = job["configuration"]
    assert (core["extruder_index"], core["print_core_id"], core["material"]["guid"]) == (0, "BB 0.4", PLA)
    assert core["estimated_material_volume"] > 2000
    changes = {one["type_of_change"]: one for one in job["configuration_changes_required"]}
    core_change = changes["print_core_change"]
    assert (core_change["origin_id"], core_change["target_id"], core_change["index"]) == ("AA 0.4", "BB 0.4", 0)
    assert core_change["is_overridable"] is True
    assert changes["material_insert"]["is_overridable"] is False
    assert job["time_remaining"] == 60
    in_status = (await status(client, cluster))["print_jobs"][0]
    assert in_status["configuration_changes_required"] == job["configuration_changes_required"]


async def test_a_print_that_no_printer_can_ever_do_says_so(yard, client, luke):
    cluster, _ = luke
    yard.plans.analysis = Analysis(
        seconds=60.0, machine="Ultimaker S5", flavor="Griffin",
        extent_min_mm=(0.0, 0.0, 0.0), extent_max_mm=(900.0, 10.0, 10.0),
    )  # fmt: skip
    job = await details(client, cluster, await sent(client, cluster))
    impediment = {"severity": "UNFIXABLE", "translation_key": "does_not_fit_in_build_volume"}
    assert impediment in job["impediments_to_printing"]
    assert "assigned_to" not in job


async def test_an_account_that_is_gone_is_told(yard, client, luke):
    cluster, _ = luke
    user, secret = await yard.person("ann")
    async with yard.client(secret) as ann:
        uuid = await sent(ann, cluster)
    job = await details(client, cluster, uuid)
    assert (job["owner"], job["owner_deleted"]) == ("ann", False)
    assert "status_message" not in job
    await yard.core.accounts.remove_user(await yard.admin(), user.id)
    assert (await details(client, cluster, uuid))["owner_deleted"] is True
