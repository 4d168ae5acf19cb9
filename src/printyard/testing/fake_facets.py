"""What else a device may have, by script: each does what its protocol says, on values that the test may set."""

from collections.abc import AsyncIterator
from typing import Any

from printyard.core.errors import Busy, CoreError, Invalid, NotFound
from printyard.core.ports.facets import (
    AirStatus,
    Facets,
    FirmwareStatus,
    FlowSamples,
    NetworkStatus,
    SensorNoise,
    WifiNetwork,
)  # fmt: skip

JPEG = b"\xff\xd8\xff\xe0picture\xff\xd9"


class FakeCamera:
    """core.ports.facets.Camera: always the same picture."""

    async def snapshot(self) -> bytes:
        return JPEG

    async def stream(self) -> AsyncIterator[bytes]:
        yield JPEG


class FakeNetwork:
    """core.ports.facets.Network. `joined` has what was told, passphrases too."""

    def __init__(self) -> None:
        self.now = NetworkStatus(
            wifi_connected=True, wifi_enabled=True, wifi_mode="WIRELESS", wifi_ssid="shop", ethernet_enabled=True,
            networks=(WifiNetwork(ssid="shop", secured=True, strength=71.0),),
        )  # fmt: skip
        self.joined: list[tuple[str, str]] = []
        self.forgotten: list[str] = []

    async def status(self) -> NetworkStatus:
        return self.now

    async def join(self, ssid: str, passphrase: str) -> None:
        if len(passphrase) < 8:
            raise Invalid("A passphrase has at least 8 characters.")
        self.joined.append((ssid, passphrase))

    async def forget(self, ssid: str) -> None:
        if ssid not in {known for known, _ in self.joined}:
            raise NotFound("There is no such network.")
        self.forgotten.append(ssid)


class FakeFirmware:
    """core.ports.facets.Firmware."""

    def __init__(self) -> None:
        self.now = FirmwareStatus(version="7.0.3", state="idle", available={"stable": "8.2.1", "latest": "8.3.0"})
        self.updates: list[str] = []

    async def status(self) -> FirmwareStatus:
        return self.now

    async def update(self, channel: str) -> None:
        if channel not in self.now.available:
            raise Invalid(f"There is no channel {channel!r}.")
        if self.updates:
            raise Busy("An update is under way.")
        self.updates.append(channel)


class FakeDiagnostics:
    """core.ports.facets.Diagnostics; `error` is what the sensor says."""

    def __init__(self) -> None:
        self.error: CoreError | None = None
        self.report: bytes | None = None
        self.lines = tuple(f"line {number}" for number in range(100))
        self.asked: list[tuple[int, int]] = []
        self.before: float | None = None

    async def sensor_noise(self) -> tuple[SensorNoise, ...]:
        if self.error is not None:
            raise self.error
        return (SensorNoise(minimum=1.0, maximum=2.0, mean=1.5, variance=0.25),)

    async def temperature_flow(self, count: int, before: float | None) -> FlowSamples:
        self.before = before
        rows = tuple((float(1000 - row), 25.0, 0.5) for row in range(count))
        return FlowSamples(columns=("Time", "temperature1", "flow1"), rows=rows)

    async def probing_report(self) -> bytes | None:
        return self.report

    async def log(self, boot: int, lines: int) -> tuple[str, ...]:
        self.asked.append((boot, lines))
        return self.lines[-lines:] if lines else ()

    async def memory(self) -> tuple[int, int]:
        return 1_000_000, 250_000

    async def uptime_seconds(self) -> float:
        return 3600.75

    async def utc_seconds(self) -> float:
        return 1_700_000_000.25


class FakeAir:
    """core.ports.facets.Air."""

    async def status(self) -> AirStatus:
        return AirStatus(
            firmware_version="1.2", filter_age_hours=100.0, filter_max_age_hours=1500.0,
            filter_status="peak_performance", status="available", fan_percent=30.0,
        )  # fmt: skip


class FakeLicences:
    """core.ports.facets.Licences: one feature."""

    feature = "print_process_reporting"

    def __init__(self) -> None:
        self.installed: bytes | None = None

    async def list(self) -> dict[str, str]:
        return {self.feature: "unlicensed" if self.installed is None else "licensed"}

    async def install(self, document: bytes) -> tuple[str, ...]:
        if not document.startswith(b"{"):
            raise Invalid("This is no licence.")
        self.installed = document
        return (self.feature,)

    async def data(self, feature: str) -> dict[str, Any]:
        if feature != self.feature:
            raise NotFound("There is no such feature.")
        return {} if self.installed is None else {"serial": "1"}


class FakeLocale:
    """core.ports.facets.Locale."""

    def __init__(self) -> None:
        self.code = "NL"

    async def country(self) -> str:
        return self.code

    async def set_country(self, code: str) -> None:
        if len(code) != 2 or not code.isalpha():
            raise Invalid("A country has two letters.")
        self.code = code.upper()

    async def country_locked(self) -> bool:
        return False

    async def language(self) -> str:
        return "de"


def all_facets() -> Facets:
    """One of each, but no sandbox."""
    return Facets(
        camera=FakeCamera(), network=FakeNetwork(), firmware=FakeFirmware(), diagnostics=FakeDiagnostics(),
        air=FakeAir(), licences=FakeLicences(), locale=FakeLocale(),
    )  # fmt: skip
