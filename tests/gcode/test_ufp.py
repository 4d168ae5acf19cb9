import io
import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from printyard.gcode.container import Caps, ContainerError
from printyard.gcode.source import read_extras, verify

PNG = b"\x89PNG\r\n\x1a\n" + bytes(32)


def package(slash="/", **changed):
    members = {
        "3D/model.gcode": b"G28\n",
        "Metadata/thumbnail.png": PNG,
        "Materials/generic_pla.xml.fdm_material": b"<fdmmaterial/>",
        "Materials/../../evil.xml.fdm_material": b"<fdmmaterial>2</fdmmaterial>",
        "Metadata/UFP_Global.json": json.dumps({"metadata": {"objects": [{"name": "Würfel"}, {"name": 3}]}}).encode(),
        "[Content_Types].xml": b"<Types/>",
        "_rels/.rels": b"<Relationships/>",
    } | changed
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            if data is not None:
                archive.writestr(slash + name, data)
    return io.BytesIO(packed.getvalue())


@pytest.mark.parametrize("slash", ["/", ""])
def test_extras_are_found_with_and_without_leading_slash(slash, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    extras = read_extras(package(slash))
    assert extras.thumbnail == PNG
    assert extras.materials == (b"<fdmmaterial/>", b"<fdmmaterial>2</fdmmaterial>")
    assert extras.object_names == ("Würfel",)
    assert list(Path(tmp_path).rglob("*")) == []


def test_absent_parts_are_left_out():
    extras = read_extras(package(**{"Metadata/thumbnail.png": None, "Metadata/UFP_Global.json": None}))
    assert extras.thumbnail is None
    assert extras.object_names == ()
    assert read_extras(io.BytesIO(b"G28\n")).materials == ()


@pytest.mark.parametrize(
    "document", [b"", b"[]", b"{", b"\xff", b'{"metadata": []}', b'{"metadata": {"objects": {}}}', b"[" * 100_000]
)
def test_an_odd_global_document_gives_no_names(document):
    assert read_extras(package(**{"Metadata/UFP_Global.json": document})).object_names == ()


def test_a_member_beyond_the_cap_is_not_taken_into_memory():
    with pytest.raises(ContainerError) as caught:
        read_extras(package(**{"Metadata/thumbnail.png": bytes(100_001)}), Caps(member_bytes=100_000))
    assert caught.value.code == "too_large"


def test_a_member_before_the_begin_is_the_archives_fault_and_not_the_disks(tmp_path):
    """By its end record the directory lies too far back, and with it all members."""
    data = bytearray(package().getvalue())
    place = data.rindex(b"PK\5\6") + 16
    data[place : place + 4] = (int.from_bytes(data[place : place + 4], "little") + 5).to_bytes(4, "little")
    path = tmp_path / "a.ufp"
    path.write_bytes(data)
    for file in (path, io.BytesIO(data)):
        with pytest.raises(ContainerError):
            verify(file)


def test_one_member_may_stand_for_many_only_within_the_caps():
    """Directory entries that share one deflated member multiply its size; the declared sum is what counts."""
    stream = package(**{f"Materials/{n}": b" " * 1_000_000 for n in range(20)})
    with pytest.raises(ContainerError) as caught:
        verify(stream, "", Caps(ratio_floor_bytes=1_000_000, ratio=100))
    assert caught.value.code == "ratio"


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 400))
def test_random_bytes_raise_nothing_but_container_errors(rest, cut):
    whole = package().getvalue()
    for data in (b"PK\x03\x04" + rest, whole[:cut] + rest + whole[cut:], whole[: len(whole) - cut] + rest):
        try:
            extras = read_extras(io.BytesIO(data))
        except ContainerError:
            continue
        assert isinstance(extras.materials, tuple)
