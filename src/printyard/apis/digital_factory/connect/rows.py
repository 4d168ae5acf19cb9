"""The rows of lists of clusters: each encoded once, until something that it is made of has changed."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Sequence

from msgspec import Raw

from printyard.apis.digital_factory.connect.gathering import Gathering
from printyard.apis.digital_factory.connect.touched import Touched
from printyard.apis.digital_factory.schemas.clusters import ClusterResponse
from printyard.core.clusters import Cluster
from printyard.core.facade import Core
from printyard.core.model.user import Principal, Scope
from printyard.serving.answers import JSON_ENCODER

KEPT = 16_384

Render = Callable[[list[Cluster]], Awaitable[list[ClusterResponse]]]
"""Makes the rows of clusters."""


class Rows:
    """The newest row of each cluster, for all who see the same of it."""

    def __init__(self, core: Core, gathering: Gathering, touched: Touched) -> None:
        self._core, self._gathering, self._touched = core, gathering, touched
        self._kept: OrderedDict[tuple[str, Scope], tuple[tuple[object, ...], Raw]] = OrderedDict()

    async def of(self, principal: Principal, clusters: Sequence[Cluster], render: Render) -> list[Raw]:
        """The rows of clusters, in their order; `render` makes those that are not here."""
        await self._touched.catch_up()
        scope, versions = principal.scope, [self._version(one) for one in clusters]
        found: dict[str, Raw] = {}
        missing: list[tuple[Cluster, tuple[object, ...]]] = []
        for cluster, version in zip(clusters, versions, strict=True):
            kept = self._kept.get((cluster.id, scope))
            if kept is not None and kept[0] == version:
                found[cluster.id] = kept[1]
            else:
                missing.append((cluster, version))
        made = await render([cluster for cluster, _ in missing]) if missing else []
        for (cluster, version), row in zip(missing, made, strict=True):
            found[cluster.id] = Raw(JSON_ENCODER.encode(row))
            self._kept[cluster.id, scope] = (version, found[cluster.id])
            self._kept.move_to_end((cluster.id, scope))
        while len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        return [found[one.id] for one in clusters]

    def _version(self, cluster: Cluster) -> tuple[object, ...]:
        core, registration = self._core, cluster.registration
        return (
            registration.version, self._touched.count(registration.group_id), self._gathering.asked_anew,
            self._gathering.period, core.materials.generation, core.printers.board.version(registration.group_id),
        )  # fmt: skip
