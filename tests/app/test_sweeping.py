"""Garbage is swept little by little, and Python's own ways hold again afterwards."""

import asyncio
import contextlib
import gc
import weakref

from printyard.app.sweeping import SWEEP_SECONDS, THOROUGH_SWEEPS, sweep
from printyard.testing.clock import ManualClock


class Ring:
    """Garbage that only the collector can find."""

    def __init__(self) -> None:
        self.me = self


@contextlib.asynccontextmanager
async def sweeping():
    clock, usual = ManualClock(), gc.get_threshold()
    task = asyncio.create_task(sweep(clock))
    await clock.settle()
    try:
        yield clock
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert gc.get_threshold() == usual
        assert gc.get_freeze_count() == 0


async def test_what_lives_is_set_aside_and_old_objects_are_not_looked_at_by_themselves():
    before = gc.get_freeze_count()
    async with sweeping():
        assert gc.get_freeze_count() > before + 1000
        assert min(gc.get_threshold()[1:]) > 1000


async def test_young_garbage_goes_with_the_next_sweep():
    async with sweeping() as clock:
        ring = Ring()
        gone = weakref.ref(ring)
        del ring
        await clock.advance(SWEEP_SECONDS)
        assert gone() is None


async def test_garbage_that_was_set_aside_goes_with_a_thorough_sweep(monkeypatch):
    monkeypatch.setattr("printyard.app.sweeping.THOROUGH_SWEEPS", 3)
    async with sweeping() as clock:
        ring = Ring()
        gone = weakref.ref(ring)
        await clock.advance(SWEEP_SECONDS)
        del ring
        await clock.advance(SWEEP_SECONDS)
        assert gone() is not None
        await clock.advance(SWEEP_SECONDS)
        assert gone() is None
    assert THOROUGH_SWEEPS * SWEEP_SECONDS == 6 * 3600
