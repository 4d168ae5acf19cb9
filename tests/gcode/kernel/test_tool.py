"""Both engines against klipper_estimator v3.7.3 itself: every field of every answer, bit for bit."""

import io
import json
from pathlib import Path

import pytest

from printyard.gcode.estimate import GcodeError, Remark

CORNERS = json.loads((Path(__file__).resolve().parents[1] / "data" / "estimator" / "corners.json").read_text())
ANSWERED = sorted(name for name, corner in CORNERS.items() if corner["answer"] is not None)
SMALL = ("prusa_complete_objects", "prusa_cube_marlin2_rel", "prusa_cyl_arcs_rel")
LARGE = ("cura_cyl_griffin", "cura_torus_griffin_s5", "prusa_torus_fwretract")


@pytest.mark.parametrize("name", ANSWERED)
def test_corners_come_out_as_from_the_tool(name, analyse, limits):
    corner = CORNERS[name]
    estimate = analyse(io.BytesIO(corner["gcode"].encode("latin-1")), limits(corner["config"]))
    assert json.loads(estimate.render()) == corner["answer"]
    assert estimate.warnings == ()


@pytest.mark.parametrize("config", ["doc", "full", "default"])
@pytest.mark.parametrize("name", [*SMALL, *LARGE])
def test_real_files_come_out_as_from_the_tool(name, config, compiled, limits, real_file, answer):
    estimate = compiled(real_file(name), limits(config), io.BytesIO())
    assert json.loads(estimate.render()) == answer(name, config)


@pytest.mark.parametrize("config", ["doc", "full", "default"])
@pytest.mark.parametrize("name", SMALL)
def test_plain_python_agrees_with_the_tool_too(name, config, limits, real_file, answer):
    from printyard.gcode.reference import analyse

    assert json.loads(analyse(real_file(name), limits(config)).render()) == answer(name, config)


def test_keys_and_kinds_are_in_the_order_of_the_tool(compiled, limits, real_file, answer):
    estimate = compiled(real_file(SMALL[0]), limits("full"))
    expected = answer(SMALL[0], "full")
    assert json.dumps(json.loads(estimate.render())) == json.dumps(expected)
    assert json.loads(estimate.render(pretty=True)) == expected
    assert estimate.render(pretty=True).startswith(b'{\n  "sequences": [\n')


def test_an_acceleration_of_zero_is_null_on_the_wire(analyse, limits):
    estimate = analyse(io.BytesIO(b"M204 S0\nG1 X10 F600\n"), limits("doc"))
    assert b'"total_time":null' in estimate.render()
    assert estimate.plan_seconds == 0.0


@pytest.mark.parametrize(
    ("name", "line"), [("bad_line_digit", 1), ("bad_line_paren", 1), ("bad_line_percent", 1), ("bad_utf8", 1)]
)
def test_what_the_tool_refuses_is_passed_over_with_a_remark(name, line, analyse, limits):
    estimate = analyse(io.BytesIO(CORNERS[name]["gcode"].encode("latin-1")), limits("doc"))
    assert [remark.line for remark in estimate.warnings] == [line]
    assert estimate.total.num_moves == 3
    without = analyse(io.BytesIO(CORNERS[name]["gcode"].encode("latin-1").split(b"\n", 1)[1]), limits("doc"))
    assert estimate.sequences == without.sequences


@pytest.mark.parametrize("name", ["f_zero", "f_negative", "g4_negative", "add_time_negative"])
def test_what_no_machine_can_do_is_an_error_that_names_the_line(name, analyse, limits):
    gcode = b"G28\n\n" + CORNERS[name]["gcode"].encode("latin-1")
    with pytest.raises(GcodeError) as raised:
        analyse(io.BytesIO(gcode), limits("doc"))
    assert raised.value.line == 3


def test_a_line_with_bad_utf8_is_still_done_and_named(analyse, limits):
    estimate = analyse(io.BytesIO(b"G1 X10 F600\nG1 X20 ; caf\xe9\n;\xff\nG1 X30\n"), limits("doc"))
    assert estimate.total.num_moves == 3
    assert estimate.warnings == (Remark(2, "not UTF-8"), Remark(3, "not UTF-8"))
    assert set(estimate.total.kind_times) == {"Other", "caf\ufffd"}


def test_a_byte_order_mark_costs_no_line(analyse, limits):
    estimate = analyse(io.BytesIO(b"\xef\xbb\xbfG1 X10 F600\n"), limits("doc"))
    assert estimate.total.num_moves == 1
    assert estimate.warnings == (Remark(1, "a byte order mark, skipped"),)
