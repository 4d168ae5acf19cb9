"""Times and draws files: by compiled code, or where numba cannot be imported in plain Python, with the same answers."""

try:
    from printyard.gcode.kernel import analyse
    from printyard.gcode.kernel.preview import write_preview
    from printyard.gcode.kernel.warm import warm

    COMPILED = True
except ImportError:
    from printyard.gcode.preview import write_preview
    from printyard.gcode.reference import analyse

    COMPILED = False

    def warm() -> None:
        """There is nothing to compile."""


__all__ = ["COMPILED", "analyse", "warm", "write_preview"]
