"""Step: all that one handled thing (a report, a request) changes of a printer; it is committed, then shown."""

from collections.abc import Callable

from msgspec import UNSET, UnsetType

from printyard.core.events import Fact
from printyard.core.model.job import Job
from printyard.core.model.printer import Printer, PrinterRecord
from printyard.core.model.state import PrinterState
from printyard.core.model.value import Value
from printyard.core.ports.store import Transaction


class Step(Value):
    """What changes. `jobs` are rows to write, `holds` the job that the printer holds afterwards (UNSET: as before).

    `also` is written in the same unit of work (the file of a new job).
    """

    state: PrinterState | None = None
    printer: Printer | None = None
    record: PrinterRecord | None = None
    jobs: tuple[Job, ...] = ()
    holds: Job | UnsetType | None = UNSET
    facts: tuple[Fact, ...] = ()
    also: Callable[[Transaction], None] | None = None

    @property
    def durable(self) -> bool:
        """Whether there is something to commit."""
        return bool(self.facts or self.jobs or self.record or self.printer or self.also)


NOTHING = Step()
"""Asked for by who only waits for a turn; nothing is shown anew."""
