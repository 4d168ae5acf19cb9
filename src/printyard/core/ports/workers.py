"""Heavy work, done in processes of its own that end when idle."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Protocol

from printyard.core.model.file import Analysis, Blob
from printyard.core.model.value import Value
from printyard.gcode.embedded import Pictures
from printyard.gcode.limits import Limits
from printyard.gcode.plan import Plan

Watch = Callable[[float], None]
"""Is told what fraction of some work is done: 0 when it begins, after whatever stood before it in the queue."""


class Preview(Protocol):
    """The lines of a print, layer by layer, in the form that docs/gcode-preview.md describes."""

    @property
    def tag(self) -> str:
        """The name of these bytes: another name, other bytes."""

    @property
    def size(self) -> int:
        """Bytes of the whole."""

    async def read(self, offset: int, size: int) -> bytes:
        """A range of its bytes. Raises Invalid, StorageFull where it has to be drawn again and that fails."""


class Processed(Value):
    """What became of a file that true times were to be written into.

    `blob` is the new file; None if it was processed before, by the version `previous`, and left alone. `slicer` is None
    where none was found; `lines` were rewritten; `seconds` of motion and dwell.
    """

    blob: Blob | None
    previous: str | None
    slicer: str | None
    lines: int
    seconds: float


class Plans(Protocol):
    """What workers make of files.

    Plans of motion are made once per (content, limits, kernel) and shared by all printers of the same file. Whatever is
    under way is shared by all who ask, and given up when none of them waits for it any more.
    """

    def open(self, blob: Blob, limits: Limits) -> AbstractAsyncContextManager[Plan]:
        """The plan of a file; made in a worker if it is not there yet. Raises Invalid for one that makes no sense."""

    def path(self, blob: Blob, limits: Limits) -> Path:
        """Where the plan lies while it is open, for another process that shall read it. Raises Invalid."""

    async def analyse(self, blob: Blob, limits: Limits, watch: Watch | None = None) -> Analysis:
        """What is known of a file; makes the plan on the way. Raises Invalid, StorageFull."""

    async def preview(self, blob: Blob, limits: Limits, watch: Watch | None = None) -> Preview:
        """The preview of a file, kept beside its plan; made if it is not there yet. Raises Invalid, StorageFull."""

    async def pictures(self, blob: Blob) -> Pictures:
        """The pictures that a file brings, as clients can show them; decoded once. Raises NotFound.

        They are there as soon as its analysis is. Of a file whose pictures cannot be decoded, they are as they came.
        """

    async def process(
        self, blob: Blob, name: str, limits: Limits, *, force: bool = False, watch: Watch | None = None
    ) -> Processed:
        """Write true times into a copy of a file that people call `name`. The file itself stays as it is.

        One that was processed before is left alone unless `force`. Raises Invalid (packed, no G-code), StorageFull.
        """


class Scene(Value):
    """What a virtual camera sees. `plan_path` is its plan; `move` is how far it was printed (-1: nothing).

    Sizes in mm; `trouble` is "", "spaghetti" or "detached"; `trouble_move`: since when.
    """

    printer_id: str
    plan_path: Path | None
    move: int
    volume_mm: tuple[float, float, float]
    head_mm: tuple[float, float, float]
    colors: tuple[str, ...]
    light_fraction: float = 1.0
    caption: str = ""
    trouble: str = ""
    trouble_move: int = -1
    size_pixels: tuple[int, int] = (640, 480)


class Renderer(Protocol):
    """Draws what a virtual camera sees."""

    async def render(self, scene: Scene) -> bytes:
        """A JPEG picture; incremental for the same printer and plan."""
