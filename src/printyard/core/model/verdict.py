"""Why a job waits: what would have to be changed on a printer for it, and what stands in its way.

`core.standings.job(principal, job_id)` answers a JobStanding with one Standing for each printer of the job's group,
`core.standings.group(principal, group_id)` the JobStandings of all jobs that wait, in their order, without them.
"""

from enum import StrEnum

from printyard.core.model.job import JobState
from printyard.core.model.state import Severity
from printyard.core.model.value import Id, Value
from printyard.core.tables import total


class ChangeKind(StrEnum):
    """What a person would change on a printer."""

    MATERIAL_CHANGE = "material_change"
    MATERIAL_INSERT = "material_insert"
    PRINT_CORE_CHANGE = "print_core_change"
    BUILDPLATE_CHANGE = "buildplate_change"


OVERRIDABLE = total(ChangeKind, {
    ChangeKind.MATERIAL_CHANGE: True,
    ChangeKind.MATERIAL_INSERT: False,
    ChangeKind.PRINT_CORE_CHANGE: True,
    ChangeKind.BUILDPLATE_CHANGE: False,
})  # fmt: skip
"""Whether a person may have the job printed without the change."""

EFFORT = total(ChangeKind, {
    ChangeKind.MATERIAL_INSERT: 2,
    ChangeKind.MATERIAL_CHANGE: 3,
    ChangeKind.PRINT_CORE_CHANGE: 4,
    ChangeKind.BUILDPLATE_CHANGE: 1,
})  # fmt: skip
"""How much work a change is, beside the others: a core is changed with its material unloaded."""


class Change(Value):
    """One change: from `origin` to `target`, on a tool (counted from 0; None: the plate).

    Ids are GUIDs of materials (or words such as PLA, where the file has no GUID), names of print cores (or diameters),
    words for plates; names are for people, and equal to the id where there is no better one. No origin is "".
    """

    kind: ChangeKind
    target_id: str
    target_name: str
    origin_id: str = ""
    origin_name: str = ""
    tool: int | None = None

    @property
    def overridable(self) -> bool:
        """Whether a person may have the job printed without it."""
        return OVERRIDABLE[self.kind]


class ImpedimentKey(StrEnum):
    """What keeps a job from a printer, other than a change that a person could make there."""

    WAITS_FOR_APPROVAL = "waits_for_approval"
    HELD = "held"
    FILE_UNREAD = "file_unread"
    NO_PRINTER = "no_printer"
    OTHER_PRINTER_REQUIRED = "other_printer_required"
    WRONG_MACHINE = "wrong_machine"
    WRONG_FLAVOR = "wrong_flavor"
    EXTRUDER_ABSENT = "extruder_absent"
    DOES_NOT_FIT = "does_not_fit_in_build_volume"
    NOT_ENOUGH_MATERIAL = "not_enough_material"
    PRINTER_OFFLINE = "printer_offline"
    PRINTER_FAULT = "printer_fault"
    PRINTER_DISABLED = "printer_disabled"
    PRINTER_IN_MAINTENANCE = "printer_in_maintenance"
    PRINTER_BUSY = "printer_busy"
    PRINTER_RESERVED = "printer_reserved"
    PLATE_OCCUPIED = "plate_occupied"
    NOT_RECORDING = "not_recording"
    OTHERS_FIRST = "others_first"


class Nature(Value):
    """Of an impediment: how grave it is, whether it can pass or be put right, whether force goes over it."""

    severity: Severity
    fixable: bool = True
    overridable: bool = False


_PASSES = Nature(Severity.NOTICE)
_FIXABLE = Nature(Severity.BLOCKING)
_NEVER = Nature(Severity.FATAL, fixable=False)

NATURES = total(ImpedimentKey, {
    ImpedimentKey.WAITS_FOR_APPROVAL: _FIXABLE,
    ImpedimentKey.HELD: _FIXABLE,
    ImpedimentKey.FILE_UNREAD: _PASSES,
    ImpedimentKey.NO_PRINTER: _FIXABLE,
    ImpedimentKey.OTHER_PRINTER_REQUIRED: _NEVER,
    ImpedimentKey.WRONG_MACHINE: _NEVER,
    ImpedimentKey.WRONG_FLAVOR: _NEVER,
    ImpedimentKey.EXTRUDER_ABSENT: _NEVER,
    ImpedimentKey.DOES_NOT_FIT: _NEVER,
    ImpedimentKey.NOT_ENOUGH_MATERIAL: Nature(Severity.WARNING, overridable=True),
    ImpedimentKey.PRINTER_OFFLINE: _FIXABLE,
    ImpedimentKey.PRINTER_FAULT: _FIXABLE,
    ImpedimentKey.PRINTER_DISABLED: _FIXABLE,
    ImpedimentKey.PRINTER_IN_MAINTENANCE: _FIXABLE,
    ImpedimentKey.PRINTER_BUSY: _PASSES,
    ImpedimentKey.PRINTER_RESERVED: _PASSES,
    ImpedimentKey.PLATE_OCCUPIED: _FIXABLE,
    ImpedimentKey.NOT_RECORDING: _FIXABLE,
    ImpedimentKey.OTHERS_FIRST: _PASSES,
})  # fmt: skip


class Impediment(Value):
    """Something in the way; `tool` is counted from 0, `wanted` and `found` are words for people."""

    key: ImpedimentKey
    tool: int | None = None
    wanted: str = ""
    found: str = ""

    @property
    def severity(self) -> Severity:
        """How grave it is."""
        return NATURES[self.key].severity

    @property
    def fixable(self) -> bool:
        """Whether it passes, or a person can put it right."""
        return NATURES[self.key].fixable

    @property
    def overridable(self) -> bool:
        """Whether force goes over it."""
        return NATURES[self.key].overridable


class Standing(Value):
    """One job and one printer: nothing in either tuple means that it begins there as soon as it is looked at."""

    printer_id: Id
    changes: tuple[Change, ...] = ()
    impediments: tuple[Impediment, ...] = ()

    @property
    def possible(self) -> bool:
        """Whether the printer could ever print it, after whatever changes."""
        return all(impediment.fixable for impediment in self.impediments)

    @property
    def forcible(self) -> bool:
        """Whether force would do: there is something to override, and all changes may be."""
        overridable = any(impediment.overridable for impediment in self.impediments) or bool(self.changes)
        return self.possible and overridable and all(change.overridable for change in self.changes)

    @property
    def effort(self) -> int:
        """How much work the changes are, to compare printers by."""
        return sum(EFFORT[change.kind] for change in self.changes)


class JobStanding(Value):
    """One job and its group. `impediments` are those of the job itself, or that keep it from every printer for good.

    `cheapest` is the printer on which the least has to be done (None: none of them could ever print it), `position` the
    job's place in its group's queue (counted from 0; None: it is not in it), `forced_by` who had it printed in spite of
    changes. `printers` is every printer of the group, best first, where it was asked for.
    """

    job_id: Id
    state: JobState
    position: int | None = None
    impediments: tuple[Impediment, ...] = ()
    cheapest: Standing | None = None
    printers: tuple[Standing, ...] = ()
    forced_by: str = ""
