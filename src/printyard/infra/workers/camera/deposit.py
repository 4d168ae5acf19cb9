"""Draws what the nozzle leaves behind: the lines of the plan, or the tangle of a print that failed."""

import math
import random
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Final, NamedTuple

from PIL import ImageDraw

from printyard.gcode.plan import Plan
from printyard.infra.workers.camera.view import Pixel, Point, View

Color = tuple[int, int, int]

DEFAULT_COLOR: Final[Color] = (228, 224, 214)
_LEVELS: Final = 12
_LIGHT: Final = (-0.83, -0.55)
"""Where the light comes from, seen from above: front left."""

_LINE_MM: Final = 0.5
_WHOLE_LAYERS: Final = 3
_BUDGET_MOVES: Final = 30_000
"""So many moves are drawn one by one; of more, every second, third, ... layer below the last ones, in thicker lines."""
_UPRIGHT: Final = 0.84
"""How much of a height the camera sees."""

WIDE_VIEW: Final = 2.6
"""The view is about so many times as wide as the object."""


class Palette:
    """A material's color under the light: dark to bright, two shades for neighbouring layers."""

    def __init__(self, color: Color) -> None:
        self.shades = tuple(
            tuple(_shade(color, (0.46 + 0.62 * level / (_LEVELS - 1)) * band) for level in range(_LEVELS))
            for band in (1.0, 0.93)
        )
        self.dark = _shade(color, 0.32)
        self.bright = _shade(color, 1.12)


def parse_color(text: str) -> Color:
    """A color as #rrggbb; what is none becomes that of natural plastic."""
    digits = text.strip().removeprefix("#")[:6]
    try:
        red, green, blue = bytes.fromhex(digits)
    except ValueError:
        return DEFAULT_COLOR
    # Pure black would hide every line: a camera shows black plastic as dark grey.
    lift = max(0, 52 - max(red, green, blue))
    return red + lift, green + lift, blue + lift


def _shade(color: Color, factor: float) -> Color:
    red, green, blue = (min(255, round(part * factor)) for part in color)
    return red, green, blue


Place = Callable[[float, float, float], Point]
"""Where a printed point lies now."""


class Detached(NamedTuple):
    """An object that came loose: turned, pushed aside, and leaning on its edge."""

    middle: Point
    size: float

    def place(self, x: float, y: float, z: float) -> Point:
        """Where a point of the object lies now."""
        x, y = x - self.middle[0], y - self.middle[1]
        turn, lean = math.radians(27), math.radians(13)
        x, y = x * math.cos(turn) - y * math.sin(turn), x * math.sin(turn) + y * math.cos(turn)
        edge = x - self.size / 2
        x, z = self.size / 2 + edge * math.cos(lean) + z * math.sin(lean), z * math.cos(lean) - edge * math.sin(lean)
        return self.middle[0] + x + 0.2 * self.size, self.middle[1] + y - 0.15 * self.size, z


class Tangle(NamedTuple):
    """How a failed print goes on: a strand falls every so many moves, up to so many strands."""

    moves: int
    strands: int
    seed: str


