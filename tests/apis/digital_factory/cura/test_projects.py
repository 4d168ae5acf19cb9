"""The library as Cura's plugin and the official SDK use it."""

import re

import pytest
from tests.apis.digital_factory.conftest import CURA, NOBODY, refused
from tests.apis.digital_factory.cura.world import GCODE, STL, a_file, a_job, a_project, announce, job, send

FRACTION_AND_Z = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
PROJECTS = f"{CURA}/projects"


async def test_feature_budgets_have_no_end(client):
    """Cura: access for -1 or more than 0 (checkUserHasAccess); with -1 it does not ask how many there are."""
    data = (await client.get(f"{CURA}/feature_budgets")).json()["data"]
    assert data["library_max_private_projects"] == -1


async def test_put_projects_as_the_sdk_does(client):
    data = await a_project(client, "Demo project")
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}=", data["library_project_id"])
    assert (data["display_name"], data["organization_shared"], data["username"]) == ("Demo project", False, "admin")
    assert FRACTION_AND_Z.fullmatch(data["created_at"])
    assert FRACTION_AND_Z.fullmatch(data["last_updated"])
    assert (await client.get(f"{PROJECTS}/{data['library_project_id']}")).json()["data"] == data


async def test_put_projects_comments_as_the_sdk_does(client):
    project = await a_project(client)
    path = f"{PROJECTS}/{project['library_project_id']}/comments"
    first = (await client.put(path, json={"data": {"body": "Demo comment"}})).json()["data"]
    second = (await client.post(path, json={"data": {"body": "Ünd noch\neiner"}})).json()["data"]
    assert first["library_project_id"] == project["library_project_id"]
    assert FRACTION_AND_Z.fullmatch(first["created_at"])
    assert (await client.get(path)).json()["data"] == [first, second]
    refused(await client.put(path, json={"data": {"body": " "}}), 400, "invalidField")
    refused(await client.put(path, json={"data": {}}), 400, "requiredField")
    refused(await client.put(path, json={"data": {"body": 5}}), 400, "invalidField")
    refused(await client.put(path, content=b"not json"), 400, "invalidField")


async def test_get_projects_page_by_page(client):
    """By number, as the SDK does, or along links.next, as Cura's PaginationManager does."""
    for number in range(5):
        await a_project(client, f"demo {number}", organization_shared=number == 0)
    await a_project(client, "other")
    asked = {"limit": "2", "page": "1", "search": "demo", "shared": "false"}
    first = (await client.get(PROJECTS, params=asked)).json()
    assert [project["display_name"] for project in first["data"]] == ["demo 4", "demo 3"]
    assert first["meta"]["page"] == {"total_count": 4, "total_pages": 2}
    assert "prev" not in first["links"]
    second = (await client.get(first["links"]["next"])).json()
    assert [project["display_name"] for project in second["data"]] == ["demo 2", "demo 1"]
    assert "next" not in second["links"]
    assert (await client.get(second["links"]["prev"])).json()["data"] == first["data"]
    assert (await client.get(PROJECTS, params=asked | {"page": "2"})).json()["data"] == second["data"]
    whole = (await client.get(PROJECTS)).json()
    assert (len(whole["data"]), whole["links"].get("next")) == (6, None)
    assert (await client.get(PROJECTS, params={"search": "DEMO 0"})).json()["data"][0]["organization_shared"] is True
    assert (await client.get(PROJECTS, params={"shared": "true"})).json()["meta"]["page"]["total_count"] == 1


@pytest.mark.parametrize("asked", ["limit=0", "limit=x", "page=0", "page=-1", "shared=maybe", "limit=1e3"])
async def test_pages_that_make_no_sense(client, asked):
    error = refused(await client.get(f"{PROJECTS}?{asked}"), 400, "invalidField")
    assert error["meta"]["field_name"] == asked.partition("=")[0]


async def test_get_projects_files(yard, client):
    project = await a_project(client)
    project_id = project["library_project_id"]
    whole = await a_file(yard, client, "part.stl", library_project_id=project_id)
    coming = await announce(client, "files", "plan.pdf", 10, "application/pdf", library_project_id=project_id)
    printed = await a_job(yard, client, name="part.gcode", library_project_id=project_id,
                          source_file_id=whole["file_id"])  # fmt: skip
    assert printed["source_file_id"] == whole["file_id"]
    answer = (await client.get(f"{PROJECTS}/{project_id}/files")).json()
    files = {file["file_name"]: file for file in answer["data"]}
    assert list(files) == ["part.gcode", "plan.pdf", "part.stl"]
    assert [file["status"] for file in answer["data"]] == ["uploaded", "uploading", "uploaded"]
    for file in answer["data"]:
        assert file["library_project_id"] == project_id
        assert FRACTION_AND_Z.fullmatch(file["uploaded_at"])
        assert all(isinstance(file[name], str) for name in ("client_id", "content_type", "user_id", "username"))
    assert (await client.get(files["part.stl"]["download_url"])).content == STL
    assert files["plan.pdf"]["upload_url"].startswith(yard.base)
    assert files["part.gcode"]["job_id"] == printed["job_id"]
    assert coming["file_id"] == files["plan.pdf"]["file_id"]
    newest = (await client.get(f"{PROJECTS}/{project_id}/files?limit=1")).json()
    assert [file["file_name"] for file in newest["data"]] == ["part.gcode"]
    assert (await client.get(newest["links"]["last"])).json()["data"][0]["file_name"] == "part.stl"
    changed = (await client.get(f"{PROJECTS}/{project_id}")).json()["data"]
    assert changed["last_updated"] >= project["last_updated"]


