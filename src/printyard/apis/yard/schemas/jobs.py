"""Jobs and approvals on the wire."""

from enum import StrEnum

import msgspec

from printyard.apis.yard.schemas.instant import Instant


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """One intended print. `printer` is a slug: null before one is chosen, and after the printer was removed.

    `user` and `application` are what the client said of itself; `created_by` is who was proved to ask. `group` is the
    id of the group in whose queue it waits or waited; `forced_by`: who had it printed in spite of the setup, or "".
    """

    id: str
    name: str
    state: str
    outcome: str | None
    reason: str
    source: str
    group: str
    printer: str | None
    file_id: str | None
    priority: int
    deadline: Instant | None
    forced_by: str
    user: str
    application: str
    created_by: str
    created_at: Instant
    started_at: Instant | None
    ended_at: Instant | None
    cleared_at: Instant | None
    seconds_estimated: float
    seconds_elapsed: float
    filament_mm: tuple[float, ...]
    material_guids: tuple[str, ...]
    reprint_of: str | None
    batch_id: str | None


class JobPage(msgspec.Struct, frozen=True, kw_only=True):
    """The jobs that wait (on the first page alone), and a page of those that began, newest first.

    `next` is the value of `before` for the page behind this one; null at the end.
    """

    waiting: tuple[Job, ...]
    history: tuple[Job, ...]
    next: str | None


class Resolution(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person says of a job that was told to start without evidence that it did: start it again, or not."""

    again: bool


class ApprovalKind(StrEnum):
    """What waits for a person: an application that asks for access, or a guest's print."""

    ACCESS = "access"
    JOB = "job"


class Approval(msgspec.Struct, frozen=True, kw_only=True):
    """Something that waits for a person's answer."""

    id: str
    kind: ApprovalKind
    printer: str | None
    name: str
    user: str
    host_name: str
    created_at: Instant
    expires_at: Instant | None


class DecisionWord(StrEnum):
    """The two answers."""

    ALLOW = "allow"
    DENY = "deny"


class Decision(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An answer. `role` is what an application gets that is allowed (member, if nothing is said)."""

    decision: DecisionWord
    role: str = "member"
