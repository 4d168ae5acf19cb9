"""Real files, and small ones with everything in them, from which the mutations begin."""

import base64
import gzip
import io
import struct
import tempfile
import zipfile
import zlib
from functools import cache
from pathlib import Path

from printyard.gcode.limits import Limits
from printyard.gcode.plan import Plan
from printyard.gcode.preview import write_preview
from printyard.gcode.reference import analyse

TESTS = Path(__file__).parents[1]
HEAD = 6_000
"""Bytes of a real file's begin, middle and end that are kept: mutations have to hit something that counts."""

EVERYTHING = b""";START_OF_HEADER
;HEADER_VERSION:0.1
;FLAVOR:Griffin
;GENERATOR.NAME:Cura_SteamEngine
;GENERATOR.VERSION:5.7.0
;GENERATOR.BUILD_DATE:2024-04-01
;TARGET_MACHINE.NAME:Ultimaker S5
;EXTRUDER_TRAIN.0.INITIAL_TEMPERATURE:205
;EXTRUDER_TRAIN.0.MATERIAL.VOLUME_USED:4242
;EXTRUDER_TRAIN.0.MATERIAL.GUID:506c9f0d-e3aa-4bd4-b2d2-23e2425b1aa9
;EXTRUDER_TRAIN.0.NOZZLE.DIAMETER:0.4
;EXTRUDER_TRAIN.0.NOZZLE.NAME:AA 0.4
;BUILD_PLATE.INITIAL_TEMPERATURE:60
;PRINT.TIME:3600
;PRINT.GROUPS:1
;PRINT.SIZE.MIN.X:9
;PRINT.SIZE.MIN.Y:6
;PRINT.SIZE.MIN.Z:0.27
;PRINT.SIZE.MAX.X:200
;PRINT.SIZE.MAX.Y:150
;PRINT.SIZE.MAX.Z:30
;END_OF_HEADER
M82
T0
M104 S205
M109 S205 T0
M190 R60
M141 S40
M106 S128
M117 Hello
G92 E0
G28
G4 P100
;LAYER_COUNT:2
;LAYER:0
;TYPE:WALL-OUTER
G0 F9000 X10 Y10 Z0.27
G1 F1500 X50 Y10 E1.5
G1 X50 Y50 E3
G2 X60 Y60 I10 J0 E4
G1 X10.1 Y10 E6 ; perimeter
M204 S500
M204 P500 T800
M201 X500 Y600 Z50 E5000
M203 X200 Y180 Z10 E50
M205 X8 Y9 Z0.4 E5
M205 J0.02
G10
G0 X20 Y20
G11
;LAYER:1
;TYPE:SKIN
T1
G91
G1 E-1 F2400
G1 Z0.2
G90
M83
G1 X30 Y30 E1.2
SET_VELOCITY_LIMIT ACCEL=500 VELOCITY=50
SET_RETRACTION RETRACT_LENGTH=2
; ESTIMATOR_ADD_TIME 2 Prime
TEMPERATURE_WAIT SENSOR=extruder MINIMUM=200
SET_HEATER_TEMPERATURE HEATER=extruder TARGET=210
M600
PAUSE
G3 X30 Y30 I5 J5 E1
N5 G1 X1 Y1 E.5*99
M107
M104 S0
"""


@cache
def gcode() -> tuple[bytes, ...]:
    """G-code of every slicer: begin and end of real files."""
    files = [path.read_bytes() for path in sorted((TESTS / "gcode" / "data").glob("*.gcode"))]
    files += [gzip.decompress(path.read_bytes()) for path in sorted((TESTS / "data" / "gcode").glob("*.gz"))]
    return EVERYTHING, *(_excerpt(data) for data in files)


