"""Decoder of heatshrink, an LZSS: a 1 bit and a byte, or a 0 bit, how far back (less 1) and how many bytes (less 1)."""

_LITERAL_BITS = 9
_SLICE = 1 << 13
"""Bytes that are spelt out as bits at once."""


def _numbers(bits: int, first: int) -> dict[str, int]:
    """What each spelling of so many bits stands for, counted from `first`. Half as slow as int(spelling, 2)."""
    return {f"{value:0{bits}b}": value + first for value in range(1 << bits)}


_BYTES = _numbers(8, 0)
_COUNTS = {4: _numbers(4, 1)}
_DISTANCES = {11: _numbers(11, 1), 12: _numbers(12, 1)}


class HeatshrinkError(ValueError):
    """The bits are no heatshrink stream of the announced length."""


def decompress(data: bytes, size: int, window_bits: int, count_bits: int) -> bytes:
    """The `size` bytes that `data` stands for; raises HeatshrinkError. Takes time and memory in proportion to both.

    Windows of 11 and 12 bits and counts of 4 are known.
    """
    distances, counts = _DISTANCES[window_bits], _COUNTS[count_bits]
    split, length = 1 + window_bits, 1 + window_bits + count_bits
    out = bytearray()
    bits, place = "", 0
    try:
        for start in range(0, len(data), _SLICE):
            piece = data[start : start + _SLICE]
            bits = bits[place:] + f"{int.from_bytes(piece):0{8 * len(piece)}b}"
            place = 0
            stop = len(bits) - (length if start + _SLICE < len(data) else _LITERAL_BITS)
            while place <= stop and len(out) < size:
                if bits[place] == "1":
                    out.append(_BYTES[bits[place + 1 : place + _LITERAL_BITS]])
                    place += _LITERAL_BITS
                else:
                    begin = len(out) - distances[bits[place + 1 : place + split]]
                    count = counts[bits[place + split : place + length]]
                    place += length
                    if begin < 0:
                        raise HeatshrinkError("a reference leads out of the stream")
                    chunk = out[begin : begin + count]
                    # A reference that runs into itself means its last bytes over and over.
                    out += chunk if len(chunk) == count else (chunk * count)[:count]
    except KeyError:
        raise HeatshrinkError("the stream ends too early") from None
    if len(out) != size:
        raise HeatshrinkError("the stream has another length than announced")
    return bytes(out)
