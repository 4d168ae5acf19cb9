"""Somebody at /connect/v1: what every handler there asks the core with."""

from typing import Any, TypeAlias

import msgspec
from litestar import Request
from litestar.di import NamedDependency, Provide
from msgspec import Raw

from printyard.apis.digital_factory.connect.gathering import Gathering
from printyard.apis.digital_factory.connect.push.seats import Push
from printyard.apis.digital_factory.connect.rows import Rows
from printyard.apis.digital_factory.connect.statuses import Statuses
from printyard.apis.digital_factory.connect.touched import Touched
from printyard.apis.digital_factory.connect.views import clusters as views
from printyard.apis.digital_factory.desk import Desk, Office
from printyard.apis.digital_factory.envelope import told_as
from printyard.apis.digital_factory.ids import Kind
from printyard.apis.digital_factory.schemas.clusters import ClusterResponse
from printyard.core.clusters import Cluster
from printyard.core.facade import Core
from printyard.core.fleet.board import Snapshot
from printyard.core.foreign_ids import ForeignIds
from printyard.core.model.user import HOME, Principal
from printyard.serving.visit import Visit, principal_of, visit_of


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """One request: who asks for what, and what they are answered from."""

    office: Office
    principal: Principal
    visit: Visit
    gathering: Gathering
    statuses: Statuses
    push: Push
    rows: Rows

    @property
    def core(self) -> Core:
        """The house behind the door."""
        return self.office.core

    @property
    def desk(self) -> Desk:
        """The same for what this API does elsewhere."""
        return Desk(office=self.office, principal=self.principal, visit=self.visit)

    @property
    def ids(self) -> ForeignIds:
        """This API's ids."""
        return self.office.ids

    async def cluster(self, cluster_id: str) -> Cluster:
        """A cluster by this API's id. Raises NoRecord, also for one that the caller may not see."""
        with told_as("cluster"):
            return await self.core.clusters.get(self.principal, await self.desk.core_id(cluster_id, Kind.CLUSTER))

    async def shown(self, cluster: Cluster) -> ClusterResponse:
        """A cluster as this API shows it."""
        return (await self.all_shown([cluster]))[0]

    async def all_shown(self, clusters: list[Cluster]) -> list[ClusterResponse]:
        """Clusters as this API shows them."""
        scenes = await self.gathering.listed(self.principal, clusters)
        teams = await self.ids.many(Kind.TEAM, {team for one in clusters for team in one.registration.team_ids})
        tenants = {one.registration.organization_id for one in clusters}
        organizations = await self.ids.many(Kind.ORGANIZATION, tenants)
        return [
            views.cluster_of(
                cluster,
                scene,
                [teams[team] for team in cluster.registration.team_ids],
                organizations[cluster.registration.organization_id],
            )
            for cluster, scene in zip(clusters, scenes, strict=True)
        ]

    async def listed(self, clusters: list[Cluster]) -> list[Raw]:
        """The same, encoded."""
        return await self.rows.of(self.principal, clusters, self.all_shown)

    async def user_id(self, principal_id: str) -> str:
        """This API's id of somebody."""
        return await self.ids.of(Kind.USER, principal_id)

    def asked_anew(self, shown: Snapshot) -> None:
        """Something was done to a printer that neither its state nor the log tells of."""
        self.gathering.forget(shown.printer.id)
        self.push.mark(shown.printer.group_id)

    @property
    def organization_id(self) -> str:
        """The core's id of the caller's organization."""
        return self.principal.scope.organization_id or HOME

    def url(self, path: str, **query: str) -> str:
        """The absolute URL of a path of the yard, under the name by which the client knows it."""
        return self.office.door.urls.url(self.visit, path, **query)


Here: TypeAlias = NamedDependency[Caller]
"""How a handler asks for its caller, as the argument `caller`."""


class Callers:
    """Makes the caller of each request; what was read is shared by all of them."""

    def __init__(self, office: Office) -> None:
        touched = Touched(office.core)
        self._office = office
        self._gathering = Gathering(office.door, office.ids, touched)
        self._statuses = Statuses(office.core, self._gathering, touched)
        self._rows = Rows(office.core, self._gathering, touched)
        self._push = Push(office.core, office.ids, self._statuses)

    def of(self, principal: Principal, visit: Visit) -> Caller:
        """Whoever makes this visit."""
        return Caller(
            office=self._office, principal=principal, visit=visit, gathering=self._gathering,
            statuses=self._statuses, push=self._push, rows=self._rows,
        )  # fmt: skip

    def provided(self) -> dict[str, Provide]:
        """The dependency `caller` of the handlers of /connect/v1."""

        def caller(request: Request[Any, Any, Any]) -> Caller:
            return self.of(principal_of(request), visit_of(request))

        return {"caller": Provide(caller, sync_to_thread=False)}
