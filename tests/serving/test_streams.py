"""Streams: events, websockets and camera pictures, for readers that are fast, slow, gone or no longer welcome."""

import asyncio
import contextlib

import aiohttp
import pytest
from litestar import Request, WebSocket, get, websocket
from structlog.testing import capture_logs

from printyard.core.errors import Offline
from printyard.serving.camera import CameraStream, snapshot
from printyard.serving.credentials import AnonymousRight
from printyard.serving.hub import Hub
from printyard.serving.mailbox import Mailbox, Stalled
from printyard.serving.reply import Reply
from printyard.serving.websocket import converse


def text_of(sent):
    return b"".join(message.get("body", b"") for message in sent).decode()


class Client:
    """The other end of a raw ASGI answer; it can stop reading, and hang up."""

    def __init__(self):
        self.sent, self.reads, self._gone = [], asyncio.Event(), asyncio.Event()
        self.reads.set()

    async def receive(self):
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        await self.reads.wait()
        self.sent.append(message)

    def hang_up(self):
        self._gone.set()

    @contextlib.asynccontextmanager
    async def watching(self, app):
        task = asyncio.create_task(app({"type": "http", "headers": []}, self.receive, self.send))
        await settle()
        try:
            yield task
        finally:
            self.hang_up()
            await asyncio.wait_for(task, 1)


async def settle():
    for _ in range(20):
        await asyncio.sleep(0)


async def some(*items):
    for item in items:
        yield item


async def test_a_mailbox_keeps_the_newest_of_each_and_the_order_of_what_was_said():
    mailbox = Mailbox(max_said=2)
    mailbox.show("a", b"1")
    mailbox.say(b"x")
    mailbox.show("b", b"2")
    mailbox.show("a", b"3")
    mailbox.say(b"y")
    assert await mailbox.take() == [b"x", b"y", b"3", b"2"]
    waiting = asyncio.create_task(mailbox.take())
    await settle()
    assert not waiting.done()
    mailbox.show("a", b"4")
    assert await waiting == [b"4"]
    for _ in range(3):
        mailbox.say(b"z")
    with pytest.raises(Stalled):
        await mailbox.take()


@contextlib.asynccontextmanager
async def running(hub):
    task = asyncio.create_task(hub.run())
    await settle()
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_a_topic_is_encoded_once_per_tick_for_all_who_follow(clock):
    encoded, state = [], {"luke": 0, "leia": 0}

    def encode(topic):
        encoded.append(topic)
        return b"%s %d" % (topic.encode(), state[topic])

    hub, mailboxes = Hub(encode, clock), [Mailbox() for _ in range(5)]
    async with running(hub):
        hub.mark("luke")
        await settle()
        assert encoded == []
        with contextlib.ExitStack() as stack:
            for mailbox in mailboxes:
                stack.enter_context(hub.following(mailbox, ["luke"]))
            for value in range(100):
                state["luke"] = value
                hub.mark("luke")
                hub.mark("leia")
            await settle()
            assert encoded == ["luke"]
            assert [await mailbox.take() for mailbox in mailboxes] == [[b"luke 99"]] * 5
            state["luke"] = 100
            hub.mark("luke")
            await settle()
            assert encoded == ["luke"]
            await clock.run(0.3)
            assert encoded == ["luke", "luke"]
            hub.unfollow(mailboxes[0], "luke")
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(mailboxes[0].take(), 0.01)
        assert hub._followers == {}


class StillCamera:
    def __init__(self, pictures=(), *, offline=False):
        self.pictures, self.offline, self.closed = pictures, offline, False

    async def snapshot(self):
        if self.offline:
            raise Offline("no link")
        return b"first"

    async def stream(self):
        try:
            for picture in self.pictures:
                yield picture
            await asyncio.Event().wait()
        finally:
            self.closed = True


