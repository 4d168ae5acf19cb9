"""A printer whose driver cannot be opened: it is shown, offline, until the server is started with the driver."""

from collections.abc import Callable

from printyard.core.commands import COMMANDS, Command
from printyard.core.errors import Offline
from printyard.core.model.machine import MachineModel
from printyard.core.model.printer import Printer
from printyard.core.ports.driver import Report
from printyard.core.ports.facets import Facets


class AbsentDriver:
    """core.ports.driver.Driver that is never reached, and says why; what the device could do, nobody knows."""

    supports: frozenset[type[Command]] = frozenset(COMMANDS)
    facets = Facets()

    def __init__(self, reason: str) -> None:
        self._reason = reason

    async def run(self, report: Callable[[Report], None]) -> None:
        raise Offline(self._reason)

    async def execute(self, command: Command) -> None:
        raise Offline(self._reason)


def absent_machine(printer: Printer) -> MachineModel:
    """What is known of the machine without its driver: its name."""
    return MachineModel(id=printer.model_id, variant=printer.model_id, volume_mm=(0.0, 0.0, 0.0), tools=0, flavor="")
