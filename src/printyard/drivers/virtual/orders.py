"""Commands: what the machine does with those that it has accepted."""

import zlib
from collections.abc import Callable
from typing import Any

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
from printyard.core.model.state import PauseCause, Question
from printyard.core.model.value import Instant
from printyard.drivers.virtual import head as heads, timeline
from printyard.drivers.virtual.condition import BED, Blink, Fitted
from printyard.drivers.virtual.device import Device
from printyard.drivers.virtual.gcodes import obey_lines
from printyard.drivers.virtual.journal import Ordered
from printyard.drivers.virtual.noise import digits
from printyard.drivers.virtual.troubles import load, stop_everything


def obey(device: Device, seconds: float, entry: Ordered) -> None:
    """Carry out an accepted command at this second."""
    command = entry.command()
    _DEEDS[type(command)](device, seconds, command, entry)
    device.touch()


def _start(device: Device, seconds: float, command: StartPrint, entry: Ordered) -> None:
    if entry.outline is None:
        raise ValueError("a start without an outline")
    timeline.begin(device, seconds, entry.ref, command.name, command.token, command.blob, entry.outline)


def _pause(device: Device, seconds: float, _command: Command, _entry: Ordered) -> None:
    timeline.pause(device, seconds, PauseCause.API)


def _resume(device: Device, seconds: float, _command: Command, _entry: Ordered) -> None:
    timeline.resume(device, seconds)


def _cancel(device: Device, seconds: float, _command: Command, _entry: Ordered) -> None:
    timeline.cancel(device, seconds)


def _set_target(device: Device, seconds: float, command: SetTarget, _entry: Ordered) -> None:
    number = BED if command.heater is Heater.BED else command.tool
    condition = device.condition
    condition.preheats = [(second, other) for second, other in condition.preheats if other != number]
    device.turn(number, seconds, command.celsius)
    if command.timeout_seconds is not None and command.celsius > 0.0:
        condition.preheats.append((seconds + command.timeout_seconds, number))


def _home(device: Device, seconds: float, command: Home, _entry: Ordered) -> None:
    head = device.condition.head
    goal = heads.chosen(command.axes, device.traits.home, head.place)
    heads.travel(head, seconds, goal, heads.HOMING_SECONDS)
    head.homed = head.homed or set("xyz") <= set(command.axes.lower())


def _jog(device: Device, seconds: float, command: Jog, _entry: Ordered) -> None:
    start, by = device.condition.head.place, command.by
    _go(device, seconds, (start[0] + by.x, start[1] + by.y, start[2] + by.z), command.speed)


def _move_to(device: Device, seconds: float, command: MoveTo, _entry: Ordered) -> None:
    x, y, z = device.condition.head.place
    goal = (
        x if command.x is None else command.x,
        y if command.y is None else command.y,
        z if command.z is None else command.z,
    )
    _go(device, seconds, goal, command.speed)


def _go(device: Device, seconds: float, goal: heads.Place, speed: float | None) -> None:
    heads.go(device.condition.head, seconds, goal, speed, device.condition.limits.max_speed, device.machine.volume_mm)


def _set_limits(device: Device, _seconds: float, command: SetLimits, _entry: Ordered) -> None:
    limits = device.condition.limits
    limits.max_speed = command.max_speed or limits.max_speed
    limits.acceleration = command.acceleration or limits.acceleration
    limits.jerk = command.jerk or limits.jerk
    if command.feeder is not None:
        speed, acceleration, jerk = limits.feeders[command.feeder]
        limits.feeders[command.feeder] = (
            command.feeder_max_speed or speed,
            command.feeder_acceleration or acceleration,
            command.feeder_jerk or jerk,
        )


def _set_fan(device: Device, _seconds: float, command: SetFan, _entry: Ordered) -> None:
    device.condition.fan = command.fraction


def _set_light(device: Device, _seconds: float, command: SetLight, _entry: Ordered) -> None:
    device.condition.light, device.condition.blink = command.light, None


def _blink(device: Device, seconds: float, command: BlinkLight, _entry: Ordered) -> None:
    if command.frequency_hertz > 0.0 and command.count > 0:
        device.condition.blink = Blink(seconds, command.frequency_hertz, command.count)


def _beep(device: Device, seconds: float, command: Beep, _entry: Ordered) -> None:
    device.log(seconds, f"beep: {command.frequency_hertz:g} Hz, {command.seconds:g} s")


def _send(device: Device, seconds: float, command: SendGcode, _entry: Ordered) -> None:
    obey_lines(device, seconds, command.lines)


def _load(device: Device, seconds: float, command: LoadMaterial, _entry: Ordered) -> None:
    load(device, seconds, command.tool, command.guid, command.remaining_mm)
    device.log(seconds, f"extruder {command.tool + 1}: material {command.guid or 'removed'}")


def _swap(device: Device, seconds: float, command: SwapNozzle, _entry: Ordered) -> None:
    device.condition.nozzles[command.tool] = fitted_core(device.condition.seed, command.tool, command.name)
    device.log(seconds, f"extruder {command.tool + 1}: print core {command.name or 'removed'}")


def fitted_core(seed: int, tool: int, name: str) -> Fitted | None:
    """A print core of this name, with a serial number of its own ("": none)."""
    if not name:
        return None
    diameter = next((float(word) for word in name.split() if word.replace(".", "", 1).isdigit()), 0.4)
    return Fitted(name, digits(seed, zlib.crc32(f"{tool} {name}".encode()), 12), diameter)


def _show(device: Device, _seconds: float, command: ShowMessage, _entry: Ordered) -> None:
    device.condition.message = command.text


def _ask(device: Device, _seconds: float, command: AskQuestion, entry: Ordered) -> None:
    asked = Question(
        id=command.question_id,
        text=command.text,
        answers=command.answers,
        since=Instant(entry.at),
        subject=command.subject,
    )
    others = [question for question in device.condition.questions if question.id != asked.id]
    device.condition.questions = [*others, asked]


def _answer(device: Device, _seconds: float, command: AnswerQuestion, _entry: Ordered) -> None:
    answer(device, command.question_id, command.answer)


def answer(device: Device, question_id: str, text: str) -> None:
    """The question was answered on the display."""
    condition = device.condition
    condition.questions = [question for question in condition.questions if question.id != question_id]
    device.answers.append((question_id, text))


def _clear(device: Device, seconds: float, _command: Command, _entry: Ordered) -> None:
    timeline.clear_plate(device, seconds)


def _rename(device: Device, _seconds: float, command: Rename, _entry: Ordered) -> None:
    device.condition.name = command.name


def _stop(device: Device, seconds: float, _command: Command, _entry: Ordered) -> None:
    stop_everything(device, seconds, "emergency stop", "emergency_stop")


_DEEDS: dict[type[Command], Callable[[Device, float, Any, Ordered], None]] = {
    StartPrint: _start,
    Pause: _pause,
    Resume: _resume,
    Cancel: _cancel,
    SetTarget: _set_target,
    Home: _home,
    Jog: _jog,
    MoveTo: _move_to,
    SetLimits: _set_limits,
    SetFan: _set_fan,
    SetLight: _set_light,
    BlinkLight: _blink,
    Beep: _beep,
    SendGcode: _send,
    LoadMaterial: _load,
    SwapNozzle: _swap,
    ShowMessage: _show,
    AskQuestion: _ask,
    AnswerQuestion: _answer,
    ClearPlate: _clear,
    Rename: _rename,
    EmergencyStop: _stop,
}
