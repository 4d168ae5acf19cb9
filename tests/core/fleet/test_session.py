"""One thing at a time, facts before snapshots, and facts that outlast a full disk."""

import asyncio

import pytest

from printyard.core.errors import Conflict, Offline, StorageFull
from printyard.core.events import Fact, FactName
from printyard.core.fleet.step import Step
from printyard.core.jobs.queue import Claims
from printyard.core.model.job import JobOutcome, JobState
from printyard.core.model.state import Activity, Progress, Temperature, Vector
from printyard.core.ports.driver import Report
from printyard.testing.people import ADMIN, MEMBER


async def names(yard, *wanted):
    return [fact.name for fact in await yard.facts(*wanted)]


async def test_measurements_touch_no_database_and_are_shown_at_once(yard, luke):
    before = yard.store.writes, yard.store.reads
    seq = yard.shown(luke).seq
    for celsius in range(100):
        yard.device(luke).say(bed=Temperature(current=float(celsius)), position=Vector(x=1.0), progress=Progress())
        assert yard.shown(luke).state.bed.current == celsius
    assert (yard.store.writes, yard.store.reads) == before
    assert yard.shown(luke).seq == seq + 100


async def test_facts_are_recorded_before_the_snapshot_is_shown(yard, luke):
    yard.store.hold()
    yard.device(luke).begin("panel.gcode")
    await yard.settle()
    assert yard.shown(luke).state.activity is Activity.IDLE
    yard.store.release()
    await yard.settle()
    assert yard.shown(luke).state.activity is Activity.PRINTING
    assert FactName.PRINT_STARTED in await names(yard)


async def test_reports_during_a_commit_keep_their_order(yard, luke):
    device = yard.device(luke)
    yard.store.hold()
    device.begin("panel.gcode")
    await yard.settle()
    for celsius in (1.0, 2.0, 3.0):
        device.say(bed=Temperature(current=celsius))
    device.finish()
    seen = []
    with yard.core.printers.board.changes() as changes:
        yard.store.release()
        while not seen or seen[-1] != (Activity.IDLE, 3.0):
            await changes.take()
            bed = yard.shown(luke).state.bed
            seen.append((yard.shown(luke).state.activity, bed.current if bed else None))
    await yard.settle()
    assert (await names(yard))[-5:] == [
        FactName.PRINT_STARTED, FactName.JOB_STARTED, FactName.PRINT_ENDED, FactName.JOB_ENDED, FactName.PLATE_CHANGED,
    ]  # fmt: skip


async def test_requests_are_done_one_after_the_other_from_the_values_of_their_turn(yard, luke):
    session, seen = yard.session(luke), []

    def work(note):
        def step():
            seen.append(session.record.note)
            from msgspec.structs import replace

            return Step(record=replace(session.record, note=session.record.note + note))

        return step

    await asyncio.gather(*(session.change(work(note)) for note in "abc"))
    assert (seen, yard.shown(luke).record.note) == (["", "a", "ab"], "abc")


async def test_a_full_disk_keeps_what_happened_in_order_and_refuses_what_is_asked(yard, luke):
    device = yard.device(luke)
    job = await yard.print(luke)
    recorded = len(await yard.facts())
    yard.store.full = True
    await yard.clock.advance(60)
    device.finish()
    await yard.settle()
    ended_at = yard.clock.now()
    shown = yard.shown(luke)
    assert (shown.storage_degraded, shown.state.activity) == (True, Activity.IDLE)
    assert shown.job.outcome is JobOutcome.COMPLETED, "the printer is driven on"
    with pytest.raises(StorageFull):
        await yard.core.printers.clear_plate(MEMBER, luke)
    with pytest.raises(StorageFull):
        await yard.core.printers.decide(ADMIN, luke, note="x")
    await yard.clock.advance(60)
    assert len(await yard.facts()) == recorded
    yard.store.full = False
    device.say(bed=Temperature(current=1.0))
    await yard.settle()
    assert not yard.shown(luke).storage_degraded
    late = (await yard.facts())[recorded:]
    assert [(fact.name, fact.at) for fact in late] == [
        (FactName.PRINT_ENDED, ended_at),
        (FactName.JOB_ENDED, ended_at),
        (FactName.PLATE_CHANGED, ended_at),
    ]
    rows = await yard.store.read(lambda tx: tx.events.page(ADMIN.scope, after=recorded))
    assert {row.recorded_at for row in rows} == {yard.clock.now()}
    assert (await yard.job(job.id)).outcome is JobOutcome.COMPLETED


