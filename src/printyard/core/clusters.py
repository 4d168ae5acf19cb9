"""Clusters: which groups are registered, who may see them, and how one that was removed comes back."""

import contextlib

from msgspec.structs import replace

from printyard.core.access.rules import SYSTEM, WARDEN, may, require
from printyard.core.commands import ShowMessage
from printyard.core.errors import Conflict, CoreError, Forbidden, Invalid, NotFound, Offline, Throttled
from printyard.core.events import Fact, FactName
from printyard.core.fleet.board import Snapshot, visible
from printyard.core.fleet.printers import Printers
from printyard.core.model.cluster import NOTE_LIMIT, Registration, shown_to
from printyard.core.model.user import EVERYTHING, Principal, Right
from printyard.core.model.value import Id, Instant, Value, after
from printyard.core.ports.store import Store, Transaction
from printyard.core.ports.time import Clock, Ids
from printyard.core.teams import Teams

PIN_LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
PIN_LENGTH = 6
WRONG_PINS = 5
PAUSE_SECONDS = 60.0
GUESSERS = 1000
NOBODY: frozenset[str] = frozenset()
"""The teams of one who was not asked for them."""


class Cluster(Value):
    """A registered group with its printers as they are now, the first of which is the host."""

    registration: Registration
    printers: tuple[Snapshot, ...]

    @property
    def id(self) -> Id:
        """Of the registration."""
        return self.registration.id

    @property
    def host(self) -> Snapshot:
        """The printer that speaks for the group: the one that was added first."""
        return self.printers[0]


