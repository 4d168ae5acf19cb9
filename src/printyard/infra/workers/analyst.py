"""The worker "gcode": reads a stored file once, times it, writes its plan, and says what it is and does.

It also draws the previews of plans, decodes the pictures of files, and writes true times into copies of files.
"""

import errno
import math
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from msgspec import structs

from printyard.core.errors import Invalid
from printyard.core.model.file import ANALYSIS, Analysis, ToolUse
from printyard.gcode.check import FactsReader, FileFacts, Sums
from printyard.gcode.container import ContainerError, SourceKind
from printyard.gcode.embedded import Pictures, embedded
from printyard.gcode.estimate import Estimate, GcodeError
from printyard.gcode.limits import Limits
from printyard.gcode.metadata import Metadata, ToolMetadata
from printyard.gcode.plan import Plan, PlanError, Summary
from printyard.gcode.process import ProcessError, process as write_times
from printyard.gcode.source import GcodeSource, open_gcode
from printyard.infra.workers.engine import COMPILED, analyse, warm as compile_kernel, write_preview
from printyard.infra.workers.tasks import Develop, MakePlan, MakePreview, Process, Processed, Warm, Warmed
from printyard.infra.workers.worker import Handlers, Report

_WARNINGS: Final = 50
_DIAMETERS_MM: Final = {"griffin": 2.85, "ultigcode": 2.85}
_DIAMETER_MM: Final = 1.75
"""Of the filament, where neither the flavor of the G-code nor the slicer's own sums tell."""

PLAN_BYTES: Final = 512 << 20
PLAN_BYTES_PER_BYTE: Final = 16
"""How large a plan may become: real files need two or three bytes per byte, arcs some more. One hostile line can ask
for an arc of a hundred thousand moves."""


PROCESSED_BYTES: Final = 1 << 20
PROCESSED_BYTES_PER_BYTE: Final = 3
"""How large a processed file may become: a line of 4 bytes (`M73`) may become one of 25."""


def make_plan(task: MakePlan, report: Report) -> Analysis:
    """Write the plan of a file; what the file is. Raises Invalid for a file that makes no sense.

    The answer is of the G-code, whatever it was packed in.
    """
    limits = Limits.from_config(task.limits)
    size = max(task.content_size, 1)
    most = PLAN_BYTES + PLAN_BYTES_PER_BYTE * size
    with faults_told(), open_gcode(task.source) as source, largest_file(most):
        reading = Reading(source)
        estimate = analyse(reading, limits, task.plan, progress=lambda done: report(min(done / size, 1.0)))
    with task.plan.open("rb") as written:
        os.fsync(written.fileno())
    with Plan.open(task.plan) as plan:
        return analysis_of(reading.facts.facts(SourceKind.GCODE), estimate, plan.summary, limits)


def make_preview(task: MakePreview, _report: Report) -> int:
    """Draw a plan. Raises Invalid for a damaged one."""
    try:
        with Plan.open(task.plan) as plan, largest_file(PLAN_BYTES + task.plan.stat().st_size):
            write_preview(plan, task.preview)
    except PlanError as error:
        raise Invalid(f"The plan cannot be drawn: {error}.", code="plan") from error
    return task.preview.stat().st_size


def process(task: Process, report: Report) -> Processed:
    """Write true times into a copy of a file. Raises Invalid for one that cannot be processed."""
    limits = Limits.from_config(task.limits)
    with faults_told(), largest_file(PROCESSED_BYTES + PROCESSED_BYTES_PER_BYTE * task.size):
        done = write_times(task.source, limits, analyse, output=task.output, force=task.force, progress=report)
    return Processed(
        previous=done.previous,
        slicer=done.slicer,
        lines=done.lines,
        seconds=0.0 if done.estimate is None else done.estimate.plan_seconds,
        written=not done.bypassed,
    )


def develop(task: Develop, _report: Report) -> Pictures:
    """The pictures of a file; none of one that is damaged or holds no G-code."""
    found = embedded(task.source)
    if not found:
        return Pictures()
    from printyard.infra.workers.developing import developed

    return developed(found)


