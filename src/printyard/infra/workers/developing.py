"""Decodes the pictures of a file, in the worker: the small one is made, and QOI, which no browser reads, becomes PNG.

Pillow is imported here, so this module is imported only when there is a picture. What cannot be decoded stays as the
file brought it; why is of no interest to anybody.
"""

import io
from collections.abc import Callable
from typing import Final

from PIL import Image, ImageFile, JpegImagePlugin, PngImagePlugin, QoiImagePlugin

from printyard.gcode.embedded import SMALL, Pictures
from printyard.gcode.thumbnails import MAX_BYTES, PictureFormat, Thumbnail

CONVERTED_PIXELS: Final = 1 << 22
"""A larger QOI is left out: it is decoded in plain Python, and slicers make none of more than a megapixel."""
SCANS: Final = 32
"""More in a JPEG are made to take time: each goes over all pixels. Encoders write ten or so."""
SCANNED_PIXELS: Final = 1 << 22
"""A larger JPEG of many scans is not decoded: the decoder would hold all of its coefficients."""
ATTEMPTS: Final = 4
"""So many are tried, the largest first, until the small one is made."""

_COARSE: Final = 4 * SMALL
_STRIP_PIXELS: Final = 1 << 20
_DEEP: Final = {"I", "I;16", "I;16B"}
"""16 bits of gray, which Pillow's own conversion would cut off at 255."""
_SCAN: Final = b"\xff\xda"
_READERS: Final[dict[PictureFormat, Callable[[io.BytesIO], ImageFile.ImageFile]]] = {
    PictureFormat.PNG: PngImagePlugin.PngImageFile,
    PictureFormat.JPEG: JpegImagePlugin.JpegImageFile,
    PictureFormat.QOI: QoiImagePlugin.QoiImageFile,
}
"""Called by name: `Image.open` would try others, and takes a JPEG for several pictures in one."""


def developed(found: tuple[Thumbnail, ...]) -> Pictures:
    """The pictures as clients can show them. Never raises, whatever the bytes."""
    own = tuple(shown for one in found if (shown := _shown(one)) is not None)
    if any((one.width, one.height) == (SMALL, SMALL) and _made(one, _scaled) is not None for one in own):
        return Pictures(own=own)
    largest = sorted(found, key=lambda one: one.width * one.height, reverse=True)[:ATTEMPTS]
    return Pictures(small=next(filter(None, (_made(one, _scaled) for one in largest)), None), own=own)


def _shown(one: Thumbnail) -> Thumbnail | None:
    return _made(one, lambda image: image) if one.format is PictureFormat.QOI else one


def _made(one: Thumbnail, form: Callable[[Image.Image], Image.Image]) -> Thumbnail | None:
    """A PNG of the pixels in another form. None of what is broken, too large, or not as large as it says."""
    if not _is_bearable(one):
        return None
    try:
        image = _READERS[one.format](io.BytesIO(one.data))
        if image.size != (one.width, one.height):
            return None
        image.draft("RGB", (_COARSE, _COARSE))
        return _png(form(image))
    except Exception:  # noqa: BLE001 - Pillow raises whatever its readers come upon
        return None


def _is_bearable(one: Thumbnail) -> bool:
    pixels = one.width * one.height
    if one.format is PictureFormat.JPEG:
        scans = one.data.count(_SCAN)
        return scans <= 1 or (scans <= SCANS and pixels <= SCANNED_PIXELS)
    return one.format is not PictureFormat.QOI or pixels <= CONVERTED_PIXELS


def _scaled(image: Image.Image) -> Image.Image:
    """The whole picture with a longer side of SMALL pixels; a smaller one keeps its size."""
    plain, (width, height) = _coarse(image), image.size
    if (longer := max(width, height)) > SMALL:
        size = (max(1, round(width * SMALL / longer)), max(1, round(height * SMALL / longer)))
        plain = plain.resize(size, Image.Resampling.LANCZOS)
    return plain.convert("RGBA") if plain.mode == "RGBa" else plain


def _coarse(image: Image.Image) -> Image.Image:
    """The picture in three colors, or four with what was multiplied by its alpha (so that edges keep their color).

    A large one is averaged strip by strip: the whole is never held twice.
    """
    width, height = image.size
    factor = max(1, max(width, height) // _COARSE)
    rows = max(1, _STRIP_PIXELS // (width * factor)) * factor
    mode = "RGBa" if image.has_transparency_data and image.mode not in _DEEP else "RGB"
    coarse = Image.new(mode, (-(-width // factor), -(-height // factor)))
    for top in range(0, height, rows):
        strip = _plain(image.crop((0, top, width, min(top + rows, height))), mode)
        coarse.paste(strip.reduce(factor) if factor > 1 else strip, (0, top // factor))
    return coarse


def _plain(strip: Image.Image, mode: str) -> Image.Image:
    if strip.mode in _DEEP:
        strip.info.clear()
        strip = strip.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    return strip.convert("RGBA").convert("RGBa") if mode == "RGBa" else strip.convert("RGB")


def _png(image: Image.Image) -> Thumbnail | None:
    target = io.BytesIO()
    image.save(target, "PNG")
    data = target.getvalue()
    if len(data) > MAX_BYTES:
        return None
    return Thumbnail(format=PictureFormat.PNG, width=image.width, height=image.height, data=data)
