"""Print jobs of all clusters: searched, filtered, paged, and as a report."""

import pytest
from tests.apis.digital_factory.conftest import CONNECT, NOBODY, refused
from tests.apis.digital_factory.printing import sent, status, until, uploaded
from tests.apis.digital_factory.test_clusters import listed

PRINT_JOBS, REPORTS = f"{CONNECT}/print_jobs", f"{CONNECT}/print_jobs/reports"
ALWAYS = {"start_date": "2020-01-01T00:00:00.000Z", "end_date": "2100-01-01T00:00:00.000Z"}


@pytest.fixture
async def fleet(yard, client):
    """The clusters of Luke and Leia."""
    await yard.add("Luke")
    await yard.add("Leia")
    return {one["friendly_name"]: one["cluster_id"] for one in (await listed(client))["data"]}


async def names(client, path=PRINT_JOBS, **query):
    """The names of the jobs that a query finds."""
    answer = await client.get(path, params=query)
    assert answer.status_code == 200, answer.text
    return [job["name"] for job in answer.json()["data"]]


async def test_get_print_jobs_lists_the_newest_first_in_pages(yard, client, fleet):
    for number in range(5):
        await sent(client, fleet["Luke"], await uploaded(client, f"part {number}"), start_now=False)
    first = (await client.get(PRINT_JOBS, params={"limit": 2, "page": 1})).json()
    assert [job["name"] for job in first["data"]] == ["part 4", "part 3"]
    assert first["meta"] == {"limit_reached": False, "page": {"total_count": 5, "total_pages": 3}}
    assert "prev" not in first["links"]
    second = (await client.get(first["links"]["next"])).json()
    assert [job["name"] for job in second["data"]] == ["part 2", "part 1"]
    assert second["links"]["prev"].endswith("page=1&limit=2")
    last = (await client.get(second["links"]["last"])).json()
    assert [job["name"] for job in last["data"]] == ["part 0"]
    assert await names(client, page=9, limit=2) == []


async def test_jobs_are_found_by_their_name_their_printer_and_their_author(yard, client, fleet):
    _, secret = await yard.person("Wedge Antilles")
    await sent(client, fleet["Luke"], await uploaded(client, "X-Wing body"), start_now=False)
    await sent(client, fleet["Luke"], await uploaded(client, "100% infill_test"), start_now=False)
    async with yard.client(secret) as wedge:
        uuid = await sent(wedge, fleet["Leia"], await uploaded(wedge, "engine"))
    await until(client, fleet["Leia"], uuid, "printing")
    for search, found in (
        ("wing", ["X-Wing body"]), ("X-WING", ["X-Wing body"]), ("body", ["X-Wing body"]), ("%", ["100% infill_test"]),
        ("l_t", ["100% infill_test"]), ("leia", ["engine"]), ("antil", ["engine"]), ("nothing", []),
        ("  engine ", ["engine"]),
        ("e", ["engine", "100% infill_test"]), ("'; drop table jobs", []), ('"', []), ("100% in", ["100% infill_test"]),
    ):  # fmt: skip
        assert await names(client, search=search) == found, search


async def test_jobs_are_filtered_by_cluster_source_status_and_author(yard, client, fleet):
    uuid = await sent(client, fleet["Luke"], await uploaded(client, "printed"))
    await until(client, fleet["Luke"], uuid, "printing")
    await sent(client, fleet["Leia"], await uploaded(client, "held"), start_now=False)
    async with yard.client(await yard.token("guest")) as guest:
        await sent(guest, fleet["Leia"], await uploaded(guest, "asked"))
        assert await names(guest, private_only="true") == ["asked"]
        assert len(await names(guest, private_only="false")) == 3
    assert await names(client, private_only=True) == ["held", "printed"]
    assert await names(client, status="in_progress") == ["printed"]
    assert await names(client, status="wait_approval") == ["asked"]
    assert await names(client, status="waiting,in_progress") == ["held", "printed"]
    assert await names(client, status=["waiting", "wait_approval"]) == ["asked", "held"]
    assert await names(client, status="history") == []
    assert await names(client, sent_from="cloud") == ["asked", "held", "printed"]
    assert await names(client, sent_from=["usb", "reprint"]) == []
    assert await names(client, cluster_ids=fleet["Luke"]) == ["printed"]
    assert await names(client, **{"cluster_ids[]": [fleet["Luke"], NOBODY]}) == ["printed"]
    assert await names(client, cluster_ids=NOBODY) == []


