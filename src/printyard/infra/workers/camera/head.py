"""Draws what moves: the gantry and the print head."""

from typing import Final

from PIL import ImageDraw

from printyard.infra.workers.camera.view import Pixel, Point, View

_ROD: Final = (148, 154, 162)
_ROD_LIGHT: Final = (206, 211, 217)
_CARRIAGE: Final = (58, 61, 66)
_BODY_FRONT: Final = (44, 47, 52)
_BODY_SIDE: Final = (30, 32, 36)
_BODY_TOP: Final = (72, 76, 83)
_FAN: Final = (24, 25, 28)
_FAN_RIM: Final = (92, 97, 104)
_NOZZLE: Final = (196, 160, 88)
_NOZZLE_DARK: Final = (128, 100, 50)
_HEATER: Final = (132, 136, 142)


def draw_head(draw: ImageDraw.ImageDraw, view: View, volume: Point, head: Point) -> None:
    """The nozzle's tip is at `head`. Sizes follow the view: near a small print a real head would fill the picture."""
    unit = view.framing.width / 125
    x, y, z = head
    lift = 6.5 * unit
    _draw_gantry(draw, view, volume, (x, y, z + lift + 5 * unit), unit)
    _draw_nozzle(draw, view, head, unit, lift)
    _draw_box(draw, view, (x, y, z + lift), (6 * unit, 5 * unit, 12 * unit))
    _draw_fan(draw, view, (x, y - 5 * unit, z + lift + 6 * unit), 4 * unit)


def _draw_gantry(draw: ImageDraw.ImageDraw, view: View, volume: Point, at: Point, unit: float) -> None:
    x, y, z = at
    out = 12.0
    for offset in (-1.6 * unit, 1.6 * unit):
        _draw_rod(draw, view, (-out, y + offset, z), (volume[0] + out, y + offset, z), unit)
    for offset in (-1.6 * unit, 1.6 * unit):
        _draw_rod(draw, view, (x + offset, volume[1] + out, z + 2.4 * unit), (x + offset, y, z + 2.4 * unit), unit)
    for end in (-out, volume[0] + out):
        _draw_box(draw, view, (end, y, z - 2 * unit), (2.2 * unit, 3.2 * unit, 4.6 * unit), front=_CARRIAGE)


def _draw_rod(draw: ImageDraw.ImageDraw, view: View, one: Point, other: Point, unit: float) -> None:
    ends = view.outline([one, other])
    if ends:
        width = max(2, round(0.9 * unit * view.pixels_per_mm))
        draw.line(ends, fill=_ROD, width=width)
        shift = max(1, width // 4)
        draw.line([(x, y - shift) for x, y in ends], fill=_ROD_LIGHT, width=max(1, width // 3))


def _draw_box(
    draw: ImageDraw.ImageDraw, view: View, at: Point, half: Point, *, front: tuple[int, int, int] = _BODY_FRONT
) -> None:
    """A block that stands on `at`; the lens sees its front, its right side and its top."""
    x, y, z = at
    wide, deep, high = half
    left, right, near, far, top = x - wide, x + wide, y - deep, y + deep, z + high
    faces = (
        (front, [(left, near, z), (right, near, z), (right, near, top), (left, near, top)]),
        (_BODY_SIDE, [(right, near, z), (right, far, z), (right, far, top), (right, near, top)]),
        (_BODY_TOP, [(left, near, top), (right, near, top), (right, far, top), (left, far, top)]),
    )
    for color, corners in faces:
        outline = view.outline(corners)
        if outline:
            draw.polygon(outline, fill=color)


def _draw_nozzle(draw: ImageDraw.ImageDraw, view: View, head: Point, unit: float, lift: float) -> None:
    """A brass cone, its side away from the light darker, below the heater block."""
    x, y, z = head
    low, high = z + 3 * unit, z + lift + unit
    block = [(x - 2.6 * unit, y, low), (x + 2.6 * unit, y, low), (x + 2.6 * unit, y, high), (x - 2.6 * unit, y, high)]
    tip, rim = 0.35 * unit, 1.7 * unit
    cone = [(x - rim, y, low), (x - tip, y, z), (x + tip, y, z), (x + rim, y, low)]
    dark = [(x + 0.2 * rim, y, low), (x, y, z), (x + tip, y, z), (x + rim, y, low)]
    for color, corners in ((_HEATER, block), (_NOZZLE, cone), (_NOZZLE_DARK, dark)):
        outline = view.outline(corners)
        if outline:
            draw.polygon(outline, fill=color)


def _draw_fan(draw: ImageDraw.ImageDraw, view: View, middle: Point, radius: float) -> None:
    at = view.project(middle)
    if at is None:
        return
    size = radius * view.scale_at(middle)
    draw.ellipse(_around(at, size), fill=_FAN, outline=_FAN_RIM, width=max(1, round(size / 8)))
    draw.ellipse(_around(at, size / 3), fill=_FAN_RIM)


def _around(at: Pixel, radius: float) -> tuple[float, float, float, float]:
    return at[0] - radius, at[1] - radius, at[0] + radius, at[1] + radius