@pytest.mark.parametrize("method", ["PATCH", "PUT"])
async def test_a_project_is_changed(client, method):
    project = await a_project(client, "Boats", description="for the pond")
    path = f"{PROJECTS}/{project['library_project_id']}"
    change = {"display_name": "Ships", "organization_shared": True}
    changed = (await client.request(method, path, json={"data": change})).json()["data"]
    assert {name: changed[name] for name in change} == change
    assert changed["description"] == "for the pond"
    assert (await client.get(path)).json()["data"] == changed
    same = (await client.request(method, path, json={"data": {"display_name": None}})).json()["data"]
    assert same["display_name"] == "Ships"
    refused(await client.request(method, path, json={"data": {"display_name": " "}}), 400, "invalidField")


@pytest.mark.parametrize("body", [{}, {"display_name": ""}, {"display_name": 5}, {"display_name": "a\nb"}])
async def test_projects_that_make_no_sense(client, body):
    code = "invalidField" if body else "requiredField"
    refused(await client.put(PROJECTS, json={"data": body}), 400, code)


async def test_a_project_goes_and_its_files_stay(yard, client):
    project_id = (await a_project(client))["library_project_id"]
    printed = await a_job(yard, client, library_project_id=project_id)
    assert (await job(client, printed["job_id"]))["library_project_id"] == project_id
    assert (await client.delete(f"{PROJECTS}/{project_id}")).status_code == 204
    for path in (f"/{project_id}", f"/{project_id}/files", f"/{project_id}/comments"):
        error = refused(await client.get(f"{PROJECTS}{path}"), 404, "recordNotFound")
        assert error["meta"]["record_name"] == "library_project"
    got = await job(client, printed["job_id"])
    assert "library_project_id" not in got
    assert (await client.get(got["download_url"])).content == GCODE
    refused(await client.delete(f"{PROJECTS}/{project_id}"), 404, "recordNotFound")


@pytest.mark.parametrize("kind", ["jobs", "files"])
async def test_a_file_for_a_project_that_is_not_there(client, kind):
    names = {"jobs": ("job_name", "x.gcode", "text/plain"), "files": ("file_name", "x.stl", "model/stl")}
    field, name, content_type = names[kind]
    for project_id in (NOBODY, "x", ""):
        body = {field: name, "file_size": 3, "content_type": content_type, "library_project_id": project_id}
        error = refused(await client.put(f"{CURA}/{kind}/upload", json={"data": body}), 404, "recordNotFound")
        assert error["meta"]["record_name"] == "library_project"


async def test_names_come_back_letter_for_letter(yard, client):
    """Cura looks its upload up by the name that it reads in the answer (DFFileExportAndUploadManager)."""
    project_id = (await a_project(client, "«Böote» 🚤"))["library_project_id"]
    for name in ("S5_part (1).3mf", " leading.3mf", "ümlaut 立方体.3mf", "a/b\\c.3mf", "con.3mf"):
        content_type = "application/vnd.ms-package.3dmanufacturing-3dmodel+xml"
        announced = await announce(client, "files", name, 4, content_type, library_project_id=project_id)
        assert announced["file_name"] == name
        assert (await send(yard, announced["upload_url"], b"test")).status_code == 200
    listed = (await client.get(f"{PROJECTS}/{project_id}/files")).json()["data"]
    assert listed[0]["file_name"] == "con.3mf"


# -- files in one request


async def test_post_files_as_a_form(yard, client):
    """OrcaSlicer's client sends them so."""
    project_id = (await a_project(client))["library_project_id"]
    answers = [
        await client.post(f"{CURA}/files", files={"file": ("part.stl", STL)}),
        await client.post(f"{CURA}/files", files={"file": ("part.gcode", GCODE)},
                          data={"library_project_id": project_id, "source_file_id": "x"}),
        await client.post(f"{PROJECTS}/{project_id}/files", files={"file": ("plan.stl", STL)}),
    ]  # fmt: skip
    stl, gcode, plan = [answer.json()["data"] for answer in answers]
    assert {answer.status_code for answer in answers} == {200}
    assert {file["status"] for file in (stl, gcode, plan)} == {"uploaded"}
    assert (stl["library_project_id"], plan["library_project_id"]) == (None, project_id)
    assert (gcode["content_type"], gcode["source_file_id"]) == ("text/plain", "x")
    assert (await job(client, gcode["job_id"]))["status"] == "uploaded"
    assert (await client.get(plan["download_url"])).content == STL
    assert (await yard.core.files.page(await yard.admin()))[0].name == "plan.stl"


@pytest.mark.parametrize(
    ("files", "data", "status", "code"),
    [
        ({"file": ("virus.exe", b"MZ")}, {}, 400, "invalidField"),
        ({"file": ("part.gcode.gz", b"not packed")}, {}, 400, "invalidField"),
        ({"file": ("a\n.stl", STL)}, {}, 400, "invalidField"),
        ({"file": ("x.stl", STL)}, {"library_project_id": NOBODY}, 404, "recordNotFound"),
        ({"other": (None, b"x")}, {}, 400, "invalidField"),
    ],
)
async def test_forms_that_make_no_sense(yard, client, files, data, status, code):
    answer = await client.post(f"{CURA}/files", files=files, data=data)
    refused(answer, status, code)
    assert await yard.core.files.page(await yard.admin()) == []


async def test_what_is_no_form(client):
    refused(await client.post(f"{CURA}/files", content=b"x"), 400, "invalidField")
    refused(await client.post(f"{PROJECTS}/{NOBODY}/files", files={"file": ("x.stl", STL)}), 404, "recordNotFound")
