"""The tool's own outputs, and both engines."""

import io
import json
from pathlib import Path

import pytest

from printyard.gcode import reference
from printyard.gcode.limits import Limits

ESTIMATOR = Path(__file__).resolve().parents[1] / "data" / "estimator"


@pytest.fixture(scope="session")
def compiled():
    """The compiled engine, compiled now."""
    from printyard.gcode.kernel import analyse
    from printyard.gcode.kernel.warm import warm

    warm()
    return analyse


@pytest.fixture(params=["compiled", "reference"])
def analyse(request):
    """Each of the two engines in turn."""
    return request.getfixturevalue("compiled") if request.param == "compiled" else reference.analyse


@pytest.fixture(scope="session")
def doc() -> Limits:
    return Limits.from_config(json.loads((ESTIMATOR / "configs.json").read_text())["doc"])


class Everything:
    """Stamps that take every line that they are shown, and keep what they are told."""

    def __init__(self, letters=0xFFFF_FFFF, wanted=lambda line: True):
        self.letters = letters
        self.wanted = wanted
        self.lines = []
        self.times = []
        self.total = None

    def take(self, line, offset, size, *, together):
        if not self.wanted(line):
            return False
        if not together:
            self.lines.append([])
        self.lines[-1].append((offset, size))
        return True

    def take_progress(self, offset, size, *, together):
        if not together:
            self.lines.append([])
        self.lines[-1].append((offset, size))

    def timed(self, seconds):
        self.times.extend(seconds)

    def finish(self, seconds):
        self.total = seconds


@pytest.fixture
def stamped(doc):
    """(engine, G-code, wanted) -> the lines' times, by their offsets, and the total."""

    def run(analyse, gcode, wanted=lambda line: True, limits=doc):
        stamps = Everything(wanted=wanted)
        analyse(io.BytesIO(gcode), limits, stamps=stamps)
        assert len(stamps.lines) == len(stamps.times)
        times = zip(stamps.lines, stamps.times, strict=True)
        return {place: seconds for places, seconds in times for place in places}, stamps.total

    return run
