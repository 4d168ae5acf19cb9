"""Job: one intended print of one file on one plate, ended for ever once ended."""

from enum import StrEnum

from printyard.core.model.needs import NO_NEEDS, Needs
from printyard.core.model.state import Outcome
from printyard.core.model.value import Id, Instant, Value


class JobState(StrEnum):
    """Where a job stands. UNCONFIRMED: told to start, and no evidence that it did; it never starts again by itself."""

    WAITING_APPROVAL = "waiting_approval"
    QUEUED = "queued"
    HELD = "held"
    ASSIGNED = "assigned"
    TRANSFERRING = "transferring"
    STARTING = "starting"
    UNCONFIRMED = "unconfirmed"
    STARTED = "started"
    ENDED = "ended"


class JobOutcome(StrEnum):
    """How a job ended; the first five as its print did, the last two without a print."""

    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"
    STOPPED = "stopped"
    UNKNOWN = "unknown"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"


OF_PRINT = {outcome: JobOutcome(outcome.value) for outcome in Outcome}
"""A print's outcome as its job's."""

ON_PRINTER = frozenset(
    {
        JobState.ASSIGNED,
        JobState.TRANSFERRING,
        JobState.STARTING,
        JobState.UNCONFIRMED,
        JobState.STARTED,
    }
)
"""The states in which a job holds its printer."""

WAITING = frozenset({JobState.WAITING_APPROVAL, JobState.QUEUED, JobState.HELD})
"""The states in which a job holds no printer (but for a reservation until it is approved)."""

NEXT: dict[JobState, frozenset[JobState]] = {
    JobState.WAITING_APPROVAL: frozenset({JobState.QUEUED, JobState.HELD, JobState.ENDED}),
    JobState.QUEUED: frozenset({JobState.HELD, JobState.ASSIGNED, JobState.ENDED}),
    JobState.HELD: frozenset({JobState.QUEUED, JobState.ASSIGNED, JobState.ENDED}),
    JobState.ASSIGNED: frozenset({JobState.TRANSFERRING, JobState.QUEUED, JobState.HELD, JobState.ENDED}),
    JobState.TRANSFERRING: frozenset({JobState.STARTING, JobState.QUEUED, JobState.HELD, JobState.ENDED}),
    JobState.STARTING: frozenset(
        {JobState.STARTED, JobState.UNCONFIRMED, JobState.QUEUED, JobState.HELD, JobState.ENDED}
    ),
    JobState.UNCONFIRMED: frozenset({JobState.STARTED, JobState.QUEUED, JobState.HELD, JobState.ENDED}),
    JobState.STARTED: frozenset({JobState.ENDED}),
    JobState.ENDED: frozenset(),
}
"""The state machine: which states may follow."""


class JobSource(StrEnum):
    """Where a job came from."""

    NETWORK = "network"
    CLOUD = "cloud"
    PANEL = "panel"
    REPRINT = "reprint"
    ADOPTED = "adopted"


class Job(Value):
    """One intended print. What the client claimed (`claimed_user`, `application`) is shown; rights use `created_by`.

    `start_token` is handed to the device where it can keep it; `device_ref` is the device's own reference.
    `printer_id` of a job that waits is the printer that reserves for it, or on which it was tried last; `rank` is its
    place in the queue (the smaller the sooner), `auto_start` is off for one that is held until somebody lets it go.
    `forced_by`: who had it printed in spite of what would have to be changed. Durations in seconds, filament per tool
    in mm.
    """

    id: Id
    organization_id: Id
    group_id: Id
    name: str
    state: JobState
    source: JobSource
    created_at: Instant
    created_by: str
    printer_id: Id | None = None
    file_id: Id | None = None
    claimed_user: str = ""
    application: str = ""
    outcome: JobOutcome | None = None
    reason: str = ""
    attempts: int = 0
    rank: int = 0
    batch_id: Id | None = None
    reprint_of: Id | None = None
    start_token: str = ""
    device_ref: str = ""
    assigned_at: Instant | None = None
    started_at: Instant | None = None
    ended_at: Instant | None = None
    cleared_at: Instant | None = None
    claimed_at: Instant | None = None
    seconds_estimated: float = 0.0
    seconds_elapsed: float = 0.0
    filament_mm: tuple[float, ...] = ()
    material_guids: tuple[str, ...] = ()
    nozzle_names: tuple[str, ...] = ()
    slicer: str = ""
    slice_uuid: str = ""
    needs: Needs = NO_NEEDS
    priority: int = 0
    deadline: Instant | None = None
    auto_start: bool = True
    forced_by: str = ""
    deleted_at: Instant | None = None
    version: int = 1

    @property
    def ended(self) -> bool:
        """Whether it is over."""
        return self.state is JobState.ENDED
