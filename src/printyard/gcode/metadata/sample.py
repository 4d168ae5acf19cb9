"""The two ends of a file, where slicers put what they have to say, and how to read numbers and settings in them."""

import io
import re
from collections.abc import Iterable
from functools import cached_property

from printyard.gcode.source import GcodeSource

END_BYTES = 1 << 20
"""How much of each end is read: pictures of 640 x 480 in the head still leave the start code in view."""
MAX_TOOLS = 64
_CHUNK = 1 << 18
_MAX_TEXT = 4096

NUMBER = r"[-+]?(?:\d{1,15}(?:\.\d{0,15})?|\.\d{1,15})"
_SETTING = re.compile(r"^; ?([A-Za-z][^=\n\r;]{0,80}?) *= ?([^\n\r]*)", re.MULTILINE)
_NUMBER = re.compile(NUMBER, re.ASCII)
_WORD = re.compile(r'\s*"((?:[^"\\]|\\.)*)"\s*;|([^;]*);')
_ESCAPED = re.compile(r"\\(.)")
_DURATION = re.compile(r"(\d{1,9})\s*([dhms])", re.ASCII)
_SECONDS = {"d": 86400, "h": 3600, "m": 60, "s": 1}


class Ends:
    """Keeps the two ends of a stream of bytes; `feed` it every piece in order (it can share the pass of `verify`)."""

    def __init__(self, end_bytes: int = END_BYTES) -> None:
        self._end_bytes = end_bytes
        self._head = bytearray()
        self._tail = bytearray()
        self._size = 0

    def feed(self, chunk: bytes) -> None:
        if (room := self._end_bytes - len(self._head)) > 0:
            self._head += chunk[:room]
        self._tail += chunk
        self._size += len(chunk)
        if len(self._tail) > 2 * self._end_bytes:
            del self._tail[: -self._end_bytes]

    def sample(self) -> "Sample":
        return Sample(bytes(self._head), bytes(self._tail[-self._end_bytes :]), self._size)


def sample_of(source: GcodeSource, end_bytes: int = END_BYTES) -> "Sample":
    """The ends of an open source: sought where it can be, else by reading through it. Raises ContainerError."""
    ends = Ends(end_bytes)
    if source.seekable():
        size = source.seek(0, io.SEEK_END)
        source.seek(0)
        head = _read(source, end_bytes)
        source.seek(max(0, size - end_bytes))
        return Sample(head, _read(source, end_bytes), size)
    while chunk := source.read(_CHUNK):
        ends.feed(chunk)
    return ends.sample()


def _read(source: GcodeSource, size: int) -> bytes:
    pieces = []
    while size > 0 and (piece := source.read(size)):
        pieces.append(piece)
        size -= len(piece)
    return b"".join(pieces)


class Sample:
    """Head and tail of the plain G-code, which overlap in a short file, and its length in bytes."""

    def __init__(self, head: bytes, tail: bytes, size: int) -> None:
        self.head_bytes = head
        self.tail_bytes = tail
        self.size = size
        self.head = head.decode("utf-8", "replace").replace("\r\n", "\n")
        self.tail = tail.decode("utf-8", "replace").replace("\r\n", "\n")

    @property
    def parts(self) -> tuple[str, str]:
        """Both ends, the head first."""
        return self.head, self.tail

    @cached_property
    def settings(self) -> dict[str, str]:
        """All `; key = value` lines; the tail goes before the head, and in each the first of a key counts."""
        found: dict[str, str] = {}
        for part in (self.tail, self.head):
            for match in _SETTING.finditer(part):
                found.setdefault(match[1].strip(), match[2].strip()[:_MAX_TEXT])
        return found

    def first(self, *patterns: str) -> re.Match[str] | None:
        """The first match of the first pattern that has one, in the head, then in the tail; ^ and $ match at lines."""
        for pattern in patterns:
            compiled = re.compile(pattern, re.MULTILINE)
            for part in self.parts:
                if match := compiled.search(part):
                    return match
        return None

    def number(self, *patterns: str) -> float | None:
        """The first group of the first match, as a number."""
        match = self.first(*patterns)
        return None if match is None else number(match[1])

    def setting(self, *keys: str) -> str:
        """The value of the first of the keys that has one, without quotes."""
        return next((value for key in keys if (value := self.settings.get(key, "").strip('"'))), "")


def number(text: str) -> float | None:
    """The number at the start of a text; None if there is none."""
    match = _NUMBER.match(text.strip())
    return float(match[0]) if match else None


def whole(text: str) -> int | None:
    """The number at the start of a text, cut to a whole one."""
    value = number(text)
    return None if value is None else int(value)


def numbers(text: str) -> list[float | None]:
    """A list of numbers, separated by commas or semicolons."""
    return [number(piece) for piece in re.split("[,;]", text)] if text else []


def words(text: str) -> list[str]:
    """A list of words, separated by semicolons, each quoted or not; what is quoted may hold semicolons."""
    if not text.strip('"'):
        return []
    pieces = _WORD.findall(text if text.endswith(";") else text + ";")
    return [_ESCAPED.sub(r"\1", quoted) if quoted else plain.strip().strip('"') for quoted, plain in pieces]


def seconds(text: str) -> float | None:
    """A duration such as `1d 2h 3m 4s`; None if there is none."""
    pieces = _DURATION.findall(text)
    return float(sum(int(count) * _SECONDS[unit] for count, unit in pieces)) if pieces else None


def first_known(*values: float | None) -> float | None:
    """The first that is known, also if it is zero."""
    return next((value for value in values if value is not None), None)


def total(values: Iterable[float | None]) -> float | None:
    """The sum of what is known; None if nothing is."""
    known = [value for value in values if value is not None]
    return round(sum(known), 6) if known else None


def at(values: list[float | None], index: int) -> float | None:
    """The value at an index, or None beyond the end."""
    return values[index] if index < len(values) else None


def word_at(values: list[str], index: int) -> str:
    """The word at an index, or "" beyond the end."""
    return values[index] if index < len(values) else ""
