"""What is known of a file before it is printed: made once per content and limits, then remembered."""

from contextlib import AbstractAsyncContextManager
from typing import Final

from msgspec.structs import replace

from printyard.core.errors import Invalid
from printyard.core.model.file import ANALYSIS, Analysis, Blob, FileKind
from printyard.core.model.machine import MachineModel
from printyard.core.ports.store import Store
from printyard.core.ports.workers import Plans, Watch
from printyard.gcode.check import MachineFacts, Verdict, judge
from printyard.gcode.container import SourceKind
from printyard.gcode.embedded import Pictures
from printyard.gcode.limits import Limits
from printyard.gcode.machine_limits import machine_limits
from printyard.gcode.plan import Plan

CONTAINERS: Final = {
    FileKind.GCODE: SourceKind.GCODE,
    FileKind.GCODE_GZIP: SourceKind.GCODE_GZIP,
    FileKind.UFP: SourceKind.UFP,
    FileKind.BGCODE: SourceKind.BGCODE,
}
"""What the G-code of each kind of file is packed in; a file of another kind has none."""


def limits_of(machine: MachineModel) -> Limits:
    """The motion limits of a kind of machine, as its time analysis and its simulation both use them."""
    speed, jerk = machine.max_speed, machine.jerk
    return machine_limits(
        machine.flavor,
        speed=(speed.x, speed.y, speed.z),
        acceleration=machine.acceleration,
        jerk=(jerk.x, jerk.y, jerk.z),
        feeder_speed=machine.max_feeder_speed,
    )


class Analyses:
    """Analyses of files."""

    def __init__(self, store: Store, plans: Plans) -> None:
        self._store, self._plans = store, plans

    async def known(self, blob: Blob, machine: MachineModel) -> Analysis | None:
        """The analysis for a kind of machine, if it was made before, also by an older server."""
        key = limits_of(machine).key()
        return await self._store.read(lambda tx: tx.files.analysis(blob.sha256, key))

    async def current(self, blob: Blob, machine: MachineModel) -> Analysis | None:
        """The same, unless it would be made otherwise now."""
        found = await self.known(blob, machine)
        return found if found is not None and found.made_by == ANALYSIS else None

    async def of(self, blob: Blob, machine: MachineModel, *watch: Watch) -> Analysis:
        """The analysis for a kind of machine. Raises Invalid for a file that makes no sense."""
        known = await self.current(blob, machine)
        if known is not None:
            return known
        limits = limits_of(machine)
        key = limits.key()
        made = replace(await self._plans.analyse(blob, limits, *watch), made_by=ANALYSIS)
        await self._store.write(lambda tx: tx.files.put_analysis(blob.sha256, key, made))
        return made

    async def pictures(self, blob: Blob) -> Pictures:
        """The pictures that a file brings, as clients can show them. Raises NotFound."""
        return await self._plans.pictures(blob)

    def plan(self, blob: Blob, machine: MachineModel) -> AbstractAsyncContextManager[Plan]:
        """The plan of its motion for a kind of machine. Raises Invalid for a file that makes no sense."""
        return self._plans.open(blob, limits_of(machine))


def verdict_on(analysis: Analysis, blob: Blob, name: str, machine: MachineFacts) -> Verdict:
    """Whether a file of this name may be printed on a machine as it is now, and why not. No file is read.

    Raises Invalid for an analysis without the facts that a check needs.
    """
    if analysis.facts is None or blob.kind not in CONTAINERS:
        raise Invalid("Nothing is known of what this file does.", code="no_facts")
    facts = replace(analysis.facts, kind=CONTAINERS[blob.kind])
    return judge(facts, machine, name)
