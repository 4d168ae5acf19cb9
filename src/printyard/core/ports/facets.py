"""Facets: what a device may have beside printing, each a small protocol. Absent is None, never "not implemented"."""

from collections.abc import AsyncIterator
from typing import Any, Protocol

import msgspec

from printyard.core.model.value import Value


class Camera(Protocol):
    """A picture of the plate."""

    async def snapshot(self) -> bytes:
        """The newest picture as JPEG bytes; shared by all who watch. Raises Offline."""

    def stream(self) -> AsyncIterator[bytes]:
        """Pictures as JPEG bytes as they come (about one per second), while somebody iterates."""


class WifiNetwork(Value):
    """A wireless network in reach; strength 0..100."""

    ssid: str
    secured: bool
    strength: float


class NetworkStatus(Value):
    """The device's own connections. `wifi_mode` is AUTO, HOTSPOT, WIFI_SETUP, CABLE, WIRELESS or OFFLINE."""

    wifi_connected: bool = False
    wifi_enabled: bool = False
    wifi_mode: str = "OFFLINE"
    wifi_ssid: str = ""
    ethernet_connected: bool = False
    ethernet_enabled: bool = False
    networks: tuple[WifiNetwork, ...] = ()


class Network(Protocol):
    """The device's own network settings."""

    async def status(self) -> NetworkStatus:
        """What it is connected to and what it sees."""

    async def join(self, ssid: str, passphrase: str) -> None:
        """Connect to a wireless network; the passphrase is in no log, event or answer. Raises Invalid, NotFound."""

    async def forget(self, ssid: str) -> None:
        """Forget a wireless network. Raises NotFound."""


class FirmwareStatus(Value):
    """Its program. `state`: idle, downloading, installing, failed, success; `available`: channel to version."""

    version: str
    state: str
    available: dict[str, str]


class Firmware(Protocol):
    """Updates of the device's program."""

    async def status(self) -> FirmwareStatus:
        """What runs, and what there is."""

    async def update(self, channel: str) -> None:
        """Begin an update. Raises Busy, Invalid (no such channel)."""


class SensorNoise(Value):
    """Statistics of a sensor at rest."""

    minimum: float
    maximum: float
    mean: float
    variance: float


class FlowSamples(Value):
    """Rows of measurements, newest first; the first column is seconds of the device's clock."""

    columns: tuple[str, ...]
    rows: tuple[tuple[float, ...], ...]


class Diagnostics(Protocol):
    """What the device knows of its own health; never the server's."""

    async def sensor_noise(self) -> tuple[SensorNoise, ...]:
        """Noise of the probing sensor. Raises Busy while the printer does something else, TimedOut."""

    async def temperature_flow(self, count: int, before: float | None) -> FlowSamples:
        """At most `count` samples, not younger than `before` (device seconds) if given."""

    async def probing_report(self) -> bytes | None:
        """The last levelling of the plate as a document in JSON, or None."""

    async def log(self, boot: int, lines: int) -> tuple[str, ...]:
        """The last lines of the device's log of a boot (0: this one, -1: the one before)."""

    async def memory(self) -> tuple[int, int]:
        """Bytes of memory: all, used."""

    async def uptime_seconds(self) -> float:
        """Since the device started."""

    async def utc_seconds(self) -> float:
        """The device's own wall clock, seconds since 1970."""


class AirStatus(Value):
    """An air filter on top of the machine. Ages in hours, fan in percent; words as the trade has them.

    `filter_status`: unknown, peak_performance, replacement_near, replacement_required, missing.
    `status`: error, unavailable, available, installing_firmware.
    """

    firmware_version: str
    filter_age_hours: float
    filter_max_age_hours: float
    filter_status: str
    status: str
    fan_percent: float


class Air(Protocol):
    """An air filter."""

    async def status(self) -> AirStatus:
        """How it is."""


class Licences(Protocol):
    """Paid features of the device."""

    async def list(self) -> dict[str, str]:
        """Feature to "licensed" or "unlicensed"."""

    async def install(self, document: bytes) -> tuple[str, ...]:
        """Install a licence document; the features that it covers. Raises Invalid."""

    async def data(self, feature: str) -> dict[str, Any]:
        """The licence of a feature, {} if there is none. Raises NotFound for an unknown feature."""


class Locale(Protocol):
    """Where the device believes to be."""

    async def country(self) -> str:
        """Two letters, "" if it was never set."""

    async def set_country(self, code: str) -> None:
        """Set it. Raises Invalid."""

    async def country_locked(self) -> bool:
        """Whether it cannot be changed."""

    async def language(self) -> str:
        """Of the display, such as "en"."""


class Display(Protocol):
    """The device's own display, and the lock on it."""

    async def message(self) -> str:
        """What it shows for people to read, "" for nothing of that kind."""

    async def locked(self) -> bool:
        """Whether nobody can use it without the PIN."""

    async def lock(self, pin: str) -> None:
        """Lock it; what is asked over the network goes on. Raises Invalid for what is no PIN, Offline."""

    async def unlock(self) -> None:
        """Let everybody use it."""


class Sandbox(Protocol):
    """What only a virtual printer has: time and trouble on demand."""

    async def status(self) -> dict[str, Any]:
        """Speed, clock and the faults that stand."""

    async def set_speed(self, speed: float) -> None:
        """Let its clock run `speed` times as fast. Raises Invalid."""

    async def fault(self, kind: str, settings: dict[str, Any]) -> None:
        """Bring trouble. Raises Invalid for an unknown kind."""

    async def mend(self, kind: str) -> None:
        """End a trouble. Raises NotFound if it does not stand."""


class Facets(msgspec.Struct, frozen=True, kw_only=True):
    """All that a device may have; absent is None."""

    camera: Camera | None = None
    network: Network | None = None
    firmware: Firmware | None = None
    diagnostics: Diagnostics | None = None
    display: Display | None = None
    air: Air | None = None
    licences: Licences | None = None
    locale: Locale | None = None
    sandbox: Sandbox | None = None
