"""Archives of material profiles on their way from Cura to the yard: listed, sent, looked at, taken back."""

import io
import zipfile

import pytest
from tests.apis.digital_factory.conftest import NOBODY, refused
from tests.apis.digital_factory.cura.world import EVIL

from printyard.apis.digital_factory.ids import DIALECT, Kind
from printyard.core.model.upload import Announcement, UploadKind

MATERIALS = "/connect/v1/materials"


def archive(**members):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in members.items():
            opened.writestr(f"{name}.xml.fdm_material", content)
    return packed.getvalue()


UMM = archive(pla=b"<fdmmaterial/>", abs=b"<fdmmaterial/>")


async def announced(yard, data=UMM, name="cura.umm"):
    """As Cura's UploadMaterialsJob announces its own."""
    upload = await yard.core.uploads.announce(
        await yard.admin(),
        Announcement(
            kind=UploadKind.MATERIALS, name=name, size=len(data), content_type="application/zip",
            suffixes=(".umm", ".zip"), origin="cura",
        ),
    )  # fmt: skip
    return await yard.core.foreign_ids(DIALECT).of(Kind.MATERIAL_PROFILE, upload.id)


async def profile(client, profile_id):
    return (await client.get(f"{MATERIALS}/{profile_id}")).json()["data"]


async def test_an_archive_comes_as_cura_sends_it(yard, client):
    """With a Bearer that nobody asked for, and called JSON (UploadMaterialsJob uses the scope of its API calls)."""
    profile_id = await announced(yard)
    before = await profile(client, profile_id)
    assert (before["status"], before["material_profile_name"], len(before["client_id"])) == (
        "uploading",
        "cura.umm",
        44,
    )
    headers = {"content-type": "application/json"}
    assert (await client.put(before["upload_url"], content=UMM, headers=headers)).status_code == 200
    after = await profile(client, profile_id)
    assert (after["status"], after["file_size"]) == ("uploaded", len(UMM))
    assert "upload_url" not in after
    assert after["client_id"] == before["client_id"]
    refused(await client.get(f"/cura/v1/files/{profile_id}"), 404, "recordNotFound")


async def test_get_materials_lists_them_page_by_page(yard, client):
    ids = [await announced(yard, name=f"{number}.umm") for number in range(3)]
    page = (await client.get(f"{MATERIALS}?limit=2")).json()
    assert [one["material_profile_name"] for one in page["data"]] == ["2.umm", "1.umm"]
    assert page["meta"]["page"] == {"total_count": 3, "total_pages": 2}
    rest = (await client.get(page["links"]["next"])).json()
    assert [one["material_profile_id"] for one in rest["data"]] == ids[:1]
    refused(await client.get(f"{MATERIALS}?limit=0"), 400, "invalidField")


async def test_no_page_may_send_what_a_program_announced(yard, client):
    url = (await profile(client, await announced(yard)))["upload_url"]
    assert (await client.put(url, content=UMM, headers={"origin": EVIL})).status_code == 403
    assert (await client.put(url, content=UMM)).status_code == 200


@pytest.mark.parametrize("data", [UMM[:-10], b"PK\x03\x04 and no more"])
async def test_a_damaged_archive_fails(yard, client, data):
    profile_id = await announced(yard, data)
    url = (await profile(client, profile_id))["upload_url"]
    refused(await client.put(url, content=data), 400, "uploadInvalid")
    failed = await profile(client, profile_id)
    assert (failed["status"], bool(failed["status_description"])) == ("failed", True)


async def test_delete_materials_takes_one_back(yard, client):
    profile_id = await announced(yard)
    url = (await profile(client, profile_id))["upload_url"]
    assert (await client.delete(f"{MATERIALS}/{profile_id}")).status_code == 204
    for gone in (client.get, client.delete):
        error = refused(await gone(f"{MATERIALS}/{profile_id}"), 404, "recordNotFound")
        assert error["meta"]["record_name"] == "material_profile"
    refused(await client.put(url, content=UMM), 410, "uploadClosed")
    refused(await client.get(f"{MATERIALS}/{NOBODY}"), 404, "recordNotFound")
