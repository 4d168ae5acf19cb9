"""Clusters: groups of printers with one queue, as they are registered for clients that know a fleet by ids."""

from printyard.core.model.user import Principal, Role
from printyard.core.model.value import Id, Instant, Value

NOTE_LIMIT = 3500


class Registration(Value):
    """A group of printers under one id, until it is deleted; the next registration has another id.

    `registered_at` is None while it is only offered: the group's display shows `pin` until somebody confirms it.
    `owner_id` is the principal that registered it. Who may see it: the owner, administrators, all of the organization
    if it is `organization_shared`, and the members of the teams.
    """

    id: Id
    organization_id: Id
    group_id: Id
    owner_id: str
    created_at: Instant
    registered_at: Instant | None = None
    pin: str = ""
    organization_shared: bool = True
    team_ids: tuple[str, ...] = ()
    note: str = ""
    deleted_at: Instant | None = None
    version: int = 1


def shown_to(registration: Registration, principal: Principal, team_ids: frozenset[str]) -> bool:
    """Whether somebody who sees the group's printers may know of its registration."""
    if registration.organization_shared or principal.role is Role.ADMIN or registration.owner_id == principal.id:
        return True
    return not team_ids.isdisjoint(registration.team_ids)
