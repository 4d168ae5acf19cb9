"""The model classes of Cura 4.13's Digital Library plugin, unchanged, read the library of a running server.

A missing field, a date in another form or a null where there must be none raises here as it would there.
"""

import importlib.util
import sys

import pytest
import requests  # noqa: TID251 - a client that people use
from tests.e2e.cura.fetching import Unreachable, cura_in

PACKAGE = "cura_digital_library"
UFP, STL = b"PK\x05\x06" + bytes(18), b"solid x\nendsolid x\n"
pytestmark = [pytest.mark.slow, pytest.mark.peer, pytest.mark.timeout(600)]


@pytest.fixture(scope="module")
def plugin(request):
    """Gives a class of the plugin by its module's name; they need no Qt."""
    try:
        folder = cura_in(request.config.cache.mkdir("cura-4.13")) / "usr/lib/cura/plugins/DigitalLibrary/src"
    except Unreachable as error:
        pytest.skip(f"no Cura 4.13: {error}")
    spec = importlib.util.spec_from_file_location(
        PACKAGE, folder / "__init__.py", submodule_search_locations=[str(folder)]
    )
    sys.modules[PACKAGE] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(sys.modules[PACKAGE])
    yield lambda name: getattr(importlib.import_module(f"{PACKAGE}.{name}"), name)
    for name in [name for name in sys.modules if name.partition(".")[0] == PACKAGE]:
        del sys.modules[name]


@pytest.fixture
def call(house):
    """Asks /cura/v1 as the plugin does; the whole answer."""

    def asked(method, path, body=None, **query):
        url = path if path.startswith("http") else f"{house.url}/cura/v1{path}"
        headers = {"Authorization": f"Bearer {house.token}", "Content-Type": "application/json"}
        return requests.request(method, url, json=body and {"data": body}, params=query, headers=headers, timeout=10)

    return asked


def test_access(plugin, call):
    budget = plugin("DigitalFactoryFeatureBudgetResponse")(**call("GET", "/feature_budgets").json()["data"])
    assert budget.library_max_private_projects == -1


def test_projects_and_their_pages(plugin, call):
    manager = plugin("PaginationManager")(limit=2)
    for name in ("one page", "two page", "three page"):
        call("PUT", "/projects", {"display_name": name})
    answer = call("GET", "/projects", limit=manager.limit, search="page").json()
    manager.setResponseMeta(answer["meta"])
    manager.setLinks(answer["links"])
    projects = [plugin("DigitalFactoryProjectResponse")(**one) for one in answer["data"]]
    assert [project.display_name for project in projects] == ["three page", "two page"]
    assert all(project.created_at.year > 2020 and project.organization_shared is False for project in projects)
    assert (manager.meta.page.total_count, manager.meta.page.total_pages) == (3, 2)
    rest = call("GET", manager.links.next_page).json()
    manager.setLinks(rest["links"])
    assert [one["display_name"] for one in rest["data"]] == ["one page"]
    assert manager.links.next_page is None
    one = call("GET", f"/projects/{projects[0].library_project_id}").json()["data"]
    plugin("DigitalFactoryProjectResponse")(**one).validate()


def test_files_that_are_announced_and_that_are_whole(plugin, call):
    project_id = call("PUT", "/projects", {"display_name": "files"}).json()["data"]["library_project_id"]
    mesh = plugin("DFLibraryFileUploadRequest")(
        content_type="model/stl", file_name="part.stl", file_size=len(STL), library_project_id=project_id
    )
    answer = call("PUT", "/files/upload", mesh.toDict()).json()["data"]
    announced = plugin("DFLibraryFileUploadResponse")(**answer)
    assert (announced.file_name, announced.status) == ("part.stl", "uploading")
    sent = requests.put(announced.upload_url, data=STL, headers={"Content-Type": announced.content_type}, timeout=10)
    assert sent.status_code == 200
    toolpath = plugin("DFPrintJobUploadRequest")(
        content_type="application/x-ufp", job_name="part.ufp", file_size=len(UFP), library_project_id=project_id
    )
    told = plugin("DFPrintJobUploadResponse")(**call("PUT", "/jobs/upload", toolpath.toDict()).json()["data"])
    assert (told.job_name, told.content_type, told.status) == ("part.ufp", "application/x-ufp", "uploading")
    assert requests.put(told.upload_url, data=UFP, timeout=10).status_code == 400, "an empty archive holds no print"
    listed = call("GET", f"/projects/{project_id}/files").json()["data"]
    files = [plugin("DigitalFactoryFileResponse")(**({"username": ""} | one)) for one in listed]
    for file in files:
        file.validate()
    assert {file.file_name: file.status for file in files} == {"part.stl": "uploaded", "part.ufp": "failed"}
    (whole,) = [file for file in files if file.download_url]
    assert requests.get(whole.download_url, timeout=10).content == STL


def test_refusals(plugin, call):
    (error,) = [plugin("CloudError")(**one) for one in call("GET", "/projects/nonsense").json()["errors"]]
    assert (error.code, error.http_status, bool(error.title)) == ("recordNotFound", "404", True)
