"""The pool: workers come on demand, go when idle, and take nobody with them when they die."""

import asyncio

import msgspec
import pytest

from printyard.core.errors import Invalid, NotFound, StorageFull, TimedOut
from printyard.infra.workers.pool import IDLE_SECONDS, SILENCE_SECONDS, WorkerPool
from printyard.infra.workers.tasks import Echo, read_task
from printyard.infra.workers.wire import OUT_OF_MEMORY, Done, Failed, Progress, encode


def done(answer):
    return encode(Done(msgspec.Raw(encode(answer))))


@pytest.fixture
def links():
    return []


@pytest.fixture
async def make_pool(clock, links, scripted):
    pools = []

    def make(limit=1):
        async def spawn():
            links.append(scripted())
            return links[-1]

        pools.append(WorkerPool("test", spawn, clock, limit=limit))
        return pools[-1]

    yield make
    for pool in pools:
        await pool.close()


async def begin(pool, settled, text="x", progress=None):
    asking = asyncio.create_task(pool.ask(Echo(text), str, progress))
    await settled()
    return asking


async def test_a_worker_starts_at_the_first_task_and_serves_the_next(make_pool, links, settled):
    pool = make_pool()
    assert links == []
    for text in ("one", "two"):
        asking = await begin(pool, settled, text)
        links[0].replies.put_nowait(done(text + "!"))
        assert await asking == text + "!"
    assert [read_task(body) for body in links[0].heard] == [Echo("one"), Echo("two")]
    assert len(links) == 1


async def test_no_more_workers_than_allowed_and_no_task_is_lost(make_pool, links, settled):
    pool = make_pool(limit=2)
    asking = [await begin(pool, settled, str(number)) for number in range(3)]
    assert [len(link.heard) for link in links] == [1, 1]
    links[0].replies.put_nowait(done("first"))
    await settled()
    assert [len(link.heard) for link in links] == [2, 1]
    links[0].replies.put_nowait(done("third"))
    links[1].replies.put_nowait(done("second"))
    assert await asyncio.gather(*asking) == ["first", "second", "third"]


async def test_progress_is_passed_on(make_pool, links, settled):
    seen = []
    asking = await begin(make_pool(), settled, progress=seen.append)
    for message in (encode(Progress(0.25)), encode(Progress(0.5)), done("ok")):
        links[0].replies.put_nowait(message)
    assert (await asking, seen) == ("ok", [0.0, 0.25, 0.5])


async def test_an_idle_worker_is_let_go_after_a_minute_and_another_one_comes(make_pool, links, clock, settled):
    pool = make_pool()
    asking = await begin(pool, settled)
    links[0].replies.put_nowait(done("a"))
    await asking
    await clock.turn(IDLE_SECONDS - 1)
    assert links[0].ended == ""
    await clock.turn(2)
    assert links[0].ended == "closed"
    asking = await begin(pool, settled)
    links[1].replies.put_nowait(done("b"))
    assert await asking == "b"


async def test_work_puts_off_the_end(make_pool, links, clock, settled):
    pool = make_pool()
    for _ in range(3):
        asking = await begin(pool, settled)
        links[0].replies.put_nowait(done("a"))
        await asking
        await clock.turn(IDLE_SECONDS * 0.7)
    assert (len(links), links[0].ended) == (1, "")


@pytest.mark.parametrize(
    ("status", "code"), [(-9, "worker_ended"), (1, "worker_ended"), (OUT_OF_MEMORY, "out_of_memory")]
)
async def test_a_task_that_kills_its_worker_fails_alone(make_pool, links, settled, status, code):
    pool = make_pool()
    asking = await begin(pool, settled)
    links[0].status = status
    links[0].replies.put_nowait(None)
    with pytest.raises(Invalid) as fault:
        await asking
    assert fault.value.code == code
    asking = await begin(pool, settled)
    links[1].replies.put_nowait(done("alive"))
    assert await asking == "alive"


async def test_a_worker_that_talks_nonsense_is_killed(make_pool, links, settled):
    asking = await begin(make_pool(), settled)
    links[0].replies.put_nowait(b"\xc1nonsense")
    with pytest.raises(Invalid):
        await asking
    assert links[0].ended == "killed"


async def test_a_worker_that_cannot_be_told_fails_the_task(make_pool, links, settled, scripted, clock):
    async def spawn():
        links.append(scripted())
        links[-1].deaf = True
        return links[-1]

    with pytest.raises(Invalid):
        await WorkerPool("test", spawn, clock).ask(Echo("x"), str)
    assert links[0].ended == "killed"


async def test_a_worker_that_died_while_idle_is_replaced_unnoticed(make_pool, links, settled):
    pool = make_pool()
    asking = await begin(pool, settled)
    links[0].replies.put_nowait(done("a"))
    await asking
    links[0].alive = False
    asking = await begin(pool, settled)
    links[1].replies.put_nowait(done("b"))
    assert await asking == "b"


async def test_silence_is_given_up_but_progress_is_not(make_pool, links, clock, settled):
    asking = await begin(make_pool(), settled)
    for _ in range(5):
        await clock.turn(SILENCE_SECONDS * 0.8)
        links[0].replies.put_nowait(encode(Progress(0.1)))
        await settled()
    assert not asking.done()
    await clock.turn(SILENCE_SECONDS + 1)
    with pytest.raises(TimedOut):
        await asking
    assert links[0].ended == "killed"


async def test_a_caller_who_gives_up_frees_the_place(make_pool, links, settled):
    pool = make_pool()
    asking = await begin(pool, settled)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert links[0].ended == "killed"
    asking = await begin(pool, settled)
    links[1].replies.put_nowait(done("next"))
    assert await asking == "next"


@pytest.mark.parametrize("kind", [Invalid, NotFound, StorageFull])
async def test_the_workers_errors_are_the_cores_and_keep_the_worker(make_pool, links, settled, kind):
    pool = make_pool()
    asking = await begin(pool, settled)
    links[0].replies.put_nowait(encode(Failed(kind.__name__, "some_code", "A sentence.")))
    with pytest.raises(kind) as fault:
        await asking
    assert (fault.value.code, fault.value.message) == ("some_code", "A sentence.")
    asking = await begin(pool, settled)
    links[0].replies.put_nowait(done("same worker"))
    assert await asking == "same worker"


async def test_closing_ends_workers_at_work_and_idle(make_pool, links, settled):
    pool = make_pool(limit=2)
    first, second = await begin(pool, settled), await begin(pool, settled)
    links[0].replies.put_nowait(done("a"))
    await first
    await pool.close()
    with pytest.raises(TimedOut):
        await second
    assert [link.ended for link in links] == ["closed", "killed"]
    with pytest.raises(TimedOut):
        await pool.ask(Echo("late"), str)
