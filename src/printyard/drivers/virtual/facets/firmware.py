"""Updates of the machine's program."""

from printyard.core.errors import Busy, Invalid
from printyard.core.ports.facets import FirmwareStatus
from printyard.drivers.virtual.journal import Updating
from printyard.drivers.virtual.mainboard import Mainboard


class Updater:
    """core.ports.facets.Firmware. An update takes three minutes of the machine's clock and ends with a restart."""

    def __init__(self, board: Mainboard) -> None:
        self._board = board

    async def status(self) -> FirmwareStatus:
        async with self._board.reached() as device:
            condition = device.condition
            update = condition.update
            state = condition.update_result
            if update is not None:
                state = "downloading" if condition.now < update.installing else "installing"
            return FirmwareStatus(version=condition.firmware, state=state, available=dict(device.traits.channels))

    async def update(self, channel: str) -> None:
        version = self._board.traits.channels.get(channel)
        if version is None:
            raise Invalid(f"There is no channel {channel!r}; there are: {', '.join(self._board.traits.channels)}.")
        async with self._board.reached() as device:
            condition = device.condition
            if condition.run is not None or condition.update is not None or condition.halted:
                raise Busy("The printer does something else.")
            if condition.now < condition.ready:
                raise Busy("The printer is starting.")
            await self._board.write(Updating(at=self._board.at, version=version))
