"""The line at the end of a file that was processed. Moonraker looks for it by its first words."""

import os
import re
from typing import BinaryIO, Final

from printyard.gcode.process.slicers import Slicer

TOOL_VERSION: Final = "v3.7.3"
"""The version of klipper_estimator whose numbers these are."""

_TAIL_BYTES: Final = 1 << 16
_MARK: Final = re.compile(rb"^; Processed by klipper_estimator (v?\d{1,9}(?:\.\d{1,9}){0,9})", re.MULTILINE)


def mark_of(slicer: Slicer | None) -> bytes:
    """The line, in the tool's own words, since others look for it."""
    found = "no slicer detected" if slicer is None else f"detected slicer {slicer.name}"
    return f"; Processed by klipper_estimator {TOOL_VERSION}, {found}\n".encode()


def previous_version(file: BinaryIO) -> str | None:
    """Which version processed the file last, by the last mark in its last 64 KiB; None if none did."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - _TAIL_BYTES, 0))
    marks = _MARK.findall(file.read(_TAIL_BYTES))
    return marks[-1].decode() if marks else None
