"""The kinds of virtual printers: what a real one of the kind has, and how it behaves.

Volumes, speeds, heat rates and part numbers come from the core's table of machines; the rest is below.
"""

import json
from importlib.resources import files
from typing import Any

from msgspec import Struct

from printyard.core.commands import (
    COMMANDS,
    Beep,
    BlinkLight,
    Command,
    Rename,
    SendGcode,
    SetLight,
)  # fmt: skip
from printyard.core.errors import Invalid
from printyard.core.model.machine import MachineModel
from printyard.core.model.state import Vector
from printyard.drivers.virtual.heat import Physique

PLA_285 = "506c9f0d-e3aa-4bd4-b2d2-23e2425b1aa9"
PVA_285 = "86a89ceb-4159-47f6-ab97-e9953803d70f"
PLA_175 = "0ff92885-617b-4144-a03c-9989872454bc"
"""GUIDs of the generic profiles."""

SPOOL_285_MM = 94_800.0
"""750 g of PLA."""
SPOOL_175_MM = 335_000.0
"""1 kg of PLA."""

BED = Physique(rate=0.35, cooling_seconds=1100.0, swing_celsius=1.2, swing_seconds=40.0)


class Traits(Struct, frozen=True, kw_only=True):
    """How a kind behaves beside its numbers: durations in seconds, places in mm, memory in bytes.

    `restarts_after_seconds`: a stopped machine comes back by itself (None: it waits for its restart command).
    """

    boot_seconds: float
    home: tuple[float, float, float]
    park: tuple[float, float]
    firmware: str
    channels: dict[str, str]
    memory_bytes: int
    materials: tuple[str, ...]
    spool_mm: float
    levels: bool = False
    has_light: bool = False
    has_network: bool = False
    has_door: bool = False
    keeps_print_without_power: bool = False
    must_home_first: bool = False
    restarts_after_seconds: float | None = None
    takes_gcode: bool = False
    supports: frozenset[type[Command]] = frozenset(COMMANDS)


_CORES = ("AA 0.25", "AA 0.4", "AA 0.8", "BB 0.4", "BB 0.8")
_S_CORES = (*_CORES, "CC 0.4", "CC 0.6")
_CORES_OF: dict[str, tuple[str, ...]] = {
    "ultimaker3": _CORES,
    "ultimaker3_extended": _CORES,
    "ultimaker_s3": _S_CORES,
    "ultimaker_s5": _S_CORES,
    "ultimaker_s7": (*_S_CORES, "AA+ 0.4", "CC+ 0.4", "CC+ 0.6", "DD 0.4"),
}
_FIRMWARE = {
    "ultimaker3": ("5.2.16", "5.2.17"),
    "ultimaker3_extended": ("5.2.16", "5.2.17"),
    "ultimaker_s3": ("7.0.3", "8.2.1"),
    "ultimaker_s5": ("7.0.3", "8.2.1"),
    "ultimaker_s7": ("8.1.0", "8.2.1"),
}
_NOZZLES = tuple(f"{size} mm" for size in ("0.25", "0.4", "0.6", "0.8"))
_GCODE_LESS = frozenset(COMMANDS) - {SendGcode}
_GENERIC = frozenset(COMMANDS) - {SetLight, BlinkLight, Beep, Rename}


def _vendor_machine(name: str, fact: dict[str, Any]) -> MachineModel:
    """A machine of the core's table. The names are Cura's: mm, mm/s, Celsius per second."""
    speed = fact["max_speed_mm_s"]
    width, depth, height = fact["build_volume_mm"]
    is_s_line = name.startswith("ultimaker_s")
    return MachineModel(
        id=name,
        variant=fact["name"],
        volume_mm=(float(width), float(depth), float(height)),
        tools=fact["extruders"],
        flavor=fact["gcode_flavor"].lower(),
        filament_diameter_mm=fact["filament_diameter_mm"],
        bom_numbers=tuple(fact["bom_numbers"]),
        max_speed=Vector(x=float(speed["x"]), y=float(speed["y"]), z=float(speed["z"])),
        max_feeder_speed=float(speed["e"]),
        acceleration=float(fact["acceleration_mm_s2"]),
        nozzle_heat_rate=fact["nozzle_heat_up_c_s"],
        nozzle_cool_rate=fact["nozzle_cool_down_c_s"],
        max_bed_celsius=140.0 if is_s_line else 100.0,
        has_air_filter=is_s_line,
        print_cores=_CORES_OF[name],
        plate_types=("glass", "aluminum") if is_s_line else ("glass",),
    )


