"""What was not seen stays as it was."""

import pytest
from msgspec.structs import replace

from printyard.core.fleet.fold import MEASURED, fold
from printyard.core.model.state import Activity, Fault, Link, Plate, PrinterState, Severity, Temperature
from printyard.core.model.value import Instant
from printyard.core.ports.driver import Report

NOW = Instant(1000)
STATE = PrinterState(
    link=Link.ONLINE,
    activity=Activity.PRINTING,
    bed=Temperature(current=60.0, target=60.0),
    faults=(Fault(id="1", code="door", severity=Severity.NOTICE, since=Instant(1)),),
    plate=Plate.CLEAR,
    seq=7,
    at=Instant(999),
)


def test_an_empty_report_moves_only_the_instant_and_the_count():
    assert fold(STATE, Report(), NOW) == replace(STATE, at=NOW, seq=8)


def test_what_was_seen_is_taken_and_the_rest_stays():
    after = fold(STATE, Report(activity=Activity.PAUSED, at=Instant(1500)), NOW)
    assert after == replace(STATE, activity=Activity.PAUSED, at=Instant(1500), seq=8)


@pytest.mark.parametrize("absent", [None, ()])
def test_none_and_nothing_are_seen_too(absent):
    after = fold(STATE, Report(bed=None, faults=()), NOW)
    assert (after.bed, after.faults) == (None, ())


def test_a_lost_device_keeps_what_was_last_seen_of_it():
    after = fold(STATE, Report(link=Link.OFFLINE), NOW)
    assert replace(after, link=Link.ONLINE, at=STATE.at, seq=STATE.seq) == STATE


def test_the_plate_is_the_yards_to_say():
    assert fold(STATE, Report(plate=Plate.OCCUPIED), NOW).plate is Plate.CLEAR


def test_every_field_of_a_report_is_measured_or_handled_elsewhere():
    elsewhere = {"at", "plate", "history", "history_complete", "answers", "console", "notes"}
    assert set(Report.__struct_fields__) == set(MEASURED) | elsewhere
