"""The words for a printer and its print, over the product of the axes."""

from itertools import product

import pytest

from printyard.apis.ultimaker import translate
from printyard.apis.ultimaker.schemas import timestamp
from printyard.core.commands import StartPrint
from printyard.core.fleet.accepts import accepted
from printyard.core.fleet.board import Snapshot
from printyard.core.model.job import Job, JobOutcome, JobSource, JobState
from printyard.core.model.printer import Printer, PrinterRecord
from printyard.core.model.state import (
    Activity,
    Fault,
    Link,
    PauseCause,
    Plate,
    PrinterState,
    Question,
    Severity,
)  # fmt: skip

STATUSES = {"booting", "waiting_for_peripherals", "idle", "printing", "error", "maintenance"}
STATES = {
    "none", "printing", "pausing", "paused", "resuming", "pre_print", "post_print", "wait_cleanup", "wait_user_action",
}  # fmt: skip
RESULTS = {"", "Failed", "Aborted", "Finished"}

PRINTER = Printer(
    id="p", organization_id="home", group_id="p", slug="luke", name="Luke", driver="scripted", model_id="scripted",
    device_guid="0", created_at=0,
)  # fmt: skip
FAULTS = {
    None: (),
    "notice": (Fault(id="f", code="f", severity=Severity.NOTICE, since=0),),
    "blocking": (Fault(id="f", code="f", severity=Severity.BLOCKING, since=0),),
}
QUESTIONS = [
    None,
    Question(id="q", text="Load PLA", answers=("done",), since=0),
    Question(id="a", text="Cura asks", answers=("allow", "deny"), since=0),
]


def job(state, outcome=None):
    return Job(
        id="j", organization_id="home", group_id="p", name="cube", state=state, source=JobSource.NETWORK, created_at=0,
        created_by="", outcome=outcome,
    )  # fmt: skip


JOBS = [None, *(job(state) for state in JobState if state is not JobState.ENDED)]
JOBS += [job(JobState.ENDED, outcome) for outcome in JobOutcome]


def every_state():
    for link, fault, question, activity, plate in product(Link, FAULTS, QUESTIONS, Activity, Plate):
        state = PrinterState(link=link, faults=FAULTS[fault], attention=question, activity=activity, plate=plate)
        yield PrinterState(**({name: getattr(state, name) for name in state.__struct_fields__} | {
            "accepts": accepted(state, frozenset({StartPrint})),
        }))  # fmt: skip


def test_every_state_has_known_words_and_idle_means_that_it_takes_a_print():
    for state, held in product(every_state(), JOBS):
        shown = Snapshot(printer=PRINTER, record=PrinterRecord(printer_id="p"), state=state, job=held)
        status = translate.printer_status(shown)
        assert status in STATUSES
        free = StartPrint.word in state.accepts and (held is None or held.ended)
        assert (status == "idle") == free, (state, held)
        if held is not None:
            assert translate.print_state(state, held) in STATES
            assert translate.result(held) in RESULTS


@pytest.mark.parametrize(
    ("changes", "record", "degraded", "word"),
    [
        ({}, {}, False, "idle"),
        ({"link": Link.OFFLINE}, {}, False, "error"),
        ({"link": Link.CONNECTING}, {}, False, "booting"),
        ({"link": Link.STARTING}, {}, False, "booting"),
        ({"faults": FAULTS["notice"]}, {}, False, "idle"),
        ({"faults": FAULTS["blocking"]}, {}, False, "error"),
        ({"faults": FAULTS["blocking"], "activity": Activity.PRINTING}, {}, False, "error"),
        ({"attention": QUESTIONS[1]}, {}, False, "idle"),
        ({"activity": Activity.PAUSED}, {}, False, "printing"),
        ({"activity": Activity.BUSY}, {}, False, "maintenance"),
        ({"activity": Activity.HALTED}, {}, False, "error"),
        ({"plate": Plate.OCCUPIED}, {}, False, "printing"),
        ({"plate": Plate.UNKNOWN}, {}, False, "idle"),
        ({"unrecognised": "levitating"}, {}, False, "waiting_for_peripherals"),
        ({}, {"in_maintenance": True}, False, "maintenance"),
        ({}, {"enabled": False}, False, "maintenance"),
        ({"activity": Activity.PRINTING}, {"enabled": False}, False, "printing"),
        ({}, {}, True, "error"),
    ],
)
def test_the_printers_status(changes, record, degraded, word):
    state = PrinterState(**({"link": Link.ONLINE, "plate": Plate.CLEAR} | changes))
    shown = Snapshot(
        printer=PRINTER, record=PrinterRecord(printer_id="p", **record), state=state, storage_degraded=degraded
    )
    assert translate.printer_status(shown) == word


