"""Large clocks round: what a file asks for at the very end of a stretch of motion must not fall through."""

import random

from printyard.core.model.file import Blob
from printyard.core.model.state import Vector
from printyard.drivers.virtual.condition import LimitSet, Outline, Phase, Run

BLOB = Blob(sha256="0" * 64, size=1, kind="gcode", created_at=0, content_sha256="0" * 64, content_size=1)
OUTLINE = Outline(LimitSet(max_speed=Vector(1.0, 1.0, 1.0), acceleration=1.0, jerk=Vector(1.0, 1.0, 1.0), feeders=[]))


def test_at_its_end_a_stretch_of_motion_has_reached_its_limit_exactly():
    chance = random.Random(3)
    for _ in range(1000):
        plan_seconds = chance.uniform(0.0, 5000.0)
        limit = plan_seconds + chance.uniform(0.0, 5000.0)
        begin = chance.uniform(0.0, 1e7)
        run = Run(
            ref="r", name="n", token="", blob=BLOB, started_at=0, started=0.0, outline=OUTLINE, phase=Phase.MOTION,
            begin=begin, until=begin + (limit - plan_seconds), plan_seconds=plan_seconds, limit=limit,
        )  # fmt: skip
        assert run.plan_at(run.until) == limit
        assert run.plan_at(begin) == plan_seconds
        assert plan_seconds <= run.plan_at((begin + run.until) / 2) <= limit
