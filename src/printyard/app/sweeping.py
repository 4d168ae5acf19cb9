"""Sweeps garbage without long pauses, however many printers there are.

Python's collector looks, ever again, at everything that lives: with a thousand printers that stops the server for some
tenths of a second. Here it looks at young objects alone, little by little; whatever has lived through a sweep is set
aside (frozen), where it still ends with its last reference. Cycles that were set aside and have died since wait for the
next thorough sweep.
"""

import gc

from printyard.core.ports.time import Clock

SWEEP_SECONDS = 10.0
THOROUGH_SWEEPS = 2160
"""A thorough sweep in six hours."""

YOUNG_OBJECTS = 20_000
"""So many new objects make Python look at them at once, between two sweeps."""

NEVER = 1_000_000


async def sweep(clock: Clock) -> None:
    """Keep the memory clean, until cancelled; then Python's own ways hold again."""
    usual = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG_OBJECTS, NEVER, NEVER)
    sweeps = 0
    try:
        while True:
            await clock.sleep(SWEEP_SECONDS)
            sweeps += 1
            if sweeps % THOROUGH_SWEEPS == 0:
                gc.unfreeze()
            gc.collect()
            gc.freeze()
    finally:
        gc.unfreeze()
        gc.set_threshold(*usual)
