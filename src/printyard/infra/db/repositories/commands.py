"""Commands and their fate."""

import msgspec
from sqlalchemy import Connection, delete, select

from printyard.core.commands import CommandRecord, Envelope, Fate
from printyard.core.errors import Conflict
from printyard.core.model.user import Scope
from printyard.core.model.value import Instant
from printyard.infra.db.rows import replace_row, value_of
from printyard.infra.db.scope import within
from printyard.infra.db.tables import commands, printers

RECORD = [column for column in commands.c if column.name != "organization_id"]


class SqlCommands:
    """core.ports.store.CommandRows."""

    def __init__(self, connection: Connection, now: Instant) -> None:
        self._connection = connection
        self._now = now

    def put(self, envelope: Envelope, printer_id: str, fate: Fate, reason: str = "") -> None:
        query = select(printers.c.organization_id).where(printers.c.id == printer_id)
        organization_id = self._connection.execute(query).scalar()
        if organization_id is None:
            raise Conflict("A command needs its printer.")
        row = {
            "id": envelope.id,
            "organization_id": organization_id,
            "printer_id": printer_id,
            "word": envelope.command.word,
            "command": msgspec.to_builtins(envelope.command),
            "principal_id": envelope.principal_id,
            "at": envelope.at,
            "deadline": envelope.deadline,
            "fate": fate,
            "reason": reason,
            "changed_at": self._now,
        }
        replace_row(self._connection, commands, row)

    def forget(self, changed_before: Instant) -> int:
        return self._connection.execute(delete(commands).where(commands.c.changed_at < changed_before)).rowcount

    def fate(self, command_id: str) -> Fate | None:
        found: Fate | None = self._connection.execute(
            select(commands.c.fate).where(commands.c.id == command_id)
        ).scalar()
        return found

    def get(self, scope: Scope, command_id: str) -> CommandRecord | None:
        query = select(*RECORD).where(commands.c.id == command_id, within(scope, commands))
        row = self._connection.execute(query).first()
        return None if row is None else value_of(CommandRecord, row)
