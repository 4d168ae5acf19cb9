"""`printyard gcode preview`."""

import pytest
from click.testing import CliRunner

from printyard.app.cli import main
from printyard.gcode.preview import Preview

GCODE = ";FLAVOR:Marlin\nM83\n;LAYER:0\n;TYPE:SKIN\nG1 F600 X5 E1\n;LAYER:1\nG0 X9\nG1 Z1 F600\nG1 X5 E1\n"


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.setenv("PRINTYARD_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("NUMBA_CACHE_DIR", "")  # the code that the other tests have compiled
    (tmp_path / "config.json").write_text('{"max_velocity": 100, "max_acceleration": 1000}')

    def run_with(*arguments):
        options = ("--config", str(tmp_path / "config.json"), "--output", str(tmp_path / "out"))
        return CliRunner().invoke(main, ["gcode", "preview", *arguments, *options])

    return run_with


@pytest.mark.slow
@pytest.mark.parametrize(("options", "lines"), [((), 2), (("--no-travels",), 1)])
def test_a_file_is_drawn(options, lines, run, tmp_path):
    (tmp_path / "a.gcode").write_text(GCODE)
    result = run(str(tmp_path / "a.gcode"), *options)
    assert result.exit_code == 0, result.output
    assert "2 layers, 4 moves" in result.output
    with Preview.open(tmp_path / "out") as preview:
        assert len(preview.layer(1)) == lines
    assert sorted(path.name for path in tmp_path.iterdir() if path.name != "data") == ["a.gcode", "config.json", "out"]


def test_a_broken_file_is_named_in_one_sentence(run, tmp_path):
    (tmp_path / "a.gcode").write_bytes(b"\x1f\x8b\x08")
    result = run(str(tmp_path / "a.gcode"))
    assert result.exit_code == 1
    assert "cut off" in result.output
    assert not (tmp_path / "out").exists()
