"""What has not changed is taken from the view before: the outcome is the same as if all were made anew."""

import pytest
from msgspec.structs import replace

from printyard.apis.yard import schemas
from printyard.apis.yard.measured import FIELDS, progress_of, state_again, state_of
from printyard.core.fleet.board import Snapshot
from printyard.core.model.printer import Printer, PrinterRecord
from printyard.core.model.state import (
    Activity,
    DevicePrint,
    Fault,
    Light,
    Link,
    LoadedMaterial,
    Nozzle,
    Outcome,
    PauseCause,
    Plate,
    PrinterState,
    Progress,
    Question,
    Severity,
    Temperature,
    Tool,
    Vector,
)

PRINTER = Printer(
    id="1", organization_id="home", group_id="1", slug="luke", name="Luke", driver="virtual", model_id="m",
    device_guid="g", created_at=0,
)  # fmt: skip
FIRST = Tool(heater=Temperature(20.04, 0.0), nozzle=Nozzle("AA 0.4", "s1"), material=LoadedMaterial("pla", 900.26))
SECOND = Tool(heater=Temperature(20.14, 0.0), nozzle=Nozzle("BB 0.4", "s2"))
STATE = PrinterState(link=Link.ONLINE, tools=(FIRST, SECOND), bed=Temperature(21.06, 0.0), at=1_000_000)
CHANGES = [
    {"link": Link.OFFLINE},
    {"activity": Activity.PRINTING},
    {"busy_with": "firmware_update"},
    {"plate": Plate.OCCUPIED},
    {"attention": Question("q", "Access?", ("yes", "no"), since=5)},
    {"outcome": Outcome.CANCELLED},
    {"pause_cause": PauseCause.PANEL},
    {"faults": (Fault("f", "jam", Severity.BLOCKING, since=3, data={"tool": 1}),)},
    {"unrecognised": "frobnicating"},
    {"active_tool": 1},
    {"bed": Temperature(60.04, 60.06)},
    {"bed": None},
    {"chamber": Temperature(30.0)},
    {"ambient": Temperature(24.96)},
    {"position": Vector(1.2345, 2.3456, 3.4567)},
    {"fan_fraction": 0.33333},
    {"light": Light(brightness=33.0)},
    {"message": "Hello"},
    {"firmware": "8.3.1"},
    {"accepts": frozenset({"pause", "cancel"})},
    {"at": 2_345_678},
    {"tools": (replace(FIRST, heater=Temperature(210.06, 210.0)), SECOND)},
    {"tools": (replace(FIRST, nozzle=None), SECOND)},
    {"tools": (replace(FIRST, material=LoadedMaterial("pla", 811.14)), SECOND)},
    {"tools": (FIRST, replace(SECOND, nozzle=replace(SECOND.nozzle, name="CC 0.6"), material=FIRST.material))},
    {"tools": (FIRST,)},
    {"tools": ()},
]


def shown(state, record=None):
    return Snapshot(PRINTER, record or PrinterRecord(printer_id="1"), state)


def test_every_field_is_tried():
    assert {name for change in CHANGES for name in change} == {*FIELDS, "tools"}
    assert {"word", "tools", *FIELDS} == set(schemas.State.__struct_fields__)


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: next(iter(change)))
def test_a_change_shows_and_its_undoing_too(change):
    was, now = shown(STATE), shown(replace(STATE, **change))
    before, after = state_of(was), state_of(now)
    assert after != before
    assert state_again(before, was, now) == after
    assert state_again(after, now, was) == before
    assert state_again(before, was, was) == before


def test_what_the_yard_decides_changes_the_word_alone():
    was, now = shown(STATE), shown(STATE, PrinterRecord(printer_id="1", in_maintenance=True))
    again = state_again(state_of(was), was, now)
    assert (again.word, replace(again, word=schemas.Word.IDLE)) == (schemas.Word.MAINTENANCE, state_of(was))


def test_progress_is_rounded_and_never_less_than_nothing():
    printing = replace(
        STATE, activity=Activity.PRINTING, print=DevicePrint("r", "cube", started_at=0),
        progress=Progress(fraction=1.00001, elapsed_seconds=12.34, total_seconds=600.06, layer=2, layers=9),
    )  # fmt: skip
    assert progress_of(printing) == schemas.Progress(
        name="cube", fraction=1.0, elapsed_seconds=12.3, total_seconds=600.1, remaining_seconds=0.0, layer=2, layers=9,
        started_at="1970-01-01T00:00:00.000Z",
    )  # fmt: skip
    assert progress_of(replace(printing, activity=Activity.IDLE)) is None
