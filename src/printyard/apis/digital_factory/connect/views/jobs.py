"""Print jobs of a cluster."""

from collections.abc import Mapping
from math import ceil
from typing import Any

import msgspec
from msgspec.structs import asdict

from printyard.apis.digital_factory.connect.views.printers import Look, Materials, build_plate, material_of, volume
from printyard.apis.digital_factory.instant import instant
from printyard.apis.digital_factory.names import username
from printyard.apis.digital_factory.schemas import jobs as schemas
from printyard.apis.digital_factory.schemas.files import PrintJobResponse
from printyard.apis.digital_factory.schemas.printers import ClusterPrintCoreConfiguration, ClusterPrinterBuildPlate
from printyard.core.fleet.board import Snapshot
from printyard.core.model.job import WAITING, Job
from printyard.core.model.needs import ToolNeed
from printyard.core.model.remark import Remark
from printyard.core.model.value import Instant, seconds_between
from printyard.core.model.verdict import JobStanding
from printyard.dialects.ultimaker import cluster, cluster_parts
from printyard.dialects.ultimaker.cluster import SENT_FROM, UNFIXABLE, job_state, job_status, removed_at
from printyard.dialects.ultimaker.words import host_name

MINUTE = 60


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """What was read for a rendering: jobs, what was said about them, and what everything is called.

    `names` and `user_ids` by the id of a principal, `file_ids` by that of a file (the API's "job_id"). `gone` are those
    whose account was removed, `standings` are of the jobs that wait.
    """

    waiting: tuple[Job, ...] = ()
    recent: tuple[Job, ...] = ()
    remarks: Mapping[str, Remark] = msgspec.field(default_factory=dict)
    names: Mapping[str, str] = msgspec.field(default_factory=dict)
    gone: frozenset[str] = frozenset()
    user_ids: Mapping[str, str] = msgspec.field(default_factory=dict)
    file_ids: Mapping[str, str] = msgspec.field(default_factory=dict)
    standings: Mapping[str, JobStanding] = msgspec.field(default_factory=dict)


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """Where a job stands: its cluster, that cluster's printers by id (the host first), and what was read.

    `lasting`: what is rendered will be told as long as it holds, so it tells nothing that changes with every second.
    """

    cluster_id: str
    looks: Mapping[str, Look]
    sheet: Sheet
    materials: Materials
    online: bool
    now: Instant
    lasting: bool = False

    @property
    def host(self) -> Look:
        """The printer that speaks for the cluster."""
        return next(iter(self.looks.values()))


def instance_of(job: Job, scene: Scene, before_seconds: float = 0.0) -> schemas.PrintJobInstanceResponse:
    """A job; `before_seconds` is what those in front of it will take."""
    return schemas.PrintJobInstanceResponse(**fields_of(job, scene, before_seconds))


def details_of(job: Job, scene: Scene, source: PrintJobResponse | None) -> schemas.PrintJobDetailsResponse:
    """A job with the file that it is made of."""
    return schemas.PrintJobDetailsResponse(source=source, **fields_of(job, scene, 0.0))


def fields_of(job: Job, scene: Scene, before_seconds: float) -> dict[str, Any]:
    """The fields of a job's model, which the details share."""
    look = scene.looks.get(job.printer_id or "")
    total = total_seconds(job, look)
    elapsed = elapsed_seconds(job, look)
    remark = scene.sheet.remarks.get(job.id)
    return shared_fields(job, scene, look) | {
        "is_online": scene.online,
        "time_remaining": remaining(job, max(total - elapsed, 0.0) + before_seconds),
        "time_total": round(total),
        "time_elapsed": round(elapsed),
        "configuration_changes_required": changes_of(scene.sheet.standings.get(job.id)),
        "note": remark.note if remark is not None and remark.note else None,
        "status_message": None if remark is None else message_of(remark, scene.sheet),
    }


def remaining(job: Job, seconds: float) -> int:
    """How long it takes until a job is done; of one that waits to a minute, since nobody knows better."""
    if job.ended:
        return 0
    return ceil(seconds / MINUTE) * MINUTE if job.state in WAITING else round(seconds)


def shared_fields(job: Job, scene: Scene, look: Look | None) -> dict[str, Any]:
    """What every model of a job has."""
    sheet, shown, standing = scene.sheet, None if look is None else look.shown, scene.sheet.standings.get(job.id)
    at, variant = look or scene.host, job.needs.machine or (look or scene.host).machine.variant
    named = shown or waits_at(job, standing, scene)
    # A job that waits is shown at no printer: clients would take it for what is printed there.
    held = None if job.state in WAITING else shown
    return {
        "cluster_id": scene.cluster_id,
        "created_at": instant(job.created_at),
        "force": job.forced_by != "",
        "machine_variant": variant,
        "name": job.name,
        "sent_from": SENT_FROM[job.source],
        "started": job.started_at is not None,
        "state": job_state(job, shown),
        "status": job_status(job, shown),
        "uuid": job.id,
        "assigned_to": None if named is None else named.printer.name,
        "build_plate": plate_of(job, at, look),
        "cloud_job_id": sheet.file_ids.get(job.file_id or ""),
        "compatible_machine_families": [variant],
        "configuration": configuration_of(job, scene),
        "constraints": constraints_of(job, scene),
        "deleted_at": None if (removed := removed_at(job)) is None else instant(removed),
        "impediments_to_printing": impediments_of(standing),
        "last_seen": None if scene.lasting else last_seen(look, scene.now),
        "network_error_count": job.attempts,
        "owner": job.claimed_user or sheet.names.get(job.created_by, job.created_by),
        "owner_id": sheet.user_ids.get(job.created_by),
        "owner_deleted": job.created_by in sheet.gone,
        "printed_on_uuid": None if held is None or job.started_at is None else held.printer.device_guid,
        "printer_name": None if held is None else held.printer.name,
        "printer_uuid": None if held is None else held.printer.device_guid,
    }


