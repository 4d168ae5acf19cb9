"""Houses in processes of their own: one for each module, and fresh ones for tests that kill or fill theirs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

if sys.platform != "linux":  # the tests look at processes in /proc and bound their files
    collect_ignore_glob = ["test_*.py"]
else:
    import fcntl

    from tests.e2e.house import SOURCE, House


@pytest.fixture(scope="session")
def kernels(request):
    """The folder of compiled kernels, filled once for all runs and workers (`make test` has filled one before)."""
    folder = Path(os.environ.get("NUMBA_CACHE_DIR") or request.config.cache.mkdir("kernels"))
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        subprocess.run(
            [sys.executable, "-m", "printyard", "--data", str(folder), "warm"],
            env=os.environ | {"PYTHONPATH": str(SOURCE), "PRINTYARD_KERNELS": str(folder)}, check=True,
            capture_output=True, timeout=120,
        )  # fmt: skip
    return folder


@pytest.fixture(scope="module")
def house(tmp_path_factory, kernels):
    """A house that answers, for all tests of a module."""
    house = House(tmp_path_factory.mktemp("house") / "data", kernels)
    house.start()
    yield house
    house.end()


@pytest.fixture
def fresh(tmp_path, kernels):
    """A house of this test's own, which it starts itself."""
    house = House(tmp_path / "data", kernels)
    yield house
    house.end()
