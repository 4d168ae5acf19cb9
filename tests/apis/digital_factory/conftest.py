"""A whole yard behind this API's door on a socket: real core, real database, a device made of variables."""

import asyncio
import contextlib

import httpx  # noqa: TID251 (a client of tests)
import pytest
import uvicorn
from msgspec.structs import replace
from tests.apis.yard.conftest import (
    ADMIN_TOKEN,
    MACHINE,
    Device,
    PlainPasswords,
    PlainSeal,
    driver_spec,
)

from printyard.apis import digital_factory
from printyard.app.accounts import CoreAccounts
from printyard.app.doors import Doors, Pins, PrinterDirectory, Security, Served
from printyard.core.commands import ShowMessage
from printyard.core.errors import Busy
from printyard.core.model.file import Analysis
from printyard.core.model.state import Link
from printyard.core.model.user import Principal, Role, Scope
from printyard.core.model.value import MICROSECONDS, Instant, after, seconds_between
from printyard.core.ports.facets import FirmwareStatus
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

CONNECT, CURA = "/connect/v1", "/cura/v1"
PRODUCT = replace(MACHINE, bom_numbers=(214475,))
"""What a file is sliced for has to fit."""

METHOD = replace(MACHINE, id="makerbot_lava_f", variant="MakerBot Method")
BOT = "bot"
BOT_SPEC = replace(driver_spec(), name=BOT, identify=lambda _: METHOD.id)
"""A driver of printers of another make."""

NOBODY = "A" * 43 + "="
"""A well-formed id that belongs to nothing."""


class Panel:
    """A display that can be locked."""

    def __init__(self):
        self.pin = ""

    async def locked(self):
        return bool(self.pin)

    async def lock(self, pin):
        self.pin = pin

    async def unlock(self):
        self.pin = ""


class Updater:
    """Firmware that can be updated."""

    def __init__(self):
        self.state = "idle"

    async def status(self):
        return FirmwareStatus(version="8.3.1", state=self.state, available={"stable": "8.3.1", "testing": "9.0.0"})

    async def update(self, channel):
        if channel == "latest":
            raise Busy("The printer does something else.")
        self.state = "downloading"


class Machine(Device):
    """The device, with all that an UltiMaker has beside printing; with the setting `blind` it has none of it."""

    supports = Device.supports | {ShowMessage}

    def __init__(self, printer, settings):
        super().__init__(printer, settings)
        if not settings.get("blind"):
            self.facets = replace(self.facets, display=Panel(), firmware=Updater())


class Clock(SystemClock):
    """The system's, which a test can put forward."""

    def __init__(self):
        self.ahead = 0
        self.moved = asyncio.Event()

    def now(self):
        return Instant(super().now() + self.ahead)

    async def sleep(self, seconds):
        until = after(self.now(), seconds)
        while (left := seconds_between(self.now(), until)) > 0:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self.moved.wait()

    def skip(self, seconds):
        self.ahead += round(seconds * MICROSECONDS)
        moved, self.moved = self.moved, asyncio.Event()
        moved.set()


class Plans:
    """Says of every file what the test wants to be found in it."""

    def __init__(self):
        self.analysis = Analysis(seconds=120.0)

    async def analyse(self, blob, limits, *watch):
        return self.analysis


