"""The lines that are to be rewritten, and their times: found while the file is timed, kept on disk if they are many."""

import struct
from array import array
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import Final, NamedTuple, Self

from printyard.gcode.process.slicers import PROGRESS_RULE, Family, Times
from printyard.gcode.reference.lines import Comment

_LINE: Final = struct.Struct("<QQIB")
"""Byte of the file, number of its time, bytes without the newline, rule."""
_TIME: Final = struct.Struct("<d")
_PIECE: Final = _LINE.size * _TIME.size * 256
"""Bytes that are read and written at once: whole records of both."""
_IN_MEMORY: Final = 1 << 20


class Found(NamedTuple):
    """A line to be rewritten: where it lies (bytes, without its newline), by which rule, and its times."""

    offset: int
    size: int
    rule: int
    times: Times


class Ledger:
    """Fulfils Stamps for one family of slicers; then gives the lines in their order."""

    def __init__(self, family: Family | None, folder: Path) -> None:
        self.letters = 0 if family is None else family.letters
        self._family = family
        self._latest_lines = bytearray()
        self._latest_times = array("d")
        self._lines = SpooledTemporaryFile(_IN_MEMORY, dir=str(folder))  # noqa: SIM115 - closed by __exit__
        self._times = SpooledTemporaryFile(_IN_MEMORY, dir=str(folder))  # noqa: SIM115
        self._group = -1
        self._total = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self._times.close()

    def take(self, line: Comment, offset: int, size: int, *, together: bool) -> bool:
        rule = None if self._family is None else self._family.rule_of(line)
        if rule is not None:
            self._add(offset, size, rule, together=together)
        return rule is not None

    def take_progress(self, offset: int, size: int, *, together: bool) -> None:
        self._add(offset, size, PROGRESS_RULE, together=together)

    def _add(self, offset: int, size: int, rule: int, *, together: bool) -> None:
        if not together:
            self._group += 1
        self._latest_lines += _LINE.pack(offset, self._group, size, rule)
        if len(self._latest_lines) >= _PIECE:
            self._keep()

    def timed(self, seconds: Iterable[float]) -> None:
        self._latest_times.extend(seconds)

    def _keep(self) -> None:
        """Bring what is in memory to the disk; there are no more times than lines."""
        self._lines.write(self._latest_lines)
        self._times.write(self._latest_times.tobytes())
        self._latest_lines.clear()
        self._latest_times = array("d")

    def finish(self, seconds: float) -> None:
        self._total = seconds

    def __iter__(self) -> Iterator[Found]:
        self._keep()
        self._lines.seek(0)
        self._times.seek(0)
        times = self._all_times()
        group, elapsed = -1, 0.0
        while piece := self._lines.read(_PIECE):
            for offset, number, size, rule in _LINE.iter_unpack(piece):
                while group < number:
                    (elapsed,) = next(times)
                    group += 1
                yield Found(offset, size, rule, Times(elapsed, self._total))

    def _all_times(self) -> Iterator[tuple[float]]:
        while piece := self._times.read(_PIECE):
            yield from _TIME.iter_unpack(piece)
