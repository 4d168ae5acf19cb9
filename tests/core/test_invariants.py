"""Whatever a device, its owners and the power do: one print at a time, a log without gaps, no answer forgotten."""

import asyncio
import shutil
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from printyard.core.commands import Cancel, StartPrint
from printyard.core.errors import CoreError, Refused, TimedOut
from printyard.core.events import FactName
from printyard.core.jobs.queue import Claims
from printyard.core.jobs.states import FACTS
from printyard.core.model.job import NEXT, ON_PRINTER, JobState
from printyard.core.model.state import Activity, Link, Outcome, Plate
from printyard.core.model.user import EVERYTHING
from printyard.testing.clock import ManualClock
from printyard.testing.house import Devices, house
from printyard.testing.people import ADMIN, GUEST, MEMBER

STATE_OF = {name: state for state, name in FACTS.items()}
"""The state that a fact tells of; JobCreated is told of every job and so tells of none."""
del STATE_OF[FactName.JOB_CREATED]


class YardMachine(RuleBasedStateMachine):
    """A yard of one printer. Each rule lets everything happen that follows; `kill` drops the house in the middle."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.folder = Path(tempfile.mkdtemp(prefix="printyard-"))
        self.clock, self.boots, self.answered = ManualClock(), 0, []
        self.devices = Devices(self.clock)
        self.stack = AsyncExitStack()

    def run(self, work):
        return self.runner.run(work)

    async def boot(self):
        self.boots += 1
        self.yard = await self.stack.enter_async_context(
            house(self.folder, clock=self.clock, devices=self.devices, seed=self.boots)
        )

    async def attempt(self, work):
        """Ask for something that may be refused; what is not answered at once is dropped, as by an impatient client."""
        task = asyncio.ensure_future(work)
        await self.yard.settle()
        if not task.done():
            task.cancel()
        (answer,) = await asyncio.gather(task, return_exceptions=True)
        assert not isinstance(answer, Exception) or isinstance(answer, CoreError), repr(answer)
        await self.yard.settle()
        return answer

    @property
    def device(self):
        return self.devices.of(self.luke)

    @initialize(tokens=st.booleans(), remembers=st.booleans())
    def open_the_yard(self, tokens, remembers):
        async def work():
            await self.boot()
            self.luke = await self.yard.add_printer("Luke")

        self.run(work())
        self.device.keeps_tokens, self.device.remembers = tokens, remembers

    @rule(principal=st.sampled_from([MEMBER, GUEST]), name=st.sampled_from(["a", "b"]))
    def print_now(self, principal, name):
        async def work():
            blob = await self.yard.blob()
            answer = await self.attempt(self.yard.core.jobs.print_now(principal, self.luke, blob, Claims(name=name)))
            if not isinstance(answer, BaseException):
                self.answered.append(answer.id)

        self.run(work())

    @rule(name=st.sampled_from(["a", "b"]))
    def submit(self, name):
        async def work():
            file = await self.attempt(self.yard.core.files.add(MEMBER, name, await self.yard.blob()))
            if isinstance(file, BaseException):
                return
            answer = await self.attempt(self.yard.core.jobs.submit(MEMBER, self.luke, file.id, Claims(name=name)))
            if not isinstance(answer, BaseException):
                self.answered.append(answer.id)

        self.run(work())

    @rule(what=st.sampled_from(["approve", "reject", "withdraw", "again", "give_up"]), pick=st.integers(0, 9))
    def decide_about_a_job(self, what, pick):
        async def work():
            jobs = self.yard.core.jobs
            if not self.answered:
                return
            job_id = self.answered[pick % len(self.answered)]
            await self.attempt({
                "approve": lambda: jobs.approve(ADMIN, job_id, allow=True),
                "reject": lambda: jobs.approve(ADMIN, job_id, allow=False),
                "withdraw": lambda: jobs.withdraw(ADMIN, job_id),
                "again": lambda: jobs.resolve(ADMIN, job_id, again=True),
                "give_up": lambda: jobs.resolve(ADMIN, job_id, again=False),
            }[what]())  # fmt: skip

        self.run(work())

    @rule(what=st.sampled_from(["pause", "resume", "cancel", "clear"]))
    def command(self, what):
        core = self.yard.core
        self.run(self.attempt({
            "pause": lambda: core.jobs.pause(MEMBER, self.luke),
            "resume": lambda: core.jobs.resume(MEMBER, self.luke),
            "cancel": lambda: core.jobs.cancel(MEMBER, self.luke),
            "clear": lambda: core.printers.clear_plate(MEMBER, self.luke),
        }[what]()))  # fmt: skip

    @precondition(lambda self: self.device.print is None)
    @rule(name=st.sampled_from(["a", "panel"]), tell=st.booleans())
    def begin_at_the_panel(self, name, tell):
        self.device.begin(name, tell=tell)
        self.run(self.yard.settle())

    @precondition(lambda self: self.device.print is not None)
    @rule(outcome=st.sampled_from([Outcome.COMPLETED, Outcome.FAILED, Outcome.STOPPED]), tell=st.booleans())
    def finish(self, outcome, tell):
        self.device.finish(outcome, tell=tell)
        self.run(self.yard.settle())

    @rule(script=st.sampled_from([None, Refused("no"), TimedOut("silence"), ConnectionResetError("cut")]))
    def start_is_answered_by(self, script):
        self.device.refuse(StartPrint, script)

    @rule(kind=st.sampled_from([StartPrint, Cancel]), hangs=st.booleans())
    def device_hangs(self, kind, hangs):
        if hangs and kind not in self.device._gates:
            self.device.hang(kind)
        elif not hangs and (gate := self.device._gates.pop(kind, None)) is not None:
            gate.set()
        self.run(self.yard.settle())

    @rule()
    def show(self):
        self.device.show()
        self.run(self.yard.settle())

    @rule(link=st.sampled_from([Link.STARTING, Link.ONLINE]), word=st.sampled_from(["", "frobbing"]))
    def mumble(self, link, word):
        self.device.say(link=link, unrecognised=word)
        self.run(self.yard.settle())

    @rule()
    def say_idle_without_more(self):
        if self.device.print is None:
            self.device.say(print=None, activity=Activity.IDLE)
            self.run(self.yard.settle())

    @rule()
    def lose_or_find(self):
        if self.device.online:
            self.device.lose()
        else:
            self.device.find()
        self.run(self.yard.settle())

    @rule(full=st.booleans())
    def fill_the_disk(self, full):
        self.yard.store.full = full

    @rule(seconds=st.sampled_from([1, 70, 700]))
    def wait(self, seconds):
        self.run(self.yard.clock.advance(seconds))

    @rule()
    def kill(self):
        """Nothing of memory survives; what the disk refused was never answered for, and the device is asked anew."""

        async def work():
            await self.stack.aclose()
            self.stack = AsyncExitStack()
            for gate in self.device._gates.values():
                gate.set()
            self.device._gates.clear()
            await self.boot()

        self.run(work())

    @invariant()
    def the_log_has_no_gap_and_every_job_walked_a_legal_path(self):
        if not hasattr(self, "yard"):
            return
        rows = self.run(self.yard.store.read(lambda tx: tx.events.page(EVERYTHING, limit=100_000)))
        assert [row.number for row in rows] == list(range(1, len(rows) + 1))
        at: dict[str, JobState] = {}
        for fact in (row.fact for row in rows):
            state = STATE_OF.get(fact.name)
            if state is None:
                continue
            before = at.get(fact.subject_id)
            if before is not None:
                assert state in NEXT[before], f"{before} -> {state}"
            at[fact.subject_id] = state

    @invariant()
    def one_job_runs_and_every_answer_is_kept(self):
        if not hasattr(self, "yard"):
            return
        jobs = self.run(self.yard.store.read(lambda tx: tx.jobs.in_states(EVERYTHING, ON_PRINTER)))
        at_work = [job for job in jobs if job.state is not JobState.UNCONFIRMED]
        assert len(at_work) <= 1, at_work
        shown = self.yard.shown(self.luke)
        if at_work and not shown.storage_degraded:
            assert shown.job is not None
            assert shown.job.id == at_work[0].id
        for job_id in self.answered:
            assert self.run(self.yard.job(job_id)).id == job_id

    @invariant()
    def no_print_begins_on_top_of_another(self):
        if not hasattr(self, "yard"):
            return
        shown = self.yard.shown(self.luke)
        if shown.record.plate is Plate.OCCUPIED:
            assert "start_print" not in shown.state.accepts
        tokens = [command.token for command in self.device.commands if isinstance(command, StartPrint)]
        assert len(tokens) == len(set(tokens)), "no start is repeated with its token"

    def teardown(self):
        self.run(self.stack.aclose())
        self.runner.close()
        shutil.rmtree(self.folder)


TestYard = pytest.mark.slow(YardMachine.TestCase)
TestYard.settings = settings(
    max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
