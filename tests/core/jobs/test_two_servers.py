"""Two servers on one database, each with a dispatcher of its own: whoever is second to a job leaves it."""

import asyncio
from collections import Counter
from contextlib import AsyncExitStack

import pytest
from tests.core.jobs.conftest import Shop
from tests.infra.db.conftest import empty_postgres, postgres_url  # noqa: F401 (fixtures)

from printyard.core.commands import StartPrint
from printyard.core.errors import Conflict, CoreError
from printyard.core.events import FactName
from printyard.core.jobs.queue import Claims, Wishes
from printyard.core.model.job import JobOutcome, JobState
from printyard.core.model.user import EVERYTHING
from printyard.core.ports.driver import Report
from printyard.infra.bus.bell import LocalBell
from printyard.testing.clock import ManualClock
from printyard.testing.fake_driver import FakeDevice
from printyard.testing.house import Devices, house
from printyard.testing.people import ADMIN, MEMBER


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def url(request, tmp_path):
    if request.param == "postgres":
        return request.getfixturevalue("empty_postgres")
    return f"sqlite:///{tmp_path / 'shared.db'}"


class SharedDevice(FakeDevice):
    """A device that talks to whoever connects."""

    def __init__(self, clock, supports):
        super().__init__(clock, supports)
        self.ears = []

    def say(self, **fields):
        for ear in self.ears:
            ear(Report(**fields))

    async def listen(self, report):
        self.ears.append(report)
        try:
            self.show()
            await asyncio.get_running_loop().create_future()
        finally:
            self.ears.remove(report)


class SharedDevices(Devices):
    """Devices that outlive both servers."""

    def of(self, printer_id):
        if printer_id not in self._devices:
            self._devices[printer_id] = SharedDevice(self.clock, self.supports)
        return self._devices[printer_id]


class Town:
    """Servers that share a database, a clock, the devices, and the bell."""

    def __init__(self, stack, folder, url):
        self.stack, self.folder, self.url = stack, folder, url
        self.clock, self.bell = ManualClock(), LocalBell()
        self.devices = SharedDevices(self.clock)
        self.servers = []

    async def server(self):
        """One more server: it drives the printers that it finds, and those that are added to it."""
        folder = self.folder / f"server-{len(self.servers)}"
        folder.mkdir()
        running = await self.stack.enter_async_context(
            house(
                folder, clock=self.clock, devices=self.devices, seed=len(self.servers) + 1, url=self.url, bell=self.bell
            )
        )
        self.servers.append(running)
        return running

    def starts(self):
        """How often each job was begun on whichever device."""
        return Counter(
            command.job_id
            for device in self.devices._devices.values()
            for command in device.commands
            if isinstance(command, StartPrint)
        )


@pytest.fixture
async def town(tmp_path, url):
    async with AsyncExitStack() as stack:
        yield Town(stack, tmp_path, url)


async def hand_in(server, group_id, name, copies):
    file = await server.core.files.add(MEMBER, name, await server.blob())
    return await server.core.submissions.submit(MEMBER, group_id, file.id, Claims(name=name), Wishes(copies=copies))


async def go_round(town, owners):
    """Every print that is under way ends, and every plate is cleared, by whoever drives the printer."""
    for printer_id, server in owners.items():
        device = town.devices.of(printer_id)
        if device.print is not None:
            device.finish()
            await town.clock.settle()
            await server.core.printers.clear_plate(MEMBER, printer_id)
    await town.clock.advance(2)


