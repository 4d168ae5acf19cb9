"""Gathers what a rendering needs besides the snapshots; what was read is kept until a fact is recorded."""

import asyncio
import contextlib
import ipaddress
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from msgspec.structs import replace

from printyard.apis.digital_factory.connect.touched import Touched
from printyard.apis.digital_factory.connect.views.clusters import RECENT, online
from printyard.apis.digital_factory.connect.views.jobs import Scene, Sheet
from printyard.apis.digital_factory.connect.views.printers import Extras, Look, Materials
from printyard.apis.digital_factory.ids import Kind
from printyard.core.clusters import Cluster
from printyard.core.errors import CoreError, NotFound
from printyard.core.facade import Core
from printyard.core.fleet.absent import absent_machine
from printyard.core.fleet.board import Snapshot
from printyard.core.foreign_ids import ForeignIds
from printyard.core.model.job import WAITING, Job
from printyard.core.model.material import Material
from printyard.core.model.user import Principal, Scope
from printyard.core.model.value import MICROSECONDS, Instant
from printyard.core.model.verdict import JobStanding
from printyard.core.ports.facets import Facets
from printyard.serving.spec import Door

EXTRAS_SECONDS = 30.0
"""How long what a device said of its parts is good."""

EXTRAS_PERIOD = round(EXTRAS_SECONDS * MICROSECONDS)

ASK_SECONDS = 2.0
SHEETS = 4096
LOOPBACK = "127.0.0.1"

T = TypeVar("T")


