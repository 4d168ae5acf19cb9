"""The machine: head, extruders, bed and light."""

from printyard.apis.ultimaker.schemas import (
    ActiveMaterial,
    Bed,
    Extruder,
    Feeder,
    Head,
    Hotend,
    Led,
    Offset,
    PreHeat,
    PreHeatOrder,
    Reading,
    Statistics,
    Vector,
)  # fmt: skip
from printyard.core.errors import NotFound
from printyard.core.fleet.board import Snapshot
from printyard.core.model import state as core
from printyard.core.model.machine import MachineModel
from printyard.core.model.value import seconds_between

COLD = core.Temperature(current=0.0, target=0.0)
UNKNOWN_LENGTH = -1.0
"""The document's word for a spool of which nobody knows how much is left."""

NO_HOTEND = core.Nozzle(name="", offset_valid=False)
DARK = core.Light()


def vector(value: core.Vector) -> Vector:
    """Along the axes."""
    return Vector(value.x, value.y, value.z)


def reading(temperature: core.Temperature | None) -> Reading:
    """A heater; zeros for one that is not there."""
    shown = temperature or COLD
    return Reading(target=shown.target or 0.0, current=shown.current)


def motion(state: core.PrinterState, machine: MachineModel) -> core.Motion:
    """The head's limits: as reported, else those of its kind."""
    if state.motion != core.Motion():
        return state.motion
    return core.Motion(max_speed=machine.max_speed, acceleration=machine.acceleration, jerk=machine.jerk)


def head(state: core.PrinterState, machine: MachineModel) -> Head:
    """The one head."""
    limits = motion(state, machine)
    return Head(
        position=vector(state.position),
        max_speed=vector(limits.max_speed),
        acceleration=limits.acceleration,
        jerk=vector(limits.jerk),
        extruders=[extruder(tool) for tool in state.tools],
        fan=fan(state),
    )


def fan(state: core.PrinterState) -> float:
    """In percent."""
    return state.fan_fraction * 100


def tool(state: core.PrinterState, number: int) -> core.Tool:
    """A tool by its number. Raises NotFound."""
    if not 0 <= number < len(state.tools):
        raise NotFound(f"There is no extruder {number}.")
    return state.tools[number]


def extruder(tool: core.Tool) -> Extruder:
    """One tool."""
    return Extruder(hotend=hotend(tool), feeder=feeder(tool), active_material=active_material(tool))


def hotend(tool: core.Tool) -> Hotend:
    """A tool's print core; nameless where none is mounted."""
    nozzle = tool.nozzle or NO_HOTEND
    return Hotend(
        id=nozzle.name,
        serial=nozzle.serial,
        temperature=reading(tool.heater),
        offset=offset(tool),
        statistics=Statistics(
            last_material_guid=nozzle.last_material_guid,
            material_extruded=nozzle.extruded_mm,
            max_temperature_exposed=nozzle.highest_celsius,
            time_spent_hot=nozzle.hot_seconds,
        ),
    )


def offset(tool: core.Tool) -> Offset:
    """Its place relative to that of tool 0."""
    nozzle = tool.nozzle or NO_HOTEND
    place = nozzle.offset
    return Offset(x=place.x, y=place.y, z=place.z, state="valid" if nozzle.offset_valid else "invalid")


def feeder(tool: core.Tool) -> Feeder:
    """A tool's filament drive."""
    drive = tool.feeder
    return Feeder(
        position=drive.position_mm, max_speed=drive.max_speed, jerk=drive.jerk, acceleration=drive.acceleration
    )


def active_material(tool: core.Tool) -> ActiveMaterial:
    """What is loaded in a tool."""
    loaded = tool.material
    if loaded is None:
        return ActiveMaterial(length_remaining=UNKNOWN_LENGTH, guid="")
    length = UNKNOWN_LENGTH if loaded.remaining_mm is None else loaded.remaining_mm
    return ActiveMaterial(length_remaining=length, guid=loaded.guid)


def bed(shown: Snapshot) -> Bed:
    """The bed at the instant of its snapshot."""
    plate = shown.state.bed or COLD
    waiting = pre_heat(shown.state, shown.state.at)
    order = PreHeatOrder(temperature=(plate.target or 0.0) if waiting.active else 0.0, timeout=waiting.remaining)
    return Bed(type=shown.printer.setup.plate_type, temperature=reading(shown.state.bed), pre_heat=order)


def pre_heat(state: core.PrinterState, now: int) -> PreHeat:
    """Whether the bed is kept warm, as of an instant."""
    until = state.bed.until if state.bed is not None else None
    remaining = 0.0 if until is None else max(0.0, seconds_between(now, until))
    return PreHeat(active=remaining > 0, remaining=remaining)


def led(state: core.PrinterState) -> Led:
    """The case light; dark where there is none."""
    light = state.light or DARK
    return Led(hue=light.hue, saturation=light.saturation, brightness=light.brightness)
