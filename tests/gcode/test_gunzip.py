"""Gzip as real files and hostile ones have it."""

import gzip
import io
import random
import time
import zlib

import pytest

from printyard.gcode.gunzip import Gunzip

TEXT = random.Random(7).randbytes(30_000) + bytes(300_000) + b"G1 X1 Y1\n" * 5_000


def unpacked(packed, size=10_000):
    stream = Gunzip(io.BytesIO(packed))
    pieces = list(iter(lambda: stream.read(size), b""))
    assert all(len(piece) <= size for piece in pieces)
    return b"".join(pieces)


@pytest.mark.parametrize("size", [1_000, 65_536, 10**9])
@pytest.mark.parametrize("level", [0, 1, 9])
def test_what_was_packed_is_unpacked(level, size):
    assert unpacked(gzip.compress(TEXT, level), size) == TEXT


def test_a_byte_at_a_time():
    assert unpacked(gzip.compress(TEXT[29_000:32_000]), 1) == TEXT[29_000:32_000]


def test_members_follow_each_other_with_zeros_between_them():
    packed = gzip.compress(b"one") + gzip.compress(b"") + bytes(20_000) + gzip.compress(b"two") + bytes(100)
    assert unpacked(packed) == b"onetwo"
    assert gzip.decompress(packed) == b"onetwo"


def test_a_hundred_thousand_members_take_no_longer_than_their_bytes():
    packed = gzip.compress(b"") * 100_000 + gzip.compress(b"end")
    begin = time.process_time()
    assert unpacked(packed) == b"end"
    assert time.process_time() - begin < 3.0


def test_a_header_whose_name_never_ends_is_passed_at_once():
    packed = gzip.compress(b"end")
    named = packed[:3] + b"\x08" + packed[4:10] + b"n" * 20_000_000
    begin = time.process_time()
    with pytest.raises(EOFError):
        unpacked(named)
    assert unpacked(named + b"\0" + packed[10:]) == b"end"
    assert time.process_time() - begin < 2.0


@pytest.mark.parametrize("end", [1, 9, 12, -9, -8, -1])
def test_a_cut_member_is_missed(end):
    with pytest.raises(EOFError):
        unpacked(gzip.compress(TEXT)[:end])


@pytest.mark.parametrize("behind", [b"G28", b"\0\0G28", b"\x1f\x8b\x07\0"])
def test_what_follows_must_be_a_member(behind):
    with pytest.raises(zlib.error):
        unpacked(gzip.compress(TEXT) + behind)


@pytest.mark.parametrize("place", [-1, -5, 20])
def test_checksums_are_checked(place):
    packed = bytearray(gzip.compress(TEXT))
    packed[place] ^= 1
    with pytest.raises((zlib.error, EOFError)):
        unpacked(packed)
