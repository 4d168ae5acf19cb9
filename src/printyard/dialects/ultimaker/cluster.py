"""Words of a group of UltiMaker printers: its printers' and jobs' one word each, on the network and in the cloud.

The words are those that Cura 4.13 shows (its monitor page) and that the Connect API lists. Each word is a function of
(storage, link, blocking fault, attention, activity, plate, outcome), in this order, beside its tables.
"""

from typing import Literal

from printyard.core.access.requests import ALLOW
from printyard.core.fleet.board import Snapshot
from printyard.core.model.job import Job, JobOutcome, JobSource, JobState
from printyard.core.model.state import Activity, Link, Plate, PrinterState, Severity
from printyard.core.model.value import Instant
from printyard.core.model.verdict import ChangeKind, ImpedimentKey
from printyard.core.tables import total

IDLE, PRINTING, PRE_PRINT, ERROR = "idle", "printing", "pre_print", "error"
MAINTENANCE, BOOTING, UNREACHABLE = "maintenance", "booting", "unreachable"

PRINTER_OF_LINK = total(Link, {
    Link.OFFLINE: UNREACHABLE,
    Link.CONNECTING: UNREACHABLE,
    Link.STARTING: BOOTING,
    Link.ONLINE: "",
})  # fmt: skip
"""The status of a printer that cannot be talked to; "" where the other axes decide."""

