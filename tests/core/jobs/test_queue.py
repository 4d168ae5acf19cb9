"""Prints are handed in, decided about, taken back."""

import pytest
from msgspec.structs import replace

from printyard.core.commands import StartPrint
from printyard.core.errors import Busy, Conflict, Forbidden, Invalid, NotFound, Offline, Unauthenticated
from printyard.core.events import FactName
from printyard.core.jobs.queue import APPROVAL_SECONDS, Claims
from printyard.core.model.file import FileKind
from printyard.core.model.job import JobOutcome, JobState
from printyard.core.model.state import Plate
from printyard.core.model.user import HOME, Principal, Role, Scope
from printyard.testing.people import ADMIN, GUEST, MEMBER, NOBODY, OPERATOR

CLAIMS = Claims(name="cube.gcode", user="ann", application="Cura")


async def print_now(yard, printer_id, principal=MEMBER):
    return await yard.core.jobs.print_now(principal, printer_id, await yard.blob(), CLAIMS)


async def test_what_a_client_claims_is_kept_and_rights_use_who_proved_it(yard, luke):
    job = await print_now(yard, luke)
    assert (job.claimed_user, job.application, job.created_by) == ("ann", "Cura", "member")
    facts = await yard.facts(FactName.FILE_ADDED, FactName.JOB_CREATED, FactName.JOB_QUEUED)
    assert [fact.actor for fact in facts] == ["member"] * 3


async def test_a_printers_own_door_never_queues(yard, luke):
    await yard.print(luke)
    with pytest.raises(Busy):
        await print_now(yard, luke)
    yard.device(luke).finish()
    await yard.settle()
    with pytest.raises(Busy, match="plate"):
        await print_now(yard, luke)
    await yard.core.printers.clear_plate(MEMBER, luke)
    await print_now(yard, luke)


async def test_offline_and_out_of_service(yard, luke):
    await yard.core.printers.decide(ADMIN, luke, enabled=False)
    with pytest.raises(Conflict, match="switched off"):
        await print_now(yard, luke)
    await yard.core.printers.decide(ADMIN, luke, enabled=True)
    yard.device(luke).lose()
    await yard.settle()
    with pytest.raises(Offline):
        await print_now(yard, luke)


async def test_what_would_be_refused_is_refused_before_the_bytes_come(yard, luke):
    yard.core.jobs.expect(MEMBER, luke)
    await yard.print(luke)
    with pytest.raises(Busy):
        yard.core.jobs.expect(MEMBER, luke)
    with pytest.raises(NotFound):
        yard.core.jobs.expect(MEMBER, "nobody")
    with pytest.raises(Unauthenticated):
        yard.core.jobs.expect(NOBODY, luke)


async def test_a_refused_print_leaves_nothing_behind(yard, luke):
    await yard.print(luke)
    count = len(await yard.facts())
    with pytest.raises(Busy):
        await print_now(yard, luke)
    assert len(await yard.facts()) == count
    assert len(await yard.core.files.page(MEMBER)) == 1


async def test_bytes_that_are_no_gcode(yard, luke):
    blob = replace(await yard.blob(), kind=FileKind.OTHER)
    with pytest.raises(Invalid) as told:
        await yard.core.jobs.print_now(MEMBER, luke, blob, CLAIMS)
    assert told.value.code == "no_model"


async def test_a_guests_print_waits_for_approval_and_reserves_the_printer(yard, luke):
    job = await print_now(yard, luke, GUEST)
    await yard.settle()
    assert job.state is JobState.WAITING_APPROVAL
    assert (yard.shown(luke).job, yard.shown(luke).record.reserved_by) == (job, job.id)
    assert yard.device(luke).commands == []
    with pytest.raises(Busy):
        await print_now(yard, luke)
    assert [waiting.id for waiting in await yard.core.jobs.pending(OPERATOR)] == [job.id]
    with pytest.raises(Forbidden):
        await yard.core.jobs.approve(MEMBER, job.id, allow=True)
    await yard.core.jobs.approve(OPERATOR, job.id, allow=True)
    await yard.settle()
    assert (await yard.job(job.id)).state is JobState.STARTED
    with pytest.raises(Conflict):
        await yard.core.jobs.approve(OPERATOR, job.id, allow=False)


async def test_a_guests_print_that_is_rejected_frees_the_printer(yard, luke):
    job = await print_now(yard, luke, GUEST)
    rejected = await yard.core.jobs.approve(OPERATOR, job.id, allow=False)
    assert (rejected.state, rejected.outcome) == (JobState.ENDED, JobOutcome.REJECTED)
    assert (yard.shown(luke).job, yard.shown(luke).record.reserved_by) == (None, None)
    assert (await yard.print(luke)).state is JobState.STARTED


