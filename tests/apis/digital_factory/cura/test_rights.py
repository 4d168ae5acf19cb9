"""Every operation of /cura/v1 and /report/v1, and of the archives of profiles, asked by everybody about others' things.

Whoever belongs to another organization sees nothing of this one, and is answered as about what never was.
"""

import tomllib
from importlib.resources import files

import pytest
from msgspec.structs import replace
from tests.apis.digital_factory.conftest import CURA, NOBODY
from tests.apis.digital_factory.cura.world import (
    GCODE,
    REPORTS,
    STL,
    WEEK,
    a_file,
    a_job,
    a_project,
    a_report,
    announce,
    made,
)

from printyard.apis import digital_factory
from printyard.apis.digital_factory import cura, reports
from printyard.apis.digital_factory.ids import DIALECT, Kind
from printyard.core.model.upload import Announcement, UploadKind
from printyard.core.model.user import Role, Scope

MATERIALS = "/connect/v1/materials"
CALLERS = ("nobody", "liar", "late", "guest", "member", "operator", "admin", "stranger")
FREE = dict.fromkeys(("guest", "member", "operator", "admin", "stranger"), "ok")
"""What one may with one's own, or what tells nothing of others."""
SEEN = FREE | {"stranger": "hidden"}
"""What everybody of the organization may look at."""
KEPT = {"guest": "refused", "member": "refused", "operator": "ok", "admin": "ok", "stranger": "hidden"}
"""What its owner may change, and whoever manages."""
SECRET = {"guest": "hidden", "member": "hidden", "operator": "ok", "admin": "ok", "stranger": "hidden"}
"""What its owner may see, and whoever manages."""

STATUS = {"refused": (403, "accessDenied"), "hidden": (404, "recordNotFound")}

TABLE = {
    "PUT /cura/v1/jobs/upload": FREE,
    "PUT /cura/v1/files/upload": FREE,
    "GET /cura/v1/jobs/{job_id}": SEEN,
    "GET /cura/v1/files/{file_id}": SEEN,
    "DELETE /cura/v1/jobs/{job_id}": KEPT,
    "DELETE /cura/v1/files/{file_id}": KEPT,
    "GET /cura/v1/feature_budgets": FREE,
    "GET /cura/v1/projects": FREE,
    "PUT /cura/v1/projects": FREE,
    "GET /cura/v1/projects/{project_id}": SEEN,
    "PATCH /cura/v1/projects/{project_id}": KEPT,
    "PUT /cura/v1/projects/{project_id}": KEPT,
    "DELETE /cura/v1/projects/{project_id}": KEPT,
    "GET /cura/v1/projects/{project_id}/files": SEEN,
    "POST /cura/v1/projects/{project_id}/files": SEEN,
    "GET /cura/v1/projects/{project_id}/comments": SEEN,
    "PUT /cura/v1/projects/{project_id}/comments": SEEN,
    "POST /cura/v1/projects/{project_id}/comments": SEEN,
    "POST /cura/v1/files": FREE,
    "GET /connect/v1/materials": FREE,
    "GET /connect/v1/materials/{material_profile_id}": SEEN,
    "DELETE /connect/v1/materials/{material_profile_id}": KEPT,
    "PUT /report/v1/reports": FREE,
    "GET /report/v1/reports/{report_id}": SECRET,
}
"""Of a shared project; "{report_id}" is another's."""

PRIVATE = {row: SECRET for row in TABLE if "{project_id}" in row}
"""The same of a private one."""

BODIES = {
    "PUT /cura/v1/jobs/upload": {"job_name": "x.gcode", "file_size": 3, "content_type": "text/plain"},
    "PUT /cura/v1/files/upload": {"file_name": "x.stl", "file_size": 3, "content_type": "model/stl"},
    "PUT /cura/v1/projects": {"display_name": "x"},
    "PATCH /cura/v1/projects/{project_id}": {"description": "x"},
    "PUT /cura/v1/projects/{project_id}": {"description": "x"},
    "PUT /cura/v1/projects/{project_id}/comments": {"body": "x"},
    "POST /cura/v1/projects/{project_id}/comments": {"body": "x"},
    "PUT /report/v1/reports": WEEK,
}


def routed():
    """Every route that these folders serve, but the signed addresses."""
    found = set()
    for handler in (*cura.HANDLERS, *reports.HANDLERS):
        for method in handler.http_methods:
            name = getattr(method, "value", method)
            found |= {f"{name} {path.replace(':str', '')}" for path in handler.paths if name != "OPTIONS"}
    signed = cura.PUBLIC | reports.PUBLIC
    assert {f"{method} {path}" for method, path in signed} <= found
    return found - {f"{method} {path}" for method, path in signed}


def test_every_route_has_its_row():
    assert routed() == set(TABLE)


def test_every_route_is_in_the_table_of_what_is_served():
    table = tomllib.loads(files(digital_factory).joinpath("support.toml").read_text("utf-8"))
    signed = {f"{method} {path}" for method, path in cura.PUBLIC | reports.PUBLIC}
    listed = {
        f"{operation.split(' ')[0]} {root}{operation.split(' ')[1]}"
        for section, root in (("cura", "/cura/v1"), ("reports", "/report/v1"), ("archives", "/connect/v1"))
        for operation in table[section]
    }
    assert listed == set(TABLE) | signed


@pytest.fixture
async def owner(yard):
    """A member, whose things the others ask for."""
    async with yard.client(await yard.token("member", "owner")) as opened:
        yield opened


