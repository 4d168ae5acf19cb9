"""Groups of printers."""

from msgspec.structs import replace
from sqlalchemy import ColumnElement, Connection, and_, select, true

from printyard.core.errors import NotFound
from printyard.core.model.group import Group
from printyard.core.model.user import Scope
from printyard.infra.db.group_tables import groups
from printyard.infra.db.rows import put_by_version, row_of, value_of
from printyard.infra.db.tables import printers


class SqlGroups:
    """core.ports.group_rows.GroupRows."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, scope: Scope, group_id: str) -> Group:
        row = self._connection.execute(select(groups).where(groups.c.id == group_id, _within(scope))).first()
        if row is None:
            raise NotFound("There is no such group of printers.")
        return value_of(Group, row)

    def all(self, scope: Scope) -> list[Group]:
        query = select(groups).where(_within(scope)).order_by(groups.c.created_at, groups.c.id)
        return [value_of(Group, row) for row in self._connection.execute(query)]

    def put(self, group: Group) -> Group:
        return replace(group, version=put_by_version(self._connection, groups, row_of(group), "group"))


def _within(scope: Scope) -> ColumnElement[bool]:
    """A group is seen by whoever sees one of its printers, and an empty one by the unnarrowed."""
    conditions: list[ColumnElement[bool]] = [true(), groups.c.deleted_at.is_(None)]
    if scope.organization_id is not None:
        conditions.append(groups.c.organization_id == scope.organization_id)
    if scope.groups is not None:
        conditions.append(groups.c.id.in_(sorted(scope.groups)))
    if scope.printers is not None:
        conditions.append(groups.c.id.in_(select(printers.c.group_id).where(printers.c.id.in_(sorted(scope.printers)))))
    return and_(*conditions)
