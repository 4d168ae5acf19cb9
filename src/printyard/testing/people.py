"""One of each: principals of every role, and nobody."""

from printyard.core.access.rules import anonymous
from printyard.core.model.user import HOME, Principal, Right, Role, Scope

YARD = Scope(organization_id=HOME)


def somebody(role: Role, name: str = "") -> Principal:
    """Somebody with a role, who sees the whole yard."""
    return Principal(id=name or role.value, name=name or role.value, role=role, scope=YARD)


ADMIN, OPERATOR, MEMBER, GUEST = (somebody(role) for role in (Role.ADMIN, Role.OPERATOR, Role.MEMBER, Role.GUEST))
NOBODY = anonymous(frozenset())
VISITOR = anonymous(frozenset({Right.READ}))
