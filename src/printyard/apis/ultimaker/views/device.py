"""The device as a computer. Where it tells nothing of itself, the neutral values: "", 0, idle."""

from printyard.apis.ultimaker.schemas import DeviceTime, Hardware, Memory
from printyard.core.fleet.board import Snapshot
from printyard.core.model.machine import MachineModel
from printyard.core.model.printer import Printer
from printyard.core.model.value import MICROSECONDS
from printyard.core.ports import facets
from printyard.core.ports.time import Clock
from printyard.dialects.ultimaker import words

TYPE = "3D printer"
"""All that the document allows."""

NO_UPDATE = "idle"

host_name = words.host_name


def platform(shown: Snapshot) -> str:
    """What stands between the yard and the device."""
    return f"Printyard ({shown.printer.driver})"


async def firmware(shown: Snapshot, updates: facets.Firmware | None) -> str:
    """The version that runs."""
    if shown.state.firmware or updates is None:
        return shown.state.firmware
    return (await updates.status()).version


async def update_state(updates: facets.Firmware | None) -> str:
    """What the updater does."""
    return NO_UPDATE if updates is None else (await updates.status()).state


async def available(updates: facets.Firmware | None, channel: str) -> str:
    """The version to be had in a channel; "" if there is none."""
    return "" if updates is None else (await updates.status()).available.get(channel, "")


async def country(locale: facets.Locale | None) -> str:
    """Two letters."""
    return "" if locale is None else await locale.country()


async def language(locale: facets.Locale | None) -> str:
    """Of the display."""
    return "en" if locale is None else await locale.language()


async def uptime(diagnostics: facets.Diagnostics | None) -> int:
    """In whole seconds."""
    return 0 if diagnostics is None else int(await diagnostics.uptime_seconds())


async def time(diagnostics: facets.Diagnostics | None, clock: Clock) -> DeviceTime:
    """By the device's clock; by the yard's where it has none that can be read."""
    return DeviceTime(clock.now() / MICROSECONDS if diagnostics is None else await diagnostics.utc_seconds())


async def memory(diagnostics: facets.Diagnostics | None) -> Memory:
    """In bytes."""
    total, used = (0, 0) if diagnostics is None else await diagnostics.memory()
    return Memory(total=total, used=used)


async def log(diagnostics: facets.Diagnostics | None, boot: int, lines: int) -> tuple[str, ...]:
    """The last lines of a boot."""
    return () if diagnostics is None else await diagnostics.log(boot, lines)


def hardware(printer: Printer, machine: MachineModel) -> Hardware:
    """The numbers by which slicers know the machine."""
    return Hardware(typeid=words.type_id(printer, machine), revision=printer.setup.revision)
