"""Holds one example to its caps: no longer than so many seconds, no more memory than so many bytes."""

import time
import tracemalloc

from tests.fuzz.targets import Target


class OverCap(AssertionError):
    """An example took too long, or too much memory."""


def check_within_caps(target: Target, data: bytes) -> None:
    """Check a target on some bytes. Memory is what Python allocates, numpy and zlib included."""
    tracemalloc.start()
    begin = time.process_time()
    try:
        target.check(data)
        seconds, peak = time.process_time() - begin, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    if seconds > target.seconds:
        raise OverCap(f"{seconds:.1f} s for {len(data)} bytes")
    if peak > target.memory:
        raise OverCap(f"{peak:,} bytes of memory for {len(data)} bytes")
