"""The library on the wire: files, and the drivers that printers can have."""

from typing import Any

import msgspec

from printyard.apis.yard.schemas.instant import Instant


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A stored file. `kind`: gcode, gcode_gzip, ufp, bgcode or other; `size` and `sha256` are of what was received."""

    id: str
    name: str
    kind: str
    size: int
    sha256: str
    created_at: Instant
    created_by: str


class FilePage(msgspec.Struct, frozen=True, kw_only=True):
    """Files, newest first; `next` is the cursor of the next page, null on the last."""

    files: tuple[File, ...]
    next: str | None


class DriverModel(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of machine that a driver can drive; the volume in mm."""

    id: str
    name: str
    volume_mm: tuple[float, float, float]
    tools: int


class Driver(msgspec.Struct, frozen=True, kw_only=True):
    """A driver. `settings` is the JSON Schema of what `POST /printers` takes for it."""

    name: str
    title: str
    settings: dict[str, Any]
    models: tuple[DriverModel, ...]
