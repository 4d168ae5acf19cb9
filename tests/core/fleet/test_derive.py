"""Facts follow from before, after and intent; what is not seen has not happened."""

import pytest
from hypothesis import given, strategies as st
from msgspec.structs import replace

from printyard.core.events import FactName
from printyard.core.fleet.derive import Intent, derive, trusted, unchanged
from printyard.core.model.printer import Printer
from printyard.core.model.state import (
    Activity,
    DevicePrint,
    Fault,
    Link,
    LoadedMaterial,
    Nozzle,
    Outcome,
    PauseCause,
    PrinterState,
    Progress,
    Question,
    Severity,
    Temperature,
    Tool,
)
from printyard.core.model.value import Id, Instant

PRINTER = Printer(
    id=Id("p"), organization_id=Id("home"), group_id=Id("p"), slug="luke", name="Luke", driver="scripted",
    model_id="scripted", device_guid="g", created_at=Instant(0),
)  # fmt: skip
A = DevicePrint(ref="a", name="a.gcode", started_at=Instant(10))
B = DevicePrint(ref="b", name="b.gcode", started_at=Instant(90))
IDLE = PrinterState(link=Link.ONLINE, activity=Activity.IDLE, at=Instant(100))
PRINTING = replace(IDLE, activity=Activity.PRINTING, print=A)
PAUSED = replace(PRINTING, activity=Activity.PAUSED)
ENDED, STARTED = FactName.PRINT_ENDED, FactName.PRINT_STARTED


def names(before, after, intent=Intent.NONE, **more):
    return [fact.name for fact in derive(PRINTER, before, after, intent, **more)]


def the(name, before, after, intent=Intent.NONE, **more):
    (fact,) = [fact for fact in derive(PRINTER, before, after, intent, **more) if fact.name is name]
    return fact


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        (IDLE, IDLE, []),
        (IDLE, PRINTING, [STARTED]),
        (PRINTING, IDLE, [ENDED]),
        (PRINTING, PAUSED, [FactName.PRINT_PAUSED]),
        (PRINTING, replace(PRINTING, activity=Activity.PAUSING), []),
        (replace(PRINTING, activity=Activity.PAUSING), PAUSED, [FactName.PRINT_PAUSED]),
        (replace(PRINTING, activity=Activity.PAUSING), PRINTING, []),
        (PAUSED, PRINTING, [FactName.PRINT_RESUMED]),
        (PAUSED, replace(PRINTING, activity=Activity.RESUMING), []),
        (replace(PRINTING, activity=Activity.RESUMING), PRINTING, [FactName.PRINT_RESUMED]),
        # Missed in between:
        (PAUSED, IDLE, [ENDED]),
        (PRINTING, replace(PRINTING, print=B), [ENDED, STARTED]),
        (PAUSED, replace(PRINTING, print=B), [ENDED, STARTED]),
        (PAUSED, replace(PAUSED, print=B), [ENDED, STARTED, FactName.PRINT_PAUSED]),
        (IDLE, PAUSED, [STARTED, FactName.PRINT_PAUSED]),
        # A finished print that is still shown is no print under way:
        (PRINTING, replace(IDLE, print=replace(A, ended_at=Instant(50))), [ENDED]),
        (IDLE, replace(IDLE, print=replace(A, ended_at=Instant(50))), []),
        # Links:
        (replace(IDLE, link=Link.CONNECTING), IDLE, [FactName.PRINTER_CONNECTED]),
        (IDLE, replace(IDLE, link=Link.OFFLINE), [FactName.PRINTER_LOST]),
        (replace(IDLE, link=Link.OFFLINE), replace(IDLE, link=Link.CONNECTING), []),
        (PRINTING, replace(IDLE, link=Link.OFFLINE), [FactName.PRINTER_LOST]),
        (PRINTING, replace(IDLE, link=Link.STARTING), [FactName.PRINTER_LOST]),
        # Words that nobody understands:
        (PRINTING, replace(IDLE, unrecognised="frobbing"), []),
        (IDLE, replace(PRINTING, unrecognised="frobbing"), []),
    ],
)
def test_table(before, after, expected):
    assert names(before, after) == expected