class Gathering:
    """What this API has read, kept as long as it holds."""

    def __init__(self, door: Door, ids: ForeignIds, touched: Touched) -> None:
        self._core: Core = door.core
        self._ids, self._places, self._listener = ids, door.places.printers, door.urls.listener
        self._touched = touched
        self._sheets: OrderedDict[tuple[str, Scope], tuple[tuple[int, int], Sheet]] = OrderedDict()
        self._waiting: dict[Scope, tuple[int, dict[str, list[Job]]]] = {}
        self._extras: dict[str, tuple[Instant, Extras]] = {}
        self._materials: dict[str | None, tuple[int, Mapping[str, Material]]] = {}
        self.asked_anew = 0
        """Grows whenever what a device said of its parts is good no more."""

    @property
    def period(self) -> int:
        """Another one now and then: what devices say of their parts, and when care is due, changes by itself."""
        return self._core.clock.now() // EXTRAS_PERIOD

    async def statuses(self, principal: Principal, clusters: Sequence[Cluster]) -> list[Scene]:
        """All that the statuses of clusters are made of."""
        sheets: dict[str, Sheet] = {one.id: await self._status_sheet(principal, one) for one in clusters}
        # Statuses are kept until they say something new: what changes with every second has no place in them.
        return [replace(scene, lasting=True) for scene in await self.scenes(principal, clusters, sheets)]

    def forget(self, printer_id: str) -> None:
        """What a device said of its parts is good no more: something was done to it."""
        self._extras.pop(printer_id, None)
        self.asked_anew += 1

    async def around(self, principal: Principal, cluster: Cluster, jobs: list[Job]) -> Scene:
        """What some jobs of a cluster are shown with."""
        sheet = replace(await self.sheet(principal, jobs), standings=await self.standings(principal, jobs))
        return (await self.scenes(principal, [cluster], {cluster.id: sheet}))[0]

    async def listed(self, principal: Principal, clusters: list[Cluster]) -> list[Scene]:
        """What a list of clusters is made of: of their jobs those that wait, and those that are printed now."""
        waiting = await self._queues(principal)
        current = [one.host.job for one in clusters if one.host.job is not None]
        named = await self.sheet(principal, current, [one.registration.owner_id for one in clusters])
        sheets: dict[str, Sheet] = {
            one.id: replace(named, waiting=tuple(waiting.get(one.registration.group_id, ()))) for one in clusters
        }
        return await self.scenes(principal, clusters, sheets)

    async def scenes(
        self, principal: Principal, clusters: Sequence[Cluster], sheets: Mapping[str, Sheet]
    ) -> list[Scene]:
        """The scenes of clusters, each with what was read for it."""
        shown = [one for cluster in clusters for one in cluster.printers]
        due = await self._core.maintenance.due(principal, shown)
        await self._ask(principal, shown)
        materials, now = await self.materials(principal), self._core.clock.now()
        cluster_ids = await self._ids.many(Kind.CLUSTER, [one.id for one in clusters])
        return [
            Scene(
                cluster_id=cluster_ids[cluster.id], sheet=sheets[cluster.id], materials=materials,
                online=online(cluster), now=now,
                looks={one.printer.id: self._look(principal, one, one.printer.id in due) for one in cluster.printers},
            )
            for cluster in clusters
        ]  # fmt: skip

    async def sheet(self, principal: Principal, jobs: Iterable[Job], people: Iterable[str] = ()) -> Sheet:
        """What is known of some jobs and of whoever made them."""
        jobs = list(jobs)
        job_ids = frozenset(job.id for job in jobs)
        remarks = await self._core.remarks.of(principal, job_ids)
        who = {job.created_by for job in jobs} | {one.message_by for one in remarks.values() if one.message_by}
        who |= {one for one in people if one}
        file_ids = await self._ids.many(Kind.JOB, [job.file_id for job in jobs if job.file_id is not None])
        named = await self._core.remarks.names(principal, frozenset(who))
        return Sheet(
            remarks=remarks,
            names={one: known.name for one, known in named.items()},
            gone=frozenset(one for one, known in named.items() if known.gone),
            user_ids=await self._ids.many(Kind.USER, who),
            file_ids=file_ids,
        )

    async def standings(self, principal: Principal, jobs: Iterable[Job]) -> dict[str, JobStanding]:
        """What those of some jobs wait for that wait."""
        groups: set[str] = {job.group_id for job in jobs if job.state in WAITING}
        found: dict[str, JobStanding] = {}
        if groups:
            queues, materials = await self._queues(principal), await self.materials(principal)
            for group in groups:
                found |= await self._core.standings.among(principal, group, queues.get(group, ()), materials)
        return found

    async def materials(self, principal: Principal) -> Materials:
        """The material library of the caller's organization, by GUID; read again after a change."""
        generation, tenant = self._core.materials.generation, principal.scope.organization_id
        known = self._materials.get(tenant)
        if known is None or known[0] != generation:
            found = {material.guid: material for material in await self._core.materials.all(principal)}
            known = self._materials[tenant] = (generation, found)
        return known[1]

    def address(self, shown: Snapshot) -> str:
        """Where a printer can be reached: an address of its own, its device's, else the yard's; never empty."""
        settings = shown.printer.settings
        own = self._places.get(shown.printer.slug, ("", 0))[0]
        named = (own, *(str(settings.get(name, "")) for name in ("address", "host")), _authority(self._listener))
        return next((text for text in named if _reachable(text)), LOOPBACK)

    async def _status_sheet(self, principal: Principal, cluster: Cluster) -> Sheet:
        """What was read for a cluster; read again after a fact about it."""
        group, key = cluster.registration.group_id, (cluster.id, principal.scope)
        count, known = self._touched.count(group), self._sheets.get(key)
        if known is None or known[0] != count:
            known = self._sheets[key] = (count, await self._read_sheet(principal, cluster))
            if len(self._sheets) > SHEETS:
                self._sheets.popitem(last=False)
        sheet = known[1]
        if not sheet.waiting:
            return sheet
        # Not kept with the rest: what a printer has loaded changes without the queue.
        materials = await self.materials(principal)
        return replace(
            sheet, standings=await self._core.standings.among(principal, group, sheet.waiting, materials)
        )  # fmt: skip

    async def _read_sheet(self, principal: Principal, cluster: Cluster) -> Sheet:
        group = cluster.registration.group_id
        waiting = await self._core.jobs.waiting(principal, group)
        recent = await self._core.remarks.completed(principal, group, RECENT + len(cluster.printers))
        held = [one.job for one in cluster.printers if one.job is not None]
        read = await self.sheet(principal, [*waiting, *recent, *held])
        return replace(read, waiting=tuple(waiting), recent=tuple(recent))

    async def _queues(self, principal: Principal) -> dict[str, list[Job]]:
        """What waits in each group; read again after a fact."""
        newest, known = self._core.history.newest, self._waiting.get(principal.scope)
        if known is None or known[0] != newest:
            groups: dict[str, list[Job]] = {}
            for job in await self._core.jobs.waiting(principal):
                groups.setdefault(job.group_id, []).append(job)
            if len(self._waiting) >= SHEETS:
                self._waiting.clear()
            known = self._waiting[principal.scope] = (newest, groups)
        return known[1]

    def _look(self, principal: Principal, shown: Snapshot, due: bool) -> Look:  # noqa: FBT001
        printer_id = shown.printer.id
        try:
            machine = self._core.printers.machine(principal, printer_id)
        except NotFound:
            machine = absent_machine(shown.printer)
        extras = self._extras.get(printer_id, (Instant(0), Extras()))[1]
        return Look(shown=shown, machine=machine, extras=extras, address=self.address(shown), due=due)

    async def _ask(self, principal: Principal, shown: Iterable[Snapshot]) -> None:
        """Ask those devices for their parts that were not asked for a while, all at once and not for long."""
        now = self._core.clock.now()
        old = [one for one in shown if self._extras.get(one.printer.id, (Instant(0),))[0] <= now]
        until = Instant(now - now % EXTRAS_PERIOD + EXTRAS_PERIOD)
        for one in old:
            before = self._extras.get(one.printer.id, (until, Extras()))[1]
            self._extras[one.printer.id] = (until, before)
        found = await asyncio.gather(*(self._parts(principal, one) for one in old))
        for one, extras in zip(old, found, strict=True):
            self._extras[one.printer.id] = (until, extras)

    async def _parts(self, principal: Principal, shown: Snapshot) -> Extras:
        try:
            facets: Facets = self._core.printers.facets(principal, shown.printer.id)
        except NotFound:
            return Extras()
        air, firmware, display = facets.air, facets.firmware, facets.display
        return Extras(
            air=None if air is None else await _answer(air.status),
            firmware=None if firmware is None else await _answer(firmware.status),
            locked=None if display is None else await _answer(display.locked),
        )


async def _answer(ask: Callable[[], Awaitable[T]]) -> T | None:
    """What a device says, if it does so soon."""
    with contextlib.suppress(CoreError, OSError, TimeoutError):
        async with asyncio.timeout(ASK_SECONDS):
            return await ask()
    return None


def _authority(listener: str) -> str:
    """The host of an address such as http://10.0.0.5:7200."""
    return listener.partition("://")[2].rpartition(":")[0].strip("[]")


def _reachable(text: str) -> bool:
    """Whether a text is an address that a client could reach."""
    try:
        return not ipaddress.ip_address(text).is_unspecified
    except ValueError:
        return False