class Yard:
    """The running yard, as its clients and its owner see it."""

    def __init__(self, core, store, devices, base, plans):
        self.core, self.store, self.devices, self.base, self.plans = core, store, devices, base, plans
        self.clock = core.clock

    def client(self, token=ADMIN_TOKEN, **options):
        headers = ({"authorization": f"Bearer {token}"} if token else {}) | options.pop("headers", {})
        return httpx.AsyncClient(base_url=self.base, headers=headers, timeout=5, **options)

    async def admin(self):
        return await self.core.credentials.by_token(ADMIN_TOKEN)

    async def add(self, name="Luke", driver="test", **settings):
        """A printer that is connected, and its device."""
        printer = await self.core.printers.add(await self.admin(), name, driver, settings)
        device = self.devices[printer.id]
        await device.ready.wait()
        await self.until(printer.id, lambda shown: shown.state.link is Link.ONLINE)
        return printer, device

    async def until(self, printer_id, good):
        return await self.core.printers.wait_for(await self.admin(), printer_id, good, 4)

    async def log(self, after=0):
        return await self.core.history.page(await self.admin(), after=after)

    async def group(self, name, *printers):
        """One group of several printers; its cluster's id in this API."""
        admin, groups = await self.admin(), self.core.groups
        group = await groups.create(admin, name)
        for printer in printers:
            await groups.join(admin, group.id, printer.id)
        (cluster,) = (one for one in await self.core.clusters.all(admin) if one.registration.group_id == group.id)
        return await self.core.foreign_ids("connect").of("cluster", cluster.id)

    async def person(self, name, role="member", **options):
        """An account, and the secret of a token of its own."""
        user = await self.core.accounts.add_user(await self.admin(), name, Role(role), **options)
        scope = Scope(organization_id=user.organization_id)
        principal = Principal(id=user.id, name=name, role=user.role, scope=scope, user_id=user.id, present=True)
        _, secret = await self.core.own_account.add_token(principal, f"of {name}")
        return user, secret

    async def token(self, role, name="someone"):
        """The secret of a new token of that role."""
        _, secret = await self.core.accounts.add_token(await self.admin(), name, Role(role))
        return secret


def door_of(core, clock, ids):
    spec = digital_factory.API
    return Door(
        spec=spec, core=core, settings=spec.settings(), accounts=CoreAccounts(core), anonymous=spec.anonymous,
        trusted_networks=Networks(LOOPBACK), digest=DigestVerifier(b"x" * 32, ids.secret), urls=AbsoluteUrls(),
        signer=UrlSigner(b"y" * 32, clock), clock=clock, ids=ids, epoch=core.epoch,
    )  # fmt: skip


@contextlib.asynccontextmanager
async def serving(core, clock, ids):
    door = door_of(core, clock, ids)
    directory = PrinterDirectory(find=core.printers.by_slug, front=lambda: None)
    security = Security(hosts=Hosts(), origins=Origins(), proxies=Proxies(Networks(())))
    doors = Doors([Served(door, door.spec.build(door))], directory, security, Pins())
    config = uvicorn.Config(
        doors, host="127.0.0.1", port=0, log_level="error", lifespan="on", ws="none", timeout_graceful_shutdown=1
    )
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


@contextlib.asynccontextmanager
async def open_yard(folder):
    clock, bell, devices = Clock(), LocalBell(), {}
    ids, plans = UuidIds(clock), Plans()
    store = open_store(await fresh_database(folder / "yard.sqlite"), clock, bell)
    blobs = LocalBlobs(folder, clock, ids, reserve_bytes=0)
    await blobs.start()

    def open_driver(printer):
        devices[printer.id] = Machine(printer, printer.settings)
        return devices[printer.id], METHOD if printer.driver == BOT else PRODUCT

    house = build(
        Ports(
            store=store, clock=clock, ids=ids, bell=bell, blobs=blobs, plans=plans, seal=PlainSeal(),
            passwords=PlainPasswords(), drivers={"test": driver_spec(), BOT: BOT_SPEC}, open_driver=open_driver,
        )
    )  # fmt: skip
    house.core.credentials.set_admin(ADMIN_TOKEN)
    async with running(house) as core, serving(core, clock, ids) as base:
        yield Yard(core, store, devices, base, plans)
    await blobs.close()
    await store.close()


@pytest.fixture
async def yard(tmp_path):
    async with open_yard(tmp_path) as running_yard:
        yield running_yard


@pytest.fixture
async def client(yard):
    async with yard.client() as opened:
        yield opened


def refused(answer, status, code):
    """The one error of a refusal, which has the API's shape."""
    assert answer.status_code == status, answer.text
    (error,) = answer.json()["errors"]
    assert error["code"] == code, error
    assert error["id"], error["title"]
    assert set(error["http_status"]) <= set("0123456789")
    return error
