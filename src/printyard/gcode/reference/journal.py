"""What the plan keeps beside the moves: temperatures, fans, tools, pauses, messages, homing, and the layers."""

import re
from collections.abc import Callable
from typing import Final

from printyard.gcode.plan import MAX_TOOLS, PlanEventKind
from printyard.gcode.plan_writer import PendingEvent
from printyard.gcode.reference.lines import BLANKS, Named, Words
from printyard.gcode.reference.machine import Machine
from printyard.gcode.reference.remarks import Remarks

MAX_EVENTS: Final = 100_000
MAX_TEXT: Final = 200
_NAN: Final = float("nan")
_EXTRUDER: Final = re.compile(r"extruder([0-9]{0,3})", re.ASCII)
_NO_TOOL: Final = -1


class Journal:
    """The events of a file in their order, and the filament of the tools that are not active."""

    def __init__(self, machine: Machine, remarks: Remarks) -> None:
        self.events: list[PendingEvent] = []
        self._machine = machine
        self._remarks = remarks
        self._filament: dict[int, float] = {}
        self._fans: dict[int, float] = {}

    def note(self, line: Words | Named) -> None:
        """Keep what this line asks for besides motion, if anything."""
        if isinstance(line, Named):
            action = _NAMED.get(line.command)
            if action is not None:
                action(self, line)
        elif line.letter == "T":
            self._select(line.code)
        else:
            command = _NUMBERED.get((line.letter, line.code))
            if command is not None:
                command(self, line)

    def begin_layer(self, marks: int) -> None:
        """A comment says that a layer begins. The style seen first counts; a file may carry a second one for show."""
        machine = self._machine
        if machine.layer_marks == marks:
            machine.layers += 1
        elif not machine.layer_marks:
            machine.layer_marks = marks
            machine.layers = 1
            machine.first_layer_mark = machine.added

    def _add(
        self,
        kind: PlanEventKind,
        tool: int = _NO_TOOL,
        value: float | None = None,
        text: str = "",
        *,
        cooling: bool = False,
    ) -> None:
        machine = self._machine
        if len(self.events) >= MAX_EVENTS:
            self._remarks.once(machine.line + 1, "too many events: the plan leaves out the rest")
            return
        place = (int(machine.added), kind, int(machine.offset), int(machine.line) + 1)
        self.events.append(PendingEvent(*place, tool, _NAN if value is None else value, text[:MAX_TEXT], cooling))

    def heat(self, line: Words) -> None:
        kind = _HEATS[line.code]
        target, cooled = line.first("S"), line.first("R")
        tool = _NO_TOOL
        if kind in (PlanEventKind.SET_NOZZLE, PlanEventKind.WAIT_NOZZLE):
            named = line.first("T")
            tool = int(named) if named is not None and 0.0 <= named < MAX_TOOLS else int(self._machine.tool)
        self._add(kind, tool, cooled if target is None else target, cooling=target is None and cooled is not None)

    def set_heater(self, line: Named) -> None:
        heater = line.items.get("heater", "").lower()
        target = line.value("target") or 0.0
        nozzle = _EXTRUDER.fullmatch(heater)
        if nozzle is not None and int(nozzle[1] or 0) < MAX_TOOLS:
            self._add(PlanEventKind.SET_NOZZLE, int(nozzle[1] or 0), target)
        elif heater == "heater_bed":
            self._add(PlanEventKind.SET_BED, value=target)

    def fan(self, line: Words) -> None:
        index = line.first("P")
        fan = int(index) if index is not None and 0.0 <= index < MAX_TOOLS else 0
        speed = line.first("S") if line.code == 106 else 0.0
        fraction = 1.0 if speed is None else min(max(speed / 255.0, 0.0), 1.0)
        if self._fans.get(fan) != fraction:
            self._fans[fan] = fraction
            self._add(PlanEventKind.FAN, fan, fraction)

    def _select(self, tool: int) -> None:
        machine = self._machine
        if tool >= MAX_TOOLS:
            self._remarks.once(machine.line + 1, f"tools from T{MAX_TOOLS} on are not in the plan")
            return
        if tool != machine.tool:
            self._filament[machine.tool] = machine.filament
            machine.tool, machine.filament = tool, self._filament.get(tool, 0.0)
        self._add(PlanEventKind.TOOL, tool)

    def activate(self, line: Named) -> None:
        extruder = _EXTRUDER.fullmatch(line.items.get("extruder", "").lower())
        if extruder is not None:
            self._select(int(extruder[1] or 0))

    def pause(self, line: Words | Named) -> None:
        text = line.command.upper() if isinstance(line, Named) else f"{line.letter}{line.code}"
        self._add(PlanEventKind.PAUSE, text=text)

    def message(self, line: Words) -> None:
        self._add(PlanEventKind.MESSAGE, text=line.text.partition(" ")[2].strip(BLANKS))

    def home(self, _: Words) -> None:
        self._add(PlanEventKind.HOME)


_HEATS: Final = {
    104: PlanEventKind.SET_NOZZLE,
    109: PlanEventKind.WAIT_NOZZLE,
    140: PlanEventKind.SET_BED,
    190: PlanEventKind.WAIT_BED,
    141: PlanEventKind.SET_CHAMBER,
    191: PlanEventKind.WAIT_CHAMBER,
}

_NUMBERED: Final[dict[tuple[str, int], Callable[[Journal, Words], None]]] = {
    ("G", 28): Journal.home,
    **{("M", code): Journal.heat for code in _HEATS},
    **{("M", code): Journal.fan for code in (106, 107)},
    **{("M", code): Journal.pause for code in (0, 1, 25, 226, 600, 601)},
    ("M", 117): Journal.message,
}

_NAMED: Final[dict[str, Callable[[Journal, Named], None]]] = {
    "set_heater_temperature": Journal.set_heater,
    "activate_extruder": Journal.activate,
    **dict.fromkeys(("pause", "pause_print", "filament_change", "color_change", "filament_runout"), Journal.pause),
}

EVENT_CODES: Final = frozenset(code for letter, code in _NUMBERED if letter == "M")
"""The M codes that the kernel must send here when it plans."""
