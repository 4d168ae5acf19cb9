"""What is fuzzed: every reader of files that strangers hand in, and what has to hold whatever the bytes are.

A target's `check` is given any bytes. It may take its time within `seconds`; a reader's own error is a fine answer,
any other exception is a crash, and a wrong answer fails an assertion. `rebuild` puts back the checksum that guards a
mutated file, so that the mutation reaches what lies behind it.
"""

import gzip
import io
import itertools
import math
import os
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

import msgspec
from tests.fuzz import seeds

from printyard.dialects.ultimaker import material_xml
from printyard.gcode import reference
from printyard.gcode.check import MachineFacts, ToolFacts, check as judged
from printyard.gcode.check.scan import CommandScan
from printyard.gcode.container import Caps, ContainerError, SourceKind
from printyard.gcode.embedded import SMALL, embedded, undecoded
from printyard.gcode.estimate import GcodeError
from printyard.gcode.header import read_header
from printyard.gcode.limits import AxisLimiter, ExtruderLimiter, FirmwareRetraction, Limits, MarlinLimits
from printyard.gcode.metadata import Ends, read_metadata, read_sample
from printyard.gcode.plan import EVENT, HEADER, Plan, PlanError
from printyard.gcode.preview import Preview, PreviewError, read_head, read_layer, write_preview
from printyard.gcode.preview.layout import ENTRY, HEADER as PREVIEW_HEADER
from printyard.gcode.process import ProcessError, process
from printyard.gcode.source import open_gcode, read_extras, verify
from printyard.gcode.thumbnails import (
    MAX_COUNT,
    MAX_PIXELS,
    PictureFormat,
    decode_thumbnail,
    find_thumbnails,
    picture,
)

CAPS = Caps(unpacked_bytes=4_000_000, ratio=100, ratio_floor_bytes=500_000, entries=50, member_bytes=200_000)
MEGABYTE = 1_000_000
ARC_SECONDS = 20.0
"""A few lines can ask for arcs of 100,000 segments each, which take plain Python as long as so many lines."""

MACHINES = (
    Limits(),
    Limits(max_velocity=100.0, max_acceleration=1000.0, minimum_cruise_ratio=0.5, mm_per_arc_segment=1.0),
    Limits(
        max_velocity=300.0,
        max_acceleration=5000.0,
        square_corner_velocity=5.0,
        mm_per_arc_segment=0.5,
        firmware_retraction=FirmwareRetraction(2.0, 0.1, 30.0, 20.0, 0.2),
        move_checkers=(AxisLimiter((0.0, 0.0, 1.0), 12.0, 100.0), ExtruderLimiter(50.0, 1000.0)),
    ),
    Limits(max_velocity=200.0, mm_per_arc_segment=1.0, marlin=MarlinLimits()),
    Limits(
        max_velocity=500.0,
        mm_per_arc_segment=0.7,
        firmware_retraction=FirmwareRetraction(3.0, 0.0, 45.0, 45.0, 0.1),
        marlin=MarlinLimits(
            max_acceleration=(500.0, 700.0, 20.0, 9000.0),
            print_acceleration=1250.0,
            travel_acceleration=2500.0,
            junction_deviation=0.013,
        ),
    ),
)
"""Both firmwares, with and without arcs, firmware retraction and limits of each axis."""


_S5 = MachineFacts(
    names=("Ultimaker S5",),
    volume_mm=(330.0, 240.0, 300.0),
    tools=(ToolFacts(nozzle_mm=0.4, core_name="AA 0.4", material_guid="", loaded=True, filament_left_mm=100.0),) * 2,
    flavor="Griffin",
    max_nozzle_celsius=280.0,
    max_bed_celsius=140.0,
    has_bed=True,
    has_chamber=False,
)


class Target(NamedTuple):
    """One reader: what has to hold, files to begin with, and the caps on one example."""

    check: Callable[[bytes], None]
    seeds: Callable[[], tuple[bytes, ...]]
    longest: int = MEGABYTE
    seconds: float = 5.0
    memory: int = 48 * MEGABYTE
    rebuild: Callable[[bytes], bytes] | None = None


