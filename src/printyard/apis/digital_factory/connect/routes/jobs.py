"""Prints of a cluster: sent to its queue, looked at, noted on, and printed once more."""

from contextlib import suppress
from typing import Any

from litestar import Request, get, post
from litestar.params import FromPath
from litestar.types import ControllerRouterHandler

from printyard.apis.digital_factory.bodies import body_of
from printyard.apis.digital_factory.connect.caller import Caller, Here
from printyard.apis.digital_factory.connect.routes import either
from printyard.apis.digital_factory.connect.sources import source_of
from printyard.apis.digital_factory.connect.views.jobs import details_of
from printyard.apis.digital_factory.envelope import NoRecord, NotAccepting, told_as
from printyard.apis.digital_factory.ids import Kind, uuid_of
from printyard.apis.digital_factory.instant import instant
from printyard.apis.digital_factory.schemas import jobs as schemas
from printyard.apis.digital_factory.schemas.pages import Data
from printyard.core.clusters import Cluster
from printyard.core.errors import NotFound
from printyard.core.jobs.claims import Claims, Wishes
from printyard.core.model.job import Job, JobSource, JobState

Asked = Request[Any, Any, Any]
ONE = either("/{cluster_id:str}/print_jobs/{cluster_job_id:str}")


@post(
    either("/{cluster_id:str}/print/{job_id:str}"),
    status_code=200,
    tags=["print jobs"],
    maybe_body=schemas.PrintBodyRequest,
)
async def print_file(
    caller: Here, cluster_id: FromPath[str], job_id: FromPath[str], request: Asked
) -> Data[schemas.PrintRequestResponse]:
    """Put a print of an uploaded file into a cluster's queue. 409: not all of the file is here, or nobody prints."""
    cluster = await caller.cluster(cluster_id)
    wanted = await body_of(request, schemas.PrintBodyRequest, optional=True)
    with told_as("print_job"):
        file = await caller.core.uploads.file(caller.principal, await caller.desk.core_id(job_id, Kind.JOB))
        upload = await caller.core.uploads.get(caller.principal, file.id)
    check_accepting(cluster)
    job = await caller.core.jobs.submit(
        caller.principal,
        cluster.registration.group_id,
        file.id,
        Claims(name=upload.name, source=JobSource.CLOUD),
        Wishes(auto_start=wanted.start_now),
    )
    return Data(data=await requested(caller, job))


@post(
    either("/{cluster_id:str}/reprint/{original_cluster_id:str}/{job_instance_uuid:str}"),
    status_code=200,
    tags=["print jobs"],
    maybe_body=schemas.PrintBodyRequest,
)
async def reprint(
    caller: Here, cluster_id: FromPath[str], original_cluster_id: FromPath[str], job_instance_uuid: FromPath[str],
    request: Asked,
) -> Data[schemas.PrintRequestResponse]:  # fmt: skip
    """Put what a cluster has printed into its queue once more, or into that of another."""
    cluster = await caller.cluster(cluster_id)
    job = await job_of(caller, await caller.cluster(original_cluster_id), job_instance_uuid)
    wanted = await body_of(request, schemas.PrintBodyRequest, optional=True)
    check_accepting(cluster)
    there = cluster.registration.group_id
    again = await caller.core.submissions.reprint(
        caller.principal, job.id, group_id=None if there == job.group_id else there, auto_start=wanted.start_now
    )
    return Data(data=await requested(caller, again[0]))


@get(ONE, tags=["print jobs"])
async def get_print_job(
    caller: Here, cluster_id: FromPath[str], cluster_job_id: FromPath[str]
) -> Data[schemas.PrintJobDetailsResponse]:
    """A print with the file that it is made of."""
    cluster = await caller.cluster(cluster_id)
    return Data(data=await detailed(caller, cluster, await job_of(caller, cluster, cluster_job_id)))


@post(ONE, status_code=200, tags=["print jobs"], body=schemas.PrintJobInstanceUpdateRequest)
async def note_on_print_job(
    caller: Here, cluster_id: FromPath[str], cluster_job_id: FromPath[str], request: Asked
) -> Data[schemas.PrintJobDetailsResponse]:
    """Replace the note on a print; a body without one changes nothing."""
    cluster = await caller.cluster(cluster_id)
    job = await job_of(caller, cluster, cluster_job_id)
    wanted = await body_of(request, schemas.PrintJobInstanceUpdateRequest)
    if wanted.note is not None:
        await caller.core.remarks.note(caller.principal, job.id, wanted.note)
    return Data(data=await detailed(caller, cluster, job))


async def job_of(caller: Caller, cluster: Cluster, uuid: str) -> Job:
    """A print of a cluster. Raises NoRecord, also for one of another cluster."""
    with suppress(NotFound):
        job = await caller.core.jobs.get(caller.principal, uuid_of(uuid))
        if job.group_id == cluster.registration.group_id:
            return job
    raise NoRecord("print_job_instance")


def check_accepting(cluster: Cluster) -> None:
    """Raises NotAccepting where every printer is switched off for new prints."""
    if not any(shown.record.enabled for shown in cluster.printers):
        raise NotAccepting


async def requested(caller: Caller, job: Job) -> schemas.PrintRequestResponse:
    """The answer to a request to print; clients fall over without `generated_time`."""
    return schemas.PrintRequestResponse(
        job_id=await caller.ids.of(Kind.JOB, job.file_id or ""),
        job_instance_uuid=job.id,
        status="wait_approval" if job.state is JobState.WAITING_APPROVAL else "queued",
        generated_time=instant(caller.core.clock.now()),
    )


async def detailed(caller: Caller, cluster: Cluster, job: Job) -> schemas.PrintJobDetailsResponse:
    """A print with all that is known of it."""
    scene = await caller.gathering.around(caller.principal, cluster, [job])
    return details_of(job, scene, await source_of(caller, job, scene))


HANDLERS: list[ControllerRouterHandler] = [print_file, reprint, get_print_job, note_on_print_job]
