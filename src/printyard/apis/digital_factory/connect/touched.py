"""Which groups facts have touched: what was read of a group from the database is good until then."""

import asyncio
from collections import Counter
from collections.abc import Iterable

from printyard.core.access.rules import WARDEN
from printyard.core.errors import NotFound
from printyard.core.events import FactName, RecordedFact
from printyard.core.facade import Core
from printyard.core.model.user import EVERYTHING

PAGE = 500
FAR_BEHIND = 5000
"""So many facts are not looked through: everything counts as touched."""

ALL_GROUPS = frozenset({
    FactName.GROUP_CHANGED, FactName.USER_CHANGED, FactName.USER_REMOVED, FactName.TOKEN_REVOKED,
    FactName.ORGANIZATION_CHANGED, FactName.ORGANIZATION_REMOVED,
})  # fmt: skip
"""Facts that change what many groups show, such as the name of whoever handed in a print."""

Touching = tuple[RecordedFact, str | None]
"""A fact, and the group that it is about."""


class Touched:
    """Counts what facts do to groups."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._seen = core.history.newest
        self._everywhere = 0
        self._groups: Counter[str] = Counter()
        self._lock = asyncio.Lock()

    def count(self, group_id: str) -> tuple[int, int]:
        """Another one after each fact that concerns the group."""
        return self._everywhere, self._groups[group_id]

    @property
    def behind(self) -> bool:
        """Whether there are facts that were not counted."""
        return self._seen != self._core.history.newest

    async def catch_up(self) -> None:
        """Count the facts up to the newest."""
        if not self.behind:
            return
        async with self._lock:
            newest = self._core.history.newest
            if newest - self._seen > FAR_BEHIND:
                self._everywhere += 1
                self._seen = newest
            while self._seen < newest:
                page = await self._core.history.page(WARDEN, after=self._seen, before=newest + 1, limit=PAGE)
                for recorded, group_id in await attributed(self._core, page):
                    if recorded.fact.name in ALL_GROUPS:
                        self._everywhere += 1
                    elif group_id is not None:
                        self._groups[group_id] += 1
                self._seen = page[-1].number if len(page) == PAGE else newest


async def attributed(core: Core, page: Iterable[RecordedFact]) -> list[Touching]:
    """Facts with the groups that they are about (None: about none that is here)."""
    page = list(page)
    loose = frozenset(
        one.fact.subject_id for one in page if one.fact.subject_kind == "job" and one.fact.printer_id is None
    )
    queues = await core.remarks.groups(WARDEN, loose)
    return [(one, _group(core, one, queues)) for one in page]


def _group(core: Core, recorded: RecordedFact, queues: dict[str, str]) -> str | None:
    fact = recorded.fact
    if fact.subject_kind == "cluster":
        group_id: str | None = fact.body.get("group_id")
        return group_id
    if fact.printer_id is None:
        return queues.get(fact.subject_id)
    try:
        return core.printers.board.get(EVERYTHING, fact.printer_id).printer.group_id
    except NotFound:
        return None
