"""What a client of the device would see: its condition as reports, each with only what has changed.

Values that have not changed are the same objects as before, so that nobody downstream compares or encodes them again.
"""

from typing import Any

from msgspec.structs import replace

from printyard.core.model.state import (
    DevicePrint,
    Feeder,
    Light,
    LoadedMaterial,
    Motion,
    Nozzle,
    Plate,
    Temperature,
    Tool,
    Vector,
)  # fmt: skip
from printyard.core.model.value import Instant
from printyard.core.ports.driver import Report
from printyard.drivers.virtual.condition import BED
from printyard.drivers.virtual.device import Device
from printyard.drivers.virtual.heat import celsius, reading
from printyard.drivers.virtual.progress import progress_at

AMBIENT_CHANNEL = 77


class Reporter:
    """Remembers what was reported last, to report the rest."""

    __slots__ = ("_device", "_last", "_minute", "_print", "_revision")

    def __init__(self, device: Device) -> None:
        self._device = device
        self._last: dict[str, Any] = {}
        self._revision = -1
        self._minute = -1.0
        self._print: DevicePrint | None = None

    def report(self, at: Instant) -> Report:
        """What has changed since the last one, at the second that the device has reached."""
        device, last = self._device, self._last
        whole = not last
        changed: dict[str, Any] = {}
        self._measure(changed)
        if device.revision != self._revision:
            self._revision = device.revision
            known = self._known()
            changed.update({name: value for name, value in known.items() if name not in last or last[name] != value})
            if "print" in changed:
                changed["plate"] = known["plate"]
            for words in ("console", "notes", "answers"):
                if pending := getattr(device, words):
                    changed[words] = tuple(pending)
                    pending.clear()
        last.update(changed)
        if whole:
            changed["history_complete"] = True
        return Report(at=at, **changed)

    def _measure(self, changed: dict[str, Any]) -> None:
        """What changes by itself, if it has; this is on every report's way."""
        device, last = self._device, self._last
        condition = device.condition
        now = condition.now
        drawn = device.filament_mm(now)
        tools = self._tools(now, drawn)
        if tools is not last.get("tools"):
            changed["tools"] = tools
        if condition.bed is not None:
            bed = self._temperature("bed", BED, now)
            if bed is not last.get("bed"):
                changed["bed"] = bed
        if condition.run is not None:
            changed["progress"] = progress_at(device, now, drawn)
        x, y, z = device.place(now)
        position = Vector(round(x, 3), round(y, 3), round(z, 3))
        if position != last.get("position"):
            changed["position"] = position
        if condition.fan != last.get("fan_fraction"):
            changed["fan_fraction"] = condition.fan
        minute = now // 60.0
        if minute != self._minute:
            self._minute = minute
            changed["ambient"] = Temperature(reading(condition.ambient, condition.seed, AMBIENT_CHANNEL, minute))
        if condition.blink is not None:
            changed["light"] = light_at(device, now)

    def _known(self) -> dict[str, Any]:
        """What changes only when something happens."""
        device = self._device
        condition = device.condition
        fresh: dict[str, Any] = {}
        fresh["link"] = device.link()
        fresh["activity"] = device.activity()
        fresh["busy_with"] = "firmware_update" if condition.update is not None else ""
        fresh["plate"] = Plate.OCCUPIED if condition.occupied else Plate.CLEAR
        fresh["attention"] = condition.questions[0] if condition.questions else None
        fresh["outcome"] = condition.outcome
        fresh["pause_cause"] = device.pause_cause()
        fresh["faults"] = device.faults()
        fresh["print"] = self._print_now()
        if condition.run is None:
            fresh["progress"] = condition.last_progress
        fresh["active_tool"] = condition.tool
        fresh["motion"] = motion_of(device)
        if condition.light is not None:
            fresh["light"] = light_at(device, condition.now)
        fresh["message"] = condition.message
        fresh["firmware"] = condition.firmware
        fresh["history"] = tuple(condition.history)
        return fresh

    def _print_now(self) -> DevicePrint | None:
        condition = self._device.condition
        run = condition.run
        if run is None:
            self._print = condition.last
        elif self._print is None or self._print.ref != run.ref or self._print.ended_at is not None:
            self._print = DevicePrint(
                ref=run.ref,
                name=run.name,
                started_at=Instant(run.started_at),
                token=run.token,
                size=run.blob.size,
            )
        return self._print

    def _tools(self, now: float, drawn: tuple[float, ...]) -> tuple[Tool, ...]:
        last: tuple[Tool, ...] = self._last.get("tools", ())
        made = tuple(
            self._tool(number, now, length, last[number] if last else None) for number, length in enumerate(drawn)
        )
        return last if len(made) == len(last) and all(a is b for a, b in zip(made, last, strict=True)) else made

    def _tool(self, number: int, now: float, drawn: float, last: Tool | None) -> Tool:
        device = self._device
        condition = device.condition
        heater = condition.heaters[number]
        true = celsius(heater.curve, now, device.nozzle, condition.ambient)
        current, target = reading(true, condition.seed, number, now), heater.target
        remaining = device.remaining_mm(number, drawn)
        position = round(condition.feeder_mm[number] + drawn, 2)
        stale = device.revision != self._revision or last is None
        if stale or last is None:
            return Tool(
                heater=Temperature(current, target, _let_go(device, number)),
                nozzle=nozzle_of(device, number),
                material=_material(device, number, remaining),
                feeder=_feeder(device, number, position),
            )
        warm = last.heater
        if warm.current != current or warm.target != target:
            warm = Temperature(current, target, warm.until)
        feeder, material = last.feeder, last.material
        if feeder.position_mm != position:
            feeder = _feeder(device, number, position)
            material = _material(device, number, remaining)
        if warm is last.heater and feeder is last.feeder:
            return last
        return Tool(warm, last.nozzle, material, feeder)

    def _temperature(self, name: str, number: int, now: float) -> Temperature:
        device = self._device
        heater = device.heater(number)
        target = heater.target if heater is not None else 0.0
        current = reading(device.celsius(number, now), device.condition.seed, 50 + number, now)
        last = self._last.get(name)
        if isinstance(last, Temperature) and last.current == current and device.revision == self._revision:
            return last
        return Temperature(current, target, _let_go(device, number))


