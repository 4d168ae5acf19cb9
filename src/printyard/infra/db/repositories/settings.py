"""Settings kept in the database."""

from typing import Any

from sqlalchemy import Connection, delete, select

from printyard.infra.db.rows import replace_row
from printyard.infra.db.tables import settings


class SqlSettings:
    """core.ports.store.SettingRows."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, name: str) -> Any:  # noqa: ANN401 (as it was put)
        return self._connection.execute(select(settings.c.value).where(settings.c.name == name)).scalar()

    def put(self, name: str, value: object) -> None:
        if value is None:
            self._connection.execute(delete(settings).where(settings.c.name == name))
        else:
            replace_row(self._connection, settings, {"name": name, "value": value})
