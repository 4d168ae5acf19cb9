"""A hall of printers that is held against what was asked of it, in the plainest Python.

What a device has, what lies on its plate and what was asked for is noted here, not read from the yard; who may go first
is read from the log. Nothing that a test draws depends on any of it.
"""

from contextlib import AsyncExitStack, asynccontextmanager

import msgspec
from tests.core.jobs.conftest import AA, PLA, Shop, asks, tool

from printyard.core.commands import StartPrint
from printyard.core.errors import CoreError
from printyard.core.events import FactName
from printyard.core.jobs.disciplines import RULES
from printyard.core.jobs.queue import Claims, Wishes
from printyard.core.jobs.states import FACTS
from printyard.core.model.group import Discipline
from printyard.core.model.job import ON_PRINTER, JobState
from printyard.core.model.needs import Needs
from printyard.core.model.user import EVERYTHING
from printyard.testing.clock import ManualClock
from printyard.testing.fake_driver import FakeDevice
from printyard.testing.house import Devices, house
from printyard.testing.people import ADMIN, GUEST, MEMBER, OPERATOR

STATE_OF = {name: state for state, name in FACTS.items()}
BETWEEN = {JobState.ASSIGNED, JobState.TRANSFERRING, JobState.STARTING}
PATIENCE_SECONDS = 120.0


class Asked(msgspec.Struct, frozen=True):
    """What a file asks for: one tool, its core, material and filament; its height, its plate, its kind of machine."""

    core: str = AA
    guid: str = PLA
    mm: float = 100.0
    tall: bool = False
    plate: str = ""
    machine: str = "Scripted"
    seconds: float = 600.0

    def analysis(self):
        """The same, as it is found in the file."""
        box = ((0.0, 0.0, 0.0), (50.0, 50.0, 900.0 if self.tall else 50.0))
        return asks(
            self.core, self.guid, mm=self.mm, seconds=self.seconds, box=box, machine=self.machine, plate_type=self.plate
        )

    @property
    def possible(self):
        """Whether any printer could, after whatever changes but that of its plate."""
        return not self.tall and self.machine == "Scripted" and self.plate != "aluminum"


NOTHING = Asked()
"""Of a file that was handed in by other ways."""


class Started(msgspec.Struct, frozen=True):
    """A device was told to begin, with what it had then."""

    printer_id: str
    job_id: str
    tools: tuple
    plate: str


class HallDevice(FakeDevice):
    """A device that tells what is mounted whenever it says that it is there, and knows what lies on its plate."""

    def __init__(self, printer_id, clock, supports, told):
        super().__init__(clock, supports)
        self.printer_id, self.told = printer_id, told
        self.tools, self.plate = (tool(),), "clear"

    def say(self, **fields):
        super().say(**fields | ({"tools": self.tools} if "link" in fields else {}))

    def begin(self, name="panel.gcode", token="", *, tell=True):
        self.plate = "printing"
        return super().begin(name, token, tell=tell)

    def finish(self, *args, **more):
        self.plate = "occupied"
        super().finish(*args, **more)

    async def take(self, command):
        if isinstance(command, StartPrint) and self.online:
            self.told.append(Started(self.printer_id, command.job_id, self.tools, self.plate))
        await super().take(command)


class HallDevices(Devices):
    """The devices, and every start that they were told, in order."""

    def __init__(self, clock):
        super().__init__(clock)
        self.told = []

    def of(self, printer_id):
        if printer_id not in self._devices:
            self._devices[printer_id] = HallDevice(printer_id, self.clock, self.supports, self.told)
        return self._devices[printer_id]


