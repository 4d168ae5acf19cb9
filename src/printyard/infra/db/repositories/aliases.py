"""Foreign ids: given once, never reused, never derived."""

from sqlalchemy import Connection, select

from printyard.core.errors import Conflict
from printyard.infra.db.rows import added
from printyard.infra.db.tables import aliases


class SqlAliases:
    """core.ports.store.AliasRows."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def of(self, kind: str, core_id: str, dialect: str) -> str | None:
        query = select(aliases.c.value).where(
            aliases.c.kind == kind, aliases.c.core_id == core_id, aliases.c.dialect == dialect
        )
        found: str | None = self._connection.execute(query).scalar()
        return found

    def core(self, kind: str, dialect: str, value: str) -> str | None:
        query = select(aliases.c.core_id).where(
            aliases.c.kind == kind, aliases.c.dialect == dialect, aliases.c.value == value
        )
        found: str | None = self._connection.execute(query).scalar()
        return found

    def give(self, kind: str, core_id: str, dialect: str, value: str) -> str:
        row = {"kind": kind, "core_id": core_id, "dialect": dialect, "value": value}
        if added(self._connection, aliases, row):
            return value
        given = self.of(kind, core_id, dialect)
        if given is None:
            raise Conflict("This foreign id belongs to something else.")
        return given
