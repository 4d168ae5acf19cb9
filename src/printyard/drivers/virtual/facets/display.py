"""The machine's display: what it shows, and whether it is locked."""

import re

from printyard.core.errors import Invalid
from printyard.drivers.virtual.journal import Locked
from printyard.drivers.virtual.mainboard import Mainboard

PIN = re.compile(r"[0-9A-Z]{6}")


class Panel:
    """core.ports.facets.Display. While it is locked, what the sandbox presses on it is refused."""

    def __init__(self, board: Mainboard) -> None:
        self._board = board

    async def message(self) -> str:
        async with self._board.reached() as device:
            return device.condition.message

    async def locked(self) -> bool:
        async with self._board.reached() as device:
            return bool(device.condition.display_pin)

    async def lock(self, pin: str) -> None:
        if not PIN.fullmatch(pin):
            raise Invalid("A PIN has six digits or capital letters.")
        async with self._board.reached():
            await self._board.write(Locked(at=self._board.at, pin=pin))

    async def unlock(self) -> None:
        async with self._board.reached():
            await self._board.write(Locked(at=self._board.at, pin=""))
