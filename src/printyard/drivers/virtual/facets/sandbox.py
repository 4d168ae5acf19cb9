"""What only a virtual printer has: time and trouble on demand, and somebody at its panel."""

import uuid
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from printyard.core.commands import Cancel, ClearPlate, Command, Pause, Resume
from printyard.core.errors import Invalid, NotFound, Refused
from printyard.core.model.file import Blob
from printyard.drivers.virtual.condition import BED, NEVER
from printyard.drivers.virtual.device import Device
from printyard.drivers.virtual.faults import BUTTONS, KINDS, TROUBLES
from printyard.drivers.virtual.journal import Mended, Pressed, Sped, Struck
from printyard.drivers.virtual.mainboard import Mainboard
from printyard.drivers.virtual.refusals import refuse, refuse_file, refuse_start
from printyard.drivers.virtual.settings import MAX_SPEED
from printyard.drivers.virtual.stick import NAME, calibration_tower
from printyard.drivers.virtual.troubles import SLOWNESS_SECONDS

_PRESSES: dict[str, Command] = {
    "panel_pause": Pause(),
    "panel_resume": Resume(),
    "panel_cancel": Cancel(),
    "panel_clear_plate": ClearPlate(),
}


class TroubleSettings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a trouble comes.

    `heater` ("bed" or "tool") and `tool` say where, `seconds` (of the printer's clock) how long (0: until mended),
    `delay_seconds` (of the yard's clock) how slow a network is, `question` and `answer` what is answered.
    """

    tool: Annotated[int, Meta(ge=0)] = 0
    heater: str = "tool"
    seconds: Annotated[float, Meta(ge=0.0, le=1e9)] = 0.0
    delay_seconds: Annotated[float, Meta(ge=0.0, le=60.0)] = SLOWNESS_SECONDS
    question: str = ""
    answer: str = ""


class TroubleMaker:
    """core.ports.facets.Sandbox. It does not need the printer's network."""

    def __init__(self, board: Mainboard) -> None:
        self._board = board

    async def status(self) -> dict[str, Any]:
        async with self._board.turn() as device:
            condition = device.condition
            return {
                "speed": condition.clock.speed,
                "seed": condition.seed,
                "clock_seconds": round(condition.now, 3),
                "powered": condition.powered,
                "phase": None if condition.run is None else condition.run.phase.value,
                "next_change_seconds": _next_change(device),
                "display": {"message": condition.message, "locked": bool(condition.display_pin)},
                "faults": [_shown(device, number) for number in range(len(condition.troubles))],
                "kinds": [*TROUBLES, *BUTTONS],
            }

    async def set_speed(self, speed: float) -> None:
        if not 0.0 < speed <= MAX_SPEED:
            raise Invalid(f"The speed must be above 0 and at most {MAX_SPEED:g}.")
        async with self._board.turn():
            await self._board.write(Sped(at=self._board.at, speed=float(speed)))

    async def fault(self, kind: str, settings: dict[str, Any]) -> None:
        if kind not in TROUBLES and kind not in BUTTONS:
            raise Invalid(f"There is no trouble {kind!r}; there are: {', '.join((*TROUBLES, *BUTTONS))}.")
        try:
            chosen = msgspec.convert(settings, TroubleSettings, strict=False)
        except msgspec.ValidationError as error:
            raise Invalid(f"The settings of the trouble make no sense: {error}.") from error
        if kind == "panel_start":
            await self._start_at_panel()
            return
        async with self._board.turn() as device:
            if kind in BUTTONS:
                await self._press(device, kind, chosen)
                return
            tool = _place(device, kind, chosen)
            amount = chosen.delay_seconds if kind == "slow_network" else 0.0
            entry = Struck(at=self._board.at, kind=kind, tool=tool, seconds=chosen.seconds, amount=amount)
            await self._board.write(entry)

    async def mend(self, kind: str) -> None:
        async with self._board.turn() as device:
            if not device.stands(kind):
                raise NotFound(f"There is no {kind!r} that could be mended.")
            await self._board.write(Mended(at=self._board.at, kind=kind))

    async def _press(self, device: Device, button: str, chosen: TroubleSettings) -> None:
        """Somebody presses a button; the panel shows only those that would work."""
        board = self._board
        _unlocked(device)
        if button == "panel_answer":
            asked = next((question for question in device.condition.questions if question.id == chosen.question), None)
            if asked is None or chosen.answer not in asked.answers:
                raise Invalid("The display asks nothing that has this answer.")
            await board.write(Pressed(at=board.at, button=button, ref=asked.id, name=chosen.answer))
            return
        try:
            refuse(device, _PRESSES[button])
        except Refused as error:
            raise Invalid(error.message, code=error.code) from error
        await board.write(Pressed(at=board.at, button=button))

    async def _start_at_panel(self) -> None:
        """Print the file of the stick."""
        board = self._board
        try:
            async with board.turn() as device:
                _unlocked(device)
                refuse_start(device)
                limits = device.condition.limits
            blob = await self._stick()
            held = await board.shelf.open(blob, limits)
            try:
                outline = await board.shelf.outline(blob, limits)
                async with board.turn() as device:
                    refuse_start(device)
                    refuse_file(device, held.plan.summary.filament_mm, held.plan.summary.moves)
                    ref = str(uuid.UUID(bytes=board.context.ids.secret(16), version=4))
                    pressed = Pressed(at=board.at, button="panel_start", ref=ref, name=NAME, blob=blob, outline=outline)
                    await board.write(pressed, held)
            finally:
                if board.held is not held:
                    await held.stack.aclose()
        except Refused as error:
            raise Invalid(error.message, code=error.code) from error

    async def _stick(self) -> Blob:
        """The bytes of the stick's file, stored where plans are made from."""
        partial = await self._board.context.blobs.begin()
        try:
            await partial.write(calibration_tower(self._board.machine))
            return await partial.finish(NAME)
        finally:
            await partial.abandon()


def _unlocked(device: Device) -> None:
    """Raises Invalid where nobody can use the display."""
    if device.condition.display_pin:
        raise Invalid("The display is locked.", code="display_locked")


def _place(device: Device, kind: str, chosen: TroubleSettings) -> int:
    """Which tool or heater is meant. Raises Invalid."""
    if kind in {"heater_fault", "thermal_runaway"} and chosen.heater == "bed":
        if device.condition.bed is None:
            raise Invalid("The printer has no heated bed.")
        return BED
    if chosen.tool >= device.machine.tools:
        raise Invalid(f"There is no extruder {chosen.tool + 1}.")
    if kind == "filament_runout" and device.condition.spools[chosen.tool] is None:
        raise Invalid("There is no filament in this extruder.")
    return chosen.tool


def _next_change(device: Device) -> float | None:
    due = device.earliest()
    return None if due >= NEVER else round(due, 3)


def _shown(device: Device, number: int) -> dict[str, Any]:
    trouble = device.condition.troubles[number]
    return {
        "kind": trouble.kind,
        "since_seconds": round(trouble.since, 3),
        "until_seconds": None if trouble.until >= NEVER else round(trouble.until, 3),
        "tool": trouble.tool,
        "known_to_device": trouble.shown_at is not None,
        "ends": KINDS[trouble.kind].ends,
    }
