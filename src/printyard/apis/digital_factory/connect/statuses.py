"""The status of each cluster: made anew when what it is made of has changed, another one only if it says something new.

Polls and pushes tell the same object: a client that puts the differences together has what a poll would answer.
"""

from collections import OrderedDict
from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from printyard.apis.digital_factory.connect.gathering import Gathering
from printyard.apis.digital_factory.connect.touched import Touched
from printyard.apis.digital_factory.connect.views.clusters import status_of
from printyard.apis.digital_factory.schemas.clusters import ClusterStatusResponse
from printyard.core.clusters import Cluster
from printyard.core.facade import Core
from printyard.core.model.user import Principal, Scope

KEPT = 4096
AT_ONCE = 50
"""So many are made before others have their turn."""


class Status(msgspec.Struct, frozen=True):
    """A status with the number that no other status of this boot has."""

    number: int
    status: ClusterStatusResponse


class Kept(msgspec.Struct, frozen=True):
    """A status, and of which version of everything it is."""

    version: tuple[object, ...]
    made: Status


class Statuses:
    """The newest status of each cluster, for all who see the same of it."""

    def __init__(self, core: Core, gathering: Gathering, touched: Touched) -> None:
        self._core, self._gathering, self._touched = core, gathering, touched
        self._kept: OrderedDict[tuple[str, Scope], Kept] = OrderedDict()
        self._numbers = 0

    def unchanged(self, principal: Principal, cluster_id: str) -> Status | None:
        """The status of a cluster, if it was made before for whoever sees the same, and holds yet."""
        group_id = self._core.clusters.seen(principal, cluster_id)
        if group_id is None or self._touched.behind:
            return None
        kept = self._kept.get((cluster_id, principal.scope))
        return kept.made if kept is not None and kept.version == self._version(group_id) else None

    async def of(self, principal: Principal, clusters: Sequence[Cluster]) -> list[Status]:
        """The statuses of clusters, in their order."""
        await self._touched.catch_up()
        stale = [one for one in clusters if self._known(principal, one) is None]
        for start in range(0, len(stale), AT_ONCE):
            await self._make(principal, stale[start : start + AT_ONCE])
        return [self._kept[one.id, principal.scope].made for one in clusters]

    def _known(self, principal: Principal, cluster: Cluster) -> Status | None:
        kept = self._kept.get((cluster.id, principal.scope))
        return kept.made if kept is not None and kept.version == self._version(cluster.registration.group_id) else None

    async def _make(self, principal: Principal, clusters: Sequence[Cluster]) -> None:
        versions = [self._version(one.registration.group_id) for one in clusters]
        for cluster, version, scene in zip(
            clusters, versions, await self._gathering.statuses(principal, clusters), strict=True
        ):
            key, fresh = (cluster.id, principal.scope), status_of(cluster, scene)
            kept = self._kept.get(key)
            if kept is not None and says_the_same(kept.made.status, fresh):
                made = kept.made
            else:
                self._numbers += 1
                made = Status(self._numbers, fresh)
            self._kept[key] = Kept(version, made)
            self._kept.move_to_end(key)
        while len(self._kept) > max(KEPT, len(clusters)):
            self._kept.popitem(last=False)

    def _version(self, group_id: str) -> tuple[object, ...]:
        core = self._core
        return (
            self._touched.count(group_id), self._gathering.asked_anew, self._gathering.period,
            core.materials.generation, core.printers.board.version(group_id),
        )  # fmt: skip


def says_the_same(one: ClusterStatusResponse, other: ClusterStatusResponse) -> bool:
    """Whether two statuses differ in no more than the time at which they were made."""
    return replace(one, generated_time=other.generated_time) == other