async def test_a_guests_print_that_nobody_decides_about_does_not_hold_the_printer_for_ever(yard, luke):
    job = await print_now(yard, luke, GUEST)
    await yard.clock.advance(APPROVAL_SECONDS - 3600)
    assert (await yard.job(job.id)).state is JobState.WAITING_APPROVAL
    await yard.clock.advance(2 * 3600)
    expired = await yard.job(job.id)
    assert (expired.outcome, expired.reason) == (JobOutcome.REJECTED, "Nobody approved it in time.")
    assert (yard.shown(luke).job, yard.shown(luke).record.reserved_by) == (None, None)
    assert (await yard.facts(FactName.JOB_ENDED))[0].actor == "system"


async def test_who_may_take_a_job_back(yard, luke):
    job = await print_now(yard, luke, GUEST)
    other = replace(GUEST, id="other", name="other")
    with pytest.raises(Forbidden):
        await yard.core.jobs.withdraw(other, job.id)
    with pytest.raises(Forbidden):
        await yard.core.jobs.withdraw(MEMBER, job.id)
    assert (await yard.core.jobs.withdraw(GUEST, job.id)).outcome is JobOutcome.WITHDRAWN
    with pytest.raises(Conflict):
        await yard.core.jobs.withdraw(GUEST, job.id)


async def test_a_print_that_runs_cannot_be_taken_back(yard, luke):
    job = await yard.print(luke)
    with pytest.raises(Conflict):
        await yard.core.jobs.withdraw(MEMBER, job.id)
    assert (await yard.job(job.id)).state is JobState.STARTED


async def test_only_what_waits_for_a_person_is_resolved(yard, luke):
    job = await yard.print(luke)
    for again in (True, False):
        with pytest.raises(Conflict):
            await yard.core.jobs.resolve(ADMIN, job.id, again=again)


async def test_cancel(yard, luke):
    with pytest.raises(NotFound):
        await yard.core.jobs.cancel(MEMBER, luke)
    waiting = await print_now(yard, luke, GUEST)
    with pytest.raises(Forbidden):
        await yard.core.jobs.cancel(GUEST, luke)
    await yard.core.jobs.cancel(MEMBER, luke)
    assert (await yard.job(waiting.id)).outcome is JobOutcome.CANCELLED
    running = await yard.print(luke)
    await yard.core.jobs.cancel(MEMBER, luke)
    await yard.settle()
    assert (await yard.job(running.id)).outcome is JobOutcome.CANCELLED
    assert yard.shown(luke).record.plate is Plate.OCCUPIED
    with pytest.raises(NotFound):
        await yard.core.jobs.cancel(MEMBER, luke)


async def test_who_sees_one_printer_hands_in_and_looks_there_alone(yard, luke):
    leia = await yard.add_printer("Leia")
    only_luke = Principal(
        id="grant", name="grant", role=Role.MEMBER, scope=Scope(organization_id=HOME, printers=frozenset({luke}))
    )
    job = await yard.print(leia)
    with pytest.raises(NotFound):
        await yard.core.jobs.get(only_luke, job.id)
    with pytest.raises(NotFound):
        await print_now(yard, leia, only_luke)
    with pytest.raises(NotFound):
        await yard.core.jobs.cancel(only_luke, leia)
    file = await yard.core.files.add(MEMBER, "a", await yard.blob())
    with pytest.raises(NotFound):
        await yard.core.jobs.submit(only_luke, leia, file.id, CLAIMS)
    assert await yard.core.jobs.history(only_luke) == []
    assert (await print_now(yard, luke, only_luke)).printer_id == luke


async def test_the_history_is_paged_from_the_newest(yard, luke):
    for _ in range(5):
        await yard.print(luke)
        await yard.clock.advance(1)
        yard.device(luke).finish()
        await yard.settle()
        await yard.core.printers.clear_plate(MEMBER, luke)
    everything = await yard.core.jobs.history(MEMBER, printer_id=luke)
    assert [job.created_at for job in everything] == sorted((job.created_at for job in everything), reverse=True)
    first = await yard.core.jobs.history(MEMBER, printer_id=luke, limit=2)
    rest = await yard.core.jobs.history(MEMBER, printer_id=luke, limit=10, before=(first[-1].created_at, first[-1].id))
    assert first + rest == everything
    assert await yard.core.jobs.history(MEMBER, printer_id=luke, limit=10, offset=2) == rest


async def test_a_submitted_guests_job_waits_in_the_queue_without_a_reservation(yard, luke):
    file = await yard.core.files.add(GUEST, "a", await yard.blob())
    job = await yard.core.jobs.submit(GUEST, luke, file.id, CLAIMS)
    await yard.settle()
    assert job.state is JobState.WAITING_APPROVAL
    assert yard.shown(luke).record.reserved_by is None
    await yard.core.jobs.approve(OPERATOR, job.id, allow=True)
    await yard.settle()
    assert isinstance(yard.device(luke).commands[-1], StartPrint)
