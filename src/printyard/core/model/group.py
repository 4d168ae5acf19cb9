"""Group: printers that share one queue. Each printer is a group of one until it joins another."""

from enum import StrEnum

from printyard.core.model.value import Id, Instant, Value


class Discipline(StrEnum):
    """Which job goes first, and to which of the printers that could take it; `core.jobs.disciplines` has the rules."""

    FIRST_COME = "first_come"
    FEWEST_CHANGES = "fewest_changes"
    SHORTEST = "shortest"
    DEADLINE = "deadline"
    EVEN_WEAR = "even_wear"


class Group(Value):
    """Printers with one queue. A printer's own group has the printer's id and needs no row until it is changed."""

    id: Id
    organization_id: Id
    name: str
    created_at: Instant
    created_by: str = ""
    discipline: Discipline = Discipline.FIRST_COME
    deleted_at: Instant | None = None
    version: int = 1
