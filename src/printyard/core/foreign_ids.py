"""Foreign ids: what a thing is called in another system's words. Given once, never reused, never derived."""

import base64
from collections.abc import Iterable

from printyard.core.errors import NotFound
from printyard.core.ports.store import Store, Transaction
from printyard.core.ports.time import Ids

SECRET_BYTES = 32
KNOWN_LIMIT = 65_536


class ForeignIds:
    """The ids of one system, as rows of `aliases`; what was looked up is remembered, since it never changes.

    Nothing here asks who may see the thing: the caller reads it with the principal's scope.
    """

    def __init__(self, store: Store, ids: Ids, dialect: str, *, remembered: int = KNOWN_LIMIT) -> None:
        self._store, self._ids, self.dialect, self._remembered = store, ids, dialect, remembered
        self._values: dict[tuple[str, str], str] = {}
        self._cores: dict[tuple[str, str], str] = {}

    def fresh(self) -> str:
        """A new id: 44 characters of base64url, of 32 random bytes. It counts once `record` has committed it."""
        return base64.urlsafe_b64encode(self._ids.secret(SECRET_BYTES)).decode()

    def record(self, tx: Transaction, kind: str, core_id: str, value: str) -> str:
        """Within a unit of work: give a thing this id, unless it has one; the one that it has."""
        return tx.aliases.give(kind, core_id, self.dialect, value)

    async def of(self, kind: str, core_id: str) -> str:
        """The id of a thing; it is given one if it has none."""
        return self.known(kind, core_id) or (await self.many(kind, [core_id]))[core_id]

    def known(self, kind: str, core_id: str) -> str | None:
        """The id of a thing, as far as memory goes."""
        return self._values.get((kind, core_id))

    async def many(self, kind: str, core_ids: Iterable[str]) -> dict[str, str]:
        """The ids of many things of one kind, in one read, and one write if some have none."""
        known = {core_id: self.known(kind, core_id) for core_id in core_ids}
        missing = [core_id for core_id, value in known.items() if value is None]
        learned = await self._learn(kind, missing) if missing else {}
        return {core_id: learned[core_id] if value is None else value for core_id, value in known.items()}

    def known_core(self, kind: str, value: str) -> str | None:
        """The core's id of the thing behind a foreign one, as far as memory goes."""
        return self._cores.get((kind, value))

    async def core(self, kind: str, value: str) -> str:
        """The core's id of the thing behind a foreign one. Raises NotFound."""
        known = self._cores.get((kind, value))
        if known is None:
            known = await self._store.read(lambda tx: tx.aliases.core(kind, self.dialect, value))
            if known is None:
                raise NotFound(f"There is no such {kind}.")
            self._remember(kind, known, value)
        return known

    async def _learn(self, kind: str, core_ids: list[str]) -> dict[str, str]:
        """Look up ids, give those that are missing, and remember both; memory may not hold as many."""
        found = await self._store.read(
            lambda tx: {core_id: tx.aliases.of(kind, core_id, self.dialect) for core_id in core_ids}
        )
        fresh = {core_id: self.fresh() for core_id, value in found.items() if value is None}
        given = await self._give(kind, fresh) if fresh else {}
        learned = {core_id: value for core_id, value in found.items() if value is not None} | given
        for core_id, value in learned.items():
            self._remember(kind, core_id, value)
        return learned

    async def _give(self, kind: str, fresh: dict[str, str]) -> dict[str, str]:
        return await self._store.write(
            lambda tx: {core_id: self.record(tx, kind, core_id, value) for core_id, value in fresh.items()}
        )

    def _remember(self, kind: str, core_id: str, value: str) -> None:
        if max(len(self._values), len(self._cores)) >= self._remembered:
            self._values.clear()
            self._cores.clear()
        self._values[kind, core_id] = value
        self._cores[kind, value] = core_id
