"""One listener of a feed on its connection, as server-sent events: sends what the feed tells until one has gone."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any, Protocol

from printyard.core.errors import CoreError
from printyard.core.events import FactName
from printyard.core.model.user import Principal
from printyard.serving.answers import JSON_ENCODER
from printyard.serving.asgi import Receive, Scope, Send
from printyard.serving.credentials import DigestHeader, OneShot, credential
from printyard.serving.doorkeeper import SESSION_COOKIE
from printyard.serving.outbox import Outbox
from printyard.serving.reply import Reply
from printyard.serving.spec import Door

BEAT = b": beat\n\n"
"""A comment: keeps proxies from closing a quiet stream, and shows us who has gone."""

BEAT_SECONDS = 15.0
SEND_SECONDS = 20.0
SETTLE_SECONDS = 0.1
RETRY = b"retry: 2000\n\n"

HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]

WITHDRAWING = frozenset({
    FactName.TOKEN_REVOKED, FactName.ACCESS_REVOKED, FactName.CONSENT_WITHDRAWN, FactName.USER_CHANGED,
    FactName.USER_REMOVED, FactName.ORGANIZATION_REMOVED,
})  # fmt: skip
"""Facts after which a listener may be nobody any more."""


def frame(event: str, data: Any, number: int | None = None) -> bytes:  # noqa: ANN401 (anything that msgspec encodes)
    """One event. Only facts have a number: it is the id from which a client resumes."""
    head = f"event: {event}\n" if number is None else f"event: {event}\nid: {number}\n"
    return head.encode() + b"data: " + JSON_ENCODER.encode(data) + b"\n\n"


class Feed(Protocol):
    """What is told to all who listen to the same."""

    def listen(self, outbox: Outbox, cursor: int | None) -> AsyncIterator[bytes]:
        """The frames with which a listener begins; the rest comes to its outbox, which is known when this ends.

        `cursor` is the number of the last fact that it has seen (None: nothing was missed).
        """

    def leave(self, outbox: Outbox) -> None:
        """A listener has gone; also one that never came to the end of its beginning."""


class Caller:
    """Who opened a stream, and whether that still holds."""

    def __init__(self, door: Door, scope: Any, principal: Principal) -> None:  # noqa: ANN401 (Litestar's scope is a TypedDict of its own)
        self._door, self._principal = door, principal
        self._brought = credential(scope, cookie_name=SESSION_COOKIE)

    async def still(self) -> bool:
        """Whether the credential is good yet, for the same as when the stream began."""
        if not self._principal.authenticated or self._brought is None:
            return True
        if isinstance(self._brought, DigestHeader | OneShot):
            return False  # signed for one request: its client comes back and signs again
        try:
            now = await self._door.accounts.principal(self._brought, None)
        except CoreError:
            return False
        return (now.id, now.role, now.scope) == (self._principal.id, self._principal.role, self._principal.scope)


class Listening:
    """An ASGI app that answers with the stream of one listener."""

    def __init__(self, feed: Feed, cursor: int | None, caller: Caller) -> None:
        self._feed, self._cursor, self._caller = feed, cursor, caller
        self._outbox = Outbox()

    def reply(self) -> Reply:
        """As the return value of a handler."""
        return Reply(self)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer; returns when the client has gone, is too slow, or may not listen any more."""
        await send({"type": "http.response.start", "status": 200, "headers": list(HEADERS)})
        watching = asyncio.create_task(self._watch(receive))
        try:
            with contextlib.suppress(TimeoutError):
                await self._post(send, RETRY)
                async for data in self._feed.listen(self._outbox, self._cursor):
                    await self._post(send, data)
                await self._follow(send)
        finally:
            watching.cancel()
            self._feed.leave(self._outbox)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _follow(self, send: Send) -> None:
        outbox = self._outbox
        while not outbox.closed:
            data = await outbox.take(BEAT_SECONDS)
            if data is None or outbox.doubtful:
                # A fact is told when it is committed; what was looked up before is forgotten a moment later.
                await asyncio.sleep(SETTLE_SECONDS)
                outbox.doubtful = False
                if not await self._caller.still():
                    return
            if data != b"" and not outbox.closed:
                await self._post(send, BEAT if data is None else data)

    async def _post(self, send: Send, data: bytes) -> None:
        """Send, unless the client takes too long (TimeoutError)."""
        async with asyncio.timeout(SEND_SECONDS):
            await send({"type": "http.response.body", "body": data, "more_body": True})

    async def _watch(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._outbox.close()
