"""The ledger of one session: commits its steps in order, and keeps them while the database takes nothing."""

from printyard.core.errors import StorageFull
from printyard.core.events import Fact
from printyard.core.fleet.step import Step
from printyard.core.model.job import Job
from printyard.core.model.printer import Printer, PrinterRecord
from printyard.core.ports.store import Store, Transaction

KEPT_FACTS = 10_000
"""How many facts a session keeps while it cannot write; beyond, the oldest measurements of trouble are lost."""


class Ledger:
    """What a session has still to write: usually nothing."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._facts: list[Fact] = []
        self._jobs: dict[str, Job] = {}
        self._record: PrinterRecord | None = None
        self._printer: Printer | None = None

    @property
    def degraded(self) -> bool:
        """Whether facts wait for the database."""
        return bool(self._facts or self._jobs or self._record or self._printer)

    async def commit(self, step: Step, *, keep: bool) -> Step:
        """Write what waits and then the step; the rows with their next versions.

        With `keep` (things that have happened, whether or not they can be written) a failure is kept for later and the
        step given back as it was; without (things that were asked for) it is raised. Raises StorageFull.
        """
        facts = [*self._facts, *step.facts]
        jobs: dict[str, Job] = {**self._jobs, **{job.id: job for job in step.jobs}}
        record, printer = step.record or self._record, step.printer or self._printer
        try:
            written = await self._store.write(lambda tx: _write(tx, printer, record, tuple(jobs.values()), facts, step))
        except StorageFull:
            if not keep:
                raise
            self._facts, self._jobs = facts[-KEPT_FACTS:], jobs
            self._record, self._printer = record, printer
            return step
        self._facts, self._jobs, self._record, self._printer = [], {}, None, None
        return written


def _write(
    tx: Transaction,
    printer: Printer | None,
    record: PrinterRecord | None,
    jobs: tuple[Job, ...],
    facts: list[Fact],
    step: Step,
) -> Step:
    if step.also is not None:
        step.also(tx)
    stored = tuple(tx.jobs.put(job) for job in jobs)
    written = Step(
        printer=None if printer is None else tx.printers.put(printer),
        record=None if record is None else tx.printers.put_record(record),
        jobs=stored,
    )
    tx.events.append(facts)
    return written
