"""Extruders of a head: print core, feeder, material."""

from litestar.params import FromPath

from printyard.apis.ultimaker.bodies import Asked, number, sent
from printyard.apis.ultimaker.caller import Caller, Here
from printyard.apis.ultimaker.routes.heads import only_head
from printyard.apis.ultimaker.routes.verbs import read, write
from printyard.apis.ultimaker.schemas import ActiveMaterial, Extruder, Feeder, Hotend, Offset, Reading
from printyard.apis.ultimaker.views import machine as view
from printyard.core import commands
from printyard.core.errors import NotFound
from printyard.core.model.state import Tool

EXTRUDERS = "/printer/heads/{head_id:str}/extruders"
EXTRUDER = EXTRUDERS + "/{extruder_id:str}"


def tool_number(caller: Caller, head_id: str, extruder_id: str) -> int:
    """The tool that a path names. Raises NotFound."""
    only_head(head_id)
    if not (extruder_id.isascii() and extruder_id.isdigit() and len(extruder_id) < 4):
        raise NotFound(f"There is no extruder {extruder_id}.")
    view.tool(caller.shown.state, int(extruder_id))
    return int(extruder_id)


def tool(caller: Caller, head_id: str, extruder_id: str) -> Tool:
    """The same as a value."""
    return caller.shown.state.tools[tool_number(caller, head_id, extruder_id)]


@read(EXTRUDERS)
async def extruders(caller: Here, head_id: FromPath[str]) -> list[Extruder]:
    """All of them, in their order."""
    only_head(head_id)
    return [view.extruder(each) for each in caller.shown.state.tools]


@read(EXTRUDER)
async def extruder(caller: Here, head_id: FromPath[str], extruder_id: FromPath[str]) -> Extruder:
    """One, with its print core, feeder and material."""
    return view.extruder(tool(caller, head_id, extruder_id))


@read(EXTRUDER + "/hotend")
async def hotend(caller: Here, head_id: FromPath[str], extruder_id: FromPath[str]) -> Hotend:
    """The print core; without an id where none is mounted."""
    return view.hotend(tool(caller, head_id, extruder_id))


@read(EXTRUDER + "/hotend/id")
async def hotend_id(caller: Here, head_id: FromPath[str], extruder_id: FromPath[str]) -> str:
    """Its type, such as "AA 0.4"."""
    return view.hotend(tool(caller, head_id, extruder_id)).id


@read(EXTRUDER + "/hotend/serial")
async def hotend_serial(caller: Here, head_id: FromPath[str], extruder_id: FromPath[str]) -> str:
    """Its serial number."""
    return view.hotend(tool(caller, head_id, extruder_id)).serial


@read(EXTRUDER + "/hotend/offset")
async def hotend_offset(caller: Here, head_id: FromPath[str], extruder_id: FromPath[str]) -> Offset:
    """Its place relative to that of extruder 0."""
    return view.offset(tool(caller, head_id, extruder_id))


@read(EXTRUDER + "/hotend/temperature")
async def hotend_temperature(caller: Here, head_id: FromPath[str], extruder_id: FromPath[str]) -> Reading:
    """Both temperatures."""
    return view.reading(tool(caller, head_id, extruder_id).heater)


@read(EXTRUDER + "/hotend/temperature/target")
async def hotend_target(caller: Here, head_id: FromPath[str], extruder_id: FromPath[str]) -> float:
    """Not in the document, but clients in use ask for it."""
    return view.reading(tool(caller, head_id, extruder_id).heater).target


@read(EXTRUDER + "/hotend/temperature/current")
async def hotend_current(caller: Here, head_id: FromPath[str], extruder_id: FromPath[str]) -> float:
    """Not in the document, but clients in use ask for it."""
    return view.reading(tool(caller, head_id, extruder_id).heater).current


@write([EXTRUDER + "/hotend/temperature", EXTRUDER + "/hotend/temperature/target"])
async def heat_hotend(caller: Here, head_id: FromPath[str], extruder_id: FromPath[str], request: Asked) -> None:
    """By form, by object (`temperature` or `target`), or as a bare number."""
    wanted = tool_number(caller, head_id, extruder_id)
    celsius = number(await sent(request), "temperature", "target")
    await caller.ask(commands.SetTarget(heater=commands.Heater.TOOL, celsius=celsius, tool=wanted))


