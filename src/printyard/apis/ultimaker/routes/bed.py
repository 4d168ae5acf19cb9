"""The heated bed."""

from printyard.apis.ultimaker.bodies import Asked, number, optional_number, sent
from printyard.apis.ultimaker.caller import Here
from printyard.apis.ultimaker.routes.verbs import read, write
from printyard.apis.ultimaker.schemas import Bed, PreHeat, Reading
from printyard.apis.ultimaker.views import machine as view
from printyard.core.commands import Heater, SetTarget

PRE_HEAT_SECONDS = 600.0
"""For how long the bed is kept warm if nobody says."""


@read("/printer/bed")
async def bed(caller: Here) -> Bed:
    """The bed with its temperatures, and whether it is kept warm."""
    return view.bed(caller.shown)


@read("/printer/bed/type")
async def bed_type(caller: Here) -> str:
    """The plate of the machine's setup."""
    return view.bed(caller.shown).type


@read("/printer/bed/temperature")
async def bed_temperature(caller: Here) -> Reading:
    """Both temperatures; zeros without a heated bed."""
    return view.reading(caller.shown.state.bed)


@read("/printer/bed/temperature/target")
async def bed_target(caller: Here) -> float:
    """Not in the document, but clients in use ask for it."""
    return view.reading(caller.shown.state.bed).target


@read("/printer/bed/temperature/current")
async def bed_current(caller: Here) -> float:
    """Not in the document, but clients in use ask for it."""
    return view.reading(caller.shown.state.bed).current


@write(["/printer/bed/temperature", "/printer/bed/temperature/target"])
async def heat_bed(caller: Here, request: Asked) -> None:
    """By form, by object (`temperature` or `target`), or as a bare number."""
    celsius = number(await sent(request), "temperature", "target")
    await caller.ask(SetTarget(heater=Heater.BED, celsius=celsius))


@read("/printer/bed/pre_heat")
async def pre_heat(caller: Here) -> PreHeat:
    """Whether it is kept warm ahead of a print, as of now."""
    return view.pre_heat(caller.shown.state, caller.core.clock.now())


@write("/printer/bed/pre_heat")
async def set_pre_heat(caller: Here, request: Asked) -> None:
    """Temperature 0 ends it. Numbers may come as texts."""
    said = await sent(request)
    celsius, seconds = number(said, "temperature"), optional_number(said, "timeout")
    timeout = PRE_HEAT_SECONDS if seconds is None else seconds
    await caller.ask(SetTarget(heater=Heater.BED, celsius=celsius, timeout_seconds=timeout if celsius else None))


HANDLERS = [bed, bed_type, bed_temperature, bed_target, bed_current, heat_bed, pre_heat, set_pre_heat]
