"""The grammar of one line of G-code, as klipper_estimator v3.7.3 reads it.

In the order in which it is tried: an `N` with or without digits is eaten; a letter with a number (`G1`) begins
words; a run of letters and underlines begins `key=value` items; `;` begins a comment; nothing is nothing; the rest is
unreadable. What follows the part that could be read is dropped. A number may be a bare `+`, which is 0. Which
characters beyond ASCII are letters is Python's to say, and differs for some rare ones.
"""

import re
from typing import Final, NamedTuple

WHITE: Final = (
    "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""Unicode's white space, without the control characters that Python's `strip` adds to it."""

BLANKS: Final = " \t"

_LINE_NUMBER: Final = re.compile(r"[Nn]\+?0*([0-9]*)[ \t]*")
_NUMBERED: Final = re.compile(r"([^\W\d_])(?=[+0-9])\+?0*([0-9]*)[ \t]*")
_NAMED: Final = re.compile(r"([^\W\d]+)[ \t]*")
_WORD: Final = re.compile(rf"([^\W\d_])([^{WHITE};]*)([ \t]*)")
_VALUE: Final = re.compile(rf'"([^"]*)(?:"|$)|([^{WHITE};]*)')
_BLANKS: Final = re.compile(r"[ \t]+")
_FLOAT: Final = re.compile(
    r"[+-]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:e[+-]?[0-9]+)?|nan|inf|infinity)", re.IGNORECASE | re.ASCII
)
_MAX_LINE_NUMBER: Final = 2**64
_MAX_CODE: Final = 2**16


class Unreadable(Exception):
    """The line begins with nothing that G-code begins with."""


class Words(NamedTuple):
    """`G1 X10 ;text`: the letter as written, its number, the words with folded letters, and the comment if any."""

    letter: str
    code: int
    words: list[tuple[str, str]]
    comment: str | None
    text: str

    def first(self, letter: str) -> float | None:
        """The number of the first word with this letter; None without one, or if that one is no number."""
        for key, value in self.words:
            if key == letter:
                return number(value)
        return None

    def last_numbers(self) -> dict[str, float]:
        """Each letter's last word that is a number: G0 and G1 are read so."""
        values = ((key, number(value)) for key, value in self.words)
        return {key: value for key, value in values if value is not None}


class Named(NamedTuple):
    """`SET_VELOCITY_LIMIT ACCEL=1000`: the command and its keys in lower case; of equal keys the last counts."""

    command: str
    items: dict[str, str]

    def value(self, key: str) -> float | None:
        return number(self.items.get(key, ""))


class Comment(NamedTuple):
    """A line that has only a comment: what follows the `;`."""

    text: str


def parse(raw: str) -> Words | Named | Comment | None:
    """Read one line, without its newline; None if it is empty. Raises Unreadable."""
    line = raw.strip(WHITE)
    prefix = _LINE_NUMBER.match(line)
    if prefix is not None and _below(prefix[1], _MAX_LINE_NUMBER):
        line = line[prefix.end() :]
    if not line:
        return None
    if line[0] == ";":
        return Comment(line[1:])
    numbered = _NUMBERED.match(line)
    if numbered is not None and _below(numbered[2], _MAX_CODE):
        words, place = _words(line, numbered.end())
        comment = line[place + 1 :] if line[place : place + 1] == ";" else None
        return Words(numbered[1], int(numbered[2] or "0"), words, comment, line)
    named = _NAMED.match(line)
    if named is None:
        raise Unreadable
    return Named(named[1].lower(), _items(line, named.end()))


def number(text: str) -> float | None:
    """A decimal number, which must be the whole text; None if it is none."""
    return float(text) if _FLOAT.fullmatch(text) else None


def _below(digits: str, limit: int) -> bool:
    """Whether a number is small enough; a hostile one has too many digits to be converted."""
    return len(digits) <= 20 and int(digits or "0") < limit


def _words(line: str, place: int) -> tuple[list[tuple[str, str]], int]:
    words = []
    while (word := _WORD.match(line, place)) is not None:
        letter, value, blanks = word.groups()
        words.append((letter.upper() if letter.isascii() else letter, value))
        place = word.end()
        if not blanks:
            break
    return words, place


def _items(line: str, place: int) -> dict[str, str]:
    items: dict[str, str] = {}
    while (equals := line.find("=", place)) >= 0:
        value = _VALUE.match(line, equals + 1)
        if value is None:
            break
        items[line[place:equals].lower()] = value[1] if value[1] is not None else value[2]
        place = value.end()
        blanks = _BLANKS.match(line, place)
        if blanks is None:
            break
        place = blanks.end()
    return items
