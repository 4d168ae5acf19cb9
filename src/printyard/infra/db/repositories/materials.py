"""Material profiles."""

from sqlalchemy import ColumnElement, Connection, and_, exists, or_, select

from printyard.core.errors import NotFound
from printyard.core.model.material import Material
from printyard.core.model.user import HOME, Scope
from printyard.infra.db.rows import replace_row, row_of, value_of
from printyard.infra.db.scope import within
from printyard.infra.db.tables import materials


class SqlMaterials:
    """core.ports.store.MaterialRows."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, scope: Scope, guid: str) -> Material:
        query = select(materials).where(_seen(scope), materials.c.guid == guid, materials.c.deleted_at.is_(None))
        row = self._connection.execute(query).first()
        if row is None:
            raise NotFound("There is no such material.")
        return value_of(Material, row)

    def all(self, scope: Scope) -> list[Material]:
        order = (materials.c.brand, materials.c.material, materials.c.color, materials.c.guid)
        query = select(materials).where(_seen(scope), materials.c.deleted_at.is_(None)).order_by(*order)
        return [value_of(Material, row) for row in self._connection.execute(query)]

    def put(self, material: Material) -> None:
        replace_row(self._connection, materials, row_of(material))

    def version_of(self, scope: Scope, guid: str) -> int | None:
        query = select(materials.c.version).where(_seen(scope), materials.c.guid == guid)
        found: int | None = self._connection.execute(query).scalar()
        return found


def _seen(scope: Scope) -> ColumnElement[bool]:
    """An organization's rows, tombstones too, and those that came with the yard and have no own one beside them."""
    if scope.organization_id in {None, HOME}:
        return within(scope, materials)
    own = materials.alias()
    replaced = exists().where(own.c.organization_id == scope.organization_id, own.c.guid == materials.c.guid)
    shared = and_(materials.c.organization_id == HOME, materials.c.preloaded, ~replaced)
    return or_(within(scope, materials), shared)