@pytest.mark.parametrize(
    ("intent", "device_says", "looking", "expected"),
    [
        (Intent.NONE, None, True, Outcome.STOPPED),
        (Intent.PAUSE, None, True, Outcome.STOPPED),
        (Intent.CANCEL, None, True, Outcome.CANCELLED),
        (Intent.CANCEL, Outcome.COMPLETED, True, Outcome.COMPLETED),
        (Intent.NONE, Outcome.FAILED, True, Outcome.FAILED),
        (Intent.NONE, None, False, Outcome.UNKNOWN),
        (Intent.CANCEL, None, False, Outcome.CANCELLED),
    ],
)
def test_intent_tells_cancelled_from_stopped_unless_the_device_knows_better(intent, device_says, looking, expected):
    before = PRINTING if looking else replace(PRINTING, link=Link.OFFLINE)
    assert the(ENDED, before, replace(IDLE, outcome=device_says), intent).body["outcome"] == expected


def test_an_outcome_that_stood_before_is_of_another_print():
    before = replace(PRINTING, outcome=Outcome.COMPLETED)
    assert the(ENDED, before, replace(IDLE, outcome=Outcome.COMPLETED)).body["outcome"] == "stopped"


def test_the_devices_history_knows_how_and_when_a_print_ended_that_nobody_saw_end():
    past = replace(A, ended_at=Instant(77), outcome=Outcome.FAILED, reason="clog", elapsed_seconds=12.0)
    fact = the(ENDED, replace(PRINTING, link=Link.OFFLINE), IDLE, history=(B, past))
    assert (fact.at, fact.body["outcome"], fact.body["reason"]) == (77, "failed", "clog")
    assert fact.body["elapsed_seconds"] == 12.0


def test_a_print_that_ended_behind_a_word_that_nobody_understood_ends_when_the_words_are_understood_again():
    puzzled = replace(IDLE, unrecognised="frobbing")
    assert ENDED not in names(PRINTING, puzzled)
    fact = the(ENDED, puzzled, IDLE, known=PRINTING)
    assert fact.body["outcome"] == "unknown"


def test_a_print_that_ended_behind_a_device_that_was_starting_ends_when_it_is_online_again():
    booting = replace(IDLE, link=Link.STARTING)
    assert names(booting, IDLE, known=PRINTING) == [FactName.PRINTER_CONNECTED, ENDED]


def test_the_progress_that_was_last_seen_stands_in_for_what_the_device_does_not_tell():
    before = replace(PRINTING, progress=Progress(elapsed_seconds=33.0, filament_mm=(5.0,)))
    body = the(ENDED, before, IDLE).body
    assert (body["elapsed_seconds"], body["filament_mm"]) == (33.0, [5.0])


def test_who_paused_is_said():
    fact = the(FactName.PRINT_PAUSED, PRINTING, replace(PAUSED, pause_cause=PauseCause.FILAMENT))
    assert fact.body == {"cause": "filament"}


def test_faults_are_raised_and_cleared_by_their_id_also_while_offline():
    door, heat = (
        Fault(id=code, code=code, severity=Severity.BLOCKING, since=Instant(5), data={"tool": 1})
        for code in ("door", "heat")
    )
    before, after = replace(IDLE, faults=(door,)), replace(IDLE, link=Link.OFFLINE, faults=(heat,))
    facts = [fact for fact in derive(PRINTER, before, after, Intent.NONE) if fact.name is not FactName.PRINTER_LOST]
    assert [(fact.name, fact.body["id"], fact.at) for fact in facts] == [
        (FactName.FAULT_RAISED, "heat", 5),
        (FactName.FAULT_CLEARED, "door", 100),
    ]
    assert names(before, replace(before, faults=(replace(door, message="still open"),))) == []


