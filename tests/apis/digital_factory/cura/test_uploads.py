"""Announced uploads over a socket: what slicers, browsers and scripts put on the wire, and what they are answered."""

import asyncio
import base64
import gzip
import hashlib
import io
import json
import zipfile

import pytest
from msgspec.structs import replace
from tests.apis.digital_factory.conftest import CURA, NOBODY, refused
from tests.apis.digital_factory.cura.world import EVIL, GCODE, PACKED, SITE, announce, job, send


async def test_a_job_is_announced_sent_and_fetched(yard, client):
    name = "(UMS5)_Ultï Bot 🤖\u202e.upf"
    announced = await announce(client, name=name, content_type="text/plain", origin=SITE)
    assert announced["job_name"] == name
    assert (announced["status"], announced["origin"], announced["content_type"]) == ("uploading", SITE, "text/plain")
    assert len(announced["job_id"]) == 44
    assert "download_url" not in announced
    answer = await send(yard, announced["upload_url"], GCODE, Content_Type="text/plain", Origin=SITE)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == SITE
    got = await job(client, announced["job_id"])
    assert (got["status"], got["job_name"], got["file_size"]) == ("uploaded", name, len(GCODE))
    assert "upload_url" not in got
    async with yard.client(token=None) as nobody:
        whole = await nobody.get(got["download_url"])
        some = await nobody.get(got["download_url"], headers={"range": "bytes=10-19"})
        head = await nobody.head(got["download_url"])
    assert whole.content == GCODE
    assert whole.headers["content-disposition"].startswith("attachment; ")
    assert whole.headers["x-content-type-options"] == "nosniff"
    assert (some.status_code, some.content) == (206, GCODE[10:20])
    assert (head.status_code, head.headers["content-length"]) == (200, str(len(GCODE)))


async def test_what_cura_needs_of_the_answers(client):
    job_fields = await announce(client)
    assert {"job_id", "status", "upload_url", "content_type", "generated_time"} <= set(job_fields)
    file_fields = await announce(client, "files", "model.stl", 17, "model/stl")
    needed = {
        "client_id", "content_type", "file_id", "file_name", "library_project_id", "status", "uploaded_at", "user_id",
        "username", "upload_url",
    }  # fmt: skip
    assert needed <= set(file_fields)
    assert file_fields["library_project_id"] is None
    assert file_fields["uploaded_at"][-5] == "."
    assert file_fields["uploaded_at"].endswith("Z")


async def test_in_parts_as_older_slicers_send_them(yard, client):
    announced = await announce(client, size=len(PACKED), content_type="application/gzip", name="part")
    url, step, size = announced["upload_url"], 1 << 12, len(PACKED)
    for first in range(0, size, step):
        last = min(first + step, size) - 1
        answer = await send(yard, url, PACKED[first : last + 1], Content_Range=f"bytes {first}-{last}/{size}")
        if last + 1 < size:
            assert (answer.status_code, answer.headers["range"]) == (308, f"bytes=0-{last}")
            assert "location" not in answer.headers
    assert answer.status_code == 200
    assert (await job(client, announced["job_id"]))["status"] == "uploaded"
    file = (await client.get(f"{CURA}/files/{announced['job_id']}")).json()["data"]
    assert (file["file_name"], file["job_id"]) == ("part", announced["job_id"])


async def test_how_far_it_is(yard, client):
    announced = await announce(client)
    url, size = announced["upload_url"], len(GCODE)
    nothing = await send(yard, url, Content_Range=f"bytes */{size}")
    assert nothing.status_code == 308
    assert "range" not in nothing.headers
    await send(yard, url, GCODE[:100], Content_Range=f"bytes 0-99/{size}")
    some = await send(yard, url, Content_Range="bytes */*")
    assert (some.status_code, some.headers["range"]) == (308, "bytes=0-99")
    gap = await send(yard, url, GCODE[200:300], Content_Range=f"bytes 200-299/{size}")
    assert gap.headers["range"] == "bytes=0-99"
    refused(gap, 416, "uploadOutOfOrder")
    overlap = await send(yard, url, GCODE[50:300], Content_Range=f"bytes 50-299/{size}")
    assert overlap.headers["range"] == "bytes=0-299"
    other = await send(yard, url, b"x" * 100, Content_Range=f"bytes 250-349/{size}")
    refused(other, 409, "stateConflict")
    assert (await send(yard, url, GCODE)).status_code == 200
    assert (await send(yard, url, Content_Range=f"bytes */{size}")).status_code == 200
    assert (await send(yard, url, GCODE)).status_code == 200
    refused(await send(yard, url, b"x" + GCODE[1:]), 410, "uploadClosed")
    refused(await send(yard, url, GCODE[:10], Content_Range=f"bytes 0-9/{size}"), 410, "uploadClosed")


