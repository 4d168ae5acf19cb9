"""Queue disciplines: five sets of four small rules, chosen per group.

No job starves, whichever is chosen. Each rule for the order gives a job one number when it is handed in, an instant:
its rank, put off by at most `OVERTAKING_SECONDS`. So a job can be overtaken only by those that come within that time
after it (by priority, within `HEAD_START_SECONDS` for each step between the two); later ones stand behind it for ever.
"""

from collections.abc import Callable, Iterable

import msgspec

from printyard.core.model.group import Discipline
from printyard.core.model.job import Job
from printyard.core.model.user import EVERYTHING
from printyard.core.model.value import MICROSECONDS, Id
from printyard.core.ports.store import Transaction
from printyard.core.tables import total

HEAD_START_SECONDS = 6 * 3600.0
"""What one step of priority is worth: as if the job had been handed in so much earlier."""

PRIORITIES = range(-10, 11)

OVERTAKING_SECONDS = 3 * 24 * 3600.0
"""The longest that a discipline may put a job off behind its rank."""

OVERTAKING = round(OVERTAKING_SECONDS * MICROSECONDS)

STRETCH = 4.0
"""Shortest first: what a second of printing counts for, in seconds of waiting."""


class Rules(msgspec.Struct, frozen=True):
    """One discipline. Smaller goes first, or is taken first.

    `order` of a job, in microseconds, and `rank` the other way round: the rank with which it comes to that place;
    `keep` of a configuration, by the number of jobs that wait and could be printed with it; `wear` of a printer, by the
    seconds that it has printed.
    """

    order: Callable[[Job], int]
    rank: Callable[[Job, int], int]
    keep: Callable[[int], int]
    wear: Callable[[float], float]


def rank_of(created_at: int, priority: int) -> int:
    """The place of a job that is handed in: its instant, with the head start of its priority."""
    return created_at - round(priority * HEAD_START_SECONDS * MICROSECONDS)


def by_rank(job: Job) -> int:
    """First come, first served."""
    return job.rank


def rank_by_rank(_: Job, order: int) -> int:
    """The place is the rank."""
    return order


def by_length(job: Job) -> int:
    """Short before long, as far as the bound allows."""
    return job.rank + _stretched(job)


def rank_by_length(job: Job, order: int) -> int:
    """A long job needs a better rank for the same place."""
    return order - _stretched(job)


def by_deadline(job: Job) -> int:
    """By the latest instant to begin; a job without a deadline has time, but not for ever."""
    latest, due = job.rank + OVERTAKING, _due(job)
    return latest if due is None else min(max(due, job.rank), latest)


def rank_by_deadline(job: Job, order: int) -> int:
    """Before its time by the bound, behind it by the rank alone."""
    due = _due(job)
    return order if due is not None and order >= due else order - OVERTAKING


def _stretched(job: Job) -> int:
    return round(min(STRETCH * max(job.seconds_estimated, 0.0), OVERTAKING_SECONDS) * MICROSECONDS)


def _due(job: Job) -> int | None:
    """The latest instant to begin, if it has a deadline."""
    if job.deadline is None:
        return None
    return job.deadline - round(max(job.seconds_estimated, 0.0) * MICROSECONDS)


def alike(_: int) -> int:
    """No configuration is kept back."""
    return 0


def spare(demand: int) -> int:
    """What few others wait for is used first, so that what many wait for need not be mounted elsewhere."""
    return demand


def unworn(_: float) -> float:
    """All printers are the same: the one that was added first is taken."""
    return 0.0


def worn(seconds: float) -> float:
    """The one that has printed least is taken."""
    return seconds


RULES = total(Discipline, {
    Discipline.FIRST_COME: Rules(by_rank, rank_by_rank, alike, unworn),
    Discipline.FEWEST_CHANGES: Rules(by_rank, rank_by_rank, spare, unworn),
    Discipline.SHORTEST: Rules(by_length, rank_by_length, alike, unworn),
    Discipline.DEADLINE: Rules(by_deadline, rank_by_deadline, alike, unworn),
    Discipline.EVEN_WEAR: Rules(by_rank, rank_by_rank, alike, worn),
})  # fmt: skip


def rules_of(tx: Transaction, group_id: str) -> Rules:
    """The rules of a group's queue."""
    chosen = {group.id: group.discipline for group in tx.groups.all(EVERYTHING)}
    return RULES[chosen.get(Id(group_id), Discipline.FIRST_COME)]


def in_line(tx: Transaction, jobs: Iterable[Job]) -> list[Job]:
    """Jobs in the order of their groups' queues."""
    chosen = {group.id: RULES[group.discipline].order for group in tx.groups.all(EVERYTHING)}
    return sorted(jobs, key=lambda job: (chosen.get(job.group_id, by_rank)(job), job.id))
