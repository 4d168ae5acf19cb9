"""When tokens were last used: noted at each request, written down together now and then."""

from printyard.core.errors import CoreError
from printyard.core.model.value import Instant
from printyard.core.ports.store import Store


class Uses:
    """The uses that are not written down yet."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._noted: dict[str, Instant] = {}

    def note(self, token_id: str, at: Instant) -> None:
        """A token has proved somebody."""
        self._noted[token_id] = at

    async def write(self) -> None:
        """Write them down. Raises StorageFull; they are kept then."""
        noted, self._noted = self._noted, {}
        if not noted:
            return
        try:
            await self._store.write(lambda tx: tx.people.used(noted))
        except CoreError:
            self._noted = noted | self._noted
            raise
