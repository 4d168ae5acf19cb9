"""What was done for printers, and how much they have printed since."""

from sqlalchemy import Connection, func, insert, select

from printyard.core.model.care import CareEntry
from printyard.core.model.user import Scope
from printyard.core.model.value import Instant
from printyard.infra.db.cluster_tables import care
from printyard.infra.db.rows import row_of, value_of
from printyard.infra.db.scope import within
from printyard.infra.db.tables import jobs

KEYS = 500
"""How many keys one statement takes."""


class SqlCare:
    """core.ports.cluster_rows.CareRows."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def entries(self, scope: Scope, printer_ids: frozenset[str]) -> list[CareEntry]:
        found: list[CareEntry] = []
        ids = sorted(printer_ids)
        for start in range(0, len(ids), KEYS):
            query = select(care).where(within(scope, care), care.c.printer_id.in_(ids[start : start + KEYS]))
            found += [value_of(CareEntry, row) for row in self._connection.execute(query)]
        return found

    def put(self, entry: CareEntry) -> None:
        self._connection.execute(insert(care), row_of(entry))

    def printed_seconds(self, scope: Scope, printer_id: str, since: Instant) -> float:
        query = select(func.sum(jobs.c.seconds_elapsed)).where(
            within(scope, jobs, printer_id), jobs.c.started_at.is_not(None), jobs.c.ended_at >= since
        )
        return float(self._connection.execute(query).scalar() or 0.0)
