"""What goes over the wire: the fields that Cura's models require, those that it reads, and a few that others do.

Durations in whole seconds. No required field is ever absent or null: Cura would drop the whole answer.
"""

from datetime import UTC, datetime
from typing import Annotated

from msgspec import Meta, Struct

from printyard.core.model.value import MICROSECONDS
from printyard.dialects.ultimaker.cluster_parts import BuildPlate, Configuration, ConfigurationChange, Impediment

Timestamp = Annotated[
    str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", examples=["2024-01-02T03:04:05.000Z"])
]
"""An instant of this API: always milliseconds and Z, which is all that Cura can read."""


def timestamp(instant: int) -> Timestamp:
    """An instant of the core (microseconds) as text."""
    seconds, rest = divmod(instant, MICROSECONDS)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest // 1000:03d}Z"


class Printer(Struct, frozen=True, kw_only=True):
    """A printer of the group. `unique_name` is its name in the network, `uuid` the device's own."""

    uuid: str
    unique_name: str
    friendly_name: str
    machine_variant: str
    firmware_version: str
    ip_address: str
    status: str
    enabled: bool
    configuration: list[Configuration]
    build_plate: BuildPlate
    maintenance_required: bool
    reserved_by: str | None
    faults: list["Fault"]


class Fault(Struct, frozen=True):
    """Something that is wrong with a printer."""

    code: str
    severity: str
    message: str


class Constraints(Struct, frozen=True):
    """What whoever handed the job in has asked for."""

    require_printer_name: str | None = None


class PrintJob(Struct, frozen=True, kw_only=True):
    """A job of the group. `assigned_to` and `printer_uuid` are UUIDs of printers (in the cloud the first is a name).

    `reason` is a sentence on what is wrong with a job in the state "error".
    """

    uuid: str
    name: str
    owner: str
    status: str
    started: bool
    force: bool
    created_at: Timestamp
    machine_variant: str
    time_total: int
    time_elapsed: int
    configuration: list[Configuration]
    constraints: Constraints
    configuration_changes_required: list[ConfigurationChange]
    impediments_to_printing: list[Impediment]
    compatible_machine_families: list[str]
    build_plate: BuildPlate
    assigned_to: str | None = None
    printer_uuid: str | None = None
    printed_on_uuid: str | None = None
    network_error_count: int = 0
    last_seen: float | None = None
    reason: str = ""
    datetime_started: Timestamp | None = None
    datetime_finished: Timestamp | None = None
    preview_url: str | None = None


class Material(Struct, frozen=True):
    """A profile that the yard knows. Cura sends those of its own that are missing here or newer."""

    guid: str
    version: int


class Count(Struct, frozen=True):
    """How many."""

    count: int


class Accepted(Struct, frozen=True):
    """An upload that became a job."""

    uuid: str
    message: str


class Message(Struct, frozen=True):
    """A sentence for a person."""

    message: str
