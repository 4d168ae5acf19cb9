"""Why jobs wait: each held against the printers of its group, as they are now."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from operator import attrgetter

from msgspec.structs import replace

from printyard.core.access.rules import require
from printyard.core.commands import StartPrint
from printyard.core.fleet.board import Snapshot
from printyard.core.fleet.printers import Printers
from printyard.core.jobs.disciplines import in_line
from printyard.core.jobs.fitting import Fit, configuration, fit, room
from printyard.core.jobs.needing import setup_of
from printyard.core.model.job import WAITING, Job, JobState
from printyard.core.model.material import Material
from printyard.core.model.needs import Needs, Setup
from printyard.core.model.state import Activity, Link, Plate, Severity
from printyard.core.model.user import Principal, Right
from printyard.core.model.value import Id, Value
from printyard.core.model.verdict import Change, ChangeKind, Impediment, ImpedimentKey, JobStanding, Standing
from printyard.core.ports.store import Store, Transaction
from printyard.gcode.check import MachineFacts

OF_MATERIAL = frozenset({ChangeKind.MATERIAL_CHANGE, ChangeKind.MATERIAL_INSERT})

PASSING = frozenset({ImpedimentKey.PRINTER_BUSY, ImpedimentKey.PRINTER_RESERVED})


ELSEWHERE = (Impediment(key=ImpedimentKey.OTHER_PRINTER_REQUIRED),)

Work = tuple[bool, int, int]
"""Whether it is impossible, how much is to be done, how many things are in the way."""


class Seen(Value):
    """A printer as jobs are held against it, with what stands in the way of any job there."""

    shown: Snapshot
    setup: Setup
    impediments: tuple[Impediment, ...]


AT_ONCE = 16
"""How many jobs are looked at before somebody else has a turn."""


class Standings:
    """What the jobs of a group wait for."""

    def __init__(self, store: Store, printers: Printers) -> None:
        self._store, self._printers = store, printers

    async def job(self, principal: Principal, job_id: str) -> JobStanding:
        """One job and every printer of its group, the one with the least to do in front. Raises NotFound."""
        require(principal, Right.READ)

        def work(tx: Transaction) -> tuple[Job, list[Job], list[Material]]:
            job = tx.jobs.get(principal.scope, job_id)
            return job, _line(tx, principal, job.group_id), tx.materials.all(principal.scope)

        job, line, materials = await self._store.read(work)
        book = Book(self._seen(principal, job.group_id, _by_guid(materials)), _by_guid(materials))
        position = next((place for place, other in enumerate(line) if other.id == job.id), None)
        return book.standing(job, position, whole=True)

    async def group(self, principal: Principal, group_id: str) -> dict[str, JobStanding]:
        """All jobs that wait in a group, in their order, by id."""
        require(principal, Right.READ)
        line, materials = await self._store.read(
            lambda tx: (_line(tx, principal, group_id), tx.materials.all(principal.scope))
        )
        return await self.among(principal, group_id, line, _by_guid(materials))

    async def among(
        self, principal: Principal, group_id: str, line: Sequence[Job], materials: Mapping[str, Material]
    ) -> dict[str, JobStanding]:
        """The same of what was read before: all that waits in the group, in its order, and the materials by GUID."""
        require(principal, Right.READ)
        found: dict[str, JobStanding] = {}
        book = Book(self._seen(principal, group_id, materials) if line else [], materials)
        for position, job in enumerate(line):
            found[job.id] = book.standing(job, position)
            if not position % AT_ONCE:
                await asyncio.sleep(0)  # others have their turn
        return found

    def _seen(self, principal: Principal, group_id: str, materials: Mapping[str, Material]) -> list[Seen]:
        return [
            Seen(
                shown=shown,
                setup=setup_of(
                    shown.printer, shown.state, self._printers.machine(principal, shown.printer.id), materials
                ),
                impediments=tuple(own(shown)),
            )
            for shown in self._printers.board.all(principal.scope)
            if shown.printer.group_id == group_id
        ]


class Ranked(Value):
    """A printer, and what a kind of jobs stands before there; `work` is how much has to be done."""

    work: Work
    seen: Seen
    standing: Standing


class Book:
    """The printers of a group. Jobs of one kind are held against them once, and each by itself against the best."""

    def __init__(self, printers: list[Seen], materials: Mapping[str, Material]) -> None:
        self._printers, self._materials = printers, materials
        self._kinds: dict[tuple[Needs, Id | None, bool], tuple[Ranked, ...]] = {}
        self._fits: dict[tuple[Needs, MachineFacts], tuple[Fit, tuple[Change, ...]]] = {}
        self._holders = {
            seen.shown.job.id: seen.shown.printer.id
            for seen in printers
            if seen.shown.job is not None and not seen.shown.job.ended
        }

    def standing(self, job: Job, position: int | None, *, whole: bool = False) -> JobStanding:
        """How a job stands; with `whole`, on every printer, the one with the least to do in front."""
        printers = sorted((self._with_room(job, one) for one in self._kind(job)), key=_work) if whole else []
        best = printers[0] if printers else self._best(job)
        cheapest = best if best is not None and best.possible else None
        found: list[Impediment] = []
        if job.state is JobState.WAITING_APPROVAL:
            found.append(Impediment(key=ImpedimentKey.WAITS_FOR_APPROVAL))
        if job.state is JobState.HELD:
            found.append(Impediment(key=ImpedimentKey.HELD, found=job.reason))
        if best is None:
            found.append(Impediment(key=ImpedimentKey.NO_PRINTER))
        elif cheapest is None:
            found += [one for one in best.impediments if not one.fixable]
        elif position and _waits_its_turn(cheapest):
            found.append(Impediment(key=ImpedimentKey.OTHERS_FIRST))
        return JobStanding(
            job_id=job.id, state=job.state, position=position, impediments=tuple(found), cheapest=cheapest,
            printers=tuple(printers), forced_by=job.forced_by,
        )  # fmt: skip

    def _best(self, job: Job) -> Standing | None:
        """The printer with the least to do. A lack of room only adds to that: the first that has room is the best."""
        best: tuple[Work, Standing] | None = None
        for ranked in self._kind(job):
            if best is not None and best[0] <= ranked.work:
                break
            one = self._with_room(job, ranked)
            work = ranked.work if one is ranked.standing else _work(one)
            if best is None or work < best[0]:
                best = (work, one)
        return None if best is None else best[1]

    def _kind(self, job: Job) -> tuple[Ranked, ...]:
        """What jobs of this kind stand before, the printer with the least to do in front."""
        wanted, required, forced = configuration(job.needs), job.needs.printer_id, bool(job.forced_by)
        holder = self._holders.get(job.id)
        key = (wanted, required, forced)
        known = self._kinds.get(key) if holder is None else None
        if known is None:
            each = [(seen, self._one(wanted, required, seen, forced=forced)) for seen in self._printers]
            each = [(seen, one if one.printer_id != holder else _released(one)) for seen, one in each]
            ranked = [Ranked(work=_work(one), seen=seen, standing=one) for seen, one in each]
            known = tuple(sorted(ranked, key=attrgetter("work")))
            if holder is None:
                self._kinds[key] = known
        return known

    def _one(self, wanted: Needs, required: Id | None, seen: Seen, *, forced: bool) -> Standing:
        fits, changes = self._fit(wanted, seen.setup.machine)
        other = required is not None and required != seen.shown.printer.id
        return Standing(
            printer_id=seen.shown.printer.id,
            changes=() if forced and fits.forcible else changes,
            impediments=(*(ELSEWHERE if other else ()), *fits.impediments, *seen.impediments),
        )

    def _with_room(self, job: Job, ranked: Ranked) -> Standing:
        """The same, with what this job's own size and filament meet there."""
        forced = bool(job.forced_by)
        short = tuple(one for one in room(job.needs, ranked.seen.setup) if not (forced and one.overridable))
        known = ranked.standing
        return known if not short else replace(known, impediments=(*known.impediments, *short))

    def _fit(self, wanted: Needs, machine: MachineFacts) -> tuple[Fit, tuple[Change, ...]]:
        """What a configuration asks of another, and the changes with the names that people know the materials by."""
        key = (wanted, machine)
        known = self._fits.get(key)
        if known is None:
            fits = fit(wanted, machine)
            known = self._fits[key] = (fits, tuple(self._named(change) for change in fits.changes))
        return known

    def _named(self, change: Change) -> Change:
        if change.kind not in OF_MATERIAL:
            return change
        target, origin = self._material(change.target_id), self._material(change.origin_id)
        return replace(change, target_name=target, origin_name=origin)

    def _material(self, guid: str) -> str:
        known = self._materials.get(guid.lower())
        return guid if known is None else known.label or f"{known.brand} {known.material} {known.color}"