class Deposit:
    """The printed lines on one picture. `place` moves them (None: where they were printed)."""

    def __init__(self, draw: ImageDraw.ImageDraw, view: View, plan: Plan, colors: tuple[str, ...]) -> None:
        self._draw = draw
        self._view = view
        self._plan = plan
        self._palettes = [Palette(parse_color(color)) for color in colors] or [Palette(DEFAULT_COLOR)]
        self._width = max(2, round(_LINE_MM * view.pixels_per_mm))
        self._walls: dict[str, bool] = {}

    def draw_lines(self, first: int, stop: int, place: Place | None = None) -> None:
        """Draw the moves from one (included) to another (not included)."""
        for begin, end, layers in self._ranges(first, stop):
            self._draw_range(begin, end, place, self._width + round((layers - 1) * self._layer_pixels()))

    def draw_tangle(self, first: int, stop: int, origin: int, tangle: Tangle) -> None:
        """Draw the strands that fall from the nozzle instead of lines, since the move `origin`."""
        begin, end = (max(move - origin, 0) // tangle.moves for move in (first, stop))
        for number in range(begin, min(end, tangle.strands)):
            # Seeded by its number: the same tangle, whenever and in however many steps it is drawn.
            self._draw_strand(origin + number * tangle.moves, random.Random(f"{tangle.seed}/{number}"))  # noqa: S311

    def draw_line_to(self, move: int, head: Point) -> None:
        """Draw the part of a move that is done."""
        begin = next(((x, y, z) for x, y, z, *_ in self._plan.path(move - 1, move)), None)
        step = next(self._plan.path(move, move + 1), None)
        if begin is not None and step is not None and step[3]:
            ends = self._view.outline([begin, head])
            if ends:
                self._draw.line(ends, fill=self._palette(step[4]).bright, width=self._width)

    def _ranges(self, first: int, stop: int) -> Iterator[tuple[int, int, int]]:
        """All moves; of a long backlog whole layers, each with the number of layers that it stands for."""
        stride = -(-(stop - first) // _BUDGET_MOVES)
        if stride <= 1:
            yield first, stop, 1
            return
        starts = [first, *self._layer_starts(first, stop), stop]
        last = len(starts) - 1 - _WHOLE_LAYERS
        for number, (begin, end) in enumerate(pairwise(starts)):
            if number >= last or number % stride == 0:
                yield begin, end, 1 if number >= last else stride

    def _layer_pixels(self) -> float:
        """How high a layer is on the picture."""
        summary = self._plan.summary
        height = summary.extents.maximum[2] if summary.extents is not None else 0.0
        return _UPRIGHT * height / max(summary.layers, 1) * self._view.pixels_per_mm

    def _layer_starts(self, first: int, stop: int) -> Iterator[int]:
        for layer in range(self._plan.summary.layers):
            seconds = self._plan.seconds_of_layer(layer)
            if seconds is not None and first < (move := self._plan.at(seconds).move) < stop:
                yield move

    def _draw_range(self, first: int, stop: int, place: Place | None, width: int) -> None:
        """Draw lines, those of one shade that hang together in one stroke."""
        (a, b, c, d), (e, f, g, h), (i, j, k, m) = self._view.rows
        nearest, line = self._view.nearest, self._draw.line
        stroke: list[Pixel] = []
        shade: Color | None = None
        pen, last_x, last_y = self._pen_before(first, place)
        for move, (x, y, z, extruding, tool, layer) in enumerate(self._plan.path(first, stop), first):
            px, py, pz = (x, y, z) if place is None else place(x, y, z)
            depth = i * px + j * py + k * pz + m
            at = ((a * px + b * py + c * pz + d) / depth, (e * px + f * py + g * pz + h) / depth)
            color = None
            if extruding and pen is not None and depth > nearest and (x != last_x or y != last_y):
                color = self._shade_of(move, x - last_x, y - last_y, tool, layer)
            if color is not shade or color is None:
                if shade is not None:
                    line(stroke, fill=shade, width=width)
                stroke = [pen] if pen is not None else []
                shade = color
            stroke.append(at)
            last_x, last_y, pen = x, y, at
        if shade is not None:
            line(stroke, fill=shade, width=width)

    def _pen_before(self, move: int, place: Place | None) -> tuple[Pixel | None, float, float]:
        """Where a move begins: on the picture, and in the machine."""
        for x, y, z, *_ in self._plan.path(move - 1, move):
            return self._view.project((x, y, z) if place is None else place(x, y, z)), x, y
        return None, 0.0, 0.0

    def _shade_of(self, move: int, dx: float, dy: float, tool: int, layer: int) -> Color:
        """Walls by the side that they show to the light, fillings by the direction of their lines."""
        kind = self._plan.kind(move)
        wall = self._walls.get(kind)
        if wall is None:
            name = kind.casefold()
            wall = self._walls[kind] = "wall" in name or "perimeter" in name
        facing = (dy * _LIGHT[0] - dx * _LIGHT[1]) / math.hypot(dx, dy)
        brightness = 0.5 + 0.48 * facing if wall else 0.62 + 0.2 * abs(facing)
        shades = self._palette(tool).shades[layer & 1]
        return shades[int(brightness * (_LEVELS - 1) + 0.5)]

    def _palette(self, tool: int) -> Palette:
        return self._palettes[tool % len(self._palettes)]

    def _draw_strand(self, move: int, chance: random.Random) -> None:
        here = next(self._plan.path(move, move + 1), None)
        if here is None:
            return
        x, y, z, _, tool, _ = here
        pixels = self._view.outline(_strand((x, y, z), self._view.framing.width / WIDE_VIEW, chance))
        if pixels:
            palette = self._palette(tool)
            shade = palette.shades[0][chance.randrange(4, _LEVELS)]
            self._draw.line(pixels, fill=palette.dark, width=self._width + 4, joint="curve")
            self._draw.line(pixels, fill=shade, width=self._width + 1, joint="curve")


def _strand(nozzle: Point, size: float, chance: random.Random) -> list[Point]:
    """A thread that fell from the nozzle and curled up where it came to lie, near an object of this size."""
    x, y, z = nozzle
    rest = z * chance.uniform(0.1, 1.0) + size * chance.uniform(0.0, 0.12)
    heading, curl = chance.uniform(0, math.tau), chance.choice((-1, 1)) * chance.uniform(0.15, 0.75)
    step = size * chance.uniform(0.025, 0.05)
    points = []
    count = chance.randrange(24, 60)
    for number in range(count):
        sunk = min(1.0, 3.0 * number / count)
        height = z + (rest - z) * sunk + size * 0.03 * math.sin(number * 0.8 + curl)
        points.append((x, y, max(height, 0.3)))
        curl += chance.gauss(0.0, 0.07)
        heading += curl
        x += step * math.cos(heading)
        y += step * math.sin(heading)
    return points
