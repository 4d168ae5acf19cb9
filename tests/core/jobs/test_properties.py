"""Whatever people and printers do: what is begun fits and is next in line, and nobody is forgotten.

The real core decides; hall.py knows what was asked of it. A walk is drawn as a whole before it is taken, without a look
at the yard, so that the same walk can be drawn again.
"""

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings, strategies as st
from tests.core.jobs.conftest import AA, ABS, CC, PLA, tool
from tests.core.jobs.hall import Asked, Hall, own_door
from tests.core.jobs.test_approvals import NAMES, attempts

from printyard.core.commands import StartPrint
from printyard.core.errors import Refused, TimedOut
from printyard.core.model.group import Discipline
from printyard.core.model.job import JobState
from printyard.core.model.state import Outcome
from printyard.core.model.value import MICROSECONDS
from printyard.testing.people import ADMIN, GUEST, MEMBER, OPERATOR

numbers = st.integers(0, 11)
"""One of the jobs, the newest first, or of the printers, as many as there are."""

cores, guids, lefts = st.sampled_from([AA, CC]), st.sampled_from([PLA, ABS]), st.sampled_from([None, None, 150.0])
tools = st.builds(lambda core, guid, left: (tool(core, guid, left),), cores, guids | guids | st.none(), lefts)
hours = st.sampled_from([None, None, 1, 30])
people = st.sampled_from(["member", "guest", "operator"])
seconds, machines = st.sampled_from([600.0, 90_000.0]), st.sampled_from(["Scripted", "Other"])
fitting = st.builds(Asked, core=cores, guid=guids, mm=st.sampled_from([100.0, 200.0]), seconds=seconds)
hard = st.builds(Asked, tall=st.booleans(), plate=st.sampled_from(["glass", "aluminum"]), machine=machines)
files = fitting | fitting | hard

PEOPLE = {"member": MEMBER, "guest": GUEST, "operator": OPERATOR}
UNSHRUNK = [Phase.explicit, Phase.reuse, Phase.generate]
"""A walk that fails is told as it was: shrinking it would take longer than a test may."""

HOUR = 3600 * MICROSECONDS
ANSWERS = {"obey": None, "refuse": Refused("no"), "silence": TimedOut("silence")}
OUTCOMES = {"finish": Outcome.COMPLETED, "fail": Outcome.FAILED, "stop": Outcome.STOPPED}


WALK = {
    "submit": (6, {
        "asked": files, "who": people, "where": numbers, "required": st.sampled_from([False, False, True]),
        "copies": st.integers(1, 2), "priority": st.sampled_from([0, 0, -1, 1]),
        "auto_start": st.sampled_from([True, True, True, False]), "hours": hours,
    }),
    "print_now": (1, {"asked": files, "who": people, "where": numbers}),
    "approve": (3, {"number": numbers, "allow": st.sampled_from([True, True, False])}),
    "force": (3, {"number": numbers, "who": people, "confirmed": st.sampled_from([True, True, False])}),
    "move": (2, {"number": numbers, "position": st.integers(0, 4)}),
    "change": (1, {"number": numbers, "priority": st.integers(-2, 2), "hours": hours}),
    "decide": (2, {
        "number": numbers, "who": people,
        "what": st.sampled_from(["hold", "release", "release", "withdraw", "give up", "start"]),
    }),
    "print_again": (1, {"number": numbers, "who": people, "copies": st.integers(1, 2)}),
    "stop_and_reprint": (1, {"number": numbers}),
    "guest_tries": (2, {"number": numbers, "where": numbers, "what": st.sampled_from(NAMES)}),
    "end": (2, {"where": numbers, "what": st.sampled_from([*OUTCOMES, "abort", "clear"])}),
    "take_off": (6, {"where": numbers}),
    "mount": (6, {"where": numbers, "tools": tools}),
    "trouble": (3, {
        "where": numbers, "what": st.sampled_from(["off", "on", "lose", "find", "find", "panel", *ANSWERS])
    }),
    "regroup": (1, {"where": numbers, "group": st.integers(0, 1), "joins": st.sampled_from([True, True, False])}),
    "house": (1, {"what": st.sampled_from(["add a printer", "restart"])}),
    "choose": (1, {"group": st.integers(0, 1), "discipline": st.sampled_from(Discipline)}),
    "serve": (2, {"number": numbers, "where": numbers}),
}  # fmt: skip
"""What can happen: how often, and with what."""

deeds = st.one_of(
    [
        deed
        for name, (often, drawn) in WALK.items()
        for deed in [st.tuples(st.just(name), st.fixed_dictionaries(drawn))] * often
    ]
)


