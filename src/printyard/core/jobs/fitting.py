"""Whether a job can be printed on a printer as it stands: the rules of the file check, as changes and impediments.

What depends on the configuration alone (`fit`) is asked once for all jobs and printers that agree in it; what each job
brings of its own, its size and its filament, is asked of each (`room`). What nobody knows is never a mismatch.
"""

from functools import lru_cache

from msgspec.structs import replace

from printyard.core.model.needs import NO_NEEDS, Box, Needs, Setup
from printyard.core.model.value import Value
from printyard.core.model.verdict import Change, ChangeKind, Impediment, ImpedimentKey
from printyard.core.tables import total
from printyard.gcode.check import ChangeKind as Mismatch, Code, MachineFacts, SetupChange, setup_changes
from printyard.gcode.check.setup import folded, setup_obstacles
from printyard.gcode.check.volume import reach
from printyard.gcode.metadata import Metadata, ToolMetadata

CHANGES = total(Mismatch, {
    Mismatch.NOZZLE: ChangeKind.PRINT_CORE_CHANGE,
    Mismatch.MATERIAL: ChangeKind.MATERIAL_CHANGE,
    Mismatch.MATERIAL_ABSENT: ChangeKind.MATERIAL_INSERT,
    Mismatch.PLATE: ChangeKind.BUILDPLATE_CHANGE,
})  # fmt: skip

NEVER = {
    Code.MACHINE_MISMATCH: ImpedimentKey.WRONG_MACHINE,
    Code.FLAVOR_MISMATCH: ImpedimentKey.WRONG_FLAVOR,
    Code.EXTRUDER_ABSENT: ImpedimentKey.EXTRUDER_ABSENT,
}
"""The findings that no change of the setup could cure."""


class Fit(Value):
    """What a configuration asks of another: changes to make, and what no change helps against."""

    changes: tuple[Change, ...] = ()
    impediments: tuple[Impediment, ...] = ()

    @property
    def exact(self) -> bool:
        """Whether nothing has to be changed."""
        return not self.changes and not self.impediments

    @property
    def forcible(self) -> bool:
        """Whether it may be printed without the changes, if a person says so."""
        return not self.impediments and all(change.overridable for change in self.changes)


def configuration(needs: Needs) -> Needs:
    """What many jobs share: the needs without the job's own size and filament, and without a certain printer."""
    if needs is NO_NEEDS:
        return needs
    tools = tuple(replace(tool, filament_mm=0.0) if tool.filament_mm else tool for tool in needs.tools)
    return replace(needs, tools=tools, box=None, printer_id=None)


@lru_cache(maxsize=1 << 16)
def fit(wanted: Needs, machine: MachineFacts) -> Fit:
    """Hold a `configuration` against a printer's. Where no change helps, none is named."""
    if wanted.unread:
        return Fit(impediments=(Impediment(key=ImpedimentKey.FILE_UNREAD),))
    metadata = _metadata(wanted)
    never = [
        Impediment(key=NEVER[finding.code], wanted=finding.data, found=_name(machine))
        for finding in setup_obstacles(metadata, machine)
        if finding.code in NEVER
    ]
    if impediments := (*_kind(wanted, machine), *never):
        return Fit(impediments=impediments)
    return Fit(changes=tuple(map(_change, setup_changes(metadata, machine))))


def room(needs: Needs, setup: Setup) -> tuple[Impediment, ...]:
    """What is in the way of this job's own size and filament, on a printer of whatever configuration."""
    found: list[Impediment] = []
    if needs.box is not None and not inside(needs.box, bounds(setup.machine)):
        found.append(Impediment(key=ImpedimentKey.DOES_NOT_FIT, found=_name(setup.machine)))
    if not enough(needs, setup.left_mm):
        found += [
            Impediment(
                key=ImpedimentKey.NOT_ENOUGH_MATERIAL, tool=tool.tool, wanted=f"{tool.filament_mm:.0f} mm",
                found=f"{left:.0f} mm",
            )
            for tool in needs.tools
            if (left := _left(setup.left_mm, tool.tool)) is not None and left < tool.filament_mm
        ]  # fmt: skip
    return tuple(found)


@lru_cache(maxsize=1 << 12)
def bounds(machine: MachineFacts) -> Box | None:
    """How far a print may reach on a machine; None: anywhere."""
    found = reach(machine)
    return None if found is None else Box(least=found.minimum, most=found.maximum)


def inside(box: Box, room: Box | None) -> bool:
    """Whether a print reaches no farther than it may."""
    if room is None:
        return True
    (x, y, z), (right, back, top), low, high = box.least, box.most, room.least, room.most
    return x >= low[0] and y >= low[1] and z >= low[2] and right <= high[0] and back <= high[1] and top <= high[2]


def enough(needs: Needs, left_mm: tuple[float | None, ...]) -> bool:
    """Whether no tool is known to hold too little filament."""
    for tool in needs.tools:
        if tool.filament_mm and (left := _left(left_mm, tool.tool)) is not None and left < tool.filament_mm:
            return False
    return True


def shortages(needs: Needs, left_mm: tuple[float | None, ...]) -> int:
    """How many tools are known to hold too little filament."""
    found = 0
    for tool in needs.tools:
        if tool.filament_mm and (left := _left(left_mm, tool.tool)) is not None and left < tool.filament_mm:
            found += 1
    return found


def _left(left_mm: tuple[float | None, ...], tool: int) -> float | None:
    return left_mm[tool] if tool < len(left_mm) else None


def _kind(wanted: Needs, machine: MachineFacts) -> tuple[Impediment, ...]:
    """The kinds that were asked for when the job was handed in, beside what its file says."""
    if not wanted.machines or {folded(name) for name in wanted.machines} & {folded(name) for name in machine.names}:
        return ()
    return (Impediment(key=ImpedimentKey.WRONG_MACHINE, wanted=", ".join(wanted.machines), found=_name(machine)),)


@lru_cache(maxsize=1 << 12)
def _metadata(wanted: Needs) -> Metadata:
    """As the file check knows it."""
    return Metadata(
        flavor=wanted.flavor,
        machine_name=wanted.machine,
        plate_type=wanted.plate_type,
        tools=tuple(
            ToolMetadata(
                number=tool.tool, nozzle_name=tool.nozzle_name, nozzle_mm=tool.nozzle_mm,
                material_guid=tool.material_guid, material_type=tool.material_type,
            )
            for tool in wanted.tools
        ),
    )  # fmt: skip


def _change(change: SetupChange) -> Change:
    return Change(
        kind=CHANGES[change.kind], target_id=change.wanted, target_name=change.wanted, origin_id=change.found,
        origin_name=change.found, tool=change.tool,
    )  # fmt: skip


def _name(machine: MachineFacts) -> str:
    return machine.names[0] if machine.names else machine.flavor