def waits_at(job: Job, standing: JobStanding | None, scene: Scene) -> Snapshot | None:
    """The printer on which the least has to be done for a job that waits."""
    if job.state not in WAITING or standing is None or standing.cheapest is None:
        return None
    look = scene.looks.get(standing.cheapest.printer_id)
    return None if look is None else look.shown


def report_of(job: Job, scene: Scene) -> schemas.PrintJobInstanceReportResponse:
    """A job as a report lists it."""
    look = scene.looks.get(job.printer_id or "")
    changed = job.ended_at or job.started_at or job.assigned_at or job.created_at
    return schemas.PrintJobInstanceReportResponse(
        time_total=round(total_seconds(job, look)),
        time_elapsed=round(elapsed_seconds(job, look)),
        hidden=removed_at(job) is not None,
        updated_at=instant(changed),
        **shared_fields(job, scene, look),
    )


def held_here(job: Job, look: Look | None) -> bool:
    """Whether the job is the one that its printer is busy with."""
    return look is not None and look.shown.job is not None and look.shown.job.id == job.id


def total_seconds(job: Job, look: Look | None) -> float:
    """How long the print takes, as far as anybody knows."""
    if not job.ended and look is not None and held_here(job, look) and look.shown.state.in_print:
        return max(look.shown.state.progress.total_seconds, job.seconds_estimated)
    return cluster.total_seconds(job)


def elapsed_seconds(job: Job, look: Look | None) -> float:
    """How long it has printed."""
    if not job.ended and look is not None and held_here(job, look) and look.shown.state.in_print:
        return look.shown.state.progress.elapsed_seconds
    return job.seconds_elapsed


def last_seen(look: Look | None, now: Instant) -> float | None:
    """How long ago the job's printer was heard."""
    return None if look is None else round(max(seconds_between(look.shown.state.at, now), 0.0), 1)


def plate_of(job: Job, at: Look, look: Look | None) -> ClusterPrinterBuildPlate | None:
    """The plate on which the job is printed; of one that waits, the plate that it asks for."""
    if not at.machine.has_bed:
        return None
    if look is None or job.state in WAITING:
        return ClusterPrinterBuildPlate(type=job.needs.plate_type or at.shown.printer.setup.plate_type)
    return build_plate(look.shown)


def constraints_of(job: Job, scene: Scene) -> schemas.ClusterPrintJobConstraints:
    """Which printer the job insists on."""
    required = scene.looks.get(job.needs.printer_id or "")
    name = None if required is None else host_name(required.shown.printer)
    return schemas.ClusterPrintJobConstraints(require_printer_name=name)


def configuration_of(job: Job, scene: Scene) -> list[ClusterPrintCoreConfiguration]:
    """What the job's file asks of each extruder; every entry has a material, since clients look into it."""
    asked = job.needs.tools or tuple(
        ToolNeed(tool=number, nozzle_name=core, material_guid=guid)
        for number, (core, guid) in enumerate(zip(job.nozzle_names, job.material_guids, strict=False))
        if core or guid
    )
    return [core_asked_for(need, scene) for need in asked or (ToolNeed(tool=0),)]


def core_asked_for(need: ToolNeed, scene: Scene) -> ClusterPrintCoreConfiguration:
    """What a file asks of one extruder, and how much of the material."""
    needed = volume(need.filament_mm, scene.host.machine) if need.filament_mm else None
    return ClusterPrintCoreConfiguration(
        extruder_index=need.tool,
        print_core_id=need.nozzle_name or None,
        material=material_of(need.material_guid, scene.materials),
        estimated_material_volume=needed,
        original_material_volume=needed,
    )


def changes_of(standing: JobStanding | None) -> list[schemas.PrintJobInstanceConfigurationChange]:
    """What would have to be changed on the printer where the least has to be done."""
    cheapest = None if standing is None else standing.cheapest
    return [
        schemas.PrintJobInstanceConfigurationChange(**asdict(change)) for change in cluster_parts.changes_of(cheapest)
    ]


def impediments_of(standing: JobStanding | None) -> list[schemas.ClusterPrintJobImpediment]:
    """What keeps the job from every printer, or from the one where the least has to be done."""
    if standing is None:
        return []
    found = standing.impediments + (() if standing.cheapest is None else standing.cheapest.impediments)
    return [
        schemas.ClusterPrintJobImpediment(severity=one.severity, translation_key=one.translation_key)
        for one in cluster_parts.impediments_of(dict.fromkeys(found), unfixable=UNFIXABLE)
    ]


def message_of(remark: Remark, sheet: Sheet) -> schemas.UserMessage | None:
    """What whoever approved or rejected the job said; somebody whose account is gone has no name."""
    by = remark.message_by
    user_id = sheet.user_ids.get(by)
    if not remark.message or remark.message_at is None or user_id is None:
        return None
    return schemas.UserMessage(
        user_id=user_id,
        body=remark.message,
        generated_time=instant(remark.message_at),
        username=None if by in sheet.gone else username(sheet.names.get(by, by)),
    )
