"""The API in front of a real core over a real database, with a device by script: requests go through the dispatcher."""

from contextlib import asynccontextmanager
from types import SimpleNamespace

import httpx  # noqa: TID251 - a test, not the run time
import pytest
from msgspec.structs import replace

from printyard.apis.ultimaker import API
from printyard.app.config import Config
from printyard.app.registry import Registry
from printyard.app.wiring import doors_of
from printyard.core.model.state import (
    Feeder,
    Light,
    LoadedMaterial,
    Motion,
    Nozzle,
    Temperature,
    Tool,
    Vector,
)  # fmt: skip
from printyard.testing.house import house

TOKEN = "the admin's token"
HOST = "http://localhost"

PLA = "506c9f0d-e3aa-4bd4-b2d2-23e2425b1aa9"

TOOLS = (
    Tool(
        heater=Temperature(current=24.5, target=0.0),
        nozzle=Nozzle(
            name="AA 0.4", serial="d1", diameter_mm=0.4, last_material_guid=PLA, extruded_mm=1200.5,
            hot_seconds=60.0, highest_celsius=225.0,
        ),
        material=LoadedMaterial(guid=PLA, remaining_mm=5000.0),
        feeder=Feeder(position_mm=1.5, max_speed=45.0, acceleration=3000.0, jerk=5.0),
    ),
    Tool(heater=Temperature(current=23.0, target=0.0)),
)  # fmt: skip


class Bench:
    """One printer behind the API's door."""

    def __init__(self, opened, printer_id, doors):
        self.house, self.printer_id, self.doors = opened, printer_id, doors
        self.core, self.clock = opened.core, opened.clock
        self.device = opened.device(printer_id)
        self.slug = opened.shown(printer_id).printer.slug
        self.root = f"/printers/{self.slug}/api/v1"
        self.reader = self.client()
        self.writer = self.client(headers={"authorization": f"Bearer {TOKEN}"})

    def client(self, *, address="127.0.0.1", slug=None, **options):
        transport = httpx.ASGITransport(self.doors, client=(address, 50000))
        root = f"{HOST}/printers/{slug or self.slug}/api/v1"
        return httpx.AsyncClient(transport=transport, base_url=root, **options)

    def signed(self, app, key=None, **options):
        """A client with digest authentication by an id and key."""
        return self.client(auth=httpx.DigestAuth(app["id"], key or app["key"]), **options)

    async def get(self, path, **options):
        return await self.reader.get(path, **options)

    async def value(self, path, **options):
        answer = await self.reader.get(path, **options)
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("application/json")
        return answer.json()

    async def put(self, path, **options):
        answer = await self.writer.put(path, **options)
        await self.house.settle()
        return answer

    async def post(self, path, **options):
        answer = await self.writer.post(path, **options)
        await self.house.settle()
        return answer

    async def delete(self, path):
        return await self.writer.delete(path)

    @property
    def commands(self):
        return self.device.commands

    async def say(self, **fields):
        self.device.say(**fields)
        await self.house.settle()

    def have(self, **parts):
        """Give the device further parts (facets)."""
        self.device.facets = replace(self.device.facets, **parts)

    async def print(self, name="cube.gcode", content=b"G28\nG1 X10 E1\n", **fields):
        return await self.post("/print_job", files={"file": (name, content)}, data=fields)


@asynccontextmanager
async def bench_in(folder):
    async with house(folder) as opened:
        opened.core.credentials.set_admin(TOKEN)
        printer_id = await opened.add_printer("Luke")
        registry = Registry({API.name: API}, {}, ())
        parts = SimpleNamespace(core=opened.core, ports=SimpleNamespace(clock=opened.clock, ids=opened.ids))
        doors = doors_of(Config(data=str(folder)), registry, parts)
        bench = Bench(opened, printer_id, doors)
        await bench.say(
            tools=TOOLS,
            bed=Temperature(current=25.0, target=0.0),
            position=Vector(x=1.0, y=2.0, z=3.5),
            motion=Motion(max_speed=Vector(300.0, 290.0, 40.0), acceleration=3000.0, jerk=Vector(20.0, 19.0, 0.4)),
            light=Light(hue=10.0, saturation=20.0, brightness=90.0),
            fan_fraction=0.5,
            firmware="7.0.3",
        )
        yield bench


@pytest.fixture
async def bench(tmp_path):
    async with bench_in(tmp_path) as made:
        yield made
