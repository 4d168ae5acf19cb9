"""Fills the cache of compiled kernels, in a worker process as every analysis."""

from printyard.app.config import Config
from printyard.app.wiring import spawning
from printyard.infra.clock import SystemClock
from printyard.infra.workers.pool import WorkerPool
from printyard.infra.workers.tasks import Warm, Warmed


async def warm(config: Config) -> str:
    """Compile what is not in the cache yet; what was done, in a sentence."""
    config.kernel_folder.mkdir(parents=True, exist_ok=True)
    pool = WorkerPool("gcode", spawning("gcode", config), SystemClock())
    try:
        warmed = await pool.ask(Warm(), Warmed)
    finally:
        await pool.close()
    if not warmed.compiled:
        return "There is no numba here: files are analysed in plain Python, slower."
    return f"The kernels are ready ({warmed.seconds:.1f} s)."
