"""Facts: what has happened, numbered and recorded, then told. The log is the truth, the bus a bell."""

from enum import StrEnum
from typing import Any

from printyard.core.model.value import Id, Instant, Value


class FactName(StrEnum):
    """The names of facts: past tense, never reused for another meaning."""

    PRINTER_ADDED = "PrinterAdded"
    PRINTER_CHANGED = "PrinterChanged"
    PRINTER_REMOVED = "PrinterRemoved"
    PRINTER_CONNECTED = "PrinterConnected"
    PRINTER_LOST = "PrinterLost"
    PLATE_CHANGED = "PlateChanged"
    PRINT_STARTED = "PrintStarted"
    PRINT_PAUSED = "PrintPaused"
    PRINT_RESUMED = "PrintResumed"
    PRINT_ENDED = "PrintEnded"
    FAULT_RAISED = "FaultRaised"
    FAULT_CLEARED = "FaultCleared"
    QUESTION_ASKED = "QuestionAsked"
    QUESTION_ANSWERED = "QuestionAnswered"
    MATERIAL_LOADED = "MaterialLoaded"
    NOZZLE_SWAPPED = "NozzleSwapped"
    FILAMENT_USED = "FilamentUsed"
    FIRMWARE_CHANGED = "FirmwareChanged"
    JOB_CREATED = "JobCreated"
    JOB_QUEUED = "JobQueued"
    JOB_HELD = "JobHeld"
    JOB_ASSIGNED = "JobAssigned"
    JOB_TRANSFERRING = "JobTransferring"
    JOB_STARTING = "JobStarting"
    JOB_STARTED = "JobStarted"
    JOB_UNCONFIRMED = "JobUnconfirmed"
    JOB_ENDED = "JobEnded"
    JOB_REMOVED = "JobRemoved"
    JOB_CHANGED = "JobChanged"
    GROUP_CHANGED = "GroupChanged"
    FILE_ADDED = "FileAdded"
    FILE_REMOVED = "FileRemoved"
    UPLOAD_FAILED = "UploadFailed"
    PROJECT_ADDED = "ProjectAdded"
    PROJECT_CHANGED = "ProjectChanged"
    PROJECT_REMOVED = "ProjectRemoved"
    MATERIAL_CHANGED = "MaterialChanged"
    MATERIAL_REMOVED = "MaterialRemoved"
    ACCESS_REQUESTED = "AccessRequested"
    ACCESS_DECIDED = "AccessDecided"
    ACCESS_REVOKED = "AccessRevoked"
    USER_ADDED = "UserAdded"
    USER_CHANGED = "UserChanged"
    USER_REMOVED = "UserRemoved"
    ORGANIZATION_ADDED = "OrganizationAdded"
    ORGANIZATION_CHANGED = "OrganizationChanged"
    ORGANIZATION_REMOVED = "OrganizationRemoved"
    TEAM_ADDED = "TeamAdded"
    TEAM_CHANGED = "TeamChanged"
    TEAM_REMOVED = "TeamRemoved"
    CLIENT_ADDED = "ClientAdded"
    CLIENT_REMOVED = "ClientRemoved"
    CONSENT_GIVEN = "ConsentGiven"
    CONSENT_WITHDRAWN = "ConsentWithdrawn"
    TOKEN_ADDED = "TokenAdded"  # noqa: S105
    TOKEN_REVOKED = "TokenRevoked"  # noqa: S105
    SETTING_CHANGED = "SettingChanged"
    COMMAND_ENDED = "CommandEnded"
    DEVICE_EVENT = "DeviceEvent"
    MAINTENANCE_DONE = "MaintenanceDone"
    ALERT_RAISED = "AlertRaised"
    CLUSTER_REGISTERED = "ClusterRegistered"
    CLUSTER_CHANGED = "ClusterChanged"
    CLUSTER_REMOVED = "ClusterRemoved"


class Fact(Value):
    """Something that happened, before it has a number.

    `at` is when it happened. `cause` is the id of the command, job or request that brought it about.
    `body` only grows; a changed meaning is a new `schema_version` with an upcaster.
    """

    name: FactName
    at: Instant
    organization_id: Id
    subject_kind: str
    subject_id: str
    actor: str = ""
    cause: str = ""
    printer_id: Id | None = None
    schema_version: int = 1
    body: dict[str, Any] = {}


class RecordedFact(Value):
    """A fact in the log. A reader that saw `number` has seen all below."""

    number: int
    recorded_at: Instant
    fact: Fact
