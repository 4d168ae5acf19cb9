"""G-code that is sent line by line: what an idle machine can do of it, and what it answers."""

import re
from collections.abc import Callable

from printyard.drivers.virtual import head as heads
from printyard.drivers.virtual.condition import BED
from printyard.drivers.virtual.device import Device
from printyard.drivers.virtual.troubles import boot, mend, stop_everything

_WORD = re.compile(r"([A-Za-z])\s*([-+]?(?:\d+\.?\d*|\.\d+))")
_CODE = re.compile(r"\s*(?:N\d+\s+)?([GMTgmt])\s*0*(\d+)(?:\.\d+)?\b")
_NAME = re.compile(r"\s*([A-Za-z_]+)")

RESTARTS = frozenset({"RESTART", "FIRMWARE_RESTART", "M999"})

Words = dict[str, float]
Answer = tuple[float, tuple[str, ...]]
"""When the next line may begin, and what is said."""


def obey_lines(device: Device, seconds: float, lines: tuple[str, ...]) -> None:
    """Carry out lines one after the other; what waits lets the later ones wait too. Answers go to the console."""
    begin = heads.rest_second(device.condition.head, seconds)
    for line in lines:
        text = line.partition(";")[0].strip()
        if text:
            begin = _obey(device, begin, text)


def _obey(device: Device, seconds: float, text: str) -> float:
    code = _CODE.match(text)
    named = _NAME.match(text)
    name = f"{code[1].upper()}{code[2]}" if code else (named[1].upper() if named else text)
    if device.condition.halted and name not in RESTARTS:
        device.console.append("!! The printer has stopped: send FIRMWARE_RESTART or M999.")
        return seconds
    words = {letter.upper(): float(value) for letter, value in _WORD.findall(text[code.end() :] if code else "")}
    deed = _restart if name in RESTARTS else _DEEDS.get(name)
    if name == "M117":
        device.condition.message = text[4:].strip()
        deed = _nothing
    if deed is None:
        device.console.append(_unknown(device, text))
        return seconds
    until, said = deed(device, seconds, words)
    device.console.extend((*said, "ok"))
    return until


def _unknown(device: Device, text: str) -> str:
    if device.machine.flavor == "klipper":
        return f'// Unknown command:"{text.split(maxsplit=1)[0].upper()}"'
    return f'echo:Unknown command: "{text}"'


def _nothing(_device: Device, seconds: float, _words: Words) -> Answer:
    return seconds, ()


def _move(device: Device, seconds: float, words: Words) -> Answer:
    condition = device.condition
    head = condition.head
    if device.traits.must_home_first and not head.homed:
        return seconds, ("!! Must home axis first",)
    if words.get("F", 0.0) > 0.0:
        head.speed = words["F"] / 60.0
    x, y, z = (
        value if letter not in words else words[letter] + (value if head.relative else 0.0)
        for letter, value in zip("XYZ", head.place, strict=True)
    )
    volume = device.machine.volume_mm
    return heads.go(head, seconds, (x, y, z), None, condition.limits.max_speed, volume), ()


def _home(device: Device, seconds: float, _words: Words) -> Answer:
    head = device.condition.head
    head.homed = True
    return heads.travel(head, seconds, device.traits.home, heads.HOMING_SECONDS), ()


def _dwell(_device: Device, seconds: float, words: Words) -> Answer:
    return seconds + max(words.get("S", words.get("P", 0.0) / 1000.0), 0.0), ()


def _relative(device: Device, seconds: float, _words: Words) -> Answer:
    device.condition.head.relative = True
    return seconds, ()


def _absolute(device: Device, seconds: float, _words: Words) -> Answer:
    device.condition.head.relative = False
    return seconds, ()


def _heat(device: Device, seconds: float, words: Words, *, bed: bool, wait: bool) -> Answer:
    number = BED if bed else int(words.get("T", device.condition.tool))
    if not bed and not 0 <= number < device.machine.tools:
        return seconds, (f"!! There is no extruder {number}",)
    highest = device.machine.max_bed_celsius if bed else device.machine.max_nozzle_celsius
    celsius = words.get("S", words.get("R", 0.0))
    if not 0.0 <= celsius <= highest:
        return seconds, (f"!! Requested temperature ({celsius:g}) out of range (0:{highest:g})",)
    device.turn(number, seconds, celsius)
    return (device.ready_second(number, seconds, cooling="R" in words) if wait else seconds), ()


def _nozzle(device: Device, seconds: float, words: Words) -> Answer:
    return _heat(device, seconds, words, bed=False, wait=False)


def _nozzle_wait(device: Device, seconds: float, words: Words) -> Answer:
    return _heat(device, seconds, words, bed=False, wait=True)


def _bed(device: Device, seconds: float, words: Words) -> Answer:
    return _heat(device, seconds, words, bed=True, wait=False)


def _bed_wait(device: Device, seconds: float, words: Words) -> Answer:
    return _heat(device, seconds, words, bed=True, wait=True)


def _fan(device: Device, seconds: float, words: Words) -> Answer:
    device.condition.fan = min(max(words.get("S", 255.0) / 255.0, 0.0), 1.0)
    return seconds, ()


def _fan_off(device: Device, seconds: float, _words: Words) -> Answer:
    device.condition.fan = 0.0
    return seconds, ()


def _temperatures(device: Device, seconds: float, _words: Words) -> Answer:
    heaters = device.condition.heaters
    said = [f"T{tool}:{device.celsius(tool, seconds):.1f} /{heater.target:.1f}" for tool, heater in enumerate(heaters)]
    bed = device.condition.bed
    if bed is not None:
        said.append(f"B:{device.celsius(BED, seconds):.1f} /{bed.target:.1f}")
    return seconds, (" ".join(said),)


def _position(device: Device, seconds: float, _words: Words) -> Answer:
    x, y, z = heads.place_at(device.condition.head, seconds)
    return seconds, (f"X:{x:.2f} Y:{y:.2f} Z:{z:.2f} E:0.00",)


def _firmware(device: Device, seconds: float, _words: Words) -> Answer:
    flavor, version = device.machine.flavor.capitalize(), device.condition.firmware
    return seconds, (f"FIRMWARE_NAME:{flavor} FIRMWARE_VERSION:{version}",)


def _stop(device: Device, seconds: float, _words: Words) -> Answer:
    stop_everything(device, seconds, "emergency stop", "emergency_stop")
    return seconds, ()


def _motors_off(device: Device, seconds: float, _words: Words) -> Answer:
    device.condition.head.homed = False
    return seconds, ()


def _restart(device: Device, seconds: float, _words: Words) -> Answer:
    if device.stands("emergency_stop"):
        mend(device, seconds, "emergency_stop")
    elif not device.condition.halted:
        device.heaters_off(seconds)
        boot(device, seconds)
    return seconds, ()


_DEEDS: dict[str, Callable[[Device, float, Words], Answer]] = {
    "G0": _move,
    "G1": _move,
    "G4": _dwell,
    "G21": _nothing,
    "G28": _home,
    "G90": _absolute,
    "G91": _relative,
    "G92": _nothing,
    "M18": _motors_off,
    "M82": _nothing,
    "M83": _nothing,
    "M84": _motors_off,
    "M104": _nozzle,
    "M105": _temperatures,
    "M106": _fan,
    "M107": _fan_off,
    "M109": _nozzle_wait,
    "M110": _nothing,
    "M112": _stop,
    "M114": _position,
    "M115": _firmware,
    "M140": _bed,
    "M190": _bed_wait,
    "M204": _nothing,
    "M400": _nothing,
    "T0": _nothing,
}
