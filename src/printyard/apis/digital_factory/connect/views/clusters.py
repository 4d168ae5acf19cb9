"""A cluster, and the status of all that is in it."""

from collections.abc import Iterable

from printyard.apis.digital_factory.connect.views.jobs import (
    Scene,
    elapsed_seconds,
    held_here,
    instance_of,
    total_seconds,
)
from printyard.apis.digital_factory.connect.views.printers import printer_of, version
from printyard.apis.digital_factory.instant import instant
from printyard.apis.digital_factory.schemas import clusters as schemas
from printyard.apis.digital_factory.schemas.jobs import PrintJobInstanceResponse
from printyard.core.clusters import Cluster
from printyard.core.model.job import Job
from printyard.core.model.machine import MachineModel
from printyard.core.model.state import Link
from printyard.dialects.ultimaker.words import host_name

CAPABILITIES = [
    "cluster_account_status", "connect_with_cluster_id", "group", "import_material", "print_job_action",
    "print_job_action_duplicate", "print_job_action_response", "printer_faults", "queue", "rename", "schedule",
    "status", "update_firmware",
]  # fmt: skip
"""Without "queue" clients take a printer for one that has none."""

CUSTOM = "custom"
"""The definition that Cura has for a machine of which it knows nothing."""

RECENT = 10
"""How many completed jobs a status shows."""


def online(cluster: Cluster) -> bool:
    """Whether any of its printers can be reached."""
    return any(shown.state.link is Link.ONLINE for shown in cluster.printers)


def printer_type(machine: MachineModel) -> str:
    """The definition by which Cura knows the kind of machine."""
    return machine.id if machine.bom_numbers else CUSTOM


def cluster_of(
    cluster: Cluster, scene: Scene, team_ids: Iterable[str], organization_id: str
) -> schemas.ClusterResponse:
    """A cluster as lists show it."""
    registration, host = cluster.registration, scene.host
    printer = printer_of(host, scene.materials)
    jobs = [*active_jobs(cluster), *scene.sheet.waiting]
    current = cluster.host.job
    return schemas.ClusterResponse(
        cluster_id=scene.cluster_id,
        friendly_name=cluster.host.printer.name,
        host_guid=cluster.host.printer.device_guid,
        host_name=host_name(cluster.host.printer),
        printer_count=len(cluster.printers),
        status="active",
        capabilities=CAPABILITIES,
        display_status=printer.status,
        host_current_print_job=None if current is None or current.ended else instance_of(current, scene),
        host_internal_ip=host.address,
        host_print_job_count=len(jobs),
        host_printer=printer,
        host_remaining_print_time=round(sum(remaining_seconds(job, scene) for job in jobs)),
        host_version=version(cluster.host.state.firmware),
        is_online=scene.online,
        maintenance_due=any(look.due for look in scene.looks.values()),
        note=schemas.ClusterNote(note=registration.note) if registration.note else None,
        organization_id=organization_id,
        organization_shared=registration.organization_shared,
        printer_type=printer_type(host.machine),
        team_ids=list(team_ids),
        user_id=scene.sheet.user_ids.get(registration.owner_id),
    )


def status_of(cluster: Cluster, scene: Scene) -> schemas.ClusterStatusResponse:
    """All of a cluster: its printers, what they print and what waits, and what was completed last."""
    held = {shown.job.id for shown in cluster.printers if shown.job is not None}
    return schemas.ClusterStatusResponse(
        generated_time=instant(scene.now),
        is_online=scene.online,
        print_jobs=print_jobs(cluster, scene),
        printers=[printer_of(look, scene.materials) for look in scene.looks.values()],
        recently_completed=[instance_of(job, scene) for job in scene.sheet.recent if job.id not in held][:RECENT],
    )


def print_jobs(cluster: Cluster, scene: Scene) -> list[PrintJobInstanceResponse]:
    """What is on the printers, then what waits, each with the time that passes before it begins."""
    on_printers = [shown.job for shown in cluster.printers if shown.job is not None]
    before = sum(remaining_seconds(job, scene) for job in on_printers) / len(cluster.printers)
    listed = [instance_of(job, scene) for job in on_printers]
    for job in scene.sheet.waiting:
        if held_here(job, scene.looks.get(job.printer_id or "")):
            continue
        listed.append(instance_of(job, scene, before))
        before += remaining_seconds(job, scene) / len(cluster.printers)
    return listed


def active_jobs(cluster: Cluster) -> list[Job]:
    """What its printers are busy with, and what they are about to begin."""
    return [shown.job for shown in cluster.printers if shown.job is not None and shown.job.started_at is not None
            and not shown.job.ended]  # fmt: skip


def remaining_seconds(job: Job, scene: Scene) -> float:
    """How long a job will print yet."""
    look = scene.looks.get(job.printer_id or "")
    return 0.0 if job.ended else max(total_seconds(job, look) - elapsed_seconds(job, look), 0.0)
