"""A house to test in: the real core over a real database, with devices by script and a clock by hand."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec

from printyard.core.commands import Command
from printyard.core.events import Fact, FactName
from printyard.core.facade import Core
from printyard.core.fleet.board import Snapshot
from printyard.core.fleet.session import PrinterSession
from printyard.core.fleet.supervisor import Supervisor
from printyard.core.jobs.queue import Claims
from printyard.core.model.file import Blob
from printyard.core.model.job import Job
from printyard.core.model.machine import MachineModel
from printyard.core.model.printer import Printer
from printyard.core.model.user import EVERYTHING, Principal
from printyard.core.ports.driver import Driver, DriverContext, DriverSpec
from printyard.core.running import Ports, build, running
from printyard.infra.blobs.local import LocalBlobs
from printyard.infra.bus.bell import LocalBell
from printyard.infra.db.store import open_store
from printyard.testing.clock import ManualClock
from printyard.testing.database import fresh_database
from printyard.testing.fake_driver import EVERY_COMMAND, MACHINE, FakeDevice, FakeDriver
from printyard.testing.ids import SeededIds
from printyard.testing.people import ADMIN, MEMBER
from printyard.testing.ports import FakePasswords, FakePlans, FakeSeal, WatchedStore

GCODE = b";FLAVOR:Marlin\n;Generated with a test\nG28\nG1 X10 Y10 F3000\nG1 X20 E1\n"
"""The bytes of a small print."""


class NoSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The settings of a scripted printer."""


class Devices:
    """The devices of a yard, which outlive the server; one is made for each printer that is opened.

    `missing` are printers whose driver cannot be opened.
    """

    def __init__(self, clock: ManualClock, supports: frozenset[type[Command]] = EVERY_COMMAND) -> None:
        self.clock, self.supports = clock, supports
        self.missing: set[str] = set()
        self._devices: dict[str, FakeDevice] = {}

    def of(self, printer_id: str) -> FakeDevice:
        """The device that is this printer."""
        if printer_id not in self._devices:
            self._devices[printer_id] = FakeDevice(self.clock, self.supports)
        return self._devices[printer_id]

    def open(self, printer: Printer) -> tuple[Driver, MachineModel]:
        """Its driver, as core.running.Ports wants it."""
        if printer.id in self.missing:
            raise LookupError("The test took the driver away.")
        return FakeDriver(self.of(printer.id)), MACHINE

    def spec(self) -> DriverSpec:
        """The driver that printers are added with."""

        def opened(context: DriverContext, _: NoSettings) -> Driver:
            return FakeDriver(self.of(context.printer.id))

        return DriverSpec(
            name="scripted", title="Scripted printer", settings=NoSettings, machines=(MACHINE,),
            identify=lambda _: MACHINE.id, open=opened, needs_network=False,
        )  # fmt: skip


class TestHouse(msgspec.Struct, frozen=True, kw_only=True):
    """A house that runs, and what the test moves it with."""

    __test__ = False

    core: Core
    clock: ManualClock
    ids: SeededIds
    devices: Devices
    store: WatchedStore
    plans: FakePlans
    blobs: LocalBlobs
    supervisor: Supervisor

    async def settle(self) -> None:
        """Let everybody run until only time can bring more."""
        await self.clock.settle()

    async def add_printer(self, name: str = "Luke") -> str:
        """Add a printer, and let it connect; its id."""
        printer = await self.core.printers.add(ADMIN, name, "scripted", {})
        await self.settle()
        return printer.id

    def device(self, printer_id: str) -> FakeDevice:
        """The device behind a printer."""
        return self.devices.of(printer_id)

    def shown(self, printer_id: str) -> Snapshot:
        """A printer's newest snapshot."""
        return self.core.printers.board.get(EVERYTHING, printer_id)

    def session(self, printer_id: str) -> PrinterSession:
        """A printer's session, for tests of its insides."""
        return self.supervisor.opened(printer_id).session

    async def blob(self, content: bytes = GCODE, name: str = "cube.gcode") -> Blob:
        """Bytes, stored."""
        partial = await self.blobs.begin()
        await partial.write(content)
        return await partial.finish(name)

    async def print(self, printer_id: str, name: str = "cube.gcode", *, principal: Principal = MEMBER) -> Job:
        """Hand in a print at a printer's own door, and let everything happen that follows at once."""
        job = await self.core.jobs.print_now(principal, printer_id, await self.blob(), Claims(name=name))
        await self.settle()
        return await self.job(job.id)

    async def job(self, job_id: str) -> Job:
        """A job, as it is stored."""
        return await self.store.read(lambda tx: tx.jobs.get(EVERYTHING, job_id))

    async def facts(self, *names: FactName, subject: str | None = None) -> list[Fact]:
        """The log, or the facts of these names, or those about one thing, in their order."""
        chosen = frozenset(names) or None
        recorded = await self.store.read(lambda tx: tx.events.page(EVERYTHING, names=chosen, limit=100_000))
        return [entry.fact for entry in recorded if subject in {None, entry.fact.subject_id}]


@asynccontextmanager
async def house(
    folder: Path, *, clock: ManualClock | None = None, devices: Devices | None = None, seed: int = 0,
    url: str = "", bell: LocalBell | None = None,
) -> AsyncIterator[TestHouse]:  # fmt: skip
    """A house over the database and the blobs in `folder`, for as long as the context lasts.

    To start it again after it was stopped, use the same folder, clock and devices, and another seed. Several may share
    the database at `url`, and the bell that tells of its facts.
    """
    clock = clock or ManualClock()
    devices = devices or Devices(clock)
    ids, bell = SeededIds(clock, seed), bell or LocalBell()
    real = open_store(url or await fresh_database(folder / "printyard.db"), clock, bell, readers=1)
    store, plans, blobs = WatchedStore(real), FakePlans(), LocalBlobs(folder, clock, ids, reserve_bytes=0)
    await blobs.start()
    parts = build(
        Ports(
            store=store, clock=clock, ids=ids, bell=bell, blobs=blobs, plans=plans, seal=FakeSeal(),
            passwords=FakePasswords(), drivers={"scripted": devices.spec()}, open_driver=devices.open,
        )
    )  # fmt: skip
    try:
        with clock.including(store.under_way), clock.including_threads():
            async with running(parts) as core:
                await clock.settle()
                yield TestHouse(
                    core=core, clock=clock, ids=ids, devices=devices, store=store, plans=plans, blobs=blobs,
                    supervisor=parts.supervisor,
                )  # fmt: skip
    finally:
        await real.close()
        await blobs.close()
