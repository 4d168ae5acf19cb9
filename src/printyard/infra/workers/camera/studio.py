"""Makes the pictures: keeps one canvas for each printer, and draws on it only what is new since the last picture."""

import io
from collections import OrderedDict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageFont

from printyard.core.errors import Invalid, NotFound
from printyard.core.ports.workers import Scene
from printyard.gcode.plan import Plan, PlanError
from printyard.infra.workers.camera.deposit import WIDE_VIEW, Deposit, Detached, Place, Tangle
from printyard.infra.workers.camera.head import draw_head
from printyard.infra.workers.camera.stage import stage, vignette
from printyard.infra.workers.camera.view import Framing, View, framing_of, whole_plate

FINER: Final = 2
"""Everything is drawn so many times larger, then made smaller: that smooths the lines."""

CANVAS_BYTES: Final = 90_000_000
"""What all canvases together may hold (24 of the usual size); STAGE_BYTES: the empty machines below them."""
STAGE_BYTES: Final = 24_000_000
SMALLEST_PIXELS: Final = 64
LARGEST_PIXELS: Final = 1280
_QUALITY: Final = 80
_DARKNESS: Final = 0.1
"""What is left of the picture when the lamp is off."""

SPAGHETTI: Final = "spaghetti"
DETACHED: Final = "detached"
TANGLES: Final = {SPAGHETTI: Tangle(16, 260, ""), DETACHED: Tangle(110, 22, "")}
"""Without an object below, the nozzle lets fall a thread now and then; in spaghetti, all that it has."""


class Canvas:
    """One printer's picture so far, without the moving parts."""

    def __init__(self, scene: Scene, plan: Plan | None, view: View, empty: Image.Image) -> None:
        self.scene = scene
        self.plan = plan
        self.view = view
        self.picture = empty.copy()
        self.drawn = 0

    def can_go_on(self, scene: Scene) -> bool:
        """Whether the next picture only adds to this one."""
        mine = self.scene
        same = (
            (mine.plan_path, mine.volume_mm, mine.size_pixels, mine.colors)
            == (scene.plan_path, scene.volume_mm, scene.size_pixels, scene.colors)
        )  # fmt: skip
        if not same or scene.move < self.drawn:
            return False
        if (mine.trouble, mine.trouble_move) == (scene.trouble, scene.trouble_move):
            return True
        return mine.trouble == "" and scene.trouble == SPAGHETTI and self.drawn <= scene.trouble_move

    def draw_on(self, scene: Scene) -> None:
        """Draw the moves that are new."""
        self.scene = scene
        if self.plan is None or scene.move <= self.drawn:
            return
        deposit = Deposit(ImageDraw.Draw(self.picture), self.view, self.plan, scene.colors)
        troubled = scene.trouble in TANGLES and scene.trouble_move >= 0
        sound = min(scene.move, max(scene.trouble_move, 0)) if troubled else scene.move
        deposit.draw_lines(self.drawn, sound, self._place(scene))
        if troubled and scene.move > sound:
            tangle = TANGLES[scene.trouble]._replace(seed=f"{scene.printer_id}/{sound}")
            deposit.draw_tangle(self.drawn, scene.move, sound, tangle)
        self.drawn = scene.move

    def _place(self, scene: Scene) -> Place | None:
        if scene.trouble != DETACHED or self.plan is None or self.plan.summary.extents is None:
            return None
        target, width = self.view.framing
        return Detached(target, width / WIDE_VIEW).place


