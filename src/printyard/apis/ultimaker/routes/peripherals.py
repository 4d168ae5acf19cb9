"""Air filter, ambient temperature and buzzer."""

from printyard.apis.ultimaker.bodies import Asked, number, sent
from printyard.apis.ultimaker.caller import Here
from printyard.apis.ultimaker.routes.verbs import read, write_answered
from printyard.apis.ultimaker.schemas import AirManager, Ambient, Message
from printyard.apis.ultimaker.views import machine, peripherals
from printyard.core.commands import Beep

TENTHS = 10.0
MILLISECONDS = 1000.0


@read("/airmanager")
async def air_manager(caller: Here) -> AirManager:
    """The air filter; unavailable where there is none."""
    return peripherals.air_manager(await peripherals.air_status(caller.facets.air))


@read("/ambient_temperature")
async def ambient_temperature(caller: Here) -> Ambient:
    """0 where the machine has no such sensor."""
    return Ambient(current=round((caller.shown.state.ambient or machine.COLD).current * TENTHS))


@write_answered("/beep")
async def beep(caller: Here, request: Asked) -> Message:
    """Not in the document, but clients in use send it, and read JSON: `frequency` in Hz, `duration` in milliseconds."""
    said = await sent(request)
    await caller.ask(Beep(frequency_hertz=number(said, "frequency"), seconds=number(said, "duration") / MILLISECONDS))
    return Message("Beep")


HANDLERS = [air_manager, ambient_temperature, beep]
