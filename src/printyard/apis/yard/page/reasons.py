"""Why a job waits, in sentences; and what somebody may do about it."""

from collections.abc import Mapping
from typing import Final

import msgspec

from printyard.apis.yard import schemas
from printyard.apis.yard.translate import job_of
from printyard.core.access.rules import may
from printyard.core.model.job import Job, JobState
from printyard.core.model.user import Principal, Right
from printyard.core.model.verdict import Change, ChangeKind, Impediment, ImpedimentKey, JobStanding
from printyard.core.tables import total

CHANGES: Final = total(ChangeKind, {
    ChangeKind.MATERIAL_CHANGE: "change {origin} to {target}{tool}",
    ChangeKind.MATERIAL_INSERT: "load {target}{tool}",
    ChangeKind.PRINT_CORE_CHANGE: "mount {target} in the place of {origin}{tool}",
    ChangeKind.BUILDPLATE_CHANGE: "change the plate from {origin} to {target}",
})  # fmt: skip

IMPEDIMENTS: Final = total(ImpedimentKey, {
    ImpedimentKey.WAITS_FOR_APPROVAL: "waits for approval",
    ImpedimentKey.HELD: "is held",
    ImpedimentKey.NO_PRINTER: "its queue has no printer",
    ImpedimentKey.OTHER_PRINTER_REQUIRED: "is for another printer",
    ImpedimentKey.WRONG_MACHINE: "was sliced for another kind of printer ({wanted})",
    ImpedimentKey.WRONG_FLAVOR: "speaks another kind of G-code ({wanted})",
    ImpedimentKey.EXTRUDER_ABSENT: "needs an extruder that is not there",
    ImpedimentKey.DOES_NOT_FIT: "is larger than {found} can print",
    ImpedimentKey.NOT_ENOUGH_MATERIAL: "has too little material{tool}: {wanted} needed, {found} left",
    ImpedimentKey.PRINTER_OFFLINE: "is offline",
    ImpedimentKey.PRINTER_FAULT: "has a fault",
    ImpedimentKey.PRINTER_DISABLED: "takes no jobs",
    ImpedimentKey.PRINTER_IN_MAINTENANCE: "is in maintenance",
    ImpedimentKey.PRINTER_BUSY: "is busy",
    ImpedimentKey.PRINTER_RESERVED: "is kept for another print",
    ImpedimentKey.PLATE_OCCUPIED: "its plate is to be cleared",
    ImpedimentKey.NOT_RECORDING: "cannot record what it prints: the database takes nothing",
    ImpedimentKey.OTHERS_FIRST: "others come first",
})  # fmt: skip


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A job that waits. `why` are sentences; `confirm` is what printing it anyway would do without, "" if it can't.

    `held`, `first`, `own`: whether it is put aside, is the next of its queue, may be changed by who looks.
    """

    job: schemas.Job
    why: tuple[str, ...]
    confirm: str
    held: bool
    first: bool
    own: bool


def waiting_of(
    job: Job, standing: JobStanding | None, principal: Principal, slugs: dict[str, str], names: Mapping[str, str]
) -> Waiting:
    """A job that waits; `standing` is None for one that began meanwhile. `names` of the printers, by slug."""
    mine = job.created_by == principal.id
    best = None if standing is None or job.state is not JobState.QUEUED else standing.cheapest
    forcible = best is not None and best.forcible and may(principal, Right.CONTROL if mine else Right.MANAGE)
    ignored: list[str] = []
    if best is not None and forcible:
        ignored = [*map(clause, best.changes), *(clause(one) for one in best.impediments if one.overridable)]
    return Waiting(
        job=job_of(job, slugs),
        why=() if standing is None else sentences(standing, {own: names[slug] for own, slug in slugs.items()}),
        confirm=f"Print {job.name} anyway? Ignored: {'; '.join(ignored)}." if ignored else "",
        held=job.state is JobState.HELD,
        first=standing is None or not standing.position,
        own=mine or may(principal, Right.MANAGE),
    )


def sentences(standing: JobStanding, names: Mapping[str, str]) -> tuple[str, ...]:
    """What a job waits for: what is said of itself, and where the least has to be done what that is."""
    found = [clause(one) for one in standing.impediments if one.key is not ImpedimentKey.HELD]
    best = standing.cheapest
    if best is not None and (best.changes or best.impediments):
        clauses = [*map(clause, best.changes), *map(clause, best.impediments)]
        found.append(f"{names[best.printer_id]}: {'; '.join(clauses)}")
    return tuple(f"{text[:1].upper()}{text[1:]}." for text in found)


def clause(one: Change | Impediment) -> str:
    """A part of a sentence about one change or one thing in the way."""
    tool = "" if one.tool is None else f" in tool {one.tool + 1}"
    if isinstance(one, Change):
        return CHANGES[one.kind].format(tool=tool, target=one.target_name, origin=one.origin_name or "nothing")
    return IMPEDIMENTS[one.key].format(tool=tool, wanted=one.wanted, found=one.found)
