"""The limits of a machine, as the time analysis sees it: what is planned with them is keyed by them.

The configuration words are those of klipper_estimator v3.7.3 (one JSON object; unknown keys are ignored), so that a
configuration written for that tool gives the same numbers here.
"""

import hashlib
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

import msgspec
from msgspec import Meta, Struct

KERNEL_VERSION: Final = 4
"""Part of every cache key: raised whenever the same bytes and limits give another estimate or another plan."""

KLIPPER_ACCEL_TO_DECEL: Final = 50.0
"""Where a Klipper machine reports neither of its rules for deceleration, mm/s2."""

_AXES: Final = {"x": (1.0, 0.0, 0.0), "y": (0.0, 1.0, 0.0), "z": (0.0, 0.0, 1.0)}


Above = Annotated[float, Meta(gt=0.0)]
AtLeast = Annotated[float, Meta(ge=0.0)]
"""What a configuration may say: no machine keeps a speed of zero, and none is negative."""


class AxisLimiter(Struct, frozen=True):
    """Limits the velocity (mm/s) and acceleration (mm/s2) along one direction, e.g. (0, 0, 1) for Z."""

    axis: tuple[float, float, float]
    max_velocity: Above
    max_accel: Above


class ExtruderLimiter(Struct, frozen=True):
    """Limits moves of the filament alone (mm/s, mm/s2); a move that also travels is never limited by it."""

    max_velocity: Above
    max_accel: Above


MoveChecker = AxisLimiter | ExtruderLimiter


class FirmwareRetraction(Struct, frozen=True):
    """What G10 and G11 do (mm, mm/s). Absent: they do nothing."""

    retract_length: AtLeast
    unretract_extra_length: AtLeast
    unretract_speed: Above
    retract_speed: Above
    lift_z: AtLeast = 0.0


class MarlinLimits(Struct, frozen=True):
    """Limits of a machine with Marlin (mm, mm/s, mm/s2), by axis: X, Y, Z, E. The defaults are Marlin's own.

    They are what the machine begins with: M201 to M205 of a file change them. With a `junction_deviation` (mm) corners
    are passed by it, else by jerk.
    """

    max_feedrate: tuple[Above, Above, Above, Above] = (300.0, 300.0, 5.0, 25.0)
    max_acceleration: tuple[Above, Above, Above, Above] = (3000.0, 3000.0, 100.0, 10000.0)
    print_acceleration: Above = 3000.0
    retract_acceleration: Above = 3000.0
    travel_acceleration: Above = 3000.0
    jerk: tuple[AtLeast, AtLeast, AtLeast, AtLeast] = (10.0, 10.0, 0.3, 5.0)
    junction_deviation: Above | None = None


class _Checker(Struct):
    """One element of `move_checkers` on the wire: an object with exactly one of these keys."""

    axis_limiter: AxisLimiter | None = None
    extruder_limiter: ExtruderLimiter | None = None


class _Config(Struct):
    """The configuration object on the wire, with the tool's defaults; `marlin` is ours."""

    max_velocity: Above = 100.0
    max_acceleration: Above = 100.0
    max_accel_to_decel: AtLeast | None = None
    minimum_cruise_ratio: float | None = None
    square_corner_velocity: AtLeast = 5.0
    instant_corner_velocity: AtLeast = 1.0
    firmware_retraction: FirmwareRetraction | None = None
    mm_per_arc_segment: Above | None = None
    move_checkers: list[_Checker] = []
    marlin: MarlinLimits | None = None


