"""The time analysis in plain Python: where numba has no wheel, and to check the compiled kernel against.

The grammar, the meaning of the commands and the events are shared with the kernel, which sends its rare lines here.
"""

from printyard.gcode.reference.analysis import analyse

__all__ = ["analyse"]
