"""Maintenance: when a printer needs care, from its age, its use and the log of what was done."""

from collections.abc import Iterable

from printyard.core.access.rules import require
from printyard.core.errors import Invalid
from printyard.core.events import Fact, FactName
from printyard.core.fleet.board import Snapshot
from printyard.core.fleet.printers import Printers
from printyard.core.model.care import CareEntry, CareRule, CareTask, rules_of
from printyard.core.model.user import Principal, Right, Scope
from printyard.core.model.value import Instant, after, seconds_between
from printyard.core.ports.store import Store, Transaction
from printyard.core.ports.time import Clock, Ids

RECENT_SECONDS = 30 * 24 * 3600.0
"""From this much of the past it is told how much a printer prints."""

FRESH_SECONDS = 600.0
"""How long it is remembered when the next task is due."""


class Maintenance:
    """The care of all printers."""

    def __init__(self, store: Store, clock: Clock, ids: Ids, printers: Printers) -> None:
        self._store, self._clock, self._ids, self._printers = store, clock, ids, printers
        self._due: dict[str, tuple[Instant, Instant | None]] = {}

    async def tasks(self, principal: Principal, printer_id: str) -> list[CareTask]:
        """What the printer needs, the most urgent first. Raises NotFound."""
        require(principal, Right.READ)
        return (await self._tasks(principal, [self._printers.get(principal, printer_id)]))[printer_id]

    async def log(self, principal: Principal, printer_ids: Iterable[str]) -> list[CareEntry]:
        """What was done on printers, newest first; one entry for each request. Raises NotFound."""
        require(principal, Right.READ)
        ids = [self._printers.get(principal, one).printer.id for one in printer_ids]
        entries = await self._store.read(lambda tx: tx.care.entries(principal.scope, frozenset(ids)))
        found = {entry.batch_id: entry for entry in entries}
        return sorted(found.values(), key=lambda entry: (entry.done_at, entry.id), reverse=True)

    async def done(self, principal: Principal, printer_ids: Iterable[str], codes: Iterable[str]) -> None:
        """Somebody has done these tasks on these printers. Raises NotFound, Forbidden, Invalid (no such task)."""
        require(principal, Right.CONTROL)
        shown = [self._printers.get(principal, one) for one in printer_ids]
        told, now = tuple(dict.fromkeys(codes)), self._clock.now()
        known = {rule.code for one in shown for rule in self._rules(principal, one)}
        if unknown := set(told) - known:
            raise Invalid(f"These printers need no {', '.join(sorted(unknown))}.")
        batch = self._ids.new()
        entries = [
            CareEntry(
                id=self._ids.new(), organization_id=one.printer.organization_id, printer_id=one.printer.id,
                batch_id=batch, done_at=now, done_by=principal.id, codes=told,
            )
            for one in shown
        ]  # fmt: skip

        def work(tx: Transaction) -> None:
            for entry in entries:
                tx.care.put(entry)
            tx.events.append([_fact(entry) for entry in entries])

        await self._store.write(work)
        for entry in entries:
            self._due.pop(entry.printer_id, None)

    async def due(self, principal: Principal, shown: Iterable[Snapshot]) -> frozenset[str]:
        """Those of the printers that need care now; reckoned anew every ten minutes."""
        now, shown = self._clock.now(), list(shown)
        old = [one for one in shown if one.printer.id not in self._due or self._due[one.printer.id][0] <= now]
        if old:
            until = after(now, FRESH_SECONDS)
            for printer_id, tasks in (await self._tasks(principal, old)).items():
                first = min((task.due_at for task in tasks if task.due_at is not None), default=None)
                self._due[printer_id] = (until, first)
        return frozenset(
            one.printer.id for one in shown if (at := self._due[one.printer.id][1]) is not None and at <= now
        )

    async def _tasks(self, principal: Principal, shown: list[Snapshot]) -> dict[str, list[CareTask]]:
        now = self._clock.now()
        rules = {one.printer.id: self._rules(principal, one) for one in shown}
        ids = frozenset(rules)

        def work(tx: Transaction) -> dict[str, list[CareTask]]:
            last: dict[tuple[str, str], Instant] = {}
            for entry in tx.care.entries(principal.scope, ids):
                for code in entry.codes:
                    last[entry.printer_id, code] = max(last.get((entry.printer_id, code), Instant(0)), entry.done_at)
            return {
                one.printer.id: [
                    _task(
                        tx,
                        principal.scope,
                        one,
                        rule,
                        last.get((one.printer.id, rule.code), one.printer.created_at),
                        now,
                    )
                    for rule in rules[one.printer.id]
                ]
                for one in shown
            }

        found = await self._store.read(work)
        late = Instant(2**62)
        return {
            printer_id: sorted(tasks, key=lambda task: late if task.due_at is None else task.due_at)
            for printer_id, tasks in found.items()
        }

    def _rules(self, principal: Principal, shown: Snapshot) -> tuple[CareRule, ...]:
        return rules_of(self._printers.machine(principal, shown.printer.id))


def _task(tx: Transaction, scope: Scope, shown: Snapshot, rule: CareRule, since: Instant, now: Instant) -> CareTask:
    """When a task is due that was last done (or came with the printer) at `since`."""
    if not rule.printing:
        due_at = after(since, rule.interval_seconds)
        return CareTask(rule, due_at, is_due=due_at <= now)
    left = rule.interval_seconds - tx.care.printed_seconds(scope, shown.printer.id, since)
    if left <= 0:
        return CareTask(rule, now, is_due=True)
    recent = max(after(now, -RECENT_SECONDS), shown.printer.created_at)
    calendar = max(seconds_between(recent, now), 1.0)
    share = tx.care.printed_seconds(scope, shown.printer.id, Instant(recent)) / calendar
    return CareTask(rule, after(now, left / share) if share > 0 else None, is_due=False)


def _fact(entry: CareEntry) -> Fact:
    return Fact(
        name=FactName.MAINTENANCE_DONE, at=entry.done_at, organization_id=entry.organization_id,
        subject_kind="printer", subject_id=entry.printer_id, printer_id=entry.printer_id, actor=entry.done_by,
        cause=entry.batch_id, body={"codes": list(entry.codes)},
    )  # fmt: skip
