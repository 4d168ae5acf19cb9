"""Clusters: lists, one of them, notes, sharing, registration and its end."""

import re

import pytest
from tests.apis.digital_factory.conftest import BOT, CONNECT, NOBODY, refused

from printyard.core.commands import ShowMessage
from printyard.core.model.state import LoadedMaterial, Nozzle, Temperature, Tool

PLA = "506c9f0d-e3aa-4bd4-b2d2-23e2425b1aa9"


async def listed(client, **query):
    answer = await client.get(f"{CONNECT}/clusters", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def only(client):
    (cluster,) = (await listed(client))["data"]
    return cluster


async def test_each_printer_is_a_cluster_with_all_that_clients_look_into(yard, client):
    printer, _ = await yard.add("Luke")
    cluster = await only(client)
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}=", cluster["cluster_id"])
    assert cluster["friendly_name"] == "Luke"
    assert cluster["host_guid"] == printer.device_guid
    assert cluster["host_name"] == f"ultimakersystem-{printer.device_guid.replace('-', '')[-12:]}"
    assert cluster["host_internal_ip"]
    assert len(cluster["host_version"].split(".")) >= 3
    assert cluster["is_online"] is True
    assert cluster["status"] == "active"
    assert cluster["printer_type"] == "test_s5"  # the id of a definition, not what people call the machine
    assert cluster["printer_count"] == 1
    assert cluster["organization_shared"] is True
    assert cluster["team_ids"] == []
    assert "queue" in cluster["capabilities"]
    assert cluster["host_printer"]["uuid"] == printer.device_guid
    assert len(cluster["host_printer"]["firmware_version"].split(".")) >= 3
    assert all("material" in core for core in cluster["host_printer"]["configuration"])


async def test_cluster_and_clusters_are_the_same(yard, client):
    await yard.add("Luke")
    cluster = await only(client)
    for name in ("cluster", "clusters"):
        assert (await client.get(f"{CONNECT}/{name}")).json()["data"][0]["cluster_id"] == cluster["cluster_id"]
        one = await client.get(f"{CONNECT}/{name}/{cluster['cluster_id']}")
        assert one.json()["data"]["host_guid"] == cluster["host_guid"]


async def test_an_unknown_cluster_and_a_foreign_one_are_not_there(yard, client):
    await yard.add("Luke")
    cluster_id = (await only(client))["cluster_id"]
    await client.post(f"{CONNECT}/clusters/{cluster_id}/share", json={"data": {"organization_shared": False}})
    async with yard.client(await yard.token("member")) as member:
        assert (await listed(member))["data"] == []
        for path in ("", "/status", "/maintenance/pending", "/maintenance/completed", "/action_status/x"):
            for who, wanted in ((client, NOBODY), (member, cluster_id)):
                refused(await who.get(f"{CONNECT}/clusters/{wanted}{path}"), 404, "recordNotFound")
        for path, body in (("note", {"note": {"note": "x"}}), ("share", {"organization_shared": True})):
            answer = await member.post(f"{CONNECT}/clusters/{cluster_id}/{path}", json={"data": body})
            refused(answer, 404, "recordNotFound")
        refused(await member.delete(f"{CONNECT}/clusters/{cluster_id}"), 404, "recordNotFound")


async def test_a_cluster_of_several_printers_has_one_status(yard, client):
    printers = [(await yard.add(name))[0] for name in ("Luke", "Leia", "Han")]
    cluster = await yard.group("Rebels", *printers)
    shown = (await client.get(f"{CONNECT}/clusters/{cluster}")).json()["data"]
    assert (shown["printer_count"], shown["host_guid"]) == (3, printers[0].device_guid)
    told = (await client.get(f"{CONNECT}/clusters/{cluster}/status")).json()["data"]
    assert [one["friendly_name"] for one in told["printers"]] == ["Luke", "Leia", "Han"]
    assert [one["cluster_id"] for one in (await listed(client))["data"]] == [cluster]


async def test_a_list_tells_what_has_changed_since_it_was_last_asked(yard, client):
    printer, device = await yard.add("Luke")
    before = await only(client)
    assert await only(client) == before
    await client.post(f"{CONNECT}/clusters/{before['cluster_id']}/note", json={"data": {"note": {"note": "new"}}})
    assert (await only(client))["note"] == {"note": "new"}
    await yard.core.printers.rename(await yard.admin(), printer.id, "Anakin")
    assert (await only(client))["friendly_name"] == "Anakin"
    device.tell(bed=Temperature(current=60.0, target=60.0))
    await yard.until(printer.id, lambda shown: shown.state.bed.current == 60.0)
    assert (await only(client))["host_printer"]["build_plate"]["temperature"] == 60.0


