"""The words of ASGI, and the few things that every layer asks of a scope."""

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from typing import Any, TypeAlias

Scope: TypeAlias = MutableMapping[str, Any]
Message: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]
AsgiApp: TypeAlias = Callable[[Scope, Receive, Send], Awaitable[None]]
RawHeaders: TypeAlias = Iterable[tuple[bytes, bytes]]

PLAIN_TEXT = "text/plain; charset=utf-8"
BODYLESS = frozenset({204, 304})
READING = frozenset({"GET", "HEAD", "OPTIONS"})
"""The methods that change nothing."""


def header(scope: Scope, name: bytes) -> bytes | None:
    """The first header of that (lower-case) name, or None."""
    for key, value in scope["headers"]:
        if key == name:
            return bytes(value)
    return None


def text_header(scope: Scope, name: bytes) -> str:
    """The first header of that (lower-case) name as text, or ""."""
    value = header(scope, name)
    return "" if value is None else value.decode("latin-1")


def content_length(scope: Scope) -> int | None:
    """Bytes of the body as announced; None if that was not said, or makes no sense."""
    value = header(scope, b"content-length")
    return int(value) if value is not None and value.isdigit() and len(value) < 19 else None
