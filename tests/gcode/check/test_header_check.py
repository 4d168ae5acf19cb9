import gzip
from pathlib import Path

import msgspec
import pytest

from printyard.gcode.check import Code, Level, MachineFacts, ToolFacts, check_header
from printyard.gcode.header import ExtruderTrain, GriffinHeader, read_header

DATA = Path(__file__).parents[2] / "data" / "gcode"
PLA = "506c9f0d-e3aa-4bd4-b2d2-23e2425b1aa9"
PVA = "86a89ceb-4159-47f6-ab97-e9953803d70f"
AA = ToolFacts(nozzle_mm=0.4, core_name="AA 0.4", material_guid=PLA)
BB = ToolFacts(nozzle_mm=0.4, core_name="BB 0.4", material_guid=PVA)
S5 = MachineFacts(names=("Ultimaker S5", "UltiMaker S5 Pro"), volume_mm=(330, 240, 300), tools=(AA, BB))
UM3 = MachineFacts(names=("Ultimaker 3",), volume_mm=(233, 215, 200), tools=(AA, BB))
HEADER = GriffinHeader(
    machine_name="Ultimaker S5",
    min_mm=(9, 6, 0.27),
    max_mm=(330, 240, 300),
    extruders=(
        ExtruderTrain(number=0, nozzle_mm=0.4, nozzle_name="AA 0.4", material_guid=PLA, filament_mm3=100),
        ExtruderTrain(number=1, nozzle_mm=0.4, nozzle_name="BB 0.4", material_guid=PVA, filament_mm3=10),
    ),
)


def changed(**changes):
    return msgspec.structs.replace(HEADER, **changes)


def first_with(**changes):
    return changed(extruders=(msgspec.structs.replace(HEADER.extruders[0], **changes), HEADER.extruders[1]))


def codes(header, machine=S5):
    return [finding.code for finding in check_header(header, (), machine)]


@pytest.mark.parametrize(("name", "machine"), [("cura_cyl_griffin", UM3), ("cura_torus_griffin_s5", S5)])
def test_a_slicers_own_file_fits_its_machine(name, machine):
    reading = read_header(gzip.decompress((DATA / f"{name}.gcode.gz").read_bytes())[:4096])
    findings = check_header(reading.header, reading.faults, machine)
    assert {finding.code for finding in findings} == {Code.HEADER_VALUE_MISSING}
    assert {finding.level for finding in findings} == {Level.WARNING}


@pytest.mark.parametrize("path", sorted(DATA.glob("prusa*.gz")), ids=lambda path: path.name)
def test_a_file_without_header_is_only_warned_of(path):
    reading = read_header(gzip.decompress(path.read_bytes())[:4096])
    assert [(f.code, f.level) for f in check_header(reading.header, reading.faults, S5)] == [
        (Code.HEADER_NOT_PRESENT, Level.WARNING)
    ]


@pytest.mark.parametrize("name", ["Ultimaker S5", "UltiMaker S5", "ultimaker_s5", "UltiMaker S5 Pro", ""])
def test_the_machines_names_are_accepted(name):
    assert codes(changed(machine_name=name)) == []


def test_another_machine_is_an_error_that_names_both():
    (finding,) = check_header(changed(machine_name="Ultimaker 3"), (), S5)
    assert (finding.code, finding.level, finding.data) == (Code.MACHINE_MISMATCH, Level.ERROR, "Ultimaker 3")
    assert "Ultimaker 3" in finding.message
    assert "Ultimaker S5" in finding.message


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"nozzle_name": "BB 0.4"}, [Code.NOZZLE_MISMATCH]),
        ({"nozzle_name": "AA 0.8", "nozzle_mm": 0.8}, [Code.NOZZLE_MISMATCH]),
        ({"nozzle_name": "", "nozzle_mm": 0.8}, [Code.NOZZLE_MISMATCH]),
        ({"nozzle_name": "unknown"}, []),
        ({"nozzle_name": "", "nozzle_mm": None}, []),
        ({"material_guid": PVA}, [Code.MATERIAL_MISMATCH]),
        ({"material_guid": ""}, []),
        ({"material_guid": PLA.upper()}, []),
        ({"material_guid": PVA, "nozzle_mm": 0.8, "filament_mm3": 0}, []),
        ({"material_guid": PVA, "filament_mm3": None}, [Code.MATERIAL_MISMATCH]),
        ({"number": 2}, [Code.EXTRUDER_ABSENT]),
    ],
)
def test_what_an_extruder_asks_for_is_compared_with_what_it_has(change, expected):
    assert codes(first_with(**change)) == expected


def test_what_nobody_knows_of_the_machine_is_no_mismatch():
    assert codes(first_with(material_guid=PVA, nozzle_mm=0.8), MachineFacts()) == []
    bare = MachineFacts(tools=(ToolFacts(), ToolFacts()))
    assert codes(first_with(material_guid=PVA, nozzle_mm=0.8), bare) == []


@pytest.mark.parametrize(
    ("low", "high", "axes"),
    [
        ((9, 6, 0.27), (330.4, 240.4, 300.4), ""),
        ((-0.4, -0.4, 0), (20, 20, 20), ""),
        ((-1, 6, 0.27), (100, 100, 100), "X"),
        ((9, 6, 0.27), (331, 241, 301), "XYZ"),
        ((0, 0, 0), (0.01, 0.01, 0.01), ""),
        ((100000, 100000, 100000), (-100000, -100000, -100000), ""),
    ],
)
def test_the_extent_must_lie_in_the_build_volume(low, high, axes):
    findings = check_header(changed(min_mm=low, max_mm=high), (), S5)
    assert "".join(finding.data[0] for finding in findings) == axes
    assert {finding.code for finding in findings} <= {Code.OUT_OF_BUILD_VOLUME}


def test_findings_go_over_the_wire_as_they_are():
    (finding,) = check_header(changed(machine_name="X"), (), S5)
    assert msgspec.to_builtins(finding)["code"] == "MACHINE_MISMATCH"
