"""The printer's own network connections; never the server's."""

from litestar.params import FromPath

from printyard.apis.ultimaker.bodies import Asked, sent, text
from printyard.apis.ultimaker.caller import Caller, Here
from printyard.apis.ultimaker.routes.verbs import read, remove, write
from printyard.apis.ultimaker.schemas import Network, WifiNetwork
from printyard.apis.ultimaker.views import peripherals as view
from printyard.core.errors import Unsupported
from printyard.core.model.user import Right
from printyard.core.ports import facets


def settings(caller: Caller) -> facets.Network:
    """The network's settings, to change them. Raises Unsupported, Forbidden."""
    network = caller.facets_for(Right.CONFIGURE).network
    if network is None:
        raise Unsupported("The network of this printer cannot be set from here.")
    return network


@read("/printer/network")
async def network(caller: Here) -> Network:
    """The wired and the wireless connection, and the networks in reach."""
    return view.network(await view.network_status(caller.facets.network))


@read("/printer/network/wifi_networks")
async def wifi_networks(caller: Here) -> list[WifiNetwork]:
    """The wireless networks in reach."""
    return view.wifi_networks(await view.network_status(caller.facets.network))


@write("/printer/network/wifi_networks/{ssid:str}")
async def join(caller: Here, ssid: FromPath[str], request: Asked) -> None:  # noqa: ARG001 - see below
    """The passphrase goes to the device alone. The name may have a slash in it, which the router does not decode."""
    await settings(caller).join(caller.visit.segments[-1], text(await sent(request), "passphrase"))


@remove("/printer/network/wifi_networks/{ssid:str}")
async def forget(caller: Here, ssid: FromPath[str]) -> None:  # noqa: ARG001 - see above
    """Forget a wireless network."""
    await settings(caller).forget(caller.visit.segments[-1])


HANDLERS = [network, wifi_networks, join, forget]
