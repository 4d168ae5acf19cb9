"""What no client of good will sends: characters that no database takes, methods that there are not, endless pages."""

import pytest
from tests.apis.digital_factory.conftest import CONNECT, refused
from tests.apis.digital_factory.printing import sent
from tests.apis.digital_factory.test_clusters import only
from tests.apis.digital_factory.test_materials import ANNOUNCED

from printyard.apis.digital_factory.paging import Window, page_of

BODIES = [
    ("POST", "/clusters/{cluster_id}/note", {"note": {"note": "a\0b"}}, "note.note"),
    ("POST", "/clusters/{cluster_id}/print_jobs/{uuid}", {"note": "\0"}, "note"),
    ("POST", "/clusters/{cluster_id}/print_jobs/{uuid}/action/reject", {"message": "no\0"}, "message"),
    ("POST", "/clusters/{cluster_id}/printers/{host_guid}/action/rename", {"name": "Lu\0ke"}, "name"),
    ("PUT", "/clusters/{cluster_id}/maintenance", {"task_codes": ["clean_printer", "\0"]}, "task_codes.1"),
    ("PUT", "/materials/upload", ANNOUNCED | {"origin": "\0"}, "origin"),
    ("POST", "/clusters/{cluster_id}/note", {"summary": "s", "value": {"note": {"note": "\0"}}}, "value.note.note"),
]
LISTS = [
    ("/print_jobs", {"search": "a\0b"}), ("/print_jobs", {"search": "\0"}), ("/print_jobs", {"cluster_ids": "\0"}),
    ("/clusters", {"team_ids": "\0"}), ("/clusters", {"prefer_material_1": "\0"}), ("/clusters", {"sort": "\0"}),
    ("/clusters/team_count", {"team_ids": "x,\0"}), ("/spec", {"version": "\0"}),
    ("/print_jobs/reports", {"start_date": "\0", "end_date": "2020-01-01"}),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "data", "field"), BODIES)
async def test_a_text_with_a_null_character_is_refused(yard, client, method, path, data, field):
    await yard.add("Luke")
    cluster = await only(client)
    uuid = await sent(client, cluster["cluster_id"], start_now=False)
    path = path.format(cluster_id=cluster["cluster_id"], host_guid=cluster["host_guid"], uuid=uuid)
    error = refused(await client.request(method, CONNECT + path, json={"data": data}), 400, "invalidField")
    assert error["meta"]["field_name"] == field


async def test_a_backslash_before_a_code_is_no_null_character(yard, client):
    await yard.add("Luke")
    path = f"{CONNECT}/clusters/{(await only(client))['cluster_id']}/note"
    answer = await client.post(path, json={"data": {"note": {"note": r"write \u0000 for it"}}})
    assert answer.json()["data"]["note"] == {"note": r"write \u0000 for it"}


@pytest.mark.parametrize(("path", "query"), LISTS)
async def test_a_parameter_with_a_null_character_is_refused(client, path, query):
    error = refused(await client.get(CONNECT + path, params=query), 400, "invalidField")
    assert error["meta"]["field_name"] in query


@pytest.mark.parametrize("content_type", ["application/zip\n", "application/zip\r\nX-Y: z"])
async def test_what_ends_with_a_line_break_does_not_fit_a_pattern(client, content_type):
    body = {"data": ANNOUNCED | {"content_type": content_type}}
    error = refused(await client.put(f"{CONNECT}/materials/upload", json=body), 400, "invalidField")
    assert error["meta"]["field_name"] == "content_type"


@pytest.mark.parametrize(("method", "path"), [("PUT", "/clusters"), ("DELETE", "/settings"), ("POST", "/print_jobs")])
async def test_a_method_that_there_is_not_is_told(client, method, path):
    answer = await client.request(method, CONNECT + path)
    error = refused(answer, 405, "methodNotAllowed")
    assert "GET" in answer.headers["allow"]
    assert error["title"] == "There is no such operation at this path."


@pytest.mark.parametrize("header", ["Bearer", "Basic dG9rOg==", "bearer", "Token x", "nonsense"])
async def test_what_is_no_token_is_none(yard, header):
    async with yard.client(None, headers={"authorization": header}) as nobody:
        error = refused(await nobody.get(f"{CONNECT}/clusters"), 401, "noBearerToken")
    assert error["meta"] == {"error_type": "AuthError"}


class Asked:
    """The query of a list, and where it is."""

    pairs = (("search", "a b"), ("page", "7"))
    visit = type("Visit", (), {"segments": ("connect", "v1", "print_jobs")})

    def url(self, path):
        return f"http://yard{path}"


@pytest.mark.parametrize(
    ("page", "items", "total", "more", "following"),
    [(1, 2, 5, False, True), (3, 1, 5, False, False), (3, 2, 4, True, True), (4, 1, 4, True, False),
     (9, 0, 4, True, False)],
)  # fmt: skip
def test_who_follows_next_comes_to_an_end(page, items, total, more, following):
    asked = Asked()
    shown = page_of(asked, asked, Window(page=page, limit=2), [None] * items, total, limit_reached=more)
    assert shown.links.next == (
        f"http://yard/connect/v1/print_jobs?search=a+b&page={page + 1}&limit=2" if following else None
    )
    assert shown.meta.limit_reached is more
