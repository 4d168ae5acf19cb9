"""Stored bytes (Blob) and named, owned references to them (File)."""

from enum import StrEnum
from typing import Final

from printyard.core.model.value import Id, Instant, Value
from printyard.gcode.check import FileFacts


class FileKind(StrEnum):
    """What the bytes of a file hold."""

    GCODE = "gcode"
    GCODE_GZIP = "gcode_gzip"
    UFP = "ufp"
    BGCODE = "bgcode"
    OTHER = "other"


class Blob(Value):
    """Stored bytes. `sha256` is of the bytes as received (and names them), `content_sha256` of the unpacked G-code."""

    sha256: str
    size: int
    kind: FileKind
    created_at: Instant
    content_sha256: str = ""
    content_size: int = 0


class File(Value):
    """A named, owned reference to a blob in the library. `name` is text for people, never a path."""

    id: Id
    organization_id: Id
    name: str
    blob: Blob
    created_at: Instant
    created_by: str
    deleted_at: Instant | None = None
    version: int = 1


class ToolUse(Value):
    """What a file asks of one tool. Filament in mm and mm3."""

    tool: int
    material_guid: str = ""
    nozzle_name: str = ""
    nozzle_mm: float | None = None
    initial_celsius: float | None = None
    filament_mm: float = 0.0
    filament_mm3: float = 0.0


ANALYSIS: Final = 1
"""Counted up when an analysis says more, or says it otherwise: those of before are then made again when asked for."""


class Analysis(Value):
    """What is known of a file before it is printed: facts of its header, and the sums of its motion.

    `made_by` is the ANALYSIS of the server that made it (0: before they were counted). `seconds` is motion and dwell by
    the kernel for the limits whose key is `limits_key`; `slicer_seconds` is the slicer's own estimate. `facts` is what
    a check judges, by each machine's setup of the moment.
    """

    made_by: int = 0
    machine: str = ""
    flavor: str = ""
    slicer: str = ""
    slicer_version: str = ""
    slice_uuid: str = ""
    seconds: float = 0.0
    slicer_seconds: float | None = None
    layers: int = 0
    tools: tuple[ToolUse, ...] = ()
    bed_celsius: float | None = None
    chamber_celsius: float | None = None
    plate_type: str = ""
    extent_min_mm: tuple[float, float, float] | None = None
    extent_max_mm: tuple[float, float, float] | None = None
    limits_key: str = ""
    warnings: tuple[str, ...] = ()
    facts: FileFacts | None = None
