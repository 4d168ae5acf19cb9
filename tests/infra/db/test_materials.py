"""Material profiles."""

import pytest

from printyard.core.errors import NotFound
from printyard.core.model.user import EVERYTHING, HOME, Scope

ELSEWHERE = Scope(organization_id="elsewhere")


async def test_a_profile_is_replaced_listed_and_removed(store, make):
    blue, red = (
        make.material(color="Blue", density=1.24, document="<a/>", preloaded=True),
        make.material(color="Red", brand="Zed"),
    )
    await store.write(lambda tx: [tx.materials.put(material) for material in (red, blue)])
    assert await store.read(lambda tx: tx.materials.all(EVERYTHING)) == [blue, red]
    newer = make.newer(blue, version=2, density=None, print_celsius=205.5)
    await store.write(lambda tx: tx.materials.put(newer))
    assert await store.read(lambda tx: tx.materials.get(EVERYTHING, blue.guid)) == newer
    await store.write(lambda tx: tx.materials.put(make.newer(newer, deleted_at=77)))
    assert await store.read(lambda tx: tx.materials.all(EVERYTHING)) == [red]


async def test_a_removed_profile_leaves_its_version(store, make):
    material = make.material(version=3)
    await store.write(lambda tx: tx.materials.put(material))
    await store.write(lambda tx: tx.materials.put(make.newer(material, deleted_at=77)))
    with pytest.raises(NotFound):
        await store.read(lambda tx: tx.materials.get(EVERYTHING, material.guid))
    assert await store.read(lambda tx: tx.materials.version_of(EVERYTHING, material.guid)) == 3
    assert await store.read(lambda tx: tx.materials.version_of(EVERYTHING, "unknown")) is None
    await store.write(lambda tx: tx.materials.put(material))
    assert await store.read(lambda tx: tx.materials.all(EVERYTHING)) == [material]


async def test_two_organizations_have_the_same_guid_apart(store, make):
    mine = make.material()
    theirs = make.newer(mine, organization_id="elsewhere", color="Blue")
    await store.write(lambda tx: [tx.materials.put(material) for material in (mine, theirs)])
    assert await store.read(lambda tx: tx.materials.all(ELSEWHERE)) == [theirs]
    await store.write(lambda tx: tx.materials.put(make.newer(theirs, deleted_at=5)))
    assert await store.read(lambda tx: tx.materials.get(Scope(organization_id=HOME), mine.guid)) == mine


async def test_what_came_with_the_yard_is_every_organizations_until_it_has_its_own(store, make):
    mine, shared = make.material(color="Red"), make.material(color="Blue", preloaded=True, version=3)
    await store.write(lambda tx: [tx.materials.put(material) for material in (mine, shared)])
    assert await store.read(lambda tx: tx.materials.all(ELSEWHERE)) == [shared]
    assert await store.read(lambda tx: tx.materials.version_of(ELSEWHERE, shared.guid)) == 3
    theirs = make.newer(shared, organization_id="elsewhere", preloaded=False, version=4)
    await store.write(lambda tx: tx.materials.put(theirs))
    assert await store.read(lambda tx: tx.materials.all(ELSEWHERE)) == [theirs]
    assert await store.read(lambda tx: tx.materials.get(Scope(organization_id=HOME), shared.guid)) == shared
    await store.write(lambda tx: tx.materials.put(make.newer(theirs, deleted_at=5)))
    assert await store.read(lambda tx: tx.materials.all(ELSEWHERE)) == []
    assert await store.read(lambda tx: tx.materials.version_of(ELSEWHERE, shared.guid)) == 4
    with pytest.raises(NotFound):
        await store.read(lambda tx: tx.materials.get(ELSEWHERE, mine.guid))
