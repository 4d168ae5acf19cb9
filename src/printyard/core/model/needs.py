"""What a job needs of a printer, and what a printer has: the two sides of every decision about the queue."""

from printyard.core.model.value import Id, Value
from printyard.gcode.check import MachineFacts


class ToolNeed(Value):
    """What a print asks of one tool, counted from 0; "" and None where the file is silent.

    `nozzle_name` is the print core by its name, `material_type` a word such as PLA, `filament_mm` what will be used.
    """

    tool: int
    nozzle_name: str = ""
    nozzle_mm: float | None = None
    material_guid: str = ""
    material_type: str = ""
    filament_mm: float = 0.0


class Box(Value):
    """The box around the way of the head, in mm."""

    least: tuple[float, float, float]
    most: tuple[float, float, float]


class Needs(Value):
    """What a job needs; without any it may be printed on every printer of its group.

    `machine` is the machine for which the file was sliced, `flavor` the dialect of its G-code. `machines`: any of these
    kinds of printers, by name, as whoever handed it in asked for it. `printer_id`: no other printer will do.
    `unread`: the file was not read yet, so that this is only what was asked for with it, and no printer will do.
    """

    machine: str = ""
    flavor: str = ""
    machines: tuple[str, ...] = ()
    tools: tuple[ToolNeed, ...] = ()
    plate_type: str = ""
    box: Box | None = None
    printer_id: Id | None = None
    unread: bool = False


class Setup(Value):
    """What a printer has now: its kind, what is mounted and loaded, and how much filament is left on each tool.

    `machine` leaves the filament out, so that printers of one configuration have equal ones. `left_mm` is None where
    nobody knows.
    """

    machine: MachineFacts
    left_mm: tuple[float | None, ...] = ()


NO_NEEDS = Needs()
UNREAD = Needs(unread=True)
