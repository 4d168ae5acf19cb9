"""The system's clock, and the source of ids and secrets."""

import asyncio
import secrets
import threading
import time
import uuid
from collections.abc import Callable, Coroutine
from typing import Any

from printyard.core.model.value import Id, Instant
from printyard.core.ports.time import Clock

COUNTER_BITS = 74
"""All of a UUIDv7 that is neither time nor version (RFC 9562, 5.7): 12 and 62 bits."""


class SystemClock:
    """core.ports.time.Clock, by this machine's clock."""

    def now(self) -> Instant:
        return Instant(time.time_ns() // 1000)

    def sleep(self, seconds: float) -> Coroutine[Any, Any, None]:
        return asyncio.sleep(max(0.0, seconds))

    def later(self, seconds: float, work: Callable[[], None]) -> Callable[[], object]:
        return asyncio.get_running_loop().call_later(max(0.0, seconds), work).cancel


class UuidIds:
    """core.ports.time.Ids: UUIDv7 from any thread, each above all before it, also when the clock is set back.

    Within a millisecond the random bits are a counter that makes steps of random width (RFC 9562, 6.2, method 2).
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._last = 0

    def new(self) -> Id:
        fresh = self._clock.now() // 1000 << COUNTER_BITS | secrets.randbits(COUNTER_BITS - 1)
        with self._lock:
            if fresh >> COUNTER_BITS <= self._last >> COUNTER_BITS:
                fresh = self._last + 1 + secrets.randbits(32)
            self._last = fresh
        milliseconds, counter = fresh >> COUNTER_BITS, fresh & (1 << COUNTER_BITS) - 1
        high, low = counter >> 62, counter & (1 << 62) - 1
        return Id(str(uuid.UUID(int=milliseconds << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)))

    def secret(self, size: int) -> bytes:
        return secrets.token_bytes(size)
