import gzip
import io
import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from printyard.gcode.metadata import Ends, Metadata, Sample, read_metadata, read_sample
from printyard.gcode.source import open_gcode, verify
from printyard.gcode.thumbnails import decode_thumbnail

FILES = Path(__file__).parents[1] / "data" / "gcode"
GOLDEN = Path(__file__).parent / "data"

# Where Moonraker 0.11.0 says something else of the same file, and why we don't.
DEVIATIONS = {
    # It overlooks the time in the header, and that the one tool weighs what all weigh.
    "bambu": {"estimated_time": 4089.0, "filament_weights": [3.7]},
}


def metadata_of(data):
    with open_gcode(io.BytesIO(data)) as source:
        return read_metadata(source)


def in_moonrakers_words(metadata, data):
    """The same facts under the names of Moonraker's /server/files/metadata, whose recorded answers are the oracle."""

    def joined(words):
        known = [word for word in words if word]
        return known[0] if len(known) == 1 else json.dumps(known) if known else None

    tools = metadata.tools
    words = {
        "size": len(data),
        "slicer": metadata.slicer or "Unknown",
        "slicer_version": metadata.slicer_version or "?",
        "gcode_start_byte": metadata.commands_start - 1,
        "gcode_end_byte": metadata.commands_end,
        "layer_count": metadata.layer_count,
        "object_height": metadata.object_height_mm,
        "estimated_time": metadata.estimated_seconds,
        "nozzle_diameter": metadata.nozzle_mm,
        "layer_height": metadata.layer_mm,
        "first_layer_height": metadata.first_layer_mm,
        "first_layer_extr_temp": metadata.first_layer_celsius,
        "first_layer_bed_temp": metadata.first_layer_bed_celsius,
        "chamber_temp": metadata.chamber_celsius,
        "filament_name": joined(tool.material_name for tool in tools),
        "filament_type": joined(tool.material_type for tool in tools),
        "filament_colors": [tool.filament_color for tool in tools if tool.filament_color],
        "extruder_colors": [tool.extruder_color for tool in tools if tool.extruder_color],
        "filament_temps": [tool.celsius for tool in tools if tool.celsius is not None],
        "filament_change_count": metadata.filament_changes,
        "referenced_tools": list(metadata.referenced_tools),
        "mmu_print": None if (shared := metadata.single_nozzle_multi_material) is None else int(shared),
        "filament_total": metadata.filament_mm,
        "filament_weight_total": metadata.filament_grams,
        "filament_weights": [tool.filament_grams for tool in tools if tool.filament_grams is not None],
        "printer_vendor": metadata.printer_vendor,
        "printer_model": metadata.printer_model,
        "printer_variant": metadata.printer_variant,
        "profile_version": metadata.profile_version,
    }
    return {key: value for key, value in words.items() if value not in (None, "", [])}


def test_no_slicer_is_left_out():
    """Eleven, and each with what Moonraker found in its file."""
    files = {path.stem for path in GOLDEN.glob("*.gcode")}
    assert files == {path.name.removesuffix(".moonraker.json") for path in GOLDEN.glob("*.moonraker.json")}
    assert len(files) == 11


@pytest.mark.parametrize("name", sorted(path.stem for path in GOLDEN.glob("*.gcode")))
def test_the_facts_are_those_that_moonraker_found(name):
    data = (GOLDEN / f"{name}.gcode").read_bytes()
    expected = json.loads((GOLDEN / f"{name}.moonraker.json").read_text())
    expected |= DEVIATIONS.get(name, {})
    expected.pop("thumbnails", None)  # test_developing has them
    assert in_moonrakers_words(metadata_of(data), data) == {k: v for k, v in expected.items() if v != []}


VARIANTS = json.loads((GOLDEN / "moonraker_variants.json").read_text())
PLACES = {"size", "gcode_start_byte", "gcode_end_byte", "thumbnails"}


