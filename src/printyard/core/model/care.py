"""Maintenance: what a kind of machine needs now and then, and what was done."""

from printyard.core.model.machine import MachineModel
from printyard.core.model.value import Id, Instant, Value

DAY_SECONDS = 24 * 3600.0
HOUR_SECONDS = 3600.0


class CareRule(Value):
    """A task that comes back, after so many seconds of the calendar, or of printing."""

    code: str
    interval_seconds: float
    printing: bool = False


class CareEntry(Value):
    """Tasks that somebody has done, on one printer; of one request they share the `batch_id`."""

    id: Id
    organization_id: Id
    printer_id: Id
    batch_id: Id
    done_at: Instant
    done_by: str
    codes: tuple[str, ...]


class CareTask(Value):
    """A rule with when it is due: None where nobody can tell, since the printer has hardly printed."""

    rule: CareRule
    due_at: Instant | None
    is_due: bool


EVERY_MACHINE = (
    CareRule("clean_printer", 90 * DAY_SECONDS),
    CareRule("lubricate_axles", 30 * DAY_SECONDS),
    CareRule("check_belt_tension", 90 * DAY_SECONDS),
    CareRule("clean_feeders", 365 * DAY_SECONDS),
    CareRule("lubricate_lead_screw", 1000 * HOUR_SECONDS, printing=True),
)
AIR_FILTER = CareRule("replace_air_filter", 1500 * HOUR_SECONDS, printing=True)
BED = CareRule("clean_build_plate", 30 * DAY_SECONDS)


def rules_of(machine: MachineModel) -> tuple[CareRule, ...]:
    """What a kind of machine needs."""
    extra = ((BED,) if machine.has_bed else ()) + ((AIR_FILTER,) if machine.has_air_filter else ())
    return EVERY_MACHINE + extra
