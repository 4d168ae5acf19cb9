"""Announcements: what programs in the network are told about where devices answer."""

from collections.abc import Collection
from typing import Protocol

from printyard.core.model.value import Value


class Notice(Value):
    """A device at an address. `kind` is the protocol's own name for such devices, `name` is unique among them.

    Without `addresses` it is at all addresses of this machine. `told` is what else is said of it.
    """

    kind: str
    name: str
    port: int
    addresses: tuple[str, ...] = ()
    told: dict[str, str] = {}


class Announcer(Protocol):
    """Tells the network."""

    async def show(self, notices: Collection[Notice]) -> None:
        """These and no others from now on: new ones are announced, changed ones updated, those that went taken back."""

    async def close(self) -> None:
        """Take everything back."""
