"""Where the machine believes to be."""

from printyard.core.errors import Invalid
from printyard.drivers.virtual.journal import Located
from printyard.drivers.virtual.mainboard import Mainboard


class Place:
    """core.ports.facets.Locale."""

    def __init__(self, board: Mainboard) -> None:
        self._board = board

    async def country(self) -> str:
        async with self._board.reached() as device:
            return device.condition.country

    async def set_country(self, code: str) -> None:
        if len(code) != 2 or not (code.isascii() and code.isalpha()):
            raise Invalid("A country is two letters, such as NL.")
        async with self._board.reached():
            await self._board.write(Located(at=self._board.at, country=code.upper()))

    async def country_locked(self) -> bool:
        return False

    async def language(self) -> str:
        return "en"
