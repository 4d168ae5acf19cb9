"""The plans that a printer holds open: that of the print on it, until the next one."""

import copy
from contextlib import AsyncExitStack
from pathlib import Path

from msgspec import Struct
from msgspec.structs import replace

from printyard.core.analysis import limits_of
from printyard.core.errors import Invalid, NotFound, Refused
from printyard.core.model.file import Blob
from printyard.core.model.machine import MachineModel
from printyard.core.ports.workers import Plans
from printyard.drivers.virtual.condition import LimitSet, Outline
from printyard.gcode.limits import Limits
from printyard.gcode.plan import Plan


class Held(Struct, frozen=True):
    """An open plan with its file, and what closes it."""

    plan: Plan
    path: Path
    stack: AsyncExitStack


class PlanShelf:
    """Opens plans for one machine."""

    def __init__(self, plans: Plans, machine: MachineModel) -> None:
        self._plans, self._machine = plans, machine

    async def open(self, blob: Blob, limits: LimitSet) -> Held:
        """Open the plan of a file under these limits. Raises Refused for a file that makes no sense or is gone."""
        stack, motion = AsyncExitStack(), self._limits(limits)
        try:
            plan = await stack.enter_async_context(self._plans.open(blob, motion))
            return Held(plan, self._plans.path(blob, motion), stack)
        except (Invalid, NotFound) as error:
            await stack.aclose()
            raise Refused(f"The file cannot be printed: {error.message}", code=error.code) from error
        except BaseException:
            await stack.aclose()
            raise

    async def outline(self, blob: Blob, limits: LimitSet) -> Outline:
        """What the machine does before the first line; only files with a header of its own kind ask for it there."""
        limits = copy.deepcopy(limits)
        analysis = await self._plans.analyse(blob, self._limits(limits))
        if self._machine.flavor != "griffin" or analysis.flavor.casefold() != "griffin":
            return Outline(limits)
        celsius: list[float | None] = [None] * self._machine.tools
        for use in analysis.tools:
            if 0 <= use.tool < len(celsius):
                celsius[use.tool] = use.initial_celsius
        return Outline(limits, bed_celsius=analysis.bed_celsius, tool_celsius=tuple(celsius))

    def _limits(self, limits: LimitSet) -> Limits:
        machine = replace(
            self._machine,
            max_speed=limits.max_speed,
            acceleration=limits.acceleration,
            jerk=limits.jerk,
            max_feeder_speed=limits.feeders[0][0],
        )
        return limits_of(machine)
