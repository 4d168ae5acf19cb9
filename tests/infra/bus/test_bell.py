"""The bell: rung from threads, heard in the loop."""

import asyncio
import threading

import pytest

from printyard.infra.bus import LocalBell


async def test_it_wakes_whoever_waits_and_only_for_what_is_new():
    bell = LocalBell()
    with bell.listen() as ear, bell.listen() as other:
        waiting, patient = asyncio.ensure_future(ear.wait(0)), asyncio.ensure_future(other.wait(2))
        await asyncio.sleep(0)
        bell.ring(2)
        assert await waiting == 2
        assert not patient.done()
        bell.ring(3)
        assert await patient == 3


async def test_what_rang_before_is_heard_at_once():
    bell = LocalBell()
    bell.ring(5)
    with bell.listen() as ear:
        assert await ear.wait(0) == 5
        assert await ear.wait(4) == 5
        waiting = asyncio.ensure_future(ear.wait(5))
        for _ in range(5):
            await asyncio.sleep(0)
        assert not waiting.done()
        bell.ring(6)
        assert await waiting == 6


async def test_a_lower_number_changes_nothing():
    bell = LocalBell()
    bell.ring(5)
    bell.ring(3)
    assert bell.newest == 5


async def test_no_ring_from_another_thread_is_lost():
    bell = LocalBell()
    last = 2000

    def ring():
        for number in range(1, last + 1):
            bell.ring(number)

    async def follow():
        with bell.listen() as ear:
            seen = 0
            while seen < last:
                newer = await ear.wait(seen)
                assert newer > seen
                seen = newer

    threads = [threading.Thread(target=ring) for _ in range(2)]
    followers = [asyncio.ensure_future(follow()) for _ in range(5)]
    for thread in threads:
        thread.start()
    await asyncio.wait_for(asyncio.gather(*followers), 4)
    for thread in threads:
        thread.join()


async def test_an_ear_that_is_gone_is_not_kept():
    bell = LocalBell()
    with pytest.raises(ZeroDivisionError), bell.listen():
        raise ZeroDivisionError
    assert not bell._ears
    bell.ring(1)


def test_a_ring_after_the_loop_is_closed_troubles_nobody():
    bell = LocalBell()
    ears = bell.listen()

    async def begin():
        ears.__enter__()

    asyncio.run(begin())
    bell.ring(1)
    ears.__exit__(None, None, None)
    assert bell.newest == 1
