"""Uploads that were refused: shown as jobs in the state "error", since Cura tells its user that all went well."""

from collections import OrderedDict

import msgspec

from printyard.core.model.user import Scope
from printyard.core.model.value import Instant, seconds_between
from printyard.core.ports.time import Clock

SHOWN_SECONDS = 3600.0
LIMIT = 20
"""How many are kept of one group: anybody may send nonsense."""
GROUPS = 1000

Group = tuple[str, str, Scope]
"""A group of printers as somebody sees it: the printer ("": several), the kind of machine ("": all), the scope."""


class RefusedUpload(msgspec.Struct, frozen=True, kw_only=True):
    """What somebody handed in, and why it is no job: `code` for programs, `reason` for people."""

    id: str
    name: str
    owner: str
    at: Instant
    code: str
    reason: str


class RefusedUploads:
    """The newest of each group, in memory: nothing was stored of them, and nobody needs them after an hour."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._groups: OrderedDict[Group, list[RefusedUpload]] = OrderedDict()

    def add(self, group: Group, upload: RefusedUpload) -> None:
        """One more."""
        kept = [*self.of(group), upload]
        self._groups[group] = kept[-LIMIT:]
        self._groups.move_to_end(group)
        while len(self._groups) > GROUPS:
            self._groups.popitem(last=False)

    def of(self, group: Group) -> list[RefusedUpload]:
        """Those of a group that are not too old, oldest first."""
        known = self._groups.get(group)
        if known is None:
            return []
        now = self._clock.now()
        kept = [one for one in known if seconds_between(one.at, now) < SHOWN_SECONDS]
        if len(kept) < len(known):
            self._groups[group] = kept
        return kept

    def remove(self, group: Group, upload_id: str) -> bool:
        """Take one away; whether it was there."""
        known = self._groups.get(group, [])
        kept = [one for one in known if one.id != upload_id]
        if len(kept) == len(known):
            return False
        self._groups[group] = kept
        return True
