"""The virtual printer: reference driver, sandbox for integrators, and what every API is tested against.

It prints real files by their plans, analytically: what it is at an instant is a pure function of its kind, its journal
and that instant. The journal (commands, speed changes, troubles, answers) lies in its own folder, as a device's
memory would: it survives the server. See docs/drivers/virtual.md.
"""

from printyard.core.ports.driver import DriverSpec
from printyard.drivers.virtual.driver import VirtualPrinter
from printyard.drivers.virtual.machines import MACHINES, machine_named
from printyard.drivers.virtual.settings import VirtualSettings


def _identify(settings: VirtualSettings) -> str:
    return machine_named(settings.model).id


DRIVER = DriverSpec(
    name="virtual",
    title="Virtual printer",
    settings=VirtualSettings,
    machines=MACHINES,
    identify=_identify,
    open=VirtualPrinter,
    needs_network=False,
)
