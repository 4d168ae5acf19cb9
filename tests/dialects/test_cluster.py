"""The words of a group, over the product of the axes."""

from itertools import product

import pytest
from msgspec.structs import replace

from printyard.core.fleet.board import Snapshot
from printyard.core.model.job import Job, JobOutcome, JobSource, JobState
from printyard.core.model.machine import MachineSetup
from printyard.core.model.material import Material
from printyard.core.model.needs import ToolNeed
from printyard.core.model.printer import Printer, PrinterRecord
from printyard.core.model.state import (
    Activity,
    Fault,
    Link,
    LoadedMaterial,
    Nozzle,
    Plate,
    PrinterState,
    Question,
    Severity,
    Temperature,
    Tool,
)
from printyard.core.model.user import HOME
from printyard.core.model.verdict import Change, ChangeKind, Impediment, ImpedimentKey, Standing
from printyard.dialects.ultimaker import cluster, cluster_parts

PRINTER_WORDS = {"idle", "printing", "pre_print", "error", "maintenance", "booting", "unreachable"}
JOB_WORDS = {
    "queued", "error", "sent_to_printer", "pre_print", "printing", "pausing", "paused", "resuming", "post_print",
    "wait_cleanup", "wait_user_action", "finished", "aborted", "aborted_post_print", "aborted_wait_user_action",
    "aborted_wait_cleanup", "failed", "failed_post_print", "failed_wait_user_action", "failed_wait_cleanup", "none",
    "wait_approval",
}  # fmt: skip
"""All that clients are known to read (the document counts 28, and names none)."""
STATE_WORDS = {"wait_approval", "sending", "waiting", "in_progress", "history", "deleted"}

PRINTER = Printer(
    id="p1", organization_id=HOME, group_id="p1", slug="luke", name="Luke", driver="virtual", model_id="ultimaker_s5",
    device_guid="5712e0ac-e90a-4344-ae91-7e8050a44c9b", created_at=0, setup=MachineSetup(),
)  # fmt: skip
FAULT = Fault(id="f", code="heater_fault", severity=Severity.BLOCKING, since=0)
ASKED = Question(id="q", text="Is the plate clean?", answers=("yes", "no"), since=0)
ACCESS = Question(id="a", text="May Cura print?", answers=("allow", "deny"), since=0, subject="access")


def job(**fields):
    plain = Job(
        id="j1", organization_id=HOME, group_id="p1", name="cube", created_at=0, created_by="ann",
        state=JobState.STARTED, source=JobSource.NETWORK, printer_id="p1",
    )  # fmt: skip
    return replace(plain, **fields)


def shown(held=None, record=None, degraded=False, **axes):
    state = PrinterState(**{"link": Link.ONLINE, "plate": Plate.CLEAR} | axes)
    return Snapshot(PRINTER, record or PrinterRecord(printer_id="p1"), state, held, storage_degraded=degraded)


def test_every_printer_has_one_of_seven_words():
    found = set()
    for link, activity, plate, faults, held, degraded in product(
        Link, Activity, Plate, ((), (FAULT,)), (None, job()), (False, True)
    ):
        word = cluster.printer_status(
            shown(held, degraded=degraded, link=link, activity=activity, plate=plate, faults=faults)
        )
        free = (
            link is Link.ONLINE and activity is Activity.IDLE and plate is not Plate.OCCUPIED
            and not faults and held is None and not degraded
        )  # fmt: skip
        assert (word == "idle") is free
        found.add(word)
    assert found == PRINTER_WORDS


def test_every_job_has_one_of_the_words_that_clients_know():
    found, states = set(), set()
    for state, activity, plate, outcome, question in product(
        JobState, Activity, Plate, (None, *JobOutcome), (None, ASKED)
    ):
        if (state is JobState.ENDED) is (outcome is None):
            continue
        one = job(state=state, outcome=outcome)
        for seen in (None, shown(), shown(one, activity=activity, plate=plate, attention=question)):
            found.add(cluster.job_status(one, seen))
            states.add(cluster.job_state(one, seen))
            deleted = replace(one, deleted_at=1)
            states.add(cluster.job_state(deleted, seen))
    assert found <= JOB_WORDS
    assert {"queued", "error", "printing", "paused", "wait_cleanup", "aborted_wait_cleanup", "finished"} <= found
    assert states == STATE_WORDS


@pytest.mark.parametrize(
    ("one", "axes", "word"),
    [
        (job(), {"activity": Activity.PRINTING}, "printing"),
        (job(), {"activity": Activity.CANCELLING}, "aborted_post_print"),
        (job(), {"activity": Activity.PAUSED, "attention": ASKED}, "wait_user_action"),
        (job(), {"activity": Activity.PAUSED, "attention": ACCESS}, "paused"),
        (job(), {"activity": Activity.PAUSED, "faults": (FAULT,)}, "wait_user_action"),
        (job(), {"activity": Activity.PRINTING, "attention": ASKED}, "printing"),
        (job(), {"activity": Activity.PRINTING, "link": Link.OFFLINE}, "printing"),
        (job(state=JobState.ENDED, outcome=JobOutcome.COMPLETED), {"plate": Plate.OCCUPIED}, "wait_cleanup"),
        (job(state=JobState.ENDED, outcome=JobOutcome.COMPLETED), {"plate": Plate.CLEAR}, "finished"),
        (job(state=JobState.ENDED, outcome=JobOutcome.FAILED), {"plate": Plate.OCCUPIED}, "failed_wait_cleanup"),
        (job(state=JobState.ENDED, outcome=JobOutcome.REJECTED), {}, "aborted"),
        (job(state=JobState.HELD), {}, "error"),
    ],
)
def test_the_order_of_the_axes(one, axes, word):
    assert cluster.job_status(one, shown(one, **axes)) == word


