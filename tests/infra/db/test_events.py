"""The log of facts."""

import pytest

from printyard.core.events import FactName
from printyard.core.model.user import EVERYTHING


@pytest.fixture
async def log(store, make):
    """Six facts of two printers and none."""
    one, two = make.printer(), make.printer()
    facts = [
        make.fact(one),
        make.fact(two, name=FactName.JOB_ENDED),
        make.fact(None, name=FactName.FILE_ADDED, subject_kind="file"),
        make.fact(one, name=FactName.JOB_ENDED),
        make.fact(two),
        make.fact(one, subject_id="other"),
    ]
    await store.write(lambda tx: [tx.printers.put(one), tx.printers.put(two), tx.events.append(facts)])
    return store, one, two


async def numbers(store, **page):
    return [recorded.number for recorded in await store.read(lambda tx: tx.events.page(EVERYTHING, **page))]


async def test_a_fact_comes_back_as_it_was(store, make, clock):
    clock.instant = 5
    fact = make.fact(actor="luke", cause="job", schema_version=2, body={"a": [1, 2.5, None, {"ü": True}]})
    (recorded,) = await store.write(lambda tx: tx.events.append([fact]))
    assert recorded.fact == fact
    assert await store.read(lambda tx: tx.events.page(EVERYTHING)) == [recorded]
    assert recorded.recorded_at == 5


async def test_pages(log):
    store, _, _ = log
    assert await numbers(store) == [1, 2, 3, 4, 5, 6]
    assert await numbers(store, after=2, limit=2) == [3, 4]
    assert await numbers(store, after=2, before=5) == [3, 4]
    assert await numbers(store, newest_first=True, limit=2) == [6, 5]
    assert await numbers(store, newest_first=True, before=5, limit=2, offset=1) == [3, 2]
    assert await numbers(store, after=6) == []


async def test_filters(log):
    store, one, two = log
    assert await numbers(store, printer_id=one.id) == [1, 4, 6]
    assert await numbers(store, printer_id=two.id, after=2) == [5]
    assert await numbers(store, printer_id="unknown") == []
    assert await numbers(store, names=frozenset({FactName.JOB_ENDED, FactName.FILE_ADDED})) == [2, 3, 4]
    assert await numbers(store, names=frozenset()) == []
    assert await numbers(store, subject=("job", "other")) == [6]
    assert await numbers(store, subject=("file", "other")) == []
    assert await numbers(store, printer_id=one.id, names=frozenset({FactName.JOB_CREATED}), newest_first=True) == [6, 1]


async def test_what_is_trimmed_is_gone_and_no_number_comes_again(log, make):
    store, _, _ = log
    assert await store.read(lambda tx: (tx.events.oldest(), tx.events.newest())) == (1, 6)
    await store.write(lambda tx: tx.events.trim(4))
    assert await store.read(lambda tx: (tx.events.oldest(), tx.events.newest())) == (4, 6)
    await store.write(lambda tx: tx.events.trim(100))
    assert await store.read(lambda tx: (tx.events.oldest(), tx.events.newest())) == (7, 6)
    (recorded,) = await store.write(lambda tx: tx.events.append([make.fact()]))
    assert recorded.number == 7


async def test_an_empty_log_begins_with_one(store):
    assert await store.read(lambda tx: (tx.events.oldest(), tx.events.newest())) == (1, 0)
    assert await store.write(lambda tx: tx.events.append([])) == []


async def test_a_unit_sees_what_it_has_appended(store, make):
    def work(tx):
        tx.events.append([make.fact()])
        again = tx.events.append([make.fact(), make.fact()])
        return [recorded.number for recorded in again], tx.events.newest(), len(tx.events.page(EVERYTHING))

    assert await store.write(work) == ([2, 3], 3, 3)
