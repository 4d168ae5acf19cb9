"""Head and body of an answer go in one piece; nothing is lost on the way."""

import asyncio

import uvicorn
from uvicorn.server import ServerState

from printyard.app.gathering import MOST_BYTES, MOST_WAITING_BYTES, Body, Gathering, GatheringProtocol


class Wire:
    def __init__(self) -> None:
        self.pieces: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        assert not self.closed
        self.pieces.append(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_extra_info(self, name: str) -> str:
        return f"the wire's {name}"


class Tap(Wire):
    """A connection of which one sees whether it is being read."""

    def __init__(self) -> None:
        super().__init__()
        self.open = asyncio.Event()
        self.open.set()

    def pause_reading(self) -> None:
        self.open.clear()

    def resume_reading(self) -> None:
        self.open.set()

    def get_extra_info(self, name: str) -> None:
        return None


async def test_what_is_written_in_one_turn_is_one_piece():
    wire = Wire()
    transport = Gathering(wire, asyncio.get_running_loop())
    transport.write(b"head ")
    transport.write(b"body")
    assert wire.pieces == []
    await asyncio.sleep(0)
    transport.write(b"next")
    await asyncio.sleep(0)
    assert wire.pieces == [b"head body", b"next"]


async def test_much_is_not_held_back():
    wire = Wire()
    transport = Gathering(wire, asyncio.get_running_loop())
    transport.write(b"head ")
    transport.write(b"x" * MOST_BYTES)
    assert wire.pieces == [b"head " + b"x" * MOST_BYTES]
    await asyncio.sleep(0)
    assert len(wire.pieces) == 1


async def test_all_is_sent_before_it_closes():
    wire = Wire()
    transport = Gathering(wire, asyncio.get_running_loop())
    transport.write(b"last words")
    transport.close()
    assert (wire.pieces, wire.closed) == ([b"last words"], True)


async def test_a_wire_that_was_cut_meanwhile_is_left_alone():
    wire = Wire()
    transport = Gathering(wire, asyncio.get_running_loop())
    transport.write(b"too late")
    wire.close()
    await asyncio.sleep(0)
    assert wire.pieces == []
    assert transport.get_extra_info("peername") == "the wire's peername"


async def test_a_body_in_one_piece_is_handed_on_as_it_is():
    body, piece = Body(), b"x" * 1000
    body += piece
    assert bytes(body) is piece
    body += b"yz"
    assert (len(body), bytes(body)) == (1002, piece + b"yz")


async def test_a_client_waits_while_nobody_takes_what_it_sent():
    taken, hungry, done = [], asyncio.Event(), asyncio.Event()

    async def app(scope, receive, send):
        await hungry.wait()
        while (message := await receive()).get("more_body"):
            taken.append(message["body"])
        taken.append(message["body"])
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})
        done.set()

    piece, tap = bytes(range(256)) * 256, Tap()
    most = MOST_WAITING_BYTES // len(piece) + 1
    config = uvicorn.Config(app, lifespan="off", log_config=None)
    config.load()
    protocol = GatheringProtocol(config, ServerState(), {}, asyncio.get_running_loop())
    protocol.connection_made(tap)
    protocol.data_received(b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (3 * most * len(piece)))
    for _ in range(most):
        assert tap.open.is_set()
        protocol.data_received(piece)
    assert not tap.open.is_set()
    hungry.set()
    for _ in range(2 * most):
        await tap.open.wait()
        protocol.data_received(piece)
    await done.wait()
    assert b"".join(taken) == piece * 3 * most
    assert b"".join(tap.pieces).startswith(b"HTTP/1.1 204 ")
    protocol.connection_lost(None)
