"""Finds a kind of move by the text of a comment, in a hash table that plain Python fills."""

from typing import Any, Final

import numpy as np

from printyard.gcode.kernel.compiled import at, inlined
from printyard.gcode.kernel.layout import FREE, KIND_SLOTS
from printyard.gcode.kernel.words import ASCII, SPACE
from printyard.gcode.reference.kinds import OTHER, Kinds

UNKNOWN: Final = -1
"""Plain Python must look at the text: it is new, or has white space that only Unicode knows."""
_BASIS: Final = 14695981039346656037
_PRIME: Final = 1099511628211
HASH_BASIS, HASH_PRIME = np.uint64(_BASIS), np.uint64(_PRIME)
NEXT_LAYER: Final = np.frombuffer(b"move to next layer ", np.uint8)


@inlined
def find_comment_kind(bench: Any, start: int, end: int) -> int:
    """The kind that a move's own comment names (reference.kinds.kind_of_comment)."""
    block = bench.block
    while start < end and _is_white(block[at(start)]):
        start += 1
    end = _trimmed(block, start, end)
    if end > start and block[at(start)] >= ASCII:
        return UNKNOWN
    if end - start >= NEXT_LAYER.shape[0] and _begins_next_layer(block, start):
        end = start + NEXT_LAYER.shape[0] - 1
    return find_kind(bench, start, end)


@inlined
def find_type_kind(bench: Any, start: int, end: int) -> int:
    """The kind after `;TYPE:`, of which blanks at the left are a part."""
    return find_kind(bench, start, _trimmed(bench.block, start, end))


@inlined
def find_kind(bench: Any, start: int, end: int) -> int:
    """The number of the kind with exactly this text; OTHER for a new one where no more are taken."""
    block, names = bench.block, bench.kind_names
    if end > start and block[at(end - 1)] >= ASCII:
        return UNKNOWN
    code, plain = HASH_BASIS, True
    for place in range(start, end):
        code = (code ^ np.uint64(block[at(place)])) * HASH_PRIME
        plain = plain and block[at(place)] < ASCII
    slot = np.int64(code & np.uint64(KIND_SLOTS - 1))
    while names[slot].kind != FREE:
        if names[slot].hash == code and _is_text(block, start, end, names[slot]):
            return int(names[slot].kind) - 1
        slot = (slot + 1) & (KIND_SLOTS - 1)
    return OTHER if bench.machine.kinds_full and plain else UNKNOWN


@inlined
def _is_white(byte: int) -> bool:
    return byte == SPACE or 9 <= byte <= 13


@inlined
def _trimmed(block: Any, start: int, end: int) -> int:
    while end > start and _is_white(block[at(end - 1)]):
        end -= 1
    return end


@inlined
def _begins_next_layer(block: Any, start: int) -> bool:
    for index in range(NEXT_LAYER.shape[0]):  # noqa: SIM110 - numba has no all()
        if block[at(start + index)] != NEXT_LAYER[index]:
            return False
    return True


@inlined
def _is_text(block: Any, start: int, end: int, name: Any) -> bool:
    if name.size != end - start:
        return False
    for index in range(end - start):  # noqa: SIM110 - numba has no all()
        if block[at(start + index)] != name.text[index]:
            return False
    return True


class KindNames:
    """The hash table: follows the kinds that plain Python has numbered."""

    def __init__(self, table: Any, kinds: Kinds) -> None:
        self._table = table
        self._kinds = kinds
        self._entered = 0
        self.follow()

    def follow(self) -> bool:
        """Enter the kinds that are new. True if the kernel need not ask about new ones any more."""
        for kind in range(self._entered, len(self._kinds.texts)):
            self._enter(kind, self._kinds.texts[kind].encode("utf-8", "surrogatepass"))
        self._entered = len(self._kinds.texts)
        return self._kinds.full and self._kinds.overflowed

    def _enter(self, kind: int, text: bytes) -> None:
        code = _BASIS
        for byte in text:
            code = ((code ^ byte) * _PRIME) & 0xFFFF_FFFF_FFFF_FFFF
        slot = code & (KIND_SLOTS - 1)
        while self._table[slot]["kind"] != FREE:
            slot = (slot + 1) & (KIND_SLOTS - 1)
        name = self._table[slot]
        name["hash"], name["kind"], name["size"] = code, kind + 1, len(text)
        name["text"][: len(text)] = np.frombuffer(text, np.uint8)