@pytest.mark.parametrize(
    "value",
    ["bytes", "bytes 5-2/100", "bytes 0-99/7", "bytes 0-10/*", "items 0-99/100", "bytes 0-99999999/*", "bytes -5/*",
     "bytes */7", "bytes 0-9/61,bytes 5-9/*"],
)  # fmt: skip
async def test_ranges_that_make_no_sense(yard, client, value):
    announced = await announce(client)
    refused(await send(yard, announced["upload_url"], GCODE[:100], Content_Range=value), 400, "invalidField")
    assert (await send(yard, announced["upload_url"], GCODE)).status_code == 200


@pytest.mark.parametrize("cut", [1, 1000, len(GCODE) - 1])
async def test_a_cut_connection_loses_nothing_that_came(yard, client, cut):
    announced = await announce(client)
    path = announced["upload_url"].removeprefix(yard.base)
    host, port = yard.base.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    head = f"PUT {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: {len(GCODE)}\r\n\r\n".encode()
    writer.write(head + GCODE[:cut])
    await writer.drain()
    async with asyncio.timeout(20):
        while not any(partial.size == cut for partial in yard.core.uploads._open.values()):  # noqa: ASYNC110
            await asyncio.sleep(0.01)  # what the server has not read when the connection ends is lost, as it must be
        writer.close()
        await writer.wait_closed()
        probe = await send(yard, announced["upload_url"], Content_Range=f"bytes */{len(GCODE)}")
        while probe.status_code == 409:
            probe = await send(yard, announced["upload_url"], Content_Range=f"bytes */{len(GCODE)}")
    assert (probe.status_code, probe.headers["range"]) == (308, f"bytes=0-{cut - 1}")
    rest = {"Content_Range": f"bytes {cut}-{len(GCODE) - 1}/{len(GCODE)}"}
    assert (await send(yard, announced["upload_url"], GCODE[cut:], **rest)).status_code == 200
    got = await job(client, announced["job_id"])
    assert (await client.get(got["download_url"])).content == GCODE


async def test_a_second_writer_is_told_to_come_again(yard, client):
    announced = await announce(client)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow():
        yield GCODE[:100]
        begun.set()
        await go_on.wait()
        yield GCODE[100:]

    async with yard.client(token=None) as nobody:
        first = asyncio.create_task(nobody.put(announced["upload_url"], content=slow()))
        await begun.wait()
        busy = await send(yard, announced["upload_url"], GCODE)
        while busy.status_code == 200:  # it was faster than the first one's first byte
            busy = await send(yard, announced["upload_url"], GCODE)
        refused(busy, 409, "uploadInProgress")
        assert busy.headers["retry-after"] == "1"
        go_on.set()
        assert (await first).status_code == 200
    assert (await job(client, announced["job_id"]))["status"] == "uploaded"


def b64(digest):
    return base64.b64encode(digest).decode()


HASHES = [
    {"Content_MD5": b64(hashlib.md5(GCODE).digest())},
    {"Digest": f"SHA-256={b64(hashlib.sha256(GCODE).digest())},unknown=xyz"},
    {"Content_Digest": f"sha-512=:{b64(hashlib.sha512(GCODE).digest())}:"},
    {"Repr_Digest": f"sha-256=:{b64(hashlib.sha256(GCODE).digest())}:"},
]


@pytest.mark.parametrize("hashed", HASHES)
async def test_hashes(yard, client, hashed):
    announced = await announce(client)
    wrong = b"G28\n" + GCODE[4:]
    refused(await send(yard, announced["upload_url"], wrong, **hashed), 400, "uploadInvalid")
    assert (await send(yard, announced["upload_url"], GCODE, **hashed)).status_code == 200


@pytest.mark.parametrize(
    "hashed", [{"Content_MD5": "nonsense"}, {"Digest": "md5=QUJD"}, {"Repr_Digest": "sha-256=:?:"}]
)
async def test_what_is_no_hash(yard, client, hashed):
    announced = await announce(client)
    refused(await send(yard, announced["upload_url"], GCODE, **hashed), 400, "invalidField")


