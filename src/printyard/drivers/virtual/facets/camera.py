"""The camera above the plate: draws only while somebody watches, and everybody sees the same picture."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from msgspec.structs import replace

from printyard.core.errors import Offline
from printyard.core.model.value import MICROSECONDS
from printyard.core.ports.workers import Scene
from printyard.drivers.virtual.condition import NEVER
from printyard.drivers.virtual.device import Device
from printyard.drivers.virtual.faults import CAMERA_TROUBLE
from printyard.drivers.virtual.mainboard import Mainboard
from printyard.drivers.virtual.report import light_at

FRESH_SECONDS = 0.9
FRAME_SECONDS = 1.0
DARK_FRACTION = 0.25
"""What the room gives when the case light is off."""


class PlateCamera:
    """core.ports.facets.Camera."""

    def __init__(self, board: Mainboard) -> None:
        self._board = board
        self._drawing = asyncio.Lock()
        self._picture = b""
        self._taken = -NEVER
        self._painted: tuple[Path | None, tuple[str, ...]] = (None, ())

    async def snapshot(self) -> bytes:
        async with self._drawing:
            now = self._board.context.clock.now()
            if self._picture and now - self._taken < FRESH_SECONDS * MICROSECONDS:
                await self._look()
                return self._picture
            scene = await self._look()
            self._picture = await self._board.context.renderer.render(await self._colored(scene))
            self._taken = now
            return self._picture

    async def stream(self) -> AsyncIterator[bytes]:
        while True:
            yield await self.snapshot()
            await self._board.context.clock.sleep(FRAME_SECONDS)

    async def _look(self) -> Scene:
        async with self._board.turn() as device:
            if not device.reachable():
                self._picture = b""
                raise Offline("The printer does not answer.")
            return _scene(self._board, device)

    async def _colored(self, scene: Scene) -> Scene:
        """The scene with the colors of what was loaded when its print was first seen: plastic keeps its color."""
        plan, colors = self._painted
        if plan is None or plan != scene.plan_path:
            colors = tuple([await self._board.context.color(guid) for guid in scene.colors])
            self._painted = scene.plan_path, colors
        return replace(scene, colors=colors)


def _scene(board: Mainboard, device: Device) -> Scene:
    """What is to be seen, with the GUIDs of the loaded materials in the place of their colors."""
    condition = device.condition
    run, left, held = condition.run, condition.left, board.held
    move = left.move if left is not None else -1
    if run is not None:
        moment = device.moment(run.plan_at(condition.now))
        move = moment.move if moment is not None else -1
    light = light_at(device, condition.now)
    bright = 1.0 if light is None else DARK_FRACTION + (1.0 - DARK_FRACTION) * light.brightness / 100.0
    kind, since = _trouble(device)
    return Scene(
        printer_id=board.context.printer.id,
        plan_path=held.path if held is not None and move >= 0 else None,
        move=move,
        volume_mm=device.machine.volume_mm,
        head_mm=device.place(condition.now),
        colors=tuple("" if spool is None else spool.guid for spool in condition.spools),
        light_fraction=bright,
        caption=condition.name,
        trouble=kind,
        trouble_move=since,
    )


def _trouble(device: Device) -> tuple[str, int]:
    """What has gone wrong with the part, and since which move."""
    for trouble in device.condition.troubles:
        seen = CAMERA_TROUBLE.get(trouble.kind)
        if seen is not None:
            begun = device.moment(trouble.since_plan) if trouble.since_plan < NEVER else None
            return seen, begun.move if begun is not None else 0
    return "", -1
