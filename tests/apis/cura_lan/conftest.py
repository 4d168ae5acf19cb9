"""Two printers behind the group's door, at the yard's root, at their own and at their family's address."""

from contextlib import asynccontextmanager
from types import SimpleNamespace

import httpx  # noqa: TID251 - a test, not the run time
import pytest
from msgspec.structs import replace

from printyard.apis.cura_lan import API
from printyard.apis.ultimaker import API as ULTIMAKER
from printyard.app.config import Config, GroupConfig, PrinterConfig
from printyard.app.registry import Registry
from printyard.app.wiring import doors_of
from printyard.core.fleet.step import Step
from printyard.core.model.file import Analysis, ToolUse
from printyard.core.model.state import LoadedMaterial, Nozzle, Temperature, Tool
from printyard.testing.house import house

TOKEN = "the admin's token"
ROOT = "/cluster-api/v1"
PLA, PVA = "506c9f0d-e3aa-4bd4-b2d2-23e2425b1aa9", "86a89ceb-4159-47f6-ab97-e9953803d70f"
GCODE = b";FLAVOR:Griffin\nG28\nG1 X10 Y10 E1\n"
FAMILY = "http://10.0.0.9:8099"
"""The address of the family of all printers of the test's kind."""

FOREIGN = "http://10.0.0.8:8099"
"""The address of another family."""


def tool(guid, core="AA 0.4"):
    return Tool(
        heater=Temperature(current=24.5, target=0.0),
        nozzle=Nozzle(name=core, serial="d1", diameter_mm=0.4, last_material_guid=guid),
        material=LoadedMaterial(guid=guid, remaining_mm=5000.0),
    )  # fmt: skip


def needs(*guids, core="AA 0.4", seconds=60.0, flavor=""):
    """What is found in a file that uses these materials."""
    tools = tuple(ToolUse(tool=at, nozzle_name=core, material_guid=guid, filament_mm=100.0)
                  for at, guid in enumerate(guids))  # fmt: skip
    return Analysis(tools=tools, seconds=seconds, flavor=flavor)


class Group:
    """A group as one client sees it."""

    def __init__(self, bench, base, **options):
        transport = httpx.ASGITransport(bench.doors, client=(options.pop("address", "127.0.0.1"), 50000))
        self.bench = bench
        self.http = httpx.AsyncClient(transport=transport, base_url=base, **options)

    async def ask(self, method, path, **options):
        answer = await self.http.request(method, ROOT + path, **options)
        await self.bench.house.settle()
        return answer

    async def value(self, path):
        answer = await self.ask("GET", path)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/json"
        return answer.json()

    async def jobs(self, *states):
        """The jobs, or those in one of these states."""
        return [job for job in await self.value("/print_jobs") if not states or job["status"] in states]

    async def hand_in(self, name="cube.gcode", content=GCODE, path="/print_jobs/", **fields):
        return await self.ask("POST", path, files={"file": (name, content)}, data=fields)


class Bench:
    """The house, and who stands before its doors."""

    def __init__(self, opened, printers, doors):
        self.house, self.core, self.clock, self.doors = opened, opened.core, opened.clock, doors
        self.luke, self.leia = printers
        self.guest, self.admin = self.group(), self.group(headers={"authorization": f"Bearer {TOKEN}"})

    def group(self, base="http://localhost", slug=None, **options):
        return Group(self, base + (f"/printers/{slug}" if slug else ""), **options)

    def shown(self, printer_id):
        return self.house.shown(printer_id)

    def uuid(self, printer_id):
        return self.shown(printer_id).printer.device_guid

    async def say(self, printer_id, **fields):
        self.house.device(printer_id).say(**fields)
        await self.house.settle()

    async def change(self, printer_id, **fields):
        """Change who the printer is, as no driver here would."""
        session = self.house.session(printer_id)
        await session.change(lambda: Step(printer=replace(session.printer, **fields)))

    def find(self, *guids, **more):
        """What is found in the next files."""
        self.house.plans.found = found = needs(*guids, **more)
        self.house.plans.seconds = found.seconds

    async def approve(self, job_id):
        await self.core.jobs.approve(await self.core.credentials.by_token(TOKEN), job_id, allow=True)
        await self.house.settle()


@asynccontextmanager
async def bench_in(folder, **config):
    async with house(folder) as opened:
        opened.core.credentials.set_admin(TOKEN)
        printers = [await opened.add_printer(name) for name in ("Luke", "Leia")]
        registry = Registry({API.name: API, ULTIMAKER.name: ULTIMAKER}, {}, ())
        parts = SimpleNamespace(core=opened.core, ports=SimpleNamespace(clock=opened.clock, ids=opened.ids))
        groups = (
            GroupConfig(machine="scripted", listen=FAMILY.removeprefix("http://")),
            GroupConfig(machine="ultimaker3", listen=FOREIGN.removeprefix("http://")),
        )
        leia = PrinterConfig(
            slug="leia", name="Leia", driver="scripted", listen="10.0.0.5:8099", camera=":8080"
        )  # fmt: skip
        doors = doors_of(Config(data=str(folder), group=groups, printer=(leia,), **config), registry, parts)
        bench = Bench(opened, printers, doors)
        for printer_id in printers:
            await bench.say(printer_id, tools=(tool(PLA), tool(PVA, "BB 0.4")), firmware="7.0.3")
        yield bench


@pytest.fixture
async def bench(tmp_path):
    async with bench_in(tmp_path) as made:
        yield made


@pytest.fixture
def guest(bench):
    return bench.guest


@pytest.fixture
def admin(bench):
    return bench.admin
