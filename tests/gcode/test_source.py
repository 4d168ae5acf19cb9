import gzip
import hashlib
import io
import struct
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from printyard.gcode.container import Caps, ContainerError, SourceKind
from printyard.gcode.source import open_gcode, verify

DATA = Path(__file__).parents[1] / "data" / "gcode"
TEXT = b";LAYER:0\nG28\n" + b"G1 X1 Y2 E0.3\n" * 2000


def archive_of(members, compression=zipfile.ZIP_DEFLATED):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return packed.getvalue()


def fault_of(data, name="", caps=None, reader=verify):
    with pytest.raises(ContainerError) as caught:
        reader(io.BytesIO(data), name, caps or Caps())
    assert caught.value.message.endswith(".")
    return caught.value.code


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (TEXT, SourceKind.GCODE),
        (gzip.compress(TEXT), SourceKind.GCODE_GZIP),
        (archive_of([("/3D/model.gcode", TEXT)]), SourceKind.UFP),
        (archive_of([("3D/model.gcode", TEXT)], zipfile.ZIP_STORED), SourceKind.UFP),
    ],
)
def test_each_packing_gives_the_same_content(data, kind, tmp_path):
    path = tmp_path / "misleading.name"
    path.write_bytes(data)
    content = verify(path, path.name)
    assert (content.kind, content.size) == (kind, len(TEXT))
    assert content.sha256 == hashlib.sha256(TEXT).hexdigest()
    with open_gcode(path) as source:
        assert b"".join(iter(lambda: source.read(777), b"")) == TEXT
    with io.BufferedReader(open_gcode(path)) as lines:
        assert lines.readline() == b";LAYER:0\n"


def test_gzip_in_many_members_is_read_to_the_end():
    pieces = [TEXT[i : i + 1000] for i in range(0, len(TEXT), 1000)]
    packed = b"".join(gzip.compress(piece) for piece in pieces)
    assert zlib.decompressobj(31).decompress(packed) == pieces[0]  # what a careless reader sees
    assert verify(io.BytesIO(packed)).sha256 == hashlib.sha256(TEXT).hexdigest()


@pytest.mark.parametrize("path", sorted(DATA.glob("*.gz")), ids=lambda path: path.name)
def test_files_of_slicers_are_whole(path):
    text = gzip.decompress(path.read_bytes())
    heard = []
    content = verify(path, path.name, also=(heard.append,))
    assert (content.size, content.sha256) == (len(text), hashlib.sha256(text).hexdigest())
    assert b"".join(heard) == text


def test_a_stream_of_the_caller_stays_open():
    stream = io.BytesIO(gzip.compress(TEXT))
    open_gcode(stream).close()
    assert not stream.closed


def test_plain_text_can_be_sought_and_packed_text_not():
    with open_gcode(io.BytesIO(TEXT)) as plain:
        plain.seek(-14, io.SEEK_END)
        assert plain.read() == b"G1 X1 Y2 E0.3\n"
    with open_gcode(io.BytesIO(gzip.compress(TEXT))) as packed, pytest.raises(io.UnsupportedOperation):
        packed.seek(0)


GZIP = gzip.compress(TEXT)
UFP = archive_of([("/3D/model.gcode", TEXT), ("/Metadata/thumbnail.png", b"picture" * 50)], zipfile.ZIP_STORED)