async def test_printers_of_two_servers_share_a_queue(town):
    """Both decide about every job that is handed in at either; each job begins once, and none is left behind."""
    one, two = await town.server(), await town.server()
    group = await one.core.groups.create(ADMIN, "Hall")
    owners = {}
    for server in (one, one, two, two):
        printer_id = await server.add_printer(f"Printer {len(owners)}")
        await server.core.groups.join(ADMIN, group.id, printer_id)
        owners[printer_id] = server
    await town.clock.settle()
    answers = await asyncio.gather(hand_in(one, group.id, "a", 7), hand_in(two, group.id, "b", 7))
    jobs = [job.id for answer in answers for job in answer]
    for _ in range(len(jobs)):
        await go_round(town, owners)
    assert town.starts() == dict.fromkeys(jobs, 1)
    stored = await one.store.read(lambda tx: tx.jobs.some(EVERYTHING, jobs))
    assert {job.outcome for job in stored} == {JobOutcome.COMPLETED}
    assert {owners[job.printer_id] is one for job in stored} == {True, False}, "both had their share"
    assigned = Counter(fact.subject_id for fact in await one.facts(FactName.JOB_ASSIGNED))
    assert assigned == dict.fromkeys(jobs, 1)


async def test_even_where_both_drive_the_same_printers_nothing_begins_twice(town):
    """A yard that was started twice by mistake: what the one has begun the other never begins again."""
    one = await town.server()
    group = await one.core.groups.create(ADMIN, "Hall")
    printers = [await one.add_printer(f"Printer {number}") for number in range(3)]
    for printer_id in printers:
        await one.core.groups.join(ADMIN, group.id, printer_id)
    two = await town.server()
    await town.clock.settle()
    answers = await asyncio.gather(hand_in(one, group.id, "a", 5), hand_in(two, group.id, "b", 5))
    jobs = {job.id for answer in answers for job in answer}
    for _ in range(4):
        for device in map(town.devices.of, printers):
            if device.print is not None:
                device.finish()
                await town.clock.settle()
        for server in (one, two):
            for printer_id in printers:
                try:
                    await server.core.printers.clear_plate(MEMBER, printer_id)
                except CoreError:
                    continue
        await town.clock.advance(2)
    starts = town.starts()
    assert starts
    assert set(starts) <= jobs
    assert set(starts.values()) == {1}
    for device in map(town.devices.of, printers):
        begun = [command for command in device.commands if isinstance(command, StartPrint)]
        assert len(begun) <= len(device.history) + 1, "nothing is begun on top of another print"


async def test_what_the_other_server_has_assigned_is_not_changed_here(town):
    """A job is its session's to change as soon as a printer has it, wherever that session is."""
    one, two = await town.server(), await town.server()
    group = await one.core.groups.create(ADMIN, "Hall")
    mine, theirs = await one.add_printer("Luke"), await two.add_printer("Leia")
    await one.core.groups.join(ADMIN, group.id, mine)
    await two.core.groups.join(ADMIN, group.id, theirs)
    gate = town.devices.of(theirs).hang(StartPrint)
    await one.core.printers.decide(ADMIN, mine, enabled=False)
    (job,) = await hand_in(one, group.id, "a", 1)
    await town.clock.settle()
    assert (await one.job(job.id)).state is JobState.STARTING
    for attempt in (
        one.core.jobs.withdraw(MEMBER, job.id), one.core.ordering.hold(MEMBER, job.id),
        one.core.ordering.move(ADMIN, job.id, 0),
    ):  # fmt: skip
        with pytest.raises(Conflict):
            await attempt
    gate.set()
    await town.clock.settle()
    assert (await Shop(two).state(job)) is JobState.STARTED


async def test_what_waits_for_approval_at_the_other_servers_door_is_decided_there(town):
    """It reserves a printer, so that only the session of that printer may write it."""
    one, two = await town.server(), await town.server()
    await one.add_printer("Luke")
    theirs = await two.add_printer("Leia")
    await two.core.policies.change(ADMIN, require_print_approval=True)
    job = await two.print(theirs)
    assert job.state is JobState.WAITING_APPROVAL
    with pytest.raises(Conflict):
        await one.core.jobs.approve(ADMIN, job.id, allow=False)
    await two.core.jobs.approve(ADMIN, job.id, allow=True)
    await town.clock.settle()
    assert (await two.job(job.id)).state is JobState.STARTED
