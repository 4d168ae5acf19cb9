"""The rule set: which role each right takes, and the one function that asks it."""

from printyard.core.errors import Forbidden, Unauthenticated
from printyard.core.model.user import EVERYTHING, HOME, RANK, Principal, Right, Role, Scope
from printyard.core.tables import total

REQUIRED = total(Right, {
    Right.READ: Role.GUEST,
    Right.PRINT: Role.GUEST,
    Right.CONTROL: Role.MEMBER,
    Right.CONFIGURE: Role.MEMBER,
    Right.MANAGE: Role.OPERATOR,
    Right.ADMINISTER: Role.ADMIN,
})  # fmt: skip
"""The least role that has a right. A guest's print waits for approval, whichever door it came in by."""

NO_RIGHTS: frozenset[Right] = frozenset()

SYSTEM = Principal(id="system", name="Printyard", role=Role.ADMIN, scope=Scope(organization_id=HOME))
"""The yard itself: dispatching, reactions."""

WARDEN = Principal(id="system", name="Printyard", role=Role.ADMIN, scope=EVERYTHING)
"""The yard itself where it serves all of its organizations, such as by passing on what was answered on a display."""


def anonymous(rights: frozenset[Right], role: Role = Role.GUEST) -> Principal:
    """Nobody in particular, with what a door gives to its network."""
    return Principal(
        id="anonymous",
        name="anonymous",
        role=role,
        scope=Scope(organization_id=HOME),
        rights=rights,
        authenticated=False,
    )


def may(principal: Principal, right: Right) -> bool:
    """Whether somebody has a right."""
    if principal.rights is not None and right not in principal.rights:
        return False
    return RANK[principal.role] >= RANK[REQUIRED[right]]


def require(principal: Principal, right: Right) -> None:
    """Raises Unauthenticated for nobody in particular, Forbidden for somebody who may not."""
    if may(principal, right):
        return
    if not principal.authenticated:
        raise Unauthenticated("Say who you are.")
    raise Forbidden(f"{principal.name or 'You'} may not do that ({right.value}).")


def needs_approval(principal: Principal) -> bool:
    """Whether what somebody prints waits until another has looked at it."""
    return principal.role is Role.GUEST
