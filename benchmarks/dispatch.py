"""How long the queue takes to decide: 10,000 jobs and 1,000 printers in one group, for every discipline.

    python benchmarks/dispatch.py [JOBS] [PRINTERS]

CPU time in memory, as the dispatcher decides: `whole` is everything from nothing, `freed` one printer that has become
free, `added` one job that was handed in, each with all others waiting. The hard cases are those in which everything has
to be looked at and nothing fits: spools that are nearly empty, builds that are too large. `why` is what pages and APIs
tell of jobs that wait: all of them, each with its cheapest printer, or one of them with every printer.
"""

import gc
import random
import sys
import time
from collections.abc import Iterator
from statistics import median, quantiles

from msgspec.structs import replace

from printyard.core.fleet.board import Snapshot
from printyard.core.jobs.disciplines import RULES, rank_of
from printyard.core.jobs.fitting import configuration, fit
from printyard.core.jobs.planner import Planner
from printyard.core.jobs.standings import AT_ONCE, Book, Seen, own
from printyard.core.model.group import Discipline
from printyard.core.model.job import Job, JobSource, JobState
from printyard.core.model.needs import Box, Needs, Setup, ToolNeed
from printyard.core.model.printer import Printer, PrinterRecord
from printyard.core.model.state import Activity, Link, PrinterState
from printyard.core.model.value import MICROSECONDS, Id, Instant
from printyard.drivers.virtual.machines import machine_named
from printyard.gcode.check import MachineFacts, ToolFacts

MACHINES = ("Ultimaker 3", "Ultimaker S3", "Ultimaker S5", "UltiMaker S7")
CORES = ("AA 0.25", "AA 0.4", "AA 0.8", "CC 0.6")
SUPPORTS = ("BB 0.4", "BB 0.8")
MATERIALS = tuple(f"{number:08x}-506c-4a0d-8cdc-47a1af3b1a00" for number in range(12))
KINDS = 150
CHANGES = 1000
ROUNDS = 15
SEED = 4


class Yard:
    """Jobs and printers as a large yard has them: some dozens of kinds of each, no two jobs of the same size."""

    def __init__(self, seed: int, kinds: int = KINDS) -> None:
        self._dice = random.Random(seed)
        self._numbers = iter(range(10**9))
        self._kinds = [self._kind() for _ in range(kinds)]

    def _kind(self) -> Needs:
        dice = self._dice
        tools = [ToolNeed(tool=0, nozzle_name=dice.choice(CORES), material_guid=dice.choice(MATERIALS))]
        if dice.random() < 0.3:
            tools.append(ToolNeed(tool=1, nozzle_name=dice.choice(SUPPORTS), material_guid=MATERIALS[0]))
        return Needs(machine=dice.choice(MACHINES), flavor="Griffin", tools=tuple(tools), plate_type="glass")

    def setup(self, *, left_mm: float | None = None) -> Setup:
        """Four of five printers have what some kind of job needs."""
        dice = self._dice
        kind = dice.choice(self._kinds) if dice.random() < 0.8 else self._kind()
        wanted = {tool.tool: tool for tool in kind.tools}
        machine = machine_named(kind.machine)
        default = (ToolNeed(tool=0, nozzle_name=CORES[1], material_guid=MATERIALS[1]),
                   ToolNeed(tool=1, nozzle_name=SUPPORTS[0], material_guid=MATERIALS[0]))  # fmt: skip
        mounted = [wanted.get(number, default[number]) for number in range(2)]
        return Setup(
            machine=MachineFacts(
                names=(machine.variant, machine.id), volume_mm=machine.volume_mm, flavor="Griffin", plate_type="glass",
                tools=tuple(
                    ToolFacts(core_name=tool.nozzle_name, material_guid=tool.material_guid, loaded=True)
                    for tool in mounted
                ),
            ),
            left_mm=tuple(dice.uniform(1_000, 100_000) if left_mm is None else left_mm for _ in mounted),
        )  # fmt: skip

    def job(self, printers: int, *, height_mm: float | None = None) -> Job:
        """A job with its own size, length, filament, and sometimes a priority, a deadline, a printer or force."""
        dice, number = self._dice, next(self._numbers)
        kind, at = dice.choice(self._kinds), number * MICROSECONDS
        priority = dice.choice((0,) * 18 + (-1, 2))
        size = [dice.uniform(20, 190) for _ in range(3)]
        needs = replace(
            kind,
            tools=tuple(replace(tool, filament_mm=dice.uniform(500, 30_000)) for tool in kind.tools),
            box=Box(least=(10.0, 10.0, 0.0), most=(size[0], size[1], height_mm or size[2])),
            printer_id=Id(f"printer-{dice.randrange(printers):04}") if dice.random() < 0.02 else None,
        )
        seconds = dice.uniform(600, 100_000)
        return Job(
            id=Id(f"job-{number:07}"), organization_id=Id("home"), group_id=Id("hall"), name="part",
            state=JobState.QUEUED, source=JobSource.NETWORK, created_at=Instant(at), created_by="ann", needs=needs,
            rank=rank_of(at, priority), priority=priority, seconds_estimated=seconds,
            deadline=Instant(at + round(dice.uniform(1, 9) * 86_400e6)) if dice.random() < 0.3 else None,
            forced_by="ann" if dice.random() < 0.01 else "",
        )  # fmt: skip


