"""Clients of event streams: opens them all, then reads for a while and says how late what they got was.

    python benchmarks/_listeners.py HOST PORT TOKEN SECONDS < paths (one a line, a stream for each)

It measures once all of them have got what was there when they came: whole statuses, by far the most of what they get.
Prints JSON: streams that were open to the end, bytes, the differences that the first of them got, its own seconds of
CPU, the seconds that they took to begin, and those between the making of a status and its arrival: the median, the 99th
of a hundred, and the worst.
"""

import asyncio
import contextlib
import json
import re
import sys
import time
from datetime import datetime

MADE = re.compile(rb'"/generated_time","value":"([0-9T:.Z-]+)"')
DELTA = b"event: delta"
SOON, TICK_SECONDS, PATIENCE_TICKS = 1.0, 0.1, 1200
"""A stream has begun when what comes is that new; so many looks are taken whether all have."""

LOOKED_AT = 1200


BUFFER = memoryview(bytearray(1 << 18))
"""All streams read into it in turn: nothing is kept of what came."""


class Stream(asyncio.BufferedProtocol):
    """One stream. Only the beginning of what comes is looked at: the reader must not be what is late."""

    def __init__(self, request: bytes, *, counts: bool) -> None:
        self._request, self._counts = request, counts
        self.open, self.bytes, self.deltas = False, 0, 0
        self.measuring, self.begun = False, False
        self.late: list[float] = []

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.open = True
        self.transport: asyncio.Transport = transport  # type: ignore[assignment]
        self.transport.write(self._request)

    def connection_lost(self, _: Exception | None) -> None:
        self.open = False

    def get_buffer(self, _: int) -> memoryview:
        return BUFFER

    def buffer_updated(self, size: int) -> None:
        if self.begun and not self.measuring:
            return
        found = MADE.search(BUFFER, 0, min(size, LOOKED_AT))
        late = time.time() - datetime.fromisoformat(found[1].decode()).timestamp() if found else None
        if not self.measuring:
            self.begun = late is not None and late < SOON
            return
        self.bytes += size
        if self._counts:
            self.deltas += bytes(BUFFER[:size]).count(DELTA)
        if late is not None:
            self.late.append(late)


async def listen(host: str, port: int, token: str, seconds: float, paths: list[str]) -> dict[str, float]:
    """Open the streams, wait until they have begun, and measure."""
    loop = asyncio.get_running_loop()
    streams: list[Stream] = []
    for path in paths:
        request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
        stream = Stream(request, counts=not streams)
        await loop.create_connection(lambda: stream, host, port)  # noqa: B023
        streams.append(stream)
        await asyncio.sleep(0.01)
    opened = time.monotonic()
    for _ in range(PATIENCE_TICKS):
        if all(stream.begun for stream in streams):
            break
        await asyncio.sleep(TICK_SECONDS)
    waited = time.monotonic() - opened
    for stream in streams:
        stream.measuring = True
    print("measuring", flush=True)
    began = time.process_time()
    await asyncio.sleep(seconds)
    print("measured", flush=True)
    late = sorted(one for stream in streams for one in stream.late)
    return {
        "open": sum(stream.open for stream in streams), "bytes": sum(stream.bytes for stream in streams),
        "deltas": streams[0].deltas, "cpu": time.process_time() - began, "begun": waited,
        "median": late[len(late) // 2], "p99": late[int(len(late) * 0.99)], "worst": late[-1],
    }  # fmt: skip


if __name__ == "__main__":
    with contextlib.suppress(ImportError):
        import uvloop

        uvloop.install()
    host, port, token, seconds = sys.argv[1:]
    wanted = [line.strip() for line in sys.stdin if line.strip()]
    print(json.dumps(asyncio.run(listen(host, int(port), token, float(seconds), wanted))), flush=True)
