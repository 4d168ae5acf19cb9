"""No alarm on what slicers write, on the machines that it was sliced for."""

import msgspec
import pytest
from tests.gcode.check.samples import GOOD, GRIFFIN, HEADS, MARLIN, S5, SLICED, findings_of, summary_of

from printyard.gcode.check import Code, Level, check, judge, read_facts
from printyard.gcode.header import read_header

UM3 = msgspec.structs.replace(S5, names=("Ultimaker 3",), volume_mm=(233.0, 215.0, 200.0))
# The boxes and filament are those of the analysis.
OWN_FILES = [
    ("cura_cyl_griffin", UM3, ((8.0, 99.701, 0.3), (154.299, 145.299, 25.0)), 1423.8),
    ("cura_torus_griffin_s5", S5, ((161.88, 116.88, 0.3), (216.12, 171.12, 12.0)), 1149.4),
    ("prusa_complete_objects", MARLIN, ((103.12, 101.659, 0.2), (146.88, 148.354, 10.0)), 839.9),
    ("prusa_cube_marlin2_rel", MARLIN, ((108.643, 108.643, 0.2), (141.357, 141.357, 20.0)), 1412.4),
    ("prusa_cyl_arcs_rel", MARLIN, ((110.231, 111.188, 0.2), (138.814, 138.814, 25.0)), 931.6),
    ("prusa_torus_fwretract", MARLIN, ((99.583, 99.58, 0.2), (150.417, 150.417, 12.0)), 2500.5),
]


def test_no_file_is_left_out():
    assert {f"{name}.gcode.gz" for name, *_ in OWN_FILES} == {path.name for path in SLICED.iterdir()}


@pytest.mark.parametrize(("name", "machine", "extents", "filament_mm"), OWN_FILES, ids=lambda value: str(value)[:22])
def test_a_slicers_own_file_may_be_printed(name, machine, extents, filament_mm):
    path = SLICED / f"{name}.gcode.gz"
    verdict = check(path, machine, path.name, summary=summary_of(extents, (filament_mm,)))
    assert verdict.may_print
    # What is left is true: CuraEngine on the command line leaves values out of its header, and PrusaSlicer's end code
    # leaves the bed on.
    assert {found.code for found in verdict.findings} <= {Code.HEADER_VALUE_MISSING, Code.HEATER_LEFT_ON}
    assert [found.message for found in verdict.findings if found.code is Code.HEATER_LEFT_ON] == (
        ["The file ends with the bed set to 60 degrees."] if name.startswith("prusa") else []
    )


@pytest.mark.parametrize("path", sorted(HEADS.glob("*.gcode")), ids=lambda path: path.name)
def test_the_heads_of_all_slicers_raise_no_alarm(path):
    findings = judge(read_facts(path, path.name), MARLIN, path.name).findings
    assert [found for found in findings if found.level is not Level.NOTE] == []


@pytest.mark.parametrize("path", sorted(HEADS.glob("bgcode/*.bgcode")), ids=lambda path: path.name)
def test_binary_files_raise_no_alarm(path):
    findings = judge(read_facts(path, path.name), MARLIN, path.name).findings
    assert {found.code for found in findings} <= {Code.HEATER_LEFT_ON}


def test_the_small_files_of_these_tests_are_without_blame():
    assert findings_of(GOOD, summary=summary_of()) == ()
    assert read_header(GRIFFIN.encode()).faults == ()
    assert findings_of(GRIFFIN, S5, summary=summary_of()) == ()