class Bench:
    """One discipline, with its yard."""

    def __init__(self, discipline: Discipline, jobs: int, printers: int, kinds: int = KINDS) -> None:
        self.yard = Yard(SEED, kinds)
        self.rules, self.printers = RULES[discipline], printers
        self.setups = {f"printer-{number:04}": self.yard.setup() for number in range(printers)}
        self.jobs = {job.id: job for job in (self.yard.job(printers) for _ in range(jobs))}
        self.planner, self.given = Planner(self.rules), 0

    def whole(self) -> float:
        """Seconds of CPU for everything from nothing: every job is new, every printer free."""
        begin = time.thread_time()
        self.planner = Planner(self.rules)
        for number, (printer_id, setup) in enumerate(self.setups.items()):
            self.planner.put_printer(printer_id, setup, number * 1000.0)
        for job in self.jobs.values():
            self.planner.put_job(job)
        given = self.planner.decide()
        spent = time.thread_time() - begin
        self.given = len(given)
        return spent

    def fill(self) -> None:
        """All printers are busy, and as many jobs wait as there shall be."""
        self.whole()
        for printer_id in self.setups:
            self.planner.drop_printer(printer_id)
        for _ in range(self.given):
            self.planner.put_job(self.yard.job(self.printers))
        self.planner.decide()

    def freed(self) -> Iterator[float]:
        """Seconds of CPU for each printer that becomes free; what it took is handed in anew, unmeasured."""
        names = list(self.setups)
        for number in range(CHANGES):
            printer_id = names[number % len(names)]
            begin = time.thread_time()
            self.planner.put_printer(printer_id, self.setups[printer_id], number * 10.0)
            given = self.planner.decide()
            yield time.thread_time() - begin
            if given:
                self.planner.put_job(self.yard.job(self.printers))
                self.planner.decide()
            self.planner.drop_printer(printer_id)

    def added(self) -> Iterator[float]:
        """Seconds of CPU for each job that is handed in."""
        for _ in range(CHANGES):
            job = self.yard.job(self.printers)
            begin = time.thread_time()
            self.planner.put_job(job)
            self.planner.decide()
            yield time.thread_time() - begin
            self.planner.drop_job(job.id)

    def seen(self) -> list[Seen]:
        """The printers as the standings see them: three of four print."""
        found = []
        for number, (printer_id, setup) in enumerate(self.setups.items()):
            shown = Snapshot(
                printer=Printer(
                    id=Id(printer_id), organization_id=Id("home"), group_id=Id("hall"), slug=printer_id,
                    name=printer_id, driver="virtual", model_id="s5", device_guid="", created_at=Instant(number),
                ),
                record=PrinterRecord(printer_id=Id(printer_id)),
                state=PrinterState(link=Link.ONLINE, activity=Activity.PRINTING if number % 4 else Activity.IDLE),
                job=None, storage_degraded=False, seq=1,
            )  # fmt: skip
            found.append(Seen(shown=shown, setup=setup, impediments=tuple(own(shown))))
        return found

    def why_all(self) -> Iterator[float]:
        """Seconds of CPU for why each of all jobs waits, as long as nobody else has a turn."""
        book, jobs = Book(self.seen(), {}), sorted(self.jobs.values(), key=self.rules.order)
        for first in range(0, len(jobs), AT_ONCE):
            begin = time.thread_time()
            for position, job in enumerate(jobs[first : first + AT_ONCE], first):
                book.standing(job, position)
            yield time.thread_time() - begin

    def why_one(self) -> Iterator[float]:
        """Seconds of CPU for why one job waits, on every printer."""
        printers = self.seen()
        for job in list(self.jobs.values())[:ROUNDS]:
            begin = time.thread_time()
            Book(printers, {}).standing(job, 1, whole=True)
            yield time.thread_time() - begin


