import io
import zipfile

import pytest

from printyard.gcode.archives import check_archive, members_named
from printyard.gcode.container import Caps, ContainerError


def archive_of(members, method=zipfile.ZIP_DEFLATED):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return packed


PROFILES = archive_of([("a.XML.fdm_material", b"<a/>"), ("../../b.xml.fdm_material", b"<b/>"), ("notes.txt", b"no")])


def test_members_are_found_by_how_their_names_end():
    assert members_named(PROFILES, ".xml.fdm_material") == [b"<a/>", b"<b/>"]
    assert members_named(PROFILES, ".stl") == []


@pytest.mark.parametrize(
    ("caps", "code"),
    [
        (Caps(entries=2), "too_many_entries"),
        (Caps(member_bytes=3), "too_large"),
        (Caps(unpacked_bytes=7), "too_large"),
        (Caps(ratio=0, ratio_floor_bytes=5), "ratio"),
    ],
)
def test_members_have_caps(caps, code):
    with pytest.raises(ContainerError) as caught:
        members_named(PROFILES, ".xml.fdm_material", caps)
    assert caught.value.code == code


def test_a_whole_archive_passes():
    check_archive(PROFILES)
    check_archive(archive_of([]))


@pytest.mark.parametrize("cut", range(0, len(PROFILES.getvalue()), 7))
def test_a_cut_archive_does_not(cut):
    with pytest.raises(ContainerError):
        check_archive(io.BytesIO(PROFILES.getvalue()[:cut]))


def test_a_member_that_is_longer_than_it_says_is_refused():
    lying = bytearray(archive_of([("a", bytes(1000))]).getvalue())
    at = lying.index(b"PK\x01\x02") + 24
    lying[at : at + 4] = (10).to_bytes(4, "little")
    with pytest.raises(ContainerError):
        check_archive(io.BytesIO(bytes(lying)))
