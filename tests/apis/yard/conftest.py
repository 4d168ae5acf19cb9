"""A whole yard behind its doors on a socket: real core, real database, a device made of variables."""

import asyncio
import contextlib
import io
import json

import httpx  # noqa: TID251 (a client of tests)
import pytest
import uvicorn
from msgspec.structs import replace

from printyard.app.accounts import CoreAccounts
from printyard.app.doors import Doors, Pins, PrinterDirectory, Security, Served
from printyard.core.access.rules import SYSTEM
from printyard.core.commands import (
    AnswerQuestion,
    AskQuestion,
    Cancel,
    ClearPlate,
    Pause,
    Rename,
    Resume,
    StartPrint,
)
from printyard.core.errors import Invalid, NotFound, Offline
from printyard.core.model.file import Analysis
from printyard.core.model.machine import MachineModel
from printyard.core.model.state import (
    Activity,
    DevicePrint,
    Link,
    Nozzle,
    Outcome,
    Progress,
    Question,
    Temperature,
    Tool,
)
from printyard.core.model.user import Role
from printyard.core.ports.driver import DriverSpec, Report
from printyard.core.ports.facets import Facets
from printyard.core.running import Ports, build, running
from printyard.infra.blobs.local import LocalBlobs
from printyard.infra.bus import LocalBell
from printyard.infra.clock import SystemClock, UuidIds
from printyard.infra.db import open_store
from printyard.serving.digest import DigestVerifier
from printyard.serving.hosts import Hosts
from printyard.serving.origins import Origins
from printyard.serving.peer import LOOPBACK, Networks, Proxies
from printyard.serving.spec import Door
from printyard.serving.urls import AbsoluteUrls, UrlSigner
from printyard.testing.database import fresh_database

ADMIN_TOKEN = "the-admin-token"
MACHINE = MachineModel(id="test_s5", variant="Ultimaker S5", volume_mm=(330.0, 240.0, 300.0), tools=2, flavor="Griffin")
GCODE = b";FLAVOR:Marlin\nG28\nG1 X10 Y10 E1 F1200\nG1 X20 Y10 E2\nM84\n"


def jpeg(color):
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (64, 48), color).save(out, "JPEG")
    return out.getvalue()


class Camera:
    """Counts who looks; each picture is another."""

    def __init__(self):
        self.reachable = True
        self.looked = 0
        self.watching = 0
        self.pictures = asyncio.Queue()
        self.newest = jpeg("teal")

    async def snapshot(self):
        if not self.reachable:
            raise Offline("The camera cannot be reached.")
        self.looked += 1
        return self.newest

    async def stream(self):
        self.watching += 1
        try:
            yield await self.snapshot()
            while True:
                yield await self.pictures.get()
        finally:
            self.watching -= 1


class Sandbox:
    def __init__(self):
        self.speed = 1.0
        self.faults = {}

    async def status(self):
        return {"speed": self.speed, "faults": self.faults}

    async def set_speed(self, speed):
        if speed <= 0:
            raise Invalid("The speed is above 0.")
        self.speed = speed

    async def fault(self, kind, settings):
        if kind != "link_lost":
            raise Invalid(f"There is no trouble {kind!r}.")
        self.faults[kind] = settings

    async def mend(self, kind):
        if self.faults.pop(kind, None) is None:
            raise NotFound("That trouble does not stand.")