class Clusters:
    """The registry of all groups; it is read once, and changed by its own writes alone."""

    def __init__(self, store: Store, clock: Clock, ids: Ids, printers: Printers, teams: Teams) -> None:
        self._store, self._clock, self._ids = store, clock, ids
        self._printers, self._teams = printers, teams
        self._living: dict[str, Registration] = {}
        self._by_id: dict[str, Registration] = {}
        self._guesses: dict[str, tuple[int, Instant]] = {}
        self.version = 0
        """Grows with every change of the registry."""

    async def load(self) -> None:
        """Read what was stored."""
        for registration in await self._store.read(lambda tx: tx.clusters.living()):
            self._keep(registration)

    async def all(self, principal: Principal) -> list[Cluster]:
        """Every cluster that the caller may see, in the order in which its groups were added."""
        require(principal, Right.READ)
        groups = self._groups(principal)
        await self._register(groups)
        registered = [
            Cluster(registration=self._living[group_id], printers=tuple(printers))
            for group_id, printers in groups.items()
            if self._living[group_id].registered_at is not None
        ]
        return await self._shown(principal, registered)

    async def get(self, principal: Principal, cluster_id: str) -> Cluster:
        """A cluster. Raises NotFound, also for one that the caller may not see."""
        require(principal, Right.READ)
        if found := await self._shown(principal, self._registered(principal, cluster_id)):
            return found[0]
        raise NotFound("There is no such cluster.")

    def id_of(self, group_id: str) -> Id | None:
        """The id of a group's cluster, None for one that is not registered: for feeds, which know who may see it."""
        known = self._living.get(group_id)
        return None if known is None or known.registered_at is None else known.id

    def seen(self, principal: Principal, cluster_id: str) -> Id | None:
        """The group of a cluster that the caller surely sees, without a look at its teams; None: ask `get`."""
        if not may(principal, Right.READ):
            return None
        known = self._by_id.get(cluster_id)
        if known is None or known.registered_at is None or not shown_to(known, principal, NOBODY):
            return None
        return known.group_id if self._printers.board.sees(principal.scope, known.group_id) else None

    def unknown(self, group_id: str) -> bool:
        """Whether nobody has ever looked at a group, so that it is not registered yet: for feeds."""
        return group_id not in self._living

    async def hosts(self, principal: Principal) -> list[tuple[Snapshot, Registration]]:
        """The host of every group that the caller sees, with its registration, or the offer of one."""
        require(principal, Right.READ)
        groups = self._groups(principal)
        await self._register(groups)
        return [(printers[0], self._living[group_id]) for group_id, printers in groups.items()]

    async def set_note(self, principal: Principal, cluster_id: str, note: str) -> Cluster:
        """Replace the note. Raises NotFound, Invalid (too long)."""
        require(principal, Right.CONFIGURE)
        if len(note) > NOTE_LIMIT:
            raise Invalid(f"A note has at most {NOTE_LIMIT} characters.")
        cluster = await self.get(principal, cluster_id)
        await self._change(principal, cluster, replace(cluster.registration, note=note), {"note": note})
        return await self.get(principal, cluster_id)

    async def share(
        self, principal: Principal, cluster_id: str, *, organization_shared: bool, team_ids: tuple[str, ...] | None
    ) -> Cluster:
        """Say who may see it (None: its teams stay). Raises NotFound (also of a team), Forbidden (somebody else's)."""
        cluster = await self.get(principal, cluster_id)
        self._own(principal, cluster)
        for team_id in frozenset(team_ids or ()) - frozenset(cluster.registration.team_ids):
            await self._teams.get(principal, team_id)
        teams = cluster.registration.team_ids if team_ids is None else tuple(dict.fromkeys(team_ids))
        known = {*cluster.registration.team_ids, *(team.id for team in await self._teams.all(principal))}
        if not known.issuperset(teams):
            raise NotFound("There is no such team.")
        wanted = replace(cluster.registration, organization_shared=organization_shared, team_ids=teams)
        body = {"organization_shared": organization_shared, "team_ids": list(teams)}
        await self._change(principal, cluster, wanted, body)
        return replace(cluster, registration=self._living[cluster.registration.group_id])

    async def remove(self, principal: Principal, cluster_id: str) -> None:
        """End a registration; the printers stay, and the host's display shows the PIN with which it comes back."""
        cluster = await self.get(principal, cluster_id)
        self._own(principal, cluster)
        now = self._clock.now()
        offer = Registration(
            id=self._ids.new(), organization_id=cluster.registration.organization_id,
            group_id=cluster.registration.group_id, owner_id="", created_at=now, pin=self._pin(),
        )  # fmt: skip

        def work(tx: Transaction) -> Registration:
            tx.clusters.put(replace(cluster.registration, deleted_at=now))
            tx.events.append([_fact(cluster, FactName.CLUSTER_REMOVED, now, principal.id)])
            return tx.clusters.put(offer)

        self._keep(await self._store.write(work))
        await self._offer(cluster.host, offer)

    async def returned(self, printer_id: str) -> None:
        """A printer can be reached: if it is the host of a group that is only offered, it shows the PIN again."""
        board = self._printers.board
        with contextlib.suppress(NotFound, Offline):
            await self._printers.caught_up(printer_id)
            host = board.members(board.get(EVERYTHING, printer_id).printer.group_id)[0]
            offer = self._living.get(host.printer.group_id)
            if host.printer.id == printer_id and offer is not None and offer.pin:
                await self._offer(host, offer)

    async def confirm_pin(self, principal: Principal, pin: str) -> Cluster:
        """Register the group whose display shows the PIN. Raises NotFound, Throttled after many wrong ones."""
        require(principal, Right.CONFIGURE)
        self._throttle(principal)
        groups = self._groups(principal)
        offered = next((one for one in self._living.values() if one.pin and one.pin == pin), None)
        if offered is None or offered.registered_at is not None or offered.group_id not in groups:
            count, _ = self._guesses.get(principal.id, (0, Instant(0)))
            if len(self._guesses) >= GUESSERS:
                self._guesses.clear()
            self._guesses[principal.id] = (count + 1, after(self._clock.now(), PAUSE_SECONDS))
            raise NotFound("No printer shows this PIN.")
        self._guesses.pop(principal.id, None)
        return await self._confirm(principal, offered, tuple(groups[offered.group_id]))

    async def confirm_connection(self, principal: Principal, device_guid: str) -> Cluster:
        """Register the group whose host has this id (large or small letters are the same), without its PIN.

        For those who may manage printers anyway.
        Raises NotFound, Conflict (code `duplicated`: it is registered).
        """
        require(principal, Right.MANAGE)
        for group_id, printers in self._groups(principal).items():
            offered = self._living.get(group_id)
            if printers[0].printer.device_guid.lower() != device_guid.lower():
                continue
            if offered is None or offered.registered_at is not None:
                raise Conflict("This printer is registered.", code="duplicated")
            return await self._confirm(principal, offered, tuple(printers))
        raise NotFound("No printer waits under this id.")

    async def team_counts(self, principal: Principal, team_ids: frozenset[str]) -> dict[str, int]:
        """How many clusters that the caller may see are shared with each of these teams."""
        shared = [one.registration.team_ids for one in await self.all(principal)]
        return {team_id: sum(team_id in teams for teams in shared) for team_id in team_ids}

    async def forget_team(self, principal: Principal, team_id: str) -> None:
        """Share nothing with a team any more. Raises Forbidden, NotFound (nothing was, and there is no such team)."""
        require(principal, Right.ADMINISTER)
        shared = [one for one in await self.all(principal) if team_id in one.registration.team_ids]
        if not shared:
            await self._teams.get(principal, team_id)
        for cluster in shared:
            teams = tuple(one for one in cluster.registration.team_ids if one != team_id)
            wanted = replace(cluster.registration, team_ids=teams)
            await self._change(principal, cluster, wanted, {"team_ids": list(teams)})

    def _registered(self, principal: Principal, cluster_id: str) -> list[Cluster]:
        """A registered cluster with those of its printers that the caller sees."""
        known = self._by_id.get(cluster_id)
        if known is None or known.registered_at is None:
            return []
        members = self._printers.board.members(known.group_id)
        seen = tuple(shown for shown in members if visible(principal.scope, shown.printer))
        return [Cluster(registration=known, printers=seen)] if seen else []

    async def _shown(self, principal: Principal, clusters: list[Cluster]) -> list[Cluster]:
        """Those that the caller may know of; the teams are looked up only where they decide."""
        shown = [one for one in clusters if shown_to(one.registration, principal, NOBODY)]
        if len(shown) == len(clusters) or not any(one.registration.team_ids for one in clusters):
            return shown
        teams = frozenset(team.id for team in await self._teams.own(principal))
        return [one for one in clusters if shown_to(one.registration, principal, teams)]

    def _groups(self, principal: Principal) -> dict[str, list[Snapshot]]:
        groups: dict[str, list[Snapshot]] = {}
        for shown in self._printers.all(principal):
            groups.setdefault(shown.printer.group_id, []).append(shown)
        return groups

    async def _register(self, groups: dict[str, list[Snapshot]]) -> None:
        """Every group that was never registered is, for its organization: at the first look at it."""
        fresh = [
            (self._ids.new(), printers[0]) for group_id, printers in groups.items() if group_id not in self._living
        ]
        if not fresh:
            return

        def work(tx: Transaction) -> list[Registration]:
            known: list[Registration] = []
            for new_id, shown in fresh:
                printer = shown.printer
                one = tx.clusters.of_group(printer.group_id)
                if one is None:
                    one = tx.clusters.put(Registration(
                        id=new_id, organization_id=printer.organization_id, group_id=printer.group_id,
                        owner_id=printer.created_by, created_at=tx.now, registered_at=tx.now,
                    ))  # fmt: skip
                    cluster = Cluster(registration=one, printers=(shown,))
                    tx.events.append([_fact(cluster, FactName.CLUSTER_REGISTERED, tx.now, SYSTEM.id)])
                known.append(one)
            return known

        for registration in await self._store.write(work):
            self._keep(registration)

    async def _confirm(self, principal: Principal, offered: Registration, printers: tuple[Snapshot, ...]) -> Cluster:
        now = self._clock.now()
        wanted = replace(offered, owner_id=principal.id, registered_at=now, pin="")
        cluster = Cluster(registration=wanted, printers=printers)

        def work(tx: Transaction) -> Registration:
            tx.events.append([_fact(cluster, FactName.CLUSTER_REGISTERED, now, principal.id)])
            return tx.clusters.put(wanted)

        stored = await self._store.write(work)
        self._keep(stored)
        await self._display(cluster.host, "This printer is registered.")
        return replace(cluster, registration=stored)

    async def _change(
        self, principal: Principal, cluster: Cluster, wanted: Registration, body: dict[str, object]
    ) -> None:
        def work(tx: Transaction) -> Registration:
            tx.events.append([_fact(cluster, FactName.CLUSTER_CHANGED, tx.now, principal.id, body)])
            return tx.clusters.put(wanted)

        self._keep(await self._store.write(work))

    async def _offer(self, host: Snapshot, offer: Registration) -> None:
        await self._display(host, f"To register this printer, enter the PIN {offer.pin}.")

    async def _display(self, host: Snapshot, text: str) -> None:
        """Tell it on the printer's display, if it has one and can be reached."""
        with contextlib.suppress(CoreError):
            await self._printers.ask(WARDEN, host.printer.id, ShowMessage(text=text, button="OK"))

    def _own(self, principal: Principal, cluster: Cluster) -> None:
        """Raises Forbidden for somebody else's cluster, unless the caller manages printers."""
        require(principal, Right.CONFIGURE)
        if principal.id != cluster.registration.owner_id and not may(principal, Right.MANAGE):
            raise Forbidden("Only who registered the cluster, or an operator, may do that.")

    def _pin(self) -> str:
        return "".join(PIN_LETTERS[byte % len(PIN_LETTERS)] for byte in self._ids.secret(PIN_LENGTH))

    def _throttle(self, principal: Principal) -> None:
        count, until = self._guesses.get(principal.id, (0, Instant(0)))
        now = self._clock.now()
        if until <= now:
            self._guesses.pop(principal.id, None)
        elif count >= WRONG_PINS:
            raise Throttled("Too many wrong PINs.", (until - now) / 1e6)

    def _keep(self, registration: Registration) -> None:
        before = self._living.get(registration.group_id)
        if before is not None:
            self._by_id.pop(before.id, None)
        self._living[registration.group_id] = self._by_id[registration.id] = registration
        self.version += 1


def _fact(cluster: Cluster, name: FactName, at: Instant, actor: str, body: dict[str, object] | None = None) -> Fact:
    registration, host = cluster.registration, cluster.host.printer
    return Fact(
        name=name, at=at, organization_id=registration.organization_id, subject_kind="cluster",
        subject_id=registration.id, printer_id=host.id, actor=actor,
        body={"group_id": registration.group_id, "name": host.name} | (body or {}),
    )  # fmt: skip
