"""The case light."""

from msgspec.structs import replace

from printyard.apis.ultimaker.bodies import Asked, fields_of, number, optional_number, sent, whole
from printyard.apis.ultimaker.caller import Caller, Here
from printyard.apis.ultimaker.routes.verbs import act, read, write
from printyard.apis.ultimaker.schemas import Led
from printyard.apis.ultimaker.views import machine as view
from printyard.core.commands import BlinkLight, SetLight
from printyard.core.errors import Invalid

PARTS = ("hue", "saturation", "brightness")


async def change(caller: Caller, parts: dict[str, float]) -> None:
    """Set some parts of the light's color; the others stay."""
    await caller.ask(SetLight(light=replace(caller.shown.state.light or view.DARK, **parts)))


@read("/printer/led")
async def led(caller: Here) -> Led:
    """The color of the light; zeros without one."""
    return view.led(caller.shown.state)


@write("/printer/led")
async def set_led(caller: Here, request: Asked) -> None:
    """Parts that are not named stay as they were."""
    said = fields_of(await sent(request))
    parts = {part: value for part in PARTS if (value := optional_number(said, part)) is not None}
    if not parts:
        raise Invalid("One of hue, saturation and brightness must be given.")
    await change(caller, parts)


@read("/printer/led/hue")
async def hue(caller: Here) -> float:
    """In degrees."""
    return view.led(caller.shown.state).hue


@write("/printer/led/hue")
async def set_hue(caller: Here, request: Asked) -> None:
    """As a number or an object."""
    await change(caller, {"hue": number(await sent(request), "hue", "value")})


@read("/printer/led/saturation")
async def saturation(caller: Here) -> float:
    """In percent."""
    return view.led(caller.shown.state).saturation


@write("/printer/led/saturation")
async def set_saturation(caller: Here, request: Asked) -> None:
    """As a number or an object."""
    await change(caller, {"saturation": number(await sent(request), "saturation", "value")})


@read("/printer/led/brightness")
async def brightness(caller: Here) -> float:
    """In percent."""
    return view.led(caller.shown.state).brightness


@write("/printer/led/brightness")
async def set_brightness(caller: Here, request: Asked) -> None:
    """As a number or an object."""
    await change(caller, {"brightness": number(await sent(request), "brightness", "value")})


@act("/printer/led/blink")
async def blink(caller: Here, request: Asked) -> None:
    """`frequency` in Hz, `count` times."""
    said = await sent(request)
    await caller.ask(BlinkLight(frequency_hertz=number(said, "frequency"), count=whole(said, "count")))


HANDLERS = [led, set_led, hue, set_hue, saturation, set_saturation, brightness, set_brightness, blink]
