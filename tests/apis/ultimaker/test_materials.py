"""Material profiles, and the check of a file's header."""

import gzip
import io
import zipfile

import pytest

from printyard.dialects.ultimaker import material_xml

GUID = "3b9b6a04-6f0e-4e0c-9c3e-1f1f1f1f1f1f"
XML = (
    '<?xml version="1.0" encoding="UTF-8"?><fdmmaterial xmlns="http://www.ultimaker.com/material" version="1.3">'
    "<metadata><name><brand>Check</brand><material>PLA</material><color>Grey é</color></name>"
    f"<GUID>{GUID}</GUID><version>1</version><color_code>#808080</color_code></metadata>"
    "<properties><density>1.24</density><diameter>2.85</diameter></properties><settings/></fdmmaterial>"
)
NEWER = XML.replace("Grey", "Blue").replace("<version>1<", "<version>2<")
PLA = "506c9f0d-e3aa-4bd4-b2d2-23e2425b1aa9"


def form(text, **fields):
    return {"files": {"file": ("check.xml.fdm_material", text)}, "data": fields}


async def test_profiles_are_added_read_replaced_and_removed(bench):
    """POST /materials, GET /materials/{material_guid}, PUT and DELETE /materials/{material_guid}"""
    one = f"/materials/{GUID}"
    missing = await bench.get(one)
    assert (missing.status_code, missing.json()) == (404, {"message": "Not found"})
    answer = await bench.post("/materials", **form(XML, filename="check.xml.fdm_material"))
    assert (answer.status_code, answer.content) == (204, b"")
    assert await bench.value(one) == XML, "as it was sent, to the character"
    assert await bench.value(one.upper().replace("/MATERIALS", "/materials")) == XML
    assert (await bench.put(one, **form(NEWER))).status_code == 204
    assert await bench.value(one) == NEWER
    assert (await bench.put(one, content=NEWER.encode())).status_code == 204, "also as the body itself"
    assert (await bench.post("/materials", **form(XML))).status_code == 409, "there is a newer one"
    assert (await bench.delete(one)).status_code == 204
    assert (await bench.get(one)).status_code == 404
    assert (await bench.delete(one)).status_code == 404
    assert (await bench.put(one, **form(NEWER))).status_code == 404


async def test_a_signature_may_come_along(bench):
    files = {"file": ("none.xml", XML), "signature_file": ("none.xml.sig", b"\x00\xff" * 200)}
    assert (await bench.post("/materials", files=files)).status_code == 204
    assert await bench.value(f"/materials/{GUID}") == XML


async def test_all_profiles_of_the_yard_are_documents(bench):
    """GET /materials"""
    documents = await bench.value("/materials")
    assert len(documents) > 100
    assert all(isinstance(document, str) for document in documents)
    pla = next(document for document in documents if PLA in document)
    assert material_xml.parse(pla.encode()).guid == PLA
    assert await bench.value(f"/materials/{PLA}") == pla


NO_PROFILES = [
    {},
    {"files": {"other": ("x", XML)}},
    form(""),
    form("<fdmmaterial"),
    form("{}"),
    form('<!DOCTYPE x [<!ENTITY a "b">]>' + XML),
    form(XML.replace(GUID, "no guid")),
    form(XML.replace("<version>1<", "<version>one<")),
    form(b"\xff\xfe\x00"),
    {"content": b"rubbish", "headers": {"content-type": "application/xml"}},
]


async def test_what_is_no_profile_is_400(bench):
    for body in NO_PROFILES:
        answer = await bench.post("/materials", **body)
        assert (answer.status_code, list(answer.json())) == (400, ["message"]), body


async def test_a_profile_that_is_too_large_is_413(bench):
    assert (await bench.post("/materials", **form("<" * 3_000_000))).status_code == 413


async def test_a_profile_of_another_material_is_no_replacement(bench):
    await bench.post("/materials", **form(XML))
    answer = await bench.put(f"/materials/{GUID}", **form(XML.replace(GUID, PLA)))
    assert answer.status_code == 400
    assert PLA in answer.json()["message"]


HEADER = b""";START_OF_HEADER
;HEADER_VERSION:0.1
;FLAVOR:Griffin
;GENERATOR.NAME:Cura_SteamEngine
;GENERATOR.VERSION:5.0
;GENERATOR.BUILD_DATE:2024-01-01
;TARGET_MACHINE.NAME:Scripted
;EXTRUDER_TRAIN.0.INITIAL_TEMPERATURE:200
;EXTRUDER_TRAIN.0.MATERIAL.VOLUME_USED:100
;EXTRUDER_TRAIN.0.MATERIAL.GUID:506c9f0d-e3aa-4bd4-b2d2-23e2425b1aa9
;EXTRUDER_TRAIN.0.NOZZLE.DIAMETER:0.4
;EXTRUDER_TRAIN.0.NOZZLE.NAME:AA 0.4
;BUILD_PLATE.INITIAL_TEMPERATURE:60
;PRINT.TIME:100
;PRINT.SIZE.MIN.X:10
;PRINT.SIZE.MIN.Y:10
;PRINT.SIZE.MIN.Z:0.2
;PRINT.SIZE.MAX.X:20
;PRINT.SIZE.MAX.Y:20
;PRINT.SIZE.MAX.Z:5
;END_OF_HEADER
G28
"""


def ufp(content):
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("/3D/model.gcode", content)
    return made.getvalue()


async def checked(bench, name, content):
    return await bench.post("/printer/validate_header", files={"file": (name, content)})


@pytest.mark.parametrize(
    ("name", "packed"),
    [
        ("a.gcode", lambda raw: raw),
        ("a.gcode.gz", gzip.compress),
        ("a.ufp", ufp),
        ("a.gcode", lambda raw: raw + b"G1 X1\n" * 400_000),
    ],
)
async def test_a_header_that_fits_has_no_faults(bench, name, packed):
    """POST /printer/validate_header"""
    answer = await checked(bench, name, packed(HEADER))
    assert (answer.status_code, answer.json()) == (200, [])


async def test_faults_are_told(bench):
    answer = await checked(bench, "a.gcode", b"G28\nG1 X10\n")
    assert answer.status_code == 200
    (fault,) = answer.json()
    assert list(fault) == ["fault_code", "fault_level", "message", "data"]
    assert (fault["fault_code"], fault["fault_level"]) == ("HEADER_NOT_PRESENT", "WARNING")
    other = (
        HEADER.replace(b"NAME:Scripted", b"NAME:Ultimaker 3")
        .replace(b"MAX.X:20", b"MAX.X:900")
        .replace(b"AA 0.4", b"BB 0.8")
    )
    codes = {fault["fault_code"] for fault in (await checked(bench, "a.gcode", other)).json()}
    assert codes == {"MACHINE_MISMATCH", "OUT_OF_BUILD_VOLUME", "NOZZLE_MISMATCH"}


async def test_without_a_file_nothing_is_checked(bench):
    for form_ in ({}, {"files": {"other": ("a", HEADER)}}, {"json": {}}, {"content": HEADER}):
        answer = await bench.post("/printer/validate_header", **form_)
        assert (answer.status_code, answer.json()) == (
            400,
            {"message": "No validation checked because file is missing."},
        )
    for name, content in (
        ("a.gcode.gz", b"\x1f\x8b\x08rubbish"),
        ("a.ufp", b"PK\x03\x04rubbish"),
        ("a.gcode", b"\x00\x01"),
        ("a.gcode", b""),
    ):
        answer = await checked(bench, name, content)
        assert (answer.status_code, list(answer.json())) == (400, ["message"]), name