class Hall:
    """The yard, and what the test knows of it: printers and groups by their numbers, files by what they ask for."""

    def __init__(self, folder):
        self.folder, self.clock, self.boots = folder, ManualClock(), 0
        self.devices, self.stack, self.shop = HallDevices(self.clock), AsyncExitStack(), None
        self.printers, self.groups, self.disabled = [], [], set()
        self.asked, self.required = {}, {}
        self.forced, self.allowed = set(), set()
        self.states, self.seen_facts, self.seen_starts = {}, 0, 0

    @classmethod
    @asynccontextmanager
    async def open(cls, folder, discipline):
        """A hall with two printers in the first of two groups, and one by itself."""
        hall = cls(folder)
        await hall.boot({})
        try:
            for _ in range(3):
                await hall.add()
            hall.groups = [await hall.shop.group(name=name, discipline=discipline) for name in ("Hall", "Shed")]
            for printer_id in hall.printers[:2]:
                await hall.core.groups.join(ADMIN, hall.groups[0], printer_id)
            yield hall
        finally:
            await hall.stack.aclose()

    async def boot(self, plans):
        """Start the yard, with what was found in its files."""
        self.boots += 1
        self.yard = await self.stack.enter_async_context(
            house(self.folder, clock=self.clock, devices=self.devices, seed=self.boots)
        )
        self.yard.plans.known = plans
        self.shop = self.shop or Shop(self.yard)
        self.shop.yard, self.shop.core = self.yard, self.yard.core
        self.core = self.yard.core

    async def restart(self):
        """Stop it, and start it again."""
        plans = self.yard.plans.known
        await self.stack.aclose()
        self.stack = AsyncExitStack()
        await self.boot(plans)

    async def rest(self):
        """Let everything happen that follows, also what is tried again after a while."""
        await self.yard.settle()
        await self.clock.advance(PATIENCE_SECONDS)

    async def add(self):
        """One more printer."""
        self.printers.append(await self.yard.add_printer(f"Printer {len(self.printers)}"))

    async def attempt(self, work):
        """Ask for something that may be refused; None if it was."""
        try:
            return await work
        except CoreError:
            return None

    def device(self, printer_id):
        """A printer's device."""
        return self.devices.of(printer_id)

    def group_of(self, printer_id):
        """The group in which a printer is."""
        return self.yard.shown(printer_id).printer.group_id

    def asked_by(self, job):
        """What a job's file asks for; nothing where nobody told."""
        return self.asked.get(job.file_id, NOTHING)

    # -- what people do

    async def submit(self, asked, principal, printer_id, *, required=False, **wishes):
        """Hand a print in to the queue of a printer's group, for this printer alone or for any of them."""
        file = await self.shop.file(asked.analysis(), f"{len(self.asked)}.gcode")
        self.asked[file.id], wanted = asked, printer_id if required else None
        made = await self.attempt(
            self.core.submissions.submit(
                principal, self.group_of(printer_id), file.id, Claims(name=file.name),
                Wishes(printer_id=wanted, **wishes),
            )
        )  # fmt: skip
        for job in made or ():
            self.required[job.id] = wanted

    async def print_now(self, asked, principal, printer_id):
        """Hand a print in at a printer's own door."""
        file = await self.shop.file(asked.analysis(), f"{len(self.asked)}.gcode")
        job = await self.attempt(self.core.jobs.print_now(principal, printer_id, file.blob, Claims(name=file.name)))
        if job is not None:
            self.asked[job.file_id], self.required[job.id] = asked, printer_id

    async def approve(self, job, *, allow):
        """Somebody who may decides about a guest's job."""
        if await self.attempt(self.core.jobs.approve(OPERATOR, job.id, allow=allow)) is not None and allow:
            self.allowed.add(job.id)

    async def force(self, job, *, confirmed, principal=OPERATOR):
        """Somebody wants a job printed as things are."""
        forced = await self.attempt(self.core.ordering.force(principal, job.id, confirmed=confirmed))
        if forced is not None:
            assert confirmed or job.forced_by, "it was not confirmed"
            self.forced.add(job.id)

    async def move(self, job, position):
        """Somebody moves a job: it comes to that place, and the others keep their order."""
        before = [one.id for one in await self.core.jobs.waiting(MEMBER, job.group_id) if one.id != job.id]
        if await self.attempt(self.core.ordering.move(OPERATOR, job.id, position)) is not None:
            before.insert(position, job.id)
            assert [one.id for one in await self.core.jobs.waiting(MEMBER, job.group_id)] == before

    async def ahead(self, job):
        """How many are before a job."""
        line = [one.id for one in await self.core.jobs.waiting(MEMBER, job.group_id) if one.state is JobState.QUEUED]
        return line.index(job.id)

    async def free(self, printer_id, tools):
        """Whatever keeps a printer is over, and it has these tools."""
        device = self.device(printer_id)
        self.mount(printer_id, tools)
        device.find()
        device.refuse(StartPrint, None)
        await self.enable(printer_id, enabled=True)
        await self.rest()
        for job in await self.all():
            if job.state is JobState.UNCONFIRMED and job.printer_id == printer_id:
                await self.attempt(self.core.jobs.resolve(OPERATOR, job.id, again=False))
            elif job.state is JobState.WAITING_APPROVAL and job.printer_id == printer_id:
                await self.approve(job, allow=False)
        await self.rest()

    async def enable(self, printer_id, *, enabled):
        """Somebody lets a printer take jobs, or not."""
        await self.core.printers.decide(OPERATOR, printer_id, enabled=enabled)
        (self.disabled.discard if enabled else self.disabled.add)(printer_id)

    async def take_off(self, printer_id):
        """The print ends, if there is one, and is taken off."""
        device = self.device(printer_id)
        if device.print is not None:
            device.finish()
            await self.rest()
        await self.clear(printer_id)
        await self.rest()

    async def clear(self, printer_id):
        """Somebody takes off what lies on the plate, and says so."""
        device = self.device(printer_id)
        if device.plate == "occupied":
            before, device.plate = device.plate, "clear"  # the hand is faster than the word
            try:
                await self.core.printers.clear_plate(MEMBER, printer_id)
            except CoreError:
                device.plate = before

    def mount(self, printer_id, tools):
        """Somebody changes what is mounted and loaded; a device that cannot be reached tells later."""
        device = self.device(printer_id)
        device.tools = tools
        device.say(tools=tools)

    # -- what must hold

    async def all(self):
        """Every job, in the order in which they were made."""
        jobs = await self.yard.store.read(lambda tx: tx.jobs.in_states(EVERYTHING, frozenset(JobState)))
        return sorted(jobs, key=lambda job: job.id)

    async def look(self):
        """Hold what has happened since the last time, and how it stands in the end, against the rules."""
        await self.rest()
        jobs = {job.id: job for job in await self.all()}
        told, self.seen_starts = self.devices.told[self.seen_starts :], len(self.devices.told)
        for started in told:
            self._rightly_begun(started, jobs[started.job_id])
        await self._in_order(jobs)
        self._nobody_is_forgotten(jobs.values())

    def _rightly_begun(self, started, job):
        assert started.plate == "clear", f"{job.name} was begun on a plate that is {started.plate}"
        assert started.printer_id not in self.disabled, f"{job.name} was begun on a printer that takes no jobs"
        assert job.created_by != GUEST.id or job.id in self.allowed, f"{job.name} was never approved"
        required = self.required.get(job.id)
        assert required in {None, started.printer_id}, f"{job.name} required another printer"
        if not own_door(job):
            forced = job.id in self.forced
            assert self.suits(job, started.tools, forced=forced), (self.asked_by(job), started)

    def suits(self, job, tools, *, forced):
        """Whether a job may be printed with what is mounted and loaded."""
        asked, mounted = self.asked_by(job), tools[0]
        if asked is NOTHING:
            return True
        if not asked.possible or mounted.material is None:
            return False
        left = mounted.material.remaining_mm
        exact = mounted.nozzle.name == asked.core and mounted.material.guid == asked.guid
        return forced or (exact and (left is None or left >= asked.mm))

    async def _in_order(self, jobs):
        """Nobody was given a printer that somebody before them could have had; told from the log, as it happened."""
        disciplines = {one.group.id: one.group.discipline for one in await self.core.groups.all(ADMIN)}
        read = self.seen_facts
        page = await self.yard.store.read(lambda tx: tx.events.page(EVERYTHING, after=read, limit=100_000))
        fell_back = set()
        for fact in (row.fact for row in page):
            state, job = STATE_OF.get(fact.name), jobs.get(fact.subject_id)
            if fact.name is FactName.JOB_CREATED or state is None or job is None:
                continue
            if state is JobState.QUEUED and self.states.get(job.id) in BETWEEN:
                fell_back.add(job.id)
            self.states[job.id] = state
            if state is JobState.ASSIGNED and not own_door(job):
                self._first_in_line(job, fact.printer_id, jobs.values(), disciplines, fell_back)
        if page:
            self.seen_facts = page[-1].number

    def _first_in_line(self, given, printer_id, jobs, disciplines, fell_back):
        order = RULES[disciplines.get(given.group_id, Discipline.FIRST_COME)].order
        for job in jobs:
            waits = self.states.get(job.id) is JobState.QUEUED and job.group_id == given.group_id
            if not waits or job.id in fell_back or own_door(job):
                continue
            if (order(job), job.id) < (order(given), given.id):
                assert not self.can(job, printer_id), f"{given.name} was given what {job.name} waited for"

    def can(self, job, printer_id):
        """Whether a printer would do as it stands."""
        if job.needs.printer_id not in {None, printer_id}:
            return False
        return self.suits(job, self.device(printer_id).tools, forced=job.id in self.forced)

    def _nobody_is_forgotten(self, jobs):
        """Nothing that is free would do for anything that waits, and nothing hangs between the two."""
        for job in jobs:
            assert job.state not in BETWEEN, job
        waiting = [job for job in jobs if job.state is JobState.QUEUED]
        for printer_id in self.printers:
            if not self._free(printer_id, jobs):
                continue
            group_id = self.group_of(printer_id)
            for job in waiting:
                would_do = job.group_id == group_id and not own_door(job) and self.can(job, printer_id)
                assert not would_do, f"{job} waits for no reason: {self.yard.shown(printer_id)}"

    def _free(self, printer_id, jobs):
        device = self.device(printer_id)
        held = {job.printer_id for job in jobs if job.state in ON_PRINTER | {JobState.WAITING_APPROVAL}}
        rests = device.online and device.print is None and device.plate == "clear"
        return rests and printer_id not in self.disabled and printer_id not in held


def own_door(job):
    """Whether it was handed in at a printer's own door: such a job needs that printer and nothing else."""
    required = job.needs.printer_id
    return required is not None and job.needs == Needs(printer_id=required)
