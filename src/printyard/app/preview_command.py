"""`printyard gcode preview`: the lines of a file, layer by layer, for a browser."""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from printyard.gcode.limits import Limits


def draw(file: Path, limits: "Limits", output: Path, *, travels: bool) -> str:
    """Write the preview of a file; what there is to say about it. Raises CommandError."""
    from printyard.gcode.cli import CommandError, check_folder
    from printyard.gcode.container import ContainerError
    from printyard.gcode.estimate import GcodeError
    from printyard.gcode.plan import Plan
    from printyard.gcode.source import open_gcode
    from printyard.infra.workers.engine import analyse, write_preview

    check_folder(output)
    try:
        with tempfile.TemporaryDirectory(prefix=".preview-", dir=output.resolve().parent) as folder:
            path = Path(folder) / "plan"
            with open_gcode(file) as source:
                analyse(source, limits, path)
            with Plan.open(path) as plan:
                write_preview(plan, output, travels=travels)
                layers, moves = plan.summary.layers, plan.summary.moves
    except (ContainerError, GcodeError, OSError) as error:
        raise CommandError(f"{file} cannot be drawn: {str(error).rstrip('.')}.") from error
    return f"{layers} layers, {moves} moves: {output} ({output.stat().st_size:,} bytes)"
