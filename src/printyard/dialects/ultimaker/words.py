"""Words that a printer's own API and a group's share: what an UltiMaker calls itself, and where prints come from."""

from printyard.core.model.job import JobSource
from printyard.core.model.machine import MachineModel
from printyard.core.model.printer import Printer
from printyard.core.tables import total

HOST_PREFIX = "ultimakersystem-"
"""What the host names of these printers begin with; clients look for it in announcements."""

HOST_DIGITS = 12
"""Real ones have the digits of the network card's address there."""

SOURCES = total(JobSource, {
    JobSource.NETWORK: "WEB_API",
    JobSource.CLOUD: "WEB_API",
    JobSource.REPRINT: "WEB_API",
    JobSource.PANEL: "USB",
    JobSource.ADOPTED: "USB",
})  # fmt: skip
"""Where a print was started: USB stands for all that was not sent over the network by the yard."""


def host_name(printer: Printer) -> str:
    """The printer's own name in the network: its setup's, else the usual prefix and the last digits of its GUID."""
    digits = printer.device_guid.replace("-", "").lower()[-HOST_DIGITS:]
    return printer.setup.hostname or HOST_PREFIX + digits


def type_id(printer: Printer, machine: MachineModel) -> int:
    """The hardware number, by the beginning of which clients know the kind of machine; 0 where it has none."""
    return printer.setup.type_id or next(iter(machine.bom_numbers), 0)
