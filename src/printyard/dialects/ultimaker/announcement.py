"""How UltiMaker's printers announce themselves, as far as Cura and others listen to it.

Cura takes the first IPv4 address and port 80, whatever is announced; it knows the kind of machine by the beginning of
the hardware number, and lists nothing that it does not know.
"""

from printyard.core.fleet.board import Snapshot
from printyard.core.model.machine import MachineModel
from printyard.core.ports.announce import Notice
from printyard.dialects.ultimaker.words import host_name, type_id

SERVICE = "_ultimaker._tcp.local."
PRINTER = "printer"
"""The only type that Cura lists."""


def notice_of(
    shown: Snapshot, machine: MachineModel, name: str, port: int, addresses: tuple[str, ...], *, group: str = "",
    size: int = 1,
) -> Notice | None:  # fmt: skip
    """The notice of a printer, or of a group that it stands in front of.

    None for a machine that has no number, and as long as nobody knows its firmware: Cura takes a device without a
    version for one that is too old, says so to its user, and does not connect to it.
    `group` tells the group's name in the network from its printer's.
    """
    number = type_id(shown.printer, machine)
    if not number or not shown.state.firmware:
        return None
    return Notice(
        kind=SERVICE,
        name=host_name(shown.printer) + (f"-{group}" if group else ""),
        port=port,
        addresses=addresses,
        told={
            "type": PRINTER,
            "name": name,
            "machine": f"{number}.{shown.printer.setup.revision}",
            "firmware_version": shown.state.firmware,
            "cluster_size": str(size),
        },
    )
