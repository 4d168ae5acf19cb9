"""A store in a fresh folder, with a clock and ids of the test's own."""

import itertools
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from printyard.core.model.value import Id, Instant
from printyard.infra.blobs.local import LocalBlobs


class WallClock:
    """The files' times come from the system, so the store's clock must agree with it."""

    def now(self) -> Instant:
        return Instant(time.time_ns() // 1000)

    async def sleep(self, seconds: float) -> None:
        raise NotImplementedError


class CountedIds:
    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    def new(self) -> Id:
        return Id(f"01900000-0000-7000-8000-{next(self._numbers):012x}")

    def secret(self, size: int) -> bytes:
        raise NotImplementedError


class Disk:
    """A disk of which the test says how much is left."""

    def __init__(self) -> None:
        self.free = 10**12

    def __call__(self, folder: Path) -> int:
        return self.free


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
async def open_blobs(tmp_path: Path, disk: Disk) -> AsyncIterator[Callable]:
    """Opens a store on the same folder again, as after a restart."""
    ids = CountedIds()
    async with AsyncExitStack() as opened:

        async def start(**settings: int) -> LocalBlobs:
            blobs = LocalBlobs(tmp_path, WallClock(), ids, reserve_bytes=1000, free_bytes=disk, **settings)
            opened.push_async_callback(blobs.close)
            await blobs.start()
            return blobs

        yield start


@pytest.fixture
async def blobs(open_blobs: Callable) -> LocalBlobs:
    return await open_blobs()
