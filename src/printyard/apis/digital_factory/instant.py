"""This API's instant: RFC 3339 in UTC, always with milliseconds and Z, without which its clients fall over."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated

from msgspec import Meta

from printyard.core.errors import Invalid
from printyard.core.model.value import Instant as CoreInstant

Instant = Annotated[
    str,
    Meta(
        description="RFC 3339 in UTC, always with milliseconds and Z.",
        examples=["2026-03-01T12:00:00.000Z"],
        extra_json_schema={"format": "date-time"},
    ),
]

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def instant(microseconds: int) -> Instant:
    """An instant of the core on the wire; cut, not rounded, so that it is never in the future."""
    seconds, rest = divmod(microseconds, 1_000_000)
    return f"{_second(seconds)}.{rest // 1000:03}Z"


def parsed(text: str) -> CoreInstant:
    """An instant that a client wrote, in any form of ISO 8601; without a zone it is UTC. Raises Invalid."""
    try:
        read = datetime.fromisoformat(text)
        aware = read if read.tzinfo is not None else read.replace(tzinfo=UTC)
        return CoreInstant((aware - EPOCH) // timedelta(microseconds=1))
    except (ValueError, OverflowError):
        raise Invalid(f"{text[:40]!r} is no date.") from None


@lru_cache(maxsize=4096)
def _second(seconds: int) -> str:
    """A whole second; many instants lie in the same one."""
    return f"{EPOCH + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}"
