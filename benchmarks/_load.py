"""A load generator: so many keep-alive connections, each asking again as soon as it was answered."""

import asyncio
import contextlib
import sys
import time


class Caller(asyncio.Protocol):
    """One connection."""

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._left = 0
        self._head = b""
        self.answers = 0
        self.wrong = 0
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        if self._left:
            self._left -= len(data)
        else:
            self._head += data
            end = self._head.find(b"\r\n\r\n")
            if end < 0:
                return
            head = self._head[:end].lower()
            self.wrong += not head.startswith(b"http/1.1 200")
            length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
            self._left = length - (len(self._head) - end - 4)
            self._head = b""
        if self._left <= 0:
            self.answers += 1
            self._left = 0
            self._transport.write(self._request)


async def load(host: str, port: int, path: str, connections: int, seconds: float, token: str) -> tuple[float, int]:
    """Answers per second, and how many were no 200."""
    bearer = f"Authorization: Bearer {token}\r\n" if token else ""
    request = f"GET {path} HTTP/1.1\r\nHost: {host}:{port}\r\n{bearer}\r\n".encode()
    loop = asyncio.get_running_loop()
    callers = [(await loop.create_connection(lambda: Caller(request), host, port))[1] for _ in range(connections)]
    begin = time.perf_counter()
    before = sum(caller.answers for caller in callers)
    await asyncio.sleep(seconds)
    count = sum(caller.answers for caller in callers) - before
    return count / (time.perf_counter() - begin), sum(caller.wrong for caller in callers)


if __name__ == "__main__":
    with contextlib.suppress(ImportError):
        import uvloop

        uvloop.install()
    host, port, path, connections, seconds, token = sys.argv[1:]
    rate, wrong = asyncio.run(load(host, int(port), path, int(connections), float(seconds), token))
    print(rate, wrong)
