"""What is said of a file: measured where it was measured, else what the slicer claims."""

import math
import subprocess
import sys

import pytest

from printyard.core.errors import Invalid
from printyard.gcode.limits import Limits
from printyard.gcode.metadata import Metadata, ToolMetadata
from printyard.infra.workers import analyst
from printyard.infra.workers.analyst import tools_of
from printyard.infra.workers.process import worker_environment
from printyard.infra.workers.tasks import MakePlan


def area(diameter):
    return math.pi * diameter**2 / 4


def test_a_tool_has_the_measured_length_and_the_claimed_volume():
    claims = (ToolMetadata(number=0, filament_mm=999.0, filament_mm3=700.0, nozzle_mm=0.4, nozzle_name="AA 0.4"),)
    (tool,) = tools_of(Metadata(tools=claims), (100.0,))
    assert (tool.filament_mm, tool.filament_mm3, tool.nozzle_mm, tool.nozzle_name) == (100.0, 700.0, 0.4, "AA 0.4")


@pytest.mark.parametrize(("flavor", "diameter"), [("Griffin", 2.85), ("UltiGCode", 2.85), ("Marlin", 1.75), ("", 1.75)])
def test_without_a_claim_the_flavor_tells_the_diameter(flavor, diameter):
    (tool,) = tools_of(Metadata(flavor=flavor), (100.0,))
    assert tool.filament_mm3 == pytest.approx(100.0 * area(diameter))


def test_tools_that_lay_down_nothing_and_are_not_claimed_are_left_out():
    claims = (ToolMetadata(number=3, filament_mm=50.0, material_guid="guid"),)
    tools = tools_of(Metadata(tools=claims, first_layer_celsius=210.0), (0.0, 20.0, 0.0))
    assert [(tool.tool, tool.filament_mm, tool.material_guid) for tool in tools] == [(1, 20.0, ""), (3, 50.0, "guid")]
    assert [tool.initial_celsius for tool in tools] == [210.0, 210.0]


def test_without_numba_plain_python_answers(tmp_path):
    (tmp_path / "part.gcode").write_bytes(b"G28\nM83\nG1 X10 F6000\nG1 X60 E2\n")
    code = (
        "import sys; sys.modules['numba'] = None\n"
        "from pathlib import Path\n"
        "from printyard.gcode.limits import Limits\n"
        "from printyard.infra.workers import analyst\n"
        "from printyard.infra.workers.tasks import MakePlan, Warm\n"
        f"folder = Path({str(tmp_path)!r})\n"
        "limits = Limits().to_config()\n"
        "task = MakePlan(source=folder / 'part.gcode', plan=folder / 'plan', limits=limits, content_size=9)\n"
        "print(analyst.warm(Warm(), print).compiled, analyst.make_plan(task, lambda done: None).extent_max_mm)\n"
    )
    said = subprocess.run([sys.executable, "-c", code], env=worker_environment(), capture_output=True, check=True)
    assert said.stdout.decode().strip() == "False (60.0, 0.0, 0.0)"


def test_a_small_file_that_asks_for_endless_arcs_is_refused_and_leaves_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(analyst, "PLAN_BYTES", 1 << 20)
    source = tmp_path / "arcs.gcode"
    source.write_bytes(b"G1 X10 Y10 E1 F6000\n" + b"G2 X10 Y10 I90000 J0 E9\n" * 40)
    task = MakePlan(
        source=source, plan=tmp_path / "plan", limits=Limits(mm_per_arc_segment=1.0).to_config(), content_size=1000
    )
    with pytest.raises(Invalid) as told:
        analyst.make_plan(task, lambda done: None)
    assert told.value.code == "plan_size"
    assert [path.name for path in tmp_path.iterdir()] == ["arcs.gcode"]