async def test_pictures_until_the_client_looks_away():
    camera, client = StillCamera([b"second"]), Client()
    async with client.watching(CameraStream(camera)):
        kind = dict(client.sent[0]["headers"])[b"content-type"].decode()
        boundary = kind.partition("boundary=")[2]
        parts = text_of(client.sent).split(f"--{boundary}\r\n")
        assert parts[1] == "Content-Type: image/jpeg\r\nContent-Length: 5\r\n\r\nfirst\r\n"
        assert parts[2] == "Content-Type: image/jpeg\r\nContent-Length: 6\r\n\r\nsecond\r\n"
        assert parts[3] == ""
        assert not camera.closed
    assert camera.closed


async def test_a_camera_that_is_lost():
    with pytest.raises(Offline):
        await CameraStream(StillCamera(offline=True))({}, None, None)
    with pytest.raises(Offline):
        await snapshot(StillCamera(offline=True))

    class Lost(StillCamera):
        async def stream(self):
            yield b"second"
            raise Offline("no link")

    client = Client()
    async with client.watching(CameraStream(Lost())) as task:
        await asyncio.wait_for(task, 1)
    assert client.sent[-1]["more_body"] is False


@pytest.fixture
async def base(make_app, behind_visit, listening, clock):
    hub = Hub(lambda topic: b"state of " + topic.encode(), clock)

    @websocket("/api/v1/socket")
    async def talk(socket: WebSocket) -> None:
        await socket.accept()
        mailbox = Mailbox()
        over = asyncio.get_running_loop().create_future()

        async def heard(said):
            if said == "bye":
                over.set_result(None)
            elif said == "boom":
                raise ZeroDivisionError
            elif said.startswith("follow "):
                hub.follow(mailbox, said.removeprefix("follow "))
                hub.mark(said.removeprefix("follow "))
            else:
                mailbox.say(f"heard {said}".encode())

        try:
            await converse(socket, mailbox, heard, ended=over, max_characters=1000)
        finally:
            hub.leave(mailbox)

    @get("/api/v1/stream")
    async def stream(request: Request) -> Reply:
        return CameraStream(StillCamera([b"p" * 70_000] * 1000)).reply()

    app = behind_visit(make_app([talk, stream], anonymous=AnonymousRight.READ))
    async with running(hub), listening(app) as base:
        yield base


async def test_a_websocket_conversation(base):
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{base}/api/v1/socket") as socket:
        await socket.send_str("hello")
        assert await socket.receive_str() == "heard hello"
        await socket.send_str("follow luke")
        assert await socket.receive_str() == "state of luke"
        await socket.send_str("bye")
        assert (await socket.receive()).type is aiohttp.WSMsgType.CLOSE
        assert socket.close_code == 1008


async def test_a_message_that_is_too_big(base):
    async with aiohttp.ClientSession() as session, session.ws_connect(f"{base}/api/v1/socket") as socket:
        await socket.send_str("x" * 1001)
        await socket.receive()
        assert socket.close_code == 1009


async def test_what_breaks_a_conversation_is_logged(base):
    with capture_logs() as logs:
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{base}/api/v1/socket") as socket:
            await socket.send_str("boom")
            await socket.receive()
            assert socket.close_code == 4500
    assert [entry["event"] for entry in logs] == ["unexpected error"]


async def test_a_stranger_has_no_websocket(base, make_app, behind_visit, listening):
    @websocket("/api/v1/socket")
    async def talk(socket: WebSocket) -> None:
        await socket.accept()

    app = behind_visit(make_app([talk], anonymous=AnonymousRight.NONE))
    async with listening(app) as closed, aiohttp.ClientSession() as session:
        with pytest.raises(aiohttp.WSServerHandshakeError) as error:
            await session.ws_connect(f"{closed}/api/v1/socket")
        assert error.value.status == 403


async def test_a_camera_over_a_socket_ends_when_the_client_goes(base):
    async with aiohttp.ClientSession() as session, session.get(f"{base}/api/v1/stream") as answer:
        first = await answer.content.readuntil(b"first\r\n")
        assert first.startswith(b"--printyardframe\r\nContent-Type: image/jpeg\r\n")
        assert answer.headers["cache-control"].startswith("no-store")
