"""A small file in three parts, of which a test spoils one, the machines that it fits, and the slicers' own files."""

import io
from pathlib import Path

from printyard.gcode.check import MachineFacts, ToolFacts, check, read_facts
from printyard.gcode.plan import Extents, Summary

SLICED = Path(__file__).parents[2] / "data" / "gcode"
HEADS = Path(__file__).parents[1] / "data"

PLA = "506c9f0d-e3aa-4bd4-b2d2-23e2425b1aa9"
MARLIN = MachineFacts(
    volume_mm=(250.0, 210.0, 210.0),
    flavor="marlin",
    max_nozzle_celsius=280.0,
    max_bed_celsius=110.0,
    has_bed=True,
    has_chamber=False,
    tools=(ToolFacts(nozzle_mm=0.4, material_type="PLA", max_celsius=240.0),),
)
_CORES = (ToolFacts(nozzle_mm=0.4, core_name="AA 0.4", material_guid=PLA), ToolFacts(core_name="BB 0.4"))
S5 = MachineFacts(
    names=("Ultimaker S5",),
    volume_mm=(330.0, 240.0, 300.0),
    flavor="griffin",
    plate_type="glass",
    max_nozzle_celsius=280.0,
    max_bed_celsius=140.0,
    has_bed=True,
    has_chamber=False,
    tools=_CORES,
)

START = "M140 S60\nM104 S210\nG28\nM190 S60\nM109 S210\nG90\nM83\n"
PRINT = ";LAYER:0\nG1 X10 Y10 Z0.2 F6000\nG1 X60 Y10 E2 F1200\nG1 X60 Y60 E2\n"
END = "M104 S0\nM140 S0\nM84\n"
GOOD = START + PRINT + END

GRIFFIN = f"""\
;START_OF_HEADER
;HEADER_VERSION:0.1
;FLAVOR:Griffin
;GENERATOR.NAME:Cura_SteamEngine
;GENERATOR.VERSION:5.9.0
;GENERATOR.BUILD_DATE:2024-11-13
;TARGET_MACHINE.NAME:Ultimaker S5
;EXTRUDER_TRAIN.0.INITIAL_TEMPERATURE:205
;EXTRUDER_TRAIN.0.MATERIAL.VOLUME_USED:2000
;EXTRUDER_TRAIN.0.MATERIAL.GUID:{PLA}
;EXTRUDER_TRAIN.0.NOZZLE.DIAMETER:0.4
;EXTRUDER_TRAIN.0.NOZZLE.NAME:AA 0.4
;BUILD_PLATE.TYPE:glass
;BUILD_PLATE.INITIAL_TEMPERATURE:60
;BUILD_VOLUME.TEMPERATURE:28
;PRINT.TIME:600
;PRINT.GROUPS:1
;PRINT.SIZE.MIN.X:9
;PRINT.SIZE.MIN.Y:6
;PRINT.SIZE.MIN.Z:0.27
;PRINT.SIZE.MAX.X:180
;PRINT.SIZE.MAX.Y:130
;PRINT.SIZE.MAX.Z:20
;END_OF_HEADER
T0
G0 F7200 X9 Y6 Z2
G280
G1 F1500 E-6.5
G1 X100 Y100 E12
M104 S0
"""


def summary_of(extents=((10, 10, 0.2), (60, 60, 20)), filament_mm=(1000.0,)):
    low, high = extents
    return Summary(
        total_seconds=60.0,
        moves=3,
        layers=1,
        filament_mm=filament_mm,
        extents=Extents(low, high),
        first_extrusion_seconds=1.0,
        event_count=0,
        kinds=(),
    )


def facts_of(text):
    return read_facts(io.BytesIO(text.encode()), "a.gcode")


def findings_of(data, machine=MARLIN, name="a.gcode", summary=None):
    stream = io.BytesIO(data.encode() if isinstance(data, str) else data)
    return check(stream, machine, name, summary=summary).findings


def codes_of(data, machine=MARLIN, name="a.gcode", summary=None):
    return [found.code for found in findings_of(data, machine, name, summary)]
