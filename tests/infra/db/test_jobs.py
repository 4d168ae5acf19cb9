"""Jobs: the queue and the history."""

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from printyard.core.errors import Conflict, NotFound
from printyard.core.model.job import ON_PRINTER, WAITING, JobOutcome, JobState
from printyard.core.model.user import EVERYTHING, HOME, Scope
from printyard.infra.bus import LocalBell
from printyard.infra.db import open_store


async def put(store, *values):
    return await store.write(lambda tx: [tx.jobs.put(value) for value in values])


@pytest.fixture
async def printer(store, make):
    return await store.write(lambda tx: tx.printers.put(make.printer()))


async def test_a_job_comes_back_as_it_was_put(store, make, printer):
    file = await store.write(lambda tx: tx.files.put(make.file()))
    job = make.job(
        printer,
        file_id=file.id,
        state=JobState.ENDED,
        outcome=JobOutcome.STOPPED,
        claimed_user="lück",
        application="Cura",
        reason="r",
        attempts=2,
        rank=-3,
        batch_id="b",
        reprint_of="o",
        start_token="t",
        device_ref="d",
        assigned_at=1,
        started_at=2,
        ended_at=3,
        cleared_at=4,
        claimed_at=5,
        seconds_estimated=1.5,
        seconds_elapsed=2.25,
        filament_mm=(1.25, 0.0),
        material_guids=("a", ""),
        nozzle_names=("AA 0.4",),
        slicer="s",
        slice_uuid="u",
    )
    assert await put(store, job) == [job]
    assert await store.read(lambda tx: tx.jobs.get(EVERYTHING, job.id)) == job


async def test_assignment_is_won_once(store, make, printer):
    (job,) = await put(store, make.job(printer))
    (mine,) = await put(store, make.newer(job, state=JobState.ASSIGNED))
    assert mine.version == 2
    with pytest.raises(Conflict):
        await put(store, make.newer(job, state=JobState.ASSIGNED, printer_id=None))
    assert await store.read(lambda tx: tx.jobs.get(EVERYTHING, job.id)) == mine


async def test_a_removed_job_is_not_there(store, make, printer):
    (job,) = await put(store, make.ended(printer, deleted_at=9))
    with pytest.raises(NotFound):
        await store.read(lambda tx: tx.jobs.get(EVERYTHING, job.id))
    assert await store.read(lambda tx: tx.jobs.history(EVERYTHING)) == []
    assert await store.read(lambda tx: tx.jobs.latest(EVERYTHING, printer.id)) is None
    assert await store.read(lambda tx: tx.jobs.in_states(EVERYTHING, frozenset(JobState))) == []


async def test_the_queue_is_by_rank_then_age(store, make, printer):
    old, young, urgent = make.job(printer), make.job(printer), make.job(printer, rank=-1)
    last, held = make.job(printer, rank=5), make.job(printer, state=JobState.HELD)
    await put(store, last, held, urgent, young, old, make.ended(printer))
    queue = await store.read(lambda tx: tx.jobs.in_states(EVERYTHING, WAITING))
    assert [job.id for job in queue] == [urgent.id, old.id, young.id, held.id, last.id]
    held_ones = await store.read(lambda tx: tx.jobs.in_states(EVERYTHING, frozenset({JobState.HELD})))
    assert [job.id for job in held_ones] == [held.id]
    assert await store.read(lambda tx: tx.jobs.in_states(EVERYTHING, frozenset())) == []


async def test_the_queue_of_a_printer_and_of_a_group(store, make, printer):
    other = await store.write(lambda tx: tx.printers.put(make.printer()))
    mine, theirs, unassigned = make.job(printer), make.job(other), make.job(None, group_id=printer.group_id)
    running = make.job(printer, state=JobState.STARTED, started_at=1)
    await put(store, mine, theirs, unassigned, running)

    async def ids(states, **narrow):
        found = await store.read(lambda tx: tx.jobs.in_states(EVERYTHING, states, **narrow))
        return [job.id for job in found]

    assert await ids(WAITING, printer_id=printer.id) == [mine.id]
    assert await ids(WAITING, group_id=printer.group_id) == [mine.id, unassigned.id]
    assert await ids(ON_PRINTER, printer_id=printer.id) == [running.id]
    assert await ids(ON_PRINTER, printer_id=other.id) == []


async def test_history_is_what_started_or_ended(store, make, printer):
    other = await store.write(lambda tx: tx.printers.put(make.printer()))
    ended, started = make.ended(printer), make.job(printer, state=JobState.STARTED, started_at=1)
    elsewhere, rejected = make.ended(other), make.job(None, state=JobState.ENDED, outcome=JobOutcome.REJECTED)
    await put(store, ended, started, elsewhere, rejected, make.job(printer))

    async def ids(**page):
        return [job.id for job in await store.read(lambda tx: tx.jobs.history(EVERYTHING, **page))]

    assert await ids() == [rejected.id, elsewhere.id, started.id, ended.id]
    assert await ids(printer_id=printer.id) == [started.id, ended.id]
    assert await ids(limit=2, offset=1) == [elsewhere.id, started.id]
    assert await ids(limit=0) == []


async def test_the_latest_is_the_one_that_started_last(store, make, printer):
    waited = make.ended(printer, started_at=20)
    await put(store, waited, make.ended(printer, started_at=10), make.job(printer))
    assert (await store.read(lambda tx: tx.jobs.latest(EVERYTHING, printer.id))).id == waited.id


@pytest.fixture
def keyset(address, clock):
    """An open loop of our own: hypothesis runs many examples within one test."""
    import asyncio

    with asyncio.Runner() as runner:

        async def opened():
            return open_store(address, clock, LocalBell())

        store = runner.run(opened())
        yield lambda step: runner.run(step(store))
        runner.run(store.close())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(instants=st.lists(st.integers(0, 5), max_size=30), size=st.integers(1, 7), other=st.integers(0, 3))
def test_pages_by_key_have_neither_gaps_nor_repetitions(keyset, make, instants, size, other):
    """Also where many jobs were created in the same instant, and while others are added between two pages."""

    async def story(store):
        printer = await store.write(lambda tx: tx.printers.put(make.printer()))
        scope = Scope(organization_id=HOME, printers=frozenset({printer.id}))
        jobs = [make.ended(printer, created_at=instant) for instant in instants]
        await put(store, *jobs)
        seen, before = [], None
        while page := await store.read(lambda tx, after=before: tx.jobs.history(scope, limit=size, before=after)):
            seen += [job.id for job in page]
            before = (page[-1].created_at, page[-1].id)
            await put(store, *(make.ended(printer, created_at=9) for _ in range(other)))
        assert seen == [job.id for job in sorted(jobs, key=lambda job: (job.created_at, job.id), reverse=True)]

    keyset(story)