async def test_what_breaks_inside_is_an_unexpected_error_without_its_reason(yard, client):
    _, device = await yard.add("Luke")

    async def broken():
        raise ZeroDivisionError("a secret")

    device.facets.display.locked = broken
    error = refused(await client.get(f"{CONNECT}/clusters"), 500, "unexpectedError")
    assert error["meta"] == {"error_type": "ProgrammingError"}
    assert "secret" not in str(error)


async def test_pages_have_their_links(yard, client):
    for name in ("Luke", "Leia", "Han"):
        await yard.add(name)
    page = await listed(client, limit=2, page=1, sort="friendly_name")
    assert [one["friendly_name"] for one in page["data"]] == ["Han", "Leia"]
    assert page["meta"]["page"] == {"total_count": 3, "total_pages": 2}
    assert page["meta"]["limit_reached"] is False
    assert page["links"]["first"].endswith("sort=friendly_name&page=1&limit=2")
    assert "prev" not in page["links"]
    following = await client.get(page["links"]["next"])
    assert [one["friendly_name"] for one in following.json()["data"]] == ["Luke"]
    assert "next" not in following.json()["links"]


@pytest.mark.parametrize("query", [{"limit": 0}, {"limit": "many"}, {"page": -1}, {"sort": "beauty"}])
async def test_a_list_with_a_bad_parameter_is_refused(client, query):
    error = refused(await client.get(f"{CONNECT}/clusters", params=query), 400, "invalidField")
    assert error["meta"]["field_name"] in query


async def test_lists_are_sorted_filtered_and_ordered_by_preference(yard, client):
    await yard.add("Luke")
    _, leia = await yard.add("Leia")
    loaded = Tool(heater=Temperature(current=22.0), nozzle=Nozzle(name="CC 0.6"), material=LoadedMaterial(guid=PLA))
    leia.tell(tools=(loaded, loaded))
    await yard.until(leia.printer.id, lambda shown: shown.state.tools[0].material is not None)
    names = [one["friendly_name"] for one in (await listed(client, sort="-friendly_name"))["data"]]
    assert names == ["Luke", "Leia"]
    for query in ({"prefer_material_1": PLA}, {"prefer_print_core_2": "CC 0.6"}, {"prefer_material_2": PLA.upper()}):
        assert (await listed(client, **query))["data"][0]["friendly_name"] == "Leia"
    assert len((await listed(client, machine_variant="Ultimaker S5"))["data"]) == 2
    assert (await listed(client, machine_variant="Ultimaker 3"))["data"] == []
    assert len((await listed(client, status="active"))["data"]) == 2
    assert (await listed(client, status="inactive"))["data"] == []
    assert (await listed(client, team_ids=NOBODY))["data"] == []
    assert len((await listed(client, team_ids=""))["data"]) == 2


async def test_those_that_meet_more_preferences_come_first_and_equals_keep_their_order(yard, client):
    loaded = {
        "Ackbar": ("AA 0.4", "BB 0.4", ""), "Biggs": ("CC 0.6", "BB 0.4", ""), "Chewie": ("CC 0.6", "BB 0.4", PLA),
        "Dooku": ("CC 0.6", "AA 0.8", PLA),
    }  # fmt: skip
    for name, (left, right, guid) in loaded.items():
        _, device = await yard.add(name)
        material = LoadedMaterial(guid=guid) if guid else None
        cold = Temperature(current=22.0)
        tools = (
            Tool(heater=cold, nozzle=Nozzle(name=left), material=material),
            Tool(heater=cold, nozzle=Nozzle(name=right)),
        )
        device.tell(tools=tools)
        await yard.until(device.printer.id, lambda shown, tools=tools: shown.state.tools == tools)

    async def names(**query):
        return [one["friendly_name"] for one in (await listed(client, sort="-friendly_name", **query))["data"]]

    assert await names() == ["Dooku", "Chewie", "Biggs", "Ackbar"]
    assert await names(prefer_print_core_1="CC 0.6") == ["Dooku", "Chewie", "Biggs", "Ackbar"]
    assert await names(prefer_print_core_2="BB 0.4") == ["Chewie", "Biggs", "Ackbar", "Dooku"]
    three = {"prefer_print_core_1": "CC 0.6", "prefer_print_core_2": "BB 0.4", "prefer_material_1": PLA}
    assert await names(**three) == ["Chewie", "Dooku", "Biggs", "Ackbar"]
    assert await names(prefer_material_2=PLA) == ["Dooku", "Chewie", "Biggs", "Ackbar"]
    assert await names(**three, limit=2, page=2) == ["Biggs", "Ackbar"]