class Device:
    """A driver whose device is its own variables; a test moves them and calls `tell`."""

    supports = frozenset({StartPrint, Pause, Resume, Cancel, ClearPlate, Rename, AskQuestion, AnswerQuestion})

    def __init__(self, printer, settings):
        self.printer = printer
        self.camera = None if settings.get("blind") else Camera()
        self.sandbox = None if settings.get("real") else Sandbox()
        self.facets = Facets(camera=self.camera, sandbox=self.sandbox)
        self.commands = []
        self.ready = asyncio.Event()
        self._report = None

    def tell(self, **seen):
        self._report(Report(**seen))

    async def run(self, report):
        self._report = report
        report(
            Report(
                link=Link.ONLINE, activity=Activity.IDLE, history=(), history_complete=True, firmware="8.3.1",
                bed=Temperature(current=21.0, target=0.0),
                tools=(
                    Tool(heater=Temperature(current=22.0, target=0.0), nozzle=Nozzle(name="AA 0.4")),
                    Tool(heater=Temperature(current=22.0, target=0.0), nozzle=Nozzle(name="BB 0.4")),
                ),
            )
        )  # fmt: skip
        self.ready.set()
        await asyncio.Event().wait()

    async def execute(self, command):
        self.commands.append(command)
        now = SystemClock().now()
        match command:
            case StartPrint(name=name, token=token):
                self.print = DevicePrint(ref=f"print-{now}", name=name, started_at=now, token=token)
                self.tell(
                    activity=Activity.PRINTING, print=self.print, outcome=None,
                    progress=Progress(fraction=0.25, elapsed_seconds=30.0, total_seconds=120.0, layer=3, layers=12),
                )  # fmt: skip
            case Pause():
                self.tell(activity=Activity.PAUSED)
            case Resume():
                self.tell(activity=Activity.PRINTING)
            case Cancel():
                self.finish(Outcome.CANCELLED)
            case AskQuestion(question_id=question_id, text=text, answers=answers):
                self.tell(attention=Question(id=question_id, text=text, answers=answers, since=now))
            case AnswerQuestion(question_id=question_id, answer=answer):
                self.tell(attention=None, answers=((question_id, answer),))

    def finish(self, outcome=Outcome.COMPLETED):
        self.print = replace(self.print, ended_at=SystemClock().now(), outcome=outcome)
        self.tell(activity=Activity.IDLE, print=None, outcome=outcome, history=(self.print,), progress=Progress())


class NoPlans:
    async def analyse(self, blob, limits):
        return Analysis(seconds=120.0)


class PlainPasswords:
    async def hash(self, password):
        return f"hashed {password}"

    async def verify(self, hashed, password):
        return hashed == f"hashed {password}"


class PlainSeal:
    def close(self, plain):
        return plain

    def open(self, sealed):
        return sealed


class Yard:
    """The running yard, as its clients and its owner see it."""

    def __init__(self, core, store, devices, base):
        self.core, self.store, self.devices, self.base = core, store, devices, base

    def client(self, token=ADMIN_TOKEN, **options):
        headers = ({"authorization": f"Bearer {token}"} if token else {}) | options.pop("headers", {})
        return httpx.AsyncClient(base_url=self.base, headers=headers, timeout=5, **options)

    async def add(self, name="Luke", **settings):
        admin = await self.core.credentials.by_token(ADMIN_TOKEN)
        printer = await self.core.printers.add(admin, name, "test", settings)
        device = self.devices[printer.id]
        await device.ready.wait()
        await self.until(printer.id, lambda shown: shown.state.link is Link.ONLINE)
        return printer, device

    async def until(self, printer_id, good):
        admin = await self.core.credentials.by_token(ADMIN_TOKEN)
        return await self.core.printers.wait_for(admin, printer_id, good, 4)

    async def printing(self, name="benchy.gcode", token=ADMIN_TOKEN, slug="luke"):
        async with self.client(token) as client:
            answer = await client.post(f"/yard/v1/printers/{slug}/jobs", files={"file": (name, GCODE)})
        assert answer.status_code == 201, answer.text
        await self.until(
            self.core.printers.by_slug(slug),
            lambda shown: (
                shown.state.activity is Activity.PRINTING and shown.job and shown.job.state.value == "started"
            ),
        )
        return answer.json()

    async def log(self, after=0):
        admin = await self.core.credentials.by_token(ADMIN_TOKEN)
        return await self.core.history.page(admin, after=after)

    async def token(self, role, name="someone"):
        admin = await self.core.credentials.by_token(ADMIN_TOKEN)
        token, secret = await self.core.accounts.add_token(admin, name, Role(role))
        return token, secret


def driver_spec():
    import msgspec

    class TestSettings(msgspec.Struct, forbid_unknown_fields=True):
        blind: bool = False
        real: bool = False

    return DriverSpec(
        name="test", title="A test's device", settings=TestSettings, machines=(MACHINE,),
        identify=lambda _: MACHINE.id, open=lambda *_: None,
    )  # fmt: skip


