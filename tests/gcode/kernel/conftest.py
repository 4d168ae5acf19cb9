"""The two engines, the real files, and what the tool that we are compared with said about them."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from printyard.gcode import reference
from printyard.gcode.limits import Limits

HERE = Path(__file__).resolve()
ESTIMATOR = HERE.parents[1] / "data" / "estimator"
FILES = HERE.parents[2] / "data" / "gcode"


@pytest.fixture(scope="session")
def compiled():
    """The compiled engine, compiled now: the first run of a machine takes half a minute for it."""
    from printyard.gcode.kernel import analyse
    from printyard.gcode.kernel.warm import warm

    warm()
    return analyse


@pytest.fixture(params=["compiled", "reference"])
def analyse(request):
    """Each of the two engines in turn."""
    return request.getfixturevalue("compiled") if request.param == "compiled" else reference.analyse


@pytest.fixture(scope="session")
def limits() -> Callable[[str], Limits]:
    configs = json.loads((ESTIMATOR / "configs.json").read_text())
    return lambda name: Limits.from_config(configs[name])


@pytest.fixture(scope="session")
def real_file() -> Callable[[str], gzip.GzipFile]:
    return lambda name: gzip.open(FILES / f"{name}.gcode.gz")


@pytest.fixture(scope="session")
def answer() -> Callable[[str, str], object]:
    return lambda name, config: json.loads((ESTIMATOR / "goldens" / f"{name}.{config}.json").read_text())
