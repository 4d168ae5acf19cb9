"""Holds a command's figures against the machine that it is for, before it goes on its way: one place for all doors."""

from collections.abc import Callable
from math import isfinite
from typing import Any

from printyard.core.commands import (
    Beep,
    BlinkLight,
    Command,
    Heater,
    Jog,
    LoadMaterial,
    MoveTo,
    SetFan,
    SetLight,
    SetLimits,
    SetTarget,
    SwapNozzle,
)  # fmt: skip
from printyard.core.errors import Invalid, NotFound, Unsupported
from printyard.core.model.machine import MachineModel
from printyard.core.model.state import Vector

PREHEAT_SECONDS = 24 * 3600.0
"""The longest that a heater may be kept warm ahead of a print."""

LIMIT_CEILING = 100_000.0
"""No machine moves faster, in mm/s or mm/s2."""

CHAMBER_CELSIUS = 100.0
BLINKS = 1000
BEEP_SECONDS = 60.0
HERTZ = 20_000.0


def check_bounds(command: Command, machine: MachineModel) -> None:
    """Raises Invalid (a figure that the machine cannot have), NotFound (no such tool), Unsupported (no such heater)."""
    if check := CHECKS.get(type(command)):
        check(command, machine)


def _within(name: str, value: float, low: float, high: float, unit: str = "") -> None:
    if not isfinite(value) or not low <= value <= high:
        raise Invalid(f"{name} is {value:g}; it must lie between {low:g} and {high:g}{unit}.")


def _positive(name: str, value: float | None, high: float) -> None:
    if value is not None and not (isfinite(value) and 0 < value <= high):
        raise Invalid(f"{name} is {value:g}; it must be more than 0 and at most {high:g}.")


def _tool(number: int, machine: MachineModel) -> None:
    if not 0 <= number < machine.tools:
        raise NotFound(f"There is no extruder {number}; the machine has {machine.tools}.")


def _target(command: SetTarget, machine: MachineModel) -> None:
    hottest = machine.max_nozzle_celsius
    if command.heater is Heater.TOOL:
        _tool(command.tool, machine)
    elif command.heater is Heater.BED:
        hottest = machine.max_bed_celsius
        if not machine.has_bed:
            raise Unsupported("This machine has no heated bed.")
    else:
        hottest = CHAMBER_CELSIUS
        if not machine.has_chamber:
            raise Unsupported("This machine has no heated chamber.")
    _within("temperature", command.celsius, 0.0, hottest, " C")
    if command.timeout_seconds is not None:
        _within("timeout", command.timeout_seconds, 0.0, PREHEAT_SECONDS, " s")


def _move(command: MoveTo, machine: MachineModel) -> None:
    for axis, place, length in zip("xyz", (command.x, command.y, command.z), machine.volume_mm, strict=True):
        if place is not None:
            _within(axis, place, 0.0, length, " mm")
    _positive("speed", command.speed, LIMIT_CEILING)


def _jog(command: Jog, machine: MachineModel) -> None:
    for axis, way, length in zip("xyz", (command.by.x, command.by.y, command.by.z), machine.volume_mm, strict=True):
        _within(axis, way, -length, length, " mm")
    _positive("speed", command.speed, LIMIT_CEILING)


def _vector(name: str, vector: Vector | None) -> None:
    if vector is not None:
        for axis in "xyz":
            _positive(f"{name} {axis}", getattr(vector, axis), LIMIT_CEILING)


def _limits(command: SetLimits, machine: MachineModel) -> None:
    if command.feeder is not None:
        _tool(command.feeder, machine)
    _vector("max_speed", command.max_speed)
    _vector("jerk", command.jerk)
    _positive("acceleration", command.acceleration, LIMIT_CEILING)
    _positive("max_speed", command.feeder_max_speed, LIMIT_CEILING)
    _positive("acceleration", command.feeder_acceleration, LIMIT_CEILING)
    _positive("jerk", command.feeder_jerk, LIMIT_CEILING)


def _light(command: SetLight, _: MachineModel) -> None:
    _within("hue", command.light.hue, 0.0, 360.0)
    _within("saturation", command.light.saturation, 0.0, 100.0)
    _within("brightness", command.light.brightness, 0.0, 100.0)


def _blink(command: BlinkLight, _: MachineModel) -> None:
    _positive("frequency", command.frequency_hertz, HERTZ)
    _positive("count", command.count, BLINKS)


def _beep(command: Beep, _: MachineModel) -> None:
    _positive("frequency", command.frequency_hertz, HERTZ)
    _positive("duration", command.seconds, BEEP_SECONDS)


def _load(command: LoadMaterial, machine: MachineModel) -> None:
    _tool(command.tool, machine)
    _positive("remaining length", command.remaining_mm, 1e9)


CHECKS: dict[type[Command], Callable[[Any, MachineModel], None]] = {
    SetTarget: _target,
    MoveTo: _move,
    Jog: _jog,
    SetLimits: _limits,
    SetLight: _light,
    BlinkLight: _blink,
    Beep: _beep,
    LoadMaterial: _load,
    SwapNozzle: lambda command, machine: _tool(command.tool, machine),
    SetFan: lambda command, _: _within("fan", command.fraction, 0.0, 1.0),
}
"""The check of each command that has figures."""
