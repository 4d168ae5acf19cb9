"""Decoder of MeatPack, which puts two frequent characters of G-code into one byte.

The low half of a byte is the first character. A half of 15 means: a whole character follows (both halves: two). A line
end in the low half voids the high one. FF FF and a byte is an order to the decoder: packing on and off (comments are
not packed), E in the place of the blank. A packed G line has lost its blanks: they are put back before its words.
"""

import re
from string import ascii_uppercase

_ON, _OFF, _RESET, _NO_BLANKS, _BLANKS = 251, 250, 249, 247, 246
_SIGNAL = b"\xff\xff"
_WHOLE = 15
_CHARACTERS = "0123456789. \nGX"

_G_LINES = re.compile(r"(?:^G[^\n]*\n?)+", re.MULTILINE)
_WORDS = ascii_uppercase.replace("G", "")


class MeatPackError(ValueError):
    """The bytes end in the middle of a character."""


class _Alphabet:
    """What each byte stands for: `texts` its characters, or None where whole ones follow; `first` and `second` then."""

    def __init__(self, characters: str) -> None:
        halves = [*characters, ""]  # 15: nothing of its own
        self.first = [halves[byte & 15] for byte in range(256)]
        self.second = ["" if first == "\n" else halves[byte >> 4] for byte, first in enumerate(self.first)]
        self.texts = [
            first + second if first == "\n" or (first and second) else None
            for first, second in zip(self.first, self.second, strict=True)
        ]


_WITH_BLANKS = _Alphabet(_CHARACTERS)
_WITHOUT_BLANKS = _Alphabet(_CHARACTERS.replace(" ", "E"))


def unpack(data: bytes) -> bytes:
    """The text that a packed block stands for; raises MeatPackError. Linear in time and memory."""
    out: list[str] = []
    alphabet = _WITH_BLANKS
    packed = False
    place = 0
    while place < len(data):
        # Two FF in a row are always a signal: G-code has no such character.
        signal = data.find(_SIGNAL, place)
        end = len(data) if signal < 0 else signal
        if packed:
            _unpack_run(data[place:end], alphabet, out)
        else:
            out.append(data[place:end].decode("latin-1"))
        order = data[end + 2] if end + 2 < len(data) else _RESET
        packed = order == _ON or (packed and order not in (_OFF, _RESET))
        if order in (_NO_BLANKS, _BLANKS):
            alphabet = _WITHOUT_BLANKS if order == _NO_BLANKS else _WITH_BLANKS
        place = end + 3
    return _spaced("".join(out)).encode("latin-1")


def _unpack_run(data: bytes, alphabet: _Alphabet, out: list[str]) -> None:
    texts, append = alphabet.texts, out.append
    rest = iter(data)
    try:
        for byte in rest:
            text = texts[byte]
            if text is not None:
                append(text)
            else:
                append(alphabet.first[byte] or chr(next(rest)))
                append(alphabet.second[byte] or chr(next(rest)))
    except StopIteration:
        raise MeatPackError("the block ends in the middle of a character") from None


def _spaced(text: str) -> str:
    """A blank before each word of the G lines; and without the empty lines that packing makes of them."""
    while "\n\n" in text:
        text = text.replace("\n\n", "\n")
    return _G_LINES.sub(_spaced_lines, text)


def _spaced_lines(lines: re.Match[str]) -> str:
    text = lines[0]
    for letter in _WORDS:
        text = text.replace(letter, " " + letter)
    return text.replace("  ", " ")
