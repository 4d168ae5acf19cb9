"""The verdict on a file: what its bytes, its header and its commands say, held against one machine.

Reading a file (`read_facts`) knows no machine, judging it (`judge`) reads no file: what was read once is judged anew
whenever a spool or a nozzle is changed.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from printyard.gcode.check.commands import DEEDS
from printyard.gcode.check.facts import SELF_MANAGED, Finding, MachineFacts, Measured, Sums, Verdict, finding
from printyard.gcode.check.heat import heat_findings
from printyard.gcode.check.scan import CommandFacts, CommandScan
from printyard.gcode.check.setup import folded, is_self_managed, setup_findings
from printyard.gcode.check.volume import volume_findings
from printyard.gcode.container import DEFAULT_CAPS, Caps, ContainerError, ContainerFault, SourceKind
from printyard.gcode.header import HEADER_BYTES, GriffinHeader, HeaderFault, read_header
from printyard.gcode.metadata import Ends, read_sample
from printyard.gcode.metadata.griffin import with_header
from printyard.gcode.metadata.values import Metadata
from printyard.gcode.plan import Extents
from printyard.gcode.reasons import Code, Level
from printyard.gcode.source import Sink, verify

_CODE_OF_FAULT: dict[ContainerFault, Code] = {
    "truncated": Code.FILE_DAMAGED,
    "corrupt": Code.FILE_DAMAGED,
    "ratio": Code.ARCHIVE_UNSAFE,
    "too_many_entries": Code.ARCHIVE_UNSAFE,
    "too_large": Code.ARCHIVE_UNSAFE,
    "no_model": Code.FILE_NOT_GCODE,
    "encrypted": Code.FILE_NOT_GCODE,
    "nested": Code.FILE_NOT_GCODE,
}

# What each suffix promises. A suffix that is not here promises nothing.
_PLAIN = (SourceKind.GCODE,)
_PROMISES: dict[str, tuple[SourceKind, ...]] = {
    ".gcode.gz": (SourceKind.GCODE_GZIP,),
    ".ufp": (SourceKind.UFP,),
    ".bgcode": (SourceKind.BGCODE,),
    **dict.fromkeys((".gcode", ".gco", ".g", ".gc", ".nc", ".ngc"), _PLAIN),
}
_CONTENT: dict[SourceKind, str] = {
    SourceKind.GCODE: "plain G-code",
    SourceKind.GCODE_GZIP: "gzip-packed G-code",
    SourceKind.UFP: "a UFP archive",
    SourceKind.BGCODE: "binary G-code",
}
_ORDER = {Level.ERROR: 0, Level.WARNING: 1, Level.NOTE: 2}


class FileFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What was read of a file for a check; `kind` is None if it was not a whole file, and then `fault` says why.

    `extents` is the box that the header claims; `sums` is what the time analysis measured, where it shared the pass.
    """

    kind: SourceKind | None
    metadata: Metadata = Metadata()
    header_faults: tuple[HeaderFault, ...] = ()
    extents: Extents | None = None
    commands: CommandFacts = CommandFacts()
    fault: Finding | None = None
    sums: Sums | None = None


class FactsReader:
    """Collects the facts while somebody else reads the file: `feed` it every piece, then take the `facts`."""

    def __init__(self) -> None:
        self._ends = Ends()
        self._scan = CommandScan()

    def feed(self, piece: bytes) -> None:
        self._ends.feed(piece)
        self._scan.feed(piece)

    def facts(self, kind: SourceKind) -> FileFacts:
        sample = self._ends.sample()
        reading = read_header(sample.head_bytes[:HEADER_BYTES])
        return FileFacts(
            kind=kind,
            metadata=read_sample(sample),
            header_faults=reading.faults,
            extents=None if reading.header is None else _extents(reading.header),
            commands=self._scan.facts(),
        )


def read_facts(
    file: Path | str | BinaryIO, name: str = "", caps: Caps = DEFAULT_CAPS, *, also: tuple[Sink, ...] = ()
) -> FileFacts:
    """Read a stored file once, to its end, which proves that it is whole. Raises only OSError, for the disk's troubles.

    `also` shares the pass (see `verify`).
    """
    reader = FactsReader()
    try:
        content = verify(file, name, caps, also=(reader.feed, *also))
    except ContainerError as error:
        code = _CODE_OF_FAULT[error.code]
        return FileFacts(kind=None, fault=finding(code, error.code, fault=error.message))
    return reader.facts(content.kind)


