"""The head while no file moves it: straight ways, one after the other, each found by its seconds."""

import math

from printyard.core.model.state import Vector
from printyard.drivers.virtual.condition import Head, Leg

Place = tuple[float, float, float]
HOMING_SECONDS = 8.0


def place_at(head: Head, seconds: float) -> Place:
    """Where the head is at this second."""
    for leg in head.legs:
        if seconds < leg.end:
            if seconds <= leg.begin:
                return leg.start
            part = (seconds - leg.begin) / (leg.end - leg.begin)
            x, y, z = (a + (b - a) * part for a, b in zip(leg.start, leg.goal, strict=True))
            return x, y, z
    return head.place


def rest_second(head: Head, seconds: float) -> float:
    """When the head stands still, at this second or later."""
    return max(seconds, head.legs[-1].end) if head.legs else seconds


def travel_seconds(start: Place, goal: Place, speed: float, max_speed: Vector) -> float:
    """How long a straight way takes at mm/s, no axis faster than it can."""
    ways = [abs(b - a) for a, b in zip(start, goal, strict=True)]
    slowest = max(way / top for way, top in zip(ways, (max_speed.x, max_speed.y, max_speed.z), strict=True))
    return max(math.dist(start, goal) / speed, slowest)


def travel(head: Head, seconds: float, goal: Place, duration: float) -> float:
    """Append a way of some duration to what the head does already; the second at which it arrives."""
    begin = rest_second(head, seconds)
    head.legs = [leg for leg in head.legs if leg.end > seconds]
    if duration > 0.0:
        head.legs.append(Leg(begin, begin + duration, head.place, goal))
    head.place = goal
    return begin + duration


def put(head: Head, place: Place) -> None:
    """Say where the head is, whatever it did."""
    head.legs = []
    head.place = place


def halt(head: Head, seconds: float) -> None:
    """Stop where it is."""
    put(head, place_at(head, seconds))


def chosen(axes: str, goal: Place, place: Place) -> Place:
    """The goal along the named axes, the place along the others."""
    x, y, z = (a if axis in axes.lower() else b for axis, a, b in zip("xyz", goal, place, strict=True))
    return x, y, z


def go(head: Head, seconds: float, goal: Place, speed: float | None, max_speed: Vector, volume_mm: Place) -> float:
    """Append a way to a place (kept within the volume), at mm/s; the second at which the head arrives."""
    x, y, z = (min(max(value, 0.0), side) for value, side in zip(goal, volume_mm, strict=True))
    reached = (x, y, z)
    return travel(head, seconds, reached, travel_seconds(head.place, reached, speed or head.speed, max_speed))
