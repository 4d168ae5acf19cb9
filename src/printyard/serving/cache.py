"""Rendered bytes: a status is encoded once after a change, then handed out, or not even that (304)."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Any

import msgspec

from printyard.serving.answers import JSON, JSON_ENCODER
from printyard.serving.asgi import Receive, Scope, Send, header
from printyard.serving.reply import Reply

MAX_ENTRIES = 4096
STATUS_CACHING = b"private, no-cache"
"""For what only looks the same until the next change: kept by the client, but asked about each time."""


class Rendered(msgspec.Struct, frozen=True):
    """An answer's bytes with its ETag (with quotes), and its headers as they go on the wire."""

    body: bytes
    etag: bytes
    headers: list[tuple[bytes, bytes]]

    def reply(self) -> Reply:
        """As the return value of a handler."""
        return Reply(self)

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        """Answer with the bytes, or with 304 if the client has them."""
        asked = header(scope, b"if-none-match")
        if asked is not None and matches(asked, self.etag):
            kept = [pair for pair in self.headers if pair[0] in {b"etag", b"cache-control"}]
            await send({"type": "http.response.start", "status": 304, "headers": kept})
            await send({"type": "http.response.body", "body": b""})
            return
        await send({"type": "http.response.start", "status": 200, "headers": self.headers})
        await send({"type": "http.response.body", "body": self.body})


def matches(asked: bytes, etag: bytes) -> bool:
    """Whether an If-None-Match names the tag (weakly: it is enough that the meaning is the same)."""
    if asked == etag:
        return True
    if asked.strip() == b"*":
        return True
    return etag in {tag.strip().removeprefix(b"W/") for tag in asked.split(b",")}


def rendered(body: bytes, etag: str, media_type: str = JSON) -> Rendered:
    """Bytes under a tag (without quotes)."""
    tag = f'"{etag}"'.encode("latin-1")
    return Rendered(
        body,
        tag,
        [
            (b"content-type", media_type.encode("latin-1")),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", STATUS_CACHING),
            (b"etag", tag),
        ],
    )


class RenderCache:
    """The newest rendering of each resource, for one API.

    A resource is anything hashable (with the visibility in it, if answers differ by who asks); of each only the newest
    `version` is kept. `epoch` is of this boot: what an earlier one gave out never matches.
    """

    def __init__(self, api: str, epoch: str, *, max_entries: int = MAX_ENTRIES) -> None:
        self._prefix = f"{api}-{epoch}-"
        self._max_entries = max_entries
        self._entries: OrderedDict[Hashable, tuple[Hashable, Rendered]] = OrderedDict()
        self._count = 0

    def get(self, resource: Hashable, version: Hashable, content: Callable[[], Any]) -> Rendered:
        """The bytes of a resource in a version; `content` gives the value to encode if they are not there.

        The tag is this cache's own count, so no two renderings ever share one, whatever the versions were.
        """
        known = self._entries.get(resource)
        if known is not None and known[0] == version:
            return known[1]
        body = JSON_ENCODER.encode(content())
        if known is not None and known[1].body == body:
            # Changed in a way that this API does not show: what the clients have stays good.
            self._entries[resource] = (version, known[1])
            return known[1]
        self._count += 1
        fresh = rendered(body, f"{self._prefix}{self._count}")
        self._entries[resource] = (version, fresh)
        self._entries.move_to_end(resource)
        while len(self._entries) > self._max_entries:
            self._entries.popitem(last=False)
        return fresh

    def known(self, resource: Hashable, version: Hashable) -> Reply | None:
        """The bytes of a resource, if this version of it is here: for content that takes time to gather."""
        entry = self._entries.get(resource)
        return None if entry is None or entry[0] != version else Reply(entry[1])

    def reply(self, resource: Hashable, version: Hashable, content: Callable[[], Any]) -> Reply:
        """The same as the return value of a handler."""
        return Reply(self.get(resource, version, content))
