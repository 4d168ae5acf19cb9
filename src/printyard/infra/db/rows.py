"""Rows and values: reading, inserting, and updating by version."""

from typing import Any, TypeVar

import msgspec
from sqlalchemy import Connection, Row, Table, update
from sqlalchemy.dialects.sqlite import Insert
from sqlalchemy.exc import IntegrityError

from printyard.core.errors import Conflict

V = TypeVar("V", bound=msgspec.Struct)


def value_of(kind: type[V], row: Row[Any]) -> V:
    """The value whose fields the row's columns are."""
    return kind(**row._mapping)  # noqa: SLF001 (a public attribute, in spite of its name)


def row_of(value: msgspec.Struct) -> dict[str, Any]:
    """A value's fields, each for the column of its name."""
    return {name: getattr(value, name) for name in value.__struct_fields__}


def insert_into(connection: Connection, table: Table) -> Insert:
    """An INSERT that can say ON CONFLICT: the two databases spell it alike, SQLAlchemy has a class for each."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert

        return insert(table)  # type: ignore[return-value]  # the same methods, for all that is used here
    return Insert(table)


def added(connection: Connection, table: Table, row: dict[str, Any]) -> bool:
    """Insert a row, unless one stands in its way."""
    statement = insert_into(connection, table).on_conflict_do_nothing()
    return connection.execute(statement, row, execution_options={"preserve_rowcount": True}).rowcount == 1


def replace_row(connection: Connection, table: Table, row: dict[str, Any]) -> None:
    """Insert a row, or give the one with its key these values."""
    keys = [column.name for column in table.primary_key]
    statement = insert_into(connection, table)
    changed = {name: statement.excluded[name] for name in row if name not in keys}
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_=changed), row)


def put_by_version(connection: Connection, table: Table, row: dict[str, Any], thing: str) -> int:
    """Insert a row of version 1, or update where the stored version is the row's; the version that is stored now.

    Raises Conflict: changed since, gone, or something unique is taken.
    """
    version = row["version"]
    if version == 1 and added(connection, table, row):
        return 1
    key = next(iter(table.primary_key))
    statement = (
        update(table).where(key == row[key.name], table.c.version == version).values(row | {"version": version + 1})
    )
    try:
        # Under a savepoint: PostgreSQL would give up the whole transaction of a caller who can live with the conflict.
        with connection.begin_nested():
            changed = connection.execute(statement).rowcount
    except IntegrityError as error:
        raise Conflict(f"This {thing} collides with another one.") from error
    if changed == 0:
        raise Conflict(f"This {thing} was changed by somebody else, or its name is taken.")
    return int(version) + 1
