"""What stands beside the machine: network, air filter, camera. A device without one has the neutral value."""

from printyard.apis.ultimaker.schemas import AirManager, Camera, Ethernet, Network, Wifi, WifiNetwork
from printyard.core.ports import facets

NO_NETWORK = facets.NetworkStatus()
NO_AIR = facets.AirStatus(
    firmware_version="", filter_age_hours=0.0, filter_max_age_hours=0.0,
    filter_status="unknown", status="unavailable", fan_percent=0.0,
)  # fmt: skip

WEBCAM = "/webcam/"
"""The camera's path below the printer's root."""


async def network_status(network: facets.Network | None) -> facets.NetworkStatus:
    """As the device says."""
    return NO_NETWORK if network is None else await network.status()


async def air_status(air: facets.Air | None) -> facets.AirStatus:
    """As the device says."""
    return NO_AIR if air is None else await air.status()


def network(status: facets.NetworkStatus) -> Network:
    """The printer's own connections."""
    return Network(
        wifi=Wifi(
            connected=status.wifi_connected, enabled=status.wifi_enabled, mode=status.wifi_mode, ssid=status.wifi_ssid
        ),
        wifi_networks=wifi_networks(status),
        ethernet=Ethernet(connected=status.ethernet_connected, enabled=status.ethernet_enabled),
    )


def wifi_networks(status: facets.NetworkStatus) -> list[WifiNetwork]:
    """Those in reach."""
    return [
        WifiNetwork(ssid=near.ssid, security_required=near.secured, strength=near.strength) for near in status.networks
    ]


def air_manager(status: facets.AirStatus) -> AirManager:
    """The air filter."""
    return AirManager(
        firmware_version=status.firmware_version,
        filter_age=status.filter_age_hours,
        filter_max_age=status.filter_max_age_hours,
        filter_status=status.filter_status,
        status=status.status,
        fan_speed=status.fan_percent,
    )


def camera(feed: str) -> Camera:
    """Where its picture is."""
    return Camera(feed=feed)
