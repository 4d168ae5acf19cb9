"""Ids and secrets that are the same in each run."""

import random
import uuid

from printyard.core.model.value import Id
from printyard.core.ports.time import Clock

MILLISECOND = 1000


class SeededIds:
    """core.ports.time.Ids: UUIDv7 of the clock's instants, each above all before it; secrets from a seed."""

    def __init__(self, clock: Clock, seed: int = 0) -> None:
        self._clock = clock
        self._random = random.Random(seed)  # noqa: S311 - they shall be guessed
        self._node = self._random.getrandbits(30)
        self._last = (0, 0)

    def new(self) -> Id:
        millisecond, count = max((self._clock.now() // MILLISECOND, 0), self._last)
        self._last = (millisecond, count + 1)
        high, low = count >> 20, (count & 0xFFFFF) << 42 | self._node
        return Id(str(uuid.UUID(int=millisecond << 80 | 0x7 << 76 | (high & 0xFFF) << 64 | 0b10 << 62 | low)))

    def secret(self, size: int) -> bytes:
        return self._random.randbytes(size)