def _generic(flavor: str, jerk: float) -> MachineModel:
    """One hot end above a square bed, as most printers are."""
    return MachineModel(
        id=f"generic_{flavor}",
        variant=f"Generic {flavor.capitalize()} printer",
        volume_mm=(220.0, 220.0, 250.0),
        tools=1,
        flavor=flavor,
        filament_diameter_mm=1.75,
        max_speed=Vector(x=200.0, y=200.0, z=12.0),
        max_feeder_speed=60.0,
        acceleration=1500.0,
        jerk=Vector(x=jerk, y=jerk, z=0.4),
        nozzle_heat_rate=2.5,
        nozzle_cool_rate=1.0,
        max_nozzle_celsius=300.0,
        print_cores=_NOZZLES,
        plate_types=("pei",),
    )


def _load() -> tuple[MachineModel, ...]:
    table = json.loads(files("printyard.core").joinpath("data", "machines.json").read_text(encoding="utf-8"))
    vendor = [_vendor_machine(name, table["machines"][name]) for name in _CORES_OF]
    vendor.sort(key=lambda machine: machine.id != "ultimaker_s5")
    return (*vendor, _generic("klipper", 5.0), _generic("marlin", 8.0))


MACHINES = _load()
"""All kinds, the default first."""

_BY_ID = {machine.id: machine for machine in MACHINES}
_BY_VARIANT = {machine.variant.casefold(): machine for machine in MACHINES}


def machine_named(name: str) -> MachineModel:
    """The kind with this name on its box, or with this id, whatever the case. Raises Invalid."""
    folded = " ".join(name.casefold().split())
    found = _BY_VARIANT.get(folded) or _BY_ID.get(folded)
    if found is None:
        raise Invalid(f"there is no virtual {name!r}; there are: {', '.join(m.variant for m in MACHINES)}")
    return found


def _vendor_traits(machine: MachineModel) -> Traits:
    width, depth, height = machine.volume_mm
    version, newest = _FIRMWARE[machine.id]
    is_s_line = machine.has_air_filter
    return Traits(
        boot_seconds=45.0,
        home=(0.0, depth, height),
        park=(width - 5.0, depth - 5.0),
        firmware=version,
        channels={"stable": newest, "latest": newest + "-rc1"},
        memory_bytes=(1024 if is_s_line else 512) * 1024 * 1024,
        materials=(PLA_285, PVA_285),
        spool_mm=SPOOL_285_MM,
        levels=is_s_line,
        has_light=True,
        has_network=True,
        has_door=is_s_line,
        restarts_after_seconds=20.0,
        supports=_GCODE_LESS,
    )


_GENERIC_TRAITS = {
    "klipper": Traits(
        boot_seconds=8.0,
        home=(0.0, 0.0, 0.0),
        park=(5.0, 210.0),
        firmware="v0.12.0-316",
        channels={"stable": "v0.12.0-402", "latest": "v0.12.0-455"},
        memory_bytes=1024 * 1024 * 1024,
        materials=(PLA_175,),
        spool_mm=SPOOL_175_MM,
        has_network=True,
        must_home_first=True,
        takes_gcode=True,
        supports=_GENERIC,
    ),
    "marlin": Traits(
        boot_seconds=4.0,
        home=(0.0, 0.0, 0.0),
        park=(5.0, 210.0),
        firmware="2.1.2",
        channels={"stable": "2.1.2.5"},
        memory_bytes=16 * 1024,
        materials=(PLA_175,),
        spool_mm=SPOOL_175_MM,
        keeps_print_without_power=True,
        takes_gcode=True,
        supports=_GENERIC,
    ),
}
_TRAITS = {
    machine.id: _GENERIC_TRAITS.get(machine.flavor) or _vendor_traits(machine) for machine in MACHINES
}  # fmt: skip


def traits_of(machine: MachineModel) -> Traits:
    """How machines of this kind behave."""
    return _TRAITS[machine.id]


def nozzle_physique(machine: MachineModel) -> Physique:
    """The hot ends of a machine; the table's cooling rate is the one at 180 Celsius above the room."""
    return Physique(
        rate=machine.nozzle_heat_rate,
        cooling_seconds=180.0 / machine.nozzle_cool_rate,
        swing_celsius=2.6,
        swing_seconds=12.0,
    )
