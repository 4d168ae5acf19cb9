"""Somebody in front of one printer: what every handler of this API asks the core with."""

from collections.abc import Callable, Hashable
from typing import Any, TypeAlias

import msgspec
from litestar import Request
from litestar.di import NamedDependency

from printyard.core.commands import Command
from printyard.core.facade import Core
from printyard.core.fleet.board import Snapshot
from printyard.core.model.machine import MachineModel
from printyard.core.model.user import Principal, Right
from printyard.core.ports.facets import Facets
from printyard.serving.cache import RenderCache
from printyard.serving.reply import Reply
from printyard.serving.spec import Door
from printyard.serving.visit import Visit, principal_of, visit_of


class Caller(msgspec.Struct, frozen=True):
    """Who asks, at which printer, by which way."""

    door: Door
    principal: Principal
    visit: Visit
    cache: RenderCache

    @property
    def core(self) -> Core:
        """The house behind the door."""
        core: Core = self.door.core
        return core

    @property
    def printer_id(self) -> str:
        """The visited printer; the doorkeeper has sent away whoever asked for none."""
        return self.visit.printer_id or ""

    @property
    def shown(self) -> Snapshot:
        """The newest snapshot. Raises NotFound."""
        return self.core.printers.get(self.principal, self.printer_id)

    @property
    def machine(self) -> MachineModel:
        """What kind of machine it is."""
        return self.core.printers.machine(self.principal, self.printer_id)

    @property
    def facets(self) -> Facets:
        """What else the printer has, to look at."""
        return self.core.printers.facets(self.principal, self.printer_id)

    def facets_for(self, right: Right) -> Facets:
        """The same for somebody who is going to change something. Raises Forbidden."""
        return self.core.printers.facets(self.principal, self.printer_id, right)

    def rendered(self, resource: str, content: Callable[[Snapshot], Any], *besides: Hashable) -> Reply:
        """A value of the snapshot, encoded once per change (or per change of what stands `besides`), with its ETag."""
        shown = self.shown
        return self.cache.reply((resource, self.printer_id), (shown.seq, *besides), lambda: content(shown))

    async def ask(self, command: Command) -> None:
        """Send a command. Raises what `Printers.ask` raises."""
        await self.core.printers.ask(self.principal, self.printer_id, command)


Here: TypeAlias = NamedDependency[Caller]
"""How a handler asks for its caller."""


def caller_of(door: Door, cache: RenderCache, request: Request[Any, Any, Any]) -> Caller:
    """The caller of a request at this door."""
    return Caller(door, principal_of(request), visit_of(request), cache)
