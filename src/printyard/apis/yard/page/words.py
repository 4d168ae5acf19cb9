"""The page's words: states, times and temperatures for people, and the buttons that make sense now."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from printyard.apis.yard import schemas
from printyard.apis.yard.schemas import Word
from printyard.core.model.group import Discipline
from printyard.core.model.job import JobOutcome
from printyard.core.tables import total

LABELS = total(Word, {
    Word.OFFLINE: "Offline",
    Word.CONNECTING: "Connecting",
    Word.STARTING: "Starting up",
    Word.FAULT: "Fault",
    Word.HALTED: "Halted",
    Word.PREPARING: "Preparing",
    Word.PRINTING: "Printing",
    Word.PAUSING: "Pausing",
    Word.PAUSED: "Paused",
    Word.RESUMING: "Resuming",
    Word.CANCELLING: "Cancelling",
    Word.FINISHING: "Finishing",
    Word.BUSY: "Busy",
    Word.ASKING: "Asks something",
    Word.MAINTENANCE: "Maintenance",
    Word.DISABLED: "Takes no jobs",
    Word.OCCUPIED: "Plate to clear",
    Word.IDLE: "Ready",
})  # fmt: skip

DISCIPLINES = total(Discipline, {
    Discipline.FIRST_COME: "First come, first served",
    Discipline.FEWEST_CHANGES: "First come, with the fewest changes of material",
    Discipline.SHORTEST: "Short prints first",
    Discipline.DEADLINE: "The nearest deadline first",
    Discipline.EVEN_WEAR: "First come, to the printer that has printed least",
})  # fmt: skip

TONES = total(Word, {
    Word.OFFLINE: "off",
    Word.CONNECTING: "off",
    Word.STARTING: "off",
    Word.FAULT: "bad",
    Word.HALTED: "bad",
    Word.PREPARING: "run",
    Word.PRINTING: "run",
    Word.PAUSING: "warn",
    Word.PAUSED: "warn",
    Word.RESUMING: "run",
    Word.CANCELLING: "warn",
    Word.FINISHING: "run",
    Word.BUSY: "run",
    Word.ASKING: "warn",
    Word.MAINTENANCE: "off",
    Word.DISABLED: "off",
    Word.OCCUPIED: "done",
    Word.IDLE: "ready",
})  # fmt: skip
"""How a word looks: the style sheet has a color for each of these."""

OUTCOMES = total(JobOutcome, {
    JobOutcome.COMPLETED: ("Completed", "done"),
    JobOutcome.CANCELLED: ("Cancelled", "off"),
    JobOutcome.FAILED: ("Failed", "bad"),
    JobOutcome.STOPPED: ("Stopped at the printer", "warn"),
    JobOutcome.UNKNOWN: ("Outcome unknown", "warn"),
    JobOutcome.REJECTED: ("Rejected", "off"),
    JobOutcome.WITHDRAWN: ("Withdrawn", "off"),
})  # fmt: skip

STATES = {
    "waiting_approval": ("Waits for approval", "warn"),
    "queued": ("Queued", "ready"),
    "held": ("Held", "warn"),
    "unconfirmed": ("Unconfirmed", "warn"),
    "started": ("Printing", "run"),
}
"""Of a job that has not ended; all others are steps on the way to its print."""


class Button(msgspec.Struct, frozen=True):
    """Something that can be asked of a printer now. `confirm` is asked back first, where there is a script to do it."""

    verb: str
    label: str
    look: str = ""
    confirm: str = ""


def buttons(printer: schemas.Printer, can: Mapping[str, bool]) -> list[Button]:
    """What somebody with these rights can do with a printer now."""
    if not can["control"]:
        return []
    accepts, found = printer.state.accepts, []
    if "pause" in accepts:
        found.append(Button("pause", "Pause"))
    if "resume" in accepts:
        found.append(Button("resume", "Resume", "primary"))
    if "cancel" in accepts:
        found.append(Button("cancel", "Cancel", "danger", f"End the print on {printer.name}?"))
    if printer.state.plate == "occupied" and printer.progress is None:
        found.append(Button("plate-cleared", "Plate is cleared", "primary"))
    return found


def label(word: str) -> str:
    """A state for people."""
    return LABELS[Word(word)]


def tone(word: str) -> str:
    """How a state looks."""
    return TONES[Word(word)]


def mark(printer: schemas.Printer) -> str:
    """Says whether a card must be drawn anew: equal as long as only measurements change. The script has the same."""
    state, job = printer.state, printer.job
    return "|".join([
        printer.name, state.word, state.plate, state.attention.id if state.attention else "",
        ",".join(fault.id for fault in state.faults), ",".join(state.accepts),
        f"{job.id} {job.state}" if job else "", "yes" if printer.progress else "",
        "yes" if printer.enabled else "", "yes" if printer.in_maintenance else "", printer.note, str(len(state.tools)),
        ",".join(tool.material_guid or "" for tool in state.tools),
        ",".join(tool.nozzle.name if tool.nozzle else "" for tool in state.tools),
    ])  # fmt: skip


def outcome(job: schemas.Job) -> tuple[str, str]:
    """How a job stands or ended, and how that looks."""
    if job.outcome is not None:
        return OUTCOMES[JobOutcome(job.outcome)]
    return STATES.get(job.state, ("Starting", "run"))


def duration(seconds: float) -> str:
    """Hours and minutes; seconds only where there is nothing else."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes = round(whole / 60)
    if minutes < 60:
        return f"{minutes} min"
    hours, minutes = divmod(minutes, 60)
    if hours < 48:
        return f"{hours} h {minutes:02} min"
    days, hours = divmod(hours, 24)
    return f"{days} d {hours} h"


def percent(fraction: float) -> str:
    """Whole percent, never 100 before the end."""
    return f"{int(fraction * 100)} %"


def celsius(reading: schemas.Temperature | None) -> str:
    """A temperature, and what it is to become."""
    if reading is None:
        return "\u2013"
    return f"{reading.current:.0f}°" + (f" / {reading.target:.0f}°" if reading.target else "")


def moment(instant: str) -> str:
    """An instant in UTC; the script turns it into the reader's own time."""
    return f"{datetime.fromisoformat(instant):%Y-%m-%d %H:%M} UTC"
