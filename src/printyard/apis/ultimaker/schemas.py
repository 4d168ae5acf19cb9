"""What goes over the wire: the document's models, field by field, in its order and with its names.

Lengths in mm, temperatures in Celsius, durations in seconds. Nothing may be absent, and only texts (and the few
fields that say so) may be null.
"""

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from printyard.core.model.value import MICROSECONDS

Timestamp = Annotated[
    str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", examples=["2024-01-02T03:04:05.000Z"])
]
"""An instant of this API: always milliseconds and Z; without the fraction, a slicer that reads it crashes."""


def timestamp(instant: int) -> Timestamp:
    """An instant of the core (microseconds) as text."""
    seconds, rest = divmod(instant, MICROSECONDS)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest // 1000:03d}Z"


class Message(Struct, frozen=True):
    """A sentence for a person, or a word for a program."""

    message: str


class Access(Struct, frozen=True):
    """Digest user name and password. A client in use unpacks exactly these two."""

    id: str
    key: str


class Vector(Struct, frozen=True):
    """Millimetres, or mm/s, along the axes."""

    x: float
    y: float
    z: float


class Reading(Struct, frozen=True):
    """A heater's temperatures in Celsius; target 0 is off."""

    target: float
    current: float


class Offset(Struct, frozen=True):
    """A nozzle's place relative to the first one's, in mm. `state` is valid or invalid."""

    x: float
    y: float
    z: float
    state: str


class Statistics(Struct, frozen=True):
    """What a print core has been through: filament in mm, Celsius, seconds."""

    last_material_guid: str
    material_extruded: float
    max_temperature_exposed: float
    time_spent_hot: float


class Hotend(Struct, frozen=True):
    """A print core. `id` is its type ("AA 0.4"), "" where none is mounted."""

    id: str
    serial: str
    temperature: Reading
    offset: Offset
    statistics: Statistics


class Feeder(Struct, frozen=True):
    """A filament drive: mm, mm/s, mm/s, mm/s2."""

    position: float
    max_speed: float
    jerk: float
    acceleration: float


class ActiveMaterial(Struct, frozen=True):
    """What is loaded: mm of filament left (-1: nobody knows), and the profile ("": nothing)."""

    length_remaining: float
    guid: str = msgspec.field(name="GUID")


class Extruder(Struct, frozen=True):
    """A print core with its feeder and material."""

    hotend: Hotend
    feeder: Feeder
    active_material: ActiveMaterial


class Head(Struct, frozen=True):
    """The moving part. `fan` in percent."""

    position: Vector
    max_speed: Vector
    acceleration: float
    jerk: Vector
    extruders: list[Extruder]
    fan: float


class PreHeatOrder(Struct, frozen=True):
    """Within the bed: what it is kept at ahead of a print, and for how many seconds yet; zeros if it is not."""

    temperature: float
    timeout: float


class PreHeat(Struct, frozen=True):
    """Whether the bed is kept warm ahead of a print, and for how many seconds yet."""

    active: bool
    remaining: float


class Bed(Struct, frozen=True):
    """The build plate; `type` as the machine's setup has it ("glass")."""

    type: str
    temperature: Reading
    pre_heat: PreHeatOrder


class Wifi(Struct, frozen=True):
    """The wireless connection. `mode`: AUTO, HOTSPOT, WIFI_SETUP, CABLE, WIRELESS or OFFLINE."""

    connected: bool
    enabled: bool
    mode: str
    ssid: str


class WifiNetwork(Struct, frozen=True):
    """A wireless network in reach; strength in percent."""

    ssid: str
    security_required: bool
    strength: float


class Ethernet(Struct, frozen=True):
    """The wired connection."""

    connected: bool
    enabled: bool


class Network(Struct, frozen=True):
    """The printer's own connections."""

    wifi: Wifi
    wifi_networks: list[WifiNetwork]
    ethernet: Ethernet


class Led(Struct, frozen=True):
    """The case light: degrees, percent, percent."""

    hue: float
    saturation: float
    brightness: float


class Camera(Struct, frozen=True):
    """Where the live picture is; "" without a camera."""

    feed: str


class AirManager(Struct, frozen=True):
    """The air filter: hours, hours, percent."""

    firmware_version: str
    filter_age: float
    filter_max_age: float
    filter_status: str
    status: str
    fan_speed: float


class Printer(Struct, frozen=True):
    """The whole printer."""

    heads: list[Head]
    camera: Camera
    bed: Bed
    network: Network
    led: Led
    status: str
    airmanager: AirManager


class PrintJob(Struct, frozen=True):
    """The job that holds the printer, in exactly these 15 keys: a client in use takes no more and no less.

    `pause_source` is not in the document's model, only among its paths. Instants that have not come yet are null;
    `reprint_original_uuid` is null for a first print.
    """

    time_elapsed: int
    time_total: int
    datetime_started: Timestamp | None
    datetime_finished: Timestamp | None
    datetime_cleaned: Timestamp | None
    source: str
    source_user: str
    source_application: str
    name: str
    uuid: str
    reprint_original_uuid: str | None
    progress: float
    state: str
    result: str
    pause_source: str


class PrintAccepted(Struct, frozen=True):
    """The answer to an upload."""

    message: str
    uuid: str


class HistoryJob(Struct, frozen=True):
    """A print of the past (or the one under way: its `result` is ""). Amounts in mm of filament."""

    created_at: Timestamp
    extruders_used: dict[str, bool]
    generator_version: str
    has_ppr: bool
    interrupted_step: str
    material_0_amount: float
    material_1_amount: float
    material_0_guid: str
    material_1_guid: str
    owner: str
    printcore_0_name: str
    printcore_1_name: str
    slice_uuid: str
    time_elapsed: int
    time_estimated: int
    time_total: int
    datetime_started: Timestamp | None
    datetime_finished: Timestamp | None
    datetime_cleaned: Timestamp | None
    result: str
    source: str
    reprint_original_uuid: str | None
    name: str
    uuid: str


class HistoryEvent(Struct, frozen=True):
    """Something that happened on the printer."""

    time: Timestamp
    type_id: int
    message: str
    parameters: list[str]


class DeviceTime(Struct, frozen=True):
    """The printer's own clock, seconds since 1970."""

    utc: float


class Memory(Struct, frozen=True):
    """The printer's own memory, in bytes."""

    total: int
    used: int


class Hardware(Struct, frozen=True):
    """Hardware numbers."""

    typeid: int
    revision: int


class System(Struct, frozen=True):
    """The printer as a computer. `log` is the end of its log as one text."""

    name: str
    platform: str
    hostname: str
    firmware: str
    country: str
    language: str
    uptime: int
    time: DeviceTime
    type: str
    variant: str
    memory: Memory
    hardware: Hardware
    log: str
    guid: str


class SensorNoise(Struct, frozen=True):
    """Statistics of the probing sensor at rest; the names are ours, the document has none."""

    min: float
    max: float
    avg: float
    variance: float


class HeaderFault(Struct, frozen=True):
    """Something that is wrong with a file's header. `fault_level`: NOTE, WARNING or ERROR."""

    fault_code: str
    fault_level: str
    message: str
    data: str


class Ambient(Struct, frozen=True):
    """The air around the machine, in TENTHS of a degree Celsius: clients in use divide by ten."""

    current: float