def nozzle_of(device: Device, number: int) -> Nozzle | None:
    """The print core in a tool, as a value."""
    core = device.condition.nozzles[number]
    if core is None:
        return None
    return Nozzle(
        name=core.name,
        serial=core.serial,
        diameter_mm=core.diameter_mm,
        offset=Vector(x=18.0 * number, y=0.0, z=0.0),
        last_material_guid=core.last_material_guid,
        extruded_mm=round(core.extruded_mm, 1),
        hot_seconds=round(core.hot_seconds, 1),
        highest_celsius=core.highest_celsius,
    )


def motion_of(device: Device) -> Motion:
    """The head's limits."""
    limits = device.condition.limits
    return Motion(max_speed=limits.max_speed, acceleration=limits.acceleration, jerk=limits.jerk)


def light_at(device: Device, seconds: float) -> Light | None:
    """The case light, which may blink."""
    light, blink = device.condition.light, device.condition.blink
    if light is None or blink is None:
        return light
    turns = (seconds - blink.begin) * blink.frequency_hertz
    if turns >= blink.count or turns % 1.0 < 0.5:
        return light
    return replace(light, brightness=0.0)


def _material(device: Device, number: int, remaining: float | None) -> LoadedMaterial | None:
    spool = device.condition.spools[number]
    if spool is None or remaining is None:
        return None
    return LoadedMaterial(guid=spool.guid, remaining_mm=float(round(remaining)))


def _feeder(device: Device, number: int, position: float) -> Feeder:
    speed, acceleration, jerk = device.condition.limits.feeders[number]
    return Feeder(position_mm=position, max_speed=speed, acceleration=acceleration, jerk=jerk)


def _let_go(device: Device, number: int) -> Instant | None:
    """Until when a heater is kept warm ahead of a print."""
    for second, heated in device.condition.preheats:
        if heated == number:
            return device.instant(second)
    return None
