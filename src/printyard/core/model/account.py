"""Who belongs together: organizations, and teams of people within one."""

from printyard.core.model.value import Id, Instant, Value


class Organization(Value):
    """A tenant. `home` is the one of the yard itself; it needs no row until somebody renames it."""

    id: Id
    name: str
    created_at: Instant
    created_by: str = ""
    deleted_at: Instant | None = None
    version: int = 1


class Team(Value):
    """People of one organization under one name, with whom things can be shared. `members` are ids of users."""

    id: Id
    organization_id: Id
    name: str
    created_at: Instant
    created_by: str
    description: str = ""
    members: tuple[Id, ...] = ()
    deleted_at: Instant | None = None
    version: int = 1