@pytest.mark.parametrize(
    ("data", "name", "code"),
    [
        (b"", "a.gcode", "no_model"),
        (b"", "a.gcode.gz", "truncated"),
        (gzip.compress(b""), "a.gcode.gz", "no_model"),
        (GZIP[:-1], "", "truncated"),
        (GZIP[: len(GZIP) // 2], "", "truncated"),
        (GZIP + GZIP[:5], "", "truncated"),
        (GZIP + b"rubbish", "", "corrupt"),
        (GZIP[:-8] + bytes(4) + GZIP[-4:], "", "corrupt"),
        (gzip.compress(GZIP), "", "nested"),
        (archive_of([("3D/model.gcode", GZIP)]), "", "nested"),
        (archive_of([("3D/model.gcode", UFP)]), "", "nested"),
        (UFP[:-30], "a.ufp", "truncated"),
        (UFP[: len(UFP) // 2], "a.ufp", "truncated"),
        (UFP.replace(b"X1 Y2", b"X9 Y2", 1), "", "corrupt"),
        (UFP.replace(b"picture", b"pictore", 1), "", "corrupt"),
        (archive_of([]), "", "no_model"),
        (archive_of([("model.gcode", TEXT)]), "", "no_model"),
        (archive_of([("../../3D/model.gcode", TEXT)]), "", "no_model"),
        (archive_of([("3D/model.gcode", TEXT), ("/3D/MODEL.gcode", b"G28")]), "", "corrupt"),
        (archive_of([("3D/model.gcode", TEXT)], zipfile.ZIP_BZIP2), "", "corrupt"),
        (b"GCDE\x01\0\0\0", "a.bgcode", "truncated"),
        (gzip.compress(b"GCDE\x01\0\0\0\0\0"), "", "nested"),
        (b"solid\0\0\0binary", "a.gcode", "no_model"),
    ],
)
def test_a_broken_file_is_named_for_what_is_wrong(data, name, code):
    assert fault_of(data, name) == code


def test_an_encrypted_archive_is_refused():
    data = bytearray(UFP)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1
    assert fault_of(bytes(data)) == "encrypted"


class Counted(io.BytesIO):
    """A file that knows how much was read of it."""

    taken = 0

    def read(self, size=-1):
        data = super().read(size)
        self.taken += len(data)
        return data


def test_the_caps_stop_bombs_early():
    bomb = gzip.compress(bytes(b" " * 50_000_000), 9)
    caps = Caps(ratio_floor_bytes=1_000_000)
    assert fault_of(bomb, caps=caps) == "ratio"
    assert fault_of(archive_of([("3D/model.gcode", b" " * 50_000_000)]), caps=caps) == "ratio"
    stream = Counted(bomb)
    with pytest.raises(ContainerError, match="bytes"):
        verify(stream, "", Caps(unpacked_bytes=100_000, ratio_floor_bytes=1 << 40))
    assert stream.taken < len(bomb)


def test_size_caps_hold_for_every_packing():
    caps = Caps(unpacked_bytes=len(TEXT) - 1)
    for data in (TEXT, GZIP, UFP):
        assert fault_of(data, caps=caps) == "too_large"
    exact = Caps(unpacked_bytes=len(TEXT))
    assert verify(io.BytesIO(GZIP), "", exact).size == len(TEXT)


def test_a_compressible_small_file_is_no_bomb():
    text = b"G4 P1\n" * 200_000
    assert verify(io.BytesIO(gzip.compress(text))).size == len(text)


def test_archives_of_many_members_are_refused_before_their_directory_is_read():
    members = [(f"Materials/{number:06}", b"") for number in range(1001)]
    assert fault_of(archive_of([("3D/model.gcode", TEXT), *members])) == "too_many_entries"
    long = archive_of([("3D/model.gcode", TEXT), *((f"{number}" * 60, b"") for number in range(100_000, 104_000))])
    stream = Counted(long)
    with pytest.raises(ContainerError) as caught:
        open_gcode(stream, "", Caps(entries=100))
    assert caught.value.code == "too_many_entries"
    assert stream.taken < 300_000 < len(long)


def test_a_member_that_lies_about_its_size_is_corrupt():
    data = bytearray(archive_of([("3D/model.gcode", TEXT)]))
    directory = data.index(b"PK\x01\x02")
    struct.pack_into("<L", data, directory + 24, 10)
    assert fault_of(bytes(data)) == "corrupt"


def read_whole(stream, name, caps):
    with open_gcode(stream, name, caps) as source:
        source.read()


@settings(max_examples=150, deadline=None)
@given(
    start=st.sampled_from([b"", b"\x1f\x8b", b"\x1f\x8b\x08\0", b"PK\x03\x04", b"PK\x05\x06"]),
    rest=st.binary(max_size=200),
)
def test_random_bytes_raise_nothing_but_container_errors(start, rest):
    for reader in (verify, read_whole):
        with suppress(ContainerError):
            reader(io.BytesIO(start + rest), "x", Caps())


@settings(max_examples=200, deadline=None)
@given(
    data=st.sampled_from([GZIP, UFP, archive_of([("/3D/model.gcode", TEXT), ("a", b"b")])]),
    spots=st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 255)), min_size=1, max_size=4),
    cut=st.integers(0, 60),
    tail_only=st.booleans(),
)
def test_damaged_files_raise_nothing_but_container_errors(data, spots, cut, tail_only):
    damaged = bytearray(data)
    for place, value in spots:
        span = min(len(damaged), 250) if tail_only else len(damaged)
        damaged[len(damaged) - 1 - place % span] = value
    damaged = damaged[: len(damaged) - cut]
    with suppress(ContainerError):
        assert verify(io.BytesIO(bytes(damaged))).size > 0
