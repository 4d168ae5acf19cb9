"""Print jobs of clusters on the wire. Durations in seconds."""

from typing import Annotated

from msgspec import Meta

from printyard.apis.digital_factory.instant import Instant
from printyard.apis.digital_factory.schemas import words
from printyard.apis.digital_factory.schemas.files import PrintJobResponse
from printyard.apis.digital_factory.schemas.printers import (
    ClusterPrintCoreConfiguration,
    ClusterPrinterAirManager,
    ClusterPrinterBuildPlate,
    ClusterPrinterMaterialStation,
    Model,
)


class ClusterPrintJobConfigurationChange(Model):
    """What has to be changed on the printer before a job can start."""

    origin_id: str
    target_id: str
    index: int | None = None
    origin_name: str | None = None
    target_name: str | None = None
    type_of_change: words.TypeOfChange | None = None


class PrintJobInstanceConfigurationChange(Model):
    """The same, with whether the job may be started in spite of it."""

    is_overridable: bool
    origin_id: str
    target_id: str
    index: int | None = None
    origin_name: str | None = None
    target_name: str | None = None
    type_of_change: words.TypeOfChange | None = None


class ClusterPrintJobConstraints(Model):
    """On which printer a job has to be printed, by its unique name."""

    require_printer_name: str | None = None


class ClusterPrintJobImpediment(Model):
    """Why a job cannot be printed."""

    severity: str
    translation_key: str


class UserMessage(Model):
    """What somebody said about a job."""

    user_id: words.Id44
    body: Annotated[str, Meta(max_length=1000)] | None = None
    generated_time: Instant | None = None
    username: words.Username | None = None


class PrintJobInstanceResponse(Model):
    """One print job of a cluster. `assigned_to` is the name of the printer that it waits for."""

    cluster_id: words.Id44
    created_at: Instant
    force: bool
    is_online: bool
    machine_variant: str
    name: str
    sent_from: words.SentFrom
    started: bool
    state: words.JobState
    status: str
    time_remaining: int
    time_total: int
    uuid: words.Uuid
    assigned_to: str | None = None
    build_plate: ClusterPrinterBuildPlate | None = None
    cloud_job_id: words.Id44 | None = None
    compatible_machine_families: list[str] | None = None
    configuration: list[ClusterPrintCoreConfiguration] | None = None
    configuration_changes_required: list[PrintJobInstanceConfigurationChange] | None = None
    constraints: ClusterPrintJobConstraints | None = None
    deleted_at: Instant | None = None
    impediments_to_printing: list[ClusterPrintJobImpediment] | None = None
    last_seen: float | None = None
    network_error_count: int | None = None
    note: Annotated[str, Meta(max_length=500)] | None = None
    owner: str | None = None
    owner_deleted: bool | None = None
    owner_id: words.Id44 | None = None
    preview_url: words.Url | None = None
    printed_on_uuid: words.Uuid | None = None
    printer_name: str | None = None
    printer_uuid: words.Uuid | None = None
    status_detail: str | None = None
    status_message: UserMessage | None = None
    time_elapsed: int | None = None


class PrintJobDetailsResponse(PrintJobInstanceResponse):
    """The same, with the file that it was made of."""

    source: PrintJobResponse | None = None


class PrintJobInstancePrinterConfiguration(Model):
    """How the printer was when the job was printed."""

    air_manager: ClusterPrinterAirManager | None = None
    generated_time: Instant | None = None
    material_station: ClusterPrinterMaterialStation | None = None
    print_cores: list[ClusterPrintCoreConfiguration] | None = None


class PrintJobInstanceReportResponse(Model):
    """One print job in a report."""

    cluster_id: words.Id44
    created_at: Instant
    force: bool
    machine_variant: str
    name: str
    sent_from: words.SentFrom
    started: bool
    state: words.JobState
    status: str
    time_total: int
    uuid: words.Uuid
    assigned_to: str | None = None
    build_plate: ClusterPrinterBuildPlate | None = None
    cloud_job_id: words.Id44 | None = None
    compatible_machine_families: list[str] | None = None
    configuration: list[ClusterPrintCoreConfiguration] | None = None
    configuration_changes_required: list[ClusterPrintJobConfigurationChange] | None = None
    constraints: ClusterPrintJobConstraints | None = None
    deleted_at: Instant | None = None
    hidden: bool | None = None
    impediments_to_printing: list[ClusterPrintJobImpediment] | None = None
    last_seen: float | None = None
    network_error_count: int | None = None
    owner: str | None = None
    owner_deleted: bool | None = None
    owner_id: words.Id44 | None = None
    printed_on_uuid: words.Uuid | None = None
    printer_configuration: PrintJobInstancePrinterConfiguration | None = None
    printer_name: str | None = None
    printer_uuid: words.Uuid | None = None
    status_detail: str | None = None
    time_elapsed: int | None = None
    updated_at: Instant | None = None


class PrintJobInstanceUpdateRequest(Model):
    """A new note on a job ("" takes it away)."""

    note: Annotated[str, Meta(max_length=500)] | None = None


class PrintBodyRequest(Model):
    """How to print: at once, or when somebody says so in the queue."""

    start_now: bool = True


class PrintRequestResponse(Model):
    """What became of a request to print."""

    job_id: words.Id44
    job_instance_uuid: words.Uuid
    status: words.PrintRequestStatus
    generated_time: Instant | None = None


class PrintJobActionBodyRequest(Model):
    """What an action on a job needs: `move` a list and a position, `abort` and `duplicate` a quantity."""

    list: str | None = None
    message: Annotated[str, Meta(max_length=1000)] | None = None
    quantity: int | None = None
    to_position: words.Count | None = None
