"""The configuration object of klipper_estimator, both ways."""

import pytest

from printyard.gcode.limits import AxisLimiter, ExtruderLimiter, Limits

CONFIG = {
    "max_velocity": 500.0,
    "max_acceleration": 5000.0,
    "minimum_cruise_ratio": 0.5,
    "square_corner_velocity": 8.0,
    "instant_corner_velocity": 1.5,
    "firmware_retraction": {
        "retract_length": 0.6,
        "unretract_extra_length": 0.02,
        "unretract_speed": 25.0,
        "retract_speed": 40.0,
        "lift_z": 0.2,
    },
    "mm_per_arc_segment": 0.5,
    "move_checkers": [
        {"axis_limiter": {"axis": (0.0, 0.0, 1.0), "max_velocity": 25.0, "max_accel": 350.0}},
        {"extruder_limiter": {"max_velocity": 75.0, "max_accel": 1500.0}},
    ],
}


def test_a_configuration_comes_back_as_it_was():
    limits = Limits.from_config(CONFIG)
    assert limits.to_config() == CONFIG
    assert list(limits.to_config()) == list(CONFIG)
    assert limits.move_checkers == (
        AxisLimiter((0.0, 0.0, 1.0), 25.0, 350.0),
        ExtruderLimiter(75.0, 1500.0),
    )


def test_missing_keys_have_the_defaults_of_the_tool_and_unknown_ones_are_ignored():
    assert Limits.from_config({"colour": "red"}) == Limits()
    assert Limits().to_config() == {
        "max_velocity": 100.0,
        "max_acceleration": 100.0,
        "square_corner_velocity": 5.0,
        "instant_corner_velocity": 1.0,
        "move_checkers": [],
    }


def test_whole_numbers_are_numbers():
    limits = Limits.from_config({"max_velocity": 300})
    assert limits == Limits(max_velocity=300.0)
    assert limits.key() == Limits(max_velocity=300.0).key()


@pytest.mark.parametrize(
    "config",
    [
        {"max_velocity": "fast"},
        {"move_checkers": [{}]},
        {"move_checkers": [{"axis_limiter": {"axis": [0, 1], "max_velocity": 1, "max_accel": 1}}]},
        {"firmware_retraction": {"retract_length": 1}},
        {"firmware_retraction": CONFIG["firmware_retraction"] | {"lift_z": -1}},
        {"max_velocity": 0},
        {"max_acceleration": -1500},
        {"mm_per_arc_segment": 0},
        {"square_corner_velocity": -5},
        {"move_checkers": [{"extruder_limiter": {"max_velocity": 0, "max_accel": 1}}]},
        {"marlin": {"max_feedrate": [300, 300, 0, 25]}},
    ],
)
def test_a_wrong_configuration_is_refused(config):
    with pytest.raises(ValueError, match=r"\S"):
        Limits.from_config(config)


def test_the_key_tells_limits_apart_and_never_changes():
    assert Limits().key() == Limits.from_config({}).key() == KEY_OF_DEFAULTS
    assert len({Limits().key(), Limits(max_velocity=101.0).key(), Limits(mm_per_arc_segment=1.0).key()}) == 3


KEY_OF_DEFAULTS = "d06efc2c2a6fe5f0"


KLIPPER = {
    "printer": {
        "max_velocity": 300,
        "max_accel": 3000.0,
        "minimum_cruise_ratio": 0.5,
        "square_corner_velocity": 5.0,
        "max_z_velocity": 15.0,
        "max_z_accel": 100.0,
        "max_x_velocity": 200.0,
    },
    "extruder": {
        "instantaneous_corner_velocity": 1.0,
        "max_extrude_only_velocity": 120.0,
        "max_extrude_only_accel": 1250.0,
    },
    "gcode_arcs": {"resolution": 1.0},
}


def test_a_klipper_machine_says_its_limits():
    assert Limits.from_klipper(KLIPPER) == Limits(
        max_velocity=300.0,
        max_acceleration=3000.0,
        minimum_cruise_ratio=0.5,
        mm_per_arc_segment=1.0,
        move_checkers=(AxisLimiter((0.0, 0.0, 1.0), 15.0, 100.0), ExtruderLimiter(120.0, 1250.0)),
    )


def test_an_older_klipper_has_another_rule_of_deceleration():
    printer = {key: value for key, value in KLIPPER["printer"].items() if key != "minimum_cruise_ratio"}
    assert Limits.from_klipper(KLIPPER | {"printer": printer}).max_accel_to_decel == 50.0
    older = Limits.from_klipper(KLIPPER | {"printer": printer | {"max_accel_to_decel": 1500.0}})
    assert (older.max_accel_to_decel, older.minimum_cruise_ratio) == (1500.0, None)


@pytest.mark.parametrize("missing", ["printer", "extruder"])
def test_a_machine_without_a_printer_or_an_extruder_is_refused(missing):
    with pytest.raises(ValueError, match=missing):
        Limits.from_klipper({key: value for key, value in KLIPPER.items() if key != missing})
