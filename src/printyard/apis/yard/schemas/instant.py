"""The native API's instant: RFC 3339 in UTC, always with milliseconds and Z."""

from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Annotated

from msgspec import Meta

Instant = Annotated[
    str,
    Meta(
        description="RFC 3339 in UTC, always with milliseconds and Z.",
        examples=["2026-03-01T12:00:00.000Z"],
        extra_json_schema={"format": "date-time"},
    ),
]

EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)  # noqa: UP017 (what the name says)


def instant(microseconds: int) -> Instant:
    """An instant of the core on the wire; cut, not rounded, so that it is never in the future."""
    seconds, rest = divmod(microseconds, 1_000_000)
    return f"{_second(seconds)}.{rest // 1000:03}Z"


@lru_cache(maxsize=4096)
def _second(seconds: int) -> str:
    """A whole second; many instants lie in the same one."""
    return f"{EPOCH + timedelta(seconds=seconds):%Y-%m-%dT%H:%M:%S}"
