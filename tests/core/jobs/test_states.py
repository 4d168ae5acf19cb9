"""Only legal steps, and ended for ever."""

import pytest
from hypothesis import given, strategies as st
from msgspec.structs import replace

from printyard.core.errors import Conflict
from printyard.core.jobs.states import ATTEMPTS, FACTS, end, fact_of, fall_back, step
from printyard.core.model.job import NEXT, ON_PRINTER, WAITING, Job, JobOutcome, JobSource, JobState
from printyard.core.model.value import Id, Instant

JOB = Job(
    id=Id("j"), organization_id=Id("home"), group_id=Id("g"), name="cube", state=JobState.QUEUED,
    source=JobSource.NETWORK, created_at=Instant(0), created_by="member",
)  # fmt: skip


def test_every_state_has_its_row_its_fact_and_its_place():
    assert set(NEXT) == set(FACTS) == set(JobState)
    assert len(set(FACTS.values())) == len(JobState)
    assert {JobState.ENDED} == set(JobState) - ON_PRINTER - WAITING
    assert not ON_PRINTER & WAITING


@given(st.lists(st.sampled_from(JobState)))
def test_any_walk_follows_the_machine(targets):
    job = JOB
    for target in targets:
        before = job
        try:
            job = step(job, target)
        except Conflict:
            assert target not in NEXT[before.state]
            assert job is before
        else:
            assert target in NEXT[before.state]
            assert not before.ended


@given(st.sampled_from(JobState), st.sampled_from(JobOutcome))
def test_ended_is_for_ever(state, outcome):
    ended = end(JOB, outcome, Instant(5))
    with pytest.raises(Conflict):
        step(ended, state)
    with pytest.raises(Conflict):
        fall_back(ended, "again")


def test_a_start_that_comes_to_nothing_three_times_is_held():
    job, states = replace(JOB, state=JobState.STARTING, start_token="t"), []
    for _ in range(ATTEMPTS):
        job = fall_back(replace(job, state=JobState.STARTING, start_token="t", assigned_at=Instant(3)), "no")
        states.append(job.state)
        assert (job.start_token, job.assigned_at, job.reason) == ("", None, "no")
    assert states == [JobState.QUEUED, JobState.QUEUED, JobState.HELD]


def test_the_fact_says_what_there_is_to_say():
    job = replace(JOB, state=JobState.STARTED, file_id=Id("f"), device_ref="r")
    ended = end(job, JobOutcome.FAILED, Instant(9), "clog")
    fact = fact_of(ended, Instant(9), actor="luke")
    assert (fact.name, fact.at, fact.actor, fact.subject_id) == ("JobEnded", 9, "luke", "j")
    assert fact.body == {
        "name": "cube", "state": "ended", "outcome": "failed", "reason": "clog", "file_id": "f", "device_ref": "r",
    }  # fmt: skip