async def test_only_the_announced_page_may_send(yard, client):
    announced = await announce(client, origin=SITE)
    url = announced["upload_url"]
    async with yard.client(token=None) as nobody:
        asked = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "content-type"}
        preflight = await nobody.options(url, headers={"Origin": SITE} | asked)
        assert preflight.headers["access-control-allow-origin"] == SITE
        assert preflight.headers["access-control-allow-methods"] == "PUT"
        assert preflight.headers["access-control-allow-headers"] == "content-type"
        strange = await nobody.options(url, headers={"Origin": EVIL} | asked)
        assert "access-control-allow-origin" not in strange.headers
    for foreign in (EVIL, "null", "http://your-domain.com", SITE + ".evil.example", yard.base):
        answer = await send(yard, url, GCODE, Origin=foreign)
        assert answer.status_code == 403, foreign
        assert answer.headers.get("access-control-allow-origin") is None
    answer = await send(yard, url, GCODE[:10], Origin=SITE, Content_Range=f"bytes 0-9/{len(GCODE)}")
    assert answer.status_code == 308
    assert "Range" in answer.headers["access-control-expose-headers"]
    assert (await send(yard, url, GCODE, Origin=SITE)).status_code == 200
    got = await job(client, announced["job_id"])
    async with yard.client(token=None) as nobody:
        page = await nobody.get(got["download_url"], headers={"Origin": SITE})
        assert (page.content, page.headers["access-control-allow-origin"]) == (GCODE, SITE)
        assert (
            "access-control-allow-origin"
            not in (await nobody.get(got["download_url"], headers={"Origin": EVIL})).headers
        )


async def test_without_an_announced_page_no_foreign_page_may_send(yard, client):
    announced = await announce(client)
    assert (await send(yard, announced["upload_url"], GCODE, Origin=EVIL)).status_code == 403
    assert (await send(yard, announced["upload_url"], GCODE, Origin=yard.base)).status_code == 200


async def test_other_headers_of_real_clients_do_no_harm(yard, client):
    """Cura sends its Bearer along with profiles, its Qt calls itself Mozilla, and some name a character set."""
    announced = await announce(client)
    answer = await send(
        yard, announced["upload_url"], GCODE, Authorization="Bearer nonsense", User_Agent="Mozilla/5.0",
        Content_Type="Text/Plain; charset=utf-8", Accept_Encoding="gzip, deflate",
    )  # fmt: skip
    assert answer.status_code == 200


@pytest.mark.parametrize("sent", ["application/json", "application/octet-stream", "text/html", "nonsense"])
async def test_another_type_than_the_announced_is_refused(yard, client, sent):
    announced = await announce(client)
    answer = await send(yard, announced["upload_url"], GCODE, Content_Type=sent)
    assert refused(answer, 400, "invalidField")["meta"]["field_name"] == "content_type"
    probe = await send(yard, announced["upload_url"], Content_Type=sent, Content_Range="bytes */*")
    assert (probe.status_code, probe.headers.get("range")) == (308, None)
    assert (await send(yard, announced["upload_url"], GCODE, Content_Type="text/plain")).status_code == 200


async def test_nobody_but_who_announced_it_learns_where_the_bytes_go(yard, client):
    """Else a guest could put other bytes into what a member will print."""
    project = await client.put(f"{CURA}/projects", json={"data": {"display_name": "P", "organization_shared": True}})
    project_id = project.json()["data"]["library_project_id"]
    announced = await announce(client, library_project_id=project_id)
    async with yard.client(await yard.token("guest")) as guest:
        assert "upload_url" not in await job(guest, announced["job_id"])
        (listed,) = (await guest.get(f"{CURA}/projects/{project_id}/files")).json()["data"]
    assert listed["upload_url"] is None
    assert (await job(client, announced["job_id"]))["upload_url"]


@pytest.mark.parametrize("spoil", ["sig=", "until=", "by=", None])
async def test_the_address_is_the_credential(yard, client, spoil):
    announced = await announce(client)
    other = await announce(client)
    url = announced["upload_url"]
    path, _, query = url.partition("?")
    bad = path if spoil is None else url.replace(spoil, spoil + "1")
    refused(await send(yard, bad, GCODE), 403, "accessDenied")
    refused(await send(yard, f"{other['upload_url'].partition('?')[0]}?{query}", GCODE), 403, "accessDenied")
    async with yard.client(token=None) as nobody:
        refused(await nobody.get(url.replace("/uploads/", "/downloads/")), 403, "accessDenied")
        refused(await nobody.get(url), 401, "noBearerToken")
    refused(await send(yard, url.replace("/jobs/", "/files/"), GCODE), 403, "accessDenied")
    assert (await send(yard, url, GCODE)).status_code == 200


