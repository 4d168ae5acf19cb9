"""The commands for G-code files, as they are called."""

import gzip
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from printyard.app.cli import main
from printyard.app.machine_names import machines
from printyard.core.analysis import limits_of
from printyard.gcode.cli import duration_text
from printyard.gcode.limits import Limits

HERE = Path(__file__).resolve().parent
SLICED = HERE / "data" / "prusa.gcode"
POST = HERE / "data" / "estimator" / "post"
GOLDENS = HERE / "data" / "estimator" / "goldens"
REAL = HERE.parent / "data" / "gcode" / "cura_cyl_griffin.gcode.gz"
MACHINES = [machine for machine in machines() if machine.variant]
KEYS = (
    *("max_velocity", "max_acceleration", "max_accel_to_decel", "minimum_cruise_ratio", "square_corner_velocity"),
    *("instant_corner_velocity", "firmware_retraction", "mm_per_arc_segment", "move_checkers", "marlin"),
)
KLIPPER = {
    "printer": {"max_velocity": 300, "max_accel": 1500, "square_corner_velocity": 5, "minimum_cruise_ratio": 0.5},
    "extruder": {"max_extrude_only_velocity": 120, "max_extrude_only_accel": 1250, "instantaneous_corner_velocity": 1},
}


@pytest.fixture
def run(tmp_path, monkeypatch):
    """(arguments) -> exit code, output; kernels are taken from where the other tests keep theirs."""
    monkeypatch.setenv("NUMBA_CACHE_DIR", "")
    monkeypatch.setenv("PRINTYARD_KERNELS", str(tmp_path / "kernels"))

    def call(*arguments):
        result = CliRunner().invoke(main, ["--data", str(tmp_path), "gcode", *map(str, arguments)])
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result.exit_code, result.output

    return call


@pytest.fixture
def config(tmp_path):
    """The configuration of the tool's document, with a comment and a comma too many."""
    limits = json.loads((HERE / "data" / "estimator" / "configs.json").read_text())["doc"]
    path = tmp_path / "config.json5"
    path.write_text("// the document's\n" + json.dumps(limits)[:-1] + ",}")
    return path


def test_the_estimate_is_the_tools_with_the_whole_print_beside_it(run, config):
    code, output = run("estimate", POST / "prusa_long.in.gcode", "--config", config, "--json")
    answer = json.loads(output)
    assert code == 0
    assert list(answer) == ["sequences", "total"]
    assert answer["total"]["total_time"] == pytest.approx(90061 + 38, abs=2)
    assert set(answer["sequences"][0]) == set(
        json.loads((GOLDENS / "prusa_cube_marlin2_rel.doc.json").read_text())["sequences"][0]
    )


def test_people_get_words(run, config):
    code, output = run("estimate", POST / "prusa.in.gcode", "--config", config)
    assert code == 0
    assert output.startswith("time: 4m 26s (4m 26s of motion and dwells)\nmoves: 21,")


def test_a_file_that_names_its_machine_needs_no_other_word(run, tmp_path):
    path = tmp_path / "short.gcode"
    with gzip.open(REAL) as stream:
        path.write_bytes(stream.read(60_000).rpartition(b"\n")[0])
    code, output = run("estimate", path)
    told, _, answer = output.partition("\n")
    assert (code, told) == (0, "Reckoned for the Ultimaker 3, which the file names.")
    assert run("estimate", path, "--machine", "ultimaker 3") == (0, answer)


@pytest.mark.parametrize("machine", ["", ";TARGET_MACHINE.NAME:Replicator 9\n"])
def test_a_machine_that_nobody_knows_has_the_limits_of_the_tool(machine, run, tmp_path):
    path, config = tmp_path / "part.gcode", tmp_path / "config.json"
    path.write_text(f";START_OF_HEADER\n{machine};END_OF_HEADER\nG1 X100 F6000\n")
    config.write_text("{}")
    code, output = run("estimate", path, "--json")
    told, _, answer = output.partition("{")
    assert code == 0
    assert "klipper_estimator's defaults" in told
    assert "{" + answer == run("estimate", path, "--config", config, "--json")[1]


def test_process_writes_another_file(run, config, tmp_path):
    output = tmp_path / "out.gcode"
    code, said = run("process", POST / "prusa.in.gcode", "--config", config, "--output", output)
    assert (code, said) == (
        0,
        f"{output}: 7 lines of PrusaSlicer 2.7.0+linux-x64 rewritten, the print takes 4m 26s.\n",
    )
    assert output.read_bytes() == (POST / "prusa.out.gcode").read_bytes()
    before = output.read_bytes()
    assert run("process", output, "--config", config, "--output", output)[1].startswith("Nothing is written")
    assert output.read_bytes() == before
    assert run("process", output, "--config", config, "--output", output, "--force")[0] == 0
    assert output.read_bytes().count(b"Processed by") == 2


def test_metadata_for_people_and_programs(run):
    code, output = run("metadata", REAL)
    assert code == 0
    assert "slicer: Cura\nslicer version: 4.13.0\n" in output
    assert json.loads(run("metadata", REAL, "--json")[1])["machine_name"] == "Ultimaker 3"


