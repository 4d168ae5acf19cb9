"""The functions through which plain Python calls compiled code, besides scanner.scan_lines.

They take the bench's memory as an array of one record, since numba describes a bare record anew at every call.
"""

from typing import Any

from printyard.gcode.kernel.arcs import add_arc
from printyard.gcode.kernel.compiled import kept
from printyard.gcode.kernel.lookahead import add_and_flush, flush


@kept
def queue_move(
    memory: Any, x: float, y: float, z: float, e: float, filament: float, velocity: float, kind: int
) -> None:
    """Queue one move, and flush if that is due."""
    add_and_flush(memory[0], x, y, z, e, filament, velocity, kind)


@kept
def queue_arc(memory: Any) -> None:
    """Queue the arc that is given (layout.ARC)."""
    add_arc(memory[0], memory[0].arc)


@kept
def stand(memory: Any) -> None:
    """Flush the whole queue: the machine comes to a stand."""
    flush(memory[0], False)
