"""Motion limits from a machine's data sheet, in the manner of the firmware that its flavor of G-code tells."""

from typing import Final

from printyard.gcode.limits import AxisLimiter, ExtruderLimiter, FirmwareRetraction, Limits, MarlinLimits

ARC_SEGMENT_MM = 1.0

RETRACTION: Final = {
    # RETRACT_LENGTH, RETRACT_FEEDRATE, RETRACT_RECOVER_FEEDRATE of Marlin 1.1 and 2, as they come.
    "marlin": FirmwareRetraction(
        retract_length=3.0, unretract_extra_length=0.0, unretract_speed=8.0, retract_speed=45.0
    ),
    # Klipper's own speeds. Its own length is 0, but who slices with G10 for a machine has given it one.
    "klipper": FirmwareRetraction(
        retract_length=1.0, unretract_extra_length=0.0, unretract_speed=10.0, retract_speed=20.0
    ),
}
"""What G10 and G11 do on a machine that has not told, by flavor; on any other they do nothing."""

Axes = tuple[float, float, float]


def machine_limits(flavor: str, *, speed: Axes, acceleration: float, jerk: Axes, feeder_speed: float) -> Limits:
    """Limits for a machine: speeds and jerk in mm/s per axis, acceleration in mm/s2."""
    velocity = min(speed[0], speed[1])
    if flavor == "marlin":
        marlin = _marlin(speed=speed, acceleration=acceleration, jerk=jerk, feeder_speed=feeder_speed)
        return Limits(
            max_velocity=velocity,
            firmware_retraction=RETRACTION[flavor],
            mm_per_arc_segment=ARC_SEGMENT_MM,
            marlin=marlin,
        )
    return Limits(
        max_velocity=velocity,
        max_acceleration=acceleration,
        max_accel_to_decel=acceleration / 2,
        square_corner_velocity=min(jerk[0], jerk[1]) / 2,
        instant_corner_velocity=1.0,
        firmware_retraction=RETRACTION.get(flavor),
        mm_per_arc_segment=ARC_SEGMENT_MM,
        move_checkers=(
            AxisLimiter(axis=(0.0, 0.0, 1.0), max_velocity=speed[2], max_accel=acceleration),
            ExtruderLimiter(max_velocity=feeder_speed, max_accel=acceleration),
        ),
    )


def _marlin(*, speed: Axes, acceleration: float, jerk: Axes, feeder_speed: float) -> MarlinLimits:
    """Marlin's own defaults stand for what a data sheet doesn't say."""
    default = MarlinLimits()
    _, _, slow, feeding = default.max_acceleration
    return MarlinLimits(
        max_feedrate=(*speed, feeder_speed),
        max_acceleration=(acceleration, acceleration, min(slow, acceleration), feeding),
        print_acceleration=acceleration,
        retract_acceleration=acceleration,
        travel_acceleration=acceleration,
        jerk=(*jerk, default.jerk[3]),
    )
