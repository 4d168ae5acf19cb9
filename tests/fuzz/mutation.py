"""What is done to a file before a reader gets it: flips, cuts, copies, huge numbers, huge lines, packing again."""

import gzip
import random
import struct
import zlib
from collections.abc import Callable

NUMBERS = (
    *(
        b"0",
        b"-0",
        b"-1",
        b"1e308",
        b"1e400",
        b"-1e-320",
        b"nan",
        b"inf",
        b".",
        b"-",
        b"0x10",
        b"1_0",
        b"+5",
        b"5.",
        b"1e5",
    ),
    *(b"9" * 20, b"9" * 400, b"0." + b"3" * 300, b"2147483648", b"4294967296", b"9223372036854775808", b"1" * 5000),
    *("\u0663".encode(), "\u00b2".encode(), "\uff11".encode()),
)
"""Numbers that are too large, none, or digits to Unicode alone."""
PIECES = (
    *(
        b"\n",
        b"\r",
        b"\r\n",
        b"\0",
        b";",
        b":",
        b"=",
        b"*",
        b"(",
        b"\xff",
        b"\xef\xbb\xbf",
        b"\xed\xa0\x80",
        b"\xc2\x85",
    ),
    *("\u2028".encode(), "\u00a0".encode(), "\ud7ff".encode(), "\U0001f600".encode(), b"\x1f\x8b\x08", b"PK\x03\x04"),
    *(b"PK\x01\x02", b"PK\x05\x06", b";TYPE:", b";LAYER:7", b"; thumbnail begin 9x9 4\n; AAAA\n; thumbnail end\n"),
    *(
        b"<!DOCTYPE x>",
        b"<![CDATA[",
        b"&#0;",
        b"&lt;",
        b"G2 I1e9",
        b"G92 X1e300",
        b"T31",
        b"T32",
        b"M204 S0",
        b"G91",
        b"M82",
    ),
    *(b"M201 X0 E9e9", b"M203 Z-1", b"M205 J1e-9", b"M205 X0 Y1e9 E0", b"M204 R0 T1e300", b"\nG4 S1\n"),
    *(b"; a = b\n", b";END_OF_HEADER", b"\n;LAYER_CHANGE\n", b"\n; CHANGE_LAYER\n", b"; ESTIMATOR_ADD_TIME 1e9 x"),
)
COUNTS = (0, 1, 2, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFF_FFFF, 0xFFFF_FFFF, 0x7FFF_FFFF_FFFF_FFFF, 2**64 - 1)

Change = Callable[[bytes, random.Random, int], bytes]


def mutate(data: bytes, chance: random.Random, longest: int) -> bytes:
    """One to a few changes, one after the other; no longer than `longest`."""
    for _ in range(chance.choice((1, 1, 1, 2, 3, 8))):
        data = chance.choice(CHANGES)(data, chance, longest)[:longest]
    return data


def _place(data: bytes, chance: random.Random) -> int:
    return chance.randrange(len(data) + 1)


def _stretch(data: bytes, chance: random.Random) -> tuple[int, int]:
    """Where a piece begins and ends: a few bytes, a line, or much."""
    start = _place(data, chance)
    if chance.random() < 0.4:
        start = data.rfind(b"\n", 0, start) + 1
        return start, (data.find(b"\n", start) + 1) or len(data)
    return start, min(len(data), start + int(chance.paretovariate(0.5)))


def _flip(data: bytes, chance: random.Random, _: int) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 4, 30)) if data else 0):
        changed[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def _put_count(data: bytes, chance: random.Random, _: int) -> bytes:
    """A length, an offset or a count in the file lies."""
    form = chance.choice(("<H", "<I", "<Q", ">I", "B"))
    size = struct.calcsize(form)
    count = (chance.choice(COUNTS) + chance.choice((0, 0, 1, -1))) % 2 ** (8 * size)
    place = _place(data, chance)
    return data[:place] + struct.pack(form, count) + data[place + size :]


def _cut_end(data: bytes, chance: random.Random, _: int) -> bytes:
    return data[: _place(data, chance)]


def _cut(data: bytes, chance: random.Random, _: int) -> bytes:
    start, stop = _stretch(data, chance)
    return data[:start] + data[stop:]


def _repeat(data: bytes, chance: random.Random, longest: int) -> bytes:
    """The same piece over and over: many lines, one huge line, many members."""
    start, stop = _stretch(data, chance)
    room = max(longest - len(data), 0) // max(stop - start, 1)
    times = min(room, chance.choice((1, 1, 2, 50, 5_000, longest)))
    return data[:stop] + data[start:stop] * times + data[stop:]


def _move(data: bytes, chance: random.Random, _: int) -> bytes:
    start, stop = _stretch(data, chance)
    piece, rest = data[start:stop], data[:start] + data[stop:]
    place = _place(rest, chance)
    return rest[:place] + piece + rest[place:]


def _insert(data: bytes, chance: random.Random, _: int) -> bytes:
    place = _place(data, chance)
    return data[:place] + chance.choice(PIECES) + data[place:]


def _noise(data: bytes, chance: random.Random, _: int) -> bytes:
    start, stop = _stretch(data, chance)
    return data[:start] + chance.randbytes(min(stop - start, 2_000)) + data[stop:]


def _renumber(data: bytes, chance: random.Random, _: int) -> bytes:
    """Another number where there is one."""
    start = _place(data, chance)
    while start < len(data) and not data[start : start + 1].isdigit():
        start += 1
    stop = start
    while stop < len(data) and data[stop : stop + 1] in b"0123456789.":
        stop += 1
    return data[:start] + chance.choice(NUMBERS) + data[stop:]


def _pack(data: bytes, chance: random.Random, _: int) -> bytes:
    """Packed, again or for the first time, or with more behind it."""
    small = gzip.compress(data, 1, mtime=0)
    return chance.choice((small, small + small, small + data[:50], small[:-4] + b"\0\0\0\0", small + bytes(20)))


def _repack(data: bytes, chance: random.Random, longest: int) -> bytes:
    """Unpack, change what is inside, and pack again: the checksums are right, the text is not."""
    try:
        text = zlib.decompressobj(31).decompress(data, longest)
    except zlib.error:
        return data
    return gzip.compress(mutate(text, chance, longest), 1, mtime=0)


CHANGES: tuple[Change, ...] = (
    *(_flip, _flip, _put_count, _cut_end, _cut, _cut, _repeat, _move, _insert, _insert, _insert),
    *(_noise, _renumber, _renumber, _renumber, _pack, _repack),
)