def test_questions_and_answers():
    question = Question(id="q", text="May it?", answers=("allow", "deny"), since=Instant(9))
    asked = replace(IDLE, attention=question)
    assert the(FactName.QUESTION_ASKED, IDLE, asked).at == 9
    assert the(FactName.QUESTION_ANSWERED, asked, IDLE, answers=(("q", "allow"),)).body == {
        "id": "q",
        "answer": "allow",
    }
    assert the(FactName.QUESTION_ANSWERED, asked, IDLE).body == {"id": "q", "answer": ""}
    other = replace(IDLE, attention=replace(question, id="r"))
    assert names(asked, other) == [FactName.QUESTION_ANSWERED, FactName.QUESTION_ASKED]


def test_an_answer_counts_though_its_question_was_never_seen():
    assert the(FactName.QUESTION_ANSWERED, IDLE, IDLE, answers=(("q", "deny"),)).body == {"id": "q", "answer": "deny"}


def test_materials_and_nozzles():
    bare = Tool(heater=Temperature(current=20.0))
    full = replace(bare, material=LoadedMaterial(guid="pla"), nozzle=Nozzle(name="AA 0.4"))
    before, after = replace(IDLE, tools=(bare, full)), replace(IDLE, tools=(full, bare))
    facts = [(fact.name, fact.body["tool"]) for fact in derive(PRINTER, before, after, Intent.NONE)]
    assert facts == [(name, tool) for tool in (0, 1) for name in (FactName.MATERIAL_LOADED, FactName.NOZZLE_SWAPPED)]
    used = replace(full, material=LoadedMaterial(guid="pla", remaining_mm=3.0), heater=Temperature(current=200.0))
    assert names(replace(IDLE, tools=(full,)), replace(IDLE, tools=(used,))) == []
    assert names(IDLE, after) == [], "what is seen for the first time was not changed"


def test_a_firmware_that_is_seen_for_the_first_time_is_no_change():
    old, new = replace(IDLE, firmware="1"), replace(IDLE, firmware="2")
    assert names(IDLE, old) == []
    assert the(FactName.FIRMWARE_CHANGED, old, new).body == {"before": "1", "after": "2"}


states = st.builds(
    PrinterState,
    link=st.sampled_from(Link),
    activity=st.sampled_from(Activity),
    print=st.sampled_from([None, A, B, replace(A, ended_at=Instant(40))]),
    outcome=st.sampled_from([None, *Outcome]),
    unrecognised=st.sampled_from(["", "frobbing"]),
    at=st.just(Instant(100)),
)
ABOUT_THE_PRINT = {STARTED, ENDED, FactName.PRINT_PAUSED, FactName.PRINT_RESUMED}


@given(states, states, st.sampled_from(Intent))
def test_nothing_is_derived_about_the_print_from_what_cannot_be_trusted(before, after, intent):
    if not trusted(after):
        assert not ABOUT_THE_PRINT & set(names(before, after, intent))


@given(st.lists(states, max_size=8))
def test_starts_and_ends_alternate_over_any_sequence(sequence):
    """Whatever a device says in whatever order: a print ends once after it began, and none begins within another."""
    before = known = PrinterState()
    under_way = ""
    for after in sequence:
        for fact in derive(PRINTER, before, after, Intent.NONE, known=known):
            if fact.name is STARTED:
                assert under_way == ""
                under_way = fact.body["ref"]
            elif fact.name is ENDED:
                assert under_way == fact.body["ref"]
                under_way = ""
        before = after
        known = after if trusted(after) else known
    if trusted(before):
        assert under_way == (before.print.ref if before.print and before.print.ended_at is None else "")


@given(states, states, st.sampled_from(Intent))
def test_the_cheap_comparison_never_hides_a_fact(before, after, intent):
    if unchanged(before, after):
        assert names(before, after, intent) == []
