"""Heaters in closed form: linear on the way up, a small swing at the target, exponential on the way down.

Nothing is stepped: a curve begins where the one before it was left, and gives the temperature at any later second.
"""

import math
from bisect import bisect_right
from enum import StrEnum
from operator import attrgetter

from msgspec import Struct

from printyard.drivers.virtual.noise import jitter

PAST_CURVES = 12
NOISE_CELSIUS = 0.18
_SWING_SHARE = 0.04
"""Of the way up, at most the heater's own swing."""


class Mode(StrEnum):
    """How a heater behaves. DEAD: no current reaches it. RUNAWAY: nothing stops it."""

    CONTROLLED = "controlled"
    DEAD = "dead"
    RUNAWAY = "runaway"


class Curve(Struct, frozen=True, array_like=True):
    """The temperature from a second on: where it starts and what it is driven to (Celsius, target 0: off)."""

    begin: float
    start: float
    target: float
    mode: Mode = Mode.CONTROLLED


class Physique(Struct, frozen=True):
    """What a heater is made of: Celsius per second up, seconds to lose 63 % of the heat, the swing at the target."""

    rate: float
    cooling_seconds: float
    swing_celsius: float
    swing_seconds: float


class Heater(Struct):
    """A heater with its present curve and the ones before it, oldest first."""

    curve: Curve
    past: list[Curve] = []

    @property
    def target(self) -> float:
        return self.curve.target


def at_rest(ambient: float) -> Heater:
    """A cold heater."""
    return Heater(curve=Curve(0.0, ambient, 0.0))


def celsius(curve: Curve, seconds: float, physique: Physique, ambient: float) -> float:
    """The true temperature of a curve at a second of the printer's clock, not before its begin."""
    elapsed = seconds - curve.begin
    if curve.mode is Mode.RUNAWAY:
        return curve.start + physique.rate * elapsed
    if curve.mode is Mode.DEAD or curve.target <= ambient:
        return ambient + (curve.start - ambient) * math.exp(-elapsed / physique.cooling_seconds)
    settled = elapsed - _settling_seconds(curve, physique, ambient)
    if settled < 0:
        if curve.start < curve.target:
            return curve.start + physique.rate * elapsed
        return ambient + (curve.start - ambient) * math.exp(-elapsed / physique.cooling_seconds)
    if settled > 8 * physique.swing_seconds:
        return curve.target
    way = curve.target - curve.start
    swing = math.copysign(min(physique.swing_celsius, abs(way) * _SWING_SHARE), way)
    turn = settled / physique.swing_seconds
    return curve.target + swing * math.exp(-turn) * math.sin(3.0 * turn)


def reading(true_celsius: float, seed: int, channel: int, seconds: float) -> float:
    """What the sensor says: the truth with a noise that is new every second and never adds up, to a tenth."""
    return round(true_celsius + NOISE_CELSIUS * jitter(seed, channel, int(seconds)), 1)


def ready_seconds(curve: Curve, physique: Physique, ambient: float, *, cooling: bool = False) -> float:
    """When the target is reached, in closed form; infinity if never.

    A wait that is not for cooling ends at once above the target.
    """
    if curve.target <= ambient or (curve.start >= curve.target and not cooling):
        return curve.begin
    if curve.mode is Mode.DEAD or (curve.mode is Mode.RUNAWAY and curve.start > curve.target):
        return math.inf
    return curve.begin + _settling_seconds(curve, physique, ambient)


def turn_to(
    heater: Heater, seconds: float, target: float, physique: Physique, ambient: float, mode: Mode | None = None
) -> None:
    """Drive a heater to another target from this second on."""
    mode = heater.curve.mode if mode is None else mode
    if target == heater.curve.target and mode is heater.curve.mode:
        return
    start = celsius(heater.curve, seconds, physique, ambient)
    heater.past = [*heater.past[1 - PAST_CURVES :], heater.curve]
    heater.curve = Curve(seconds, start, target, mode)


def curve_at(heater: Heater, seconds: float) -> Curve | None:
    """The curve that held at a past second; None if that is forgotten."""
    if seconds >= heater.curve.begin:
        return heater.curve
    found = bisect_right(heater.past, seconds, key=attrgetter("begin")) - 1
    return heater.past[found] if found >= 0 else None


def _settling_seconds(curve: Curve, physique: Physique, ambient: float) -> float:
    if curve.start < curve.target:
        return (curve.target - curve.start) / physique.rate
    return physique.cooling_seconds * math.log((curve.start - ambient) / (curve.target - ambient))