def check_analysis(data: bytes) -> None:
    """The compiled analysis and the plain one say the same, and write the same plan, which can be read."""
    from printyard.gcode.kernel import analyse

    limits = MACHINES[len(data) % len(MACHINES)]
    expected, expected_plan = _analysed(reference.analyse, data, limits)
    found, found_plan = _analysed(analyse, data, limits)
    assert found == expected
    assert found_plan == expected_plan
    if expected_plan:
        with plan_of(expected_plan) as plan:
            walk(plan)
            draw(plan, travels=len(data) % 2 == 0)


def _analysed(analyse, data: bytes, limits: Limits) -> tuple[str, bytes]:
    plan = io.BytesIO()
    try:
        return repr(analyse(io.BytesIO(data), limits, plan)), plan.getvalue()
    except GcodeError as error:
        return str(error), b""


def check_process(data: bytes) -> None:
    """A file with the right times in it is the same from both engines, takes as long, and is not processed again."""
    from printyard.gcode.kernel import analyse

    limits = MACHINES[len(data) % len(MACHINES)]
    with tempfile.TemporaryDirectory(prefix="printyard-fuzz-") as folder:
        source, target = Path(folder) / "source", Path(folder) / "target"
        source.write_bytes(data)
        outcomes = []
        for engine in (reference.analyse, analyse):
            target.unlink(missing_ok=True)
            try:
                processed = process(source, limits, engine, output=target)
            except (GcodeError, ProcessError) as error:
                outcomes.append((str(error), None))
            else:
                outcomes.append((repr(processed), target.read_bytes() if target.exists() else None))
        assert outcomes[0] == outcomes[1]
        assert source.read_bytes() == data
        if target.exists():
            assert process(target, limits, reference.analyse).bypassed
            with target.open("rb") as again:
                assert repr(reference.analyse(again, limits).total) == repr(processed.estimate.total)


@contextmanager
def plan_of(data: bytes) -> Iterator[Plan]:
    with written(data) as path, Plan.open(path) as plan:
        yield plan


@contextmanager
def written(data: bytes) -> Iterator[str]:
    """A file with these bytes."""
    number, path = tempfile.mkstemp(prefix="printyard-fuzz-")
    try:
        with os.fdopen(number, "wb") as file:
            file.write(data)
        yield path
    finally:
        Path(path).unlink()


