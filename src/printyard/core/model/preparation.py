"""What somebody asked to be done with a file before it is printed, and how far it is."""

from enum import StrEnum

from printyard.core.model.value import Id, Instant, Value


class Work(StrEnum):
    """What is asked: its analysis (which the check judges), its preview, or a copy of it with true times."""

    ANALYSIS = "analysis"
    PREVIEW = "preview"
    PROCESS = "process"


class Stage(StrEnum):
    """How far it is. Workers do one thing at a time, so that there is a queue."""

    WAITING = "waiting"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"


UNDER_WAY = frozenset({Stage.WAITING, Stage.WORKING})


class Preparation(Value):
    """One work on one file for one printer. `fraction` is 0..1; of a failure `code` and `message` tell what it was.

    `force`: also if the file was processed before; `result_file_id` is the new file, where there is one.
    """

    id: Id
    organization_id: Id
    work: Work
    file_id: Id
    file_name: str
    printer_id: Id
    asked_by: str
    asked_at: Instant
    force: bool = False
    stage: Stage = Stage.WAITING
    fraction: float = 0.0
    code: str = ""
    message: str = ""
    result_file_id: Id | None = None