def _excerpt(data: bytes) -> bytes:
    middle = data.find(b"\n", len(data) // 2) + 1
    return data[:HEAD] + data[middle : middle + HEAD // 2] + data[-HEAD:] if len(data) > 3 * HEAD else data


@cache
def packed() -> tuple[bytes, ...]:
    """Archives of every sort: gzip in one and in many members, UFP stored and deflated, nested ones, and plain."""
    text = EVERYTHING[:3000]
    pieces = [text[place : place + 700] for place in range(0, len(text), 700)]
    small = gzip.compress(text, mtime=0)
    return (
        text,
        small,
        b"".join(gzip.compress(piece, mtime=0) for piece in pieces),
        gzip.compress(small, mtime=0),
        ufp(text, zipfile.ZIP_DEFLATED),
        ufp(text, zipfile.ZIP_STORED),
        ufp(small, zipfile.ZIP_STORED),
        ufp(text, zipfile.ZIP_DEFLATED, empty_members=60),
        gzip.compress(bytes(400_000) + text, mtime=0),
        gzip.compress(b"G1 X1 Y1 E1\n" * 50_000, mtime=0),
    )


def ufp(model: bytes, method: int, empty_members: int = 0) -> bytes:
    """An archive as Cura writes it."""
    members = {
        "/3D/model.gcode": model,
        "/Metadata/thumbnail.png": png(),
        "/Materials/generic_pla.xml.fdm_material": materials()[0],
        "/Metadata/UFP_Global.json": b'{"metadata": {"objects": [{"name": "cube"}]}}',
        "/[Content_Types].xml": b"<Types/>",
    } | {f"/{number}": b"" for number in range(empty_members)}
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in members.items():
            info = zipfile.ZipInfo(name)
            info.compress_type = method
            archive.writestr(info, data)
    return target.getvalue()


def png(width: int = 16, height: int = 16) -> bytes:
    """A black picture."""
    rows = zlib.compress((b"\0" + bytes(width)) * height)
    chunks = ((b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)), (b"IDAT", rows), (b"IEND", b""))
    parts = (struct.pack(">I", len(data)) + name + data + _crc(name + data) for name, data in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def _crc(data: bytes) -> bytes:
    return struct.pack(">I", zlib.crc32(data))


@cache
def pictures() -> tuple[bytes, ...]:
    """Blocks of base64 in comments, and pictures themselves."""
    jpeg = bytes.fromhex("ffd8ffe000104a46494600010100000100010000ffc0000b080010001001011100ffd9")
    qoi = b"qoif" + struct.pack(">IIBB", 16, 16, 4, 0) + bytes(7) + b"\1"
    blocks = b"".join(_block(data, name) for data, name in ((png(), b""), (jpeg, b"_JPG"), (qoi, b"_QOI")))
    return blocks, b"G28\n" + blocks + b"G1 X1\n", png(), jpeg, qoi, png(4000, 1)


@cache
def real_pictures() -> tuple[bytes, ...]:
    """Pictures of every form that Pillow writes, alone and in a file."""
    from PIL import Image

    gray = Image.linear_gradient("L").resize((48, 27))
    color = Image.merge("RGBA", (gray, gray.rotate(180), gray, gray))
    forms = [(color, "PNG", {}), (color, "QOI", {}), (color.convert("P"), "PNG", {"transparency": 3})]
    forms += [(gray.convert(mode), "PNG", {}) for mode in ("1", "L", "LA", "I;16")]
    forms += [(color.convert(mode), "JPEG", {}) for mode in ("L", "RGB", "CMYK")]
    forms += [(color.convert("RGB"), "JPEG", {"progressive": True})]
    forms += [(color, "PNG", {"save_all": True, "append_images": [color.rotate(90)]})]
    made = []
    for image, form, options in forms:
        target = io.BytesIO()
        image.save(target, form, **options)
        made.append(target.getvalue())
    blocks = b"".join(_block(data, b"_QOI") for data in made)
    return *made, blocks, ufp(blocks + b"G28\nG1 X1\n", zipfile.ZIP_DEFLATED)


def _block(data: bytes, name: bytes) -> bytes:
    coded = base64.b64encode(data)
    lines = b"".join(b"; " + coded[place : place + 78] + b"\n" for place in range(0, len(coded), 78))
    return b"; thumbnail%b begin 16x16 %d\n%b; thumbnail%b end\n" % (name, len(coded), lines, name)


@cache
def materials() -> tuple[bytes, ...]:
    """A material profile with machines and hot ends."""
    return (
        b"""<?xml version='1.0' encoding='utf-8'?>
<fdmmaterial xmlns="http://www.ultimaker.com/material" version="1.3"
 xmlns:cura="http://www.ultimaker.com/cura">
 <metadata>
  <name><brand>Generic</brand><material>PLA</material><color>Generic</color><label>My PLA</label></name>
  <GUID>506c9f0d-e3aa-4bd4-b2d2-23e2425b1aa9</GUID><version>12</version><color_code>#ffc924</color_code>
  <description>A &lt;test&gt; &amp; more</description><adhesion_info>Glue</adhesion_info>
 </metadata>
 <properties><density>1.24</density><diameter>2.85</diameter></properties>
 <settings>
  <setting key="print temperature">200</setting><setting key="heated bed temperature">60</setting>
  <setting key="standby temperature">175</setting>
  <cura:setting key="material_flow">100</cura:setting>
  <machine>
   <machine_identifier manufacturer="Ultimaker B.V." product="Ultimaker S5"/>
   <setting key="print temperature">205</setting>
   <hotend id="AA 0.4"><setting key="hardware compatible">yes</setting></hotend>
   <hotend id="BB 0.4"><setting key="hardware compatible">no</setting></hotend>
  </machine>
 </settings>
</fdmmaterial>
""",
        b"<fdmmaterial xmlns='http://www.ultimaker.com/material'><metadata/></fdmmaterial>",
    )


@cache
def plans() -> tuple[bytes, ...]:
    """Plans of small files: with everything, without a move, without an event."""
    return tuple(_planned(text) for text in (EVERYTHING, b"", b"G1 X10 E1 F600\n" * 3, gcode()[1]))


def _planned(text: bytes) -> bytes:
    target = io.BytesIO()
    analyse(io.BytesIO(text), Limits(max_velocity=100.0, max_acceleration=1000.0), target)
    return target.getvalue()


@cache
def previews() -> tuple[bytes, ...]:
    """Previews of the plans."""
    return tuple(_drawn(data) for data in plans())


def _drawn(data: bytes) -> bytes:
    target = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "plan").write_bytes(data)
        with Plan.open(Path(folder) / "plan") as plan:
            write_preview(plan, target)
    return target.getvalue()


@cache
def binary() -> tuple[bytes, ...]:
    """Binary G-code as libbgcode writes it, and with no checksums, so that changes reach what is packed."""
    blocks = (
        _block_of(0, b"Producer=PrusaSlicer 2.7\nProduced on=today\n", 0),
        _block_of(3, b"printer_model=MK4\nfilament used [mm]=12.5\n", 1),
        _block_of(5, png(), 0, struct.pack("<HHH", 0, 16, 16)),
        _block_of(4, b"estimated printing time (normal mode)=1m 2s\n", 1),
        _block_of(2, b"nozzle_diameter=0.4\n" * 20, 1),
        _block_of(1, EVERYTHING[1000:], 1),
        _block_of(1, b"\xff\xff\xfb\xff\xff\xf7" + bytes(range(255)) + b"\xff\xff\xfa;text\n", 0, b"\1\0"),
        struct.pack("<HHIIH", 1, 3, 40, 8, 0) + b"\xa3\x51\xa8\xd4\x6a\x30\0\1",
    )
    files = tuple(path.read_bytes() for path in sorted((TESTS / "gcode" / "data" / "bgcode").glob("*.bgcode")))
    return struct.pack("<4sIH", b"GCDE", 1, 0) + b"".join(blocks), *files


def _block_of(number: int, data: bytes, compression: int, parameters: bytes = b"\0\0") -> bytes:
    packed = zlib.compress(data) if compression else data
    sizes = struct.pack("<II", len(data), len(packed)) if compression else struct.pack("<I", len(data))
    return struct.pack("<HH", number, compression) + sizes + parameters + packed
