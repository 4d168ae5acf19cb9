"""Heads: place, limits and fan. Every machine of the yard has one, number 0."""

from typing import Any

from litestar.params import FromPath

from printyard.apis.ultimaker.bodies import Asked, fields_of, number, optional_number, sent, text
from printyard.apis.ultimaker.caller import Caller, Here
from printyard.apis.ultimaker.routes.verbs import act_answered, read, write
from printyard.apis.ultimaker.schemas import Head, Message, Vector
from printyard.apis.ultimaker.views import machine as view
from printyard.core import commands
from printyard.core.errors import Invalid, NotFound
from printyard.core.model.state import Motion, Vector as Millimetres

AXES = ("x", "y", "z")
HOME = "home"
"""The one action that a position takes."""


def only_head(head_id: str) -> None:
    """Raises NotFound for any head but number 0; on all deeper paths too."""
    if head_id != "0":
        raise NotFound(f"There is no head {head_id}.")


def motion(caller: Caller) -> Motion:
    """The limits that hold for the head."""
    return view.motion(caller.shown.state, caller.machine)


def axis_of(place: Vector, axis: str) -> float:
    """One coordinate. Raises NotFound."""
    if axis not in AXES:
        raise NotFound(f"There is no axis {axis}.")
    value: float = getattr(place, axis)
    return value


def vector_sent(said: Any, before: Millimetres) -> Millimetres:  # noqa: ANN401
    """A vector of which axes may be missing: those stay as they were. Raises Invalid."""
    if not any(axis in fields_of(said) for axis in AXES):
        raise Invalid("One of x, y and z must be given.")
    ways = (optional_number(said, axis) for axis in AXES)
    x, y, z = (old if new is None else new for new, old in zip(ways, (before.x, before.y, before.z), strict=True))
    return Millimetres(x=x, y=y, z=z)


@read("/printer/heads")
async def heads(caller: Here) -> list[Head]:
    """The one head, in a list."""
    return [view.head(caller.shown.state, caller.machine)]


@read("/printer/heads/{head_id:str}")
async def head(caller: Here, head_id: FromPath[str]) -> Head:
    """The head with its extruders."""
    only_head(head_id)
    return view.head(caller.shown.state, caller.machine)


@read("/printer/heads/{head_id:str}/fan")
async def fan(caller: Here, head_id: FromPath[str]) -> float:
    """In percent; not in the document, but clients in use read it."""
    only_head(head_id)
    return view.fan(caller.shown.state)


@read("/printer/heads/{head_id:str}/position")
async def position(caller: Here, head_id: FromPath[str]) -> Vector:
    """Where it is, in mm."""
    only_head(head_id)
    return view.vector(caller.shown.state.position)


@read("/printer/heads/{head_id:str}/position/{axis:str}")
async def position_axis(caller: Here, head_id: FromPath[str], axis: FromPath[str]) -> float:
    """Not in the document, but clients in use read and set single coordinates."""
    only_head(head_id)
    return axis_of(view.vector(caller.shown.state.position), axis)


@act_answered("/printer/heads/{head_id:str}/position")
async def act_on_position(caller: Here, head_id: FromPath[str], request: Asked) -> Message:
    """The one action is to send it home."""
    only_head(head_id)
    action = text(await sent(request), "action")
    if action != HOME:
        raise Invalid(f"The action must be {HOME!r}, not {action[:40]!r}.")
    await caller.ask(commands.Home())
    return Message("Position set")


@write("/printer/heads/{head_id:str}/position")
async def move(caller: Here, head_id: FromPath[str], request: Asked) -> None:
    """Axes that are not named stay where they are; `speed` in mm/s."""
    only_head(head_id)
    said = fields_of(await sent(request))
    if not any(axis in said for axis in AXES):
        raise Invalid("One of x, y and z must be given.")
    x, y, z, speed = (optional_number(said, name) for name in (*AXES, "speed"))
    await caller.ask(commands.MoveTo(x=x, y=y, z=z, speed=speed))


@write("/printer/heads/{head_id:str}/position/{axis:str}")
async def move_axis(caller: Here, head_id: FromPath[str], axis: FromPath[str], request: Asked) -> None:
    """One coordinate by itself, as a bare number too."""
    only_head(head_id)
    axis_of(Vector(0.0, 0.0, 0.0), axis)
    await caller.ask(commands.MoveTo(**{axis: number(await sent(request), axis, "position")}))


@read("/printer/heads/{head_id:str}/max_speed")
async def max_speed(caller: Here, head_id: FromPath[str]) -> Vector:
    """In mm/s along the axes."""
    only_head(head_id)
    return view.vector(motion(caller).max_speed)


@read("/printer/heads/{head_id:str}/max_speed/{axis:str}")
async def max_speed_axis(caller: Here, head_id: FromPath[str], axis: FromPath[str]) -> float:
    """Along one axis."""
    only_head(head_id)
    return axis_of(view.vector(motion(caller).max_speed), axis)


@write("/printer/heads/{head_id:str}/max_speed")
async def set_max_speed(caller: Here, head_id: FromPath[str], request: Asked) -> None:
    """Holds from the next print, as all limits do."""
    only_head(head_id)
    await caller.ask(commands.SetLimits(max_speed=vector_sent(await sent(request), motion(caller).max_speed)))


@read("/printer/heads/{head_id:str}/acceleration")
async def acceleration(caller: Here, head_id: FromPath[str]) -> float:
    """In mm/s2."""
    only_head(head_id)
    return motion(caller).acceleration


@write("/printer/heads/{head_id:str}/acceleration")
async def set_acceleration(caller: Here, head_id: FromPath[str], request: Asked) -> None:
    """Holds from the next print."""
    only_head(head_id)
    await caller.ask(commands.SetLimits(acceleration=number(await sent(request), "acceleration")))


@read("/printer/heads/{head_id:str}/jerk")
async def jerk(caller: Here, head_id: FromPath[str]) -> Vector:
    """In mm/s along the axes."""
    only_head(head_id)
    return view.vector(motion(caller).jerk)


@read("/printer/heads/{head_id:str}/jerk/{axis:str}")
async def jerk_axis(caller: Here, head_id: FromPath[str], axis: FromPath[str]) -> float:
    """Along one axis."""
    only_head(head_id)
    return axis_of(view.vector(motion(caller).jerk), axis)


@write("/printer/heads/{head_id:str}/jerk")
async def set_jerk(caller: Here, head_id: FromPath[str], request: Asked) -> None:
    """Holds from the next print; axes that are not named stay as they were."""
    only_head(head_id)
    await caller.ask(commands.SetLimits(jerk=vector_sent(await sent(request), motion(caller).jerk)))


HANDLERS = [
    heads, head, fan, position, position_axis, act_on_position, move, move_axis, max_speed, max_speed_axis,
    set_max_speed, acceleration, set_acceleration, jerk, jerk_axis, set_jerk,
]  # fmt: skip
