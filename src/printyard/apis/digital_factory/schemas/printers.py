"""Printers of a cluster on the wire. Temperatures in Celsius, volumes in mm3, ages in hours."""

from typing import Annotated, Any, dataclass_transform

import msgspec
from msgspec import Meta

from printyard.apis.digital_factory.schemas import words


@dataclass_transform(frozen_default=True, kw_only_default=True, field_specifiers=(msgspec.field,))
class Model(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The base of all models: what is not known is left out."""


class ClusterPrinterConfigurationMaterial(Model):
    """The material of a print core."""

    brand: str | None = None
    color: str | None = None
    guid: words.Uuid | None = None
    material: str | None = None


class ClusterPrintCoreConfiguration(Model):
    """One extruder: what is mounted and loaded. Extruders are numbered from left to right."""

    extruder_index: int
    estimated_material_volume: int | None = None
    material: ClusterPrinterConfigurationMaterial | None = None
    original_material_volume: int | None = None
    print_core_id: str | None = None
    temperature: float | None = None


class ClusterPrinterAirManager(Model):
    """The air filter."""

    supported: bool
    filter_age: int | None = None
    filter_max_age: int | None = None
    filter_status: words.FilterStatus | None = None
    status: words.AirStatus | None = None


class ClusterPrinterBuildPlate(Model):
    """The build plate."""

    temperature: float | None = None
    type: str | None = None


class ClusterPrinterChamber(Model):
    """The chamber."""

    temperature: int | None = None


class ClusterPrinterError(Model):
    """An error that stands."""

    code: str
    uuid: words.Uuid


class ClusterPrinterFault(Model):
    """A fault that stands; `timestamp` in ISO 8601."""

    code: str
    message: str
    severity: words.FaultSeverity
    timestamp: str
    uuid: words.Uuid
    data: dict[str, Any] | None = None


class ClusterPrinterMaterialStationSlot(Model):
    """A slot of a material station, from left to right; remaining is a fraction, -1 when missing."""

    compatible: bool
    extruder_index: int
    material_remaining: Annotated[float, Meta(ge=-1, le=1)]
    slot_index: Annotated[int, Meta(ge=0, le=5)]
    material: ClusterPrinterConfigurationMaterial | None = None
    material_empty: bool | None = None
    print_core_id: str | None = None


class ClusterPrinterMaterialStation(Model):
    """A material station."""

    supported: bool
    material_slots: list[ClusterPrinterMaterialStationSlot] | None = None
    status: words.AirStatus | None = None


class ClusterPrinterStatus(Model):
    """A printer of a cluster; `uuid` is its own GUID, `reserved_by` the job that has claimed it."""

    enabled: bool
    friendly_name: str
    machine_variant: str
    status: words.PrinterStatus
    unique_name: str
    uuid: words.Uuid
    air_manager: ClusterPrinterAirManager | None = None
    build_plate: ClusterPrinterBuildPlate | None = None
    chamber: ClusterPrinterChamber | None = None
    configuration: list[ClusterPrintCoreConfiguration] | None = None
    errors: list[ClusterPrinterError] | None = None
    faults: list[ClusterPrinterFault] | None = None
    firewall_enabled: bool | None = None
    firmware_channel: words.FirmwareChannel | None = None
    firmware_update_status: words.FirmwareUpdateStatus | None = None
    firmware_version: words.Version | None = None
    ip_address: str | None = None
    latest_available_firmware: str | None = None
    maintenance_required: bool | None = None
    material_station: ClusterPrinterMaterialStation | None = None
    pin_code_lock_enabled: bool | None = None
    reserved_by: str | None = None
    status_detail: str | None = None
