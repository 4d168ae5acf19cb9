"""A house for each test, on a database of its own."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from printyard.testing.house import TestHouse, house


@pytest.fixture
async def yard(tmp_path: Path) -> AsyncIterator[TestHouse]:
    async with house(tmp_path) as running:
        yield running


@pytest.fixture
async def luke(yard: TestHouse) -> str:
    """The id of a printer that is connected and idle."""
    return await yard.add_printer("Luke")
