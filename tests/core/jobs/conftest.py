"""A shop: groups of printers with something mounted and loaded, and files that ask for it."""

import itertools

import pytest

from printyard.core.commands import StartPrint
from printyard.core.jobs.queue import Claims, Wishes
from printyard.core.model.file import Analysis, ToolUse
from printyard.core.model.group import Discipline
from printyard.core.model.state import LoadedMaterial, Nozzle, Temperature, Tool
from printyard.testing.people import ADMIN, MEMBER

PLA, ABS, PVA = (f"0000000{number}-aaaa-bbbb-cccc-000000000000" for number in range(3))
AA, BB, CC = "AA 0.4", "BB 0.4", "CC 0.6"


def tool(core=AA, guid=PLA, left=None):
    """An extruder; no core and no guid for an empty one."""
    return Tool(
        heater=Temperature(current=20.0),
        nozzle=Nozzle(name=core) if core else None,
        material=LoadedMaterial(guid=guid, remaining_mm=left) if guid else None,
    )


def asks(core=AA, guid=PLA, *, mm=1000.0, seconds=600.0, box=None, number=0, **more):
    """What is found in a file that uses one tool."""
    least, most = box or (None, None)
    use = ToolUse(tool=number, nozzle_name=core, material_guid=guid, filament_mm=mm)
    fields = {"machine": "Scripted", "flavor": "Griffin", "tools": (use,), "seconds": seconds} | more
    return Analysis(extent_min_mm=least, extent_max_mm=most, **fields)


class Shop:
    """The yard as the queue's tests use it."""

    def __init__(self, yard):
        self.yard, self.core = yard, yard.core
        self._numbers = itertools.count()

    async def printer(self, name, *tools):
        """A printer that is free, with these tools."""
        printer_id = await self.yard.add_printer(name)
        await self.mount(printer_id, *(tools or (tool(), tool(BB, PVA))))
        return printer_id

    async def mount(self, printer_id, *tools):
        """Somebody changes what is mounted and loaded."""
        self.yard.device(printer_id).say(tools=tools)
        await self.yard.settle()

    async def group(self, *printers, discipline=Discipline.FIRST_COME, name="Hall"):
        """A group of printers."""
        group = await self.core.groups.create(ADMIN, name, discipline)
        for printer_id in printers:
            await self.core.groups.join(ADMIN, group.id, printer_id)
        return group.id

    async def file(self, analysis, name=None):
        """A file in which this is found."""
        number = next(self._numbers)
        blob = await self.yard.blob(b"G28\n;%d\n" % number)
        self.yard.plans.known[blob.sha256] = analysis
        return await self.core.files.add(MEMBER, name or f"{number}.gcode", blob)

    async def submit(self, group_id, analysis=None, principal=MEMBER, name=None, **wishes):
        """A job, as it is once everything has happened that follows at once."""
        return (await self.submit_all(group_id, analysis, principal, name, **wishes))[0]

    async def submit_all(self, group_id, analysis=None, principal=MEMBER, name=None, **wishes):
        """The jobs of a batch."""
        file = await self.file(analysis or asks(), name)
        claims = Claims(name=file.name)
        jobs = await self.core.submissions.submit(principal, group_id, file.id, claims, Wishes(**wishes))
        await self.yard.settle()
        return [await self.yard.job(job.id) for job in jobs]

    async def state(self, job):
        """How a job stands now."""
        await self.yard.settle()
        return (await self.yard.job(job.id)).state

    def begun(self, *printers):
        """The names of what was begun on printers, in order."""
        return [
            command.name
            for printer_id in printers
            for command in self.yard.device(printer_id).commands
            if isinstance(command, StartPrint)
        ]

    async def finish(self, printer_id):
        """A print ends, and somebody takes it off the plate."""
        self.yard.device(printer_id).finish()
        await self.yard.settle()
        await self.core.printers.clear_plate(MEMBER, printer_id)
        await self.yard.settle()

    def after_reading(self, kind, action):
        """Do something as soon as a value of some kind was read from the database, before its reader goes on."""
        store = self.yard.store
        read = store.read

        async def watched(work):
            value = await read(work)
            if isinstance(value, kind) and store.read is watched:
                store.read = read
                await action()
            return value

        store.read = watched

    async def occupy(self, printer_id, name="busy.gcode"):
        """Something else is printed."""
        self.yard.device(printer_id).begin(name)
        await self.yard.settle()


@pytest.fixture
def shop(yard):
    return Shop(yard)
