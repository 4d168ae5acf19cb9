"""Unpacks gzip of any number of members (RFC 1952) at the pace of zlib, whatever its headers say.

Python's own reader goes through the headers byte by byte: a file name of a gigabyte, which no file needs and a header
may hold, would keep it busy for a quarter of an hour.
"""

import zlib
from typing import IO, Final

_PACKED_BYTES: Final = 1 << 14
"""Read at once. What is behind a member is copied for the next one, so with tiny members more would be slower."""
_GZIP: Final = 31
"""zlib's word for gzip: header and checksums are its business."""


class Gunzip:
    """The unpacked bytes of a stream that begins with gzip."""

    def __init__(self, raw: IO[bytes]) -> None:
        self._raw = raw
        self._packed = b""
        self._member: zlib._Decompress | None = None

    def read(self, size: int, /) -> bytes:
        """At least one byte and at most `size` (which is positive); none at the end.

        Raises EOFError where the stream ends inside a member, zlib.error where it is damaged or goes on otherwise than
        with a member or zeros.
        """
        while True:
            packed = self._packed or self._raw.read(_PACKED_BYTES)
            ended = not packed
            if self._member is None:
                if ended:
                    return b""
                self._packed = packed = packed.lstrip(b"\0")  # padding between members, as gzip(1) allows it
                if not packed:
                    continue
                self._member = zlib.decompressobj(_GZIP)
            member = self._member
            piece = member.decompress(packed, size)
            self._packed = member.unused_data or member.unconsumed_tail
            if member.eof:
                self._member = None
            if piece:
                return piece
            if ended:
                raise EOFError("the stream ends inside a member")
