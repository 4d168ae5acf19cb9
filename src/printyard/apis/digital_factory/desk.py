"""The desk: what a handler of this API works with, made for each request."""

from contextlib import suppress
from typing import Any, TypeAlias

import msgspec
from litestar import Request
from litestar.di import NamedDependency, Provide

from printyard.apis.digital_factory.ids import FORM, Kind
from printyard.core.errors import NotFound
from printyard.core.facade import Core
from printyard.core.foreign_ids import ForeignIds
from printyard.core.model.user import Principal
from printyard.core.model.value import Instant
from printyard.serving.cache import RenderCache
from printyard.serving.spec import Door
from printyard.serving.visit import Visit, principal_of, visit_of


class Office(msgspec.Struct, frozen=True, kw_only=True):
    """What the API keeps as long as it runs."""

    door: Door
    core: Core
    ids: ForeignIds
    cache: RenderCache
    began: Instant


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """One request: who asks for what, and of whom."""

    office: Office
    principal: Principal
    visit: Visit

    @property
    def core(self) -> Core:
        """The house behind the door."""
        return self.office.core

    @property
    def ids(self) -> ForeignIds:
        """This API's ids."""
        return self.office.ids

    @property
    def prefix(self) -> str:
        """The path under which the world has this server ("" or "/yard")."""
        return self.office.door.urls.prefix

    @property
    def now(self) -> Instant:
        """The yard's instant."""
        return self.office.core.clock.now()

    async def core_id(self, foreign_id: str, *kinds: Kind) -> str:
        """The core's id behind one of this API's, which may be of several kinds. Raises NotFound."""
        for kind in kinds if FORM.fullmatch(foreign_id) else ():
            with suppress(NotFound):
                return await self.ids.core(kind, foreign_id)
        raise NotFound("There is nothing of that id.")

    def url(self, path: str, **query: str) -> str:
        """The absolute URL of a path of the yard, under the name by which the client knows it."""
        return self.office.door.urls.url(self.visit, path, **query)


AtDesk: TypeAlias = NamedDependency[Desk]
"""How a handler asks for its desk, as the argument `desk`."""


def provided(office: Office) -> dict[str, Provide]:
    """The dependency `desk` of all handlers."""

    def desk(request: Request[Any, Any, Any]) -> Desk:
        return Desk(office=office, principal=principal_of(request), visit=visit_of(request))

    return {"desk": Provide(desk, sync_to_thread=False)}
