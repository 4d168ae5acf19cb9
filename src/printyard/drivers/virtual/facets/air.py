"""The air manager on top of the machine."""

from printyard.core.model.state import IN_PRINT
from printyard.core.ports.facets import AirStatus
from printyard.drivers.virtual.mainboard import Mainboard
from printyard.drivers.virtual.noise import word

MAX_AGE_HOURS = 1500.0
NEAR_SHARE = 0.9
IDLE_PERCENT, PRINTING_PERCENT = 0.0, 35.0
_AGE = 21


class AirManager:
    """core.ports.facets.Air. Its filter ages while the machine is on, by the machine's own clock."""

    def __init__(self, board: Mainboard) -> None:
        self._board = board

    async def status(self) -> AirStatus:
        device = await self._board.look()
        condition = device.condition
        age = word(condition.seed, _AGE, 0) % 1200 + condition.now / 3600.0
        if age >= MAX_AGE_HOURS:
            state = "replacement_required"
        else:
            state = "replacement_near" if age >= NEAR_SHARE * MAX_AGE_HOURS else "peak_performance"
        printing = device.activity() in IN_PRINT
        return AirStatus(
            firmware_version="1.4.0",
            filter_age_hours=round(age, 3),
            filter_max_age_hours=MAX_AGE_HOURS,
            filter_status=state,
            status="available",
            fan_percent=PRINTING_PERCENT if printing else IDLE_PERCENT,
        )
