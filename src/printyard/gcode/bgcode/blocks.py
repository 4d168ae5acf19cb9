"""The blocks of a binary G-code file: their order, lengths, checksums and compressions. All integers little-endian.

A file: magic GCDE, version, kind of checksum. A block: type, compression, length unpacked, length packed (only where it
is packed), parameters by type, data, and a CRC-32 of all that, if the file has checksums.
"""

import struct
import zlib
from collections.abc import Iterator
from enum import IntEnum
from typing import BinaryIO, NamedTuple

from printyard.gcode.bgcode.heatshrink import HeatshrinkError, decompress
from printyard.gcode.container import Caps, ContainerError

MAGIC = b"GCDE"
VERSION = 1

_FILE = struct.Struct("<4sIH")
_BLOCK = struct.Struct("<HHI")
_PACKED = struct.Struct("<I")
_CRC = struct.Struct("<I")
_NO_CHECKSUM, _CRC32 = 0, 1


class BlockType(IntEnum):
    """What a block holds."""

    FILE_METADATA = 0
    GCODE = 1
    SLICER_METADATA = 2
    PRINTER_METADATA = 3
    PRINT_METADATA = 4
    THUMBNAIL = 5


class Compression(IntEnum):
    """How a block's data is packed: heatshrink by window and count of bits."""

    NONE = 0
    DEFLATE = 1
    HEATSHRINK_11_4 = 2
    HEATSHRINK_12_4 = 3


_HEATSHRINK = {Compression.HEATSHRINK_11_4: (11, 4), Compression.HEATSHRINK_12_4: (12, 4)}
_PARAMETERS = {BlockType.THUMBNAIL: struct.Struct("<HHH")}
_ENCODING = struct.Struct("<H")


class Block(NamedTuple):
    """A block: its parameters (encoding; or format, width and height of a picture) and its data, unpacked."""

    type: BlockType
    parameters: tuple[int, ...]
    data: bytes


def read_blocks(raw: BinaryIO, caps: Caps) -> Iterator[Block]:
    """The blocks from the begin of a file to its end, in its order, each checked. Raises ContainerError.

    One block is held in memory at a time, and `caps.member_bytes` caps it.
    """
    magic, version, checksum = _FILE.unpack(_exactly(raw, _FILE.size))
    if magic != MAGIC or version != VERSION or checksum not in (_NO_CHECKSUM, _CRC32):
        raise ContainerError("corrupt", "The file is binary G-code of a version that nobody here knows.")
    while start := raw.read(_BLOCK.size):
        start += _exactly(raw, _BLOCK.size - len(start))
        yield _read_block(raw, start, caps, checked=checksum == _CRC32)


def _read_block(raw: BinaryIO, start: bytes, caps: Caps, *, checked: bool) -> Block:
    type_number, compression_number, size = _BLOCK.unpack(start)
    try:
        type_, compression = BlockType(type_number), Compression(compression_number)
    except ValueError:
        raise ContainerError("corrupt", "The file holds a block of a kind that nobody here knows.") from None
    packed_size = size
    if compression is not Compression.NONE:
        packing = _exactly(raw, _PACKED.size)
        (packed_size,) = _PACKED.unpack(packing)
        start += packing
    if max(size, packed_size) > caps.member_bytes:
        raise ContainerError("too_large", f"A block has more than {caps.member_bytes:,} bytes.")
    form = _PARAMETERS.get(type_, _ENCODING)
    body = _exactly(raw, form.size + packed_size)
    if checked and _CRC.unpack(_exactly(raw, _CRC.size)) != (zlib.crc32(body, zlib.crc32(start)),):
        raise ContainerError("corrupt", "The file is damaged: a checksum differs.")
    return Block(type_, form.unpack_from(body), _unpacked(body[form.size :], compression, size))


def _unpacked(data: bytes, compression: Compression, size: int) -> bytes:
    try:
        match compression:
            case Compression.NONE:
                return data
            case Compression.DEFLATE:
                inflater = zlib.decompressobj()
                out = inflater.decompress(data, size + 1)  # one more, by which a longer stream is seen
                if len(out) != size or not inflater.eof:
                    raise ContainerError("corrupt", "A block unpacks to another length than announced.")
                return out
            case Compression.HEATSHRINK_11_4 | Compression.HEATSHRINK_12_4:
                return decompress(data, size, *_HEATSHRINK[compression])
    except (zlib.error, HeatshrinkError) as error:
        raise ContainerError("corrupt", "The file is damaged: a block can't be unpacked.") from error


def _exactly(raw: BinaryIO, size: int) -> bytes:
    data = raw.read(size)
    if len(data) != size:
        raise ContainerError("truncated", "The file ends too early: it was cut off.")
    return data
