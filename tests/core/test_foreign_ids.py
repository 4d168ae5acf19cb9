"""Foreign ids: given once, never reused, never derived."""

import re

import pytest

from printyard.core.errors import NotFound
from printyard.core.foreign_ids import ForeignIds
from printyard.testing.house import house


@pytest.fixture
async def home(tmp_path):
    async with house(tmp_path) as running:
        yield running


async def test_a_thing_is_given_one_id_and_keeps_it(home):
    ids = ForeignIds(home.store, home.ids, "cloud")
    value = await ids.of("cluster", "a")
    assert re.fullmatch(r"[A-Za-z0-9_-]{43}=", value)
    assert await ids.of("cluster", "a") == value
    assert await ids.core("cluster", value) == "a"
    again = ForeignIds(home.store, home.ids, "cloud")
    assert await again.of("cluster", "a") == value
    assert await again.core("cluster", value) == "a"


async def test_kinds_and_dialects_do_not_share_ids(home):
    cloud, other = (ForeignIds(home.store, home.ids, name) for name in ("cloud", "other"))
    given = {await cloud.of("cluster", "a"), await cloud.of("user", "a"), await other.of("cluster", "a")}
    assert len(given) == 3
    with pytest.raises(NotFound):
        await other.core("cluster", await cloud.of("cluster", "a"))


async def test_many_are_looked_up_at_once_and_an_id_in_memory_needs_no_database(home):
    ids = ForeignIds(home.store, home.ids, "cloud")
    first = await ids.many("file", ["a", "b", "a"])
    assert sorted(first) == ["a", "b"]
    assert ids.known("file", "a") == first["a"]
    assert ids.known("file", "c") is None


async def test_more_can_be_looked_up_at_once_than_memory_holds(home):
    ids = ForeignIds(home.store, home.ids, "cloud", remembered=3)
    names = [str(number) for number in range(8)]
    few = await ids.many("file", names[:3])
    all_of_them = await ids.many("file", names)
    assert few.items() <= all_of_them.items()
    assert list(all_of_them) == names
    assert len(set(all_of_them.values())) == len(names)
    assert await ForeignIds(home.store, home.ids, "cloud").many("file", names) == all_of_them


async def test_an_id_can_be_given_within_a_unit_of_work(home):
    ids = ForeignIds(home.store, home.ids, "cloud")
    value = ids.fresh()
    assert await home.store.write(lambda tx: ids.record(tx, "file", "a", value)) == value
    assert await ids.of("file", "a") == value


async def test_an_unknown_id_is_not_found(home):
    with pytest.raises(NotFound):
        await ForeignIds(home.store, home.ids, "cloud").core("cluster", "A" * 43 + "=")
