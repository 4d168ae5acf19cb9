"""Writes the times of an analysis into a G-code file: progress lines and the slicer's own estimates become true.

Works on plain files as klipper_estimator v3.7.3 does (`post-process`), so that existing clients and printers find what
they look for. Where that tool spoils a file, this does not: docs/gcode.md lists the differences.
"""

from printyard.gcode.process.files import ProcessError
from printyard.gcode.process.mark import TOOL_VERSION, previous_version
from printyard.gcode.process.run import Processed, process

__all__ = ["TOOL_VERSION", "ProcessError", "Processed", "previous_version", "process"]