@pytest.fixture
async def caller(yard, request):
    admin = await yard.admin()
    match request.param:
        case "nobody":
            secret = None
        case "liar":
            secret = "nonsense"
        case "late":
            _, secret = await yard.core.accounts.add_token(admin, "late", Role.ADMIN, expires_at=1)
        case "stranger":
            elsewhere = replace(admin, scope=Scope(organization_id="elsewhere"))
            _, secret = await yard.core.accounts.add_token(elsewhere, "stranger", Role.ADMIN)
        case role:
            secret = await yard.token(role)
    async with yard.client(secret) as opened:
        yield request.param, opened


async def profiles(yard, owner):
    """An archive of profiles that the owner has announced; its id."""
    principal = await yard.core.credentials.by_token(owner.headers["authorization"].removeprefix("Bearer "))
    archive = Announcement(kind=UploadKind.MATERIALS, name="cura.umm", size=99, content_type="application/zip")
    upload = await yard.core.uploads.announce(principal, archive)
    return await yard.core.foreign_ids(DIALECT).of(Kind.MATERIAL_PROFILE, upload.id)


async def place(yard, owner, row, *, shared):
    """The path of something of the owner's that the operation has not yet met."""
    path = row.partition(" ")[2]
    if "{job_id}" in path:
        return path.format(job_id=(await a_job(yard, owner))["job_id"])
    if "{file_id}" in path:
        return path.format(file_id=(await a_file(yard, owner))["file_id"])
    if "{project_id}" in path:
        project = await a_project(owner, organization_shared=shared)
        return path.format(project_id=project["library_project_id"])
    if "{material_profile_id}" in path:
        return path.format(material_profile_id=await profiles(yard, owner))
    if "{report_id}" in path:
        return path.format(report_id=(await a_report(owner))["report_id"])
    return path


async def ask(client, row, path):
    method = row.partition(" ")[0]
    if method == "POST" and path.endswith("/files"):
        return await client.post(path, files={"file": ("x.stl", STL)})
    body = BODIES.get(row)
    return await client.request(method, path, json=None if body is None else {"data": body})


def wrong(name, expected, answer):
    """Why an answer is not what the caller should get; None if it is."""
    if name in {"nobody", "liar"}:
        status, code = 401, "noBearerToken"
    elif name == "late":
        status, code = 403, "tokenExpired"
    elif expected[name] == "ok":
        return None if answer.is_success else f"{answer.status_code} {answer.text[:200]}"
    else:
        status, code = STATUS[expected[name]]
    got = answer.json()["errors"][0]["code"] if answer.status_code >= 400 else ""
    return None if (answer.status_code, got) == (status, code) else f"{answer.status_code} {got}, not {status} {code}"


@pytest.mark.parametrize("caller", CALLERS, indirect=True)
async def test_who_may_what(yard, owner, caller):
    name, client = caller
    failures = {}
    for shared, table in ((True, TABLE), (False, PRIVATE)):
        for row, expected in table.items():
            answer = await ask(client, row, await place(yard, owner, row, shared=shared))
            if why := wrong(name, expected, answer):
                failures[row, shared] = why
    assert failures == {}


@pytest.mark.parametrize("caller", ["admin", "stranger"], indirect=True)
async def test_the_unknown_and_the_foreign_are_told_alike(yard, owner, caller):
    """Word for word, but for the error's own id."""
    name, client = caller
    for row in TABLE:
        if "{" not in row:
            continue
        path = row.partition(" ")[2]
        unknown = path.replace(path[path.index("{") : path.index("}") + 1], NOBODY)
        told = await ask(client, row, unknown)
        assert told.status_code == 404, (row, told.text)
        if name == "stranger":
            foreign = await ask(client, row, await place(yard, owner, row, shared=True))
            ours, theirs = foreign.json()["errors"][0], told.json()["errors"][0]
            assert ours | {"id": ""} == theirs | {"id": ""}, row


@pytest.mark.parametrize("caller", ["stranger"], indirect=True)
async def test_lists_are_empty_for_strangers(yard, owner, caller):
    _, client = caller
    await a_project(owner, organization_shared=True)
    await profiles(yard, owner)
    for path in (f"{CURA}/projects", MATERIALS):
        answer = (await client.get(path)).json()
        assert (answer["data"], answer["meta"]["page"]["total_count"]) == ([], 0)
        assert (await owner.get(path)).json()["meta"]["page"]["total_count"] == 1


async def test_what_is_ones_own(yard):
    """Whoever made a thing may change it and take it back, a guest too."""
    async with yard.client(await yard.token("guest")) as guest:
        for row in TABLE:
            if not row.startswith(("DELETE", "PATCH", "GET", "PUT /cura/v1/projects/")) or "{" not in row:
                continue
            answer = await ask(guest, row, await place(yard, guest, row, shared=False))
            assert answer.is_success, (row, answer.text)


async def test_a_signed_address_is_the_only_thing_that_needs_no_token(yard, owner):
    announced = await announce(owner)
    whole, report = await a_job(yard, owner), await a_report(owner)
    download = (await owner.get(f"{CURA}/jobs/{whole['job_id']}")).json()["data"]["download_url"]
    async with yard.client(None) as nobody:
        for method, url, body in (
            ("PUT", announced["upload_url"], GCODE), ("GET", download, None), ("GET", report["download_url"], None),
        ):  # fmt: skip
            path, _, query = url.partition("?")
            bare = await nobody.request(method, path, content=body)
            assert (bare.status_code, bare.json()["errors"][0]["code"]) == (403, "accessDenied")
            other = await nobody.request(method, f"{path[:-3]}AA=?{query}", content=body)
            assert other.status_code == 403
            assert (await nobody.request(method, url, content=body)).status_code == 200
    assert await made(owner, report["report_id"])
    assert (await owner.get(REPORTS)).status_code in {404, 405}
