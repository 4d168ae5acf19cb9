"""Actions: begun at once, their fate recorded, pictures kept for a while."""

import asyncio

import pytest
from msgspec.structs import replace

from printyard.core.actions import ACTION_SECONDS, PICTURES, Actions, Errand
from printyard.core.commands import Fate
from printyard.core.errors import Busy, NotFound
from printyard.core.model.user import Scope
from printyard.testing.house import house
from printyard.testing.people import ADMIN, MEMBER

STRANGER = replace(ADMIN, id="stranger", scope=Scope(organization_id="elsewhere"))


@pytest.fixture
async def home(tmp_path):
    async with house(tmp_path) as running:
        yield running


async def begun(home, work):
    printer_id = await home.add_printer("Luke")
    return await home.core.actions.begin(MEMBER, printer_id, Errand(what="pause"), work)


async def test_an_action_succeeds_when_its_work_is_done(home):
    go = asyncio.Event()

    async def work():
        await go.wait()

    action = await begun(home, work)
    assert (await home.core.actions.get(MEMBER, action)).record.fate in {Fate.PENDING, Fate.SENT}
    go.set()
    await home.settle()
    shown = await home.core.actions.get(MEMBER, action)
    assert shown.record.fate is Fate.DONE
    assert not shown.lost


async def test_an_action_that_is_refused_fails_with_its_reason(home):
    async def work():
        raise Busy("The printer is printing.")

    action = await begun(home, work)
    await home.settle()
    record = (await home.core.actions.get(MEMBER, action)).record
    assert (record.fate, record.reason) == (Fate.REFUSED, "The printer is printing.")


async def test_an_action_that_takes_too_long_expires(home):
    async def work():
        await asyncio.Event().wait()

    action = await begun(home, work)
    await home.settle()
    await home.clock.advance(ACTION_SECONDS + 1)
    assert (await home.core.actions.get(MEMBER, action)).record.fate is Fate.EXPIRED


async def test_work_that_breaks_is_told_as_failed(home):
    async def work():
        raise ZeroDivisionError

    action = await begun(home, work)
    await home.settle()
    assert (await home.core.actions.get(MEMBER, action)).record.fate is Fate.EXPIRED


async def test_a_picture_is_kept_until_many_others_came(home):
    async def work():
        return b"jpeg"

    action = await begun(home, work)
    await home.settle()
    assert home.core.actions.picture(action) == b"jpeg"
    printer_id = home.core.printers.all(ADMIN)[0].printer.id
    for _ in range(PICTURES):
        await home.core.actions.begin(MEMBER, printer_id, Errand(what="picture"), work)
    await home.settle()
    with pytest.raises(NotFound):
        home.core.actions.picture(action)


async def test_foreign_and_unknown_actions_are_not_there_and_an_interrupted_one_is_lost(home):
    async def work():
        await asyncio.Event().wait()

    action = await begun(home, work)
    for principal, wanted in ((STRANGER, action), (MEMBER, "nothing")):
        with pytest.raises(NotFound):
            await home.core.actions.get(principal, wanted)
    await home.settle()
    await home.core.actions.stop()
    assert (await home.core.actions.get(MEMBER, action)).lost
    assert (await Actions(home.store, home.clock, home.ids).get(MEMBER, action)).lost


async def test_an_action_that_ends_while_it_is_looked_at_is_not_lost(home):
    go = asyncio.Event()

    class LateStore:
        """What was read arrives when the action is over."""

        write = home.store.write

        async def read(self, work):
            value = await home.store.read(work)
            go.set()
            await home.settle()
            return value

    async def work():
        await go.wait()

    actions, printer_id = Actions(LateStore(), home.clock, home.ids), await home.add_printer("Luke")
    action = await actions.begin(MEMBER, printer_id, Errand(what="pause"), work)
    await home.settle()
    shown = await actions.get(MEMBER, action)
    assert shown.record.fate is Fate.SENT
    assert not shown.lost