def check(
    file: Path | str | BinaryIO,
    machine: MachineFacts,
    name: str = "",
    *,
    summary: Measured | None = None,
    caps: Caps = DEFAULT_CAPS,
) -> Verdict:
    """Read and judge a file in one pass; `summary` is that of its plan, if there is one. Raises only OSError."""
    return judge(read_facts(file, name, caps), machine, name, summary=summary)


def judge(facts: FileFacts, machine: MachineFacts, name: str = "", *, summary: Measured | None = None) -> Verdict:
    """The verdict on what was read of a file called `name`.

    `summary` is that of its plan, by default the sums that are kept with the facts. Without either the build volume is
    checked by the header alone, and filament by the slicer's claim.
    """
    measured = facts.sums if summary is None else summary
    if facts.kind is None:
        return Verdict(findings=(facts.fault,) if facts.fault else ())
    metadata = facts.metadata
    found = [
        *_name(name, facts.kind),
        *_header(facts, machine),
        *setup_findings(metadata, machine, measured),
        *_volume(facts, machine, measured),
        *heat_findings(facts.commands, metadata, machine),
        *_deeds(facts.commands, metadata, machine),
    ]
    return Verdict(findings=tuple(sorted(found, key=lambda one: _ORDER[one.level])))


def check_header(
    header: GriffinHeader | None, faults: tuple[HeaderFault, ...], machine: MachineFacts
) -> tuple[Finding, ...]:
    """The faults of the header itself, then where it doesn't fit the machine. What is unknown is never a mismatch."""
    findings = [_told(fault) for fault in faults]
    if header is not None:
        flavor = header.flavor or "Griffin"  # no other has such a header
        metadata = with_header(Metadata(flavor=flavor), header)
        findings += setup_findings(metadata, machine)
        if (extents := _extents(header)) is not None:
            findings += volume_findings(extents, machine, measured=False)
    return tuple(findings)


def _extents(header: GriffinHeader) -> Extents | None:
    if not header.has_size or header.min_mm is None or header.max_mm is None:
        return None
    return Extents(header.min_mm, header.max_mm)


def _told(fault: HeaderFault) -> Finding:
    return Finding(code=fault.code, level=fault.level, message=fault.message, data=fault.data, line=fault.line)


def _name(name: str, kind: SourceKind) -> Iterator[Finding]:
    lowered = name.lower()
    suffix = next((suffix for suffix in _PROMISES if lowered.endswith(suffix)), None)
    if suffix is not None and kind not in _PROMISES[suffix]:
        yield finding(Code.CONTENT_NOT_AS_NAMED, kind.value, suffix=suffix, content=_CONTENT[kind])


def _header(facts: FileFacts, machine: MachineFacts) -> Iterator[Finding]:
    """A header is missed only by a machine that reads one; the faults of one that is there always count."""
    for fault in facts.header_faults:
        if fault.code is not Code.HEADER_NOT_PRESENT or folded(machine.flavor) in SELF_MANAGED:
            yield _told(fault)


def _volume(facts: FileFacts, machine: MachineFacts, measured: Measured | None) -> Iterator[Finding]:
    extents = measured.extents if measured is not None else facts.extents
    if extents is not None:
        yield from volume_findings(extents, machine, measured=measured is not None)


def _deeds(commands: CommandFacts, metadata: Metadata, machine: MachineFacts) -> Iterator[Finding]:
    if not commands.has_commands:
        yield finding(Code.NO_COMMANDS)
    homes_itself = is_self_managed(metadata) or folded(machine.flavor) in SELF_MANAGED
    if commands.unhomed_line is not None and not homes_itself:
        yield finding(Code.NOT_HOMED, line=commands.unhomed_line)
    for found in commands.deeds:
        deed = DEEDS[found.command]
        yield finding(deed.code, found.command, found.line, deed=deed.words, command=found.command)
