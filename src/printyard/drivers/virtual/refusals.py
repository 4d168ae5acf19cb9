"""What the machine says no to, each with a sentence for a person."""

from collections.abc import Callable

from printyard.core.commands import (
    AnswerQuestion,
    AskQuestion,
    Beep,
    BlinkLight,
    Cancel,
    ClearPlate,
    Command,
    EmergencyStop,
    Heater,
    Home,
    Jog,
    LoadMaterial,
    MoveTo,
    Pause,
    Rename,
    Resume,
    SendGcode,
    SetFan,
    SetLight,
    SetLimits,
    SetTarget,
    ShowMessage,
    StartPrint,
    SwapNozzle,
)  # fmt: skip
from printyard.core.errors import Refused
from printyard.drivers.virtual.condition import Phase
from printyard.drivers.virtual.device import Device

QUESTIONS = 8
PAUSABLE = frozenset({Phase.PREPARE, Phase.MOTION, Phase.WAITING, Phase.RESUMING})
_QUIET = (SetLight, BlinkLight, Beep, ShowMessage, AskQuestion, AnswerQuestion, Rename, SetLimits, EmergencyStop)
"""Commands that move and heat nothing."""


def refuse(device: Device, command: Command) -> None:
    """Raises Refused with a sentence for a person if the machine does not take the command now."""
    condition = device.condition
    if type(command) not in device.traits.supports:
        raise Refused(f"A {device.machine.variant} cannot do that.", code="unsupported")
    if condition.now < condition.ready:
        raise Refused("The printer is starting.", code="starting")
    if not isinstance(command, _QUIET):
        if condition.update is not None:
            raise Refused("The printer is installing firmware.", code="busy")
        if condition.halted and not isinstance(command, SendGcode):
            raise Refused(f"The printer has stopped: {condition.halted}.", code="halted")
    check = _CHECKS.get(type(command))
    if check is not None:
        check(device, command)


def refuse_file(device: Device, summary_tools: tuple[float, ...], moves: int) -> None:
    """Raises Refused for a file that this machine cannot print: no motion, or a tool that it has not."""
    if moves == 0:
        raise Refused("The file has no movements in it.", code="empty_file")
    for tool, length in enumerate(summary_tools):
        if length <= 0.0:
            continue
        if tool >= device.machine.tools:
            raise Refused(f"The file asks for extruder {tool + 1}; this printer has {device.machine.tools}.")
        if device.condition.nozzles[tool] is None:
            raise Refused(f"Extruder {tool + 1} has no print core.", code="no_nozzle")
        spool = device.condition.spools[tool]
        if spool is None or spool.remaining_mm <= 0.0:
            raise Refused(f"Extruder {tool + 1} has no filament.", code="no_filament")


def refuse_start(device: Device) -> None:
    """Raises Refused unless a print can begin now."""
    condition = device.condition
    if condition.halted:
        raise Refused(f"The printer has stopped: {condition.halted}.", code="halted")
    if condition.run is not None or condition.update is not None:
        raise Refused("The printer is busy with something else.", code="busy")
    if condition.occupied:
        raise Refused("The last print is still on the plate.", code="plate_occupied")
    if device.stands("disk_full"):
        raise Refused("The storage of the printer is full.", code="disk_full")
    if device.stands("door_open"):
        raise Refused("The door is open.", code="door_open")
    for fault in device.faults():
        if fault.blocking or fault.code == "clog":
            raise Refused(fault.message, code=fault.code)


def _check_start(device: Device, _command: Command) -> None:
    refuse_start(device)


def _check_pause(device: Device, _command: Command) -> None:
    run = device.condition.run
    if run is None or run.phase not in PAUSABLE:
        raise Refused("There is no print that could be paused.", code="not_printing")


def _check_resume(device: Device, _command: Command) -> None:
    condition = device.condition
    run = condition.run
    if run is None or run.phase is not Phase.PAUSED:
        raise Refused("There is no paused print.", code="not_paused")
    if device.stands("door_open"):
        raise Refused("The door is open.", code="door_open")
    for trouble in condition.troubles:
        if trouble.kind in {"filament_runout", "clog", "heater_fault"} and trouble.shown_at is not None:
            fault = next(fault for fault in device.faults() if fault.code == trouble.kind)
            raise Refused(fault.message, code=fault.code)


def _check_cancel(device: Device, _command: Command) -> None:
    run = device.condition.run
    if run is None or run.phase in {Phase.CANCELLING, Phase.FINISHING}:
        raise Refused("There is no print that could be cancelled.", code="not_printing")


