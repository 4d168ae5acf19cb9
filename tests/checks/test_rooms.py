"""The room contracts, held against a house in which everybody looks into everybody else's room."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"

ROOMS = "app | testing > apis"

LAWFUL = {
    "__main__": "from printyard.app import cli",
    "app/cli": "import printyard.apis.yard.routes, printyard.drivers.virtual.driver, printyard.infra.workers.pool",
    "testing/fakes": "import printyard.serving.app, printyard.core.facade, httpx",
    "apis/yard/routes": "import printyard.serving.app, printyard.dialects.words, printyard.core.facade",
    "apis/moon/routes": "import litestar",
    "drivers/virtual/driver": "import aiohttp, printyard.core.facade",
    "drivers/moon/driver": "import printyard.dialects.words",
    "infra/workers/pool": "import printyard.gcode.kernel.motion, numpy",
    "infra/db/store": "import sqlalchemy",
    "serving/app": "import litestar, printyard.core.facade",
    "dialects/words": "import printyard.core.facade",
    "core/facade": "import msgspec, printyard.gcode.scanner",
    "gcode/scanner": "import msgspec",
    "gcode/kernel/motion": "import numpy, numba, printyard.gcode.scanner",
}


@pytest.fixture
def verdict(tmp_path):
    """Builds the lawful house with one more import (or room) in it; gives (whether the contracts hold, the report)."""

    def build(module: str, source: str) -> tuple[bool, str]:
        for name, text in {**LAWFUL, module: f"{LAWFUL.get(module, '')}\n{source}"}.items():
            path = tmp_path / "printyard" / f"{name}.py"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            for folder in path.relative_to(tmp_path).parents[:-1]:
                (tmp_path / folder / "__init__.py").touch()
        found = subprocess.run(
            [Path(sys.executable).with_name("lint-imports"), "--no-logo", "--no-cache", "--config", PYPROJECT],
            env={**os.environ, "PYTHONPATH": str(tmp_path)},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        return found.returncode == 0, found.stdout + found.stderr

    return build


def test_the_lawful_house_stands(verdict):
    holds, report = verdict("core/facade", "")
    assert holds, report


@pytest.mark.parametrize(
    ("module", "source", "broken"),
    [
        ("utils/text", "", "not listed as layers"),
        ("core/facade", "import printyard.dialects.words", ROOMS),
        ("core/facade", "import aiohttp", "core knows no web"),
        ("core/facade", "import printyard.gcode.kernel.motion", "only infra.workers imports gcode.kernel"),
        ("gcode/scanner", "import numpy", "gcode is the standard library"),
        ("apis/yard/routes", "import printyard.apis.moon.routes", "no API imports another API"),
        ("apis/yard/routes", "import printyard.infra.db.store", ROOMS),
        ("drivers/virtual/driver", "import printyard.drivers.moon.driver", "no driver imports another driver"),
        ("infra/db/store", "import printyard.serving.app", "drivers and infra do not import serving"),
        ("infra/db/store", "import httpx", "aiohttp is the only HTTP client"),
        ("app/cli", "import printyard.testing.fakes", ROOMS),
        ("testing/fakes", "import printyard.app.cli", ROOMS),
        ("serving/app", "import printyard.testing.fakes", ROOMS),
    ],
)
def test_a_look_into_the_wrong_room_is_found(verdict, module, source, broken):
    holds, report = verdict(module, source)
    assert not holds
    assert broken in report.split("Broken contracts")[-1]