class Limits(Struct, frozen=True):
    """Limits of motion (mm, mm/s, mm/s2). `minimum_cruise_ratio` wins over `max_accel_to_decel`.

    Without `mm_per_arc_segment` arcs are ignored, without `firmware_retraction` G10 and G11 are. With `marlin` moves
    are planned as Marlin does, and of the other fields only these two and `max_velocity`, which holds until a file
    gives a speed, mean anything.
    """

    max_velocity: float = 100.0
    max_acceleration: float = 100.0
    max_accel_to_decel: float | None = None
    minimum_cruise_ratio: float | None = None
    square_corner_velocity: float = 5.0
    instant_corner_velocity: float = 1.0
    firmware_retraction: FirmwareRetraction | None = None
    mm_per_arc_segment: float | None = None
    move_checkers: tuple[MoveChecker, ...] = ()
    marlin: MarlinLimits | None = None

    @property
    def firmware(self) -> Literal["klipper", "marlin"]:
        """Whose way of planning moves is meant."""
        return "klipper" if self.marlin is None else "marlin"

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Read the tool's configuration object; a value that cannot be is a ValueError that names its path."""
        try:
            wire = msgspec.convert(dict(config), _Config)
        except msgspec.ValidationError as error:
            raise ValueError(str(error)) from error
        fields = {name: getattr(wire, name) for name in _Config.__struct_fields__}
        fields["move_checkers"] = tuple(_checker(item) for item in wire.move_checkers)
        return cls(**fields)

    @classmethod
    def from_klipper(cls, settings: Mapping[str, Mapping[str, Any]]) -> Self:
        """Read what a Klipper machine reports as `configfile.settings` (sections by name, in lower case).

        ValueError if `printer` or `extruder` is missing, or a value is no number. Klipper's own extruder always has
        limits for moves of the filament alone; an axis is limited where both of its limits are there.
        """
        try:
            printer, extruder = settings["printer"], settings["extruder"]
            checkers: list[dict[str, Any]] = [
                {"axis_limiter": {"axis": axis, "max_velocity": velocity, "max_accel": acceleration}}
                for name, axis in _AXES.items()
                if (velocity := printer.get(f"max_{name}_velocity")) is not None
                and (acceleration := printer.get(f"max_{name}_accel")) is not None
            ]
            limit = {
                "max_velocity": extruder["max_extrude_only_velocity"],
                "max_accel": extruder["max_extrude_only_accel"],
            }
            config = {
                "max_velocity": printer["max_velocity"],
                "max_acceleration": printer["max_accel"],
                "square_corner_velocity": printer["square_corner_velocity"],
                "instant_corner_velocity": extruder["instantaneous_corner_velocity"],
                "firmware_retraction": settings.get("firmware_retraction"),
                "mm_per_arc_segment": settings.get("gcode_arcs", {}).get("resolution"),
                "move_checkers": [*checkers, {"extruder_limiter": limit}],
            }
        except KeyError as error:
            raise ValueError(f"the machine does not say its {error.args[0]}") from error
        if printer.get("minimum_cruise_ratio") is not None:
            config["minimum_cruise_ratio"] = printer["minimum_cruise_ratio"]
        else:
            config["max_accel_to_decel"] = printer.get("max_accel_to_decel", KLIPPER_ACCEL_TO_DECEL)
        return cls.from_config(config)

    def to_config(self) -> dict[str, Any]:
        """Write the tool's configuration object, in its order of keys, absent values left out."""
        config: dict[str, Any] = {}
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if value is not None:
                config[name] = msgspec.to_builtins(value)
        if self.firmware_retraction is not None and self.firmware_retraction.lift_z == 0.0:
            del config["firmware_retraction"]["lift_z"]
        config["move_checkers"] = [
            {"axis_limiter" if isinstance(item, AxisLimiter) else "extruder_limiter": msgspec.to_builtins(item)}
            for item in self.move_checkers
        ]
        return config

    def key(self) -> str:
        """Sixteen hex digits, the same for equal limits on every machine; cache keys join it with KERNEL_VERSION."""
        canonical = msgspec.json.encode(self.to_config(), order="sorted")
        return hashlib.sha256(canonical).hexdigest()[:16]


def _checker(item: _Checker) -> MoveChecker:
    if item.axis_limiter is not None and item.extruder_limiter is None:
        return item.axis_limiter
    if item.extruder_limiter is not None and item.axis_limiter is None:
        return item.extruder_limiter
    raise ValueError("a move checker is an axis_limiter or an extruder_limiter")
