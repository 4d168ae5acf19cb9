"""The system's clock and the source of ids."""

import asyncio
import itertools
import threading
import time
import uuid

from printyard.infra.clock import SystemClock, UuidIds


class SetClock:
    def __init__(self, instant):
        self.instant = instant

    def now(self):
        return self.instant


def test_now_is_in_microseconds():
    before = time.time_ns() // 1000
    assert before <= SystemClock().now() <= time.time_ns() // 1000


async def test_no_time_is_slept_without_an_error():
    await SystemClock().sleep(-5)
    await SystemClock().sleep(0)


async def test_work_for_later_is_done_unless_it_is_taken_back():
    clock, done, wrong = SystemClock(), asyncio.Event(), asyncio.Event()
    clock.later(0.0, wrong.set)()
    clock.later(-5.0, done.set)
    assert not done.is_set()
    async with asyncio.timeout(5):
        await done.wait()
    assert not wrong.is_set()


def test_an_id_is_a_uuid_of_version_7_that_tells_its_millisecond():
    made = uuid.UUID(UuidIds(SetClock(1_700_000_000_123_456)).new())
    assert (made.version, made.variant) == (7, uuid.RFC_4122)
    assert made.int >> 80 == 1_700_000_000_123


def test_ids_grow_within_a_millisecond_and_when_the_clock_is_set_back():
    clock = SetClock(5_000_000)
    source = UuidIds(clock)
    ids = [source.new() for _ in range(1000)]
    clock.instant = 1_000_000
    ids += [source.new() for _ in range(1000)]
    clock.instant = 6_000_000
    ids.append(source.new())
    assert ids == sorted(set(ids))
    assert uuid.UUID(ids[-1]).int >> 80 == 6_000


def test_ids_cannot_be_guessed_from_the_one_before():
    source = UuidIds(SetClock(5_000_000))
    numbers = [uuid.UUID(source.new()).int for _ in range(100)]
    steps = {later - earlier for earlier, later in itertools.pairwise(numbers)}
    assert len(steps) == 99


def test_ids_of_several_threads_are_all_different():
    source = UuidIds(SetClock(5_000_000))
    made = []

    def take():
        mine = [source.new() for _ in range(500)]
        assert mine == sorted(mine)
        made.extend(mine)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 2000


def test_secrets_have_their_size_and_differ():
    source = UuidIds(SystemClock())
    made = {source.secret(16) for _ in range(50)}
    assert {len(secret) for secret in made} == {16}
    assert len(made) == 50
