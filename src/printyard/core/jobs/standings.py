"""Why jobs wait: each held against the printers of its group, as they are now."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence

from msgspec.structs import replace

from printyard.core.access.rules import require
from printyard.core.commands import StartPrint
from printyard.core.fleet.board import Snapshot
from printyard.core.fleet.printers import Printers
from printyard.core.jobs.disciplines import in_line
from printyard.core.jobs.fitting import Fit, bounds, configuration, fit, inside, room, shortages
from printyard.core.jobs.needing import setup_of
from printyard.core.model.job import WAITING, Job, JobState
from printyard.core.model.material import Material
from printyard.core.model.needs import Box, Needs, Setup
from printyard.core.model.state import Activity, Link, Plate, Severity
from printyard.core.model.user import Principal, Right
from printyard.core.model.value import Id, Value
from printyard.core.model.verdict import (
    NATURES,
    Change,
    ChangeKind,
    Impediment,
    ImpedimentKey,
    JobStanding,
    Standing,
)  # fmt: skip
from printyard.core.ports.store import Store, Transaction
from printyard.gcode.check import MachineFacts

OF_MATERIAL = frozenset({ChangeKind.MATERIAL_CHANGE, ChangeKind.MATERIAL_INSERT})

PASSING = frozenset({ImpedimentKey.PRINTER_BUSY, ImpedimentKey.PRINTER_RESERVED})


ELSEWHERE = (Impediment(key=ImpedimentKey.OTHER_PRINTER_REQUIRED),)

NO_ROOM, SHORTAGE = (
    int(NATURES[key].severity) for key in (ImpedimentKey.DOES_NOT_FIT, ImpedimentKey.NOT_ENOUGH_MATERIAL)
)
"""How much these add to the work on a printer."""

Work = tuple[bool, int, int]
"""Whether it is impossible, how much is to be done, how many things are in the way."""


class Seen(Value):
    """A printer as jobs are held against it, with what stands in the way of any job there."""

    shown: Snapshot
    setup: Setup
    impediments: tuple[Impediment, ...]


AT_ONCE = 4
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


class Look(Value):
    """What printers share that are alike to the queue: their configuration, and what is in the way there of any job."""

    machine: MachineFacts
    bounds: Box | None
    impediments: tuple[Impediment, ...]


class Prospect(Value):
    """What a kind of jobs stands before on printers of one look; `work` is how much has to be done."""

    work: Work
    changes: tuple[Change, ...]
    impediments: tuple[Impediment, ...]


class Kind(Value):
    """Jobs that ask for the same: their prospect for each look, and the printers, the least work in front."""

    prospects: tuple[Prospect, ...]
    order: tuple[int, ...]


class Book:
    """The printers of a group. Jobs of one kind are held against their looks once, and each by itself against the best.

    A printer, and a look, is a number here: its place in the list.
    """

    def __init__(self, printers: list[Seen], materials: Mapping[str, Material]) -> None:
        self._printers, self._materials = printers, materials
        looks: dict[tuple[MachineFacts, tuple[Impediment, ...]], int] = {}
        self._look_of = [looks.setdefault((seen.setup.machine, seen.impediments), len(looks)) for seen in printers]
        self._looks = [Look(machine=machine, bounds=bounds(machine), impediments=own) for machine, own in looks]
        self._place: dict[str, int] = {seen.shown.printer.id: place for place, seen in enumerate(printers)}
        self._kinds: dict[tuple[Needs, bool], Kind] = {}
        self._fits: dict[tuple[Needs, MachineFacts], tuple[Fit, tuple[Change, ...]]] = {}
        self._holders = {
            seen.shown.job.id: place
            for place, seen in enumerate(printers)
            if seen.shown.job is not None and not seen.shown.job.ended
        }

    def standing(self, job: Job, position: int | None, *, whole: bool = False) -> JobStanding:
        """How a job stands; with `whole`, on every printer, the one with the least to do in front."""
        each = range(len(self._printers)) if whole or job.id in self._holders else ()
        printers = sorted((self._standing(job, place) for place in each), key=_work)
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
            printers=tuple(printers) if whole else (), forced_by=job.forced_by,
        )  # fmt: skip

    def _best(self, job: Job) -> Standing | None:
        """The printer with the least to do. A lack of room only adds to that: the first that has room is the best."""
        required = job.needs.printer_id
        if required is not None and self._printers:
            return self._standing(job, self._place.get(required, 0))
        kind, best = self._kind(job), None
        for place in kind.order:
            prospect = kind.prospects[self._look_of[place]]
            if best is not None and best[0] <= prospect.work:
                break
            work = self._with_room(job, place, prospect.work)
            if best is None or work < best[0]:
                best = (work, place)
        return None if best is None else self._standing(job, best[1])

    def _standing(self, job: Job, place: int) -> Standing:
        """How a job stands with one printer, with what its own size and filament meet there."""
        seen, prospect = self._printers[place], self._kind(job).prospects[self._look_of[place]]
        printer_id, required, forced = seen.shown.printer.id, job.needs.printer_id, bool(job.forced_by)
        known = prospect.impediments
        if self._holders.get(job.id) == place:  # it is kept for this very job
            known = tuple(one for one in known if one.key not in PASSING)
        elsewhere = required is not None and required != printer_id
        short = [one for one in room(job.needs, seen.setup) if not (forced and one.overridable)]
        return Standing(
            printer_id=printer_id, changes=prospect.changes,
            impediments=(*(ELSEWHERE if elsewhere else ()), *known, *short),
        )  # fmt: skip

    def _with_room(self, job: Job, place: int, work: Work) -> Work:
        """How much has to be done where the printer has too little room, or filament, for this job."""
        impossible, effort, count = work
        box, look = job.needs.box, self._looks[self._look_of[place]]
        if box is not None and not inside(box, look.bounds):
            impossible, effort, count = True, effort + NO_ROOM, count + 1
        if not job.forced_by and (few := shortages(job.needs, self._printers[place].setup.left_mm)):
            effort, count = effort + few * SHORTAGE, count + few
        return impossible, effort, count

    def _kind(self, job: Job) -> Kind:
        """What jobs of this kind stand before."""
        key = wanted, forced = configuration(job.needs), bool(job.forced_by)
        known = self._kinds.get(key)
        if known is None:
            prospects = tuple(self._prospect(wanted, look, forced=forced) for look in self._looks)
            works = [prospects[look].work for look in self._look_of]
            order = tuple(sorted(range(len(works)), key=works.__getitem__))
            known = self._kinds[key] = Kind(prospects=prospects, order=order)
        return known

    def _prospect(self, wanted: Needs, look: Look, *, forced: bool) -> Prospect:
        fits, changes = self._fit(wanted, look.machine)
        left = () if forced and fits.forcible else changes
        impediments = (*fits.impediments, *look.impediments)
        work = _work(Standing(printer_id=Id(""), changes=left, impediments=impediments))
        return Prospect(work=work, changes=left, impediments=impediments)

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
