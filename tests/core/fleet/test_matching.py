"""By reference, then token, then name and start."""

import pytest
from msgspec.structs import replace

from printyard.core.fleet.matching import CLOCK_SKEW_SECONDS, START_SECONDS, is_print_of
from printyard.core.model.job import Job, JobSource, JobState
from printyard.core.model.state import DevicePrint
from printyard.core.model.value import Id, Instant, after

ASSIGNED = Instant(1_000_000_000_000)
JOB = Job(
    id=Id("j"), organization_id=Id("home"), group_id=Id("g"), name="cube.gcode", state=JobState.STARTING,
    source=JobSource.NETWORK, created_at=Instant(0), created_by="member", assigned_at=ASSIGNED, start_token="t1",
)  # fmt: skip
SEEN = DevicePrint(ref="r", name="cube.gcode", started_at=ASSIGNED)


@pytest.mark.parametrize(
    ("job", "seen", "same"),
    [
        ({"device_ref": "r", "state": JobState.STARTED}, {"name": "other", "token": "?"}, True),
        ({"device_ref": "s", "state": JobState.STARTED}, {"token": "t1"}, False),
        ({}, {"token": "t1", "name": "other", "started_at": Instant(5)}, True),
        ({}, {"token": "t2"}, False),
        ({"start_token": ""}, {"token": "t2"}, False),
        ({}, {}, True),
        ({"state": JobState.UNCONFIRMED}, {}, True),
        ({}, {"name": "cone.gcode"}, False),
        ({}, {"started_at": after(ASSIGNED, -CLOCK_SKEW_SECONDS - 1)}, False),
        ({}, {"started_at": after(ASSIGNED, -CLOCK_SKEW_SECONDS + 1)}, True),
        ({}, {"started_at": after(ASSIGNED, START_SECONDS)}, True),
        ({}, {"started_at": after(ASSIGNED, START_SECONDS + CLOCK_SKEW_SECONDS + 1)}, False),
        ({"state": JobState.QUEUED}, {"token": "t1"}, False),
        ({"state": JobState.TRANSFERRING}, {"token": "t1"}, False),
        ({"state": JobState.HELD}, {"token": "t1"}, False),
    ],
)  # fmt: skip
def test_evidence(job, seen, same):
    assert is_print_of(replace(JOB, **job), replace(SEEN, **seen)) is same
