"""What a virtual printer has beside printing: one small file for each facet."""

from printyard.core.ports.facets import Facets
from printyard.drivers.virtual.facets.air import AirManager
from printyard.drivers.virtual.facets.camera import PlateCamera
from printyard.drivers.virtual.facets.diagnostics import SelfTest
from printyard.drivers.virtual.facets.display import Panel
from printyard.drivers.virtual.facets.firmware import Updater
from printyard.drivers.virtual.facets.licences import LicenceDrawer
from printyard.drivers.virtual.facets.locale import Place
from printyard.drivers.virtual.facets.network import NetworkCard
from printyard.drivers.virtual.facets.sandbox import TroubleMaker
from printyard.drivers.virtual.mainboard import Mainboard


def facets_of(board: Mainboard) -> Facets:
    """The facets that a machine of its kind has."""
    vendor = board.machine.flavor == "griffin"
    return Facets(
        camera=PlateCamera(board),
        network=NetworkCard(board) if board.traits.has_network else None,
        firmware=Updater(board),
        diagnostics=SelfTest(board),
        display=Panel(board) if vendor else None,
        air=AirManager(board) if board.machine.has_air_filter else None,
        licences=LicenceDrawer(board) if vendor else None,
        locale=Place(board) if vendor else None,
        sandbox=TroubleMaker(board),
    )
