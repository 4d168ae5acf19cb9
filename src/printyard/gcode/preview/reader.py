"""Reads previews: the head and the index, then the layers that are wanted, each by its own bytes."""

import sys
import zlib
from array import array
from os import PathLike
from typing import BinaryIO, Final, NamedTuple, Self

import msgspec

from printyard.gcode.plan import MICROMETRES
from printyard.gcode.preview.layout import (
    ENTRY,
    FLOW_UNIT,
    FORMAT,
    HEADER,
    MAGIC,
    NO_KIND,
    RECORD_WORDS,
    SPATIAL,
    TRAVEL,
    Head,
    LayerEntry,
    PreviewError,
)

Point = tuple[float, float, float]

_TOOL: Final = 0xFF


class Polyline(NamedTuple):
    """A line of one kind and tool: places in mm of the machine's frame, at least two.

    `kind` is the slicer's word, None for a travel. `flow` is mm of filament for each mm of way (0: travel), `seconds`
    when the line is done, from the begin of its layer.
    """

    kind: str | None
    tool: int
    flow: float
    seconds: float
    points: tuple[Point, ...]


class Preview:
    """A preview in a binary file that can seek, from byte 0 on. Not for several threads at once."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        file.seek(0)
        start = file.read(HEADER.size)
        self._layers, self._size, length, checksum = _read_header(start)
        rest = length + self._layers * ENTRY.size
        if file.seek(0, 2) != self._size or HEADER.size + rest > self._size:
            raise PreviewError("the preview is cut")
        file.seek(HEADER.size)
        data = file.read(rest)
        if zlib.crc32(data) != checksum:
            raise PreviewError("the preview is damaged")
        self.head = _head_of(data[:length])
        self._index = data[length:]

    @classmethod
    def open(cls, path: str | PathLike[str]) -> Self:
        """Open the file. Raises PreviewError if it is no whole preview, OSError if it cannot be read."""
        file = open(path, "rb")  # noqa: PTH123, SIM115 - a path or a plain string; closed by close()
        try:
            return cls(file)
        except BaseException:
            file.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __len__(self) -> int:
        """The number of layers."""
        return self._layers

    def entry(self, layer: int) -> LayerEntry:
        """Where a layer (counted from 0) lies, and what it holds. Raises IndexError."""
        if not 0 <= layer < self._layers:
            raise IndexError(layer)
        return LayerEntry(*ENTRY.unpack_from(self._index, layer * ENTRY.size))

    def layer(self, layer: int) -> tuple[Polyline, ...]:
        """The lines of a layer in the order in which they are made. Raises IndexError, PreviewError."""
        entry = self.entry(layer)
        if entry.offset + entry.length > self._size:
            raise PreviewError("the layer is cut")
        self._file.seek(entry.offset)
        lines = read_layer(self.head, self._file.read(entry.length))
        if len(lines) != entry.polylines or sum(len(line.points) for line in lines) != entry.points:
            raise PreviewError("the layer is damaged")
        return lines


def read_head(start: bytes) -> tuple[Head, tuple[LayerEntry, ...]]:
    """Head and index out of the begin of a file, which may be longer than they are. Raises PreviewError."""
    layers, _, length, checksum = _read_header(start)
    data = start[HEADER.size : HEADER.size + length + layers * ENTRY.size]
    if zlib.crc32(data) != checksum:
        raise PreviewError("the preview is cut or damaged")
    index = data[length:]
    if len(index) != layers * ENTRY.size:
        raise PreviewError("the index is cut")
    return _head_of(data[:length]), tuple(LayerEntry(*entry) for entry in ENTRY.iter_unpack(index))


def read_layer(head: Head, data: bytes) -> tuple[Polyline, ...]:
    """The lines of one layer out of its own bytes. Raises PreviewError."""
    if len(data) % 2:
        raise PreviewError("the layer is cut")
    words = array("H", data)
    if sys.byteorder != "little":
        words.byteswap()
    lines = []
    place = 0
    while place < len(words):
        line, place = _polyline(head, words, place)
        lines.append(line)
    return tuple(lines)


def _polyline(head: Head, words: "array[int]", place: int) -> tuple[Polyline, int]:
    """The line whose record begins at a word, and where the next one begins."""
    begin = place + RECORD_WORDS
    if begin > len(words):
        raise PreviewError("the layer is cut")
    kind, marks, count, z, flow, low, high = words[place:begin]
    axes = 3 if marks & SPATIAL else 2
    end = begin + axes * count
    if end > len(words) or count < 2:
        raise PreviewError("the layer is cut")
    if (kind == NO_KIND) != bool(marks & TRAVEL) or (kind != NO_KIND and kind >= len(head.kinds)):
        raise PreviewError("the layer is damaged")
    x, y = words[begin:end:axes], words[begin + 1 : end : axes]
    heights = words[begin + 2 : end : axes] if axes == 3 else [z] * count
    return Polyline(
        kind=None if kind == NO_KIND else head.kinds[kind],
        tool=marks & _TOOL,
        flow=flow * FLOW_UNIT,
        seconds=(low | high << 16) / 1000,
        points=tuple(place_of(head, point) for point in zip(x, y, heights, strict=True)),
    ), end


def place_of(head: Head, steps: tuple[int, int, int]) -> Point:
    """A point in mm."""
    (x, y, z), (x0, y0, z0), (dx, dy, dz) = steps, head.minimum_um, head.step_um
    return (x0 + dx * x) / MICROMETRES, (y0 + dy * y) / MICROMETRES, (z0 + dz * z) / MICROMETRES


def _read_header(start: bytes) -> tuple[int, int, int, int]:
    """Layers, size of the file, length of the JSON, checksum."""
    if len(start) < HEADER.size or not start.startswith(MAGIC):
        raise PreviewError("not a preview")
    _, version, layers, size, length, checksum = HEADER.unpack_from(start)
    if version != FORMAT:
        raise PreviewError(f"a preview of format {version}, this program reads {FORMAT}")
    return layers, size, length, checksum


def _head_of(words: bytes) -> Head:
    try:
        return msgspec.json.decode(words, type=Head)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise PreviewError("the preview's head is damaged") from error
