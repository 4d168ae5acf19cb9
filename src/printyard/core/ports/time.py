"""Clocks and ids, injected everywhere: nothing in the house asks the system by itself."""

from collections.abc import Callable
from typing import Protocol

from printyard.core.model.value import Id, Instant


class Clock(Protocol):
    """The yard's clock, UTC."""

    def now(self) -> Instant:
        """The present instant."""

    async def sleep(self, seconds: float) -> None:
        """Wait so many seconds of this clock (0 or less: let others run once)."""

    def later(self, seconds: float, work: Callable[[], None]) -> Callable[[], object]:
        """Call `work` in so many seconds of this clock; what is returned takes that back. Cheaper than a task."""


class Ids(Protocol):
    """The source of ids and secrets."""

    def new(self) -> Id:
        """A new UUIDv7; later ones sort behind earlier ones."""

    def secret(self, size: int) -> bytes:
        """`size` unguessable bytes."""