def specs():
    from printyard.apis import webcam, yard

    return [yard.API, webcam.API]


@contextlib.asynccontextmanager
async def open_yard(folder, plans_of=lambda blobs: NoPlans()):
    clock, bell, devices = SystemClock(), LocalBell(), {}
    ids = UuidIds(clock)
    store = open_store(await fresh_database(folder / "yard.sqlite"), clock, bell)
    blobs = LocalBlobs(folder, clock, ids, reserve_bytes=0)
    await blobs.start()

    def open_driver(printer):
        devices[printer.id] = Device(printer, printer.settings)
        return devices[printer.id], MACHINE

    house = build(
        Ports(
            store=store, clock=clock, ids=ids, bell=bell, blobs=blobs, plans=plans_of(blobs), seal=PlainSeal(),
            passwords=PlainPasswords(), drivers={"test": driver_spec()}, open_driver=open_driver,
        )
    )  # fmt: skip
    house.core.credentials.set_admin(ADMIN_TOKEN)
    async with running(house) as core, serving(core, clock, ids) as base:
        yield Yard(core, store, devices, base)
    await blobs.close()
    await store.close()


def front_slug(core):
    front = core.settings.front_printer()
    shown = [shown.printer for shown in core.printers.all(SYSTEM) if shown.printer.id == front]
    return shown[0].slug if shown else None


def doors_of(core, clock, ids):
    served = []
    for spec in specs():
        door = Door(
            spec=spec, core=core, settings=spec.settings(), accounts=CoreAccounts(core), anonymous=spec.anonymous,
            trusted_networks=Networks(LOOPBACK), digest=DigestVerifier(b"x" * 32, ids.secret), urls=AbsoluteUrls(),
            signer=UrlSigner(b"y" * 32, clock), clock=clock, ids=ids, epoch=core.epoch,
        )  # fmt: skip
        served.append(Served(door, spec.build(door)))
    directory = PrinterDirectory(find=core.printers.by_slug, front=lambda: front_slug(core))
    security = Security(hosts=Hosts(), origins=Origins(), proxies=Proxies(Networks(())))
    return Doors(served, directory, security, Pins())


@contextlib.asynccontextmanager
async def serving(core, clock, ids):
    config = uvicorn.Config(
        doors_of(core, clock, ids), host="127.0.0.1", port=0, log_level="error", lifespan="on", ws="none",
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = uvicorn.Server(config)
    server.install_signal_handlers = lambda: None
    task = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
        await asyncio.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


@pytest.fixture
async def yard(tmp_path):
    async with open_yard(tmp_path) as running_yard:
        yield running_yard


@pytest.fixture
async def client(yard):
    async with yard.client() as opened:
        yield opened


class EventReader:
    """Reads server-sent events off a connection, as a browser would."""

    def __init__(self, response):
        self._lines = response.aiter_lines()
        self.last_id = None

    async def next(self, *kinds):
        """The next event (of these kinds): its kind and its data. None at the end of the stream."""
        async with asyncio.timeout(20):
            while True:
                event = await self._event()
                if event is None or not kinds or event[0] in kinds:
                    return event

    async def _event(self):
        kind, data = "message", []
        async for line in self._lines:
            if not line:
                if data:
                    return kind, json.loads("\n".join(data))
                kind = "message"
            name, _, value = line.partition(": ")
            if name == "event":
                kind = value
            elif name == "data":
                data.append(value)
            elif name == "id":
                self.last_id = int(value)
        return None


@pytest.fixture
def listen(yard):
    @contextlib.asynccontextmanager
    async def opened(token=ADMIN_TOKEN, last_event_id=None, query=""):
        headers = {} if last_event_id is None else {"last-event-id": str(last_event_id)}
        async with (
            yard.client(token) as client,
            client.stream("GET", f"/yard/v1/events{query}", headers=headers) as response,
        ):
            assert response.status_code == 200
            yield EventReader(response)

    return opened
