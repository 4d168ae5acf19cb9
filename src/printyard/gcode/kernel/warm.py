"""Compiles the kernel, or loads what was compiled, ahead of the first file: `python -m printyard.gcode.kernel.warm`."""

import io
import tempfile
from pathlib import Path
from typing import Final

from printyard.gcode.kernel.analysis import analyse
from printyard.gcode.kernel.preview import write_preview
from printyard.gcode.limits import AxisLimiter, ExtruderLimiter, FirmwareRetraction, Limits
from printyard.gcode.plan import Plan

_LIMITS: Final = Limits(
    max_velocity=300.0,
    max_acceleration=3000.0,
    firmware_retraction=FirmwareRetraction(1.0, 0.0, 20.0, 20.0, 0.2),
    mm_per_arc_segment=1.0,
    move_checkers=(AxisLimiter((0.0, 0.0, 1.0), 10.0, 100.0), ExtruderLimiter(50.0, 1000.0)),
)
_GCODE: Final = b"""M83
;TYPE:warm
G1 X10 Y10 Z0.2 E1 F6000
G1 X20 Y10 E1 ; a kind of its own
G1X30E1
G2 X40 Y10 I5 E1
G2 X50 Y10 I5 E1e0
G10
G11
G4 P10
M204 S1000
G92 E0
G28
"""


def warm() -> None:
    """Run every compiled function once, without and with a plan, and its preview. Leaves nothing but the cache."""
    analyse(io.BytesIO(_GCODE), _LIMITS)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "plan"
        analyse(io.BytesIO(_GCODE), _LIMITS, path)
        with Plan.open(path) as plan:
            write_preview(plan, io.BytesIO())


if __name__ == "__main__":
    warm()
