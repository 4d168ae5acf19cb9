"""A picture of a print for files that bring none: the path of a plan as a small PNG, seen from above a corner.

Standard library alone: the server draws it itself, in a thread, and no pixel of a foreign file is decoded.
"""

import struct
import zlib
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from math import cos, radians, sin

from printyard.gcode.plan import Extents, Plan

SIDE = 256
"""Pixels of each side."""
MARGIN = 12
MOVES = 60_000
"""At most about so many moves are drawn: of a longer print, some of its layers."""
COLORS = ((0x19, 0x6E, 0xF0), (0xF0, 0x8A, 0x19), (0x2E, 0xA0, 0x43), (0x8A, 0x3F, 0xC4))
"""Of the tools, in RGB."""
PLATE = (0x9A, 0xA4, 0xAE)
DARK = 0.35
"""How bright the lowest layer is beside the highest."""
ACROSS, DOWN = cos(radians(30.0)), sin(radians(30.0))

Color = tuple[int, int, int]
Place = tuple[float, float, float]


def png(width: int, height: int, rgba: bytes | bytearray) -> bytes:
    """Pixels, row by row from the top, as a PNG (RFC 2083)."""
    stride = width * 4
    if len(rgba) != stride * height:
        raise ValueError("the pixels do not fill the picture")
    rows = b"".join(b"\0" + rgba[start : start + stride] for start in range(0, len(rgba), stride))
    head = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", head), (b"IDAT", zlib.compress(rows, 6)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in chunks
    )


class Canvas:
    """A square with a transparent ground, on which a box of the plate is shown as large as it fits."""

    def __init__(self, box: Extents) -> None:
        self._pixels = bytearray(SIDE * SIDE * 4)
        (x0, y0, z0), (x1, y1, z1) = box.minimum, box.maximum
        corners = [flat((x, y, z)) for x in (x0, x1) for y in (y0, y1) for z in (z0, z1)]
        lefts, tops = [u for u, _ in corners], [v for _, v in corners]
        width, height = max(lefts) - min(lefts), max(tops) - min(tops)
        room = SIDE - 2 * MARGIN
        self._scale = room / max(width, height, 0.1)
        self._left = (SIDE - width * self._scale) / 2 - min(lefts) * self._scale
        self._top = (SIDE - height * self._scale) / 2 - min(tops) * self._scale

    def line(self, begin: Place, end: Place, color: Color) -> None:
        """A line of one pixel's width; what lies outside of the picture is left out."""
        (u0, v0), (u1, v1) = self._pixel(begin), self._pixel(end)
        steps = min(max(abs(u1 - u0), abs(v1 - v0)), 2 * SIDE)
        dot = bytes((*color, 255))
        for step in range(int(steps) + 1):
            part = step / steps if steps >= 1.0 else 0.0
            u, v = int(u0 + (u1 - u0) * part), int(v0 + (v1 - v0) * part)
            if 0 <= u < SIDE and 0 <= v < SIDE:
                place = (v * SIDE + u) * 4
                self._pixels[place : place + 4] = dot

    def encoded(self) -> bytes:
        """The picture."""
        return png(SIDE, SIDE, self._pixels)

    def _pixel(self, place: Place) -> tuple[float, float]:
        u, v = flat(place)
        return u * self._scale + self._left, v * self._scale + self._top


def flat(place: Place) -> tuple[float, float]:
    """A place in mm on the picture's plane: right, and down."""
    x, y, z = place
    return (x - y) * ACROSS, -(x + y) * DOWN - z


def drawn(plan: Plan) -> bytes:
    """What the print will look like; an empty plate for a print that lays nothing down. Raises PlanError."""
    box = plan.summary.extents
    if box is None:
        return blank()
    canvas, bottom = Canvas(box), box.minimum[2]
    height = max(box.maximum[2] - bottom, 0.1)
    for first, stop in stretches(plan):
        at = last_place(plan, first)
        for x, y, z, extruding, tool, _ in plan.path(first, stop):
            if extruding:
                light = DARK + (1.0 - DARK) * min(max((z - bottom) / height, 0.0), 1.0)
                canvas.line(at, (x, y, z), shaded(COLORS[tool % len(COLORS)], light))
            at = (x, y, z)
    return canvas.encoded()


def blank(volume_mm: Place = (200.0, 200.0, 0.0)) -> bytes:
    """An empty plate, for a file of which nothing can be drawn."""
    width, depth, _ = volume_mm
    canvas = Canvas(Extents((0.0, 0.0, 0.0), (width, depth, 0.0)))
    corners = [(0.0, 0.0, 0.0), (width, 0.0, 0.0), (width, depth, 0.0), (0.0, depth, 0.0)]
    for begin, end in zip(corners, [*corners[1:], corners[0]], strict=True):
        canvas.line(begin, end, PLATE)
    return canvas.encoded()


def stretches(plan: Plan) -> Iterator[tuple[int, int]]:
    """Moves to draw, from one (included) to another (not included): all, or layers spread evenly over the height."""
    moves, layers = plan.summary.moves, plan.summary.layers
    if moves <= MOVES:
        yield 0, moves
        return
    count = min(layers, max(1, layers * MOVES // moves)) if layers else 0
    if count < 2:
        step, length = moves // 100, MOVES // 100
        yield from ((first, first + length) for first in range(0, moves, step))
        return
    column, left = plan.column("layer"), MOVES
    for number in range(count):
        layer = number * (layers - 1) // (count - 1)
        first, stop = bisect_left(column, layer), bisect_right(column, layer)
        yield first, min(stop, first + max(left, 0))
        left -= stop - first


def last_place(plan: Plan, move: int) -> Place:
    """Where the head is when a move begins."""
    for x, y, z, *_ in plan.path(move - 1, move) if move > 0 else ():
        return x, y, z
    return 0.0, 0.0, 0.0


def shaded(color: Color, light: float) -> Color:
    """A color in less light."""
    red, green, blue = (round(part * light) for part in color)
    return red, green, blue
