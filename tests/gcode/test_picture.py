"""The drawn picture: a PNG that another program reads, that shows the print and not the travel."""

import io

import pytest

from printyard.gcode import picture
from printyard.gcode.limits import Limits
from printyard.gcode.plan import Plan
from printyard.gcode.reference import analyse

Image = pytest.importorskip("PIL.Image")

LIMITS = Limits(max_velocity=100.0, max_acceleration=1000.0, minimum_cruise_ratio=0.0, mm_per_arc_segment=1.0)
SQUARE = "G1 X20 Y0 E1\nG1 X20 Y20 E2\nG1 X0 Y20 E3\nG1 X0 Y0 E4\nG92 E0\n"
TOWER = "G28\nG1 F6000\n" + "".join(f";LAYER:{n}\nG1 Z{n + 1}\n{SQUARE}" for n in range(20))


@pytest.fixture
def drawn(tmp_path):
    def draw(gcode):
        path = tmp_path / "a.plan"
        analyse(io.BytesIO(gcode.encode()), LIMITS, path)
        with Plan.open(path) as plan:
            return read(picture.drawn(plan))

    return draw


def read(data):
    shown = Image.open(io.BytesIO(data))
    shown.load()
    assert (shown.format, shown.size, shown.mode) == ("PNG", (picture.SIDE, picture.SIDE), "RGBA")
    return shown


def inked(shown):
    return sum(shown.getchannel("A").histogram()[1:])


def test_a_tower_is_drawn_and_gets_brighter_upwards(drawn):
    shown = drawn(TOWER)
    left, top, right, bottom = shown.getchannel("A").getbbox()
    assert left >= picture.MARGIN - 1
    assert right <= picture.SIDE - picture.MARGIN + 2
    assert max(right - left, bottom - top) > picture.SIDE * 0.8, "it fills the picture"
    middle = (left + right) // 2
    column = [shown.getpixel((middle, row)) for row in range(top, bottom)]
    lit = [sum(pixel[:3]) for pixel in column if pixel[3]]
    assert lit[0] > lit[-1] * 1.5


def test_travel_leaves_no_ink(drawn):
    one = inked(drawn("G28\nG1 F6000 X10 E1\n"))
    assert inked(drawn("G28\nG1 F6000 X10 E1\nG0 X0\n")) == one


def test_what_lays_nothing_down_is_an_empty_plate(drawn):
    assert drawn("G28\nG0 X10\n").tobytes() == read(picture.blank()).tobytes()
    assert inked(read(picture.blank())) > 200


@pytest.mark.parametrize("layered", [True, False])
def test_a_long_print_is_drawn_in_part(drawn, monkeypatch, layered):
    monkeypatch.setattr(picture, "MOVES", 30)
    gcode = TOWER if layered else TOWER.replace(";LAYER", ";layer ")
    shown = drawn(gcode)
    _, top, _, bottom = shown.getchannel("A").getbbox()
    assert bottom - top > picture.SIDE * 0.5, "from the bottom to the top"


def test_pixels_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match="fill"):
        picture.png(2, 2, b"\0" * 15)
