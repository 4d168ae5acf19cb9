"""What the groups of printers store."""

from typing import Protocol

from printyard.core.model.group import Group
from printyard.core.model.user import Scope


class GroupRows(Protocol):
    """Groups of printers that were made, or changed; a printer's own group has no row until then."""

    def get(self, scope: Scope, group_id: str) -> Group:
        """Raises NotFound."""

    def all(self, scope: Scope) -> list[Group]:
        """In the order in which they were made."""

    def put(self, group: Group) -> Group:
        """Insert, or update the version that the value has; the value in its next version. Raises Conflict."""