class Studio:
    """All cameras of one worker."""

    def __init__(self) -> None:
        self._canvases: OrderedDict[str, Canvas] = OrderedDict()
        self._stages: OrderedDict[tuple[object, ...], Image.Image] = OrderedDict()
        self._font = ImageFont.load_default(14)

    def picture(self, scene: Scene) -> bytes:
        """A JPEG of what the camera sees. Raises NotFound when the plan is gone."""
        if not all(SMALLEST_PIXELS <= pixels <= LARGEST_PIXELS for pixels in scene.size_pixels):
            raise Invalid(f"A picture has {SMALLEST_PIXELS} to {LARGEST_PIXELS} pixels on each side.")
        canvas = self._canvas(scene)
        canvas.draw_on(scene)
        picture = canvas.picture.copy()
        draw = ImageDraw.Draw(picture)
        self._draw_last_line(draw, canvas)
        draw_head(draw, canvas.view, scene.volume_mm, scene.head_mm)
        picture = self._developed(picture.reduce(FINER), scene)
        jpeg = io.BytesIO()
        picture.save(jpeg, "JPEG", quality=_QUALITY)
        return jpeg.getvalue()

    def _canvas(self, scene: Scene) -> Canvas:
        canvas = self._canvases.pop(scene.printer_id, None)
        if canvas is None or not canvas.can_go_on(scene):
            if canvas is not None and canvas.plan is not None:
                canvas.plan.close()
            canvas = self._new_canvas(scene)
        self._canvases[scene.printer_id] = canvas
        while len(self._canvases) > 1 and _bytes_of(kept.picture for kept in self._canvases.values()) > CANVAS_BYTES:
            _, oldest = self._canvases.popitem(last=False)
            if oldest.plan is not None:
                oldest.plan.close()
        return canvas

    def _new_canvas(self, scene: Scene) -> Canvas:
        plan = _opened(scene.plan_path)
        framing = whole_plate(scene.volume_mm) if plan is None else framing_of(plan, scene.volume_mm)
        width, height = scene.size_pixels
        view = View(framing, width * FINER, height * FINER)
        return Canvas(scene, plan, view, self._stage(view, framing, scene))

    def _stage(self, view: View, framing: Framing, scene: Scene) -> Image.Image:
        """Printers of one kind that print the same share the empty machine."""
        return self._kept((framing, view.size, scene.volume_mm), lambda: stage(view, scene.volume_mm))

    def _draw_last_line(self, draw: ImageDraw.ImageDraw, canvas: Canvas) -> None:
        scene = canvas.scene
        if canvas.plan is not None and scene.move > 0 and not scene.trouble:
            Deposit(draw, canvas.view, canvas.plan, scene.colors).draw_line_to(scene.move, scene.head_mm)

    def _developed(self, picture: Image.Image, scene: Scene) -> Image.Image:
        """Lens, lamp and caption."""
        size = picture.size
        picture = ImageChops.multiply(picture, self._kept(("lens", size), lambda: vignette(size)))
        light = min(max(scene.light_fraction, 0.0), 1.0)
        if light < 1.0:
            factor = _DARKNESS + (1 - _DARKNESS) * light
            picture = picture.point([round(value * factor) for value in range(256)] * 3)
        if scene.caption:
            self._draw_caption(picture, scene.caption)
        return picture

    def _kept(self, key: tuple[object, ...], make: Callable[[], Image.Image]) -> Image.Image:
        """A picture that is made once; the longest unused goes when there are too many."""
        picture = self._stages.pop(key, None) or make()
        self._stages[key] = picture
        while len(self._stages) > 1 and _bytes_of(self._stages.values()) > STAGE_BYTES:
            self._stages.popitem(last=False)
        return picture

    def _draw_caption(self, picture: Image.Image, caption: str) -> None:
        text = "".join(mark if mark.isprintable() else " " for mark in caption[:120])
        width, height = picture.size
        strip = picture.crop((0, height - 26, width, height)).point([value // 3 for value in range(256)] * 3)
        picture.paste(strip, (0, height - 26))
        ImageDraw.Draw(picture).text((10, height - 22), text, fill=(236, 238, 240), font=self._font)


def _bytes_of(pictures: Iterable[Image.Image]) -> int:
    return sum(3 * picture.width * picture.height for picture in pictures)


def _opened(path: Path | None) -> Plan | None:
    if path is None:
        return None
    try:
        return Plan.open(path)
    except (FileNotFoundError, PlanError) as error:
        raise NotFound("The plan of this print is gone.") from error
