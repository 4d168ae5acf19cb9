"""Words and errors: what the core says, as an UltiMaker printer says it.

A state's one word is a function of (storage, link, blocking fault, attention, activity, plate, job), in this order,
beside its table. All tables are total: a new core word that has no row here breaks the import.
"""

from printyard.core.access.requests import ALLOW
from printyard.core.errors import (
    Busy,
    Conflict,
    CoreError,
    Forbidden,
    Incomplete,
    Invalid,
    NotFound,
    Offline,
    Refused,
    StorageFull,
    Throttled,
    TimedOut,
    TooLarge,
    Unauthenticated,
    Unsupported,
)  # fmt: skip
from printyard.core.fleet.board import Snapshot
from printyard.core.model.job import Job, JobOutcome, JobState
from printyard.core.model.state import Activity, Link, PauseCause, Plate, PrinterState
from printyard.core.model.user import GrantState
from printyard.core.tables import total
from printyard.serving.answers import Answer, json_answer
from printyard.serving.envelope import Problem

STATUSES: dict[type[CoreError], int] = {
    CoreError: 500,
    NotFound: 404,
    Conflict: 409,
    Busy: 405,
    Unsupported: 405,
    Refused: 405,
    Unauthenticated: 401,
    Forbidden: 403,
    Invalid: 400,
    TooLarge: 413,
    Incomplete: 400,
    Offline: 503,
    TimedOut: 504,
    Throttled: 429,
    StorageFull: 507,
}
"""405 is how these printers say "not now" (a print is under way) and "never" (no such part)."""


def envelope(problem: Problem) -> Answer:
    """Every error has the same shape, in JSON: {"message": a sentence}."""
    return json_answer(problem.status, {"message": str(problem.error)})


AUTHORIZATION = total(GrantState, {
    GrantState.PENDING: "unknown",
    GrantState.ALLOWED: "authorized",
    GrantState.DENIED: "unauthorized",
    GrantState.EXPIRED: "unauthorized",
    GrantState.REVOKED: "unauthorized",
})  # fmt: skip
"""What GET /auth/check answers; nobody answers an expired request any more, so its client must ask anew."""

BOOTING, WAITING, IDLE = "booting", "waiting_for_peripherals", "idle"
PRINTING, ERROR, MAINTENANCE = "printing", "error", "maintenance"

STATUS_OF_LINK = total(Link, {
    Link.OFFLINE: ERROR,
    Link.CONNECTING: BOOTING,
    Link.STARTING: BOOTING,
    Link.ONLINE: "",
})  # fmt: skip
"""The status of a printer that cannot be talked to; "" where the other axes decide."""

STATUS_OF_ACTIVITY = total(Activity, {
    Activity.IDLE: IDLE,
    Activity.PREPARING: PRINTING,
    Activity.PRINTING: PRINTING,
    Activity.PAUSING: PRINTING,
    Activity.PAUSED: PRINTING,
    Activity.RESUMING: PRINTING,
    Activity.CANCELLING: PRINTING,
    Activity.FINISHING: PRINTING,
    Activity.BUSY: MAINTENANCE,
    Activity.HALTED: ERROR,
})  # fmt: skip


def printer_status(shown: Snapshot) -> str:
    """The printer's status; "idle" promises that it takes a print now.

    A finished print on the plate, and a job that is on its way or waits for approval, are "printing".
    """
    state = shown.state
    if shown.storage_degraded or state.blocking_fault is not None:
        return ERROR
    if word := STATUS_OF_LINK[state.link]:
        return word
    if (word := STATUS_OF_ACTIVITY[state.activity]) != IDLE:
        return word
    if state.plate is Plate.OCCUPIED or (shown.job is not None and not shown.job.ended):
        return PRINTING
    if state.unrecognised:
        return WAITING
    return MAINTENANCE if shown.record.in_maintenance or not shown.record.enabled else IDLE


NONE, PRE_PRINT, POST_PRINT = "none", "pre_print", "post_print"
PAUSING, PAUSED, RESUMING = "pausing", "paused", "resuming"
WAIT_CLEANUP, WAIT_USER_ACTION = "wait_cleanup", "wait_user_action"

STATE_OF_JOB = total(JobState, {
    JobState.WAITING_APPROVAL: WAIT_USER_ACTION,
    JobState.QUEUED: PRE_PRINT,
    JobState.HELD: WAIT_USER_ACTION,
    JobState.ASSIGNED: PRE_PRINT,
    JobState.TRANSFERRING: PRE_PRINT,
    JobState.STARTING: PRE_PRINT,
    JobState.UNCONFIRMED: WAIT_USER_ACTION,
    JobState.STARTED: "",
    JobState.ENDED: "",
})  # fmt: skip
"""The state of a job whose print has not begun; "" where the other axes decide."""

STATE_OF_ACTIVITY = total(Activity, {
    Activity.IDLE: POST_PRINT,
    Activity.PREPARING: PRE_PRINT,
    Activity.PRINTING: PRINTING,
    Activity.PAUSING: PAUSING,
    Activity.PAUSED: PAUSED,
    Activity.RESUMING: RESUMING,
    Activity.CANCELLING: POST_PRINT,
    Activity.FINISHING: POST_PRINT,
    Activity.BUSY: WAIT_USER_ACTION,
    Activity.HALTED: WAIT_USER_ACTION,
})  # fmt: skip
"""The state of a print that has begun. There is no word for one that is being aborted: it winds down."""

STANDING_STILL = frozenset({Activity.PREPARING, Activity.PAUSED, Activity.BUSY, Activity.HALTED})
"""The activities in which a question can be what the print waits for."""


def print_state(state: PrinterState, job: Job) -> str:
    """The state of the job that holds the printer, or "none" if it lies there no more."""
    if job.ended:
        return WAIT_CLEANUP if state.plate is Plate.OCCUPIED else NONE
    if word := STATE_OF_JOB[job.state]:
        return word
    if state.activity in STANDING_STILL and (state.blocking_fault is not None or asks_about_print(state)):
        return WAIT_USER_ACTION
    return STATE_OF_ACTIVITY[state.activity]


def asks_about_print(state: PrinterState) -> bool:
    """Whether the display asks something that the print waits for; a request for access is no such thing."""
    return state.attention is not None and ALLOW not in state.attention.answers


RESULTS = total(JobOutcome, {
    JobOutcome.COMPLETED: "Finished",
    JobOutcome.CANCELLED: "Aborted",
    JobOutcome.FAILED: "Failed",
    JobOutcome.STOPPED: "Aborted",
    JobOutcome.UNKNOWN: "Failed",
    JobOutcome.REJECTED: "Aborted",
    JobOutcome.WITHDRAWN: "Aborted",
})  # fmt: skip


def result(job: Job) -> str:
    """How the print ended; "" while it may still succeed."""
    return "" if job.outcome is None else RESULTS[job.outcome]


PAUSE_SOURCES = total(PauseCause, {
    PauseCause.API: "api",
    PauseCause.PANEL: "display",
    PauseCause.FILE: "gcode",
    PauseCause.FILAMENT: "filament",
    PauseCause.FAULT: "fault",
    PauseCause.WATCH: "detection",
    PauseCause.POWER: "power",
})  # fmt: skip
"""What paused the print. The document names no values: these are ours."""


def pause_source(state: PrinterState) -> str:
    """What paused the print; "" while it is not paused."""
    paused = state.activity in {Activity.PAUSING, Activity.PAUSED}
    return PAUSE_SOURCES[state.pause_cause] if paused and state.pause_cause is not None else ""
