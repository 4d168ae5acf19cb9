"""The picture of a job: the file's own, or one that is drawn. Always an image: Cura asks until it can read one."""

import asyncio
from pathlib import Path

from printyard.apis.cura_lan.caller import Caller
from printyard.core.errors import CoreError, NotFound
from printyard.core.fleet.board import Snapshot
from printyard.core.model.file import Blob
from printyard.core.model.job import Job
from printyard.gcode.container import ContainerError
from printyard.gcode.picture import blank, drawn
from printyard.gcode.plan import PlanError
from printyard.gcode.source import open_gcode, read_extras
from printyard.gcode.thumbnails import PictureFormat, Thumbnail, picture, read_thumbnails, smallest_fitting
from printyard.serving.answers import Answer

MEDIA_TYPES = {PictureFormat.PNG: "image/png", PictureFormat.JPEG: "image/jpeg"}
"""What Qt can read of what slicers embed."""
SIDE = 256
HEAD_BYTES = 4_000_000
"""Pictures stand before the first move."""
DRAWINGS = 64
"""How many drawn pictures are kept."""


async def picture_of(caller: Caller, job: Job) -> Answer:
    """The picture of a job; an empty plate for one without a file, or whose file is gone."""
    try:
        blob = (await caller.core.files.of_job(job.file_id or "")).blob
        async with caller.core.files.blobs.local(blob) as path:
            own = await asyncio.to_thread(embedded, path)
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


def embedded(path: Path) -> Thumbnail | None:
    """The file's own picture in a form that clients can read; the smallest that is large enough."""
    try:
        beside = read_extras(path).thumbnail
        found = [picture(beside)] if beside is not None else []
        if not any(found):
            with open_gcode(path) as source:
                found = [*read_thumbnails(source.read(HEAD_BYTES))]
    except ContainerError:
        return None
    return smallest_fitting([one for one in found if one is not None and one.format in MEDIA_TYPES], SIDE)
