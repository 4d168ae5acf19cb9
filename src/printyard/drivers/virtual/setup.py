"""The birth of a virtual printer: what it is before anything has happened to it."""

import zlib

from printyard.core.errors import Invalid
from printyard.core.model.machine import MachineModel
from printyard.core.model.state import Light
from printyard.core.model.value import Instant
from printyard.drivers.virtual.clock import PrinterClock
from printyard.drivers.virtual.condition import NEVER, Condition, Fitted, Head, LimitSet, LogLine, Spool
from printyard.drivers.virtual.heat import at_rest
from printyard.drivers.virtual.machines import Traits, traits_of
from printyard.drivers.virtual.noise import digits, jitter
from printyard.drivers.virtual.orders import fitted_core
from printyard.drivers.virtual.settings import VirtualSettings

ROOM_CELSIUS = 22.5
_FIRST_CORES = {"griffin": ("AA 0.4", "BB 0.4")}
_AMBIENT, _HOST, _USED = 1, 2, 3


def newborn(machine: MachineModel, settings: VirtualSettings, printer_id: str, name: str, at: Instant) -> Condition:
    """A printer as it comes out of its box and is switched on. Raises Invalid for settings that do not fit."""
    traits = traits_of(machine)
    seed = zlib.crc32(printer_id.encode()) if settings.seed is None else settings.seed & 0xFFFF_FFFF
    ambient = round(ROOM_CELSIUS + 1.5 * jitter(seed, _AMBIENT, 0), 1)
    cores = _per_tool(settings.print_cores, _FIRST_CORES.get(machine.flavor, ("0.4 mm",)), machine, "print_cores")
    for core in cores:
        if core and core not in machine.print_cores:
            raise Invalid(f"{core!r} does not fit a {machine.variant}; what fits: {', '.join(machine.print_cores)}")
    return Condition(
        seed=seed,
        clock=PrinterClock(anchor_at=at, anchor_seconds=0.0, speed=settings.speed),
        now=0.0,
        ambient=ambient,
        heaters=[at_rest(ambient) for _ in range(machine.tools)],
        bed=at_rest(ambient) if machine.has_bed else None,
        spools=_spools(machine, traits, settings),
        nozzles=[_used(seed, tool, fitted_core(seed, tool, core)) for tool, core in enumerate(cores)],
        head=Head(place=traits.home, homed=not traits.must_home_first),
        limits=LimitSet(
            max_speed=machine.max_speed,
            acceleration=machine.acceleration,
            jerk=machine.jerk,
            feeders=[(machine.max_feeder_speed, machine.acceleration, 5.0)] * machine.tools,
        ),
        light=Light(hue=0.0, saturation=0.0, brightness=100.0) if traits.has_light else None,
        firmware=traits.firmware,
        name=name,
        hostname=f"{machine.id.replace('_', '')}-{digits(seed, _HOST, 6)}",
        clears_plate_after=NEVER
        if settings.clears_plate_after_seconds is None
        else settings.clears_plate_after_seconds,
        feeder_mm=[0.0] * machine.tools,
        log=[LogLine(0, 0.0, f"started, firmware {traits.firmware}")],
    )


def _per_tool(
    given: tuple[str, ...] | None, usual: tuple[str, ...], machine: MachineModel, what: str
) -> tuple[str, ...]:
    chosen = usual if given is None else given
    if len(chosen) > machine.tools:
        raise Invalid(f"{what}: a {machine.variant} has {machine.tools} extruders")
    return (*chosen, *("",) * (machine.tools - len(chosen)))


def _spools(machine: MachineModel, traits: Traits, settings: VirtualSettings) -> list[Spool | None]:
    guids = _per_tool(settings.materials, traits.materials, machine, "materials")
    lengths = settings.spool_mm or ()
    if len(lengths) > machine.tools:
        raise Invalid(f"spool_mm: a {machine.variant} has {machine.tools} extruders")
    full = (*lengths, *(traits.spool_mm,) * (machine.tools - len(lengths)))
    return [Spool(guid, length) if guid else None for guid, length in zip(guids, full, strict=True)]


def _used(seed: int, tool: int, core: Fitted | None) -> Fitted | None:
    """A print core that has seen some work."""
    if core is not None:
        work = 1.0 + jitter(seed, _USED, tool)
        core.extruded_mm, core.hot_seconds = round(150_000.0 * work, 1), round(180_000.0 * work, 1)
        core.highest_celsius = round(235.0 + 15.0 * jitter(seed, _USED, tool + 10), 1)
    return core
