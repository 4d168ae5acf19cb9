"""Clients that dawdle are hung up on; those that only take their time are not."""

import asyncio
from contextlib import asynccontextmanager

import pytest
import uvicorn

from printyard.app.patience import PatientProtocol


class Hasty(PatientProtocol):
    head_seconds, head_bytes, body_seconds = 0.5, 2000, 0.5


class Echo:
    """An application that answers with the length of the body, or tells that its client went away."""

    def __init__(self):
        self.cut = asyncio.Event()

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            return
        size = 0
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.cut.set()
                return
            size += len(message.get("body", b""))
            if not message.get("more_body", False):
                break
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"8")]})
        await send({"type": "http.response.body", "body": b"%8d" % size})


@asynccontextmanager
async def served(app):
    config = uvicorn.Config(app, http=Hasty, lifespan="off", log_config=None, port=0, timeout_keep_alive=1)
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        await server.shutdown()


@pytest.fixture
async def line():
    """An application and a connection to it."""
    app = Echo()
    async with served(app) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        yield app, reader, writer
        writer.close()


async def said(reader):
    return await asyncio.wait_for(reader.read(), 3.0)


async def test_a_connection_on_which_nothing_comes_is_ended(line):
    _, reader, _ = line
    assert (await said(reader)).startswith(b"HTTP/1.1 408 ")


async def test_a_head_that_never_ends_is_ended(line):
    _, reader, writer = line
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n")
    assert (await said(reader)).startswith(b"HTTP/1.1 408 ")


async def test_dripping_into_a_head_wins_no_time(line):
    _, reader, writer = line
    answer = asyncio.ensure_future(said(reader))
    for byte in b"GET / HTTP/1.1\r\nX-Slow: " + b"x" * 200:
        if answer.done():
            break
        writer.write(bytes([byte]))
        await asyncio.sleep(0.01)
    assert (await answer).startswith(b"HTTP/1.1 408 ")


async def test_a_head_without_measure_is_refused(line):
    _, reader, writer = line
    writer.write(b"GET / HTTP/1.1\r\n")
    await asyncio.sleep(0.02)
    writer.write(b"X-Fill: " + b"x" * 2500 + b"\r\n")
    assert (await said(reader)).startswith(b"HTTP/1.1 431 ")


async def test_a_body_that_stands_still_is_cut(line):
    app, reader, writer = line
    writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nabc")
    assert (await said(reader)).startswith(b"HTTP/1.1 408 ")
    await asyncio.wait_for(app.cut.wait(), 3.0)


async def test_a_body_that_comes_slowly_is_taken(line):
    _, reader, writer = line
    writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 8\r\nConnection: close\r\n\r\n")
    for _ in range(8):
        await asyncio.sleep(0.06)
        writer.write(b"x")
    assert (await said(reader)).endswith(b"       8")


async def test_a_later_request_has_its_own_time(line):
    """Idle between two requests is the keep-alive's matter; the second head is measured from its own first byte."""
    _, reader, writer = line
    writer.write(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
    await asyncio.wait_for(reader.readuntil(b"       0"), 3.0)
    await asyncio.sleep(0.7)
    writer.write(b"GET / HTTP/1.1\r\n")
    await asyncio.sleep(0.05)
    writer.write(b"Host: x\r\n\r\n")
    await asyncio.wait_for(reader.readuntil(b"       0"), 3.0)
    writer.write(b"GET / HTTP/1.1\r\n")
    assert b"HTTP/1.1 408 " in await said(reader)