@pytest.mark.parametrize("row", VARIANTS, ids=lambda row: f"{row['file']}: {row['change'][1].strip()[:60]}")
def test_the_facts_of_a_changed_file_are_those_that_moonraker_found(row):
    """Each row has a change of one of the files, what Moonraker 0.11.0 then says otherwise, and what we do, and why."""
    data, (old, new) = (GOLDEN / f"{row['file']}.gcode").read_bytes(), row["change"]
    assert data.count(old.encode()) >= 1
    found = in_moonrakers_words(*with_data(data.replace(old.encode(), new.encode(), 1)))
    expected = json.loads((GOLDEN / f"{row['file']}.moonraker.json").read_text())
    expected |= DEVIATIONS.get(row["file"], {}) | row["moonraker"] | row.get("ours", {})
    assert ("ours" in row) == ("why" in row)
    assert {key: value for key, value in found.items() if key not in PLACES} == {
        key: value for key, value in expected.items() if key not in PLACES and value not in (None, "", [])
    }


def with_data(data):
    return metadata_of(data), data


def test_pictures_are_found_where_they_stand():
    data = (GOLDEN / "prusa.gcode").read_bytes()
    spots = metadata_of(data).thumbnails
    pictures = [decode_thumbnail(data[spot.offset : spot.offset + spot.length]) for spot in spots]
    recorded = json.loads((GOLDEN / "prusa.moonraker.json").read_text())["thumbnails"][1:]
    assert [(p.width, p.height, len(p.data)) for p in pictures] == [
        (entry["width"], entry["height"], entry["size"]) for entry in recorded
    ]
    assert [(spot.width, spot.height) for spot in spots] == [(48, 48), (220, 124)]


@pytest.mark.parametrize(
    ("name", "machine", "seconds", "layers", "height"),
    [
        ("cura_cyl_griffin", "Ultimaker 3", 4943.226552, 248, 25.0),
        ("cura_torus_griffin_s5", "Ultimaker S5", 4464.07864, 118, 12.0),
    ],
)
def test_a_griffin_file_with_placeholders_is_read_from_its_layers(name, machine, seconds, layers, height):
    metadata = metadata_of((FILES / f"{name}.gcode.gz").read_bytes())
    assert (metadata.slicer, metadata.slicer_version, metadata.flavor) == ("Cura", "4.13.0", "Griffin")
    assert (metadata.machine_name, metadata.estimated_seconds) == (machine, seconds)
    assert (metadata.layer_count, metadata.layer_mm, metadata.first_layer_mm) == (layers, 0.1, 0.3)
    assert metadata.object_height_mm == height
    assert (metadata.first_layer_celsius, metadata.first_layer_bed_celsius) == (215.0, 60.0)
    assert metadata.nozzle_mm == 0.4
    assert metadata.tools[0].nozzle_name == ""
    assert metadata.filament_mm is None


@pytest.mark.parametrize(
    ("name", "seconds", "millimetres", "height"),
    [
        ("prusa_complete_objects", 1293.0, 840.7, 10.0),
        ("prusa_cube_marlin2_rel", 932.0, 1413.19, 20.0),
        ("prusa_cyl_arcs_rel", 1627.0, 2578.64, 25.0),
        ("prusa_torus_fwretract", 1605.0, 2500.52, 12.0),
    ],
)
def test_a_prusaslicer_file_is_read_from_its_tail(name, seconds, millimetres, height):
    metadata = metadata_of((FILES / f"{name}.gcode.gz").read_bytes())
    assert (metadata.slicer, metadata.slicer_version, metadata.flavor) == ("PrusaSlicer", "2.5.0", "marlin2")
    assert (metadata.estimated_seconds, metadata.filament_mm) == (seconds, millimetres)
    assert metadata.filament_grams is None  # written as 0.00, for want of a density
    assert metadata.object_height_mm == height
    assert (metadata.first_layer_celsius, metadata.first_layer_bed_celsius) == (215.0, 65.0)
    assert (metadata.tools[0].material_type, metadata.tools[0].celsius) == ("PLA", 210.0)
    assert metadata.machine_name == ""


