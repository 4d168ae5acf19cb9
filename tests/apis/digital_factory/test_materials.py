"""Archives of material profiles: announced, sent, and imported by an action on a printer."""

import io
import zipfile

import pytest
from tests.apis.digital_factory.conftest import CONNECT, CURA, NOBODY, refused
from tests.apis.digital_factory.test_clusters import only
from tests.apis.digital_factory.test_printer_actions import begun, fate

GUID = "11111111-2222-3333-4444-555555555555"
PROFILE = f"""<?xml version="1.0" encoding="UTF-8"?>
<fdmmaterial xmlns="http://www.ultimaker.com/material" version="1.3">
<metadata><name><brand>Yard</brand><material>PLA</material><color>Red</color></name>
<GUID>{GUID}</GUID><version>1</version><color_code>#ff0000</color_code></metadata>
<properties><density>1.24</density><diameter>2.85</diameter><weight>750</weight></properties></fdmmaterial>"""
ANNOUNCED = {"content_type": "application/zip", "file_size": 10, "material_profile_name": "cura.umm", "origin": "cura"}


def archive(text=PROFILE):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        packed.writestr("yard_pla_red.xml.fdm_material", text)
    return out.getvalue()


async def announced(client, **changes):
    answer = await client.put(f"{CONNECT}/materials/upload", json={"data": ANNOUNCED | changes})
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]


async def test_put_materials_upload_then_import_material_brings_the_profiles(yard, client):
    await yard.add("Luke")
    cluster, content = await only(client), archive()
    told = await announced(client, file_size=len(content))
    assert told["material_profile_name"] == "cura.umm"
    assert (told["status"], told["content_type"], told["file_size"]) == ("uploading", "application/zip", len(content))
    assert all(len(told[name]) == 44 for name in ("client_id", "user_id", "material_profile_id"))
    asked = {"material_profile_id": told["material_profile_id"]}
    early = await fate(client, cluster, await begun(client, cluster, "import_material", asked))
    assert early["status"] == "failed"
    sent = await client.put(told["upload_url"], content=content, headers={"content-type": "application/json"})
    assert sent.status_code == 200
    done = await fate(client, cluster, await begun(client, cluster, "import_material", asked))
    assert done["status"] == "success"
    assert (await yard.core.materials.get(await yard.admin(), GUID)).color == "Red"


async def test_an_archive_without_profiles_and_an_unknown_one_fail(yard, client):
    await yard.add("Luke")
    cluster, content = await only(client), archive("<html/>")
    told = await announced(client, file_size=len(content))
    await client.put(told["upload_url"], content=content)
    for profile in (told["material_profile_id"], NOBODY):
        ended = await fate(
            client, cluster, await begun(client, cluster, "import_material", {"material_profile_id": profile})
        )
        assert ended["status"] == "failed"
        assert ended["status_details"]["value"]["message"]


@pytest.mark.parametrize(
    ("changes", "code", "field"),
    [
        ({"content_type": "application/x-msdownload"}, "invalidField", "content_type"),
        ({"content_type": "nonsense"}, "invalidField", "content_type"),
        ({"file_size": 0}, "invalidField", "file_size"),
        ({"file_size": 1 << 31}, "invalidField", "file_size"),
        ({"material_profile_name": "../x"}, "invalidField", "material_profile_name"),
        ({"material_profile_name": "NUL.umm"}, "invalidField", "material_profile_name"),
        ({"origin": None}, "invalidField", "origin"),
    ],
)
async def test_a_bad_announcement_is_refused(client, changes, code, field):
    answer = await client.put(f"{CONNECT}/materials/upload", json={"data": ANNOUNCED | changes})
    assert refused(answer, 400, code)["meta"]["field_name"] == field


@pytest.mark.parametrize("field", sorted(ANNOUNCED))
async def test_an_announcement_without_a_field_is_refused(client, field):
    body = {"data": {name: value for name, value in ANNOUNCED.items() if name != field}}
    error = refused(await client.put(f"{CONNECT}/materials/upload", json=body), 400, "requiredField")
    assert error["meta"]["field_name"] == field
    assert error["meta"]["model_name"] == "MaterialProfileUploadRequest"


async def test_profiles_are_sent_to_an_address_of_the_upload_api(client):
    assert f"{CURA}/uploads/materials/" in (await announced(client))["upload_url"]