async def test_it_tells_which_of_some_clusters_may_be_seen(yard, client):
    await yard.add("Luke")
    cluster_id = (await only(client))["cluster_id"]
    answer = await client.post(f"{CONNECT}/clusters", json={"data": {"cluster_ids": [cluster_id, NOBODY]}})
    assert answer.status_code == 200
    assert answer.json() == {"data": {"cluster_ids": [cluster_id]}}
    bad = await client.post(f"{CONNECT}/clusters", json={"data": {"cluster_ids": ["short"]}})
    assert refused(bad, 400, "invalidField")["meta"]["model_name"] == "ClusterIdsRequest"


async def test_a_note_is_written_in_both_shapes_and_has_3500_characters_at_most(yard, client):
    await yard.add("Luke")
    path = f"{CONNECT}/clusters/{(await only(client))['cluster_id']}/note"
    plain = {"data": {"note": {"note": "Hoi"}}}
    wrapped = {"data": {"summary": "s", "description": "d", "value": {"note": {"note": "x" * 3500}}}}
    for body in (plain, wrapped):
        answer = await client.post(path, json=body)
        assert answer.status_code == 200
        data = body["data"].get("value", body["data"])
        assert answer.json()["data"]["note"] == data["note"]
    refused(await client.post(path, json={"data": {"note": {"note": "x" * 3501}}}), 400, "invalidField")
    missing = refused(await client.post(path, json={"data": {"note": {}}}), 400, "requiredField")
    assert missing["meta"] == {
        "error_type": "ModelValidationError", "translatable": "%{field_name} is required.",
        "model_name": "ClusterNoteUpdateRequest", "field_name": "note.note",
    }  # fmt: skip
    refused(await client.post(path, json={}), 400, "requiredField")
    refused(await client.post(path, content=b"{"), 400, "invalidField")
    async with yard.client(await yard.token("guest")) as guest:
        refused(await guest.post(path, json=plain), 403, "accessDenied")


async def test_sharing_decides_who_sees_it_and_counts_for_teams(yard, client):
    await yard.add("Luke")
    cluster_id = (await only(client))["cluster_id"]
    team = await yard.core.teams.add(await yard.admin(), "Crew")
    team_id = await yard.core.foreign_ids("connect").of("team", team.id)
    path = f"{CONNECT}/clusters/{cluster_id}/share"
    both = await client.post(path, json={"data": {"organization_shared": True, "team_ids": [team_id]}})
    assert refused(both, 400, "invalidField")["meta"]["field_name"] == "organization_shared"  # so the document has it
    shared = await client.post(path, json={"data": {"organization_shared": None, "team_ids": [team_id]}})
    assert shared.json()["data"]["team_ids"] == [team_id]
    assert shared.json()["data"]["organization_shared"] is False
    whole = await client.post(path, json={"data": {"organization_shared": True}})
    assert (whole.json()["data"]["team_ids"], whole.json()["data"]["organization_shared"]) == ([team_id], True)
    counts = await client.get(f"{CONNECT}/clusters/team_count", params={"team_ids": [team_id, NOBODY]})
    assert counts.json() == {"data": {"counts": {team_id: 1, NOBODY: 0}}}
    assert len((await listed(client, team_ids=team_id))["data"]) == 1
    refused(await client.post(path, json={"data": {"team_ids": [NOBODY]}}), 404, "recordNotFound")
    async with yard.client(await yard.token("member")) as member:
        refused(await member.post(path, json={"data": {"organization_shared": False}}), 403, "accessDenied")
        refused(await member.delete(f"{CONNECT}/teams/{team_id}"), 403, "accessDenied")
    assert (await client.delete(f"{CONNECT}/teams/{team_id}")).status_code == 204
    assert (await only(client))["team_ids"] == []
    refused(await client.delete(f"{CONNECT}/teams/{NOBODY}"), 404, "recordNotFound")


async def test_a_deleted_cluster_comes_back_under_another_id_by_the_pin_on_its_display(yard, client):
    _, device = await yard.add("Luke")
    cluster = await only(client)
    assert (await client.delete(f"{CONNECT}/clusters/{cluster['cluster_id']}")).status_code == 204
    refused(await client.get(f"{CONNECT}/clusters/{cluster['cluster_id']}"), 404, "recordNotFound")
    assert len(yard.core.printers.all(await yard.admin())) == 1
    guid = cluster["host_guid"]
    (shown,) = (command.text for command in device.commands if isinstance(command, ShowMessage))
    assert re.search(r"PIN [0-9A-Z]{6}\b", shown)
    refused(await client.post(f"{CONNECT}/confirm-registration-pin/ZZZZZZ"), 404, "recordNotFound")
    refused(await client.post(f"{CONNECT}/confirm-registration/nonsense"), 404, "recordNotFound")
    back = await client.post(f"{CONNECT}/confirm-registration/{guid}")
    assert back.status_code == 200
    assert back.json()["data"]["cluster_id"] != cluster["cluster_id"]
    assert back.json()["data"]["host_name"] == cluster["host_name"]
    assert (await only(client))["cluster_id"] == back.json()["data"]["cluster_id"]
    twice = refused(await client.post(f"{CONNECT}/confirm-registration/{guid.upper()}"), 409, "recordDuplicated")
    assert twice["meta"] == {
        "error_type": "ValidationError", "translatable": "The given %{record_name} already exists.",
        "record_name": "cluster",
    }  # fmt: skip


