"""Writes the preview of a plan with the compiled pen: some seconds for millions of moves."""

from typing import Any, Final

import numpy as np

from printyard.gcode.kernel.pen import AXES, DRAWN, PEN, TOOLS, draw_moves, find_head, put_down
from printyard.gcode.plan import Plan, PlanError
from printyard.gcode.preview import Head, write_preview as write_with
from printyard.gcode.preview.layout import frame
from printyard.gcode.preview.tracer import COLUMNS, Counts, Place
from printyard.gcode.preview.writer import Target

_TYPES: Final = {"d": "f8", "i": "i4", "B": "u1", "H": "u2"}


def write_preview(plan: Plan, target: Target, *, travels: bool = True) -> Head:
    """Write the preview of a plan; its head (see preview.write_preview, of which it is the same file)."""
    return write_with(plan, target, travels=travels, tracer_of=Pen)


class Pen:
    """A Tracer whose moves are drawn by compiled code.

    It copies what it works on out of the plan: an array over a mapped column would keep the plan from being closed.
    """

    def __init__(self, plan: Plan, travels: bool) -> None:
        self._columns = tuple(plan.column(name) for name in COLUMNS)
        self._memory: Any = np.zeros(1, PEN)
        self._pen: Any = self._memory[0]
        self.minimum: Place = self._corner(np.min)
        self.step: Place = frame(self.minimum, self._corner(np.max))
        pen = self._pen
        pen["tools"], pen["kinds"] = min(len(plan.summary.filament_mm), TOOLS), len(plan.summary.kinds)
        pen["travels"] = travels
        pen["minimum"], pen["step"] = self.minimum, self.step
        find_head(self._memory)

    def begin_layer(self, seconds: float) -> None:
        """What follows belongs to a layer that begins at this second of the plan."""
        pen = self._pen
        pen["layer_seconds"] = seconds
        pen["polylines"] = pen["points"] = pen["travel_points"] = pen["extruded"] = 0
        pen["carried"] = pen["walked"] = 0.0

    def trace(self, first: int, stop: int) -> bytes:
        """Go on with these moves; the polylines that are done. Raises PlanError for a damaged plan."""
        moves = (np.array(_array(column[first:stop])) for column in self._columns)
        if draw_moves(self._memory, *moves) != DRAWN:
            raise PlanError("the tools or the kinds are damaged")
        return self._done()

    def end_layer(self) -> tuple[bytes, Counts]:
        """The rest of the layer's polylines, and what the layer holds."""
        put_down(self._memory)
        pen = self._pen
        counts = Counts(*(int(pen[name]) for name in ("z", "polylines", "points", "travel_points")))
        return self._done(), counts

    def _done(self) -> bytes:
        written = int(self._pen["written"])
        self._pen["written"] = 0
        return bytes(self._pen["words"][:written])

    def _corner(self, choose: Any) -> Place:
        """The box around all places of the head, which begins at the origin."""
        x, y, z = (int(choose(_array(column), initial=0)) for column in self._columns[1 : 1 + AXES])
        return x, y, z


def _array(column: "memoryview[Any]") -> Any:
    return np.frombuffer(column, _TYPES[column.format])
