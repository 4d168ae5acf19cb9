"""The limits of a printer of the yard, whatever its driver, as a configuration file."""

import json

import pytest
from click.testing import CliRunner

from printyard.app.cli import main
from printyard.core.analysis import limits_of
from printyard.drivers.virtual.machines import machine_named
from printyard.gcode.limits import Limits


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("PRINTYARD_ADMIN_TOKEN", "dumped")
    monkeypatch.setenv("PRINTYARD_PORT", "0")

    def call(*arguments):
        result = CliRunner().invoke(main, ["--data", str(tmp_path), *arguments])
        return result.exit_code, result.output

    return call


def test_the_limits_of_a_printer_are_those_of_its_kind(run):
    assert run("printer", "add", "Luke", "--set", "model=Generic Marlin printer") == (0, "luke\n")
    code, output = run("gcode", "dump-config", "--printer", "luke")
    assert code == 0
    assert Limits.from_config(json.loads(output)) == limits_of(machine_named("Generic Marlin printer"))
    code, output = run("gcode", "dump-config", "--printer", "leia")
    assert (code, "Traceback" in output) == (1, False)
