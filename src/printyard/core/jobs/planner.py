"""Who prints what next, in one group: decided by classes of needs and of configurations, kept up change by change.

Ten thousand jobs that wait fall into some dozens of classes, and so do the printers; what fits what is asked once per
pair of classes. A decision looks only at what a change may have made possible. The outcome is that of the plain rule:
the jobs in their order, each to the best of the free printers that can print it as they stand, or to none.
"""

import math
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from heapq import heapify, heappop, heappush
from itertools import repeat
from operator import le

from printyard.core.jobs.disciplines import Rules
from printyard.core.jobs.fitting import Fit, bounds, configuration, enough, fit, inside
from printyard.core.model.job import Job
from printyard.core.model.needs import Box, Needs, Setup
from printyard.core.model.value import Value
from printyard.core.model.verdict import EFFORT
from printyard.gcode.check import MachineFacts

UNUSED_SETUPS = 256
"""How many configurations without a free printer are remembered."""

Vector = tuple[float, ...]
"""What a job demands, and what there is, side by side: it may fit where no demand is greater than the offer."""

Place = tuple[int, str]
"""Where a job, or a printer, stands among its like: its number, then its id."""


class Assignment(Value):
    """A job for a printer."""

    job_id: str
    printer_id: str


class _Setups:
    """The free printers of one configuration, the best first; and what is left on their spools, by tool."""

    def __init__(self, machine: MachineFacts) -> None:
        self.machine, self.bounds = machine, bounds(machine)
        self._reach = (math.inf,) * 6 if self.bounds is None else _reach(self.bounds)
        self.free: list[tuple[float, str]] = []
        self._left: list[list[float]] = [[] for _ in machine.tools]
        self.takes: dict[_Class, int] = {}
        """The classes that these printers can print, with the effort that force goes over."""
        self.demand = 0

    def add(self, free: "_Free") -> None:
        """One of them has become free."""
        insort(self.free, free.place)
        for left, mm in zip(self._left, free.left_mm, strict=True):
            insort(left, mm)

    def remove(self, free: "_Free") -> None:
        """One of them is not free any more."""
        del self.free[bisect_left(self.free, free.place)]
        for left, mm in zip(self._left, free.left_mm, strict=True):
            del left[bisect_left(left, mm)]

    def offers(self, kind: "_Class") -> Vector:
        """The most that any of them has for jobs of a class. There has to be one."""
        left, tools = self._left, kind.wanted.tools
        spools = [math.inf if kind.forced or one.tool >= len(left) else left[one.tool][-1] for one in tools]
        return (*spools, *self._reach)


class _Class:
    """The jobs that wait and need the same, in their order."""

    def __init__(self, wanted: Needs, printer_id: str | None, *, forced: bool) -> None:
        self.wanted, self.printer_id, self.forced = wanted, printer_id, forced
        self.jobs: list[Place] = []
        self.demands: list[Vector] = []
        self.setups: dict[_Setups, int] = {}
        self.least: Vector = ()
        """No job demands less of anything; those that have gone may have demanded that little."""

    def put(self, waiting: "_Waiting") -> None:
        """One more of them waits."""
        index = bisect_left(self.jobs, waiting.place)
        self.jobs.insert(index, waiting.place)
        self.demands.insert(index, waiting.demands)
        self.least = tuple(map(min, self.least or waiting.demands, waiting.demands))
        for setups in self.setups:
            setups.demand += 1

    def drop(self, waiting: "_Waiting") -> None:
        """One of them does not wait any more."""
        index = bisect_left(self.jobs, waiting.place)
        del self.jobs[index], self.demands[index]
        for setups in self.setups:
            setups.demand -= 1


class _Waiting:
    """A job that waits. `demands` is the filament that it uses on each of its tools, and how far it reaches, in mm."""

    __slots__ = ("demands", "kind", "needs", "place", "tried")

    def __init__(self, job: Job, place: Place, kind: _Class) -> None:
        self.needs, self.tried, self.place, self.kind = job.needs, job.printer_id, place, kind
        box = job.needs.box
        spools = [tool.filament_mm or -math.inf for tool in job.needs.tools]
        self.demands: Vector = (*spools, *((-math.inf,) * 6 if box is None else _reach(box)))


