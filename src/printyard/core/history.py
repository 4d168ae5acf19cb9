"""The log of facts as callers read it: pages, filtered by who asks; the bell says when there is more."""

from contextlib import AbstractContextManager

from printyard.core.access.rules import require
from printyard.core.events import Fact, FactName, RecordedFact
from printyard.core.fleet.board import SnapshotBoard
from printyard.core.model.job import Job
from printyard.core.model.user import Principal, Right
from printyard.core.model.value import after
from printyard.core.ports.bus import Bell, Listener
from printyard.core.ports.store import Store, Transaction
from printyard.core.ports.time import Clock

COMMANDS_KEPT_SECONDS = 30 * 24 * 3600.0
"""How long the fate of a command can be asked for."""


class History:
    """What has happened."""

    def __init__(self, store: Store, clock: Clock, bell: Bell, board: SnapshotBoard) -> None:
        self._store, self._clock, self._bell, self._board = store, clock, bell, board

    def listen(self) -> AbstractContextManager[Listener]:
        """An ear for the bell."""
        return self._bell.listen()

    @property
    def newest(self) -> int:
        """The number of the newest fact."""
        return self._bell.newest

    async def oldest(self) -> int:
        """The first number that is still kept: an older cursor has missed facts for good."""
        return await self._store.read(lambda tx: tx.events.oldest())

    async def page(  # noqa: PLR0913
        self, principal: Principal, *, after: int = 0, before: int | None = None, limit: int = 500, offset: int = 0,
        newest_first: bool = False, printer_id: str | None = None, names: frozenset[FactName] | None = None,
        subject: tuple[str, str] | None = None,
    ) -> list[RecordedFact]:  # fmt: skip
        """Facts within the caller's scope, with after < number < before."""
        require(principal, Right.READ)
        return await self._store.read(
            lambda tx: tx.events.page(
                principal.scope, after=after, before=before, limit=limit, newest_first=newest_first,
                printer_id=printer_id, names=names, subject=subject, offset=offset,
            )
        )  # fmt: skip

    async def prints(self, principal: Principal, *, limit: int, offset: int) -> list[Job]:
        """Prints that are over, oldest first; the newest are found as fast as the oldest."""
        require(principal, Right.READ)

        def work(tx: Transaction) -> list[Job]:
            from_end = tx.jobs.count_prints(principal.scope) - offset - limit
            if from_end > offset:
                return tx.jobs.prints(principal.scope, limit=limit, offset=offset, newest_first=False)
            taken = limit + min(from_end, 0)
            if taken <= 0:
                return []
            return tx.jobs.prints(principal.scope, limit=taken, offset=max(from_end, 0), newest_first=True)[::-1]

        return await self._store.read(work)

    async def count_prints(self, principal: Principal) -> int:
        """How many prints are over."""
        require(principal, Right.READ)
        return await self._store.read(lambda tx: tx.jobs.count_prints(principal.scope))

    async def sweep(self) -> int:
        """Forget the fate of old commands (facts are kept); how many."""
        limit = after(self._clock.now(), -COMMANDS_KEPT_SECONDS)
        return await self._store.write(lambda tx: tx.commands.forget(limit))

    async def note(self, principal: Principal, printer_id: str, body: dict[str, object]) -> None:
        """Record an event that a program reports about a printer. Raises NotFound, Forbidden."""
        require(principal, Right.CONTROL)
        printer = self._board.get(principal.scope, printer_id).printer
        fact = Fact(
            name=FactName.DEVICE_EVENT, at=self._clock.now(), organization_id=printer.organization_id,
            subject_kind="printer", subject_id=printer.id, printer_id=printer.id, actor=principal.id, body=body,
        )  # fmt: skip
        await self._store.write(lambda tx: tx.events.append([fact]))
