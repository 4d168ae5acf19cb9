"""What doesn't change while a print runs: the chamber and the plate."""

from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from printyard.infra.workers.camera.view import Pixel, Point, View

_WALL_TOP: Final = (58, 63, 70)
_WALL_BOTTOM: Final = (24, 26, 30)
_POST: Final = (84, 89, 96)
_POST_LIGHT: Final = (120, 126, 134)
_FLOOR: Final = (15, 16, 19)
_PLATE_BACK: Final = (104, 112, 122)
_PLATE_FRONT: Final = (62, 68, 77)
_PLATE_EDGE: Final = (150, 160, 172)
_PLATE_SIDE: Final = (38, 41, 47)
_GRID: Final = (122, 132, 144)

_MARGIN_MM: Final = 8.0
_PLATE_MM: Final = 4.0
_GRID_MM: Final = 10.0


def stage(view: View, volume: Point) -> Image.Image:
    """The empty machine."""
    picture = _gradient(view.size, _WALL_TOP, _WALL_BOTTOM)
    draw = ImageDraw.Draw(picture)
    _draw_chamber(draw, view, volume)
    _draw_plate(picture, view, volume)
    return picture


def vignette(size: tuple[int, int]) -> Image.Image:
    """Darkens the corners as a cheap lens does: to be multiplied with a picture."""
    small = (size[0] // 8, size[1] // 8)
    mask = Image.new("L", small, 150)
    width, height = small
    ImageDraw.Draw(mask).ellipse((-width // 8, -height // 6, width + width // 8, height + height // 6), fill=255)
    soft = mask.filter(ImageFilter.GaussianBlur(min(small) / 5)).resize(size, Image.Resampling.BICUBIC)
    return Image.merge("RGB", (soft, soft, soft))


def _gradient(size: tuple[int, int], top: tuple[int, int, int], bottom: tuple[int, int, int]) -> Image.Image:
    ramp = Image.linear_gradient("L").resize(size)
    return Image.composite(Image.new("RGB", size, bottom), Image.new("RGB", size, top), ramp)


def _draw_chamber(draw: ImageDraw.ImageDraw, view: View, volume: Point) -> None:
    """The floor below the plate, and the frame at the back with its lit edges."""
    wide, deep, high = volume
    out, back, top = 0.16 * wide, deep * 1.22, high * 1.2
    floor = view.outline([(-out, -deep, -40), (wide + out, -deep, -40), (wide + out, back, -40), (-out, back, -40)])
    if floor:
        draw.polygon(floor, fill=_FLOOR)
    thick = 0.05 * max(wide, deep)
    for x in (-out, wide + out):
        _draw_beam(draw, view, (x, back, -40), (x, back, top), thick)
    for z in (-40.0, 0.62 * high, top):
        _draw_beam(draw, view, (-out, back, z), (wide + out, back, z), thick)


def _draw_beam(draw: ImageDraw.ImageDraw, view: View, one: Point, other: Point, thick: float) -> None:
    ends = view.outline([one, other])
    if ends:
        width = max(2, round(thick * view.scale_at(one)))
        draw.line(ends, fill=_POST, width=width)
        shift = width // 2 - max(1, width // 8)
        draw.line([(x - shift, y - shift) for x, y in ends], fill=_POST_LIGHT, width=max(1, width // 6))


def _draw_plate(picture: Image.Image, view: View, volume: Point) -> None:
    wide, deep, _ = volume
    left, right, front, back = -_MARGIN_MM, wide + _MARGIN_MM, -_MARGIN_MM, deep + _MARGIN_MM
    corners = [(left, front, 0.0), (right, front, 0.0), (right, back, 0.0), (left, back, 0.0)]
    top = view.outline(corners)
    below = [(right, back, -_PLATE_MM), (right, front, -_PLATE_MM), (left, front, -_PLATE_MM)]
    side = view.outline([*corners[:3], *below])
    if not top or not side:
        return
    draw = ImageDraw.Draw(picture)
    draw.polygon(side, fill=_PLATE_SIDE)
    mask = Image.new("L", picture.size, 0)
    ImageDraw.Draw(mask).polygon(top, fill=255)
    picture.paste(_glass(picture.size, top), (0, 0), mask)
    _draw_grid(picture, view, volume)
    draw.line([*top, top[0]], fill=_PLATE_EDGE, width=max(1, round(0.5 * view.pixels_per_mm)))


def _glass(size: tuple[int, int], plate: list[Pixel]) -> Image.Image:
    """Darker towards the lens, with the soft reflection of a lamp at the back."""
    ys = [y for _, y in plate]
    top, bottom = max(0, round(min(ys))), min(size[1], max(round(max(ys)), 1))
    glass = Image.new("RGB", size, _PLATE_FRONT)
    glass.paste(_gradient((size[0], max(bottom - top, 1)), _PLATE_BACK, _PLATE_FRONT), (0, top))
    small = (size[0] // 8, size[1] // 8)
    shine = Image.new("L", small, 0)
    x, y = small[0] * 0.34, (top + 0.24 * (bottom - top)) / 8
    reach = small[0] * 0.3
    ImageDraw.Draw(shine).ellipse((x - reach, y - reach * 0.32, x + reach, y + reach * 0.32), fill=58)
    shine = shine.filter(ImageFilter.GaussianBlur(reach * 0.3)).resize(size, Image.Resampling.BICUBIC)
    return ImageChops.add(glass, Image.merge("RGB", (shine, shine, shine)))


def _draw_grid(picture: Image.Image, view: View, volume: Point) -> None:
    wide, deep, _ = volume
    lines = Image.new("L", picture.size, 0)
    draw = ImageDraw.Draw(lines)
    for number in range(int(wide / _GRID_MM) + 1):
        x = number * _GRID_MM
        _draw_grid_line(draw, view, (x, 0.0, 0.0), (x, deep, 0.0), strong=number % 5 == 0)
    for number in range(int(deep / _GRID_MM) + 1):
        y = number * _GRID_MM
        _draw_grid_line(draw, view, (0.0, y, 0.0), (wide, y, 0.0), strong=number % 5 == 0)
    picture.paste(Image.new("RGB", picture.size, _GRID), (0, 0), lines)


def _draw_grid_line(draw: ImageDraw.ImageDraw, view: View, one: Point, other: Point, *, strong: bool) -> None:
    ends = view.outline([one, other])
    if ends:
        draw.line(ends, fill=110 if strong else 52, width=2 if strong else 1)
