"""What comes with a print that is handed in: what its client claims, and what it wishes."""

from printyard.core.model.job import JobSource
from printyard.core.model.needs import ToolNeed
from printyard.core.model.value import Id, Instant, Value


class Claims(Value):
    """What a client says of a print that it hands in: shown as claimed, never used for rights."""

    name: str
    user: str = ""
    application: str = ""
    created_at: Instant | None = None
    source: JobSource = JobSource.NETWORK


class Wishes(Value):
    """How a print shall be queued.

    What is given of `printer_id`, `machines`, `tools` (those with these numbers) and `plate_type` stands in the place
    of what the file says. Without `auto_start` it is held until somebody starts it.
    """

    printer_id: Id | None = None
    machines: tuple[str, ...] = ()
    tools: tuple[ToolNeed, ...] = ()
    plate_type: str = ""
    priority: int = 0
    deadline: Instant | None = None
    copies: int = 1
    auto_start: bool = True


NO_WISHES = Wishes()