GRIFFIN = b""";START_OF_HEADER
;HEADER_VERSION:0.1
;FLAVOR:Griffin
;GENERATOR.NAME:Cura_SteamEngine
;GENERATOR.VERSION:5.6.0
;TARGET_MACHINE.NAME:Ultimaker S5
;EXTRUDER_TRAIN.0.INITIAL_TEMPERATURE:205
;EXTRUDER_TRAIN.0.MATERIAL.VOLUME_USED:0
;EXTRUDER_TRAIN.0.NOZZLE.DIAMETER:0.8
;EXTRUDER_TRAIN.1.INITIAL_TEMPERATURE:220
;EXTRUDER_TRAIN.1.MATERIAL.VOLUME_USED:6379
;EXTRUDER_TRAIN.1.MATERIAL.GUID:506c9f0d-e3aa-4bd4-b2d2-23e2425b1aa9
;EXTRUDER_TRAIN.1.NOZZLE.DIAMETER:0.4
;EXTRUDER_TRAIN.1.NOZZLE.NAME:BB 0.4
;BUILD_PLATE.INITIAL_TEMPERATURE:60
;PRINT.TIME:5410
;PRINT.SIZE.MIN.X:9
;PRINT.SIZE.MIN.Y:6
;PRINT.SIZE.MIN.Z:0.27
;PRINT.SIZE.MAX.X:190.5
;PRINT.SIZE.MAX.Y:150
;PRINT.SIZE.MAX.Z:30.27
;SLICE_UUID:abc
;END_OF_HEADER
T0
;LAYER_COUNT:301
"""


@pytest.mark.parametrize("generator", [b"Cura_SteamEngine", b"Another"])
def test_the_header_feeds_the_facts(generator):
    metadata = metadata_of(GRIFFIN.replace(b"Cura_SteamEngine", generator))
    assert metadata.slicer == {b"Cura_SteamEngine": "Cura", b"Another": "Another"}[generator]
    assert (metadata.slicer_version, metadata.slice_uuid) == ("5.6.0", "abc")
    assert (metadata.estimated_seconds, metadata.object_height_mm) == (5410.0, 30.27)
    unused, used = metadata.tools
    assert (unused.filament_mm, used.filament_mm3) == (0.0, 6379.0)
    assert used.filament_mm == pytest.approx(999.94, abs=0.01)
    assert (used.material_guid, used.nozzle_name) == ("506c9f0d-e3aa-4bd4-b2d2-23e2425b1aa9", "BB 0.4")
    assert (metadata.nozzle_mm, metadata.first_layer_celsius) == (0.4, 220.0)  # of the tool that prints


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        (";TIME:6666\n;Filament used: 0m\n;MAXZ:-2.14748e+06\n;MINZ:2.14748e+06", (None, None, None)),
        (";TIME:30\n;Filament used: 2.5m\n;MAXZ:5", (30.0, 2500.0, 5.0)),
        (";TIME:6666\n;TIME_ELAPSED:12.5\n;TIME_ELAPSED:99.5", (99.5, None, None)),
    ],
)
def test_curas_placeholders_are_no_facts(text, facts):
    metadata = metadata_of(f";FLAVOR:Marlin\n{text}\n;Generated with Cura_SteamEngine 5.6.0\n".encode())
    assert (metadata.estimated_seconds, metadata.filament_mm, metadata.object_height_mm) == facts


def test_simplify3d_lists_the_setpoints_of_all_heaters_in_one():
    metadata = metadata_of(
        b"; G-Code generated by Simplify3D(R) Version 4.1.2\n;   layerHeight,0.2\n;   firstLayerHeightPercentage,90\n"
        b";   temperatureName,Extruder 1,Heated Bed\n;   temperatureSetpointCount,2,1\n"
        b";   temperatureSetpointTemperatures,210,200,60\n;   Build time: 1 hour 2 minutes\n"
    )
    assert (metadata.first_layer_celsius, metadata.first_layer_bed_celsius) == (210.0, 60.0)
    assert (metadata.first_layer_mm, metadata.estimated_seconds) == (0.18, 3720.0)


