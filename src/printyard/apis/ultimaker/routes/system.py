"""The printer as a computer: who it is, its clock, memory, log and program; the device's own, never the server's."""

from printyard.apis.ultimaker.bodies import Asked, fields_of, optional_number, optional_text, sent, text
from printyard.apis.ultimaker.caller import Here
from printyard.apis.ultimaker.routes.verbs import read, write, write_answered
from printyard.apis.ultimaker.schemas import DeviceTime, Hardware, Memory, Message, System
from printyard.apis.ultimaker.views import device as view
from printyard.core.commands import ShowMessage
from printyard.core.errors import Invalid, Unsupported
from printyard.core.model.user import Right

LOG_LINES = 50
MAX_LOG_LINES = 10_000
DEFAULT_UPDATE = "stable"


@read("/system")
async def system(caller: Here) -> System:
    """All of it in one object."""
    facets, shown = caller.facets, caller.shown
    return System(
        name=shown.printer.name,
        platform=view.platform(shown),
        hostname=view.host_name(shown.printer),
        firmware=await view.firmware(shown, facets.firmware),
        country=await view.country(facets.locale),
        language=await view.language(facets.locale),
        uptime=await view.uptime(facets.diagnostics),
        time=await view.time(facets.diagnostics, caller.core.clock),
        type=view.TYPE,
        variant=caller.machine.variant,
        memory=await view.memory(facets.diagnostics),
        hardware=view.hardware(shown.printer, caller.machine),
        log="\n".join(await view.log(facets.diagnostics, 0, LOG_LINES)),
        guid=shown.printer.device_guid,
    )


@read("/system/platform")
async def platform(caller: Here) -> str:
    """What stands between the yard and the device."""
    return view.platform(caller.shown)


@read("/system/hostname")
async def hostname(caller: Here) -> str:
    """The printer's name in the network."""
    return view.host_name(caller.shown.printer)


@read("/system/firmware")
async def firmware(caller: Here) -> str:
    """The version that runs."""
    return await view.firmware(caller.shown, caller.facets.firmware)


@write_answered("/system/firmware")
async def update_firmware(caller: Here, request: Asked) -> Message:
    """A bare text or {"update_type"}: stable (if nothing is said), latest or testing."""
    said = await sent(request)
    channel = said if isinstance(said, str) else optional_text(fields_of(said), "update_type") or DEFAULT_UPDATE
    updates = caller.facets_for(Right.CONFIGURE).firmware
    if updates is None:
        raise Unsupported("The firmware of this printer cannot be updated from here.")
    await updates.update(channel)
    return Message("Update started")


@read("/system/firmware/status")
async def firmware_status(caller: Here) -> str:
    """idle, downloading, installing, failed or success."""
    return await view.update_state(caller.facets.firmware)


@read("/system/firmware/stable")
async def stable_firmware(caller: Here) -> str:
    """The version to be had in the channel; "" if there is none."""
    return await view.available(caller.facets.firmware, "stable")


@read("/system/firmware/latest")
async def latest_firmware(caller: Here) -> str:
    """The version to be had in the channel; "" if there is none."""
    return await view.available(caller.facets.firmware, "latest")


@read("/system/firmware/testing")
async def testing_firmware(caller: Here) -> str:
    """Not in the document, but clients in use ask for it."""
    return await view.available(caller.facets.firmware, "testing")


@read("/system/memory")
async def memory(caller: Here) -> Memory:
    """The device's own, in bytes."""
    return await view.memory(caller.facets.diagnostics)


@read("/system/time")
async def time(caller: Here) -> DeviceTime:
    """The device's own clock."""
    return await view.time(caller.facets.diagnostics, caller.core.clock)


@read("/system/log")
async def log(caller: Here, request: Asked) -> list[str]:
    """`boot`: 0 is this one, -1 the one before; `lines`: how many, 50 if nothing is said."""
    asked = dict(request.query_params)
    boot, lines = optional_number(asked, "boot") or 0.0, optional_number(asked, "lines")
    if boot > 0:
        raise Invalid("The boot must be 0 or less.")
    if lines is not None and not 0 <= lines <= MAX_LOG_LINES:
        raise Invalid(f"The lines must lie between 0 and {MAX_LOG_LINES}.")
    count = LOG_LINES if lines is None else int(lines)
    return list(await view.log(caller.facets.diagnostics, int(boot), count))


@read("/system/name")
async def name(caller: Here) -> str:
    """What people call the printer."""
    return caller.shown.printer.name


@write("/system/name")
async def rename(caller: Here, request: Asked) -> None:
    """Here and on its display; its address stays."""
    await caller.core.printers.rename(caller.principal, caller.printer_id, text(await sent(request), "name"))


@read("/system/country")
async def country(caller: Here) -> str:
    """Two letters; "" if nobody has set it."""
    return await view.country(caller.facets.locale)


@write("/system/country")
async def set_country(caller: Here, request: Asked) -> None:
    """Two letters."""
    locale = caller.facets_for(Right.CONFIGURE).locale
    if locale is None:
        raise Unsupported("The country of this printer cannot be set from here.")
    await locale.set_country(text(await sent(request), "country"))


@read("/system/is_country_locked")
async def country_locked(caller: Here) -> bool:
    """A country that cannot be set is locked."""
    locale = caller.facets.locale
    return True if locale is None else await locale.country_locked()


@read("/system/language")
async def language(caller: Here) -> str:
    """Of the display."""
    return await view.language(caller.facets.locale)


@read("/system/uptime")
async def uptime(caller: Here) -> int:
    """In whole seconds."""
    return await view.uptime(caller.facets.diagnostics)


@read("/system/type")
async def machine_type() -> str:
    """The same for every printer."""
    return view.TYPE


@read("/system/variant")
async def variant(caller: Here) -> str:
    """The name on the box."""
    return caller.machine.variant


@read("/system/hardware")
async def hardware(caller: Here) -> Hardware:
    """Both numbers."""
    return view.hardware(caller.shown.printer, caller.machine)


@read("/system/hardware/typeid")
async def type_id(caller: Here) -> int:
    """The number by which slicers know the machine."""
    return view.hardware(caller.shown.printer, caller.machine).typeid


@read("/system/hardware/revision")
async def revision(caller: Here) -> int:
    """Of the hardware."""
    return view.hardware(caller.shown.printer, caller.machine).revision


@read("/system/guid")
async def guid(caller: Here) -> str:
    """The device's own UUID."""
    return caller.shown.printer.device_guid


@write_answered("/system/display_message")
async def display_message(caller: Here, request: Asked) -> Message:
    """Show a message with a button on the display."""
    said = fields_of(await sent(request))
    words = text(said, "message")
    if not words.strip():
        raise Invalid("The message is missing.")
    await caller.ask(ShowMessage(text=words, button=optional_text(said, "button_caption")))
    return Message("Message is being displayed on the printer.")


HANDLERS = [
    system, platform, hostname, firmware, update_firmware, firmware_status, stable_firmware, latest_firmware,
    testing_firmware, memory, time, log, name, rename, country, set_country, country_locked, language, uptime,
    machine_type, variant, hardware, type_id, revision, guid, display_message,
]  # fmt: skip
