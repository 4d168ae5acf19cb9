"""The picture of a job: the file's own, or one that is drawn. Always an image: Cura asks until it can read one."""

import asyncio

from printyard.apis.cura_lan.caller import Caller
from printyard.core.errors import CoreError, NotFound
from printyard.core.fleet.board import Snapshot
from printyard.core.model.file import Blob
from printyard.core.model.job import Job
from printyard.gcode.picture import blank, drawn
from printyard.gcode.plan import PlanError
from printyard.gcode.thumbnails import PictureFormat
from printyard.serving.answers import Answer

MEDIA_TYPES = {PictureFormat.PNG: "image/png", PictureFormat.JPEG: "image/jpeg"}
"""What Qt can read of what slicers embed; QOI was converted."""
SIDE = 256
DRAWINGS = 64
"""How many drawn pictures are kept."""


async def picture_of(caller: Caller, job: Job) -> Answer:
    """The picture of a job; an empty plate for one without a file, or whose file is gone."""
    try:
        blob = (await caller.core.files.of_job(job.file_id or "")).blob
        own = (await caller.core.analyses.pictures(blob)).fitting(SIDE)
    except NotFound:
        return Answer(200, blank(), "image/png")
    if own is not None:
        return Answer(200, own.data, MEDIA_TYPES[own.format])
    return Answer(200, await drawing(caller, job, blob), "image/png")


async def drawing(caller: Caller, job: Job, blob: Blob) -> bytes:
    """The path of the print; drawn once, since every Cura in the network asks for it."""
    kept = caller.office.pictures
    if blob.sha256 in kept:
        return kept[blob.sha256]
    shown = printer_of(caller, job)
    if shown is None:
        return blank()
    machine = caller.core.printers.machine(caller.principal, shown.printer.id)
    try:
        async with caller.core.analyses.plan(blob, machine) as plan:
            made = await asyncio.to_thread(drawn, plan)
    except (CoreError, PlanError):
        made = blank()
    while len(kept) >= DRAWINGS:
        kept.pop(next(iter(kept)))
    kept[blob.sha256] = made
    return made


def printer_of(caller: Caller, job: Job) -> Snapshot | None:
    """The printer for which the print is drawn: its own, or any of its group."""
    printers = caller.printers
    own = next((shown for shown in printers if shown.printer.id == (job.printer_id or job.needs.printer_id)), None)
    return own or next((shown for shown in printers if shown.printer.group_id == job.group_id), None)
