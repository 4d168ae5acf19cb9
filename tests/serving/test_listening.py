"""Listeners of feeds: what they get in which order, and how a stream ends."""

import asyncio
import contextlib

import pytest

from printyard.serving import listening
from printyard.serving.listening import Listening, frame
from printyard.serving.outbox import TAKEN_BYTES, Outbox


class Script:
    """A feed that begins with some frames; the test puts the rest into the outbox."""

    def __init__(self, *first):
        self.first, self.outbox, self.cursor, self.left = first, None, "unasked", False

    async def listen(self, outbox, cursor):
        self.outbox, self.cursor = outbox, cursor
        for data in self.first:
            yield data

    def leave(self, outbox):
        assert outbox is not None
        self.left = True


class Caller:
    """Somebody who may listen, until the test says otherwise."""

    def __init__(self):
        self.welcome, self.asked = True, 0

    async def still(self):
        self.asked += 1
        return self.welcome


class Client:
    """The other end of a raw ASGI answer; it can stop reading, and hang up."""

    def __init__(self):
        self.sent, self.reads, self._gone, self.news = [], asyncio.Event(), asyncio.Event(), asyncio.Event()
        self.reads.set()

    async def receive(self):
        await self._gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message):
        await self.reads.wait()
        self.sent.append(message)
        self.news.set()

    def hang_up(self):
        self._gone.set()

    async def until(self, text):
        """Wait until this was sent."""
        async with asyncio.timeout(20):
            while text not in self.text:
                self.news.clear()
                await self.news.wait()

    @property
    def text(self):
        return b"".join(message.get("body", b"") for message in self.sent)

    @contextlib.asynccontextmanager
    async def listening(self, feed, caller, cursor=None):
        app = Listening(feed, cursor, caller)
        task = asyncio.create_task(app({"type": "http", "headers": []}, self.receive, self.send))
        try:
            yield task
        finally:
            self.hang_up()
            await asyncio.wait_for(task, 3)


def test_frames_have_a_number_where_a_client_can_go_on():
    assert frame("fact", {"a": 1}, 7) == b'event: fact\nid: 7\ndata: {"a":1}\n\n'
    assert frame("delta", []) == b"event: delta\ndata: []\n\n"


async def test_the_beginning_comes_before_what_is_told_meanwhile():
    client, feed = Client(), Script(b"one", b"two")
    async with client.listening(feed, Caller(), cursor=41):
        await client.until(b"two")
        assert feed.cursor == 41
        feed.outbox.put(b"three")
        feed.outbox.put(b"four")
        await client.until(b"four")
    assert client.text == b"retry: 2000\n\nonetwothreefour"
    assert client.sent[0]["headers"][0] == (b"content-type", b"text/event-stream; charset=utf-8")
    assert client.sent[-1]["more_body"] is False
    assert feed.left


async def test_a_quiet_stream_beats_and_asks_who_listens(monkeypatch):
    monkeypatch.setattr(listening, "BEAT_SECONDS", 0.01)
    client, caller = Client(), Caller()
    async with client.listening(Script(), caller):
        await client.until(b": beat\n\n")
    assert caller.asked >= 1


async def test_a_stream_ends_with_its_credential(monkeypatch):
    monkeypatch.setattr(listening, "SETTLE_SECONDS", 0.0)
    client, caller, feed = Client(), Caller(), Script(b"hello")
    async with client.listening(feed, caller) as task:
        await client.until(b"hello")
        feed.outbox.doubt()
        feed.outbox.put(b"still here")
        await client.until(b"still here")
        caller.welcome = False
        feed.outbox.doubt()
        feed.outbox.put(b"not for you")
        await asyncio.wait_for(task, 3)
    assert b"not for you" not in client.text
    assert caller.asked == 2


async def test_a_client_that_does_not_read_is_dropped(monkeypatch):
    monkeypatch.setattr(listening, "SEND_SECONDS", 0.02)
    client, feed = Client(), Script(b"hello")
    async with client.listening(feed, Caller()) as task:
        await client.until(b"hello")
        client.reads.clear()
        feed.outbox.put(b"never read")
        await asyncio.sleep(0.05)
        client.reads.set()
        await asyncio.wait_for(task, 3)
    assert feed.left
    assert b"never read" not in client.text


async def test_who_does_not_keep_up_is_dropped_and_holds_nothing():
    outbox = Outbox(limit_bytes=100)
    outbox.put(b"x" * 100)
    assert not outbox.closed
    outbox.put(b"x")
    assert outbox.closed
    assert await outbox.take(1.0) == b""


async def test_what_waits_is_sent_before_a_stream_ends():
    client, feed = Client(), Script(b"hello")
    async with client.listening(feed, Caller()) as task:
        await client.until(b"hello")
        feed.outbox.put(b"last words")
        feed.outbox.end()
        await asyncio.wait_for(task, 3)
    assert client.text.endswith(b"last words")


@pytest.mark.parametrize(
    ("sizes", "taken"), [((1, 2, 3), [6]), ((TAKEN_BYTES, 1), [TAKEN_BYTES, 1]), ((1, TAKEN_BYTES), [1, TAKEN_BYTES])]
)
async def test_small_frames_are_sent_together_and_large_ones_alone(sizes, taken):
    outbox = Outbox()
    for size in sizes:
        outbox.put(b"x" * size)
    assert [len(await outbox.take(1.0)) for _ in taken] == taken
    assert await outbox.take(0.01) is None
