"""The machine's own network: a cable, and the wireless networks of a made-up neighbourhood."""

from printyard.core.errors import Invalid, NotFound
from printyard.core.ports.facets import NetworkStatus, WifiNetwork
from printyard.drivers.virtual.device import Device
from printyard.drivers.virtual.journal import Wireless
from printyard.drivers.virtual.mainboard import Mainboard
from printyard.drivers.virtual.noise import jitter, word

_NEIGHBOURS = ("Workshop", "Studio 4", "Bakery Guests", "printlab", "FRITZ-7590", "Attic", "Depot 2.4")
PASSPHRASE_BYTES = (8, 63)
"""What WPA2 allows."""

SSID_BYTES = 32
HIDDEN_STRENGTH = 60.0

SCAN_SECONDS = 300
"""As long as wpa_supplicant's `bgscan` waits between two looks around while a connection is good."""

_STRENGTH, _DRIFT = 31, 32


class NetworkCard:
    """core.ports.facets.Network. The passphrase is checked for its length and forgotten."""

    def __init__(self, board: Mainboard) -> None:
        self._board = board
        self._scanned = (-1.0, "")
        self._status: NetworkStatus | None = None

    async def status(self) -> NetworkStatus:
        device = await self._board.look()
        joined = device.condition.wifi
        scanned = (device.condition.now // SCAN_SECONDS, joined)
        if self._status is None or self._scanned != scanned:
            self._scanned = scanned
            self._status = NetworkStatus(
                wifi_connected=bool(joined),
                wifi_enabled=True,
                wifi_mode="AUTO",
                wifi_ssid=joined,
                ethernet_connected=True,
                ethernet_enabled=True,
                networks=_in_reach(device),
            )
        return self._status

    async def join(self, ssid: str, passphrase: str) -> None:
        async with self._board.reached() as device:
            if not 0 < len(ssid.encode()) <= SSID_BYTES:
                raise Invalid(f"A wireless network's name has 1 to {SSID_BYTES} bytes.")
            # One that announces no name is taken at its word; it is a secured one.
            open_ones = {network.ssid for network in _in_reach(device) if not network.secured}
            shortest, longest = PASSPHRASE_BYTES
            if ssid not in open_ones and not shortest <= len(passphrase.encode()) <= longest:
                raise Invalid(f"A passphrase has {shortest} to {longest} characters.")
            await self._board.write(Wireless(at=self._board.at, ssid=ssid, joined=True))

    async def forget(self, ssid: str) -> None:
        async with self._board.reached() as device:
            if ssid not in device.condition.known_wifi:
                raise NotFound("The printer does not know that wireless network.")
            await self._board.write(Wireless(at=self._board.at, ssid=ssid, joined=False))


def _in_reach(device: Device) -> tuple[WifiNetwork, ...]:
    """The neighbourhood of this seed, the strongest first; strengths drift from scan to scan."""
    condition = device.condition
    scan = int(condition.now) // SCAN_SECONDS
    seen = []
    for number, ssid in enumerate(_NEIGHBOURS):
        base = word(condition.seed, _STRENGTH, number) % 110
        if base >= 20 or ssid == condition.wifi:
            strength = min(max(base + 4.0 * jitter(condition.seed, _DRIFT + number, scan), 5.0), 100.0)
            seen.append(WifiNetwork(ssid=ssid, secured=number != 2, strength=round(strength, 1)))
    if condition.wifi and condition.wifi not in _NEIGHBOURS:
        seen.append(WifiNetwork(ssid=condition.wifi, secured=True, strength=HIDDEN_STRENGTH))
    return tuple(sorted(seen, key=lambda network: -network.strength))
