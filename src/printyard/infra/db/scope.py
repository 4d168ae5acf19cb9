"""Tenancy: the one condition under which a row is seen."""

from sqlalchemy import ColumnElement, Table, and_, exists, or_, select, true

from printyard.core.model.user import Scope
from printyard.infra.db.tables import printers


def within(scope: Scope, table: Table, printer_id: str | None = None) -> ColumnElement[bool]:
    """The rows of `table` that lie within the scope; with `printer_id`, those of this printer.

    Each of the scope's sets that is given narrows further. A row that bears a printer_id is seen by whoever sees the
    printer; one whose printer is not known yet by whoever sees a printer of its group (a waiting job), else by the
    unnarrowed alone.
    Rows without such a column belong to all of the organization.
    """
    if printer_id is not None:
        # The printer is looked up once, by its key, and the rows follow: so their index on printer_id is used.
        seen = exists().where(printers.c.id == printer_id, _within(scope, printers))
        return and_(table.c.printer_id == printer_id, seen)
    return _within(scope, table)


def _within(scope: Scope, table: Table) -> ColumnElement[bool]:
    conditions: list[ColumnElement[bool]] = [true()]
    if scope.organization_id is not None:
        conditions.append(table.c.organization_id == scope.organization_id)
    printer = table.c.id if table is printers else table.c.get("printer_id")
    group = table.c.get("group_id")
    if printer is not None and scope.printers is not None:
        seen = _one_of(printer, scope.printers)
        if group is not None and table is not printers:
            groups = select(printers.c.group_id).where(_one_of(printers.c.id, scope.printers))
            seen = or_(seen, and_(printer.is_(None), group.in_(groups)))
        conditions.append(seen)
    if printer is not None and scope.groups is not None:
        members = select(printers.c.id).where(_one_of(printers.c.group_id, scope.groups))
        conditions.append(_one_of(group, scope.groups) if group is not None else printer.in_(members))
    return and_(*conditions)


def _one_of(column: ColumnElement[str], values: frozenset[str]) -> ColumnElement[bool]:
    """Membership; of one value an equality, after which an index keeps its order."""
    return column == next(iter(values)) if len(values) == 1 else column.in_(sorted(values))
