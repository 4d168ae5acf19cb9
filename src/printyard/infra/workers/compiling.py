"""Compiles each version of the kernels once, in a process of its own: it takes more memory than a worker has."""

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

from printyard.infra.workers.worker import Handler, Report, die_with

_BREATH_SECONDS: Final = 1.0
_WORDS_CHARACTERS: Final = 500


class Compiler:
    """Sees to it that compiled kernels lie in numba's cache before they are used; `key` names who compiled them.

    What was compiled is remembered by an empty file of that name, since numba can't be asked without compiling.
    """

    def __init__(self, folder: Path, key: str, command: Sequence[str]) -> None:
        self._marker, self._command = folder / f"compiled-{key}", command
        self._ready = False

    def before(self, work: Handler) -> Handler:
        """The same work, with compiled kernels."""

        def prepared(task: Any, report: Report) -> object:  # noqa: ANN401 (as Handler)
            self.compile(lambda: report(0.0))
            return work(task, report)

        return prepared

    def compile(self, alive: Callable[[], None]) -> None:
        """Compile what is not there; `alive` is called now and then. Raises RuntimeError if that fails."""
        if self._ready or self._marker.exists():
            self._ready = True
            return
        self._marker.parent.mkdir(parents=True, exist_ok=True)
        pipe, nothing = subprocess.PIPE, subprocess.DEVNULL
        with subprocess.Popen(self._command, stdin=nothing, stderr=pipe, text=True) as process:  # noqa: S603 - our own
            while True:
                try:
                    _, words = process.communicate(timeout=_BREATH_SECONDS)
                    break
                except subprocess.TimeoutExpired:
                    alive()
        if process.returncode:
            raise RuntimeError(f"the kernels could not be compiled: {words.strip()[-_WORDS_CHARACTERS:]}")
        self._marker.touch()
        self._ready = True


def compiler() -> Compiler:
    """The compiler of the kernels, whose cache has a folder for each version of their sources."""
    import llvmlite.binding
    import numba

    from printyard.gcode.kernel.compiled import cache_folder

    makers = (numba.__version__, sys.version, llvmlite.binding.get_host_cpu_name())
    key = hashlib.sha256("\n".join(makers).encode()).hexdigest()[:8]
    command = (sys.executable, "-P", "-m", "printyard.infra.workers.compiling", str(os.getpid()))
    return Compiler(cache_folder(), key, command)


def main() -> None:
    """Compile, unless the worker that asked for it dies."""
    die_with(int(sys.argv[1]))
    from printyard.gcode.kernel.warm import warm

    warm()


if __name__ == "__main__":
    main()