async def test_a_print_is_in_progress_until_it_is_taken_off_its_plate(yard, client, fleet):
    uuid = await sent(client, fleet["Luke"], await uploaded(client, "vase"))
    await until(client, fleet["Luke"], uuid, "printing")
    luke = next(device for device in yard.devices.values() if device.printer.name == "Luke")
    luke.finish()
    await until(client, fleet["Luke"], uuid, "wait_cleanup")
    for path in (await status(client, fleet["Luke"]))["print_jobs"], (await client.get(PRINT_JOBS)).json()["data"]:
        assert [job["state"] for job in path] == ["in_progress"]
    assert await names(client, status="in_progress") == ["vase"]
    assert await names(client, status="history") == []
    await yard.core.printers.clear_plate(await yard.admin(), luke.printer.id)
    assert await names(client, status="in_progress") == []
    assert await names(client, status="history") == ["vase"]
    (recent,) = (await status(client, fleet["Luke"]))["recently_completed"]
    assert (recent["status"], recent["state"]) == ("finished", "history")


async def test_jobs_of_clusters_that_the_caller_may_not_see_are_not_listed(yard, client, fleet):
    await sent(client, fleet["Luke"], await uploaded(client, "secret"), start_now=False)
    await sent(client, fleet["Leia"], await uploaded(client, "open"), start_now=False)
    await client.post(f"{CONNECT}/clusters/{fleet['Luke']}/share", json={"data": {"organization_shared": False}})
    async with yard.client(await yard.token("member")) as member:
        assert await names(member) == ["open"]
        assert await names(member, search="secret") == []
        assert await names(member, cluster_ids=fleet["Luke"]) == []
        assert await names(member, REPORTS, **ALWAYS) == ["open"]


async def test_get_print_jobs_reports_lists_the_jobs_of_a_time(yard, client, fleet):
    uuid = await sent(client, fleet["Luke"], await uploaded(client, "torus"))
    await until(client, fleet["Luke"], uuid, "printing")
    page = (await client.get(REPORTS, params=ALWAYS)).json()
    (job,) = page["data"]
    assert (job["uuid"], job["cluster_id"], job["time_total"]) == (uuid, fleet["Luke"], 120)
    assert job["updated_at"].endswith("Z")
    assert page["meta"]["page"] == {"total_count": 1, "total_pages": 1}
    for dates in (
        {"start_date": "2090-01-01", "end_date": "2100-01-01"}, {"start_date": "2020-01-01", "end_date": "2021-01-01"},
    ):  # fmt: skip
        assert await names(client, REPORTS, **dates) == []
    assert await names(client, REPORTS, **ALWAYS, cluster_ids=fleet["Leia"]) == []
    assert await names(client, REPORTS, start_date="2020-01-01", end_date="2100-01-01T00:00:00+02:00") == ["torus"]


@pytest.mark.parametrize("query", [{}, {"start_date": "2020-01-01"}, {"end_date": "2020-01-01"}])
async def test_a_report_needs_both_dates(client, query):
    error = refused(await client.get(REPORTS, params=query), 400, "requiredField")
    assert error["meta"]["field_name"] == ("end_date" if "start_date" in query else "start_date")


@pytest.mark.parametrize(
    "query",
    [{"status": "gone"}, {"sent_from": "moon"}, {"private_only": "maybe"}, {"limit": 0}, {"page": "x"}, {"page": "²"}],
)
async def test_a_list_of_jobs_with_a_bad_parameter_is_refused(client, query):
    assert refused(await client.get(PRINT_JOBS, params=query), 400, "invalidField")["meta"]["field_name"] in query


@pytest.mark.parametrize("date", ["yesterday", "2020-13-01", "20200101T", ""])
async def test_a_date_that_is_none_is_refused(client, date):
    answer = await client.get(REPORTS, params=ALWAYS | {"start_date": date})
    error = refused(answer, 400, "requiredField" if not date else "invalidField")
    assert error["meta"]["field_name"] == "start_date"


async def test_get_filters_print_jobs_tells_what_can_be_asked_for(client, fleet):
    answer = await client.get(f"{CONNECT}/filters/print_jobs")
    filters = {one["key"]: one for one in answer.json()["data"]}
    assert set(filters) == {"private_only", "search", "cluster_ids", "status", "sent_from"}
    assert filters["private_only"]["type"] == "boolean"
    assert {one["key"]: one["display_name"] for one in filters["cluster_ids"]["options"]} == {
        fleet["Luke"]: "Luke", fleet["Leia"]: "Leia",
    }  # fmt: skip
    for key in ("status", "sent_from"):
        for option in filters[key]["options"]:
            assert (await client.get(PRINT_JOBS, params={key: option["key"]})).status_code == 200
