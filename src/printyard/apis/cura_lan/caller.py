"""Somebody in front of a group: who asks, and which printers the group is."""

from collections.abc import Hashable
from typing import Any, TypeAlias

import msgspec
from litestar import Request
from litestar.di import NamedDependency

from printyard.apis.cura_lan.refused import Group, RefusedUploads
from printyard.core.facade import Core
from printyard.core.fleet.board import Snapshot
from printyard.core.model.user import Principal
from printyard.dialects.ultimaker.cluster_parts import Library, library
from printyard.serving.cache import RenderCache
from printyard.serving.places import Address
from printyard.serving.spec import Door
from printyard.serving.visit import Visit


class Shelf:
    """The material library as last read, until it changes."""

    def __init__(self) -> None:
        self._read: tuple[Hashable, Library] = (None, {})

    async def library(self, core: Core, principal: Principal) -> Library:
        """The profiles by GUID."""
        edition = (core.materials.generation, principal.scope.organization_id)
        if self._read[0] != edition:
            self._read = (edition, library(await core.materials.all(principal)))
        return self._read[1]


class Office(msgspec.Struct, frozen=True, kw_only=True):
    """What the API keeps as long as it runs. `pictures` are drawn ones by the file's hash."""

    door: Door
    cache: RenderCache
    refused: RefusedUploads
    shelf: Shelf
    pictures: dict[str, bytes]

    @property
    def core(self) -> Core:
        """The house behind the door."""
        return self.door.core


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks for what. `principal` sees no more than the group's printers."""

    office: Office
    principal: Principal
    visit: Visit

    @property
    def core(self) -> Core:
        """The house behind the door."""
        return self.office.core

    @property
    def printers(self) -> list[Snapshot]:
        """The group's printers, in the order in which they were added. Raises Unauthenticated."""
        return self.core.printers.all(self.principal)

    @property
    def group(self) -> Group:
        """By which the group is told from others: its root, its kind, and what who looks at it may see."""
        return self.visit.printer_id or "", self.visit.family, self.principal.scope

    async def library(self) -> Library:
        """The profiles by GUID."""
        return await self.office.shelf.library(self.core, self.principal)

    @property
    def version(self) -> tuple[Hashable, ...]:
        """Differs whenever something about the group's printers or the materials does."""
        return self.core.materials.generation, *((shown.printer.id, shown.seq) for shown in self.printers)

    def place(self, shown: Snapshot) -> str:
        """The printer's own address, or that by which the client came; without a port."""
        own: Address | None = self.office.door.places.printers.get(shown.printer.slug)
        if own is not None and own[0] not in {"", "0.0.0.0", "::"}:  # noqa: S104 - to know it
            return own[0]
        name = self.visit.host.name
        return "127.0.0.1" if name == "localhost" else name


Here: TypeAlias = NamedDependency[Caller]
"""How a handler asks for its caller."""

Asked = Request[Any, Any, Any]


def caller_of(office: Office, principal: Principal, visit: Visit) -> Caller:
    """The caller of a visit: what lies outside of the group that was called is out of sight."""
    wanted = members(office.core, visit)
    if wanted is not None:
        known = principal.scope.printers
        scope = msgspec.structs.replace(principal.scope, printers=wanted if known is None else wanted & known)
        principal = msgspec.structs.replace(principal, scope=scope)
    return Caller(office=office, principal=principal, visit=visit)


def members(core: Core, visit: Visit) -> frozenset[str] | None:
    """The printers of the group that was called; None for all of the yard."""
    if visit.printer_id is not None:
        return frozenset({visit.printer_id})
    return core.printers.of_machine(visit.family) if visit.family else None
