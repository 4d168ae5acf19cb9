"""What all values of the domain have in common."""

from typing import NewType, dataclass_transform

import msgspec

Instant = NewType("Instant", int)
"""Microseconds since 1970-01-01T00:00:00Z, by the yard's clock."""

Id = NewType("Id", str)
"""A UUIDv7 in its canonical text form: 36 lower-case characters."""

MICROSECONDS = 1_000_000


@dataclass_transform(frozen_default=True, field_specifiers=(msgspec.field,))
class Value(msgspec.Struct, frozen=True, gc=False):
    """A frozen value, compared by its fields; change it with `msgspec.structs.replace`.

    The garbage collector does not look into it: of values alone no cycle can be made, and there are many of them.
    """


def seconds_between(earlier: int, later: int) -> float:
    """The duration in seconds between two instants."""
    return (later - earlier) / MICROSECONDS


def after(instant: int, seconds: float) -> Instant:
    """The instant `seconds` later."""
    return Instant(instant + round(seconds * MICROSECONDS))
