"""Answers made outside of any framework: a status, headers and bytes."""

import msgspec

from printyard.serving.asgi import BODYLESS, PLAIN_TEXT, Send

JSON = "application/json"
JSON_ENCODER = msgspec.json.Encoder()


class Answer(msgspec.Struct, frozen=True):
    """A whole answer. `headers` are further ones: length and type are added when it is sent."""

    status: int
    body: bytes = b""
    media_type: str = JSON
    headers: tuple[tuple[str, str], ...] = ()

    def with_headers(self, *headers: tuple[str, str]) -> "Answer":
        """The same answer with those headers, except where it has one of that name already."""
        known = {name.lower() for name, _ in self.headers}
        added = tuple((name, value) for name, value in headers if name.lower() not in known)
        return Answer(self.status, self.body, self.media_type, self.headers + added) if added else self

    async def send(self, send: Send) -> None:
        """Give it to the server."""
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in self.headers]
        body = b"" if self.status in BODYLESS else self.body
        if self.status not in BODYLESS:
            raw.append((b"content-length", b"%d" % len(body)))
            if body:
                raw.append((b"content-type", self.media_type.encode("latin-1")))
        await send({"type": "http.response.start", "status": self.status, "headers": raw})
        await send({"type": "http.response.body", "body": body})


def json_answer(status: int, content: object, headers: tuple[tuple[str, str], ...] = ()) -> Answer:
    """An answer in JSON; `content` is anything that msgspec encodes."""
    return Answer(status, JSON_ENCODER.encode(content), JSON, headers)


def plain_answer(status: int, sentence: str) -> Answer:
    """An answer of one sentence, for refusals that belong to no API."""
    return Answer(status, sentence.encode(), PLAIN_TEXT)