async def test_more_or_fewer_bytes_than_announced(yard, client):
    announced = await announce(client)
    url = announced["upload_url"]
    refused(await send(yard, url, GCODE + b"x"), 413, "fileTooLarge")
    refused(await send(yard, url, GCODE[:4]), 400, "uploadInvalid")
    refused(await send(yard, url), 400, "uploadInvalid")

    async def endless():
        for _ in range(10):
            yield GCODE

    async with yard.client(token=None) as nobody:
        refused(await nobody.put(url, content=endless()), 413, "fileTooLarge")
    assert (await job(client, announced["job_id"]))["status"] == "uploading"
    assert (await send(yard, url, GCODE)).status_code == 200


def bomb():
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("3D/model.gcode", bytes(40_000_000))
    return packed.getvalue()


@pytest.mark.parametrize(
    ("kind", "name", "content_type", "data"),
    [
        ("jobs", "part.gcode.gz", "application/gzip", PACKED[:-5]),
        ("jobs", "part", "application/gzip", PACKED[:100] + b"\0\0\0" + PACKED[103:]),
        ("jobs", "bomb.gcode.gz", "application/gzip", gzip.compress(bytes(40_000_000))),
        ("jobs", "bomb.ufp", "application/x-ufp", bomb()),
        ("jobs", "cut.ufp", "application/x-ufp", bomb()[:-30]),
        ("files", "bomb.3mf", "application/vnd.ms-package.3dmanufacturing-3dmodel+xml", bomb()[:300]),
    ],
)
async def test_damaged_files_fail(yard, client, kind, name, content_type, data):
    announced = await announce(client, kind, name, len(data), content_type)
    refused(await send(yard, announced["upload_url"], data), 400, "uploadInvalid")
    key = announced["job_id" if kind == "jobs" else "file_id"]
    got = (await client.get(f"{CURA}/{kind}/{key}")).json()["data"]
    assert got["status"] == "failed"
    assert got["status_description"]
    assert got.get("download_url") is None
    assert (await send(yard, announced["upload_url"], data)).status_code == 410


FILE_TYPES = {
    "application/vnd.ms-package.3dmanufacturing-3dmodel+xml": "a.3mf", "model/stl": "a.stl", "image/jpeg": "a.jpg",
    "image/png": "a.png", "application/pdf": "a.pdf", "application/msword": "a.doc", "text/plain": "a.txt",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "a.docx",
    "application/vnd.ms-excel": "a.xls", "application/vnd.ms-powerpoint": "a.ppt",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "a.xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "a.pptx",
}  # fmt: skip


@pytest.mark.parametrize("content_type", FILE_TYPES)
async def test_every_type_of_the_faq(yard, client, content_type):
    announced = await announce(client, "files", FILE_TYPES[content_type], 4, content_type)
    assert (await send(yard, announced["upload_url"], b"\0\1\2\3")).status_code == 200
    got = (await client.get(f"{CURA}/files/{announced['file_id']}")).json()["data"]
    assert (await client.get(got["download_url"])).headers["content-type"] == content_type


@pytest.mark.parametrize(
    ("kind", "content_type"),
    [("jobs", "application/x-msdownload"), ("jobs", "model/stl"), ("jobs", "application/zip"), ("jobs", ""),
     ("files", "application/x-ufp"), ("files", "text/html"), ("files", "application/gzip")],
)  # fmt: skip
async def test_types_that_are_not_taken(client, kind, content_type):
    field = "job_name" if kind == "jobs" else "file_name"
    body = {field: "x", "file_size": 3, "content_type": content_type}
    answer = await client.put(f"{CURA}/{kind}/upload", json={"data": body})
    assert refused(answer, 400, "invalidField")["meta"]["field_name"] == "content_type"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"job_name": None}, "invalidField"), ({"file_size": 0}, "invalidField"), ({"file_size": "3"}, "invalidField"),
        ({"job_name": ""}, "invalidField"), ({"job_name": "a\n"}, "invalidField"),
        ({"job_name": "x" * 256}, "invalidField"),
    ],
)  # fmt: skip
async def test_bodies_that_make_no_sense(client, change, code):
    body = {"job_name": "x.gcode", "file_size": 3, "content_type": "text/plain"} | change
    refused(await client.put(f"{CURA}/jobs/upload", json={"data": body}), 400, code)
    refused(await client.put(f"{CURA}/jobs/upload", json={"data": {}}), 400, "requiredField")
    refused(await client.put(f"{CURA}/jobs/upload", content=b"{"), 400, "invalidField")


async def test_a_file_beyond_all_bounds(client):
    body = {"job_name": "x.gcode", "file_size": 10**15, "content_type": "text/plain"}
    refused(await client.put(f"{CURA}/jobs/upload", json={"data": body}), 413, "fileTooLarge")


