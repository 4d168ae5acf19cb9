"""Pictures decoded in the worker: what clients are shown, and what hostile bytes come to."""

import io
import struct
import subprocess
import sys
import tracemalloc
import zlib

import pytest
from hypothesis import given, settings, strategies as st
from tests.fuzz.seeds import real_pictures

from printyard.gcode.thumbnails import PictureFormat, picture
from printyard.infra.workers.developing import SCANS, developed
from printyard.infra.workers.process import worker_environment

Image = pytest.importorskip("PIL.Image")  # the oracle
ImageChops, ImageStat = pytest.importorskip("PIL.ImageChops"), pytest.importorskip("PIL.ImageStat")

GRAY = Image.linear_gradient("L").resize((220, 124))
COLOR = Image.merge("RGBA", (GRAY, GRAY.rotate(180), GRAY.transpose(Image.Transpose.FLIP_LEFT_RIGHT), GRAY))
DEEP = GRAY.convert("I").point(lambda value: value * 257.0).convert("I;16")


def coded(image, form, **options):
    target = io.BytesIO()
    image.save(target, form, **options)
    return picture(target.getvalue())


def opened(thumbnail):
    image = Image.open(io.BytesIO(thumbnail.data))
    image.load()
    assert (image.format, image.size) == (thumbnail.format.upper(), (thumbnail.width, thumbnail.height))
    return image


def difference(one, other):
    """The mean difference of all channels, of 255."""
    return max(ImageStat.Stat(ImageChops.difference(one.convert("RGBA"), other.convert("RGBA"))).mean)


@pytest.mark.parametrize(
    ("image", "form", "options", "mode"),
    [
        (COLOR, "PNG", {}, "RGBA"),
        (COLOR, "QOI", {}, "RGBA"),
        (COLOR.convert("RGB"), "PNG", {}, "RGB"),
        (COLOR.convert("P"), "PNG", {}, "RGBA"),
        (COLOR.convert("LA"), "PNG", {}, "RGBA"),
        (GRAY, "PNG", {}, "RGB"),
        (GRAY.convert("1"), "PNG", {}, "RGB"),
        (DEEP, "PNG", {}, "RGB"),
        (COLOR.convert("RGB"), "JPEG", {"quality": 95}, "RGB"),
        (COLOR.convert("RGB"), "JPEG", {"quality": 95, "progressive": True}, "RGB"),
        (COLOR.convert("RGB").convert("CMYK"), "JPEG", {"quality": 95}, "RGB"),
        (GRAY, "JPEG", {"quality": 95}, "RGB"),
        (COLOR, "PNG", {"save_all": True, "append_images": [COLOR.rotate(90)]}, "RGBA"),
    ],
    ids=[
        "RGBA", "QOI", "RGB", "P", "LA", "L", "1", "16 bits", "JPEG", "progressive", "CMYK", "gray JPEG", "animated",
    ],
)  # fmt: skip
def test_the_small_picture_is_the_whole_one_scaled(image, form, options, mode):
    given = coded(image, form, **options)
    made = developed((given,))
    expected = (GRAY if image is DEEP else image).convert("RGBA")
    expected.thumbnail((32, 32), Image.Resampling.LANCZOS)
    small = opened(made.small)
    assert (small.mode, small.size) == (mode, (32, 18))
    assert difference(small, expected) < 4
    (own,) = made.own
    assert own == given or (given.format is PictureFormat.QOI and difference(opened(own), image) == 0)


@pytest.mark.parametrize(
    ("size", "small"),
    [
        ((16, 16), (16, 16)), ((24, 40), (19, 32)), ((400, 100), (32, 8)), ((4096, 1), (32, 1)), ((1, 4096), (1, 32)),
        ((33, 32), (32, 31)), ((32, 18), (32, 18)), ((4096, 4096), (32, 32)), ((4096, 3), (32, 1)),
    ],
)  # fmt: skip
@pytest.mark.parametrize(("mode", "form"), [("RGBA", "PNG"), ("RGB", "JPEG")])
def test_it_fits_in_32_pixels_and_keeps_its_shape(size, small, mode, form):
    made = developed((coded(Image.new(mode, size, "orange"), form),))
    assert (made.small.width, made.small.height) == small
    assert opened(made.small).convert("RGB").getpixel((0, 0)) == pytest.approx((255, 165, 0), abs=3)


def test_the_largest_that_can_be_decoded_is_the_one_that_is_scaled():
    red, green = coded(Image.new("RGB", (64, 64), "red"), "JPEG"), coded(Image.new("RGB", (48, 48), "lime"), "PNG")
    assert opened(developed((green, red)).small).getpixel((5, 5))[0] > 250
    cut = picture(coded(Image.effect_noise((64, 64), 50), "PNG").data[:300])
    made = developed((cut, green))
    assert opened(made.small).getpixel((5, 5)) == (0, 255, 0)
    assert made.own == (cut, green)