async def test_the_pin_on_the_display_registers_and_another_brand_does_not(yard, client):
    _, device = await yard.add("Luke")
    cluster = await only(client)
    await client.delete(f"{CONNECT}/clusters/{cluster['cluster_id']}")
    pin = device.commands[-1].text.split("PIN ")[1].strip(".")
    path = f"{CONNECT}/confirm-registration-pin/{pin.lower()}"
    refused(await client.post(path, params={"printer_brand": "makerbot"}), 404, "recordNotFound")
    ann, secret = await yard.person("ann")
    async with yard.client(secret) as somebody:
        back = await somebody.post(path, params={"printer_brand": "ultimaker"})
    assert back.status_code == 200
    assert back.json()["data"]["generated_time"].endswith("Z")
    again = await only(client)
    assert again["cluster_id"] == back.json()["data"]["cluster_id"] != cluster["cluster_id"]
    assert again["user_id"] == await yard.core.foreign_ids("connect").of("user", ann.id)
    refused(await client.post(path), 404, "recordNotFound")  # it is good once


@pytest.mark.parametrize("pin", ["123", "1234567", "12-456", "12345é"])
async def test_what_is_no_pin_is_refused(client, pin):
    refused(await client.post(f"{CONNECT}/confirm-registration-pin/{pin}"), 400, "invalidField")


async def test_who_guesses_pins_has_to_wait(client):
    for number in range(5):
        refused(await client.post(f"{CONNECT}/confirm-registration-pin/00000{number}"), 404, "recordNotFound")
    answer = await client.post(f"{CONNECT}/confirm-registration-pin/000009")
    refused(answer, 429, "tooManyRequests")
    assert 0 < int(answer.headers["retry-after"]) <= 60


async def test_makerbots_are_none_and_registering_one_is_not_found(client):
    assert (await client.get(f"{CONNECT}/makerbot/printers")).json() == {"data": []}
    printer_id = "5712e0ac-e90a-0344-ee91-7e8050a44c9b"
    unknown = await client.put(f"{CONNECT}/makerbot/printers", json={"data": {"printer_id": printer_id}})
    refused(unknown, 404, "recordNotFound")
    missing = await client.put(f"{CONNECT}/makerbot/printers", json={"data": {}})
    assert refused(missing, 400, "requiredField")["meta"]["field_name"] == "printer_id"


async def test_makerbots_are_listed_and_registered(yard, client):
    await yard.add("Luke")
    bot, _ = await yard.add("Bender", driver=BOT)
    path = f"{CONNECT}/makerbot/printers"
    (shown,) = (await client.get(path)).json()["data"]
    assert (shown["friendly_name"], shown["host_guid"], shown["printer_type"]) == ("Bender", bot.device_guid, "lava_f")
    assert (shown["is_authorized"], shown["is_online"]) == (True, True)
    body = {"data": {"printer_id": bot.device_guid.upper()}}
    refused(await client.put(path, json=body), 400, "invalidField")  # a GUID is written small
    body = {"data": {"printer_id": bot.device_guid}}
    refused(await client.put(path, json=body), 409, "recordDuplicated")
    cluster = next(one for one in (await listed(client))["data"] if one["friendly_name"] == "Bender")
    await client.delete(f"{CONNECT}/clusters/{cluster['cluster_id']}")
    assert (await client.get(path)).json()["data"][0]["is_authorized"] is False
    back = await client.put(path, json=body)
    assert back.status_code == 200
    assert back.json()["data"]["cluster_id"] != cluster["cluster_id"]
    assert (await client.get(path)).json()["data"][0]["is_authorized"] is True


async def test_the_clusters_of_a_user(yard, client):
    await yard.add("Luke")
    owner = (await only(client))["user_id"]
    answer = await client.get(f"{CONNECT}/user/{owner}/clusters")
    assert [one["friendly_name"] for one in answer.json()["data"]] == ["Luke"]
    organization = (await only(client))["organization_id"]
    ann, _ = await yard.person("ann")
    path = f"{CONNECT}/user/{await yard.core.foreign_ids('connect').of('user', ann.id)}/clusters"
    assert (await client.get(path)).json() == {"data": []}
    assert len((await client.get(path, params={"organization_ids": [organization, NOBODY]})).json()["data"]) == 1
    refused(await client.get(f"{CONNECT}/user/{NOBODY}/clusters"), 404, "recordNotFound")
