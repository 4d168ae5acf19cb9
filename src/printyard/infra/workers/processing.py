"""A copy of a stored file with true times in it: written by a worker, then stored as a file of its own."""

import asyncio
import hashlib
from pathlib import Path
from typing import Final

from printyard.core.errors import Invalid
from printyard.core.model.file import Blob, FileKind
from printyard.core.ports.blobs import Blobs
from printyard.core.ports.workers import Processed, Watch
from printyard.gcode.limits import KERNEL_VERSION, Limits
from printyard.infra.blobs.disk import read_at
from printyard.infra.workers import tasks
from printyard.infra.workers.pool import WorkerPool

PIECE_BYTES: Final = 2 << 20


def process_key(blob: Blob, name: str, limits: Limits, *, force: bool) -> str:
    """By which the same work is known; the name decides what the copy is checked for, so it counts too."""
    words = f"{blob.sha256} {limits.key()} {KERNEL_VERSION} {force} {name}"
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()


async def process(  # noqa: PLR0913 - where from, by whom, where to
    blobs: Blobs,
    workers: WorkerPool,
    blob: Blob,
    name: str,
    limits: Limits,
    output: Path,
    *,
    force: bool,
    watch: Watch,
) -> Processed:
    """Write the copy to `output`, and store it. Nobody sees it before it is whole; the file itself is only read."""
    if blob.kind is not FileKind.GCODE:
        raise Invalid("Only plain G-code can be processed; this file is packed, or none.", code="not_processed")
    async with blobs.local(blob) as source:
        task = tasks.Process(source=source, output=output, limits=limits.to_config(), size=blob.size, force=force)
        done = await workers.ask(task, tasks.Processed, watch)
    stored = await _stored(blobs, output, name) if done.written else None
    return Processed(blob=stored, previous=done.previous, slicer=done.slicer, lines=done.lines, seconds=done.seconds)


async def _stored(blobs: Blobs, output: Path, name: str) -> Blob:
    partial = await blobs.begin()
    try:
        while piece := await asyncio.to_thread(read_at, output, partial.size, PIECE_BYTES):
            await partial.write(piece)
        return await partial.finish(name)
    except BaseException:
        await partial.abandon()
        raise
