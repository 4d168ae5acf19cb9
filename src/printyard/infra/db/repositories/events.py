"""The log of facts."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from printyard.core.events import Fact, FactName, RecordedFact
from printyard.core.model.user import Scope
from printyard.core.model.value import Instant
from printyard.infra.db.rows import row_of
from printyard.infra.db.scope import within
from printyard.infra.db.tables import event_counter, events

ROW = 1
"""The one row of the counter."""


class SqlEvents:
    """core.ports.store.EventRows. There is one committing writer, so numbers become visible in their order."""

    def __init__(self, connection: Connection, now: Instant) -> None:
        self._connection = connection
        self._now = now
        self.appended = 0
        """The last number that this unit of work was given (0: none)."""

    def append(self, facts: Sequence[Fact]) -> list[RecordedFact]:
        if not facts:
            return []
        step = (
            update(event_counter)
            .where(event_counter.c.id == ROW)
            .values(newest=event_counter.c.newest + len(facts))
            .returning(event_counter.c.newest)
        )
        self.appended = self._connection.execute(step).scalar_one()
        first = self.appended - len(facts) + 1
        recorded = [
            RecordedFact(number=number, recorded_at=self._now, fact=fact) for number, fact in enumerate(facts, first)
        ]
        self._connection.execute(insert(events), [_row(fact) for fact in recorded])
        return recorded

    def page(  # noqa: PLR0913 (as the port has it)
        self,
        scope: Scope,
        *,
        after: int = 0,
        before: int | None = None,
        limit: int = 500,
        newest_first: bool = False,
        printer_id: str | None = None,
        names: frozenset[FactName] | None = None,
        subject: tuple[str, str] | None = None,
        offset: int = 0,
    ) -> list[RecordedFact]:
        order = events.c.number.desc() if newest_first else events.c.number
        query: Select[Any] = select(events).where(within(scope, events, printer_id)).order_by(order)
        if after > 0:
            query = query.where(events.c.number > after)
        if before is not None:
            query = query.where(events.c.number < before)
        if names is not None:
            query = query.where(events.c.name.in_(sorted(names)))
        if subject is not None:
            query = query.where(events.c.subject_kind == subject[0], events.c.subject_id == subject[1])
        return [_fact(row) for row in self._connection.execute(query.limit(limit).offset(offset))]

    def newest(self) -> int:
        return int(self._connection.execute(select(event_counter.c.newest)).scalar_one())

    def oldest(self) -> int:
        first: int | None = self._connection.execute(select(func.min(events.c.number))).scalar()
        return self.newest() + 1 if first is None else first

    def trim(self, below: int) -> None:
        self._connection.execute(delete(events).where(events.c.number < below))


def _row(recorded: RecordedFact) -> dict[str, Any]:
    return row_of(recorded.fact) | {"number": recorded.number, "recorded_at": recorded.recorded_at}


def _fact(row: Row[Any]) -> RecordedFact:
    columns = dict(row._mapping)  # noqa: SLF001 (a public attribute, in spite of its name)
    number, recorded_at = columns.pop("number"), columns.pop("recorded_at")
    return RecordedFact(number=number, recorded_at=recorded_at, fact=Fact(**columns))
