"""Materials: Cura sends what it does not find here, so what it finds must be right, and what it sends must be taken."""

import pytest
from tests.apis.cura_lan.conftest import PLA

from printyard.core.materials import _edition

GUID = "12345678-1234-4234-8234-123456789abc"


def profile(version=3, guid=GUID):
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<fdmmaterial xmlns="http://www.ultimaker.com/material" version="1.3">
<metadata><name><brand>Ann's</brand><material>PLA</material><color>Red</color></name>
<GUID>{guid}</GUID><version>{version}</version><color_code>#ff0000</color_code></metadata>
<properties><density>1.24</density><diameter>2.85</diameter><weight>750</weight></properties></fdmmaterial>""".encode()


async def send(group, content, *, signature=True, path="/materials/"):
    files = {"file": ("anns_pla.xml.fdm_material", content)}
    if signature:
        files["signature_file"] = ("anns_pla.xml.fdm_material.sig", b"\x00\x01signature")
    return await group.ask("POST", path, files=files)


async def test_the_profiles_that_cura_brings_are_known_already(guest):
    """GET /materials: with an empty list Cura would send hundreds, one each second."""
    rows = await guest.value("/materials")
    assert len(rows) == len(_edition()[1]) > 200
    assert all(set(row) == {"guid", "version"} for row in rows)
    assert all(type(row["version"]) is int and row["version"] > 0 for row in rows), "Cura reads no other kind"
    assert {row["guid"]: row["version"] for row in rows}[PLA] == 25, "as in Cura 4.13"


async def test_what_cura_sends_is_taken_and_known_from_then_on(admin):
    """POST /materials/ with its last slash, and with a signature that nobody here can check"""
    answer = await send(admin, profile())
    assert answer.status_code == 200, "Cura takes no other status for success"
    assert "not added" not in answer.text, "by these words it knows a failure"
    assert {"guid": GUID, "version": 3} in await admin.value("/materials")
    assert (await send(admin, profile(4), signature=False, path="/materials")).status_code == 200
    assert {"guid": GUID, "version": 4} in await admin.value("/materials")


@pytest.mark.parametrize(
    ("content", "status"), [(b"", 400), (b"no XML", 400), (b"\xff\xfe", 400), (profile(guid="x" * 4), 400)]
)
async def test_what_is_no_profile_is_refused(admin, content, status):
    assert (await send(admin, content)).status_code == status


async def test_an_older_version_does_not_replace_a_newer_one(admin):
    await send(admin, profile(5))
    assert (await send(admin, profile(4))).status_code == 409
    assert {"guid": GUID, "version": 5} in await admin.value("/materials")


async def test_guests_do_not_change_the_library(bench, guest):
    answer = await send(guest, profile())
    assert answer.status_code == 401
    assert GUID not in {row["guid"] for row in await guest.value("/materials")}


async def test_a_form_without_a_file_is_refused(admin):
    assert (await admin.ask("POST", "/materials/", files={"other": ("a", profile())})).status_code == 400
    assert (await admin.ask("POST", "/materials/", content=profile())).status_code == 400