@contextmanager
def faults_told() -> Iterator[None]:
    """What is wrong with a file, in the core's words."""
    try:
        yield
    except ContainerError as error:
        raise Invalid(error.message, code=error.code) from error
    except GcodeError as error:
        raise Invalid(f"The G-code makes no sense: {error}.", code="gcode") from error
    except ProcessError as error:
        raise Invalid(str(error), code="not_processed") from error
    except OSError as error:
        if error.errno != errno.EFBIG:
            raise
        raise Invalid("The file asks for far more moves than it has room for.", code="plan_size") from error


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """No file that is written meanwhile becomes larger: writing more raises OSError (EFBIG). Not on Windows."""
    try:
        import resource
    except ImportError:
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size if hard == resource.RLIM_INFINITY else min(size, hard), hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def warm(_task: Warm, _report: Report) -> Warmed:
    """Get the kernel ready."""
    begin = time.perf_counter()
    compile_kernel()
    return Warmed(compiled=COMPILED, seconds=time.perf_counter() - begin)


HANDLERS: Final[Handlers] = {
    MakePlan: make_plan,
    MakePreview: make_preview,
    Develop: develop,
    Process: process,
    Warm: warm,
}


def handlers() -> Handlers:
    """The same, with kernels that are compiled where a worker's memory has no room for it."""
    if not COMPILED:
        return HANDLERS
    from printyard.infra.workers.compiling import compiler

    made = compiler()
    return {task: work if task is Develop else made.before(work) for task, work in HANDLERS.items()}


class Reading:
    """A source that is read once: what is asked of it goes to `facts` too."""

    def __init__(self, source: GcodeSource) -> None:
        self._source = source
        self.facts = FactsReader()

    def readinto(self, buffer: "bytearray | memoryview") -> int:
        count = self._source.readinto(buffer)
        if count:
            self.facts.feed(bytes(memoryview(buffer)[:count]))
        return count

    def read(self, size: int, /) -> bytes:
        buffer = bytearray(size)
        return bytes(buffer[: self.readinto(buffer)])


def analysis_of(facts: FileFacts, estimate: Estimate, summary: Summary, limits: Limits) -> Analysis:
    """All that is known of a file: what was measured, and where nothing was, what the slicer claims."""
    metadata, extents = facts.metadata, summary.extents
    return Analysis(
        made_by=ANALYSIS,
        machine=metadata.machine_name or metadata.printer_model,
        flavor=metadata.flavor,
        slicer=metadata.slicer,
        slicer_version=metadata.slicer_version,
        slice_uuid=metadata.slice_uuid,
        seconds=estimate.plan_seconds,
        slicer_seconds=metadata.estimated_seconds,
        layers=summary.layers or metadata.layer_count or 0,
        tools=tools_of(metadata, summary.filament_mm),
        bed_celsius=metadata.first_layer_bed_celsius,
        chamber_celsius=metadata.chamber_celsius,
        plate_type=metadata.plate_type,
        extent_min_mm=None if extents is None else extents.minimum,
        extent_max_mm=None if extents is None else extents.maximum,
        limits_key=limits.key(),
        warnings=tuple(f"line {remark.line}: {remark.text}" for remark in estimate.warnings[:_WARNINGS]),
        facts=structs.replace(facts, sums=Sums(extents=extents, filament_mm=summary.filament_mm)),
    )


def tools_of(metadata: Metadata, filament_mm: tuple[float, ...]) -> tuple[ToolUse, ...]:
    """The tools that the print uses, by number."""
    claimed = {tool.number: tool for tool in metadata.tools}
    measured = {number: length for number, length in enumerate(filament_mm) if length > 0.0}
    return tuple(
        _tool(claimed.get(number, ToolMetadata(number=number)), measured.get(number), metadata)
        for number in sorted(claimed.keys() | measured.keys())
    )


def _tool(claim: ToolMetadata, measured_mm: float | None, metadata: Metadata) -> ToolUse:
    length = measured_mm if measured_mm is not None else claim.filament_mm or 0.0
    volume = claim.filament_mm3
    if volume is None:
        diameter = _DIAMETERS_MM.get(metadata.flavor.casefold(), _DIAMETER_MM)
        volume = length * math.pi * diameter**2 / 4
    celsius = claim.first_layer_celsius
    return ToolUse(
        tool=claim.number,
        material_guid=claim.material_guid,
        nozzle_name=claim.nozzle_name,
        nozzle_mm=claim.nozzle_mm if claim.nozzle_mm is not None else metadata.nozzle_mm,
        initial_celsius=celsius if celsius is not None else metadata.first_layer_celsius,
        filament_mm=length,
        filament_mm3=volume,
    )
