"""The pictures that a stored file brings: in the head of its G-code, and beside it in a UFP."""

from pathlib import Path

import msgspec

from printyard.gcode.container import ContainerError
from printyard.gcode.source import open_gcode, read_extras
from printyard.gcode.thumbnails import PictureFormat, Thumbnail, picture, read_thumbnails, smallest_fitting

SMALL = 32
"""Pixels of the longer side of the small picture, which displays and lists ask for."""

HEAD_BYTES = 4_000_000
"""So far into the G-code pictures are looked for."""
_PIECE = 1 << 18
_MOVE = b"\nG1 "


class Pictures(msgspec.Struct, frozen=True, kw_only=True):
    """The pictures of a file that clients can show: PNG and JPEG.

    `own` are those that it brought, in its order; `small` is a PNG that was made of the largest and fits in SMALL x
    SMALL pixels, None where one of `own` has that size, or none could be decoded.
    """

    small: Thumbnail | None = None
    own: tuple[Thumbnail, ...] = ()

    @property
    def all(self) -> tuple[Thumbnail, ...]:
        """The small one first."""
        return self.own if self.small is None else (self.small, *self.own)

    def fitting(self, side: int) -> Thumbnail | None:
        """The smallest of which the longer side has at least `side` pixels, else the largest; None of none."""
        if self.small is not None and side <= SMALL:
            return self.small
        return smallest_fitting(self.all, side)


def embedded(file: Path) -> tuple[Thumbnail, ...]:
    """What the file brings, undecoded; that beside the G-code first. Of a damaged file, what can be read of it.

    Raises OSError for the disk's own troubles.
    """
    return tuple(_beside(file) + _within(file))


def undecoded(found: tuple[Thumbnail, ...]) -> Pictures:
    """What is left for clients where nothing can be decoded: none of them reads QOI."""
    return Pictures(own=tuple(one for one in found if one.format is not PictureFormat.QOI))


def _beside(file: Path) -> list[Thumbnail]:
    try:
        data = read_extras(file).thumbnail
    except ContainerError:
        return []
    found = None if data is None else picture(data)
    return [] if found is None else [found]


def _within(file: Path) -> list[Thumbnail]:
    """The head is read until a piece moves the machine and has no part of a picture: slicers put them before."""
    head = b""
    try:
        with open_gcode(file) as source:
            while len(head) < HEAD_BYTES and (piece := source.read(_PIECE)):
                head += piece
                if _MOVE in piece and b"thumbnail" not in piece:
                    break
    except ContainerError:
        pass
    return list(read_thumbnails(head))
