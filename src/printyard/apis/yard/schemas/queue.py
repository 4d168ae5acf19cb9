"""Groups and their queues on the wire: what waits, why, and what people ask of it."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from printyard.apis.yard.schemas.accounts import Title
from printyard.apis.yard.schemas.jobs import Job
from printyard.core.model.group import Discipline
from printyard.core.model.verdict import ChangeKind, ImpedimentKey

Width = Annotated[float, Meta(gt=0.0, le=10.0, description="Of a nozzle, in mm.")]
Copies = Annotated[int, Meta(ge=1, le=1000)]
Number = Annotated[int, Meta(ge=0, le=63, description="A tool, counted from 0.")]
Word = Annotated[
    str, Meta(max_length=200, pattern=r"^(?![\s\S]*[\x00-\x1f\x7f])", description="Without control characters.")
]
Deadline = Annotated[datetime, Meta(tz=True, description="By when it is to be done; RFC 3339 with an offset.")]
Place = Annotated[int, Meta(ge=0, le=1_000_000, description="Counted from 0; one behind the last is the last.")]


class Group(msgspec.Struct, frozen=True, kw_only=True):
    """Printers with one queue. `own`: it is that of one printer, which is in no group with others."""

    id: str
    name: str
    discipline: Discipline
    own: bool
    printers: tuple[str, ...]


class NewGroup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A group to make, without printers."""

    name: Title
    discipline: Discipline = Discipline.FIRST_COME


class GroupChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be otherwise; what is left out stays as it is."""

    name: Title | UnsetType = UNSET
    discipline: Discipline | UnsetType = UNSET


class ToolWish(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one tool shall have, instead of what the file says of it: a print core by name, or a width of nozzle."""

    tool: Number
    nozzle: Word = ""
    nozzle_mm: Width | None = None
    material_guid: Word = ""


class QueueOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Prints of a stored file for a group's queue.

    `printer` (a slug): no other will do. `machines`: any of these kinds, by name, instead of the file's. Without
    `start` it is held until somebody releases it.
    """

    file: str
    name: Word = ""
    copies: Copies = 1
    printer: str | None = None
    machines: Annotated[tuple[Word, ...], Meta(max_length=64)] = ()
    tools: Annotated[tuple[ToolWish, ...], Meta(max_length=64)] = ()
    plate_type: Word = ""
    priority: int = 0
    deadline: Deadline | None = None
    start: bool = True


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """What a person would change on the printer. `tool` is null for the plate; `sentence` is for people."""

    kind: ChangeKind
    sentence: str
    tool: int | None
    target: str
    target_name: str
    origin: str
    origin_name: str
    overridable: bool


class Impediment(msgspec.Struct, frozen=True, kw_only=True):
    """What is in the way. `severity` as that of a fault; `fixable`: it passes, or can be put right.

    `overridable`: force goes over it. `sentence` is for people.
    """

    key: ImpedimentKey
    sentence: str
    tool: int | None
    wanted: str
    found: str
    severity: str
    fixable: bool
    overridable: bool


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """How a job stands with one printer."""

    printer: str
    changes: tuple[Change, ...]
    impediments: tuple[Impediment, ...]
    possible: bool
    forcible: bool


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A job that waits, and why. `cheapest`: where the least has to be done; null if no printer could ever print it.

    `printers` is every printer of the group, the best first, where one job is asked for.
    """

    job: Job
    position: int | None
    impediments: tuple[Impediment, ...]
    cheapest: Standing | None
    printers: tuple[Standing, ...]


class JobChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another priority (more than 0 takes an operator), or deadline (null: none)."""

    priority: int | UnsetType = UNSET
    deadline: Deadline | UnsetType | None = UNSET


class Move(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The place in the queue that a job is to have."""

    position: Place


class Hold(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why a job is put aside."""

    reason: Word = ""


class Force(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Print a job without the changes that it waits for; unconfirmed, the answer says which they are."""

    confirmed: bool = False


class Again(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How often."""

    copies: Copies = 1