def test_another_printers_job_does_not_take_this_ones_activity():
    assert cluster.job_status(job(id="j2"), shown(job(), activity=Activity.PAUSED)) == "post_print"
    over = job(id="j2", state=JobState.ENDED, outcome=JobOutcome.COMPLETED)
    assert cluster.job_status(over, shown(job(), plate=Plate.OCCUPIED)) == "finished"


def test_a_printer_in_maintenance_is_not_idle():
    resting = PrinterRecord(printer_id="p1", in_maintenance=True)
    assert cluster.printer_status(shown(record=resting)) == "maintenance"
    assert cluster.printer_status(shown(unrecognised="calibrating")) == "maintenance"


def test_what_is_mounted_always_has_a_material():
    white = Material("0fd211c3-da2e-48a3-9294-b33b753331bf", 3, "Ultimaker", "PLA", "White", HOME)
    known = cluster_parts.library([white])
    state = PrinterState(
        tools=(
            Tool(
                heater=Temperature(current=20.5), nozzle=Nozzle(name="AA 0.4"),
                material=LoadedMaterial(guid=white.guid.upper()),
            ),
            Tool(heater=Temperature(current=20.0), material=LoadedMaterial(guid="not known")),
            Tool(heater=Temperature(current=20.0)),
        )
    )  # fmt: skip
    assert [(one.extruder_index, one.print_core_id, one.material) for one in cluster_parts.mounted(state, known)] == [
        (0, "AA 0.4", cluster_parts.ClusterMaterial(white.guid, "Ultimaker", "White", "PLA")),
        (1, "", cluster_parts.ClusterMaterial("not known", "", "", "")),
        (2, "", cluster_parts.ClusterMaterial("", "", "", "empty")),
    ]
    need = ToolNeed(tool=1, material_guid=white.guid, nozzle_name="AA 0.8", filament_mm=100.0)
    asked = cluster_parts.asked_for([need], known)
    assert (asked[0].extruder_index, asked[0].print_core_id, asked[0].material.color) == (1, "AA 0.8", "White")
    assert asked[0].estimated_material_volume == 637.9
    assert cluster_parts.asked_for([need], known, 1.75)[0].estimated_material_volume == 240.5
    assert cluster_parts.material_name(white.guid, known) == "White PLA"


@pytest.mark.parametrize(
    ("running", "latest", "updater", "word"),
    [
        ("7.0.3", "7.0.3", "idle", "up_to_date"),
        ("7.0.3", "8.2.1", "idle", "update_available"),
        ("7.0.3", "8.2.1", "installing", "update_in_progress"),
        ("7.0.3", "8.2.1", "failed", "update_failed"),
        ("7.0.3", "", "idle", "update_impossible"),
    ],
)
def test_how_the_firmware_stands(running, latest, updater, word):
    assert cluster.firmware_update(running, latest, updater) == word


def test_what_stands_in_the_way():
    standing = Standing(
        printer_id="p1",
        changes=(
            Change(ChangeKind.MATERIAL_CHANGE, "guid-2", "Black PLA", "guid-1", "White PLA", tool=1),
            Change(ChangeKind.BUILDPLATE_CHANGE, "aluminum", "aluminum", "glass", "glass"),
        ),
        impediments=(
            Impediment(ImpedimentKey.PRINTER_BUSY), Impediment(ImpedimentKey.DOES_NOT_FIT),
            Impediment(ImpedimentKey.PLATE_OCCUPIED),
        ),
    )  # fmt: skip
    assert cluster_parts.changes_of(standing) == [
        cluster_parts.ConfigurationChange(
            "material_change", "guid-2", "guid-1", 1, "Black PLA", "White PLA", is_overridable=True
        ),
        cluster_parts.ConfigurationChange(
            "buildplate_change", "aluminum", "glass", None, "aluminum", "glass", is_overridable=False
        ),
    ]
    assert cluster_parts.changes_of(None) == []
    in_the_way = cluster_parts.impediments_of(standing.impediments)
    assert [(one.translation_key, one.severity) for one in in_the_way] == [
        ("does_not_fit_in_build_volume", "8"), ("build_plate_not_cleared", "6"),
    ]  # fmt: skip
    assert cluster_parts.impediments_of(standing.impediments, unfixable=cluster.UNFIXABLE)[0].severity == "UNFIXABLE"


@pytest.mark.parametrize(
    ("outcome", "estimated", "elapsed", "total"),
    [
        (None, 100.0, 0.0, 100.0), (None, 0.0, 7.0, 7.0), (JobOutcome.COMPLETED, 100.0, 80.0, 80.0),
        (JobOutcome.CANCELLED, 100.0, 80.0, 100.0),
    ],
)  # fmt: skip
def test_of_a_completed_print_no_time_is_left(outcome, estimated, elapsed, total):
    """Else Cura's page calls it aborted."""
    made = job(outcome=outcome, seconds_estimated=estimated, seconds_elapsed=elapsed)
    assert cluster.total_seconds(made) == total