def test_the_pictures_of_a_file_are_told_and_written(run, tmp_path):
    output = tmp_path / "picture"
    small = run("metadata", SLICED, "--picture", output, "--side", "32")
    assert small == (0, f"{output}: 32 x 18 pixels, png\n")
    size = len(output.read_bytes())
    said = run("metadata", SLICED)[1].splitlines()
    assert f"picture: 32 x 18, png, {size} bytes, made of the largest" in said
    assert len([line for line in said if line.startswith("picture: ")]) == 3
    shown = json.loads(run("metadata", SLICED, "--json")[1])["pictures"]
    assert [(one["width"], one["height"], one["made"]) for one in shown] == [
        (32, 18, True), (48, 48, False), (220, 124, False),
    ]  # fmt: skip
    assert run("metadata", SLICED, "--picture", output)[1] == f"{output}: 220 x 124 pixels, png\n"
    assert len(output.read_bytes()) == shown[2]["size"]
    assert run("metadata", REAL, "--picture", output) == (1, "Error: The file has no picture.\n")


def test_what_a_file_says_cannot_steer_a_terminal(run, tmp_path):
    path = tmp_path / "evil.gcode"
    path.write_bytes(b";Generated with Cura_SteamEngine 5.6.0\x1b[2J\n;TIME:5\nG1 X1 F60\n")
    assert "\x1b" not in run("metadata", path)[1]


def test_a_config_can_be_dumped_and_used(run, tmp_path):
    settings, dumped = tmp_path / "settings.json", tmp_path / "limits.json"
    settings.write_text(json.dumps(KLIPPER))
    code, output = run("dump-config", "--klipper", settings)
    assert code == 0
    assert json.loads(output)["max_acceleration"] == 1500.0
    settings.write_text(json.dumps({"result": {"status": {"configfile": {"settings": KLIPPER}}}}))
    assert run("dump-config", "--klipper", settings) == (0, output)
    dumped.write_text(output)
    assert run("estimate", POST / "prusa.in.gcode", "--config", dumped)[0] == 0
    assert json.loads(run("dump-config", "--machine", "ultimaker s5")[1])["max_velocity"] == 300.0


@pytest.mark.parametrize("machine", MACHINES, ids=lambda machine: machine.id)
def test_every_kind_of_machine_has_a_config_with_which_files_take_as_long(machine, run, tmp_path):
    """Also one that the tool reads: its own keys in its own order, then `marlin`, which it passes over."""
    part, dumped = POST / "prusa.in.gcode", tmp_path / "limits.json"
    code, output = run("dump-config", "--machine", machine.variant)
    config = json.loads(output)
    assert code == 0
    assert Limits.from_config(config) == limits_of(machine)
    assert [key for key in KEYS if key in config] == list(config)
    assert ("marlin" in config) is (machine.flavor == "marlin")
    dumped.write_text(output)
    assert run("estimate", part, "--config", dumped, "--json") == run(
        "estimate", part, "--machine", machine.id, "--json"
    )


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("estimate", "{file}", "--machine", "x"), 1, "There is no machine 'x'."),
        (("estimate", "{file}", "--machine", "Ultimaker S5", "--config", "{config}"), 2, "Say either"),
        (("estimate", "{zero}", "--config", "{config}"), 1, "line 1: a speed of 0 mm/min."),
        (("estimate", "{packed}", "--config", "{config}"), 1, "cannot be analysed"),
        (("estimate", "{file}", "--config", "{file}"), 1, "cannot be read: line 1"),
        (("estimate", "{file}", "--config", "{wrong}"), 1, "is wrong: Expected `float`"),
        (("process", "{file}", "--config", "{config}"), 2, "--output"),
        (("process", "{packed}", "--config", "{config}", "--output", "{out}"), 1, "this file is packed."),
        (("process", "{file}", "--config", "{config}", "--output", "{out}/no/such"), 1, "There is no folder {out}/no."),
        (("preview", "{file}", "--config", "{config}", "--output", "{out}/no/such"), 1, "There is no folder {out}/no."),
        (("estimate", "{file}", "--config", "{bytes}"), 1, "it is no UTF-8 text."),
        (("estimate", "{file}", "--config", "{negative}"), 1, "Expected `float` > 0.0 - at `$.max_velocity`."),
        (("metadata", "{packed}"), 1, "cannot be read"),
        (("dump-config",), 2, "Say one of --machine, --klipper and --printer."),
        (("dump-config", "--klipper", "{wrong}"), 1, "does not say its printer"),
    ],
)
def test_errors_are_one_sentence_and_a_code(arguments, code, sentence, run, config, tmp_path):
    names = {name: tmp_path / name for name in ("file", "zero", "packed", "wrong", "bytes", "negative", "out")}
    names["config"] = config
    names["file"].write_bytes(b"G1 X10 F600\n")
    names["zero"].write_bytes(b"G1 X10 F0\n")
    names["packed"].write_bytes(gzip.compress(b"G1 X1\n" * 1000)[:-9])
    names["wrong"].write_text('{"max_velocity": "fast"}')
    names["bytes"].write_bytes(b"\xff\xfe{}")
    names["negative"].write_text('{"max_velocity": -5}')
    answer = run(*(argument.format(**names) for argument in arguments))
    assert answer[0] == code
    assert sentence.format(**names) in answer[1]
    assert code == 2 or answer[1].count("\n") == 1
    assert "Traceback" not in answer[1]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.0, "0s"), (59.6, "1m 0s"), (90061, "1d 1h 1m 1s"), (float("nan"), "no time that can be told")],
)
def test_durations(seconds, text):
    assert duration_text(seconds) == text
