"""The feed of a scope: what happens and changes in its clusters, told once to all who listen to the same ones.

It remembers what it last told of each cluster, so one difference and one encoding serve everybody.
"""

import asyncio
import contextlib
import logging
from collections.abc import Coroutine, Iterable, Sequence
from typing import Any

import msgspec

from printyard.apis.digital_factory.connect.gathering import EXTRAS_SECONDS
from printyard.apis.digital_factory.connect.push import schemas
from printyard.apis.digital_factory.connect.push.audiences import NONE, Audiences, Clusters
from printyard.apis.digital_factory.connect.push.words import RESHAPING, happened
from printyard.apis.digital_factory.connect.statuses import Status, Statuses
from printyard.apis.digital_factory.connect.touched import Touching, attributed
from printyard.apis.digital_factory.ids import Kind
from printyard.core.clusters import Cluster
from printyard.core.errors import NotFound
from printyard.core.events import RecordedFact
from printyard.core.facade import Core
from printyard.core.fleet.board import Changes
from printyard.core.foreign_ids import ForeignIds
from printyard.core.model.user import Principal, Right, Role, Scope
from printyard.core.ports.bus import Listener
from printyard.serving.listening import WITHDRAWING, frame
from printyard.serving.outbox import Outbox
from printyard.serving.patching import patch

log = logging.getLogger(__name__)

TICK_SECONDS = 0.25
PAGE = 500
SETTLING_TICKS = 2


class Told(msgspec.Struct):
    """What was last told of a cluster, and the frame of it as a whole, once somebody needed that."""

    status: Status
    group_id: str
    whole: bytes = b""


class Place(msgspec.Struct, eq=False):
    """A listener: who, and of which cluster (None: of all).

    `may` are the clusters of which he is told what happens, `hears` those of which he is told what changes: while he is
    `joining` he has not yet been shown all of them.
    """

    outbox: Outbox
    principal: Principal
    only: str | None
    may: Clusters = NONE
    hears: Clusters = NONE
    joining: bool = True


