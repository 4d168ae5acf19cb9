"""What a stored file is made of: its kind, the caps on unpacking it, and what can be wrong with it."""

from enum import StrEnum
from typing import Literal

import msgspec

ContainerFault = Literal[
    "truncated", "corrupt", "ratio", "too_many_entries", "no_model", "encrypted", "nested", "too_large"
]


class ContainerError(Exception):
    """The file can't be read as G-code. `code` is for programs, the message a sentence for a person."""

    def __init__(self, code: ContainerFault, message: str) -> None:
        super().__init__(message)
        self.code: ContainerFault = code
        self.message = message


class SourceKind(StrEnum):
    """How the G-code is packed."""

    GCODE = "gcode"
    GCODE_GZIP = "gcode_gzip"
    UFP = "ufp"
    BGCODE = "bgcode"


class Caps(msgspec.Struct, frozen=True, kw_only=True):
    """How far a file is trusted. `ratio` (unpacked : packed) counts only from `ratio_floor_bytes` of unpacked bytes on.

    Deflate reaches 1032 : 1, G-code seldom 20 : 1. `member_bytes` caps what is held in memory: a picture, a profile.
    """

    unpacked_bytes: int = 20_000_000_000
    ratio: int = 500
    ratio_floor_bytes: int = 10_000_000
    entries: int = 1_000
    member_bytes: int = 8_000_000


DEFAULT_CAPS = Caps()


class Content(msgspec.Struct, frozen=True, kw_only=True):
    """The unpacked G-code of a file: how it was packed, SHA-256 (hexadecimal) and length in bytes."""

    kind: SourceKind
    sha256: str
    size: int


class Meter:
    """Counts unpacked bytes against the caps and stops the reading that passes one. `packed` is the length in bytes."""

    def __init__(self, caps: Caps, packed: int) -> None:
        self.total = 0
        floor = max(caps.ratio_floor_bytes, caps.ratio * packed)
        self._caps = caps
        self._ratio_limit = floor

    @property
    def left(self) -> int:
        """Bytes that may still come, and one more, by which a breach is seen."""
        return max(0, min(self._caps.unpacked_bytes, self._ratio_limit) - self.total) + 1

    def count(self, unpacked: int) -> None:
        """Add bytes that were unpacked; raises ContainerError `too_large` or `ratio`."""
        self.total += unpacked
        if self.total > self._caps.unpacked_bytes:
            raise ContainerError("too_large", f"The file unpacks to more than {self._caps.unpacked_bytes:,} bytes.")
        if self.total > self._ratio_limit:
            raise ContainerError(
                "ratio", f"The file unpacks to more than {self._caps.ratio} times its size: it looks like a zip bomb."
            )
