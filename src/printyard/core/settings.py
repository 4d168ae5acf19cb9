"""Settings of the yard that people change while it runs."""

from printyard.core.events import Fact, FactName
from printyard.core.fleet.board import SnapshotBoard
from printyard.core.model.user import HOME, Principal
from printyard.core.organizations import require_steward
from printyard.core.ports.store import Store, Transaction

FRONT_PRINTER = "front_printer"


class Settings:
    """The front printer: the one that answers at the root for clients that know only an address."""

    def __init__(self, store: Store, board: SnapshotBoard) -> None:
        self._store, self._board = store, board
        self._front: str | None = None

    async def load(self) -> None:
        """Read what was stored."""
        self._front = await self._store.read(lambda tx: tx.settings.get(FRONT_PRINTER))

    def front_printer(self) -> str | None:
        """The front printer's id: the one that was set, else the first of the yard; None in an empty yard."""
        if self._front is not None and self._board.slug(self._front) is not None:
            return self._front
        return self._board.first()

    async def set_front_printer(self, principal: Principal, printer_id: str | None) -> None:
        """Choose the front printer (None: the first), for the whole yard. Raises NotFound, Forbidden."""
        require_steward(principal)
        if printer_id is not None:
            self._board.get(principal.scope, printer_id)

        def work(tx: Transaction) -> None:
            tx.settings.put(FRONT_PRINTER, printer_id)
            tx.events.append([
                Fact(
                    name=FactName.SETTING_CHANGED, at=tx.now, organization_id=HOME, subject_kind="setting",
                    subject_id=FRONT_PRINTER, actor=principal.id, body={"value": printer_id},
                )
            ])  # fmt: skip

        await self._store.write(work)
        self._front = printer_id