# Start code as it stands in the slicers' profiles; each leaves the printer homed and hot its own way.
STARTS = {
    "mini": "G90\nM83\nM104 S170\nM140 S60\nM109 R170\nM190 S60\nG28\nG29\nM104 S215\nG92 E0\nG1 Y-2 X179 F2400\n"
    "M109 S215\nG1 X170 F1000\nG1 X110 E8 F900\nG92 E0\n",
    "ender": "G92 E0\nM140 S60\nM104 S200\nM190 S60\nM109 S200\nG28\nG1 Z2.0 F3000\nG1 X10.1 Y20 Z0.28 F5000.0\n"
    "G1 X10.1 Y200.0 Z0.28 F1500.0 E15\nG92 E0\nM83\n",
    "lifts first": "G91\nG1 Z5\nG90\nG28\nM109 S200\nM83\n",
    "klipper": "PRINT_START EXTRUDER=215 BED=60\nM83\n",
    "klipper, its own words": "SET_HEATER_TEMPERATURE HEATER=heater_bed TARGET=60\nG28\n"
    "SET_HEATER_TEMPERATURE HEATER=extruder TARGET=210\nTEMPERATURE_WAIT SENSOR=extruder MINIMUM=205\nM83\n",
    "objects named": "EXCLUDE_OBJECT_DEFINE NAME=cube CENTER=1,1\nSTART_PRINT\nM83\n",
    "reprap": 'M98 P"start.g"\nM83\n',
    "reprap tools": "G28\nG10 P0 S210 R160\nT0\nM116\nM83\n",
    "line numbers": "N1 G28*18\nN2 M109 S210*77\nN3 M83*5\n",
    "no blanks": "G28XY\nG28Z\nM109S210\nM83\n",
    "lower case": "g28\nm109 s210\nm83\n",
    "carriage returns": "G28\r\nM109 S210\r\nM83\r\n",
    "bambu": "M104 S75\nM140 S60\nG28\nM104 S140\nG1 X60 F12000\nM109 S140\nG1 E-1 F300\nM104 S220\nM109 S220\nM83\n",
    "cold pull is allowed": "M302 P1\nG28\nM109 S100\nM83\n",
    "shared nozzle": "G28\nT0\nM109 S210\nM83\nG1 X5 E3\nT1\n",
}
ENDS = {
    "klipper": "END_PRINT\n",
    "retracts when off": "M104 S0\nM140 S0\nG92 E1\nG1 E-4 F300\nG1 X0 Y200\nG1 E5\nM84\n",
    "relative": "G91\nG1 E-2 F2700\nG1 E-2 Z0.2\nG90\nM104 S0\nM140 S0\nM84 X Y E\n",
    "klipper, its own words": "TURN_OFF_HEATERS\n",
}


@pytest.mark.parametrize("name", STARTS)
def test_start_code_raises_no_alarm(name):
    body = "G1 X10 Y10 Z0.2 F6000\n" + "G1 X60 Y10 E2 F1200\nG1 X60 Y60 E2\n" * 10
    assert findings_of(STARTS[name] + body + "M104 S0\nM140 S0\n") == ()


@pytest.mark.parametrize("name", ENDS)
def test_end_code_raises_no_alarm(name):
    body = "G1 X10 Y10 Z0.2 F6000\n" + "G1 X60 Y10 E2 F1200\n" * 10
    assert findings_of("M104 S210\nM140 S60\nM109 S210\nG28\nM83\n" + body + ENDS[name]) == ()


def test_two_extruders_that_stand_by_in_turn_raise_no_alarm():
    """The printer heats both by the header; the file only lowers the one that waits, and heats it again in its turn."""
    second = GRIFFIN[GRIFFIN.index(";EXTRUDER_TRAIN.0") : GRIFFIN.index(";BUILD_PLATE.TYPE")].replace("N.0.", "N.1.")
    turns = "".join(
        f"G1 F1500 E5.5\nM104 T{tool} S100\nT{1 - tool}\nG92 E0\nM109 T{1 - tool} S205\nG1 X50 Y50 E1\nG1 X90 Y50 E12\n"
        for tool in (0, 1, 0, 1)
    )
    text = GRIFFIN.replace(";BUILD_PLATE.TYPE", second.replace("AA 0.4", "BB 0.4") + ";BUILD_PLATE.TYPE")
    text = text.replace("M104 S0\n", turns + "M104 S0\nM104 T1 S0\n")
    assert findings_of(text, S5, summary=summary_of(filament_mm=(500.0, 500.0))) == ()
    (cold,) = findings_of(text.replace("M109 T1 S205\n", ""), S5, summary=summary_of(filament_mm=(500.0, 500.0)))
    assert (cold.code, cold.data) == (Code.COLD_EXTRUSION, "100")
