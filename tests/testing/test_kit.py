"""The clock stands still until it is moved, and ids are the same in each run."""

import asyncio
import uuid

from printyard.testing.clock import NOON, ManualClock
from printyard.testing.ids import SeededIds


async def test_sleepers_wake_at_their_own_instants_in_their_order():
    clock, woken = ManualClock(), []

    async def sleeper(name, *naps):
        for nap in naps:
            await clock.sleep(nap)
            woken.append((name, (clock.now() - NOON) / 1e6))

    tasks = [asyncio.create_task(sleeper(*how)) for how in (("a", 3), ("b", 1, 1, 1), ("c", 2, 0), ("d", 2))]
    await clock.advance(2.5)
    assert woken == [("b", 1.0), ("c", 2.0), ("c", 2.0), ("d", 2.0), ("b", 2.0)], "each goes as far as it can"
    assert clock.sleepers == 2
    await clock.advance(0.5)
    assert woken[5:] == [("a", 3.0), ("b", 3.0)]
    await asyncio.gather(*tasks)


async def test_work_for_later_is_done_at_its_instant_unless_it_is_taken_back():
    clock, done = ManualClock(), []

    def work(name):
        return lambda: done.append((name, (clock.now() - NOON) / 1e6))

    clock.later(2, work("second"))
    clock.later(1, work("first"))
    taken_back = clock.later(1.5, work("never"))
    clock.later(0, work("at once"))
    taken_back()
    assert done == []
    await clock.advance(5)
    assert done == [("at once", 0.0), ("first", 1.0), ("second", 2.0)]


async def test_who_sleeps_again_and_again_is_woken_all_the_way():
    clock, count = ManualClock(), 0

    async def beat():
        nonlocal count
        while True:
            await clock.sleep(0.1)
            count += 1

    task = asyncio.create_task(beat())
    await clock.advance(100)
    task.cancel()
    assert count == 1000
    assert clock.now() == NOON + 100_000_000


async def test_threads_belong_to_the_settling():
    clock, seen = ManualClock(), []

    async def work():
        await clock.sleep(1)
        seen.append(await asyncio.to_thread(lambda: "from a thread"))
        await clock.sleep(1)
        seen.append("after it")

    with clock.including_threads():
        task = asyncio.create_task(work())
        await clock.advance(2)
    assert seen == ["from a thread", "after it"]
    await task


async def test_who_is_cancelled_while_asleep_holds_nobody_up():
    clock = ManualClock()
    task = asyncio.create_task(clock.sleep(1))
    await clock.settle()
    task.cancel()
    await clock.advance(2)
    assert (task.cancelled(), clock.sleepers) == (True, 0)


def test_ids_are_uuids_that_grow_and_are_the_same_in_each_run():
    clock = ManualClock()
    one, two = SeededIds(clock, 1), SeededIds(clock, 1)
    ids = [one.new() for _ in range(1000)]
    assert ids == [two.new() for _ in range(1000)]
    assert ids == sorted(set(ids))
    assert {uuid.UUID(text).version for text in ids} == {7}
    assert {uuid.UUID(text).variant for text in ids} == {uuid.RFC_4122}
    assert one.secret(16) == two.secret(16)
    assert SeededIds(clock, 2).new() not in ids