@pytest.mark.parametrize(
    ("job_state", "changes", "word"),
    [
        (JobState.WAITING_APPROVAL, {}, "wait_user_action"),
        (JobState.QUEUED, {}, "pre_print"),
        (JobState.ASSIGNED, {}, "pre_print"),
        (JobState.TRANSFERRING, {}, "pre_print"),
        (JobState.STARTING, {}, "pre_print"),
        (JobState.UNCONFIRMED, {}, "wait_user_action"),
        (JobState.STARTED, {"activity": Activity.PREPARING}, "pre_print"),
        (JobState.STARTED, {"activity": Activity.PRINTING}, "printing"),
        (JobState.STARTED, {"activity": Activity.PRINTING, "link": Link.OFFLINE}, "printing"),
        (JobState.STARTED, {"activity": Activity.PRINTING, "attention": QUESTIONS[1]}, "printing"),
        (JobState.STARTED, {"activity": Activity.PAUSING}, "pausing"),
        (JobState.STARTED, {"activity": Activity.PAUSED}, "paused"),
        (JobState.STARTED, {"activity": Activity.PAUSED, "attention": QUESTIONS[1]}, "wait_user_action"),
        (JobState.STARTED, {"activity": Activity.PAUSED, "attention": QUESTIONS[2]}, "paused"),
        (JobState.STARTED, {"activity": Activity.PAUSED, "faults": FAULTS["blocking"]}, "wait_user_action"),
        (JobState.STARTED, {"activity": Activity.RESUMING}, "resuming"),
        (JobState.STARTED, {"activity": Activity.CANCELLING}, "post_print"),
        (JobState.STARTED, {"activity": Activity.FINISHING}, "post_print"),
        (JobState.STARTED, {"activity": Activity.HALTED}, "wait_user_action"),
        (JobState.ENDED, {"plate": Plate.OCCUPIED}, "wait_cleanup"),
        (JobState.ENDED, {"plate": Plate.CLEAR}, "none"),
    ],
)
def test_the_prints_state(job_state, changes, word):
    state = PrinterState(**({"link": Link.ONLINE, "plate": Plate.CLEAR} | changes))
    assert translate.print_state(state, job(job_state)) == word


def test_a_pause_has_a_source_only_while_it_lasts():
    for cause in PauseCause:
        paused = PrinterState(activity=Activity.PAUSED, pause_cause=cause)
        assert translate.pause_source(paused)
        assert translate.pause_source(PrinterState(activity=Activity.PRINTING, pause_cause=cause)) == ""
    assert translate.pause_source(PrinterState(activity=Activity.PAUSED)) == ""


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (1_704_164_645_000_000, "2024-01-02T03:04:05.000Z"),
        (1_704_164_645_999_999, "2024-01-02T03:04:05.999Z"),
        (1_704_164_645_001_000, "2024-01-02T03:04:05.001Z"),
        (0, "1970-01-01T00:00:00.000Z"),
        (-1, "1969-12-31T23:59:59.999Z"),
    ],
)
def test_instants_always_have_milliseconds_and_z(instant, text):
    assert timestamp(instant) == text
