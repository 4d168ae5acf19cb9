"""Every word table of every edge is total: a new word of the core stops the edge that has none for it."""

import importlib
import pkgutil
from collections.abc import Mapping
from enum import Enum

import pytest

import printyard.apis
import printyard.dialects
from printyard.core.errors import CoreError
from printyard.core.tables import total, total_errors

ELSEWHERE = ".for_cura"
"""What is handed out to run in another program imports what only that program has."""


def modules():
    for package in (printyard.apis, printyard.dialects):
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if ELSEWHERE in found.name:
                continue
            yield importlib.import_module(found.name)


def tables():
    """Read-only tables from words of the core, as `total` makes them."""
    for module in modules():
        for name, value in vars(module).items():
            if type(value).__name__ == "mappingproxy" and value and isinstance(value, Mapping):
                first = next(iter(value))
                if isinstance(first, Enum) and type(first).__module__.startswith("printyard.core"):
                    yield pytest.param(value, type(first), id=f"{module.__name__}.{name}")


TABLES = list(tables())


def test_there_are_tables():
    assert len(TABLES) >= 10


@pytest.mark.parametrize(("table", "words"), TABLES)
def test_a_table_has_a_row_for_every_word_and_no_other(table, words):
    assert set(table) == set(words)


@pytest.mark.parametrize(("table", "words"), TABLES[:1])
def test_a_table_without_a_row_does_not_come_into_being(table, words):
    rows = dict(table)
    rows.popitem()
    with pytest.raises(LookupError):
        total(words, rows)
    with pytest.raises(LookupError):
        total_errors((CoreError, KeyError), {CoreError: 500})
