"""Both engines against klipper_estimator v3.7.3 itself: every field of every answer, bit for bit."""

import io
import json
from pathlib import Path

import pytest

from printyard.gcode.estimate import GcodeError, Remark
from printyard.gcode.limits import Limits

ESTIMATOR = Path(__file__).resolve().parents[1] / "data" / "estimator"
FILES = Path(__file__).resolve().parents[2] / "data" / "gcode"
CORNERS = json.loads((ESTIMATOR / "corners.json").read_text())
FOUND = json.loads((ESTIMATOR / "found.json").read_text())
ANSWERED = sorted(name for name, corner in CORNERS.items() if corner["answer"] is not None)
SMALL = ("prusa_complete_objects", "prusa_cube_marlin2_rel", "prusa_cyl_arcs_rel")
LARGE = ("cura_cyl_griffin", "cura_torus_griffin_s5", "prusa_torus_fwretract")
MACHINES = ("doc", "full", "default")
PASSED_OVER = ("bad_line_digit", "bad_line_paren", "bad_line_percent", "bad_utf8")
IMPOSSIBLE = ("f_zero", "f_negative", "g4_negative", "add_time_negative")
NO_SPEED = "f_underflows"
HOW_MANY = {"corners": 66, "refused": 8, "files": 6, "answers": 18, "found": 52}


def test_no_answer_of_the_tool_is_left_out():
    """Whatever lies in the folder is compared below; and it is as much as was recorded."""
    answers = {path.name for path in (ESTIMATOR / "goldens").iterdir()}
    assert answers == {f"{name}.{config}.json" for name in (*SMALL, *LARGE) for config in MACHINES}
    files = {path.name for path in FILES.iterdir()}
    assert files == {f"{name}.gcode.gz" for name in (*SMALL, *LARGE)}
    refused = {*PASSED_OVER, *IMPOSSIBLE}
    assert {*ANSWERED} | refused == CORNERS.keys()
    assert not refused & {*ANSWERED}
    assert [name for name, case in FOUND.items() if case["answer"] is None] == [NO_SPEED]
    found = {"corners": len(CORNERS), "refused": len(refused), "files": len(files), "answers": len(answers)}
    assert found | {"found": len(FOUND)} == HOW_MANY


@pytest.mark.parametrize("name", ANSWERED)
def test_corners_come_out_as_from_the_tool(name, analyse, limits):
    corner = CORNERS[name]
    estimate = analyse(io.BytesIO(corner["gcode"].encode("latin-1")), limits(corner["config"]))
    assert json.loads(estimate.render()) == corner["answer"]
    assert estimate.warnings == ()


@pytest.mark.parametrize("name", sorted(FOUND.keys() - {NO_SPEED}))
def test_what_a_hunt_found_comes_out_as_from_the_tool(name, analyse):
    """What the engines once answered otherwise, or not at all, and plausible prints by chance."""
    case = FOUND[name]
    estimate = analyse(io.BytesIO(case["gcode"].encode()), Limits.from_config(case["config"]))
    assert json.loads(estimate.render()) == case["answer"]
    assert estimate.warnings == ()


def test_a_speed_too_small_for_a_number_is_an_error_as_for_the_tool(analyse):
    case = FOUND[NO_SPEED]
    with pytest.raises(GcodeError) as raised:
        analyse(io.BytesIO(case["gcode"].encode()), Limits.from_config(case["config"]))
    assert raised.value.line == 2


@pytest.mark.parametrize("config", MACHINES)
@pytest.mark.parametrize("name", [*SMALL, *LARGE])
def test_real_files_come_out_as_from_the_tool(name, config, compiled, limits, real_file, answer):
    estimate = compiled(real_file(name), limits(config), io.BytesIO())
    assert json.loads(estimate.render()) == answer(name, config)


@pytest.mark.parametrize("config", MACHINES)
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


@pytest.mark.parametrize("name", PASSED_OVER)
def test_what_the_tool_refuses_is_passed_over_with_a_remark(name, analyse, limits):
    estimate = analyse(io.BytesIO(CORNERS[name]["gcode"].encode("latin-1")), limits("doc"))
    assert [remark.line for remark in estimate.warnings] == [1]
    assert estimate.total.num_moves == 3
    without = analyse(io.BytesIO(CORNERS[name]["gcode"].encode("latin-1").split(b"\n", 1)[1]), limits("doc"))
    assert estimate.sequences == without.sequences


@pytest.mark.parametrize("name", IMPOSSIBLE)
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
