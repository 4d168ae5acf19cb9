"""Pictures that slicers put into G-code, as base64 in comments, and those beside it in a UFP.

    ; thumbnail begin 220x124 77092          (also thumbnail_PNG, thumbnail_JPG, thumbnail_QOI)
    ; iVBORw0KGgo...
    ; thumbnail end

The last number is the count of base64 characters. Form and formats: PrusaSlicer, whose forks follow it. What is handed
out has the first bytes of a picture and a size that a decoder can be trusted with; no pixel is decoded here.
"""

import binascii
import re
import struct
from collections.abc import Iterable
from enum import StrEnum
from typing import TypeVar

import msgspec

MAX_PIXELS = 4096 * 4096
MAX_BYTES = 4_000_000
MAX_COUNT = 16

_BEGIN = re.compile(rb"; *thumbnail(?:_[A-Za-z0-9]{1,8})? begin (\d{1,5})[xX ](\d{1,5}) (\d{1,8})[ \t\r]*\Z")
_END = re.compile(rb"; *thumbnail(?:_[A-Za-z0-9]{1,8})? end")
_JPEG_START_OF_FRAME = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_ALONE = frozenset({0x01, *range(0xD0, 0xD8)})


class PictureFormat(StrEnum):
    """How a picture is coded, by the name of its usual file extension."""

    PNG = "png"
    JPEG = "jpg"
    QOI = "qoi"


class ThumbnailSpot(msgspec.Struct, frozen=True, kw_only=True):
    """Where a picture stands in the plain G-code: offset and length in bytes of its lines, from begin to end."""

    width: int
    height: int
    offset: int
    length: int


class Thumbnail(msgspec.Struct, frozen=True, kw_only=True):
    """A picture. Format and size in pixels are the picture's own, whatever the G-code said."""

    format: PictureFormat
    width: int
    height: int
    data: bytes


Sized = TypeVar("Sized", Thumbnail, ThumbnailSpot)


def find_thumbnails(text: bytes, offset: int = 0) -> tuple[ThumbnailSpot, ...]:
    """The whole blocks in a stretch of G-code that begins at `offset`; at most MAX_COUNT."""
    spots: list[ThumbnailSpot] = []
    place = 0
    while len(spots) < MAX_COUNT and (place := text.find(b"thumbnail", place)) >= 0:
        start = text.rfind(b"\n", 0, place) + 1
        line_end = _line_end(text, place)
        if match := _BEGIN.match(text[start:line_end][:80]):
            end = _block_end(text, line_end + 1)
            if end is not None:
                width, height = int(match[1]), int(match[2])
                spots.append(ThumbnailSpot(width=width, height=height, offset=offset + start, length=end - start))
                line_end = end
        place = line_end
    return tuple(spots)


def _line_end(text: bytes, place: int) -> int:
    end = text.find(b"\n", place)
    return len(text) if end < 0 else end


def _block_end(text: bytes, place: int) -> int | None:
    """Where the block ends whose first line of base64 is at `place`; None if it is broken off or not closed.

    Any line but base64 and the end's ends the search, so that each line is looked at once or twice.
    """
    while place < len(text) and text.startswith(b";", place):
        end = _line_end(text, place)
        if text.find(b"thumbnail", place, min(end, place + 20)) >= 0:
            return end if _END.match(text[place:end][:80]) else None
        place = end + 1
    return None


def decode_thumbnail(block: bytes) -> Thumbnail | None:
    """The picture of one block (see ThumbnailSpot). None if it is cut, is no picture or too large a one."""
    begin, *lines = block.split(b"\n")
    match = _BEGIN.match(begin)
    if match is None or not lines or not _END.match(lines[-1]):
        return None
    coded = b"".join(line.lstrip(b"; \t").strip() for line in lines[:-1])
    if len(coded) != int(match[3]) or len(coded) > MAX_BYTES * 4 // 3 + 4:
        return None
    try:
        return picture(binascii.a2b_base64(coded))
    except binascii.Error:
        return None


def read_thumbnails(text: bytes) -> tuple[Thumbnail, ...]:
    """The sound pictures in the head of a file, in its order."""
    decoded = (decode_thumbnail(text[spot.offset : spot.offset + spot.length]) for spot in find_thumbnails(text))
    return tuple(thumbnail for thumbnail in decoded if thumbnail is not None)


def smallest_fitting(pictures: Iterable[Sized], side: int) -> Sized | None:
    """The smallest picture of which the longer side has at least `side` pixels, else the largest; None of none."""
    by_pixels = sorted(pictures, key=lambda one: one.width * one.height)
    return next((one for one in by_pixels if max(one.width, one.height) >= side), by_pixels[-1] if by_pixels else None)


def picture(data: bytes) -> Thumbnail | None:
    """`data` as a picture by its own first bytes; None if it is none (PNG, JPEG and QOI are known) or too large."""
    if len(data) > MAX_BYTES:
        return None
    for form, measure in (
        (PictureFormat.PNG, _png_size),
        (PictureFormat.JPEG, _jpeg_size),
        (PictureFormat.QOI, _qoi_size),
    ):
        if (size := measure(data)) is not None:
            width, height = size
            if min(size) < 1 or width * height > MAX_PIXELS:
                return None
            return Thumbnail(format=form, width=width, height=height, data=data)
    return None


def _png_size(data: bytes) -> tuple[int, int] | None:
    if len(data) < 33 or not data.startswith(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"):
        return None
    width, height = struct.unpack_from(">II", data, 16)
    return width, height


def _qoi_size(data: bytes) -> tuple[int, int] | None:
    if len(data) < 14 or not data.startswith(b"qoif"):
        return None
    width, height = struct.unpack_from(">II", data, 4)
    return width, height


def _jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Walks the segments to the start of frame (ITU-T T.81, B.1.1)."""
    if not data.startswith(b"\xff\xd8"):
        return None
    place = 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xFF:  # fill byte
            place += 1
        elif marker in _JPEG_ALONE:
            place += 2
        elif marker in _JPEG_START_OF_FRAME:
            if place + 9 > len(data):
                return None
            height, width = struct.unpack_from(">HH", data, place + 5)
            return width, height
        else:
            place += 2 + int.from_bytes(data[place + 2 : place + 4])
    return None
