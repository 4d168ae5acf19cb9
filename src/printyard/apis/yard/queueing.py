"""Groups and why their jobs wait, as this API shows them; and what is ordered, as the core takes it."""

from collections.abc import Mapping
from datetime import datetime

from printyard.apis.yard import schemas
from printyard.apis.yard.measured import SEVERITIES
from printyard.apis.yard.reasons import what_to_do, why
from printyard.apis.yard.translate import job_of
from printyard.core.errors import Invalid
from printyard.core.groups import Members
from printyard.core.jobs.claims import Wishes
from printyard.core.model.job import Job
from printyard.core.model.needs import ToolNeed
from printyard.core.model.value import MICROSECONDS, Id, Instant
from printyard.core.model.verdict import Change, Impediment, JobStanding, Standing

SHOWABLE = range(253_402_300_800 * MICROSECONDS)
"""The instants of the years 1970 to 9999."""


def group_of(members: Members) -> schemas.Group:
    """A group."""
    group, printers = members.group, members.printers
    return schemas.Group(
        id=group.id, name=group.name, discipline=group.discipline,
        own=any(shown.printer.id == group.id for shown in printers),
        printers=tuple(shown.printer.slug for shown in printers),
    )  # fmt: skip


def waiting_of(job: Job, standing: JobStanding, slugs: dict[str, str]) -> schemas.Waiting:
    """A job that waits, and why; `slugs` of the printers that the caller may see, by id."""
    return schemas.Waiting(
        job=job_of(job, slugs),
        position=standing.position,
        impediments=tuple(map(impediment_of, standing.impediments)),
        cheapest=None if standing.cheapest is None else standing_of(standing.cheapest, slugs),
        printers=tuple(standing_of(one, slugs) for one in standing.printers),
    )


def standing_of(standing: Standing, slugs: Mapping[str, str]) -> schemas.Standing:
    """How a job stands with one printer."""
    return schemas.Standing(
        printer=slugs[standing.printer_id],
        changes=tuple(map(change_of, standing.changes)),
        impediments=tuple(map(impediment_of, standing.impediments)),
        possible=standing.possible,
        forcible=standing.forcible,
    )


def change_of(change: Change) -> schemas.Change:
    """What a person would change."""
    return schemas.Change(
        kind=change.kind, sentence=what_to_do(change), tool=change.tool, target=change.target_id,
        target_name=change.target_name, origin=change.origin_id, origin_name=change.origin_name,
        overridable=change.overridable,
    )  # fmt: skip


def impediment_of(impediment: Impediment) -> schemas.Impediment:
    """What is in the way."""
    return schemas.Impediment(
        key=impediment.key, sentence=why(impediment), tool=impediment.tool, wanted=impediment.wanted,
        found=impediment.found, severity=SEVERITIES[impediment.severity], fixable=impediment.fixable,
        overridable=impediment.overridable,
    )  # fmt: skip


def wishes_of(order: schemas.QueueOrder, printer_id: str | None) -> Wishes:
    """How a print shall be queued."""
    return Wishes(
        printer_id=None if printer_id is None else Id(printer_id),
        machines=order.machines,
        tools=tuple(
            ToolNeed(
                tool=one.tool, nozzle_name=one.nozzle, nozzle_mm=one.nozzle_mm, material_guid=one.material_guid.lower()
            )
            for one in order.tools
        ),
        plate_type=order.plate_type,
        priority=order.priority,
        deadline=None if order.deadline is None else moment(order.deadline),
        copies=order.copies,
        auto_start=order.start,
    )


def moment(when: datetime) -> Instant:
    """An instant of the core. Raises Invalid for one that this API could not show."""
    found = round(when.timestamp() * MICROSECONDS)
    if found not in SHOWABLE:
        raise Invalid("A deadline lies between the years 1970 and 9999.")
    return Instant(found)
