"""Facts as this API tells them: which of them, by what names, and with what of their bodies."""

from printyard.apis.digital_factory.connect.push.schemas import Happened
from printyard.apis.digital_factory.instant import instant
from printyard.core.events import FactName, RecordedFact
from printyard.core.model.job import JobOutcome
from printyard.core.tables import total
from printyard.dialects.ultimaker.cluster import JOB_OVER

UNTOLD = ""

NAMES = total(FactName, {
    FactName.PRINTER_ADDED: "printer_added",
    FactName.PRINTER_CHANGED: "printer_changed",
    FactName.PRINTER_REMOVED: "printer_removed",
    FactName.PRINTER_CONNECTED: "printer_online",
    FactName.PRINTER_LOST: "printer_offline",
    FactName.PLATE_CHANGED: "build_plate_changed",
    FactName.PRINT_STARTED: "print_started",
    FactName.PRINT_PAUSED: "print_paused",
    FactName.PRINT_RESUMED: "print_resumed",
    FactName.PRINT_ENDED: "print_ended",
    FactName.FAULT_RAISED: "fault_raised",
    FactName.FAULT_CLEARED: "fault_cleared",
    FactName.QUESTION_ASKED: "question_asked",
    FactName.QUESTION_ANSWERED: "question_answered",
    FactName.MATERIAL_LOADED: "material_loaded",
    FactName.NOZZLE_SWAPPED: "print_core_changed",
    FactName.FILAMENT_USED: UNTOLD,
    FactName.FIRMWARE_CHANGED: "firmware_changed",
    FactName.JOB_CREATED: "print_job_created",
    FactName.JOB_QUEUED: "print_job_queued",
    FactName.JOB_HELD: "print_job_held",
    FactName.JOB_ASSIGNED: "print_job_assigned",
    FactName.JOB_TRANSFERRING: "print_job_sent",
    FactName.JOB_STARTING: "print_job_starting",
    FactName.JOB_STARTED: "print_job_started",
    FactName.JOB_UNCONFIRMED: "print_job_unconfirmed",
    FactName.JOB_ENDED: "print_job_ended",
    FactName.JOB_REMOVED: "print_job_removed",
    FactName.JOB_CHANGED: "print_job_changed",
    FactName.GROUP_CHANGED: UNTOLD,
    FactName.FILE_ADDED: UNTOLD,
    FactName.FILE_REMOVED: UNTOLD,
    FactName.UPLOAD_FAILED: UNTOLD,
    FactName.PROJECT_ADDED: UNTOLD,
    FactName.PROJECT_CHANGED: UNTOLD,
    FactName.PROJECT_REMOVED: UNTOLD,
    FactName.MATERIAL_CHANGED: UNTOLD,
    FactName.MATERIAL_REMOVED: UNTOLD,
    FactName.ACCESS_REQUESTED: UNTOLD,
    FactName.ACCESS_DECIDED: UNTOLD,
    FactName.ACCESS_REVOKED: UNTOLD,
    FactName.USER_ADDED: UNTOLD,
    FactName.USER_CHANGED: UNTOLD,
    FactName.USER_REMOVED: UNTOLD,
    FactName.ORGANIZATION_ADDED: UNTOLD,
    FactName.ORGANIZATION_CHANGED: UNTOLD,
    FactName.ORGANIZATION_REMOVED: UNTOLD,
    FactName.TEAM_ADDED: UNTOLD,
    FactName.TEAM_CHANGED: UNTOLD,
    FactName.TEAM_REMOVED: UNTOLD,
    FactName.CLIENT_ADDED: UNTOLD,
    FactName.CLIENT_REMOVED: UNTOLD,
    FactName.CONSENT_GIVEN: UNTOLD,
    FactName.CONSENT_WITHDRAWN: UNTOLD,
    FactName.TOKEN_ADDED: UNTOLD,
    FactName.TOKEN_REVOKED: UNTOLD,
    FactName.SETTING_CHANGED: UNTOLD,
    FactName.COMMAND_ENDED: UNTOLD,
    FactName.DEVICE_EVENT: UNTOLD,
    FactName.MAINTENANCE_DONE: "maintenance_done",
    FactName.ALERT_RAISED: "alert_raised",
    FactName.CLUSTER_REGISTERED: "cluster_registered",
    FactName.CLUSTER_CHANGED: "cluster_changed",
    FactName.CLUSTER_REMOVED: "cluster_removed",
})  # fmt: skip
"""What a fact about a cluster is called; UNTOLD for what is told of none, or is not everybody's business."""

RESHAPING = frozenset({
    FactName.PRINTER_ADDED, FactName.PRINTER_REMOVED, FactName.GROUP_CHANGED, FactName.CLUSTER_REGISTERED,
    FactName.CLUSTER_CHANGED, FactName.CLUSTER_REMOVED, FactName.TEAM_CHANGED, FactName.TEAM_REMOVED,
    FactName.USER_CHANGED,
})  # fmt: skip
"""Facts after which somebody may see other clusters than before."""

SAID = (
    "name", "reason", "cause", "note", "message", "text", "answer", "code", "plate", "tool", "guid", "codes", "before",
    "after", "enabled", "in_maintenance",
)  # fmt: skip
"""What is told of a fact's body: words for people and programs, none of the core's ids."""


def happened(recorded: RecordedFact, cluster_id: str, printer_uuid: str | None) -> Happened | None:
    """A fact about a cluster; None for one that is not told."""
    fact, name = recorded.fact, NAMES[recorded.fact.name]
    if name == UNTOLD:
        return None
    details = {key: fact.body[key] for key in SAID if key in fact.body}
    if "outcome" in fact.body and fact.subject_kind == "job":
        details["status"] = JOB_OVER[JobOutcome(fact.body["outcome"])]
    return Happened(
        id=recorded.number,
        name=name,
        time=instant(fact.at),
        cluster_id=cluster_id,
        printer_uuid=printer_uuid,
        cluster_job_id=fact.subject_id if fact.subject_kind == "job" else None,
        details=details or None,
    )
