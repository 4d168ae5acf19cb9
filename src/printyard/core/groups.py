"""Groups of printers: one queue for several, made by people; which discipline it has, and who belongs to it."""

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from printyard.core.access.rules import require
from printyard.core.errors import Conflict, Invalid, NotFound
from printyard.core.events import Fact, FactName
from printyard.core.fleet.board import Snapshot
from printyard.core.fleet.printers import Printers
from printyard.core.fleet.session import PrinterSession
from printyard.core.fleet.step import Step
from printyard.core.fleet.supervisor import Supervisor
from printyard.core.jobs.orphans import LEFT, bring, moved, orphan
from printyard.core.model.group import Discipline, Group
from printyard.core.model.job import WAITING, Job, JobState
from printyard.core.model.user import EVERYTHING, HOME, Principal, Right
from printyard.core.model.value import Id, Value
from printyard.core.ports.store import Store, Transaction
from printyard.core.ports.time import Clock, Ids

NAME_LIMIT = 100

BEGUN = frozenset({JobState.STARTING, JobState.UNCONFIRMED, JobState.STARTED, JobState.ENDED})


class Members(Value):
    """A group with its printers, in the order in which they were added to the yard."""

    group: Group
    printers: tuple[Snapshot, ...]


class Groups:
    """All groups, those of one printer too."""

    def __init__(self, store: Store, clock: Clock, ids: Ids, printers: Printers, supervisor: Supervisor) -> None:
        self._store, self._clock, self._ids = store, clock, ids
        self._printers, self._supervisor = printers, supervisor

    async def all(self, principal: Principal) -> list[Members]:
        """Every group of which the caller sees a printer, and those that have none (yet), if all can be seen."""
        require(principal, Right.READ)
        groups = await self._store.read(lambda tx: tx.groups.all(principal.scope))
        stored: dict[str, Group] = {group.id: group for group in groups}
        found: dict[str, list[Snapshot]] = {}
        for shown in self._printers.all(principal):
            found.setdefault(shown.printer.group_id, []).append(shown)
        # A printer's own group is there only while the printer is in it.
        found |= {group.id: [] for group in stored.values() if group.id not in found and group.created_by}
        return [
            Members(group=stored.get(group_id) or _own_group(shown[0]), printers=tuple(shown))
            for group_id, shown in found.items()
        ]

    async def get(self, principal: Principal, group_id: str) -> Members:
        """A group. Raises NotFound."""
        found = next((one for one in await self.all(principal) if one.group.id == group_id), None)
        if found is None:
            raise NotFound("There is no such group of printers.")
        return found

    async def create(
        self, principal: Principal, name: str, discipline: Discipline = Discipline.FIRST_COME
    ) -> Group:  # fmt: skip
        """Make a group without printers. Raises Forbidden, Invalid (the name)."""
        require(principal, Right.ADMINISTER)
        group = Group(
            id=self._ids.new(), organization_id=principal.scope.organization_id or HOME, name=_name(name),
            created_at=self._clock.now(), created_by=principal.id, discipline=discipline,
        )  # fmt: skip
        return await self._put(principal, group, {"change": "created"})

    async def change(
        self, principal: Principal, group_id: str, *, name: str | None = None, discipline: Discipline | None = None
    ) -> Group:
        """Another name, or discipline. Raises NotFound, Forbidden, Invalid."""
        require(principal, Right.MANAGE)
        group = (await self.get(principal, group_id)).group
        changed = replace(
            group, name=group.name if name is None else _name(name), discipline=discipline or group.discipline
        )  # fmt: skip
        return await self._put(principal, changed, {"change": "changed"})

    async def remove(self, principal: Principal, group_id: str) -> None:
        """Take away a group that has no printers, and no jobs that wait. Raises NotFound, Forbidden, Conflict."""
        require(principal, Right.ADMINISTER)
        found = await self.get(principal, group_id)

        def vacant(tx: Transaction) -> None:
            if any(printer.group_id == group_id for printer in tx.printers.all(EVERYTHING)):
                raise Conflict("The group has printers: they leave it first.")
            if tx.jobs.in_states(EVERYTHING, WAITING, group_id=group_id):
                raise Conflict("Jobs wait in the group: they are taken back first.")

        removed = replace(found.group, deleted_at=self._clock.now())
        await self._put(principal, removed, {"change": "removed"}, vacant)

    async def join(self, principal: Principal, group_id: str, printer_id: str) -> None:
        """Put a printer into a group; what waits for it comes along, and still requires it.

        Raises NotFound, Forbidden, Conflict (it is in another group, or that is a printer's own).
        """
        require(principal, Right.ADMINISTER)
        group = (await self.get(principal, group_id)).group
        session = self._session(principal, printer_id)
        if not group.created_by:
            raise Conflict("That is the group of one printer: make a group for several.")

        def work() -> Step:
            printer = session.printer
            if printer.group_id != printer.id:
                raise Conflict("The printer is in a group: it leaves that first.")
            if printer.organization_id != group.organization_id:
                raise NotFound("There is no such group of printers.")
            job = _waiting(session)

            def also(tx: Transaction) -> None:
                tx.groups.get(principal.scope, group.id)  # it may have been removed meanwhile
                bring(tx, printer, group.id, actor=principal.id, but=None if job is None else job.id)

            brought = None if job is None else moved(job, printer.id, group.id)
            return self._gone(principal, session, group.id, brought, also)

        await session.change(work)

    async def leave(self, principal: Principal, group_id: str, printer_id: str) -> None:
        """Take a printer out of its group; what waits there and requires it is held.

        Raises NotFound (also for a printer of another group), Forbidden, Conflict (it is in no group with others).
        """
        require(principal, Right.ADMINISTER)
        session = self._session(principal, printer_id)

        def work() -> Step:
            printer = session.printer
            if printer.group_id != group_id:
                raise NotFound("There is no such printer in this group.")
            if printer.group_id == printer.id:
                raise Conflict("The printer is in no group.")
            job = _waiting(session)

            def also(tx: Transaction) -> None:
                orphan(tx, printer, LEFT, actor=principal.id, but=None if job is None else job.id)

            if job is not None and job.needs.printer_id is None:
                raise Conflict("The printer is about to begin a job of its group.")
            own = None if job is None else moved(job, printer.id, printer.id)
            return self._gone(principal, session, printer.id, own, also)

        await session.change(work)

    def _gone(
        self,
        principal: Principal,
        session: PrinterSession,
        group_id: Id,
        job: Job | None,
        also: Callable[[Transaction], None],
    ) -> Step:
        printer = replace(session.printer, group_id=group_id)
        fact = self._fact(
            printer.organization_id, group_id, principal, {"printer": printer.slug, "left": session.printer.group_id},
            printer_id=printer.id,
        )  # fmt: skip
        if job is None:
            return Step(printer=printer, facts=(fact,), also=also)
        return Step(printer=printer, jobs=(job,), holds=job, facts=(fact,), also=also)

    def _session(self, principal: Principal, printer_id: str) -> PrinterSession:
        self._printers.get(principal, printer_id)
        return self._supervisor.opened(printer_id).session

    async def _put(
        self, principal: Principal, group: Group, body: dict[str, Any],
        check: Callable[[Transaction], None] = lambda _: None,
    ) -> Group:  # fmt: skip
        fact = self._fact(
            group.organization_id, group.id, principal, {"name": group.name, "discipline": group.discipline} | body
        )

        def work(tx: Transaction) -> Group:
            check(tx)
            tx.events.append([fact])
            return tx.groups.put(group)

        return await self._store.write(work)

    def _fact(
        self, organization_id: Id, group_id: Id, principal: Principal, body: dict[str, Any],
        printer_id: Id | None = None,
    ) -> Fact:  # fmt: skip
        return Fact(
            name=FactName.GROUP_CHANGED, at=self._clock.now(), organization_id=organization_id, subject_kind="group",
            subject_id=group_id, printer_id=printer_id, actor=principal.id, body=body,
        )  # fmt: skip


def _own_group(shown: Snapshot) -> Group:
    """The group that a printer is by itself."""
    printer = shown.printer
    return Group(
        id=printer.group_id, organization_id=printer.organization_id, name=printer.name, created_at=printer.created_at
    )


def _waiting(session: PrinterSession) -> Job | None:
    """The job that a printer holds and has not begun."""
    job = session.job
    return None if job is None or job.state in BEGUN else job


def _name(name: str) -> str:
    clean = " ".join(name.split())
    if not clean or len(clean) > NAME_LIMIT or not clean.isprintable():
        raise Invalid(f"A group's name has 1 to {NAME_LIMIT} printable characters.")
    return clean
