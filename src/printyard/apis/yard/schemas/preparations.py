"""What is known of a file for a printer, and the works that find it out, on the wire."""

from typing import Any

import msgspec

from printyard.apis.yard.schemas.instant import Instant


class ToolUse(msgspec.Struct, frozen=True, kw_only=True):
    """What a file asks of one tool (counted from 0): millimetres and mm3 of filament, Celsius; null where unknown."""

    tool: int
    material_guid: str
    nozzle_name: str
    nozzle_mm: float | None
    initial_celsius: float | None
    filament_mm: float
    filament_mm3: float


class Analysis(msgspec.Struct, frozen=True, kw_only=True):
    """A file as a printer of this kind will print it.

    `seconds` is motion and dwell, `slicer_seconds` the slicer's own estimate; the extents are of what is laid down.
    """

    printer: str
    machine: str
    flavor: str
    slicer: str
    slicer_version: str
    seconds: float
    slicer_seconds: float | None
    layers: int
    tools: tuple[ToolUse, ...]
    bed_celsius: float | None
    chamber_celsius: float | None
    plate_type: str
    extent_min_mm: tuple[float, float, float] | None
    extent_max_mm: tuple[float, float, float] | None
    warnings: tuple[str, ...]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to tell the person who prints. `level`: NOTE, WARNING, ERROR; `line` of the file, from 1."""

    code: str
    level: str
    line: int | None
    sentence: str
    data: str


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a file may be printed on a printer as it is set up now, and why not, the worst first."""

    printer: str
    may_print: bool
    findings: tuple[Finding, ...]


class Preparation(msgspec.Struct, frozen=True, kw_only=True):
    """A work on a file. `work`: analysis, preview or process; `stage`: waiting, working, done or failed.

    `code` and `message` say why it failed; `result` is the id of the new file, if there is one.
    """

    id: str
    work: str
    stage: str
    fraction: float
    file: str
    file_name: str
    printer: str
    asked_by: str
    asked_at: Instant
    code: str
    message: str
    result: str | None


class ProcessOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose limits give the times; `force`: also if the file was processed before."""

    printer: str
    force: bool = False


class Processed(msgspec.Struct, frozen=True, kw_only=True):
    """A copy with true times. `file` is null if the file was processed before, by `previous`, and left alone."""

    file: str | None
    previous: str | None
    slicer: str | None
    lines: int
    seconds: float


class MotionLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits of a printer's motion, in the words of klipper_estimator's configuration."""

    printer: str
    limits: dict[str, Any]