def _check_target(device: Device, command: Command) -> None:
    if not isinstance(command, SetTarget):
        return
    machine = device.machine
    if command.heater is Heater.CHAMBER or (command.heater is Heater.BED and device.condition.bed is None):
        raise Refused(f"The printer has no heated {command.heater.value}.", code="no_heater")
    if command.heater is Heater.TOOL:
        _check_tool(device, command.tool)
    highest = machine.max_bed_celsius if command.heater is Heater.BED else machine.max_nozzle_celsius
    if not 0.0 <= command.celsius <= highest:
        raise Refused(f"The temperature must lie between 0 and {highest:g} Celsius.", code="out_of_range")


def _check_tool(device: Device, tool: int) -> None:
    if not 0 <= tool < device.machine.tools:
        raise Refused(f"There is no extruder {tool + 1}; this printer has {device.machine.tools}.", code="no_tool")


def _check_still(device: Device, _command: Command) -> None:
    """Only a machine at rest, or one that waits in a pause, is moved by hand."""
    run = device.condition.run
    if run is not None and run.phase is not Phase.PAUSED:
        raise Refused("The printer is printing.", code="busy")


def _check_move(device: Device, command: Command) -> None:
    _check_still(device, command)
    if device.traits.must_home_first and not device.condition.head.homed:
        raise Refused("Home the printer first.", code="not_homed")
    if isinstance(command, MoveTo):
        for name, value, side in zip("xyz", (command.x, command.y, command.z), device.machine.volume_mm, strict=True):
            if value is not None and not 0.0 <= value <= side:
                raise Refused(f"{name} must lie between 0 and {side:g} mm.", code="out_of_range")
    speed = command.speed if isinstance(command, Jog | MoveTo) else None
    if speed is not None and speed <= 0.0:
        raise Refused("The speed must be above 0 mm/s.", code="out_of_range")


def _check_fan(_device: Device, command: Command) -> None:
    if isinstance(command, SetFan) and not 0.0 <= command.fraction <= 1.0:
        raise Refused("A fan runs at 0 to 1 of its speed.", code="out_of_range")


def _check_load(device: Device, command: Command) -> None:
    _check_still(device, command)
    if isinstance(command, LoadMaterial | SwapNozzle):
        _check_tool(device, command.tool)
    if isinstance(command, SwapNozzle) and command.name and command.name not in device.machine.print_cores:
        raise Refused(f"{command.name!r} does not fit a {device.machine.variant}.", code="wrong_nozzle")
    if isinstance(command, LoadMaterial) and command.remaining_mm is not None and command.remaining_mm < 0.0:
        raise Refused("A spool cannot hold less than nothing.", code="out_of_range")


def _check_limits(device: Device, command: Command) -> None:
    if not isinstance(command, SetLimits):
        return
    if command.feeder is not None:
        _check_tool(device, command.feeder)
    vectors = [vector for vector in (command.max_speed, command.jerk) if vector is not None]
    values = [value for vector in vectors for value in (vector.x, vector.y, vector.z)]
    values += [
        value
        for value in (
            command.acceleration,
            command.feeder_max_speed,
            command.feeder_acceleration,
            command.feeder_jerk,
        )
        if value is not None
    ]
    if any(not 0.0 < value < 1e6 for value in values):
        raise Refused("A limit must be above 0.", code="out_of_range")


def _check_question(device: Device, command: Command) -> None:
    questions = device.condition.questions
    if isinstance(command, AskQuestion) and len(questions) >= QUESTIONS:
        raise Refused("Too many questions wait on the display.", code="busy")
    if isinstance(command, AnswerQuestion):
        asked = next((question for question in questions if question.id == command.question_id), None)
        if asked is None:
            raise Refused("The display does not ask that.", code="no_question")


def _check_plate(device: Device, _command: Command) -> None:
    if device.condition.run is not None:
        raise Refused("The printer is printing.", code="busy")


def _check_stop(device: Device, _command: Command) -> None:
    if device.condition.halted:
        raise Refused("The printer has stopped already.", code="halted")


def _check_gcode(device: Device, command: Command) -> None:
    _check_still(device, command)


_CHECKS: dict[type[Command], Callable[[Device, Command], None]] = {
    StartPrint: _check_start,
    Pause: _check_pause,
    Resume: _check_resume,
    Cancel: _check_cancel,
    SetTarget: _check_target,
    Home: _check_still,
    Jog: _check_move,
    MoveTo: _check_move,
    SetFan: _check_fan,
    LoadMaterial: _check_load,
    SwapNozzle: _check_load,
    SetLimits: _check_limits,
    AskQuestion: _check_question,
    AnswerQuestion: _check_question,
    ClearPlate: _check_plate,
    EmergencyStop: _check_stop,
    SendGcode: _check_gcode,
}
