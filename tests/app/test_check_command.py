"""`printyard gcode check`, as a person types it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from printyard.app.check_command import check

SLICED = Path(__file__).parents[1] / "data" / "gcode"
S5_FILE = SLICED / "cura_torus_griffin_s5.gcode.gz"
PRUSA_FILE = SLICED / "prusa_cube_marlin2_rel.gcode.gz"


def run(*words):
    return CliRunner().invoke(check, [str(word) for word in words])


@pytest.mark.parametrize(
    ("file", "machine"),
    [(S5_FILE, "Ultimaker S5"), (S5_FILE, "ultimaker_s5"), (PRUSA_FILE, "Generic Marlin printer"), (PRUSA_FILE, None)],
)
def test_a_file_may_be_printed_on_its_machine(file, machine):
    answer = run(file, *(() if machine is None else ("--machine", machine)))
    assert answer.exit_code == 0
    assert answer.output.endswith("It may be printed.\n")


def test_another_machine_is_refused_with_the_reason():
    answer = run(S5_FILE, "--machine", "Ultimaker 3")
    assert answer.exit_code == 1
    lines = answer.output.splitlines()
    assert lines[0] == ("error: The file was sliced for the Ultimaker S5, not for the Ultimaker 3. [MACHINE_MISMATCH]")
    assert lines[-1] == "It may not be printed."


def test_the_verdict_in_json():
    answer = run(S5_FILE, "--machine", "Generic Klipper printer", "--json")
    verdict = json.loads(answer.output)
    assert (answer.exit_code, verdict["may_print"]) == (1, False)
    assert verdict["findings"][0]["code"] == "FLAVOR_MISMATCH"


def test_an_unknown_machine_is_answered_with_those_that_are_known():
    answer = run(S5_FILE, "--machine", "Voron")
    assert answer.exit_code == 1
    assert "There is no machine 'Voron'." in answer.output
    assert "Ultimaker S5" in answer.output


def test_a_line_is_told(tmp_path):
    file = tmp_path / "part.gcode"
    file.write_text("G28\nM109 S200\nM502\nM104 S0\n")
    assert run(file).output.splitlines()[0] == (
        "error: line 3: The file sets steps, offsets and heater control back to the factory's (M502): "
        "a print has no need to. [HARMS_PRINTER]"
    )
