"""Settings."""

import pytest


@pytest.mark.parametrize("value", [1, 2.5, "text", "", 0, False, ["a", {"b": None}], {"nested": [1]}])
async def test_a_setting_is_kept_replaced_and_forgotten(store, value):
    assert await store.read(lambda tx: tx.settings.get("name")) is None
    await store.write(lambda tx: tx.settings.put("name", "before"))
    await store.write(lambda tx: tx.settings.put("name", value))
    stored = await store.read(lambda tx: tx.settings.get("name"))
    assert (stored, type(stored)) == (value, type(value))
    await store.write(lambda tx: tx.settings.put("name", None))
    assert await store.read(lambda tx: tx.settings.get("name")) is None
