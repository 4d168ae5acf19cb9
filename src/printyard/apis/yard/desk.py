"""The desk: what a handler of this API works with, made for each request."""

from typing import Any, TypeAlias

import msgspec
from litestar import Request
from litestar.di import NamedDependency, Provide

from printyard.apis.yard.push import Push
from printyard.apis.yard.views import Views
from printyard.core.facade import Core
from printyard.core.model.user import Principal
from printyard.core.model.value import Instant
from printyard.serving.spec import Door
from printyard.serving.visit import Visit, principal_of, visit_of


class Office(msgspec.Struct, frozen=True, kw_only=True):
    """What the API keeps as long as it runs. `prefix` is the path under which the world has us ("" or "/yard")."""

    door: Door
    core: Core
    views: Views
    push: Push
    prefix: str
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
    def views(self) -> Views:
        """What printers look like."""
        return self.office.views

    def printer_id(self, slug: str) -> str:
        """The id of a printer that the caller may see. Raises NotFound."""
        return self.views.snapshot(self.principal, slug).printer.id


AtDesk: TypeAlias = NamedDependency[Desk]


def provided(office: Office) -> dict[str, Provide]:
    """The dependency `desk` of all handlers."""

    def desk(request: Request[Any, Any, Any]) -> Desk:
        return Desk(office=office, principal=principal_of(request), visit=visit_of(request))

    return {"desk": Provide(desk, sync_to_thread=False)}