def test_filament_of_several_tools_is_summed():
    kisslicer = metadata_of(b"; KISSlicer - PRO\n; version 2.0\n; Ext #1 =  100.5 mm\n; Ext #2 =   20.0 mm\n")
    ideamaker = metadata_of(b";Sliced by ideaMaker 5.0.6, 2024\n;Material#1 Used: 100.5\n;Material#2 Used: 20.0\n")
    for metadata in (kisslicer, ideamaker):
        assert [tool.filament_mm for tool in metadata.tools] == [100.5, 20.0]
        assert metadata.filament_mm == 120.5


def test_volumes_of_an_ultimaker_2_are_volumes():
    metadata = metadata_of(
        b";FLAVOR:UltiGCode\n;TIME:346\n;MATERIAL:2113\n;MATERIAL2:0\n;NOZZLE_DIAMETER:0.4\n"
        b";Generated with Cura_SteamEngine 4.13.0\n"
    )
    assert [(tool.filament_mm, tool.filament_mm3) for tool in metadata.tools] == [(None, 2113.0)]
    assert metadata.nozzle_mm == 0.4


def test_every_packing_gives_the_same_facts(tmp_path):
    data = (GOLDEN / "prusa.gcode").read_bytes()
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("/3D/model.gcode", data)
    plain = metadata_of(data)
    assert metadata_of(gzip.compress(data)) == plain
    assert metadata_of(package.getvalue()) == plain
    assert metadata_of(data.replace(b"\n", b"\r\n")).tools == plain.tools


def test_the_middle_of_a_long_file_is_not_read():
    class Counted(io.BytesIO):
        taken = 0

        def read(self, size=-1):
            data = super().read(size)
            self.taken += len(data)
            return data

    end = (GOLDEN / "orca.gcode").read_bytes()
    stream = Counted(b"; generated by OrcaSlicer 2.2.0 on today\n" + b"G1 X1 Y1 E1\n" * 1_000_000 + end)
    with open_gcode(stream) as source:
        metadata = read_metadata(source)
    assert (metadata.estimated_seconds, metadata.slicer_version) == (184.0, "2.2.0")
    assert stream.taken < 3_000_000


def test_the_ends_can_be_kept_during_the_check_of_the_file():
    path = FILES / "cura_torus_griffin_s5.gcode.gz"
    ends = Ends()
    verify(path, also=(ends.feed,))
    assert read_sample(ends.sample()) == metadata_of(path.read_bytes())


@settings(max_examples=100, deadline=None)
@given(pieces=st.lists(st.binary(max_size=30), max_size=20), end_bytes=st.integers(1, 40))
def test_the_kept_ends_are_the_ends(pieces, end_bytes):
    ends = Ends(end_bytes)
    for piece in pieces:
        ends.feed(piece)
    whole, sample = b"".join(pieces), ends.sample()
    assert (sample.head_bytes, sample.tail_bytes) == (whole[:end_bytes], whole[-end_bytes:])
    assert sample.size == len(whole)


SOURCES = [path.read_bytes()[-3000:] for path in sorted(GOLDEN.glob("*.gcode"))] + [GRIFFIN]


@settings(max_examples=200, deadline=None)
@given(source=st.sampled_from(SOURCES), rest=st.binary(max_size=200), place=st.integers(0, 3000))
def test_any_bytes_can_be_read(source, rest, place):
    for data in (rest, source[:place] + rest + source[place:]):
        assert isinstance(read_sample(Sample(data, data, len(data))), Metadata)


@pytest.mark.parametrize(
    "line",
    [b"; a", b";LAYER:0\n", b"; thumbnail begin 1x1 1\n", b"; generated by ", b"G1 ", b"; k = v\n", b";Z:", b";TIME:1"],
)
def test_hostile_repetition_costs_no_time(line):
    """The test's own time limit is the assertion."""
    for mark in (b"; generated by PrusaSlicer 2.5.0 on x\n", b";Generated with Cura_SteamEngine 5\n", b"; KISSlicer\n"):
        data = mark + line * (1_000_000 // len(line))
        read_sample(Sample(data, data, len(data)))
