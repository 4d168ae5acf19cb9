"""The snapshot board: the newest of every printer, for all who look; only sessions write on it."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from printyard.core.errors import NotFound
from printyard.core.model.job import Job
from printyard.core.model.printer import Printer, PrinterRecord
from printyard.core.model.state import PrinterState
from printyard.core.model.user import Scope
from printyard.core.model.value import Value


class Snapshot(Value):
    """A printer at one moment: who it is, what the yard decided, what was measured, and the job that holds it.

    `job` stays after its end until the plate is cleared. `storage_degraded`: facts wait for the database.
    `seq` grows with each snapshot of this printer within one boot.
    """

    printer: Printer
    record: PrinterRecord
    state: PrinterState
    job: Job | None = None
    storage_degraded: bool = False
    seq: int = 0


def visible(scope: Scope, printer: Printer) -> bool:
    """Whether a printer lies within a scope: each of its sets that is given narrows further."""
    if scope.organization_id is not None and scope.organization_id != printer.organization_id:
        return False
    if scope.printers is not None and printer.id not in scope.printers:
        return False
    return scope.groups is None or printer.group_id in scope.groups


class Changes:
    """One reader's list of printers that changed since it looked last: conflated, never longer than the yard."""

    def __init__(self) -> None:
        self._dirty: set[str] = set()
        self._bell = asyncio.Event()

    def mark(self, printer_id: str) -> None:
        self._dirty.add(printer_id)
        self._bell.set()

    async def take(self) -> set[str]:
        """Waits until there is something; the ids of the printers that changed, or were removed."""
        await self._bell.wait()
        self._bell.clear()
        dirty, self._dirty = self._dirty, set()
        return dirty


class SnapshotBoard:
    """The newest snapshot of every printer."""

    def __init__(self) -> None:
        self._newest: dict[str, Snapshot] = {}
        self._ids: dict[str, str] = {}
        self._groups: dict[str, set[str]] = {}
        self._versions: dict[str, int] = {}
        self._readers: set[Changes] = set()
        self._waiting: dict[str, set[asyncio.Future[None]]] = {}

    def publish(self, snapshot: Snapshot) -> None:
        """Put up a printer's newest snapshot."""
        printer_id, group_id = snapshot.printer.id, snapshot.printer.group_id
        before = self._newest.get(printer_id)
        if before is None:
            self._ids[snapshot.printer.slug] = printer_id
        if before is None or before.printer.group_id != group_id:
            self._leave(before)
            self._groups.setdefault(group_id, set()).add(printer_id)
        self._versions[group_id] = self._versions.get(group_id, 0) + 1
        self._newest[printer_id] = snapshot
        self._tell(printer_id)

    def remove(self, printer_id: str) -> None:
        """Take a printer down."""
        snapshot = self._newest.pop(printer_id, None)
        if snapshot is not None:
            self._ids.pop(snapshot.printer.slug, None)
            self._leave(snapshot)
            self._tell(printer_id)

    def get(self, scope: Scope, printer_id: str) -> Snapshot:
        """The newest snapshot. Raises NotFound."""
        snapshot = self._newest.get(printer_id)
        if snapshot is None or not visible(scope, snapshot.printer):
            raise NotFound("There is no such printer.")
        return snapshot

    def by_slug(self, slug: str) -> str | None:
        """The id behind a slug (which never changes): for doors, before anybody is known."""
        return self._ids.get(slug)

    def slug(self, printer_id: str) -> str | None:
        """The slug of a printer: for doors, before anybody is known."""
        snapshot = self._newest.get(printer_id)
        return None if snapshot is None else snapshot.printer.slug

    def has(self, printer_id: str, group_id: str) -> bool:
        """Whether a printer is in a group: for the yard's own decisions."""
        snapshot = self._newest.get(printer_id)
        return snapshot is not None and snapshot.printer.group_id == group_id

    def members(self, group_id: str) -> list[Snapshot]:
        """The printers of a group, in the order in which they were made: for the yard's own decisions."""
        return [self._newest[printer_id] for printer_id in sorted(self._groups.get(group_id, ()))]

    def sees(self, scope: Scope, group_id: str) -> bool:
        """Whether a scope shows any printer of a group."""
        return any(visible(scope, self._newest[one].printer) for one in self._groups.get(group_id, ()))

    def version(self, group_id: str) -> int:
        """Grows with every snapshot of a group's printers, and whenever one joins or leaves."""
        return self._versions.get(group_id, 0)

    def holds(self, printer_id: str, job_id: str) -> bool:
        """Whether a printer has a job, or what came of it on its plate: for the yard's own decisions."""
        snapshot = self._newest.get(printer_id)
        return snapshot is not None and snapshot.job is not None and snapshot.job.id == job_id

    def first(self) -> str | None:
        """The printer that was added first, or None in an empty yard."""
        return next(iter(self._newest), None)

    def all(self, scope: Scope) -> list[Snapshot]:
        """Every printer that the scope shows, in the order in which they were added."""
        return [snapshot for snapshot in self._newest.values() if visible(scope, snapshot.printer)]

    def __len__(self) -> int:
        return len(self._newest)

    async def wait_for(self, scope: Scope, printer_id: str, predicate: Callable[[Snapshot], bool]) -> Snapshot:
        """The first snapshot that is as wanted. Raises NotFound."""
        while not predicate(snapshot := self.get(scope, printer_id)):
            future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._waiting.setdefault(printer_id, set()).add(future)
            await future
        return snapshot

    @contextmanager
    def changes(self) -> Iterator[Changes]:
        """A reader's list of what changed, for as long as the context lasts."""
        reader = Changes()
        self._readers.add(reader)
        try:
            yield reader
        finally:
            self._readers.discard(reader)

    def _leave(self, snapshot: Snapshot | None) -> None:
        """A printer is not any more in the group in which it was."""
        if snapshot is None:
            return
        group_id = snapshot.printer.group_id
        members = self._groups.get(group_id, set())
        members.discard(snapshot.printer.id)
        self._versions[group_id] = self._versions.get(group_id, 0) + 1
        if not members:
            self._groups.pop(group_id, None)

    def _tell(self, printer_id: str) -> None:
        for reader in self._readers:
            reader.mark(printer_id)
        if waiting := self._waiting.pop(printer_id, None):
            for future in waiting:
                if not future.done():
                    future.set_result(None)
