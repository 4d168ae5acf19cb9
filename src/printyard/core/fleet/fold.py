"""Folds a report into the next state: what was not seen stays as it was."""

from operator import attrgetter

from msgspec import UNSET
from msgspec.structs import replace

from printyard.core.model.state import PrinterState
from printyard.core.model.value import Instant
from printyard.core.ports.driver import Report

MEASURED = tuple(
    name for name in Report.__struct_fields__ if name in PrinterState.__struct_fields__ and name not in {"at", "plate"}
)
"""The fields of a report that are a state's too, but for the plate: the yard keeps that (see `PrinterRecord`)."""


measured = attrgetter(*MEASURED)


def fold(state: PrinterState, report: Report, now: Instant) -> PrinterState:
    """The state after a report; `now` is used where the report has no instant of its own.

    A device that was lost keeps what was last seen of it, but for its link.
    """
    seen = {name: value for name, value in zip(MEASURED, measured(report), strict=True) if value is not UNSET}
    at = now if report.at is UNSET else report.at
    return replace(state, **seen, at=at, seq=state.seq + 1)
