"""What a printer takes now, over the whole product of its axes."""

from itertools import product

import pytest
from msgspec.structs import replace

from printyard.core.commands import ANYTIME, COMMANDS, Cancel, ClearPlate, Pause, Resume, StartPrint
from printyard.core.errors import Busy, Conflict, Offline, Unsupported
from printyard.core.fleet.accepts import BLOCKED_BY_FAULT, accepted
from printyard.core.fleet.route import refusal
from printyard.core.model.state import IN_PRINT, Activity, Fault, Link, Plate, PrinterState, Severity
from printyard.core.model.value import Instant

EVERY = frozenset(COMMANDS)
NOTICE, BLOCKING = (
    Fault(id=str(severity), code="x", severity=severity, since=Instant(0))
    for severity in (Severity.NOTICE, Severity.BLOCKING)
)
STATES = [
    PrinterState(link=link, activity=activity, plate=plate, faults=faults, unrecognised=unrecognised)
    for link, activity, plate, faults, unrecognised in product(
        Link, Activity, Plate, [(), (NOTICE,), (NOTICE, BLOCKING)], ["", "frobbing"]
    )
]


def words(commands):
    return {command.word for command in commands}


def test_total_and_within_what_the_driver_supports():
    for state in STATES:
        for supports in (EVERY, EVERY - {StartPrint, Pause}, frozenset()):
            assert accepted(state, supports) <= words(supports)


def test_nothing_while_it_cannot_be_reached():
    assert all(accepted(state, EVERY) == frozenset() for state in STATES if state.link is not Link.ONLINE)


def test_a_print_starts_only_on_an_idle_sound_understood_printer_with_nothing_on_its_plate():
    starts = [state for state in STATES if StartPrint.word in accepted(state, EVERY)]
    assert starts
    for state in starts:
        assert state.link is Link.ONLINE
        assert state.activity is Activity.IDLE
        assert state.plate is not Plate.OCCUPIED
        assert state.blocking_fault is None
        assert not state.unrecognised


def test_a_print_can_be_cancelled_in_all_its_phases_but_the_last():
    for state in STATES:
        if state.link is Link.ONLINE:
            may = state.activity in IN_PRINT - {Activity.CANCELLING, Activity.FINISHING}
            assert (Cancel.word in accepted(state, EVERY)) == may


def test_what_is_taken_at_any_time_is_taken_whenever_it_can_be_reached():
    assert all(words(ANYTIME) <= accepted(state, EVERY) for state in STATES if state.link is Link.ONLINE)


def test_a_blocking_fault_stops_what_moves_and_a_notice_nothing():
    idle = PrinterState(link=Link.ONLINE, plate=Plate.CLEAR)
    assert accepted(replace(idle, faults=(NOTICE,)), EVERY) == accepted(idle, EVERY)
    blocked = accepted(replace(idle, faults=(BLOCKING,)), EVERY)
    assert accepted(idle, EVERY) - blocked == words(BLOCKED_BY_FAULT) & accepted(idle, EVERY)
    assert Resume.word not in accepted(replace(idle, activity=Activity.PAUSED, faults=(BLOCKING,)), EVERY)


def test_a_plate_is_cleared_only_where_something_lies_on_it():
    for state in STATES:
        if ClearPlate.word in accepted(state, EVERY):
            assert state.plate is Plate.OCCUPIED


@pytest.mark.parametrize("kind", COMMANDS)
def test_a_refusal_exists_exactly_where_a_command_is_not_taken(kind):
    for state in STATES:
        shown = replace(state, accepts=accepted(state, EVERY))
        assert (refusal(shown, EVERY, kind) is None) == (kind.word in shown.accepts)
        assert isinstance(refusal(shown, EVERY - {kind}, kind), Unsupported)


@pytest.mark.parametrize(
    ("state", "error", "says"),
    [
        (PrinterState(), Offline, "reached"),
        (PrinterState(link=Link.ONLINE, activity=Activity.PRINTING), Busy, "printing"),
        (PrinterState(link=Link.ONLINE, activity=Activity.BUSY, busy_with="levelling"), Busy, "levelling"),
        (PrinterState(link=Link.ONLINE, plate=Plate.OCCUPIED), Busy, "plate"),
        (PrinterState(link=Link.ONLINE, plate=Plate.CLEAR, faults=(BLOCKING,)), Conflict, "fault"),
        (PrinterState(link=Link.ONLINE, plate=Plate.CLEAR, unrecognised="?"), Conflict, "start_print"),
    ],
)
def test_why_no_print_can_start(state, error, says):
    told = refusal(replace(state, accepts=accepted(state, EVERY)), EVERY, StartPrint)
    assert type(told) is error
    assert says in told.message