PRINTER_OF_ACTIVITY = total(Activity, {
    Activity.IDLE: IDLE,
    Activity.PREPARING: PRE_PRINT,
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

    What is on its way to the printer is "pre_print", a finished print on its plate "printing".
    """
    state = shown.state
    if word := PRINTER_OF_LINK[state.link]:
        return word
    if shown.storage_degraded or state.blocking_fault is not None:
        return ERROR
    if (word := PRINTER_OF_ACTIVITY[state.activity]) != IDLE:
        return word
    if shown.job is not None and not shown.job.ended:
        return PRE_PRINT
    if state.plate is Plate.OCCUPIED:
        return PRINTING
    return MAINTENANCE if shown.record.in_maintenance or state.unrecognised else IDLE


QUEUED, SENT_TO_PRINTER, WAIT_APPROVAL = "queued", "sent_to_printer", "wait_approval"
PAUSING, PAUSED, RESUMING, POST_PRINT = "pausing", "paused", "resuming", "post_print"
WAIT_CLEANUP, WAIT_USER_ACTION, FINISHED = "wait_cleanup", "wait_user_action", "finished"
ABORTED, FAILED = "aborted", "failed"

JOB_OF_STATE = total(JobState, {
    JobState.WAITING_APPROVAL: WAIT_APPROVAL,
    JobState.QUEUED: QUEUED,
    JobState.HELD: ERROR,
    JobState.ASSIGNED: SENT_TO_PRINTER,
    JobState.TRANSFERRING: SENT_TO_PRINTER,
    JobState.STARTING: PRE_PRINT,
    JobState.UNCONFIRMED: WAIT_USER_ACTION,
    JobState.STARTED: "",
    JobState.ENDED: "",
})  # fmt: skip
"""The status of a job whose print has not begun; "" where the other axes decide. "error" stands in the queue."""

JOB_OF_ACTIVITY = total(Activity, {
    Activity.IDLE: POST_PRINT,
    Activity.PREPARING: PRE_PRINT,
    Activity.PRINTING: PRINTING,
    Activity.PAUSING: PAUSING,
    Activity.PAUSED: PAUSED,
    Activity.RESUMING: RESUMING,
    Activity.CANCELLING: "aborted_post_print",
    Activity.FINISHING: POST_PRINT,
    Activity.BUSY: WAIT_USER_ACTION,
    Activity.HALTED: WAIT_USER_ACTION,
})  # fmt: skip
"""The status of a print that has begun. "aborting" was never sent: what winds down is "aborted_post_print"."""

STANDING_STILL = frozenset({Activity.PREPARING, Activity.PAUSED, Activity.BUSY, Activity.HALTED})
"""The activities in which a question or a fault can be what the print waits for."""

JOB_ON_PLATE = total(JobOutcome, {
    JobOutcome.COMPLETED: WAIT_CLEANUP,
    JobOutcome.CANCELLED: "aborted_wait_cleanup",
    JobOutcome.FAILED: "failed_wait_cleanup",
    JobOutcome.STOPPED: "aborted_wait_cleanup",
    JobOutcome.UNKNOWN: "failed_wait_cleanup",
    JobOutcome.REJECTED: ABORTED,
    JobOutcome.WITHDRAWN: ABORTED,
})  # fmt: skip
"""The status of a job that has ended and may still lie on the plate."""

JOB_OVER = total(JobOutcome, {
    JobOutcome.COMPLETED: FINISHED,
    JobOutcome.CANCELLED: ABORTED,
    JobOutcome.FAILED: FAILED,
    JobOutcome.STOPPED: ABORTED,
    JobOutcome.UNKNOWN: FAILED,
    JobOutcome.REJECTED: ABORTED,
    JobOutcome.WITHDRAWN: ABORTED,
})  # fmt: skip
"""The status of a job that is history."""


def job_status(job: Job, shown: Snapshot | None) -> str:
    """The job's status. `shown` is its printer's snapshot, or None where it has no printer or that one is gone."""
    held = shown is not None and shown.job is not None and shown.job.id == job.id
    if job.outcome is not None:
        on_plate = held and shown is not None and shown.state.plate is Plate.OCCUPIED
        return (JOB_ON_PLATE if on_plate else JOB_OVER)[job.outcome]
    if job.state is JobState.HELD and not job.auto_start:
        return QUEUED  # whoever handed it in wants it to wait: nothing is wrong with it
    if word := JOB_OF_STATE[job.state]:
        return word
    if shown is None or not held:
        return POST_PRINT
    state = shown.state
    if state.activity in STANDING_STILL and (state.blocking_fault is not None or asks_about_print(state)):
        return WAIT_USER_ACTION
    return JOB_OF_ACTIVITY[state.activity]


def total_seconds(job: Job) -> float:
    """How long a print takes that does not go on just now.

    A completed one took as long as it took: Cura's page calls it aborted if there was time left of an estimate.
    """
    if job.outcome is JobOutcome.COMPLETED:
        return job.seconds_elapsed
    return job.seconds_estimated or job.seconds_elapsed


def asks_about_print(state: PrinterState) -> bool:
    """Whether the display asks something that the print waits for; a request for access is no such thing."""
    return state.attention is not None and ALLOW not in state.attention.answers


JOB_STATES = total(JobState, {
    JobState.WAITING_APPROVAL: "wait_approval",
    JobState.QUEUED: "waiting",
    JobState.HELD: "waiting",
    JobState.ASSIGNED: "sending",
    JobState.TRANSFERRING: "sending",
    JobState.STARTING: "sending",
    JobState.UNCONFIRMED: "in_progress",
    JobState.STARTED: "in_progress",
    JobState.ENDED: "history",
})  # fmt: skip
"""The six states by which the cloud's lists are filtered; the sixth is "deleted", for a job that was removed."""

DELETED = "deleted"


def removed_at(job: Job) -> Instant | None:
    """When a job was taken out of the queue before it began, or out of the lists after its end."""
    return job.ended_at if job.outcome is JobOutcome.WITHDRAWN else job.deleted_at


def job_state(job: Job, shown: Snapshot | None) -> str:
    """One of the six states. A print is in progress until it is taken off the plate."""
    if removed_at(job) is not None:
        return DELETED
    if job.ended and shown is not None and shown.job is not None and shown.job.id == job.id:
        return "in_progress" if shown.state.plate is Plate.OCCUPIED else JOB_STATES[job.state]
    return JOB_STATES[job.state]


SENT_FROM = total(JobSource, {
    JobSource.NETWORK: "network",
    JobSource.CLOUD: "cloud",
    JobSource.REPRINT: "reprint",
    JobSource.PANEL: "usb",
    JobSource.ADOPTED: "usb",
})  # fmt: skip
"""Where a job came from: all four words of the document."""

FAULT_SEVERITIES = total(Severity, {
    Severity.NOTICE: "1",
    Severity.WARNING: "3",
    Severity.BLOCKING: "6",
    Severity.FATAL: "8",
})  # fmt: skip
"""A fault's severity: a number as text, higher is worse."""

CHANGES = total(ChangeKind, {
    ChangeKind.MATERIAL_CHANGE: "material_change",
    ChangeKind.MATERIAL_INSERT: "material_insert",
    ChangeKind.PRINT_CORE_CHANGE: "print_core_change",
    ChangeKind.BUILDPLATE_CHANGE: "buildplate_change",
})  # fmt: skip
"""What somebody has to change: all four words of the document."""

IMPEDIMENTS = total(ImpedimentKey, {
    ImpedimentKey.WAITS_FOR_APPROVAL: "waits_for_approval",
    ImpedimentKey.HELD: "held",
    ImpedimentKey.FILE_UNREAD: "file_unread",
    ImpedimentKey.NO_PRINTER: "no_printer",
    ImpedimentKey.OTHER_PRINTER_REQUIRED: "other_printer_required",
    ImpedimentKey.WRONG_MACHINE: "wrong_machine_type",
    ImpedimentKey.WRONG_FLAVOR: "wrong_gcode_flavor",
    ImpedimentKey.EXTRUDER_ABSENT: "extruder_absent",
    ImpedimentKey.DOES_NOT_FIT: "does_not_fit_in_build_volume",
    ImpedimentKey.NOT_ENOUGH_MATERIAL: "not_enough_material",
    ImpedimentKey.PRINTER_OFFLINE: "printer_unreachable",
    ImpedimentKey.PRINTER_FAULT: "printer_error",
    ImpedimentKey.PRINTER_DISABLED: "printer_disabled",
    ImpedimentKey.PRINTER_IN_MAINTENANCE: "printer_in_maintenance",
    ImpedimentKey.PRINTER_BUSY: "printer_busy",
    ImpedimentKey.PRINTER_RESERVED: "printer_reserved",
    ImpedimentKey.PLATE_OCCUPIED: "build_plate_not_cleared",
    ImpedimentKey.NOT_RECORDING: "storage_full",
    ImpedimentKey.OTHERS_FIRST: "others_first",
})  # fmt: skip
"""Why a job cannot be printed. The document gives one word (does_not_fit_in_build_volume): the others are ours."""

UNFIXABLE = "UNFIXABLE"
"""The severity with which an impediment makes Cura show the job as failed; any other severity is a number as text."""

FirmwareUpdate = Literal[
    "up_to_date", "pending_update", "update_available", "update_in_progress", "update_failed", "update_impossible"
]


def firmware_update(running: str, latest: str, updater: str) -> FirmwareUpdate:
    """How a printer's firmware stands. `updater` is the core's word for what it does: idle, downloading, ..."""
    if updater in {"downloading", "installing"}:
        return "update_in_progress"
    if updater == "failed":
        return "update_failed"
    if not latest:
        return "update_impossible"
    return "up_to_date" if latest == running else "update_available"