def line(name: str, spent: Iterator[float]) -> None:
    """Median, 99th percentile and the longest, in milliseconds."""
    found = sorted(seconds * 1000 for seconds in spent)
    p99 = quantiles(found, n=100, method="inclusive")[98]
    print(f"  {name:30} median {median(found):8.3f}   p99 {p99:8.3f}   max {found[-1]:8.3f} ms")


def ordinary(bench: Bench) -> None:
    """Everything from nothing, then one change after the other."""
    line("whole", (bench.whole() for _ in range(ROUNDS)))
    bench.fill()
    line("freed", bench.freed())
    line("added, all busy", bench.added())


def reasons(bench: Bench) -> None:
    """Why jobs wait."""
    for name in ("why, all jobs", "why, all jobs once more"):
        turns = list(bench.why_all())
        print(f"  {name:30} {sum(turns) * 1000:15.0f} ms in turns of at most {max(turns) * 1000:.1f} ms")
    line("why, one job on all printers", bench.why_one())


def hard(bench: Bench) -> None:
    """Everything is looked at, and nothing fits."""
    bench.setups = {name: replace(setup, left_mm=(1.0, 1.0)) for name, setup in bench.setups.items()}
    line("freed, its spool too short", bench.freed())
    line("whole, all spools too short", (bench.whole() for _ in range(ROUNDS)))
    line("added, all spools too short", bench.added())
    reasons(bench)
    other = Yard(SEED + 1)
    bench.setups = {name: other.setup() for name in bench.setups}
    bench.jobs = {job.id: job for job in (other.job(bench.printers, height_mm=900.0) for _ in bench.jobs)}
    fit.cache_clear()
    print(f"  the first time, of other kinds {bench.whole() * 1000:14.0f} ms")
    line("whole, all builds too large", (bench.whole() for _ in range(ROUNDS)))


def main() -> None:
    """Measure, and print."""
    jobs, printers = (int(text) for text in (sys.argv[1:] or ("10000", "1000")))
    for discipline in Discipline:
        bench = Bench(discipline, jobs, printers)
        fit.cache_clear()
        first = bench.whole()
        kinds = len({configuration(job.needs) for job in bench.jobs.values()})
        configurations = len({setup.machine for setup in bench.setups.values()})
        print(f"{discipline.value}: {jobs} jobs of {kinds} kinds, {printers} printers of {configurations} setups,"
              f" {bench.given} given at once; the first time {first * 1000:.0f} ms")  # fmt: skip
        gc.collect()
        ordinary(bench)
        reasons(bench)
        hard(bench)
        alike = Bench(discipline, jobs, printers, kinds=1)
        alike.fill()
        line("freed, all of one kind", alike.freed())
        alike.setups = {name: replace(setup, left_mm=(1.0, 1.0)) for name, setup in alike.setups.items()}
        line("freed, and its spool too short", alike.freed())


if __name__ == "__main__":
    main()