@read(EXTRUDER + "/feeder")
async def feeder(caller: Here, head_id: FromPath[str], extruder_id: FromPath[str]) -> Feeder:
    """The filament drive."""
    return view.feeder(tool(caller, head_id, extruder_id))


@read(EXTRUDER + "/feeder/position")
async def feeder_position(caller: Here, head_id: FromPath[str], extruder_id: FromPath[str]) -> float:
    """In mm."""
    return tool(caller, head_id, extruder_id).feeder.position_mm


@read(EXTRUDER + "/feeder/jerk")
async def feeder_jerk(caller: Here, head_id: FromPath[str], extruder_id: FromPath[str]) -> float:
    """In mm/s."""
    return tool(caller, head_id, extruder_id).feeder.jerk


@write(EXTRUDER + "/feeder/jerk")
async def set_feeder_jerk(caller: Here, head_id: FromPath[str], extruder_id: FromPath[str], request: Asked) -> None:
    """Holds from the next print, as all limits do."""
    wanted = tool_number(caller, head_id, extruder_id)
    await caller.ask(commands.SetLimits(feeder=wanted, feeder_jerk=number(await sent(request), "jerk")))


@read(EXTRUDER + "/feeder/max_speed")
async def feeder_max_speed(caller: Here, head_id: FromPath[str], extruder_id: FromPath[str]) -> float:
    """In mm/s."""
    return tool(caller, head_id, extruder_id).feeder.max_speed


@write(EXTRUDER + "/feeder/max_speed")
async def set_feeder_max_speed(
    caller: Here, head_id: FromPath[str], extruder_id: FromPath[str], request: Asked
) -> None:
    """Holds from the next print."""
    wanted = tool_number(caller, head_id, extruder_id)
    await caller.ask(commands.SetLimits(feeder=wanted, feeder_max_speed=number(await sent(request), "max_speed")))


@read(EXTRUDER + "/feeder/acceleration")
async def feeder_acceleration(caller: Here, head_id: FromPath[str], extruder_id: FromPath[str]) -> float:
    """In mm/s2."""
    return tool(caller, head_id, extruder_id).feeder.acceleration


@write(EXTRUDER + "/feeder/acceleration")
async def set_feeder_acceleration(
    caller: Here, head_id: FromPath[str], extruder_id: FromPath[str], request: Asked
) -> None:
    """Holds from the next print."""
    wanted = tool_number(caller, head_id, extruder_id)
    await caller.ask(commands.SetLimits(feeder=wanted, feeder_acceleration=number(await sent(request), "acceleration")))


@read(EXTRUDER + "/active_material")
async def active_material(caller: Here, head_id: FromPath[str], extruder_id: FromPath[str]) -> ActiveMaterial:
    """What is loaded."""
    return view.active_material(tool(caller, head_id, extruder_id))


@read([EXTRUDER + "/active_material/guid", EXTRUDER + "/active_material/GUID"])
async def active_material_guid(caller: Here, head_id: FromPath[str], extruder_id: FromPath[str]) -> str:
    """The spelling in capitals is deprecated, and served."""
    return view.active_material(tool(caller, head_id, extruder_id)).guid


@read(EXTRUDER + "/active_material/length_remaining")
async def length_remaining(caller: Here, head_id: FromPath[str], extruder_id: FromPath[str]) -> float:
    """In mm; -1 where nobody knows."""
    return view.active_material(tool(caller, head_id, extruder_id)).length_remaining


HANDLERS = [
    extruders, extruder, hotend, hotend_id, hotend_serial, hotend_offset, hotend_temperature, hotend_target,
    hotend_current, heat_hotend, feeder, feeder_position, feeder_jerk, set_feeder_jerk, feeder_max_speed,
    set_feeder_max_speed, feeder_acceleration, set_feeder_acceleration, active_material, active_material_guid,
    length_remaining,
]  # fmt: skip
