"""Clusters on the wire, and what can be asked of them."""

from typing import Annotated

from msgspec import Meta

from printyard.apis.digital_factory.instant import Instant
from printyard.apis.digital_factory.schemas import words
from printyard.apis.digital_factory.schemas.jobs import PrintJobInstanceResponse
from printyard.apis.digital_factory.schemas.printers import ClusterPrinterStatus, Model


class ApiUptimeResponse(Model):
    """Since when the API answers; `time` is the only date here that is written with a blank, in UTC."""

    ok: bool
    time: str
    uptime: int
    version: str


class ClusterNote(Model):
    """The note of a cluster."""

    note: Annotated[str, Meta(min_length=1, max_length=3500)]


class ClusterNoteUpdateRequest(Model):
    """A new note; without one, the note is taken away."""

    note: ClusterNote | None = None


class ClusterResponse(Model):
    """A registered cluster; the host is its first printer."""

    cluster_id: words.Id44
    friendly_name: str
    host_guid: words.Guid
    host_name: words.HostName
    printer_count: int
    status: words.ClusterStatus
    capabilities: list[str] | None = None
    display_status: str | None = None
    host_current_print_job: PrintJobInstanceResponse | None = None
    host_internal_ip: str | None = None
    host_print_job_count: int | None = None
    host_printer: ClusterPrinterStatus | None = None
    host_remaining_print_time: int | None = None
    host_version: words.Version | None = None
    is_online: bool | None = None
    maintenance_due: bool | None = None
    note: ClusterNote | None = None
    organization_id: words.Id44 | None = None
    organization_shared: bool | None = None
    printer_type: str | None = None
    team_ids: list[words.Id44] | None = None
    user_id: words.Id44 | None = None


class ClusterStatusResponse(Model):
    """All printers of a cluster, its queue, and what was completed last."""

    generated_time: Instant | None = None
    is_online: bool | None = None
    print_jobs: list[PrintJobInstanceResponse] | None = None
    printers: list[ClusterPrinterStatus] | None = None
    recently_completed: list[PrintJobInstanceResponse] | None = None


class ClusterIdsRequest(Model):
    """Ids of clusters to ask about."""

    cluster_ids: list[words.Id44] | None = None


class ClusterIdsResponse(Model):
    """Those that the caller may see."""

    cluster_ids: list[words.Id44] | None = None


class ClusterSharingUpdateRequest(Model):
    """Who may see a cluster: the organization, or teams; without `team_ids` its teams stay."""

    organization_shared: bool | None = None
    team_ids: list[words.Id44] | None = None


class ClusterTeamCountResponse(Model):
    """How many clusters are shared with each team."""

    counts: dict[str, int] | None = None


class RegistrationResponse(Model):
    """A cluster that was registered."""

    cluster_id: words.Id44
    host_name: words.HostName
    generated_time: Instant | None = None


class ConfirmRegistrationMakerBotRequest(Model):
    """The printer to register."""

    printer_id: words.Guid


class MakerBotPrinterResponse(Model):
    """A printer of that make."""

    friendly_name: str
    host_guid: words.Guid
    is_authorized: bool
    is_online: bool
    printer_type: str
    organization_id: words.Id44 | None = None
    user_id: words.Id44 | None = None


class OrganizationSettings(Model):
    """What an organization has decided; what is left out stays."""

    enable_print_prep: bool | None = None
    require_print_approval: bool | None = None


class FilterOption(Model):
    """A value of a filter."""

    key: str
    display_name: str | None = None


class FilterResponse(Model):
    """A filter of a list."""

    display_name: str
    key: str
    type: str
    options: list[FilterOption] | None = None


class PrinterActionBodyRequest(Model):
    """What an action on a printer needs."""

    channel: words.FirmwareChannel | None = None
    enabled: bool | None = None
    material_profile_id: words.Id44 | None = None
    name: str | None = None
    pin_code: words.PinCode | None = None
    schedule_update: bool | None = None


class WebcamSnapshotStatus(Model):
    """Where the picture is that an action took."""

    image_url: words.Url


class ActionFailure(Model):
    """Why an action failed (ours)."""

    message: str


class SnapshotDetails(Model, tag_field="type", tag="webcam_snapshot"):
    """What an action brought that took a picture."""

    value: WebcamSnapshotStatus


class FailureDetails(Model, tag_field="type", tag="failure"):
    """What an action says that failed (ours)."""

    value: ActionFailure


class ActionStatusResponse(Model):
    """An action and what became of it."""

    action_id: words.Uuid
    status: words.ActionStatus
    status_details: SnapshotDetails | FailureDetails | None = None


class TimeBasedDetail(Model):
    """So many seconds between two times."""

    interval: Annotated[int, Meta(ge=0)]


class CalendarDetails(Model, tag_field="type", tag="time_based"):
    """A task that comes back by the calendar."""

    value: TimeBasedDetail


class PrintTimeDetails(Model, tag_field="type", tag="print_time_based"):
    """A task that comes back after so much printing (ours)."""

    value: TimeBasedDetail


class PrinterMaintenanceTaskRule(Model):
    """A task that comes back."""

    code: str
    task_details: CalendarDetails | PrintTimeDetails | None = None


class PrinterMaintenanceTaskResponse(Model):
    """When a task is due."""

    is_due: bool
    task_rule: PrinterMaintenanceTaskRule
    due_date: Instant | None = None


class PrinterMaintenanceTaskRequest(Model):
    """Tasks that were done."""

    task_codes: list[str] | None = None


class PrinterMaintenanceCompletedLogEntriesResponse(Model):
    """Tasks that somebody has done."""

    completed_at: Instant
    user_id: words.Id44
    username: words.Username
    task_codes: list[str] | None = None
