"""An action, and what became of it."""

from printyard.apis.digital_factory.schemas import clusters as schemas
from printyard.apis.digital_factory.schemas.words import ActionStatus
from printyard.core.commands import CommandRecord, Fate
from printyard.core.tables import total

STATUS_OF_FATE = total(Fate, {
    Fate.PENDING: "pending",
    Fate.SENT: "sent",
    Fate.DONE: "success",
    Fate.REFUSED: "failed",
    Fate.EXPIRED: "failed",
})  # fmt: skip
LOST: ActionStatus = "unknown"


def status_of(record: CommandRecord, image_url: str, *, lost: bool) -> schemas.ActionStatusResponse:
    """An action's fate; `image_url` is where its picture is, if it took one, `lost` whether nobody knows any more."""
    details: schemas.SnapshotDetails | schemas.FailureDetails | None = None
    if record.fate in {Fate.REFUSED, Fate.EXPIRED}:
        details = schemas.FailureDetails(value=schemas.ActionFailure(message=record.reason))
    elif record.fate is Fate.DONE and image_url:
        details = schemas.SnapshotDetails(value=schemas.WebcamSnapshotStatus(image_url=image_url))
    status = LOST if lost else STATUS_OF_FATE[record.fate]
    return schemas.ActionStatusResponse(action_id=record.id, status=status, status_details=details)  # type: ignore[arg-type]
