import base64
import io
import struct
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from printyard.gcode.thumbnails import (
    PictureFormat,
    ThumbnailSpot,
    decode_thumbnail,
    find_thumbnails,
    picture,
    read_thumbnails,
    smallest_fitting,
)

Image = pytest.importorskip("PIL.Image")  # the oracle
GOLDEN = Path(__file__).parent / "data"


def coded(form, size=(32, 18)):
    target = io.BytesIO()
    Image.new("RGB", size, "orange").save(target, form)
    return target.getvalue()


def qoi(width, height):
    return b"qoif" + struct.pack(">IIBB", width, height, 3, 0) + bytes(8)


def block(data, tag="", size="32x18", length=None):
    text = base64.b64encode(data).decode()
    lines = "".join(f"; {text[i : i + 78]}\n" for i in range(0, len(text), 78))
    name = f"thumbnail{tag}"
    return f"; {name} begin {size} {len(text) if length is None else length}\n{lines}; {name} end\n".encode()


PNG, JPEG = coded("PNG"), coded("JPEG")


@pytest.mark.parametrize(
    ("data", "tag", "form"),
    [
        (PNG, "", PictureFormat.PNG),
        (PNG, "_PNG", PictureFormat.PNG),
        (JPEG, "_JPG", PictureFormat.JPEG),
        (qoi(32, 18), "_QOI", PictureFormat.QOI),
        (JPEG, "", PictureFormat.JPEG),
    ],
)
@pytest.mark.parametrize("line_end", [b"\n", b"\r\n"])
def test_each_format_is_told_by_its_bytes(data, tag, form, line_end):
    (found,) = read_thumbnails((b"; head\n" + block(data, tag) + b";\nG28\n").replace(b"\n", line_end))
    assert (found.format, found.width, found.height, found.data) == (form, 32, 18, data)


def test_several_blocks_keep_their_order_and_place():
    text = block(PNG, size="1x1") + b";\n; text\n" + block(JPEG) + b"G28\n" + block(qoi(3, 4))
    spots = find_thumbnails(text, offset=100)
    assert [text[s.offset - 100 : s.offset - 100 + s.length].split(b" ")[2] for s in spots] == [b"begin"] * 3
    assert [found.format for found in read_thumbnails(text)] == ["png", "jpg", "qoi"]


def test_pictures_of_a_real_slicer_are_pictures():
    for found in read_thumbnails((GOLDEN / "prusa.gcode").read_bytes()):
        with Image.open(io.BytesIO(found.data)) as image:
            assert image.size == (found.width, found.height)


@pytest.mark.parametrize(
    "text",
    [
        block(PNG, length=5),
        block(PNG).replace(b"; thumbnail end", b"; the end"),
        block(PNG).replace(b"; thumbnail end\n", b""),
        block(PNG)[:-30],
        block(PNG).replace(b";", b"G28 ;", 2),
        block(b"GIF89a" + bytes(60)),
        block(b""),
        block(qoi(0, 5)),
        block(qoi(1 << 30, 1 << 30)),
        block(PNG[:20]),
        b"; thumbnail begin 1x1 4\n; a\xffbc\n; thumbnail end\n",
        b"; thumbnail begin 32x18 99999999999999\n; thumbnail end\n",
    ],
)
def test_what_is_no_whole_and_sane_picture_is_left_out(text):
    assert read_thumbnails(text + b"G28\n") == ()


def test_a_block_after_a_broken_one_is_found():
    assert len(read_thumbnails(block(PNG)[:-16] + block(JPEG))) == 1


def test_pictures_are_capped_in_bytes_and_number():
    assert picture(PNG + bytes(4_000_000)) is None
    assert len(find_thumbnails(block(PNG) * 50)) == 16


def test_the_bytes_of_a_package_are_checked_likewise():
    found = picture(PNG)
    assert (found.format, found.width, found.height) == (PictureFormat.PNG, 32, 18)
    assert picture(b"<svg/>") is None
    progressive = io.BytesIO()
    Image.new("RGB", (40, 30)).save(progressive, "JPEG", progressive=True, exif=bytes(500))
    assert (picture(progressive.getvalue()).width, picture(progressive.getvalue()).height) == (40, 30)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=100), st.sampled_from([b"", b"\xff\xd8", b"qoif", PNG[:16]]), st.integers(0, 200))
def test_any_bytes_can_be_looked_at(rest, start, place):
    picture(start + rest)
    text = block(PNG)
    read_thumbnails(text[:place] + rest + text[place:])
    decode_thumbnail(rest)


@pytest.mark.parametrize(
    ("sizes", "side", "chosen"),
    [
        ([(16, 16), (400, 300), (32, 32)], 32, (32, 32)),
        ([(16, 16), (400, 300)], 32, (400, 300)),
        ([(48, 27), (220, 124)], 32, (48, 27)),
        ([(16, 16), (24, 10)], 32, (16, 16)),
        ([], 32, None),
    ],
)
def test_the_smallest_picture_that_is_large_enough_is_chosen(sizes, side, chosen):
    spots = [ThumbnailSpot(width=width, height=height, offset=0, length=0) for width, height in sizes]
    found = smallest_fitting(spots, side)
    assert (None if found is None else (found.width, found.height)) == chosen
