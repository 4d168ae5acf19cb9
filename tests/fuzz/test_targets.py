"""Every reader of strangers' files against changed real ones and noise: no crash, no hang, no wrong answer.

A minute in every run of the tests, shared out evenly. `make fuzz` runs this for long, and hunts for more by coverage
(guided.py).
"""

import random
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings, strategies as st
from tests.fuzz.caps import check_within_caps
from tests.fuzz.mutation import mutate
from tests.fuzz.targets import MACHINES, TARGETS, check_analysis

FINDINGS = sorted(path for path in (Path(__file__).parent / "findings").glob("*/*") if path.is_file())
SHARE_SECONDS = 60.0 / len(TARGETS)
FUZZING = 1_000
"""With so many examples or more it is `make fuzz` that runs, which says itself when it is over."""
NOISE = st.binary(max_size=3_000)
CHANGES = st.integers(0, 2**32 - 1)


@pytest.fixture(scope="session", autouse=True)
def _compiled():
    check_analysis(b"G1 X1 E1 F600\n")  # compiling takes longer than any example may


@pytest.fixture
def time_left():
    """() -> whether the share of this target is not used up."""
    end = time.process_time() + SHARE_SECONDS
    return lambda: settings.default.max_examples >= FUZZING or time.process_time() < end


@pytest.mark.slow
@settings(
    max_examples=max(500, settings.default.max_examples),
    suppress_health_check=list(HealthCheck),
    phases=[Phase.explicit, Phase.generate],
)
@pytest.mark.parametrize("name", TARGETS)
@given(data=st.data())
def test_changed_files(name, time_left, data):
    target = TARGETS[name]
    begin, changes = data.draw(st.sampled_from(target.seeds()) | NOISE), data.draw(CHANGES)
    if not time_left():
        return
    changed = mutate(begin, random.Random(changes), target.longest)
    check_within_caps(target, target.rebuild(changed) if target.rebuild else changed)


@pytest.mark.parametrize("name", TARGETS)
def test_the_files_to_begin_with_are_sound(name):
    for seed in TARGETS[name].seeds():
        check_within_caps(TARGETS[name], seed)


@pytest.mark.parametrize("path", FINDINGS, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_was_found_once(path):
    name, data = path.parent.name, path.read_bytes()
    # The length of a text chooses the machine: with so many more empty lines each of them has its turn.
    turns = len(MACHINES) if name in ("analysis", "process") else 1
    for lines in range(turns):
        check_within_caps(TARGETS[name], data + b"\n" * lines)
