"""Plans made in this process by the plain-Python analysis, for drivers that run the real file."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from printyard.core.errors import Invalid, Unsupported
from printyard.core.model.file import Analysis, Blob
from printyard.core.ports.blobs import Blobs
from printyard.core.ports.workers import Preview, Processed, Scene, Watch
from printyard.gcode.container import ContainerError
from printyard.gcode.embedded import Pictures, embedded, undecoded
from printyard.gcode.estimate import GcodeError
from printyard.gcode.limits import Limits
from printyard.gcode.plan import Plan
from printyard.gcode.reference import analyse
from printyard.gcode.source import open_gcode


class ReferencePlans:
    """core.ports.workers.Plans without workers or a cache: small files only."""

    def __init__(self, blobs: Blobs, folder: Path) -> None:
        self._blobs, self._folder = blobs, folder

    def path(self, blob: Blob, limits: Limits) -> Path:
        return self._folder / f"{blob.sha256}-{limits.key()}.plan"

    def open(self, blob: Blob, limits: Limits) -> AbstractAsyncContextManager[Plan]:
        return self._opened(blob, limits)

    async def analyse(self, blob: Blob, limits: Limits, watch: Watch | None = None) -> Analysis:
        async with self._opened(blob, limits) as plan:
            return Analysis(seconds=plan.summary.total_seconds, limits_key=limits.key())

    async def preview(self, blob: Blob, limits: Limits, watch: Watch | None = None) -> Preview:
        raise Unsupported("These plans are not drawn.")

    async def pictures(self, blob: Blob) -> Pictures:
        async with self._blobs.local(blob) as file:
            return undecoded(await asyncio.to_thread(embedded, file))

    async def process(
        self, blob: Blob, name: str, limits: Limits, *, force: bool = False, watch: Watch | None = None
    ) -> Processed:
        raise Unsupported("Files are not processed here.")

    @asynccontextmanager
    async def _opened(self, blob: Blob, limits: Limits) -> AsyncIterator[Plan]:
        path = self.path(blob, limits)
        async with self._blobs.local(blob) as file:
            if not path.exists():
                await asyncio.to_thread(_make, file, limits, path)
        plan = Plan.open(path)
        try:
            yield plan
        finally:
            plan.close()


def _make(file: Path, limits: Limits, plan: Path) -> None:
    try:
        with open_gcode(file) as stream:
            analyse(stream, limits, plan)
    except (GcodeError, ContainerError) as error:
        raise Invalid(str(error)) from error


class BlankRenderer:
    """core.ports.workers.Renderer that never looks: the smallest thing that begins and ends like a JPEG."""

    async def render(self, scene: Scene) -> bytes:
        return b"\xff\xd8\xff\xd9"
