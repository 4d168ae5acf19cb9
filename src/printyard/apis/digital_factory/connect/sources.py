"""The file that a print is made of, with what was found in it."""

from printyard.apis.digital_factory.connect.caller import Caller
from printyard.apis.digital_factory.connect.views.jobs import Scene
from printyard.apis.digital_factory.connect.views.sources import metadata_of, source
from printyard.apis.digital_factory.cura.rendering import shown
from printyard.apis.digital_factory.schemas.files import PrintJobMetadata, PrintJobResponse
from printyard.core.errors import NotFound
from printyard.core.model.file import Blob
from printyard.core.model.job import Job


async def source_of(caller: Caller, job: Job, scene: Scene) -> PrintJobResponse | None:
    """The file of a job; None for a print that was begun elsewhere, or whose file was removed from the library."""
    if job.file_id is None:
        return None
    try:
        file = await caller.core.files.get(caller.principal, job.file_id)
        upload = await caller.core.uploads.get(caller.principal, job.file_id)
    except NotFound:
        return None
    return source((await shown(caller.desk, [upload]))[0], await _metadata(caller, job, scene, file.blob))


async def _metadata(caller: Caller, job: Job, scene: Scene, blob: Blob) -> PrintJobMetadata | None:
    """What was found in it, for the printer that prints it."""
    look = scene.looks.get(job.printer_id or "") or scene.host
    analysis = await caller.core.analyses.known(blob, look.machine)
    return None if analysis is None else metadata_of(analysis, scene.materials)
