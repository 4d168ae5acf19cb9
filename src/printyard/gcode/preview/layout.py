"""The format of a preview file: what stands where. Described for others in docs/gcode-preview.md."""

import struct
from typing import Final, NamedTuple

from msgspec import Struct

from printyard.gcode.plan import Extents

MAGIC: Final = b"YARDVIEW"
FORMAT: Final = 1
HEADER: Final = struct.Struct("<8sIIQII")
"""Magic, format, layers, size of the file, length of the JSON, CRC-32 of JSON and index."""

ENTRY: Final = struct.Struct("<QQQdiIII")
"""A layer in the index. See LayerEntry."""

ALIGNMENT: Final = 8
"""JSON is filled up with spaces, so that the index begins at a multiple; layers begin at even places."""

STEPS: Final = 65535
"""So many steps lie between the ends of each axis."""

RECORD_WORDS: Final = 7
"""Words of 16 bits before the points of a polyline: kind, tool and flags, points, z, flow, milliseconds (low, high)."""

MAX_POINTS: Final = 65535
"""In a polyline; a longer one goes on in the next, from the same point."""

NO_KIND: Final = 65535
"""The kind of a travel, during which the slicer's word says nothing."""

TRAVEL: Final = 1 << 8
SPATIAL: Final = 1 << 9
"""Flags beside the tool: the head went without extruding; each point has a height of its own."""

MAX_FLOW: Final = 65535
FLOW_UNIT: Final = 1e-5
"""Flow counts in hundred-thousandths: mm of filament for each mm of way."""

MAX_MILLISECONDS: Final = 0xFFFF_FFFF


class PreviewError(Exception):
    """The file is no preview, one of another format, or damaged."""


class Head(Struct, frozen=True):
    """The JSON part: what the whole file is about.

    A point's place on an axis is `minimum_um + step_um * number`, in micrometres of the machine's frame. `kinds` are
    the slicer's words, by number. `extents` is the box around what is laid down, in mm; `filament_mm` has a length for
    each tool. `travels` tells whether the ways without extrusion are in the file.
    """

    minimum_um: tuple[int, int, int]
    step_um: tuple[int, int, int]
    kinds: tuple[str, ...]
    filament_mm: tuple[float, ...]
    extents: Extents | None
    moves: int
    total_seconds: float
    travels: bool


class LayerEntry(NamedTuple):
    """A layer in the index: where its bytes are, and what is in them.

    `first_move` and `seconds` say where the layer begins in the plan; `z_um` is the height at which it was last
    extruded (without any extrusion: where the head was). `points` counts all points, `travel_points` those of travels.
    """

    offset: int
    length: int
    first_move: int
    seconds: float
    z_um: int
    polylines: int
    points: int
    travel_points: int


def frame(low: tuple[int, int, int], high: tuple[int, int, int]) -> tuple[int, int, int]:
    """The step of each axis (micrometres) with which STEPS reach from the low end to the high one."""
    x, y, z = (max(-((bottom - top) // STEPS), 1) for bottom, top in zip(low, high, strict=True))
    return x, y, z