def walk(plan: Plan) -> None:
    """Ask a sound plan for everything."""
    total, moves = plan.summary.total_seconds, plan.summary.moves
    assert math.isfinite(total)
    assert total >= 0.0
    assert sum(1 for _ in plan.path()) == moves
    assert len(plan.events) == plan.summary.event_count
    for part in (0.0, 0.3, 0.5, 1.0):
        moment = plan.at(total * part)
        assert 0 <= moment.move < max(moves, 1)
        assert len(moment.filament_mm) == len(plan.summary.filament_mm)
    for move in range(0, moves, 1 + moves // 50):
        plan.kind(move)
    assert all(0.0 <= event.seconds <= total for event in plan.events)
    for layer in range(min(plan.summary.layers, 50)):
        seconds = plan.seconds_of_layer(layer)
        assert seconds is not None
        assert 0.0 <= seconds <= total
    assert 0.0 <= plan.seconds_of_byte(100) <= total
    for tool, used in enumerate(plan.summary.filament_mm):
        plan.seconds_of_filament(tool, used / 2)


def draw(plan: Plan, *, travels: bool) -> None:
    """The preview of a sound plan is the same from both pens, and each of its layers can be read."""
    from printyard.gcode.kernel.preview import write_preview as write_compiled

    expected, found = io.BytesIO(), io.BytesIO()
    write_preview(plan, expected, travels=travels)
    write_compiled(plan, found, travels=travels)
    assert found.getvalue() == expected.getvalue()
    with Preview(expected) as preview:
        assert len(preview) == max(plan.summary.layers, min(plan.summary.moves, 1))
        for layer in range(min(len(preview), 50)):
            preview.layer(layer)


def check_preview(data: bytes) -> None:
    """A preview that is none, or a damaged one, is a PreviewError wherever it shows; nothing else."""
    with suppress(PreviewError), Preview(io.BytesIO(data)) as preview:
        head, index = read_head(data)
        assert len(index) == len(preview)
        for layer in range(min(len(preview), 50)):
            with suppress(PreviewError):
                assert preview.layer(layer) == read_layer(head, data[index[layer].offset :][: index[layer].length])


def seal_preview(data: bytes) -> bytes:
    """The same preview with the right size and checksum in its header."""
    if len(data) < PREVIEW_HEADER.size:
        return data
    magic, version, layers, _, length, _ = PREVIEW_HEADER.unpack_from(data)
    checksum = zlib.crc32(data[PREVIEW_HEADER.size :][: length + layers * ENTRY.size])
    return PREVIEW_HEADER.pack(magic, version, layers, len(data), length, checksum) + data[PREVIEW_HEADER.size :]


def check_plan(data: bytes) -> None:
    """A plan that is none, or a damaged one, is a PlanError wherever it shows; nothing else."""
    with suppress(PlanError), plan_of(data) as plan:
        for part in (-1.0, 0.0, 0.3, 1.0, math.inf):
            with suppress(PlanError):
                plan.at(plan.summary.total_seconds * part if math.isfinite(part) else part)
        with suppress(PlanError):
            for _ in plan.path():
                pass
        with suppress(PlanError):
            assert len(plan.events) * EVENT.size <= len(data)
        with suppress(PlanError):
            write_preview(plan, io.BytesIO())
        for move in range(0, plan.summary.moves, 1 + plan.summary.moves // 20):
            with suppress(PlanError):
                plan.kind(move)
        for layer in (-1, 0, 1, 5, plan.summary.layers - 1):
            plan.seconds_of_layer(layer)
        for offset in (0, 100, 2**70):
            plan.seconds_of_byte(offset)
        with suppress(PlanError):
            plan.seconds_of_filament(0, 1.0)


def seal_plan(data: bytes) -> bytes:
    """The same plan with the right size and checksum in its header."""
    if len(data) < HEADER.size:
        return data
    magic, version, kernel, _, offset, length, _ = HEADER.unpack_from(data)
    directory = data[offset : offset + length]
    return HEADER.pack(magic, version, kernel, len(data), offset, length, zlib.crc32(directory)) + data[HEADER.size :]


def check_source(data: bytes) -> None:
    """A packed file is read as Python's own readers read it, or refused; and within the caps."""
    try:
        content = verify(io.BytesIO(data), "", CAPS)
        with open_gcode(io.BytesIO(data), "", CAPS) as source:
            text = b"".join(iter(lambda: source.read(999), b""))
    except ContainerError:
        _refused_in_pieces_too(data)
    else:
        assert len(text) == content.size <= CAPS.unpacked_bytes
        assert text == _unpacked(data, content.kind)
    with suppress(ContainerError):
        extras = read_extras(io.BytesIO(data), CAPS)
        assert len(extras.thumbnail or b"") <= CAPS.member_bytes
        assert all(len(material) <= CAPS.member_bytes for material in extras.materials)
    with suppress(ContainerError), open_gcode(io.BytesIO(data), "", CAPS) as source:
        msgspec.json.encode(read_metadata(source))


def _refused_in_pieces_too(data: bytes) -> None:
    """A file that `verify` refuses may open (what is wrong comes later), but reading it ends, and in its own error."""
    with suppress(ContainerError), open_gcode(io.BytesIO(data), "", CAPS) as source:
        while source.read(100_000):
            pass


def _unpacked(data: bytes, kind: SourceKind) -> bytes:
    if kind is SourceKind.GCODE:
        return data
    if kind is SourceKind.GCODE_GZIP:
        return gzip.decompress(data)
    if kind is SourceKind.BGCODE:
        with open_gcode(io.BytesIO(data), "", CAPS) as source:
            return b"".join(iter(lambda: source.read(7), b""))
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = [name for name in archive.namelist() if name.lstrip("/").lower() == "3d/model.gcode"]
        assert len(names) == 1
        return archive.read(names[0])


def check_header(data: bytes) -> None:
    """Any text gives a header or none, few faults, and values that can be sent."""
    reading = read_header(data)
    assert len(reading.faults) <= 100
    assert (reading.header is None) <= bool(reading.faults)
    assert all(fault.line is None or 1 <= fault.line <= 100 for fault in reading.faults)
    msgspec.json.encode(reading)


def check_metadata(data: bytes) -> None:
    """Any text gives facts that are finite and can be sent, however its bytes arrive."""
    whole, pieces = Ends(), Ends()
    whole.feed(data)
    for start in range(0, len(data), 4093):
        pieces.feed(data[start : start + 4093])
    metadata = read_sample(whole.sample())
    assert read_sample(pieces.sample()) == metadata
    msgspec.json.encode(metadata)
    assert all(map(math.isfinite, _numbers(msgspec.to_builtins(metadata))))
    for place in (metadata.commands_start, metadata.commands_end):
        assert place is None or 0 <= place <= len(data)


def _numbers(value: object) -> Iterator[float]:
    if isinstance(value, float):
        yield value
    elif isinstance(value, dict):
        yield from itertools.chain.from_iterable(map(_numbers, value.values()))
    elif isinstance(value, list | tuple):
        yield from itertools.chain.from_iterable(map(_numbers, value))


def check_commands(data: bytes) -> None:
    """What a file asks of a machine is the same, however its bytes arrive."""
    whole, pieces = CommandScan(), CommandScan()
    whole.feed(data)
    for start in range(0, len(data), 4093):
        pieces.feed(data[start : start + 4093])
    facts = whole.facts()
    assert repr(pieces.facts()) == repr(facts)
    msgspec.json.encode(facts)


def check_verdict(data: bytes) -> None:
    """Any file gets a verdict that is the same however often it is asked for, and that can be shown."""
    for machine in (MachineFacts(), _S5):
        verdict = judged(io.BytesIO(data), machine, "a.gcode", caps=CAPS)
        assert judged(io.BytesIO(data), machine, "a.gcode", caps=CAPS) == verdict
        msgspec.json.encode(verdict)
        assert len(verdict.findings) <= 1_000
        for found in verdict.findings:
            assert found.message
            assert (found.message + found.data).isprintable()


def check_thumbnails(data: bytes) -> None:
    """The pictures that are found lie in the text, and have the size that they say."""
    spots = find_thumbnails(data)
    assert len(spots) <= MAX_COUNT
    for spot in spots:
        assert spot.offset >= 0
        assert spot.offset + spot.length <= len(data)
        thumbnail = decode_thumbnail(data[spot.offset : spot.offset + spot.length])
        assert thumbnail is None or 0 < thumbnail.width * thumbnail.height <= MAX_PIXELS
    found = picture(data)
    assert found is None or 0 < found.width * found.height <= MAX_PIXELS


def check_pictures(data: bytes) -> None:
    """Whatever is found in a file, its decoded pictures are as large as they say, and the small one is small."""
    from PIL import Image

    from printyard.infra.workers.developing import developed

    with written(data) as path:
        found = embedded(Path(path))
    if (alone := picture(data)) is not None:
        found = (*found, alone)
    made = developed(found)
    assert set(undecoded(found).own) <= set(made.own)
    assert made.small is None or max(made.small.width, made.small.height) <= SMALL
    for one in {*made.all} - {*found}:
        assert one.format is PictureFormat.PNG
        with Image.open(io.BytesIO(one.data)) as image:
            image.load()
            assert image.size == (one.width, one.height)


def check_material(data: bytes) -> None:
    """A material is refused, or written and read again it is the same."""
    with suppress(material_xml.MaterialXmlError):
        profile = material_xml.parse(data)
        assert material_xml.parse(material_xml.render(profile).encode()) == profile


TARGETS = {
    "analysis": Target(check_analysis, seeds.gcode, longest=60_000, seconds=ARC_SECONDS, memory=100 * MEGABYTE),
    "process": Target(check_process, seeds.gcode, longest=60_000, seconds=ARC_SECONDS, memory=100 * MEGABYTE),
    "source": Target(check_source, seeds.packed),
    "bgcode": Target(check_source, seeds.binary),
    "header": Target(check_header, seeds.gcode),
    "metadata": Target(check_metadata, seeds.gcode),
    "commands": Target(check_commands, seeds.gcode),
    "verdict": Target(check_verdict, lambda: (*seeds.gcode(), *seeds.packed(), *seeds.binary()), seconds=8.0),
    "thumbnails": Target(check_thumbnails, seeds.pictures),
    "pictures": Target(check_pictures, seeds.real_pictures, memory=256 * MEGABYTE, seconds=10.0),
    "material": Target(check_material, seeds.materials, longest=300_000),
    "plan": Target(check_plan, seeds.plans, rebuild=seal_plan),
    "preview": Target(check_preview, seeds.previews, rebuild=seal_preview),
}
