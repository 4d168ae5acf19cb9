"""What an analysis costs a process of its own: memory that grows with no file, and the first answer of a new worker."""

import asyncio
import multiprocessing
import os
import resource
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import _yard  # noqa: F401 - finds the package
from _gcode_files import MEGABYTE, Repeated, real, spiral_vase

from printyard.core.model.file import Analysis
from printyard.gcode.kernel import analyse
from printyard.gcode.kernel.warm import warm
from printyard.gcode.limits import Limits
from printyard.gcode.process import process
from printyard.infra.clock import SystemClock
from printyard.infra.workers.pool import WorkerPool
from printyard.infra.workers.process import ProcessLink, worker_command, worker_environment
from printyard.infra.workers.tasks import MakePlan


def growth(what: str, limits: Limits, megabytes: float) -> float:
    """MB by which the memory of a warm process grows at most, while it does something to so large a file."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        return pool.apply(_grown, (what, limits, megabytes))


def _grown(what: str, limits: Limits, megabytes: float) -> float:
    warm()
    text = spiral_vase(megabytes) if what == "vase" else real("prusa_torus_fwretract")
    analyse(Repeated(text, 1), limits)
    with TemporaryDirectory(prefix="printyard-bench-") as name:
        source, output = Path(name) / "large.gcode", Path(name) / "out"
        if what == "process":
            with source.open("wb") as file:
                file.writelines([text] * int(megabytes * MEGABYTE / len(text)))
        Path("/proc/self/clear_refs").write_text("5")
        before = _status("VmRSS")
        if what == "process":
            process(source, limits, analyse, output=output)
        else:
            analyse(Repeated(text, megabytes * MEGABYTE), limits, output if what == "plan" else None)
        return (_status("VmHWM") - before) / MEGABYTE


def _status(name: str) -> float:
    """Bytes of this process, by the kernel's name for them."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024.0 * next(int(line.split()[1]) for line in lines if line.startswith(name))


def first_answer(file: Path, limits: Limits) -> tuple[float, float]:
    """Seconds until a new worker has planned a file, and seconds of CPU that it took to its end."""
    kept = os.environ.get("NUMBA_CACHE_DIR")
    environment = worker_environment({"NUMBA_CACHE_DIR": kept} if kept else {})

    async def spawn() -> ProcessLink:
        return await ProcessLink.start("gcode", worker_command("gcode"), environment)

    size = file.stat().st_size

    async def ask() -> float:
        workers = WorkerPool("gcode", spawn, SystemClock())
        with TemporaryDirectory(prefix="printyard-bench-") as name:
            plan = Path(name) / "plan"
            begin = time.perf_counter()
            await workers.ask(MakePlan(source=file, plan=plan, limits=limits.to_config(), content_size=size), Analysis)
            waited = time.perf_counter() - begin
            await workers.close()
        return waited

    before = _children_seconds()
    waited = asyncio.run(ask())
    return waited, _children_seconds() - before


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
