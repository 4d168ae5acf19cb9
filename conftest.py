"""Rules for every test run: time limits, generated examples, and what a test needs from the machine."""

import os
import shutil
import time
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings

IN_CI = os.environ.get("CI") == "true"
BUDGET_SECONDS = 20  # of a test itself, its fixtures apart; pyproject.toml has the limit at which a hanging test is cut
SLOW_SECONDS = 120
FUZZ_SECONDS = 3600
SHORT_ID = 24
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")

# A shared machine has slow moments: the limit of a test is pytest's time limit, not that of one example.
settings.register_profile("default", deadline=None, max_examples=50, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("ci", settings.get_profile("default"), derandomize=True, print_blob=True)
settings.register_profile("fuzz", settings.get_profile("default"), max_examples=5_000)
settings.load_profile("ci" if IN_CI else "default")


def is_fuzzing(config: pytest.Config) -> bool:
    """Whether this run is `make fuzz`."""
    return bool(config.getoption("--hypothesis-profile") == "fuzz")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Give slow and fuzzed tests the longer limit, unless they state their own."""
    for item in items:
        if item.get_closest_marker("timeout") is not None:
            continue
        if is_fuzzing(config):
            item.add_marker(pytest.mark.timeout(FUZZ_SECONDS))
        elif item.get_closest_marker("slow") is not None:
            item.add_marker(pytest.mark.timeout(SLOW_SECONDS))


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name bytes by their argument, unless they are short text.

    An archive has the time of its making in it, even its size may change, and parallel workers have to agree on names.
    """
    if not isinstance(val, bytes) or (len(val) <= SHORT_ID and val.isascii() and val.decode().isprintable()):
        return None
    return argname


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    """Fail a test that passes, but too slowly and without saying so.

    Its own processor time counts, not the clock on the wall: that depends on what else the machine does.
    """
    began = time.process_time()
    yield
    seconds = time.process_time() - began
    if seconds > BUDGET_SECONDS and item.get_closest_marker("slow") is None and not is_fuzzing(item.config):
        pytest.fail(
            f"took {seconds:.1f} s of processor time: a test that needs more than {BUDGET_SECONDS} s is marked slow",
            pytrace=False,
        )


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium; without one the test is skipped, or fails in CI, which has to have one."""
    found = os.environ.get("PRINTYARD_TEST_CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    if found is None:
        (pytest.fail if IN_CI else pytest.skip)("no Chromium on this machine (Debian: apt-get install chromium)")
    return found


@pytest.fixture(autouse=True)
def _browser_at_hand(request: pytest.FixtureRequest) -> None:
    """A test marked `browser` needs Chromium, whether it asks for its path or not."""
    if request.node.get_closest_marker("browser") is not None:
        request.getfixturevalue("chromium")