async def test_what_was_kept_is_written_before_what_is_asked_next(yard, luke):
    device = yard.device(luke)
    yard.store.full = True
    device.begin("panel.gcode")
    await yard.settle()
    yard.store.full = False
    await yard.core.printers.decide(ADMIN, luke, note="x")
    assert (await names(yard))[-3:] == [FactName.PRINT_STARTED, FactName.JOB_STARTED, FactName.PRINTER_CHANGED]
    assert yard.shown(luke).job.version == (await yard.job(yard.shown(luke).job.id)).version


async def test_no_job_begins_while_the_disk_is_full_and_the_next_does_afterwards(yard, luke):
    device = yard.device(luke)
    device.lose()
    await yard.settle()
    blob = await yard.blob()
    file = await yard.core.files.add(MEMBER, "a.gcode", blob)
    job = await yard.core.jobs.submit(MEMBER, luke, file.id, Claims(name="a.gcode"))
    yard.store.full = True
    device.find()
    await yard.clock.advance(70)
    assert yard.shown(luke).storage_degraded
    assert device.commands == []
    assert not yard.session(luke).free
    yard.store.full = False
    device.show()
    await yard.settle()
    assert (await yard.job(job.id)).state is JobState.STARTED


async def test_a_start_that_cannot_be_recorded_is_not_asked_for(yard, luke):
    from printyard.core.commands import StartPrint

    yard.store.hold()
    handing_in = asyncio.create_task(yard.core.jobs.print_now(MEMBER, luke, await yard.blob(), Claims(name="a")))
    await yard.settle()
    yard.store.full = True
    yard.store.release()
    with pytest.raises(StorageFull):
        await handing_in
    await yard.settle()
    assert not any(isinstance(command, StartPrint) for command in yard.device(luke).commands)


async def test_a_request_that_fails_changes_nothing_and_the_session_lives_on(yard, luke):
    session, before = yard.session(luke), yard.shown(luke)

    def conflict():
        raise Conflict("no")

    with pytest.raises(Conflict):
        await session.change(conflict)
    with pytest.raises(ZeroDivisionError):
        await session.change(lambda: Step(facts=(1 / 0,)))
    assert yard.shown(luke) is before
    await yard.core.printers.decide(ADMIN, luke, note="alive")


async def test_a_report_that_cannot_be_followed_is_shown_and_followed_up_by_the_next(yard, luke, caplog):
    """The database is well, but the job's row was changed behind the session's back."""
    job = await yard.print(luke)
    device = yard.device(luke)
    await yard.store.write(lambda tx: tx.jobs.put(tx.jobs.get(ADMIN.scope, job.id)))
    device.finish()
    await yard.settle()
    assert "could not be followed" in caplog.text
    assert yard.shown(luke).state.activity is Activity.IDLE
    session = yard.session(luke)
    session.job = await yard.job(job.id)
    device.say(bed=Temperature(current=1.0))
    await yard.settle()
    assert (await yard.job(job.id)).state is JobState.ENDED


async def test_whoever_waits_for_a_session_that_ends_is_told(yard, luke):
    session = yard.session(luke)
    yard.store.hold()
    first, second = (asyncio.create_task(yard.core.printers.decide(ADMIN, luke, note=note)) for note in "ab")
    await yard.settle()
    await yard.supervisor.close(luke)
    for waiting in (first, second):
        with pytest.raises(Offline):
            await waiting
    with pytest.raises(Offline):
        await session.change(Step)
    yard.store.release()
    session.report(Report(activity=Activity.BUSY))
    await yard.settle()
    assert yard.core.printers.all(ADMIN) == [], "a closed session shows nothing any more"


async def test_notes_of_the_device_are_in_the_log(yard, luke):
    yard.device(luke).say(notes=("filament changed", "door opened"))
    await yard.settle()
    facts: list[Fact] = await yard.facts(FactName.DEVICE_EVENT)
    assert [fact.body["text"] for fact in facts] == ["filament changed", "door opened"]