async def test_the_generators_wrapper_is_understood(client):
    body = {"job_name": "x.gcode", "file_size": 3, "content_type": "text/plain"}
    wrapped = {"summary": "Example.", "description": "An example.", "value": body}
    assert (await client.put(f"{CURA}/jobs/upload", json={"data": wrapped})).status_code == 200


async def test_without_a_token(yard):
    async with yard.client(token=None) as nobody:
        for method, path in (("PUT", "jobs/upload"), ("GET", f"jobs/{NOBODY}"), ("DELETE", f"files/{NOBODY}")):
            refused(await nobody.request(method, f"{CURA}/{path}"), 401, "noBearerToken")


@pytest.mark.parametrize("bad", [NOBODY, "x", "../jobs", "A" * 44, "%00", NOBODY + "A"])
async def test_unknown_ids(client, bad):
    for kind in ("jobs", "files"):
        assert (await client.get(f"{CURA}/{kind}/{bad}")).status_code == 404
        assert (await client.delete(f"{CURA}/{kind}/{bad}")).status_code in {404, 405}


async def test_removal(yard, client):
    whole, begun = await announce(client), await announce(client)
    await send(yard, whole["upload_url"], GCODE)
    await send(yard, begun["upload_url"], GCODE[:10], Content_Range=f"bytes 0-9/{len(GCODE)}")
    download = (await job(client, whole["job_id"]))["download_url"]
    for one in (whole, begun):
        assert (await client.delete(f"{CURA}/jobs/{one['job_id']}")).status_code == 204
        refused(await client.get(f"{CURA}/jobs/{one['job_id']}"), 404, "recordNotFound")
        assert (await send(yard, one["upload_url"], GCODE)).status_code == 410
    refused(await client.get(download), 404, "recordNotFound")


async def test_guests_may_send_and_not_remove_what_is_others(yard, client):
    announced = await announce(client)
    async with yard.client(await yard.token("guest")) as guest:
        own = await announce(guest)
        assert (await send(yard, own["upload_url"], GCODE)).status_code == 200
        refused(await guest.delete(f"{CURA}/jobs/{announced['job_id']}"), 403, "accessDenied")


async def test_what_was_uploaded_is_in_the_library_of_the_yard(yard, client):
    announced = await announce(client, name="part")
    await send(yard, announced["upload_url"], GCODE)
    (file,) = await yard.core.files.page(await yard.admin())
    assert (file.name, file.blob.size) == ("part.gcode", len(GCODE))
    facts = [recorded.fact.name.value for recorded in await yard.log()]
    assert "FileAdded" in facts
    assert json.dumps(announced["upload_url"].partition("?")[2]) not in str(await yard.log())


async def test_what_nobody_expected_is_told_without_its_reason(yard, client):
    """And spoils nothing: the next attempt is taken."""

    def sick(_):
        raise OSError(5, "Input/output error on /dev/secret")

    announced = await announce(client)
    blobs = yard.core.files.blobs
    blobs._free_bytes, well = sick, blobs._free_bytes
    answer = await send(yard, announced["upload_url"], GCODE)
    error = refused(answer, 500, "unexpectedError")
    assert error["meta"]["error_type"] == "ProgrammingError"
    assert "secret" not in answer.text
    blobs._free_bytes = well
    assert (await send(yard, announced["upload_url"], GCODE)).status_code == 200


async def test_a_full_disk(yard, client):
    announced = await announce(client)
    blobs = yard.core.files.blobs
    blobs._free_bytes, well = (lambda _: -1), blobs._free_bytes
    refused(await send(yard, announced["upload_url"], GCODE), 507, "storageFull")
    assert (await job(client, announced["job_id"]))["status"] == "uploading"
    blobs._free_bytes = well
    assert (await send(yard, announced["upload_url"], GCODE)).status_code == 200


async def test_an_upload_whose_time_is_over(yard, client):
    """The housekeeping ends it; until then its address takes nothing any more, and nobody is told it."""
    announced = await announce(client)
    upload_id = await yard.core.foreign_ids("connect").core("file", announced["job_id"])
    upload = await yard.core.uploads.get(await yard.admin(), upload_id)
    await yard.store.write(lambda tx: tx.uploads.put(replace(upload, expires_at=upload.created_at)))
    assert "upload_url" not in await job(client, announced["job_id"])
    refused(await send(yard, announced["upload_url"], GCODE), 410, "uploadClosed")
    assert await yard.core.uploads.sweep() == 1
    got = await job(client, announced["job_id"])
    assert (got["status"], bool(got["status_description"])) == ("failed", True)
    refused(await send(yard, announced["upload_url"], GCODE), 410, "uploadClosed")
