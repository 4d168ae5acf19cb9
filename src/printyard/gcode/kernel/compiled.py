"""How every function of the kernel is compiled: once, to disk, without the interpreter's lock, dividing as IEEE says.

numba notices a change of the file that a function stands in, but not of the functions that it calls in other files. So
the compiled code is kept in a folder named for the sources of the whole kernel: after an update nothing old is run.
"""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import numpy as np
from numba import config, njit

import printyard.gcode.limits
import printyard.gcode.plan
import printyard.gcode.preview
import printyard.gcode.reference

F = TypeVar("F", bound=Callable[..., Any])

_OPTIONS: Final[dict[str, Any]] = {"nogil": True, "error_model": "numpy"}
"""No fastmath: the sums must come out as the tool's, bit for bit."""
_WITHIN: Final[dict[str, Any]] = {**_OPTIONS, "no_cpython_wrapper": True, "no_cfunc_wrapper": True}
"""For what nobody else calls: without the ways in from Python and C, a third of the compiler's time is saved."""


def kept(function: F) -> F:
    """Compile what plain Python calls, at first use, and keep the code in NUMBA_CACHE_DIR, or beside the sources."""
    result: F = njit(**_OPTIONS, cache=True)(function)
    return result


def compiled(function: F) -> F:
    """Compile what only compiled code calls: it is kept as a part of what is.

    All that a function calls is compiled once more with it, and so on upwards: what is large should have one caller.
    """
    result: F = njit(**_WITHIN)(function)
    return result


def inlined(function: F) -> F:
    """The same, at each place where it is called."""
    result: F = njit(**_WITHIN, forceinline=True)(function)
    return result


def _sources() -> str:
    """Eight hex digits for the sources that the compiled code is made of, constants included."""
    modules = (printyard.gcode.limits, printyard.gcode.plan)
    rooms = (printyard.gcode.preview, printyard.gcode.reference)
    files = [Path(str(module.__file__)) for module in modules]
    folders = [Path(__file__).parent, *(Path(str(room.__file__)).parent for room in rooms)]
    files += [file for folder in folders for file in folder.glob("*.py")]
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(file.read_bytes())
    return digest.hexdigest()[:8]


def _keep_by_sources(settings: Any) -> None:
    """Set the folder of the compiled code, for all that is compiled after this line."""
    here = Path(__file__).parent
    if settings.CACHE_DIR or os.access(here, os.W_OK):
        settings.CACHE_DIR = str(Path(settings.CACHE_DIR or here / "__pycache__") / f"kernel-{_sources()}")


_keep_by_sources(config)


def cache_folder() -> Path:
    """Where the compiled code of these sources is kept."""
    settings: Any = config
    return Path(settings.CACHE_DIR)


@inlined
def at(place: int) -> Any:
    """A place that is not negative: without this numba asks of each whether it counts from the end."""
    return np.uint64(place)


@inlined
def least(one: float, other: float) -> float:
    """The smaller number; of a number and NaN the number, as Rust's `min`."""
    return one if one < other or other != other else other  # noqa: PLR0124 - NaN