def own(shown: Snapshot) -> Iterable[Impediment]:
    """What stands in the way of any job on a printer now."""
    state, record, held = shown.state, shown.record, shown.job
    if state.link is not Link.ONLINE:
        yield Impediment(key=ImpedimentKey.PRINTER_OFFLINE)
    if state.blocking_fault is not None or state.activity is Activity.HALTED or state.unrecognised:
        yield Impediment(key=ImpedimentKey.PRINTER_FAULT, found=state.unrecognised)
    if not record.enabled:
        yield Impediment(key=ImpedimentKey.PRINTER_DISABLED)
    if record.in_maintenance:
        yield Impediment(key=ImpedimentKey.PRINTER_IN_MAINTENANCE)
    if shown.storage_degraded:
        yield Impediment(key=ImpedimentKey.NOT_RECORDING)
    if held is not None and held.state in WAITING:
        yield Impediment(key=ImpedimentKey.PRINTER_RESERVED)
    elif (held is not None and not held.ended) or state.activity not in {Activity.IDLE, Activity.HALTED}:
        yield Impediment(key=ImpedimentKey.PRINTER_BUSY, found=state.busy_with)
    elif state.plate is Plate.OCCUPIED:
        yield Impediment(key=ImpedimentKey.PLATE_OCCUPIED)
    elif state.link is Link.ONLINE and state.blocking_fault is None and StartPrint.word not in state.accepts:
        yield Impediment(key=ImpedimentKey.PRINTER_BUSY, found=state.busy_with)


def _released(standing: Standing) -> Standing:
    """A printer that is kept for this very job is not in its way."""
    return replace(standing, impediments=tuple(one for one in standing.impediments if one.key not in PASSING))


def _work(standing: Standing) -> Work:
    """How much has to be done on a printer; what passes by itself counts least."""
    done = [int(one.severity) for one in standing.impediments if one.severity > Severity.NOTICE]
    return (not standing.possible, standing.effort + sum(done), len(standing.impediments))


def _waits_its_turn(cheapest: Standing) -> bool:
    return not cheapest.changes and all(one.key in PASSING for one in cheapest.impediments)


def _line(tx: Transaction, principal: Principal, group_id: str) -> list[Job]:
    return in_line(tx, tx.jobs.in_states(principal.scope, WAITING, group_id=group_id))


def _by_guid(materials: Iterable[Material]) -> dict[str, Material]:
    return {material.guid.lower(): material for material in materials}
