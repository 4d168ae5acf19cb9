"""The pictures: they show what was printed, whether drawn at once or bit by bit, and what went wrong."""

import io
import math

import pytest
from PIL import Image, ImageChops, ImageStat  # noqa: TID253 - the worker's own side

from printyard.core.errors import Invalid, NotFound
from printyard.core.ports.workers import Scene
from printyard.gcode.limits import Limits
from printyard.gcode.plan import Plan
from printyard.gcode.reference import analyse
from printyard.infra.workers.camera.deposit import DEFAULT_COLOR, parse_color
from printyard.infra.workers.camera.studio import Studio
from printyard.infra.workers.camera.view import View, framing_of, whole_plate

VOLUME = (215.0, 215.0, 200.0)


def tower(layers=30, sides=24):
    lines = ["G28", "M83", "G1 X5 Y5 Z0.2 F6000", "G1 X200 Y5 E9"]
    for layer in range(layers):
        lines += [f";LAYER:{layer}", f"G1 Z{0.5 * (layer + 1):.1f}", ";TYPE:WALL-OUTER"]
        for side in range(sides + 1):
            angle = math.tau * side / sides
            lines.append(f"G1 X{110 + 20 * math.cos(angle):.3f} Y{110 + 20 * math.sin(angle):.3f} E.4")
    return "\n".join(lines).encode()


@pytest.fixture(scope="module")
def plan_path(tmp_path_factory):
    path = tmp_path_factory.mktemp("plans") / "tower.plan"
    analyse(io.BytesIO(tower()), Limits(), path)
    return path


@pytest.fixture(scope="module")
def moves(plan_path):
    with Plan.open(plan_path) as plan:
        return plan.summary.moves


@pytest.fixture
def scene(plan_path):
    def make(move, **changes):
        head = (20.0, 200.0, 60.0)
        fields = {"printer_id": "p", "plan_path": plan_path, "move": move, "volume_mm": VOLUME, "head_mm": head}
        return Scene(**{**fields, "colors": ("#ff0000",), **changes})

    return make


def photo(studio, scene):
    return Image.open(io.BytesIO(studio.picture(scene))).convert("RGB")


def red_pixels(picture):
    red, green, blue = picture.split()
    strong = ImageChops.subtract(red, ImageChops.lighter(green, blue)).point([0] * 60 + [255] * 196)
    return ImageStat.Stat(strong).sum[0] / 255


def difference(one, other):
    return max(ImageStat.Stat(ImageChops.difference(one, other)).mean)


