"""The group's printers and jobs as Cura reads them."""

from collections.abc import Sequence

import msgspec

from printyard.apis.cura_lan import translate
from printyard.apis.cura_lan.refused import RefusedUpload
from printyard.apis.cura_lan.schemas import Constraints, Fault, Printer, PrintJob, timestamp
from printyard.core.fleet.board import Snapshot
from printyard.core.model.job import Job, JobState
from printyard.core.model.machine import MachineModel
from printyard.core.model.value import Instant
from printyard.core.model.verdict import JobStanding
from printyard.dialects.ultimaker import cluster, words
from printyard.dialects.ultimaker.cluster_parts import (
    BuildPlate,
    Impediment,
    Library,
    asked_for,
    changes_of,
    impediments_of,
    mounted,
)  # fmt: skip

ANY_PLATE = "glass"


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """What the views look things up in: the group's printers by id, their kinds of machines, and the profiles."""

    printers: dict[str, Snapshot]
    machines: dict[str, MachineModel]
    materials: Library


def printer(shown: Snapshot, machine: MachineModel, place: str, materials: Library) -> Printer:
    """A printer of the group; `place` is what Cura makes the camera's address of."""
    return Printer(
        uuid=shown.printer.device_guid,
        unique_name=words.host_name(shown.printer),
        friendly_name=shown.printer.name,
        machine_variant=machine.variant,
        firmware_version=shown.state.firmware,
        ip_address=place,
        status=cluster.printer_status(shown),
        enabled=shown.record.enabled,
        configuration=mounted(shown.state, materials),
        build_plate=BuildPlate(
            shown.printer.setup.plate_type, None if shown.state.bed is None else shown.state.bed.current
        ),
        maintenance_required=shown.record.in_maintenance,
        reserved_by=shown.record.reserved_by,
        faults=[
            Fault(fault.code, cluster.FAULT_SEVERITIES[fault.severity], fault.message) for fault in shown.state.faults
        ],
    )


def print_job(
    job: Job, standing: JobStanding | None, known: Known, shown_at: Snapshot | None = None
) -> PrintJob:  # fmt: skip
    """A job. `standing` says why it waits, if it does; a printer that is not the group's has no name here.

    `shown_at` is the printer at which a person would have to do something for the job.
    """
    shown = known.printers.get(job.printer_id or "")
    best = None if standing is None else standing.cheapest
    near = shown or (None if best is None else known.printers.get(best.printer_id))
    machine = None if near is None else known.machines.get(near.printer.id)
    required = known.printers.get(job.needs.printer_id or "")
    families = sorted({one.variant for one in known.machines.values()}) if not job.needs.machine else []
    impediments = () if standing is None else (*standing.impediments, *(best.impediments if best else ()))
    return PrintJob(
        uuid=job.id,
        name=job.name,
        owner=job.claimed_user,
        status=translate.job_status(job, shown),
        started=job.started_at is not None,
        force=bool(job.forced_by),
        created_at=timestamp(job.claimed_at or job.created_at),
        machine_variant=job.needs.machine or (machine.variant if machine is not None else ""),
        time_total=round(total_seconds(job, shown)),
        time_elapsed=round(elapsed_seconds(job, shown)),
        configuration=asked_for(
            job.needs.tools, known.materials, *([machine.filament_diameter_mm] if machine is not None else [])
        ),
        constraints=Constraints(None if required is None else words.host_name(required.printer)),
        configuration_changes_required=changes_of(best),
        impediments_to_printing=impediments_of(impediments, unfixable=cluster.UNFIXABLE),
        compatible_machine_families=[job.needs.machine] if job.needs.machine else families,
        build_plate=BuildPlate(job.needs.plate_type or ANY_PLATE),
        assigned_to=uuid(shown or shown_at),
        printer_uuid=uuid(shown) if job.state not in WITHOUT_PRINTER else None,
        printed_on_uuid=uuid(shown) if job.started_at is not None else None,
        reason=job.reason,
        datetime_started=moment(job.started_at),
        datetime_finished=moment(job.ended_at),
    )


WITHOUT_PRINTER = frozenset({JobState.WAITING_APPROVAL, JobState.QUEUED, JobState.HELD})


def uuid(shown: Snapshot | None) -> str | None:
    """By which Cura knows a printer."""
    return None if shown is None else shown.printer.device_guid


def moment(instant: Instant | None) -> str | None:
    """An instant, or None if it has not come."""
    return None if instant is None else timestamp(instant)


def elapsed_seconds(job: Job, shown: Snapshot | None) -> float:
    """Since the start, pauses included."""
    prints = shown is not None and job.state is JobState.STARTED
    return shown.state.progress.elapsed_seconds if shown is not None and prints else job.seconds_elapsed


def total_seconds(job: Job, shown: Snapshot | None) -> float:
    """The estimate without pauses: the device's own while it prints, else that of the analysis."""
    told = shown.state.progress.total_seconds if shown is not None and job.state is JobState.STARTED else 0.0
    return told or cluster.total_seconds(job)


def refused(upload: RefusedUpload, variants: Sequence[str]) -> PrintJob:
    """What was handed in and is no job: in the state "error", so that Cura shows it at all."""
    return PrintJob(
        uuid=upload.id,
        name=upload.name,
        owner=upload.owner,
        status=cluster.ERROR,
        started=False,
        force=False,
        created_at=timestamp(upload.at),
        machine_variant=variants[0] if variants else "",
        time_total=0,
        time_elapsed=0,
        configuration=[],
        constraints=Constraints(),
        configuration_changes_required=[],
        impediments_to_printing=[Impediment(upload.code, cluster.UNFIXABLE)],
        compatible_machine_families=list(variants),
        build_plate=BuildPlate(ANY_PLATE),
        reason=upload.reason,
    )
