"""What people ask to be done with a file before it is printed: its analysis, check, preview, and true times in a copy.

Workers do one thing after the other, so that there is a queue, which people see and can take things out of. Whoever
asks waits a little; what takes longer goes on, and is asked for again.
"""

from printyard.core.access.rules import require
from printyard.core.analysis import Analyses, limits_of, verdict_on
from printyard.core.errands import Errands
from printyard.core.errors import NotFound
from printyard.core.files import Files
from printyard.core.fleet.printers import Printers
from printyard.core.machine_facts import machine_facts
from printyard.core.materials import Materials
from printyard.core.model.file import Analysis, File
from printyard.core.model.preparation import Preparation, Work
from printyard.core.model.user import Principal, Right
from printyard.core.model.value import Id
from printyard.core.ports.time import Clock, Ids
from printyard.core.ports.workers import Plans, Preview, Processed, Watch
from printyard.gcode.check import Verdict

Rewritten = tuple[File | None, Processed]
"""The new file, if there is one, and what became of the work."""


class Preparations:
    """Works on files for printers. Each waits `seconds` for its result, then answers with the work under way."""

    def __init__(
        self,
        clock: Clock,
        ids: Ids,
        plans: Plans,
        analyses: Analyses,
        files: Files,
        printers: Printers,
        materials: Materials,
    ) -> None:
        self._clock, self._ids, self._plans = clock, ids, plans
        self._analyses, self._files, self._printers, self._materials = analyses, files, printers, materials
        self._errands = Errands(clock)

    async def analysis(
        self, principal: Principal, file_id: str, printer_id: str, seconds: float
    ) -> Analysis | Preparation:
        """What is known of a file for a printer.

        Raises NotFound, Throttled, Conflict (it was withdrawn), StorageFull, and Invalid for what makes no sense.
        """
        file, machine = await self._files.get(principal, file_id), self._printers.machine(principal, printer_id)
        known = await self._analyses.current(file.blob, machine)
        if known is not None:
            return known

        async def work(watch: Watch) -> Analysis:
            return await self._analyses.of(file.blob, machine, watch)

        return await self._errands.do(self._wanted(principal, Work.ANALYSIS, file, printer_id), work, seconds)

    async def verdict(
        self, principal: Principal, file_id: str, printer_id: str, seconds: float
    ) -> Verdict | Preparation:
        """Whether a file may be printed on a printer as it is set up now, and why not. Raises as `analysis` does."""
        analysis = await self.analysis(principal, file_id, printer_id, seconds)
        if isinstance(analysis, Preparation):
            return analysis
        file, shown = await self._files.get(principal, file_id), self._printers.get(principal, printer_id)
        materials = {material.guid: material for material in await self._materials.all(principal)}
        machine = self._printers.machine(principal, printer_id)
        facts = machine_facts(machine, shown.state, shown.printer.setup, materials)
        return verdict_on(analysis, file.blob, file.name, facts)

    async def preview(
        self, principal: Principal, file_id: str, printer_id: str, seconds: float
    ) -> Preview | Preparation:
        """The lines of a print, to be drawn. Raises as `analysis` does."""
        file, machine = await self._files.get(principal, file_id), self._printers.machine(principal, printer_id)

        async def work(watch: Watch) -> Preview:
            return await self._plans.preview(file.blob, limits_of(machine), watch)

        return await self._errands.do(self._wanted(principal, Work.PREVIEW, file, printer_id), work, seconds)

    async def process(
        self, principal: Principal, file_id: str, printer_id: str, seconds: float, *, force: bool = False
    ) -> Rewritten | Preparation:
        """Put a copy of a file with true times into the library, under the same name; no stored byte is changed.

        There is no copy of one that was processed before, unless `force`. Raises as `analysis` does, and Forbidden.
        """
        require(principal, Right.PRINT)
        file, machine = await self._files.get(principal, file_id), self._printers.machine(principal, printer_id)
        wanted = self._wanted(principal, Work.PROCESS, file, printer_id, force=force)

        async def work(watch: Watch) -> Rewritten:
            done = await self._plans.process(file.blob, file.name, limits_of(machine), force=force, watch=watch)
            if done.blob is None:
                return None, done
            added = await self._files.add(principal, file.name, done.blob)
            self._errands.note(wanted.id, result_file_id=added.id)
            return added, done

        return await self._errands.do(wanted, work, seconds)

    def all(self, principal: Principal) -> list[Preparation]:
        """What waits and what is under way, in the order in which it was asked for, and what ended lately."""
        require(principal, Right.READ)
        shown = {snapshot.printer.id for snapshot in self._printers.all(principal)}
        return [one for one in self._errands.all() if _within(principal, one) and one.printer_id in shown]

    async def withdraw(self, principal: Principal, preparation_id: str) -> None:
        """Take a work out of the queue; if it is under way, it ends. Raises NotFound, Forbidden (another's)."""
        found = [one for one in self.all(principal) if one.id == preparation_id]
        if not found:
            raise NotFound("There is no such work.")
        if found[0].asked_by != principal.id:
            require(principal, Right.MANAGE)
        await self._errands.withdraw(preparation_id)

    async def close(self) -> None:
        """End everything: the server stops."""
        await self._errands.close()

    def _wanted(
        self, principal: Principal, work: Work, file: File, printer_id: str, *, force: bool = False
    ) -> Preparation:
        return Preparation(
            id=self._ids.new(), organization_id=file.organization_id, work=work, file_id=file.id, file_name=file.name,
            printer_id=Id(printer_id), asked_by=principal.id, asked_at=self._clock.now(), force=force,
        )  # fmt: skip


def _within(principal: Principal, shown: Preparation) -> bool:
    return principal.scope.organization_id in {None, shown.organization_id}