def test_none_is_made_where_one_has_that_size():
    exact, large = coded(Image.new("RGB", (32, 32)), "JPEG"), coded(COLOR, "PNG")
    made = developed((large, exact))
    assert (made.small, made.own, made.fitting(32)) == (None, (large, exact), exact)
    broken = picture(coded(Image.effect_noise((32, 32), 50), "PNG").data[:300])
    assert developed((large, broken)).small is not None


def test_transparent_pixels_lend_their_color_to_nobody():
    image = Image.new("RGBA", (64, 64), (255, 0, 0, 0))
    image.paste((0, 0, 255, 255), (0, 0, 31, 64))
    red, _, blue, alpha = opened(developed((coded(image, "PNG"),)).small).split()
    assert red.getextrema() == (0, 0)
    assert blue.getextrema()[1] == 255
    assert alpha.getextrema() == (0, 255)


def chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def hostile_png(width=64, height=64, *chunks, body=b""):
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


BOMB = zlib.compress(bytes(300_000_000), 9)
JPEG = coded(COLOR.convert("RGB"), "JPEG", progressive=True)
SCAN = JPEG.data[JPEG.data.rfind(b"\xff\xda") : -2]


@pytest.mark.parametrize(
    ("data", "makes"),
    [
        (hostile_png(body=BOMB), True),
        (hostile_png(4096, 4096, body=zlib.compress(b"")), False),
        (hostile_png(64, 64, chunk(b"IHDR", struct.pack(">IIBBBBB", 60000, 60000, 8, 6, 0, 0, 0)), body=BOMB), False),
        (hostile_png(64, 64, chunk(b"zTXt", b"a\0\0" + BOMB), body=zlib.compress(bytes(64 * 257))), False),
        (hostile_png(64, 64, chunk(b"iCCP", b"a\0\0" + BOMB), body=zlib.compress(bytes(64 * 257))), False),
        (hostile_png(64, 64, *[chunk(b"tEXt", b"a\0b")] * 50_000, body=zlib.compress(bytes(64 * 257))), True),
        (JPEG.data[:-2] + SCAN * (SCANS + 1) + b"\xff\xd9", False),
        (JPEG.data[: len(JPEG.data) // 3], False),
        (b"qoif" + struct.pack(">IIBB", 4096, 4096, 4, 0) + b"\xfd" * 280_000 + bytes(7) + b"\1", False),
        (b"qoif" + struct.pack(">IIBB", 2000, 2000, 4, 0) + b"\xfd" * 20, False),
    ],
    ids=[
        "more pixels than it says", "none", "another size", "text", "profile", "many texts", "many scans", "cut off",
        "QOI too large", "QOI cut off",
    ],
)  # fmt: skip
def test_hostile_pictures_are_left_as_they_came_or_out(data, makes):
    given = picture(data)
    assert given is not None
    tracemalloc.start()
    made = developed((given,))
    assert tracemalloc.get_traced_memory()[1] < 100_000_000
    tracemalloc.stop()
    assert (made.small is not None) is makes
    assert made.own == (() if given.format is PictureFormat.QOI else (given,))


@pytest.mark.skipif(sys.platform != "linux", reason="the cap is Linux's")
@pytest.mark.parametrize("make", ["RGBA", "CMYK", "P"])
def test_the_largest_pictures_fit_into_a_worker(tmp_path, make):
    form = "JPEG" if make == "CMYK" else "PNG"
    (tmp_path / "picture").write_bytes(coded(Image.new(make, (4096, 4096), 3), form, **(
        {"progressive": False} if form == "JPEG" else {"compress_level": 9}
    )).data)  # fmt: skip
    code = (
        "from pathlib import Path\n"
        "from printyard.infra.workers.developing import developed\n"
        "from printyard.gcode.thumbnails import picture\n"
        f"made = developed((picture(Path({str(tmp_path / 'picture')!r}).read_bytes()),))\n"
        "status = Path('/proc/self/status').read_text()\n"
        "print(made.small.width, status.split('VmHWM:')[1].split()[0])\n"
    )
    said = subprocess.run([sys.executable, "-c", code], env=worker_environment(), capture_output=True, check=True)
    width, kilobytes = map(int, said.stdout.split())
    assert width == 32
    assert kilobytes < 150_000


@settings(max_examples=300, deadline=None)
@given(seed=st.sampled_from(real_pictures()[:12]), place=st.integers(0, 400), rest=st.binary(max_size=12))
def test_any_bytes_can_be_developed(seed, place, rest):
    given = picture(seed[:place] + rest + seed[place + len(rest) :])
    if given is not None:
        for one in developed((given,)).all:
            if one is not given:
                opened(one)
