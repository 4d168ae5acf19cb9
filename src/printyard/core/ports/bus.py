"""The bell: tells readers of the log that there is more to read."""

from contextlib import AbstractContextManager
from typing import Protocol


class Listener(Protocol):
    """A reader's ear."""

    async def wait(self, seen: int) -> int:
        """Returns as soon as a fact with a number above `seen` is recorded; the newest number."""


class Bell(Protocol):
    """Rung after each commit that recorded facts; from any thread."""

    @property
    def newest(self) -> int:
        """The number of the newest fact."""

    def ring(self, number: int) -> None:
        """Facts up to `number` are recorded."""

    def listen(self) -> AbstractContextManager[Listener]:
        """An ear for as long as the context lasts."""