def test_what_is_printed_grows_and_has_the_materials_color(scene, moves):
    studio = Studio()
    seen = [red_pixels(photo(studio, scene(move))) for move in (-1, moves // 4, moves // 2, moves - 1)]
    assert seen[0] == 0
    assert seen[1] > 300
    assert seen == sorted(seen)
    assert seen[3] > 1.5 * seen[1]


def test_a_picture_drawn_bit_by_bit_is_the_one_drawn_at_once(scene, moves):
    slowly = Studio()
    for move in range(0, moves - 1, 37):
        slowly.picture(scene(move))
    assert difference(photo(slowly, scene(moves - 1)), photo(Studio(), scene(moves - 1))) < 0.3


def test_only_new_moves_are_drawn(scene, moves, monkeypatch):
    asked = []
    path = Plan.path

    def noted(plan, first=0, stop=None):
        asked.append(first)
        return path(plan, first, stop)

    monkeypatch.setattr(Plan, "path", noted)
    studio = Studio()
    studio.picture(scene(moves - 20))
    asked.clear()
    studio.picture(scene(moves - 10))
    assert min(asked) >= moves - 21


def test_a_new_print_of_the_same_file_begins_on_an_empty_plate(scene, moves):
    studio = Studio()
    studio.picture(scene(moves - 1))
    assert difference(photo(studio, scene(30)), photo(Studio(), scene(30))) == 0


def test_a_long_backlog_shows_the_same_body_in_fewer_strokes(scene, moves, monkeypatch):
    whole = photo(Studio(), scene(moves - 1))
    monkeypatch.setattr("printyard.infra.workers.camera.deposit._BUDGET_MOVES", moves // 3)
    assert red_pixels(photo(Studio(), scene(moves - 1))) > 0.7 * red_pixels(whole)


def test_printers_do_not_share_a_plate(scene, moves):
    studio = Studio()
    studio.picture(scene(moves - 1))
    assert red_pixels(photo(studio, scene(-1, printer_id="q"))) == 0


@pytest.mark.parametrize("trouble", ["spaghetti", "detached"])
def test_trouble_is_seen_and_is_the_same_however_it_was_drawn(scene, moves, trouble):
    since = moves // 2
    slowly = Studio()
    for move in range(since - 50, moves - 1, 41):
        slowly.picture(scene(move, trouble=trouble, trouble_move=since))
    failed = photo(slowly, scene(moves - 1, trouble=trouble, trouble_move=since))
    at_once = photo(Studio(), scene(moves - 1, trouble=trouble, trouble_move=since))
    sound = photo(Studio(), scene(moves - 1))
    assert difference(failed, at_once) < 0.3
    assert difference(failed, sound) > 3


@pytest.mark.parametrize("trouble", ["spaghetti", "detached"])
def test_trouble_that_is_told_late_is_drawn_from_its_begin(scene, moves, trouble):
    studio = Studio()
    studio.picture(scene(moves - 10))
    late = photo(studio, scene(moves - 1, trouble=trouble, trouble_move=moves // 2))
    assert difference(late, photo(Studio(), scene(moves - 1, trouble=trouble, trouble_move=moves // 2))) == 0


def test_the_lamp_dims_the_picture_but_not_the_caption(scene):
    bright, dark = (photo(Studio(), scene(-1, light_fraction=light, caption="Luke 12:00")) for light in (1.0, 0.0))
    caption = (8, 454, 100, 480)
    rooms = [sum(ImageStat.Stat(picture.crop((0, 0, 640, 400))).mean) for picture in (bright, dark)]
    assert rooms[1] < 0.25 * rooms[0]
    assert ImageStat.Stat(dark.crop(caption)).extrema[0][1] > 180


@pytest.mark.parametrize("caption", ["x" * 10_000, "a\nb\0c", "\u202eevil", "日本語 ☃"])
def test_any_caption_is_drawn(scene, caption):
    assert photo(Studio(), scene(-1, caption=caption)).size == (640, 480)


@pytest.mark.parametrize("head", [(-500.0, -500.0, 900.0), (1e9, 0.0, 0.0), (107.0, -400.0, 300.0)])
def test_a_head_out_of_sight_is_no_trouble(scene, head):
    assert photo(Studio(), scene(100, head_mm=head)).size == (640, 480)


@pytest.mark.parametrize("size", [(0, 480), (640, 100_000), (63, 64), (-1, -1)])
def test_pictures_of_absurd_sizes_are_refused(scene, size):
    with pytest.raises(Invalid):
        Studio().picture(scene(0, size_pixels=size))


def test_a_plan_that_is_gone_is_not_found(scene, tmp_path):
    with pytest.raises(NotFound):
        Studio().picture(scene(5, plan_path=tmp_path / "gone.plan"))


def test_the_plate_of_a_machine_without_a_print_is_all_in_view():
    view = View(whole_plate(VOLUME), 640, 480)
    for corner in ((0, 0, 0), (215, 0, 0), (215, 215, 0), (0, 215, 0)):
        column, row = view.project(corner)
        assert -20 < column < 660
        assert -20 < row < 500


def test_the_camera_looks_at_the_object_not_at_its_priming_line(plan_path):
    with Plan.open(plan_path) as plan:
        framing = framing_of(plan, VOLUME)
    assert framing.target[:2] == pytest.approx((110, 110), abs=4)
    assert framing.width < 120


def test_more_printers_than_canvases_only_cost_time(scene, moves, monkeypatch):
    studio = Studio()
    first = studio.picture(scene(moves - 1, printer_id="0", size_pixels=(64, 64)))
    monkeypatch.setattr("printyard.infra.workers.camera.studio.CANVAS_BYTES", 4 * 128 * 128 * 3)
    for number in range(1, 7):
        studio.picture(scene(3, printer_id=str(number), size_pixels=(64, 64)))
    assert list(studio._canvases) == ["3", "4", "5", "6"]
    assert studio.picture(scene(moves - 1, printer_id="0", size_pixels=(64, 64))) == first


@pytest.mark.parametrize("text", ["", "red", "#12", "#gggggg", "12345z"])
def test_no_color_is_that_of_natural_plastic(text):
    assert parse_color(text) == DEFAULT_COLOR


def test_colors_are_as_given_but_black_is_lifted_so_that_its_lines_are_seen():
    assert parse_color("#10a0FF99") == (16, 160, 255)
    assert parse_color("#000000") == (52, 52, 52)