class Feed:
    """All that happens within one scope, for those who listen to some or all of its clusters."""

    def __init__(self, core: Core, ids: ForeignIds, statuses: Statuses, scope: Scope) -> None:
        self._core, self._ids, self._statuses, self._scope = core, ids, statuses, scope
        rights = frozenset({Right.READ})
        self._reader = Principal(id="push", name="push", role=Role.ADMIN, scope=scope, rights=rights)
        self._told: dict[str, Told] = {}
        self._of_facts, self._of_statuses = Audiences(), Audiences()
        self._tasks: list[asyncio.Task[None]] = []
        self._ears = contextlib.ExitStack()
        self._dirty: set[str] = set()
        self._bell = asyncio.Event()
        self._reshaping = 0
        self._turn, self._reading = asyncio.Lock(), asyncio.Lock()
        self.places: dict[Outbox, Place] = {}
        self.seen = core.history.newest
        """The number of the last fact that was told."""

    def begin(self, place: Place) -> None:
        """Somebody wants to listen; what happens is followed from now on, if it was not."""
        self.places[place.outbox] = place
        if self._tasks:
            return
        self.seen = self._core.history.newest
        changes = self._ears.enter_context(self._core.printers.board.changes())
        listener = self._ears.enter_context(self._core.history.listen())
        work = (self._follow_printers(changes), self._follow_facts(listener), self._follow_time(), self._tell())
        self._tasks = [asyncio.create_task(self._guarded(one)) for one in work]

    def enter(self, place: Place, may: Clusters) -> None:
        """Let somebody hear what happens from now on."""
        self._allow(place, may)

    def leave(self, outbox: Outbox) -> None:
        """Somebody has gone; with the last one the feed stops."""
        place = self.places.pop(outbox, None)
        if place is not None:
            self._allow(place, NONE)
            self._hear(place, NONE)
        if not self.places:
            for task in self._tasks:
                task.cancel()
            self._tasks = []
            self._ears.close()
            self._told.clear()

    def mark(self, group_id: str) -> None:
        """Something of a group is not as it was told."""
        self._dirty.add(group_id)
        self._bell.set()

    async def visible(self, place: Place) -> Clusters:
        """The clusters that a listener may hear of now."""
        if place.only is None:
            return frozenset(one.id for one in await self._core.clusters.all(place.principal))
        try:
            return frozenset({(await self._core.clusters.get(place.principal, place.only)).id})
        except NotFound:
            return frozenset()

    async def whole(self, place: Place, cluster_ids: Sequence[str]) -> bytes:
        """Some clusters as a whole; the listener hears what changes in them from now on."""
        async with self._turn:
            found = [await self._cluster(one) for one in cluster_ids]
            there = [one for one in found if one is not None]
            fresh = [one for one in there if one.id not in self._told]
            for cluster, status in zip(fresh, await self._statuses.of(self._reader, fresh), strict=True):
                self._told[cluster.id] = Told(status, cluster.registration.group_id)
            names = await self._ids.many(Kind.CLUSTER, [one.id for one in there])
            self._hear(place, place.hears | frozenset(one.id for one in there))
            return b"".join(self._frame(one.id, names[one.id]) for one in there)

    async def settle(self, place: Place) -> None:
        """Bring what a listener hears in line with what it may hear; what came or went is told."""
        may = await self.visible(place)
        gone, come = place.may - may, sorted(may - place.may)
        self._allow(place, may)
        self._hear(place, place.hears - gone)
        names = await self._ids.many(Kind.CLUSTER, gone)
        for one in sorted(gone):
            place.outbox.put(frame("removed", schemas.Removed(cluster_id=names[one])))
        if come:
            place.outbox.put(await self.whole(place, come))
        if place.only is not None and not may:
            place.outbox.end()

    async def facts(self, after: int, before: int) -> tuple[list[Touching], int]:
        """A page of facts with their groups, and the number of the last one that was looked at."""
        page = await self._core.history.page(self._reader, after=after, before=before, limit=PAGE)
        return await attributed(self._core, page), page[-1].number if len(page) == PAGE else before - 1

    async def frames(self, page: Iterable[Touching]) -> list[tuple[str, bytes]]:
        """The facts about clusters as frames."""
        about = [(one, cluster_id) for one, group in page if (cluster_id := self._about(one, group)) is not None]
        names = await self._ids.many(Kind.CLUSTER, {cluster_id for _, cluster_id in about})
        told = [
            (cluster_id, happened(one, names[cluster_id], self._guid(one.fact.printer_id))) for one, cluster_id in about
        ]
        return [(cluster_id, frame("fact", fact, fact.id)) for cluster_id, fact in told if fact is not None]

    async def _guarded(self, following: Coroutine[Any, Any, None]) -> None:
        """A feed that fails ends its listeners: they come back with their cursor."""
        try:
            await following
        except Exception:
            log.exception("a feed of clusters failed")
            for outbox in self.places:
                outbox.close()

    async def _follow_printers(self, changes: Changes) -> None:
        while True:
            for printer_id in await changes.take():
                with contextlib.suppress(NotFound):
                    group_id = self._core.printers.board.get(self._scope, printer_id).printer.group_id
                    self._dirty.add(group_id)
                    if self._core.clusters.unknown(group_id):
                        self._reshaping = SETTLING_TICKS
            self._bell.set()
            await self._core.clock.sleep(TICK_SECONDS)

    async def _follow_facts(self, listener: Listener) -> None:
        while True:
            await self._catch_up(await listener.wait(self.seen))

    async def _catch_up(self, newest: int) -> None:
        """Tell the facts up to a number."""
        async with self._reading:
            while self.seen < newest:
                page, last = await self.facts(self.seen, newest + 1)
                told = await self.frames(page)
                self.seen = last
                self._of_facts.deliver(told)
                for recorded, group_id in page:
                    if recorded.fact.name in WITHDRAWING:
                        for outbox in self.places:
                            outbox.doubt()
                    if group_id is not None:
                        self.mark(group_id)
                if any(recorded.fact.name in RESHAPING for recorded, _ in page):
                    self._reshaping = SETTLING_TICKS
                    self._bell.set()

    async def _follow_time(self) -> None:
        """What changes by itself is looked at now and then."""
        while True:
            await self._core.clock.sleep(EXTRAS_SECONDS)
            self._dirty.update(told.group_id for told in self._told.values())
            self._bell.set()

    async def _tell(self) -> None:
        """Once per tick, what is different from what was last told."""
        while True:
            await self._bell.wait()
            self._bell.clear()
            dirty, self._dirty = self._dirty, set()
            if self._reshaping:
                await self._reshape()
            async with self._turn:
                await self._tell_of(dirty)
            await self._core.clock.sleep(TICK_SECONDS)

    async def _reshape(self) -> None:
        """Ask again who may hear of what; also in the next tick, since a fact is told before all have heeded it.

        What has happened so far is told first: whoever hears no more of a cluster has heard of its end.
        """
        self._reshaping -= 1
        await self._catch_up(self._core.history.newest)
        if self._reshaping:
            self._bell.set()
        for place in [one for one in self.places.values() if not one.joining]:
            await self.settle(place)

    async def _tell_of(self, groups: set[str]) -> None:
        wanted = [
            one for group in groups if (one := self._core.clusters.id_of(group)) is not None and one in self._told
        ]
        there = [one for one in [await self._cluster(each) for each in wanted] if one is not None]
        frames: list[tuple[str, bytes]] = []
        names = await self._ids.many(Kind.CLUSTER, [one.id for one in there])
        for cluster, status in zip(there, await self._statuses.of(self._reader, there), strict=True):
            before = self._told.get(cluster.id)
            if before is None or before.status.number == status.number:
                continue
            delta = schemas.Delta(cluster_id=names[cluster.id], patch=patch(before.status.status, status.status))
            self._told[cluster.id] = Told(status, cluster.registration.group_id)
            frames.append((cluster.id, frame("delta", delta)))
        self._of_statuses.deliver(frames)

    def _hear(self, place: Place, clusters: Clusters) -> None:
        """Let a listener hear what changes in these clusters alone."""
        before, place.hears = place.hears, clusters
        self._of_statuses.move(place.outbox, before, clusters)
        for one in before - clusters:
            if one not in self._of_statuses:
                self._told.pop(one, None)

    def _allow(self, place: Place, clusters: Clusters) -> None:
        """Let a listener hear what happens in these clusters alone."""
        before, place.may = place.may, clusters
        self._of_facts.move(place.outbox, before, clusters)

    async def _cluster(self, cluster_id: str) -> Cluster | None:
        try:
            return await self._core.clusters.get(self._reader, cluster_id)
        except NotFound:
            return None

    def _frame(self, cluster_id: str, name: str) -> bytes:
        told = self._told[cluster_id]
        if not told.whole:
            told.whole = frame("status", schemas.Whole(cluster_id=name, status=told.status.status))
        return told.whole

    def _about(self, recorded: RecordedFact, group_id: str | None) -> str | None:
        """The cluster that a fact is about, also one that has ended by it."""
        if recorded.fact.subject_kind == "cluster":
            subject: str = recorded.fact.subject_id
            return subject
        return None if group_id is None else self._core.clusters.id_of(group_id)

    def _guid(self, printer_id: str | None) -> str | None:
        """By which clients know a printer."""
        with contextlib.suppress(NotFound):
            return (
                None
                if printer_id is None
                else self._core.printers.board.get(self._scope, printer_id).printer.device_guid
            )
        return None
