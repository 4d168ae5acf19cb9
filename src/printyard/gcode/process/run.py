"""Processes one file in two passes: the first finds the lines and times them, the second copies and rewrites."""

from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Final, Protocol

from msgspec import Struct

from printyard.gcode.estimate import Estimate
from printyard.gcode.limits import Limits
from printyard.gcode.process.files import COPY_BYTES, ProcessError, Unchanged, check_plain, replacing
from printyard.gcode.process.ledger import Found, Ledger
from printyard.gcode.process.mark import mark_of, previous_version
from printyard.gcode.process.slicers import Slicer, detect
from printyard.gcode.reference.analysis import Cancelled
from printyard.gcode.reference.blocks import Stream
from printyard.gcode.reference.stamps import Stamps

_TIMED_PART: Final = 0.9
"""Of the progress: how much of the work the first pass is."""


class Analyse(Protocol):
    """The kernel's `analyse`, or the reference's."""

    def __call__(
        self,
        stream: Stream,
        limits: Limits,
        /,
        *,
        stamps: Stamps | None,
        progress: Callable[[int], object] | None,
        cancelled: Cancelled | None,
    ) -> Estimate: ...


class Processed(Struct, frozen=True, kw_only=True):
    """What became of a file. `previous`: the version that had processed it before, which is why it was `bypassed`.

    `slicer` is None where none was found; `estimate` is None, and nothing was written, if the file was bypassed.
    """

    previous: str | None
    bypassed: bool
    slicer: str | None = None
    lines: int = 0
    estimate: Estimate | None = None


def process(  # noqa: PLR0913 - the file, how it is timed, and who has a say
    source: Path,
    limits: Limits,
    analyse: Analyse,
    *,
    output: Path | None = None,
    force: bool = False,
    may_replace: Callable[[], object] | None = None,
    progress: Callable[[float], object] | None = None,
    cancelled: Cancelled | None = None,
) -> Processed:
    """Write the times of `limits` into a plain G-code file, in its place or as `output`.

    A file that was processed before is left alone unless `force`. `may_replace` is called at the last moment, when
    only the renaming is left to be done: whoever knows that the file is being printed raises there, and nothing has
    changed. Raises ProcessError, GcodeError, AnalysisCancelled, OSError and what `may_replace` raises.
    """
    source = source.resolve()
    target = source if output is None else output.resolve()
    with source.open("rb", buffering=COPY_BYTES) as file:
        check_plain(file)
        previous = previous_version(file)
        if previous is not None and not force:
            return Processed(previous=previous, bypassed=True)
        unchanged = Unchanged(source, file)
        slicer = _detected(file)
        with Ledger(None if slicer is None else slicer.family, target.parent) as ledger:
            told = None if progress is None else _telling(progress, unchanged.size)
            estimate = analyse(file, limits, stamps=ledger, progress=told, cancelled=cancelled)
            with replacing(target, unchanged.mode, (unchanged.check, may_replace)) as written:
                file.seek(0)
                lines = _rewrite(file, written, unchanged.size, slicer, ledger)
    name = None if slicer is None else slicer.name
    return Processed(previous=previous, bypassed=False, slicer=name, lines=lines, estimate=estimate)


def _detected(file: BinaryIO) -> Slicer | None:
    """The slicer; the file is at its begin afterwards."""
    file.seek(0)
    slicer = detect(file)
    file.seek(0)
    return slicer


def _telling(progress: Callable[[float], object], size: int) -> Callable[[int], object]:
    return lambda done: progress(_TIMED_PART * min(done / max(size, 1), 1.0))


def _rewrite(source: BinaryIO, target: BinaryIO, size: int, slicer: Slicer | None, ledger: Ledger) -> int:
    """Copy a file with its lines of time in their new words, and the mark behind it. Returns how many there were."""
    place = lines = 0
    last = b"\n"
    if slicer is not None:
        for found in ledger:
            _copy(source, target, found.offset - place)
            last = _rewritten(source.read(found.size), found, slicer)
            target.write(last)
            place = found.offset + found.size
            lines += 1
    last = _copy(source, target, size - place) or last
    if not last.endswith(b"\n"):
        target.write(b"\n")
    target.write(mark_of(slicer))
    return lines


def _rewritten(raw: bytes, found: Found, slicer: Slicer) -> bytes:
    """A line in its new words; it keeps a carriage return at its end."""
    text = slicer.family.rules[found.rule].render(raw, found.times)
    if text is None:
        raise ProcessError("The file has changed while it was processed.")
    return text.encode() + (b"\r" if raw.endswith(b"\r") else b"")


def _copy(source: BinaryIO, target: BinaryIO, size: int) -> bytes:
    """Copy so many bytes; returns the last of them, for its last one. Raises ProcessError where there are fewer."""
    block = b""
    while size > 0:
        block = source.read(min(size, COPY_BYTES))
        if not block:
            raise ProcessError("The file has changed while it was processed.")
        target.write(block)
        size -= len(block)
    return block[-1:]