class Walk:
    """What people and printers do in a hall."""

    def __init__(self, hall):
        self.hall = hall

    async def step(self, name, drawn):
        """Do something, let time pass until nothing more can come of it, and look."""
        note(f"{name} {drawn}")
        await getattr(self, name)(**drawn)
        await self.hall.look()

    def printer(self, number):
        return self.hall.printers[number % len(self.hall.printers)]

    def device(self, number):
        return self.hall.device(self.printer(number))

    def due(self, hours):
        return None if hours is None else self.hall.clock.now() + hours * HOUR

    async def with_job(self, number, work, *, over=False):
        """Do something with one of the jobs, if there is one."""
        jobs = [job for job in await self.hall.all() if job.file_id is not None and (over or not job.ended)]
        if jobs:
            await self.hall.attempt(work(jobs[-1 - number % len(jobs)]))

    # -- jobs

    async def submit(self, asked, who, where, required, hours, **wishes):
        if who != "operator":
            wishes["priority"] = min(wishes["priority"], 0)
        await self.hall.submit(
            asked, PEOPLE[who], self.printer(where), required=required, deadline=self.due(hours), **wishes
        )

    async def print_now(self, asked, who, where):
        await self.hall.print_now(asked, PEOPLE[who], self.printer(where))

    async def approve(self, number, allow):
        waiting = [job for job in await self.hall.all() if job.state is JobState.WAITING_APPROVAL]
        if waiting:
            await self.hall.approve(waiting[-1 - number % len(waiting)], allow=allow)

    async def force(self, number, confirmed, who):
        waiting = [job for job in await self.hall.all() if job.state is JobState.QUEUED]
        if waiting:
            await self.hall.force(waiting[-1 - number % len(waiting)], confirmed=confirmed, principal=PEOPLE[who])

    async def move(self, number, position):
        await self.with_job(number, lambda job: self.hall.move(job, position))

    async def change(self, number, priority, hours):
        wanted = {"priority": priority, "deadline": self.due(hours)}
        await self.with_job(number, lambda job: self.hall.core.ordering.change(OPERATOR, job.id, **wanted))

    async def decide(self, number, who, what):
        jobs, ordering = self.hall.core.jobs, self.hall.core.ordering
        await self.with_job(number, lambda job: {
            "hold": lambda: ordering.hold(PEOPLE[who], job.id),
            "release": lambda: ordering.release(PEOPLE[who], job.id),
            "withdraw": lambda: jobs.withdraw(PEOPLE[who], job.id),
            "give up": lambda: jobs.resolve(PEOPLE[who], job.id, again=False),
            "start": lambda: jobs.resolve(PEOPLE[who], job.id, again=True),
        }[what]())  # fmt: skip

    async def print_again(self, number, who, copies):
        def again(job):
            come = self.hall.core.submissions
            return (come.reprint if job.ended else come.duplicate)(PEOPLE[who], job.id, copies)

        await self.with_job(number, again, over=True)

    async def stop_and_reprint(self, number):
        printing = [job for job in await self.hall.all() if job.state is JobState.STARTED and job.file_id is not None]
        if printing:
            job = printing[number % len(printing)]
            await self.hall.attempt(self.hall.core.jobs.stop_and_reprint(MEMBER, job.id))

    async def guest_tries(self, number, where, what):
        async def tried(job):
            ways = await attempts(self.hall.shop, GUEST, job, self.printer(where))
            await ways[what]()

        await self.with_job(number, tried, over=True)

    # -- printers

    async def end(self, where, what):
        if what == "abort":
            await self.hall.attempt(self.hall.core.jobs.cancel(MEMBER, self.printer(where)))
        elif what == "clear":
            await self.hall.clear(self.printer(where))
        elif self.device(where).print is not None:
            self.device(where).finish(OUTCOMES[what])

    async def take_off(self, where):
        await self.hall.take_off(self.printer(where))

    async def mount(self, where, tools):
        self.hall.mount(self.printer(where), tools)

    async def trouble(self, where, what):
        device = self.device(where)
        if what in {"off", "on"}:
            await self.hall.enable(self.printer(where), enabled=what == "on")
        elif what in {"lose", "find"}:
            (device.lose if what == "lose" else device.find)()
        elif what in ANSWERS:
            device.refuse(StartPrint, ANSWERS[what])
        elif device.print is None:
            device.begin()

    # -- the house

    async def regroup(self, where, group, joins):
        groups, printer_id = self.hall.core.groups, self.printer(where)
        if joins:
            await self.hall.attempt(groups.join(ADMIN, self.hall.groups[group], printer_id))
        else:
            await self.hall.attempt(groups.leave(ADMIN, self.hall.group_of(printer_id), printer_id))

    async def house(self, what):
        await {"add a printer": self.hall.add, "restart": self.hall.restart}[what]()

    async def choose(self, group, discipline):
        await self.hall.core.groups.change(ADMIN, self.hall.groups[group], discipline=discipline)

    async def serve(self, number, where):
        """A printer has what a job needs: it begins after as many ends as others were before it, at the latest."""
        hall = self.hall
        waiting = [job for job in await hall.all() if job.state is JobState.QUEUED and not own_door(job)]
        waiting = [job for job in waiting if hall.asked_by(job).possible]
        if not waiting:
            return
        job = waiting[number % len(waiting)]
        members = [one for one in hall.printers if hall.group_of(one) == job.group_id]
        printer_id, need = job.needs.printer_id or members[where % len(members)], hall.asked_by(job)
        for _ in range(await hall.ahead(job) + 2):  # one more for what its own door had reserved
            await hall.free(printer_id, (tool(need.core, need.guid),))
            await hall.take_off(printer_id)
            await hall.look()
            if (await hall.yard.job(job.id)).state is not JobState.QUEUED:
                return
        pytest.fail(f"{job.name} starves")


@pytest.mark.slow
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), phases=UNSHRUNK)
@given(
    discipline=st.sampled_from(Discipline), first=st.lists(fitting, min_size=2, max_size=6),
    walk=st.lists(deeds, min_size=30, max_size=50),
)  # fmt: skip
def test_any_walk(discipline, first, walk):
    asyncio.run(_any_walk(discipline, first, walk))


async def _any_walk(discipline, first, walk):
    with TemporaryDirectory() as folder:
        async with Hall.open(Path(folder), discipline) as hall:
            for asked in first:
                await hall.submit(asked, MEMBER, hall.printers[0])
            await hall.look()
            way = Walk(hall)
            for name, drawn in walk:
                await way.step(name, drawn)
