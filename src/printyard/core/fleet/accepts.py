"""Which commands a printer takes now: one function of its axes and of what its driver supports."""

from collections.abc import Mapping
from functools import cache

from printyard.core.commands import (
    ANYTIME,
    Cancel,
    ClearPlate,
    Command,
    Home,
    Jog,
    LoadMaterial,
    MoveTo,
    Pause,
    Resume,
    SendGcode,
    SetFan,
    SetTarget,
    StartPrint,
    SwapNozzle,
)  # fmt: skip
from printyard.core.model.state import Activity, Link, Plate, PrinterState
from printyard.core.tables import total

WHILE: Mapping[Activity, frozenset[type[Command]]] = total(Activity, {
    Activity.IDLE: frozenset({
        StartPrint, SetTarget, Home, Jog, MoveTo, SetFan, SendGcode, LoadMaterial, SwapNozzle, ClearPlate,
    }),
    Activity.PREPARING: frozenset({Pause, Cancel, SetFan}),
    Activity.PRINTING: frozenset({Pause, Cancel, SetTarget, SetFan}),
    Activity.PAUSING: frozenset({Cancel}),
    Activity.PAUSED: frozenset({Resume, Cancel, SetTarget, SetFan, SendGcode, LoadMaterial}),
    Activity.RESUMING: frozenset({Cancel}),
    Activity.CANCELLING: frozenset[type[Command]](),
    Activity.FINISHING: frozenset[type[Command]](),
    Activity.BUSY: frozenset[type[Command]](),
    Activity.HALTED: frozenset[type[Command]](),
})  # fmt: skip
"""What an activity leaves room for, beside what is taken at any time."""

BLOCKED_BY_FAULT = frozenset({StartPrint, Resume, Home, Jog, MoveTo, SendGcode})
"""What a blocking fault stands in the way of."""


@cache
def _accepted(
    supports: frozenset[type[Command]], activity: Activity, plate: Plate, *, blocked: bool, unrecognised: bool
) -> frozenset[str]:
    taken: frozenset[type[Command]] = (WHILE[activity] | ANYTIME) & supports
    if plate is Plate.OCCUPIED or unrecognised:
        taken -= {StartPrint}
    if plate is not Plate.OCCUPIED:
        taken -= {ClearPlate}
    if blocked:
        taken -= BLOCKED_BY_FAULT
    return frozenset(command.word for command in taken)


def accepted(state: PrinterState, supports: frozenset[type[Command]]) -> frozenset[str]:
    """The words of the commands that the printer takes in this state; none while it cannot be reached."""
    if state.link is not Link.ONLINE:
        return frozenset()
    blocked = bool(state.faults) and state.blocking_fault is not None
    return _accepted(supports, state.activity, state.plate, blocked=blocked, unrecognised=bool(state.unrecognised))
