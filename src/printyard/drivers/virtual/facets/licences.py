"""Paid features of the machine."""

from typing import Any

import msgspec

from printyard.core.errors import Invalid, NotFound
from printyard.drivers.virtual.journal import Licensed
from printyard.drivers.virtual.mainboard import Mainboard

FEATURES = ("print_process_reporting",)
MAX_BYTES = 65_536


class LicenceDrawer:
    """core.ports.facets.Licences. A document is a JSON object: feature to the licence's own object."""

    def __init__(self, board: Mainboard) -> None:
        self._board = board

    async def list(self) -> dict[str, str]:
        async with self._board.reached() as device:
            held = device.condition.licences
            return {feature: "licensed" if feature in held else "unlicensed" for feature in FEATURES}

    async def install(self, document: bytes) -> tuple[str, ...]:
        if len(document) > MAX_BYTES:
            raise Invalid("A licence is not that long.")
        try:
            claims = msgspec.json.decode(document, type=dict[str, dict[str, Any]])
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise Invalid("That is no licence.") from error
        features = {name: msgspec.json.encode(claim).decode() for name, claim in claims.items() if name in FEATURES}
        if not features:
            raise Invalid("The licence covers nothing that this printer has.")
        async with self._board.reached():
            await self._board.write(Licensed(at=self._board.at, features=features))
        return tuple(sorted(features))

    async def data(self, feature: str) -> dict[str, Any]:
        if feature not in FEATURES:
            raise NotFound(f"There is no feature {feature!r}.")
        async with self._board.reached() as device:
            held = device.condition.licences.get(feature)
            return {} if held is None else msgspec.json.decode(held, type=dict[str, Any])
