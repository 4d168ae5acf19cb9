"""What has to be approved begins by nothing but an approval, whatever its owner, or others without the right, try."""

import asyncio
import itertools

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from msgspec.structs import replace
from tests.core.jobs.conftest import CC, Shop, asks

from printyard.core.commands import StartPrint
from printyard.core.errors import CoreError, Forbidden
from printyard.core.events import FactName
from printyard.core.jobs.queue import Claims
from printyard.core.model.job import JobState
from printyard.testing.house import house
from printyard.testing.people import ADMIN, GUEST, MEMBER, OPERATOR

OTHER = replace(GUEST, id="other guest", name="other guest")


async def attempts(shop, who, job, printer_id):
    """Everything that somebody could try with a job."""
    core, ordering, blob = shop.core, shop.core.ordering, await shop.yard.blob()
    return {
        "approve": lambda: core.jobs.approve(who, job.id, allow=True),
        "resolve": lambda: core.jobs.resolve(who, job.id, again=True),
        "release": lambda: ordering.release(who, job.id),
        "hold": lambda: ordering.hold(who, job.id),
        "move": lambda: ordering.move(who, job.id, 0),
        "priority": lambda: ordering.change(who, job.id, priority=0, deadline=1),
        "force": lambda: ordering.force(who, job.id, confirmed=True),
        "duplicate": lambda: core.submissions.duplicate(who, job.id),
        "reprint": lambda: core.submissions.reprint(who, job.id),
        "stop_and_reprint": lambda: core.jobs.stop_and_reprint(who, job.id),
        "print_now": lambda: core.jobs.print_now(who, printer_id, blob, Claims(name="now")),
        "submit": lambda: core.submissions.submit(who, job.group_id, job.file_id, Claims(name="again")),
        "command": lambda: core.printers.ask(who, printer_id, StartPrint(blob=blob, name="x", token="", job_id="")),
        "pause": lambda: core.jobs.pause(who, printer_id),
        "resume": lambda: core.jobs.resume(who, printer_id),
        "clear": lambda: core.printers.clear_plate(who, printer_id),
        "leave": lambda: core.groups.leave(who, job.group_id, printer_id),
        "withdraw": lambda: core.jobs.withdraw(who, job.id),
        "cancel": lambda: core.jobs.cancel(who, printer_id),
    }


@pytest.mark.parametrize("asks_for", [asks(), asks(CC)], ids=["fits", "would have to be forced"])
async def test_each_way_by_itself(shop, asks_for):
    luke = await shop.printer("Luke")
    group_id = await shop.group(luke)
    for name in await attempts(shop, GUEST, await shop.submit(group_id, principal=GUEST), luke):
        for who in (GUEST, OTHER):
            job = await shop.submit(group_id, asks_for, principal=GUEST)
            attempt = (await attempts(shop, who, job, luke))[name]
            try:
                await attempt()
            except CoreError:
                continue
            await shop.yard.settle()
    assert shop.begun(luke) == []


NAMES = (
    "approve", "resolve", "release", "hold", "move", "priority", "force", "duplicate", "reprint", "print_now",
    "withdraw", "submit", "clear", "leave", "stop_and_reprint", "cancel", "pause", "resume",
)  # fmt: skip


@pytest.mark.slow
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(["guest", "bound", "operator"]), st.sampled_from(NAMES), st.integers(0, 9)),
        min_size=5, max_size=25,
    )
)  # fmt: skip
def test_any_walk_begins_only_what_somebody_answers_for(tmp_path_factory, steps):
    """`bound` is a member of an organization that wants approvals; what operators hand in needs none."""
    asyncio.run(_walk(tmp_path_factory.mktemp("walk"), steps))


async def _walk(folder, steps):
    async with house(folder) as yard:
        shop, numbers = Shop(yard), itertools.count()
        await yard.core.policies.change(ADMIN, require_print_approval=True)
        luke = await shop.printer("Luke")
        group_id = await shop.group(luke)
        people = {"guest": GUEST, "bound": MEMBER, "operator": OPERATOR}
        jobs = [await shop.submit(group_id, principal=who) for who in people.values()]
        for name, what, pick in steps:
            job = await yard.job(jobs[pick % len(jobs)].id)
            try:
                made = await (await attempts(shop, people[name], job, luke))[what]()
            except CoreError:
                made = None
            await yard.settle()
            if isinstance(made, list):
                jobs += made
            if yard.shown(luke).state.in_print and next(numbers) % 2:
                await shop.finish(luke)
        allowed = {
            fact.subject_id for fact in await yard.facts(FactName.JOB_QUEUED, FactName.JOB_HELD)
            if fact.actor == OPERATOR.id
        }  # fmt: skip
        for command in yard.device(luke).commands:
            if isinstance(command, StartPrint):
                job = await yard.job(command.job_id)
                assert job.created_by == OPERATOR.id or job.id in allowed, job


async def test_a_print_is_no_command(shop):
    luke = await shop.printer("Luke")
    blob = await shop.yard.blob()
    with pytest.raises(Forbidden):
        await shop.core.printers.ask(ADMIN, luke, StartPrint(blob=blob, name="x", token="t", job_id="j"))
    assert shop.begun(luke) == []


async def test_a_members_print_waits_where_the_organization_wants_it(shop):
    luke = await shop.printer("Luke")
    await shop.core.policies.change(ADMIN, require_print_approval=True)
    assert (await shop.submit(luke)).state is JobState.WAITING_APPROVAL
    assert (await shop.yard.print(luke)).state is JobState.WAITING_APPROVAL
    assert (await shop.submit(luke, principal=OPERATOR)).state is JobState.QUEUED


async def test_what_was_approved_to_be_held_is_its_owners_to_start(shop):
    luke = await shop.printer("Luke")
    job = await shop.submit(luke, principal=GUEST, auto_start=False)
    assert job.state is JobState.WAITING_APPROVAL
    assert (await shop.core.jobs.approve(OPERATOR, job.id, allow=True)).state is JobState.HELD
    await shop.core.ordering.release(GUEST, job.id)
    assert await shop.state(job) is JobState.STARTED
