"""Keeps the waiting lines up with the log: whoever changed a job, also another server on the same database."""

from printyard.core.events import FactName, RecordedFact
from printyard.core.jobs.lines import Lines
from printyard.core.model.group import Group
from printyard.core.model.job import Job, JobState
from printyard.core.model.material import Material
from printyard.core.model.user import EVERYTHING
from printyard.core.model.value import Value
from printyard.core.ports.store import Store, Transaction

PAGE = 500

QUEUED = frozenset({JobState.QUEUED})

MATERIALS = frozenset({FactName.MATERIAL_CHANGED, FactName.MATERIAL_REMOVED})
OF_JOBS = frozenset(name for name in FactName if name.name.startswith("JOB_"))

FOLLOWED = OF_JOBS | MATERIALS | {FactName.GROUP_CHANGED}


class News(Value):
    """What was read at once: up to the fact `number`, and whether there is `more`."""

    number: int
    more: bool
    facts: tuple[RecordedFact, ...]
    jobs: tuple[Job, ...]
    groups: tuple[Group, ...] | None
    materials: tuple[Material, ...] | None


class Log:
    """A reader of the log, with a cursor, that tells the lines."""

    def __init__(self, store: Store, lines: Lines) -> None:
        self._store, self._lines = store, lines
        self.seen: int | None = None
        self.materials: dict[str, Material] = {}

    async def follow(self, touched: set[str]) -> None:
        """Read what is new; `touched` gets the ids of printers that have to be looked at again. Raises StorageFull."""
        if self.seen is None:
            await self._load()
        more = True
        while more:
            after = self.seen or 0
            news = await self._store.read(lambda tx, after=after: _news(tx, after))  # type: ignore[misc]
            touched |= self._learn(news)
            self.seen, more = news.number, news.more

    async def _load(self) -> None:
        """All that waits, as it is stored."""

        def work(tx: Transaction) -> tuple[int, list[Job], dict[str, float], list[Group], list[Material]]:
            newest = tx.events.newest()  # before the rest: what changes meanwhile is read again
            return (
                newest, tx.jobs.in_states(EVERYTHING, QUEUED), tx.jobs.seconds_printed(EVERYTHING),
                tx.groups.all(EVERYTHING), tx.materials.all(EVERYTHING),
            )  # fmt: skip

        newest, jobs, printed, groups, materials = await self._store.read(work)
        for group in groups:
            self._lines.choose(group.id, group.discipline)
        for printer_id, seconds in printed.items():
            self._lines.printed(printer_id, seconds)
        for job in jobs:
            self._lines.learn(job)
        self.materials = {material.guid.lower(): material for material in materials}
        self.seen = newest

    def _learn(self, news: News) -> set[str]:
        for job in news.jobs:
            self._lines.learn(job)
        for group in news.groups or ():
            self._lines.choose(group.id, group.discipline)
        touched: set[str] = set()
        if news.materials is not None:
            self.materials = {material.guid.lower(): material for material in news.materials}
            touched.update(self._lines.offered())  # what is loaded there may be of another type now
        there = {job.id for job in news.jobs}
        ended: dict[str, Job] = {job.id: job for job in news.jobs if job.ended}
        for recorded in news.facts:
            fact = recorded.fact
            over = ended.get(fact.subject_id) if fact.name is FactName.JOB_ENDED else None
            if over is not None and over.printer_id is not None:
                self._lines.printed(over.printer_id, over.seconds_elapsed)
            if fact.name in OF_JOBS and fact.subject_id not in there:
                self._lines.forget(fact.subject_id)
        return touched


def _news(tx: Transaction, after: int) -> News:
    newest = tx.events.newest()
    facts = tx.events.page(EVERYTHING, after=after, before=newest + 1, limit=PAGE, names=FOLLOWED)
    names = {recorded.fact.name for recorded in facts}
    more = len(facts) == PAGE
    return News(
        number=facts[-1].number if more else newest,
        more=more,
        facts=tuple(facts),
        jobs=tuple(tx.jobs.some(EVERYTHING, {one.fact.subject_id for one in facts if one.fact.name in OF_JOBS})),
        groups=tuple(tx.groups.all(EVERYTHING)) if FactName.GROUP_CHANGED in names else None,
        materials=tuple(tx.materials.all(EVERYTHING)) if names & MATERIALS else None,
    )
