"""What a check is told of the machine, and what it answers."""

from typing import Protocol

import msgspec

from printyard.gcode.plan import Extents
from printyard.gcode.reasons import REASONS, Code, Level

SELF_MANAGED = frozenset({"griffin", "ultigcode", "cheetah"})
"""Flavors of G-code whose machines home and heat by themselves before the first line."""

_SHOWN = 200


class ToolFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is mounted and loaded on one tool; None or "" where nobody knows.

    `material_type` is a word such as PLA; `max_celsius` is the most that the loaded material takes; `loaded` is False
    where the tool is known to be empty; `filament_left_mm` is what its spool still holds.
    """

    nozzle_mm: float | None = None
    core_name: str | None = None
    material_guid: str | None = None
    material_type: str = ""
    max_celsius: float | None = None
    loaded: bool | None = None
    filament_left_mm: float | None = None


class MachineFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A machine as a check sees it; None and "" where nobody knows.

    `names` are those under which files are sliced for it; no names accept any (give none for a generic machine). The
    build volume begins at `origin_mm` (a delta printer's has its middle at 0) and is `volume_mm` wide, deep and high.
    """

    names: tuple[str, ...] = ()
    volume_mm: tuple[float, float, float] | None = None
    tools: tuple[ToolFacts, ...] = ()
    origin_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)
    flavor: str = ""
    plate_type: str = ""
    max_nozzle_celsius: float | None = None
    max_bed_celsius: float | None = None
    has_bed: bool | None = None
    has_chamber: bool | None = None


class Measured(Protocol):
    """What the time analysis has measured of a print (a plan's Summary, or the Sums that are kept of it)."""

    @property
    def extents(self) -> Extents | None:
        """The box around what is laid down, in mm; None if nothing is."""

    @property
    def filament_mm(self) -> tuple[float, ...]:
        """The net filament of each tool."""


class Sums(msgspec.Struct, frozen=True, kw_only=True):
    """The same, kept beside the facts of a file."""

    extents: Extents | None
    filament_mm: tuple[float, ...]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to tell the person who prints. `data` is the value in question, `line` its line in the file."""

    code: Code
    level: Level
    message: str
    data: str = ""
    line: int | None = None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """All findings, the worst first."""

    findings: tuple[Finding, ...] = ()

    @property
    def may_print(self) -> bool:
        """Whether nothing stands in the way; warnings are for a person to judge."""
        return all(finding.level is not Level.ERROR for finding in self.findings)


def finding(code: Code, data: str = "", line: int | None = None, **words: object) -> Finding:
    """A finding by the table's level and sentence. Words from files are cut and made printable."""
    level, sentence = REASONS[code]
    shown = {name: word if isinstance(word, int) else printable(str(word)) for name, word in words.items()}
    return Finding(code=code, level=level, message=sentence.format(**shown), data=printable(data), line=line)


def printable(text: str) -> str:
    """Text of a file as it may be shown: one short line without control characters."""
    cut = text[:_SHOWN]
    return cut if cut.isprintable() else "".join(mark if mark.isprintable() else "?" for mark in cut)
