"""The jobs that wait, as the page shows them: why, and what somebody may do about it."""

from collections.abc import Mapping

import msgspec

from printyard.apis.yard import schemas
from printyard.apis.yard.reasons import what_to_do, why
from printyard.apis.yard.translate import job_of
from printyard.core.access.rules import may
from printyard.core.model.job import Job, JobState
from printyard.core.model.user import Principal, Right
from printyard.core.model.verdict import ImpedimentKey, JobStanding


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A job that waits, and why, in sentences.

    `confirm` asks whether to print it without what it waits for ("": that cannot be). `first`, `own`: whether it is
    the next of its queue, may be changed by who looks.
    """

    job: schemas.Job
    why: tuple[str, ...]
    confirm: str
    first: bool
    own: bool


def waiting_of(
    job: Job, standing: JobStanding | None, principal: Principal, slugs: dict[str, str], names: Mapping[str, str]
) -> Waiting:
    """A job that waits; `standing` is None for one that began meanwhile. `names` of the printers, by id."""
    mine = job.created_by == principal.id
    best = None if standing is None or job.state is not JobState.QUEUED else standing.cheapest
    forcible = best is not None and best.forcible and may(principal, Right.CONTROL if mine else Right.MANAGE)
    ignored: list[str] = []
    if best is not None and forcible:
        ignored = [*map(what_to_do, best.changes), *(why(one) for one in best.impediments if one.overridable)]
    return Waiting(
        job=job_of(job, slugs),
        why=() if standing is None else sentences(standing, names),
        confirm=f"Print {job.name} without this? {' '.join(ignored)}" if ignored else "",
        first=standing is None or not standing.position,
        own=mine or may(principal, Right.MANAGE),
    )


def sentences(standing: JobStanding, names: Mapping[str, str]) -> tuple[str, ...]:
    """What a job waits for: what is said of itself (why it is held it says), and what is to be done where least is."""
    found = [why(one) for one in standing.impediments if one.key is not ImpedimentKey.HELD]
    best = standing.cheapest
    if best is not None and (best.changes or best.impediments):
        found.append(
            f"{names[best.printer_id]}: {' '.join([*map(what_to_do, best.changes), *map(why, best.impediments)])}"
        )
    return tuple(found)
