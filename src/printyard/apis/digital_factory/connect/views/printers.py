"""A printer of a cluster."""

import math
import re
import uuid
from collections.abc import Mapping

import msgspec

from printyard.apis.digital_factory.instant import instant
from printyard.apis.digital_factory.schemas import printers as schemas
from printyard.core.fleet.board import Snapshot
from printyard.core.model.machine import MachineModel
from printyard.core.model.material import Material
from printyard.core.model.state import Fault, Tool
from printyard.core.ports.facets import AirStatus, FirmwareStatus
from printyard.dialects.ultimaker.cluster import FAULT_SEVERITIES, firmware_update, printer_status
from printyard.dialects.ultimaker.words import host_name

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
CHANNELS = ("stable", "latest")
"""The channels in which the newest firmware is looked for, the usual one first."""

SPOOL_DIGITS = -2
"""What is left on a spool is told to 100 mm3, a fraction of a gram."""

VERSION_PARTS, VERSION_LENGTH = 3, 60
UNKNOWN_VERSION = "0.0.0"

Materials = Mapping[str, Material]
"""By GUID, in lower case."""


class Extras(msgspec.Struct, frozen=True):
    """What is asked of the device now and then, beside its state."""

    air: AirStatus | None = None
    firmware: FirmwareStatus | None = None
    locked: bool | None = None


class Look(msgspec.Struct, frozen=True, kw_only=True):
    """All that one printer is shown from. `address` is where it can be reached in its network."""

    shown: Snapshot
    machine: MachineModel
    extras: Extras
    address: str
    due: bool


def printer_of(look: Look, materials: Materials) -> schemas.ClusterPrinterStatus:
    """The printer as it is now."""
    shown, machine, state = look.shown, look.machine, look.shown.state
    firmware = look.extras.firmware
    latest = "" if firmware is None else next((firmware.available[c] for c in CHANNELS if c in firmware.available), "")
    return schemas.ClusterPrinterStatus(
        enabled=shown.record.enabled,
        friendly_name=shown.printer.name,
        machine_variant=machine.variant,
        status=printer_status(shown),  # type: ignore[arg-type]  # its words are these
        unique_name=host_name(shown.printer),
        uuid=shown.printer.device_guid,
        air_manager=air_of(look.extras.air),
        build_plate=build_plate(shown) if machine.has_bed else None,
        chamber=None
        if state.chamber is None
        else schemas.ClusterPrinterChamber(temperature=round(state.chamber.current)),
        configuration=[core_of(number, tool, machine, materials) for number, tool in enumerate(state.tools)],
        errors=[error_of(fault) for fault in state.faults if fault.blocking],
        faults=[fault_of(fault) for fault in state.faults],
        firmware_update_status=firmware_update(state.firmware, latest, "" if firmware is None else firmware.state),
        firmware_version=version(state.firmware),
        ip_address=look.address,
        latest_available_firmware=latest or None,
        maintenance_required=look.due,
        pin_code_lock_enabled=look.extras.locked,
        reserved_by=shown.record.reserved_by,
    )


def version(firmware: str) -> str:
    """A firmware's version; clients look for at least three parts."""
    parts = (firmware[:VERSION_LENGTH] if len(firmware) >= VERSION_PARTS else UNKNOWN_VERSION).split(".")
    return ".".join(parts + ["0"] * (VERSION_PARTS - len(parts)))


def build_plate(shown: Snapshot) -> schemas.ClusterPrinterBuildPlate:
    """The plate that the yard was told of, with its temperature."""
    bed = shown.state.bed
    temperature = None if bed is None else degrees(bed.current)
    return schemas.ClusterPrinterBuildPlate(temperature=temperature, type=shown.printer.setup.plate_type)


def core_of(
    number: int, tool: Tool, machine: MachineModel, materials: Materials
) -> schemas.ClusterPrintCoreConfiguration:
    """One extruder; a material object stands there also where nothing is loaded, since clients look into it."""
    loaded = tool.material
    known = None if loaded is None else loaded.remaining_mm
    left = None if known is None else round(volume(known, machine), SPOOL_DIGITS)
    return schemas.ClusterPrintCoreConfiguration(
        extruder_index=number,
        material=material_of("" if loaded is None else loaded.guid, materials),
        print_core_id=None if tool.nozzle is None else tool.nozzle.name,
        temperature=degrees(tool.heater.current),
        estimated_material_volume=left,
    )


def degrees(celsius: float) -> float:
    """A temperature to half a degree: else a sensor's noise would make a status say something new every second."""
    return round(celsius * 2) / 2


def volume(length_mm: float, machine: MachineModel) -> int:
    """Filament in mm3."""
    return round(length_mm * math.pi * (machine.filament_diameter_mm / 2) ** 2)


def material_of(guid: str, materials: Materials) -> schemas.ClusterPrinterConfigurationMaterial:
    """A material by its GUID; empty words where it is not known."""
    known = materials.get(guid.lower())
    if known is None:
        named = guid.lower() if UUID.fullmatch(guid.lower()) else None
        return schemas.ClusterPrinterConfigurationMaterial(guid=named, brand="", color="", material="")
    return schemas.ClusterPrinterConfigurationMaterial(
        brand=known.brand, color=known.color, guid=known.guid, material=known.material
    )


def air_of(air: AirStatus | None) -> schemas.ClusterPrinterAirManager:
    """The air filter, or that there is none."""
    if air is None:
        return schemas.ClusterPrinterAirManager(supported=False)
    return schemas.ClusterPrinterAirManager(
        supported=True,
        filter_age=round(air.filter_age_hours),
        filter_max_age=round(air.filter_max_age_hours),
        filter_status=air.filter_status,  # type: ignore[arg-type]  # the port's words are these
        status=air.status,  # type: ignore[arg-type]
    )


def error_of(fault: Fault) -> schemas.ClusterPrinterError:
    """A fault that keeps the printer from printing."""
    return schemas.ClusterPrinterError(code=fault.code.upper(), uuid=fault_uuid(fault))


def fault_of(fault: Fault) -> schemas.ClusterPrinterFault:
    """A fault."""
    return schemas.ClusterPrinterFault(
        code=fault.code.upper(),
        message=fault.message or fault.code,
        severity=FAULT_SEVERITIES[fault.severity],
        timestamp=instant(fault.since),
        uuid=fault_uuid(fault),
        data=dict(fault.data) or None,
    )


def fault_uuid(fault: Fault) -> str:
    """The fault's id; one that a device made up in another form gets a UUID of the same text each time."""
    return fault.id if UUID.fullmatch(fault.id) else str(uuid.uuid5(uuid.NAMESPACE_OID, fault.id))
