"""Which slicer made a file, and which of its lines speak of time."""

import math
import re
from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from printyard.gcode.reference.blocks import LineBlocks, Stream
from printyard.gcode.reference.lines import Comment, parse
from printyard.gcode.reference.stamps import STAMPS_PROGRESS, letter_bit


class Times(NamedTuple):
    """Seconds until a line, and of the whole print."""

    elapsed: float
    total: float


class Rule(NamedTuple):
    """A sort of line: M73 (no pattern), or comments that begin so; what follows that begin becomes `text`."""

    pattern: re.Pattern[str] | None
    text: Callable[[Times], str]

    def render(self, raw: bytes, times: Times) -> str | None:
        """The new line in place of this one, which is of this sort; None if it is not."""
        if self.pattern is None:
            return self.text(times) if b"73" in raw else None
        line = parse(raw.decode("utf-8", "replace"))
        begin = self.pattern.match(line.text) if isinstance(line, Comment) else None
        return f";{begin[0]}{self.text(times)}" if begin else None


class Family(NamedTuple):
    """Slicers that write the same lines. `letters`: see Stamps."""

    rules: tuple[Rule, ...]
    letters: int

    def rule_of(self, line: Comment) -> int | None:
        """The number of the rule that a comment falls under, on a line of its own."""
        for number, rule in enumerate(self.rules):
            if rule.pattern is not None and rule.pattern.match(line.text):
                return number
        return None


class Slicer(NamedTuple):
    """The slicer that made a file, `PrusaSlicer 2.7.0`."""

    name: str
    family: Family


def _progress(times: Times) -> str:
    """M73: percent done and minutes left. A print without time is done."""
    percent = times.elapsed / times.total * 100.0 if times.total > 0.0 else 100.0
    minutes = math.floor(max(times.total - times.elapsed, 0.0) / 60.0 + 0.5)
    return f"M73 P{percent:.3f} R{minutes}"


def _units(seconds: float, units: tuple[tuple[int, str], ...]) -> str:
    """The seconds, rounded up, cut into units. One of which there is nothing is left out, save the last."""
    left, text = math.ceil(seconds), ""
    for size, unit in units:
        count, left = divmod(left, size)
        if count or size == 1:
            text += f" {count}{unit}"
    return text


def _with_letters(times: Times) -> str:
    """` 1d 1m 39s`."""
    return _units(times.total, ((86400, "d"), (3600, "h"), (60, "m"), (1, "s")))


def _with_words(times: Times) -> str:
    """` 1 hours 2 minutes 3 sec`."""
    return _units(times.total, ((3600, " hours"), (60, " minutes"), (1, " sec")))


def _total(times: Times) -> str:
    return str(math.ceil(times.total))


def _elapsed(times: Times) -> str:
    return str(math.ceil(times.elapsed))


def _remaining(times: Times) -> str:
    return str(math.ceil(max(times.total - times.elapsed, 0.0)))


def _comments(pattern: str, text: Callable[[Times], str]) -> Rule:
    return Rule(re.compile(pattern), text)


PROGRESS_RULE: Final = 0
"""The number of the rule for M73, where there is one."""
_PRUSA: Final = Family(
    (Rule(None, _progress), _comments(r" estimated printing time[^=\n]{0,80}=", _with_letters)),
    STAMPS_PROGRESS | letter_bit("e"),
)
_IDEAMAKER: Final = Family(
    (
        _comments("Print Time: ", _total),
        _comments("PRINTING_TIME: ", _elapsed),
        _comments("REMAINING_TIME: ", _remaining),
    ),
    letter_bit("P") | letter_bit("R"),
)
_CURA: Final = Family(
    (_comments(r"(?:PRINT\.)?TIME:", _total), _comments("TIME_ELAPSED:", _elapsed)),
    letter_bit("T") | letter_bit("P"),
)
_SIMPLIFY3D: Final = Family((_comments(" *Build [Tt]ime:", _with_words),), letter_bit("B"))

_GENERATORS: Final = (
    (re.compile(r"(PrusaSlicer)\s(.*)\son"), _PRUSA),
    (re.compile(r"(SuperSlicer)\s(.*)\son"), _PRUSA),
    (re.compile(r"(OrcaSlicer)\s(.*)\son"), _PRUSA),
    (re.compile(r"Sliced by (ideaMaker)\s(.*),"), _IDEAMAKER),
    (re.compile(r"Generated with (Cura)_SteamEngine\s(.*)"), _CURA),
    (re.compile(r"GENERATOR\.NAME:(Cura)_SteamEngine()"), _CURA),
    (re.compile(r"(Simplify3D)\(R\)\sVersion\s(.*)"), _SIMPLIFY3D),
)
_NEEDLES: Final = (b"Slicer", b"ideaMaker", b"Cura_SteamEngine", b"Simplify3D(R)")
_COMMENT_LINE: Final = re.compile(r"\s*(?:[Nn][0-9]*[ \t]*)?;(.*)")
_MAX_LINE: Final = 1000
_MAX_NAME: Final = 100
_MAX_CANDIDATES: Final = 10_000
"""Lines that are looked at: a file that names slicers in more of them, and no maker, is hostile."""


def detect(stream: Stream) -> Slicer | None:
    """The slicer that the first comment to do so names as the file's maker."""
    blocks = LineBlocks(stream)
    looked_at = 0
    while size := blocks.read():
        for line in _candidates(blocks.buffer, blocks.start, size):
            looked_at += 1
            slicer = _named_by(line)
            if slicer is not None or looked_at > _MAX_CANDIDATES:
                return slicer
    return None


def _candidates(block: bytearray, start: int, stop: int) -> Iterator[str]:
    """The lines in which a slicer is named, in their order."""
    hits = {needle: block.find(needle, start, stop) for needle in _NEEDLES}
    while True:
        hit = min((place for place in hits.values() if place >= 0), default=-1)
        if hit < 0:
            return
        begin = block.rfind(b"\n", start, hit) + 1 or start
        end = block.index(b"\n", hit)
        yield block[begin : min(end, begin + _MAX_LINE)].decode("utf-8", "replace").rstrip()
        for needle, place in hits.items():
            if 0 <= place < end:
                hits[needle] = block.find(needle, end, stop)


def _named_by(line: str) -> Slicer | None:
    comment = _COMMENT_LINE.match(line)
    if comment is None:
        return None
    for pattern, family in _GENERATORS:
        generator = pattern.search(comment[1])
        if generator is not None:
            return Slicer(" ".join(generator.groups()).strip()[:_MAX_NAME], family)
    return None