class _Free:
    """A free printer. `left_mm` is what is on each tool's spool, without end where nobody knows."""

    __slots__ = ("left_mm", "place", "setup", "setups")

    def __init__(self, setup: Setup, place: tuple[float, str], setups: _Setups) -> None:
        self.setup, self.place, self.setups = setup, place, setups
        known = [math.inf if mm is None else mm for mm in setup.left_mm]
        self.left_mm = (known + [math.inf] * len(setup.machine.tools))[: len(setup.machine.tools)]


class Planner:
    """The jobs that wait in a group, and its free printers. Nothing that waits fits anything free after `decide`."""

    def __init__(self, rules: Rules) -> None:
        self._rules = rules
        self._jobs: dict[str, _Waiting] = {}
        self._printers: dict[str, _Free] = {}
        self._classes: dict[tuple[Needs, str | None, bool], _Class] = {}
        self._pinned: dict[str, set[_Class]] = {}
        self._setups: dict[MachineFacts, _Setups] = {}
        self._new_jobs: set[str] = set()
        self._new_printers: set[str] = set()

    def put_job(self, job: Job) -> None:
        """A job waits, or waits otherwise than before."""
        self.drop_job(job.id)
        kind = self._class_of(job)
        waiting = _Waiting(job, (self._rules.order(job), job.id), kind)
        self._jobs[job.id] = waiting
        kind.put(waiting)
        self._new_jobs.add(job.id)

    def drop_job(self, job_id: str) -> None:
        """A job does not wait any more."""
        waiting = self._jobs.pop(job_id, None)
        if waiting is None:
            return
        self._new_jobs.discard(job_id)
        waiting.kind.drop(waiting)
        if not waiting.kind.jobs:
            self._forget(waiting.kind)

    def put_printer(self, printer_id: str, setup: Setup, seconds_printed: float = 0.0) -> None:
        """A printer is free, or has another setup than before."""
        self.drop_printer(printer_id)
        setups = self._setups_of(setup.machine)
        free = _Free(setup, (self._rules.wear(seconds_printed), printer_id), setups)
        self._printers[printer_id] = free
        setups.add(free)
        self._new_printers.add(printer_id)

    def drop_printer(self, printer_id: str) -> None:
        """A printer is not free any more."""
        free = self._printers.pop(printer_id, None)
        if free is not None:
            self._new_printers.discard(printer_id)
            free.setups.remove(free)

    def decide(self) -> list[Assignment]:
        """What the changes since the last time have made possible, in order; it is then taken as given."""
        heap = self._candidates()
        given: list[Assignment] = []
        while heap and (self._new_jobs or self._new_printers):
            place, index, kind = heappop(heap)
            waiting = self._jobs.get(place[1])
            if waiting is None:  # it came by its class already
                continue
            self._new_jobs.discard(place[1])
            chosen = self._choose(waiting)
            if chosen is not None:
                given.append(Assignment(job_id=place[1], printer_id=chosen))
                self.drop_job(place[1])
                self.drop_printer(chosen)
            if index is not None and kind is not None:
                index = self._next(kind, index + (chosen is None))
                if index is not None:
                    heappush(heap, (kind.jobs[index], index, kind))
        self._new_jobs.clear()
        self._new_printers.clear()
        return given

    def _candidates(self) -> "list[tuple[Place, int | None, _Class | None]]":
        """Each class that a new free printer may print, with its first job; and each new job by itself."""
        kinds: dict[_Class, None] = {}
        for printer_id in self._new_printers:
            kinds.update(dict.fromkeys(self._printers[printer_id].setups.takes))
            kinds.update(dict.fromkeys(self._pinned.get(printer_id, ())))
        firsts = [(kind, self._next(kind, 0)) for kind in kinds]
        heap: list[tuple[Place, int | None, _Class | None]] = [
            (kind.jobs[index], index, kind) for kind, index in firsts if index is not None
        ]
        new = [waiting for job_id in self._new_jobs if self._has_free((waiting := self._jobs[job_id]).kind)]
        heap += [(waiting.place, None, None) for waiting in new if waiting.kind not in kinds]
        self._new_jobs.intersection_update([waiting.place[1] for waiting in new])
        heapify(heap)
        return heap

    def _next(self, kind: _Class, index: int) -> int | None:
        """The next of a class's jobs for which there may be a printer, from `index` on."""
        if kind.printer_id is not None:
            return index if index < len(kind.jobs) and kind.printer_id in self._printers else None
        offers = [setups.offers(kind) for setups in kind.setups if setups.free]
        if not offers:
            return None
        # Many may be passed by it: the first glance is at the most that there is of each, and of the first thing.
        most, new = tuple(map(max, zip(*offers, strict=True))), self._new_jobs
        if not _within(kind.least, most):
            if new:
                new.difference_update([place[1] for place in kind.jobs[index:]])
            return None
        for found in range(index, len(kind.demands)):
            demands = kind.demands[found]
            if demands[0] <= most[0] and _within(demands, most) and any(map(_within, repeat(demands), offers)):
                return found
            if new:
                new.discard(kind.jobs[found][1])
        return None

    def _has_free(self, kind: _Class) -> bool:
        if kind.printer_id is not None:
            return kind.printer_id in self._printers
        return any(setups.free for setups in kind.setups)

    def _choose(self, waiting: _Waiting) -> str | None:
        """The best of the free printers that can print a job as they stand."""
        kind = waiting.kind
        if kind.printer_id is not None:
            free = self._printers.get(kind.printer_id)
            fits = free is not None and _usable(kind, fit(kind.wanted, free.setup.machine)) is not None
            return kind.printer_id if free is not None and fits and _has_room(waiting, free) else None
        best: tuple[tuple[bool, int, int, float, str], str] | None = None
        for setups, effort in kind.setups.items():
            if not setups.free or not _within(waiting.demands, setups.offers(kind)):
                continue
            for place in self._with_room(waiting, setups):
                last = place[1] == waiting.tried  # where it was tried in vain
                key = (last, effort, self._rules.keep(setups.demand), *place)
                if best is None or key < best[0]:
                    best = (key, place[1])
                if not last:
                    break
        return None if best is None else best[1]

    def _with_room(self, waiting: _Waiting, setups: _Setups) -> Iterator[tuple[float, str]]:
        for place in setups.free:
            if waiting.kind.forced or enough(waiting.needs, self._printers[place[1]].setup.left_mm):
                yield place

    def _class_of(self, job: Job) -> _Class:
        forced = bool(job.forced_by)
        wanted, printer_id = configuration(job.needs), job.needs.printer_id
        key = (wanted, printer_id, forced)
        kind = self._classes.get(key)
        if kind is None:
            kind = self._classes[key] = _Class(wanted, printer_id, forced=forced)
            if printer_id is not None:
                self._pinned.setdefault(printer_id, set()).add(kind)
            else:
                self._meet((kind,), self._setups.values())
        return kind

    def _forget(self, kind: _Class) -> None:
        del self._classes[kind.wanted, kind.printer_id, kind.forced]
        for setups in kind.setups:
            del setups.takes[kind]
        if kind.printer_id is not None:
            self._pinned[kind.printer_id].discard(kind)
            if not self._pinned[kind.printer_id]:
                del self._pinned[kind.printer_id]

    def _setups_of(self, machine: MachineFacts) -> _Setups:
        setups = self._setups.get(machine)
        if setups is None:
            if len(self._setups) > len(self._printers) + UNUSED_SETUPS:
                self._prune()
            setups = self._setups[machine] = _Setups(machine)
            self._meet((kind for kind in self._classes.values() if kind.printer_id is None), (setups,))
        return setups

    def _prune(self) -> None:
        for machine in [machine for machine, setups in self._setups.items() if not setups.free]:
            setups = self._setups.pop(machine)
            for kind in setups.takes:
                del kind.setups[setups]

    def _meet(self, kinds: Iterable[_Class], those: Iterable[_Setups]) -> None:
        """Hold classes against configurations that they have not met."""
        setups = list(those)
        for kind in kinds:
            for each in setups:
                effort = _usable(kind, fit(kind.wanted, each.machine))
                if effort is not None:
                    kind.setups[each] = each.takes[kind] = effort
                    each.demand += len(kind.jobs)


def _within(demands: Vector, offers: Vector) -> bool:
    """Whether no demand is greater than the offer."""
    return all(map(le, demands, offers))


def _reach(box: Box) -> Vector:
    """A box's sides, so that one which lies in another has none that is greater."""
    (x, y, z), most = box.least, box.most
    return (*most, -x, -y, -z)


def _usable(kind: _Class, found: Fit) -> int | None:
    """The effort that force goes over, 0 without force; None where the jobs of a class cannot be printed."""
    if found.exact:
        return 0
    if kind.forced and found.forcible:
        return sum(EFFORT[change.kind] for change in found.changes)
    return None


def _has_room(waiting: _Waiting, free: _Free) -> bool:
    needs = waiting.needs
    if needs.box is not None and not inside(needs.box, free.setups.bounds):
        return False
    return waiting.kind.forced or enough(needs, free.setup.left_mm)
