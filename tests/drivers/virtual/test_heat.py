"""The closed forms: continuous, bounded, and consistent with each other."""

import math

from hypothesis import given, strategies as st

from printyard.drivers.virtual.heat import (
    Curve,
    Heater,
    Mode,
    Physique,
    at_rest,
    celsius,
    curve_at,
    reading,
    ready_seconds,
    turn_to,
)

PHYSIQUE = Physique(rate=1.4, cooling_seconds=225.0, swing_celsius=2.6, swing_seconds=12.0)
ROOM = 22.0
TARGETS = st.floats(0.0, 280.0)
STARTS = st.floats(ROOM, 300.0)


@given(start=STARTS, target=TARGETS)
def test_a_target_is_reached_when_it_was_foretold_and_kept(start, target):
    curve = Curve(10.0, start, target)
    ready = ready_seconds(curve, PHYSIQUE, ROOM, cooling=True)
    if target <= ROOM:
        assert ready == 10.0
        return
    assert abs(celsius(curve, ready, PHYSIQUE, ROOM) - target) < 1e-6
    for later in (1.0, 5.0, 20.0, 60.0, 97.0, 1000.0):
        assert abs(celsius(curve, ready + later, PHYSIQUE, ROOM) - target) <= PHYSIQUE.swing_celsius
    assert celsius(curve, ready + 1000.0, PHYSIQUE, ROOM) == target


@given(start=STARTS, target=TARGETS, seconds=st.floats(0.0, 4000.0))
def test_a_curve_does_not_jump(start, target, seconds):
    curve = Curve(0.0, start, target)
    here, there = (celsius(curve, second, PHYSIQUE, ROOM) for second in (seconds, seconds + 0.01))
    assert abs(here - there) < 0.05


@given(changes=st.lists(st.tuples(st.floats(0.1, 500.0), TARGETS), max_size=20))
def test_a_change_of_the_target_begins_where_the_heater_is(changes):
    heater, now = at_rest(ROOM), 0.0
    for wait, target in changes:
        now += wait
        before = celsius(heater.curve, now, PHYSIQUE, ROOM)
        turn_to(heater, now, target, PHYSIQUE, ROOM)
        assert math.isclose(celsius(heater.curve, now, PHYSIQUE, ROOM), before, abs_tol=1e-9)
        assert heater.target == target
    assert len(heater.past) <= 12
    if heater.past:
        oldest = heater.past[0]
        assert curve_at(heater, oldest.begin) in (oldest, heater.curve, *heater.past)


def test_a_dead_heater_never_gets_there_and_a_wild_one_passes():
    heater = Heater(curve=Curve(0.0, 100.0, 200.0))
    turn_to(heater, 10.0, 200.0, PHYSIQUE, ROOM, Mode.DEAD)
    assert ready_seconds(heater.curve, PHYSIQUE, ROOM) == math.inf
    assert celsius(heater.curve, 500.0, PHYSIQUE, ROOM) < 50.0
    turn_to(heater, 500.0, 200.0, PHYSIQUE, ROOM, Mode.RUNAWAY)
    assert celsius(heater.curve, 800.0, PHYSIQUE, ROOM) > 400.0


@given(seed=st.integers(0, 2**32), seconds=st.floats(0.0, 1e7))
def test_noise_is_small_and_always_the_same(seed, seconds):
    first = reading(100.0, seed, 1, seconds)
    assert first == reading(100.0, seed, 1, float(int(seconds)))
    assert abs(first - 100.0) < 0.21


def test_noise_does_not_add_up():
    readings = [reading(100.0, 7, 1, float(second)) for second in range(5000)]
    assert abs(sum(readings) / len(readings) - 100.0) < 0.01
    assert len(set(readings)) > 3
