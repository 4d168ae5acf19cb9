"""Wires the house: infra and drivers to the core, the core to the APIs, the APIs to their doors."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import msgspec

from printyard.app.accounts import CoreAccounts
from printyard.app.addresses import addresses_of
from printyard.app.config import Config, ConfigError
from printyard.app.doors import Doors, PrinterDirectory, Security, Served
from printyard.app.registry import Registry
from printyard.core.errors import CoreError
from printyard.core.facade import Core
from printyard.core.fleet.declared import Declared
from printyard.core.model.machine import MachineModel
from printyard.core.model.printer import Printer
from printyard.core.model.user import EVERYTHING
from printyard.core.ports.driver import Driver, DriverContext
from printyard.core.ports.store import Store
from printyard.core.running import House, Ports, build, running
from printyard.infra.blobs.local import LocalBlobs
from printyard.infra.bus.bell import LocalBell
from printyard.infra.clock import SystemClock, UuidIds
from printyard.infra.db.store import open_store
from printyard.infra.secrets import Argon2Passwords, KeyFileSeal, derived_secret
from printyard.infra.workers.plans import CachedPlans
from printyard.infra.workers.pool import WorkerPool
from printyard.infra.workers.process import ProcessLink, Spawn, worker_command, worker_environment
from printyard.infra.workers.renderer import WorkerRenderer
from printyard.serving.credentials import AnonymousRight
from printyard.serving.digest import DigestVerifier
from printyard.serving.hosts import Hosts, machine_names
from printyard.serving.origins import Origins
from printyard.serving.peer import Networks, Proxies
from printyard.serving.spec import ApiSpec, Door
from printyard.serving.urls import AbsoluteUrls, UrlSigner

SECRET_BYTES = 32

FIRST_WORDS_SECONDS = 1.0
"""How long a start waits for its printers."""


class Yard(msgspec.Struct, frozen=True, kw_only=True):
    """A yard that runs: its core, and the doors in front of it."""

    core: Core
    doors: Doors
    registry: Registry


@asynccontextmanager
async def yard(config: Config, registry: Registry) -> AsyncIterator[Yard]:
    """A yard on this configuration, for as long as the context lasts.

    Raises ConfigError, and what the database says when it cannot be opened (Conflict, StorageFull, ...).
    """
    async with ports_of(config, registry) as ports:
        house = build(ports)
        async with running(house) as core:
            with suppress(TimeoutError):  # so that nobody is told that a print under way has just begun
                async with asyncio.timeout(FIRST_WORDS_SECONDS):
                    await house.supervisor.heard()
            yield Yard(core=core, doors=doors_of(config, registry, house), registry=registry)


@asynccontextmanager
async def ports_of(config: Config, registry: Registry) -> AsyncIterator[Ports]:
    """What the core needs of the outside, opened and closed again in reverse."""
    folder = config.folder
    folder.mkdir(parents=True, exist_ok=True)
    clock, bell = SystemClock(), LocalBell()
    ids = UuidIds(clock)
    store = await asyncio.to_thread(open_store, config.database_url, clock, bell)
    blobs = LocalBlobs(folder, clock, ids, reserve_bytes=config.reserve_bytes)
    analysts = WorkerPool("gcode", spawning("gcode", config), clock)
    painters = WorkerPool("camera", spawning("camera", config), clock)
    plans = CachedPlans(folder / "plans", blobs, analysts, cache_bytes=config.plans_bytes)
    passwords, renderer = Argon2Passwords(), WorkerRenderer(painters)
    await blobs.start()
    await plans.start()

    def open_driver(printer: Printer) -> tuple[Driver, MachineModel]:
        return _opened(printer, registry, DriverContext(
            printer=printer, machine=NO_MACHINE, folder=folder / "drivers" / printer.driver / printer.id,
            clock=clock, ids=ids, blobs=blobs, plans=plans, renderer=renderer, color=partial(_color_of, store),
        ))  # fmt: skip

    try:
        yield Ports(
            store=store, clock=clock, ids=ids, bell=bell, blobs=blobs, plans=plans, drivers=registry.drivers,
            seal=KeyFileSeal(folder / "key"), passwords=passwords, open_driver=open_driver,
            upload_bytes=config.upload_bytes,
            declared=tuple(Declared(one.slug, one.name, one.driver, one.settings) for one in config.printer),
        )  # fmt: skip
    finally:
        await plans.close()
        await painters.close()
        await blobs.close()
        await store.close()


async def _color_of(store: Store, guid: str) -> str:
    """The color of a material; "" if there is none."""
    try:
        return (await store.read(lambda tx: tx.materials.get(EVERYTHING, guid.lower()))).color_code
    except CoreError:
        return ""


NO_MACHINE = MachineModel(id="", variant="", volume_mm=(0.0, 0.0, 0.0), tools=0, flavor="")
"""Until the driver's settings have said which."""


def _opened(printer: Printer, registry: Registry, context: DriverContext) -> tuple[Driver, MachineModel]:
    """A printer's driver, and what kind of machine it drives. Raises ConfigError for a driver that is not installed."""
    spec = registry.drivers.get(printer.driver)
    if spec is None:
        raise ConfigError(f"The printer {printer.slug} needs the driver {printer.driver}, which is not installed.")
    settings = msgspec.convert(printer.settings, spec.settings, strict=False)
    machine_id = spec.identify(settings)
    machine = next(machine for machine in spec.machines if machine.id == machine_id)
    return spec.open(msgspec.structs.replace(context, machine=machine), settings), machine


def spawning(name: str, config: Config) -> Spawn:
    """How workers of a kind are started."""
    environment = worker_environment({"NUMBA_CACHE_DIR": str(config.kernel_folder)})

    async def spawn() -> ProcessLink:
        return await ProcessLink.start(name, worker_command(name), environment)

    return spawn


def doors_of(config: Config, registry: Registry, house: House) -> Doors:
    """All APIs behind their doors. Raises ConfigError."""
    core, clock, ids, addresses = house.core, house.ports.clock, house.ports.ids, addresses_of(config)
    networks, proxies = _networks(config.trusted_networks), _networks(config.trusted_proxies)
    urls = AbsoluteUrls(
        public_url=config.public_url, public_prefix=config.public_prefix, listener=f"http://{config.host}:{config.port}"
    )
    digest = DigestVerifier(ids.secret(SECRET_BYTES), ids.secret, public_prefix=config.public_prefix)
    signer = UrlSigner(derived_secret(config.folder / "key", b"signed addresses"), clock)

    def door(spec: ApiSpec) -> Door:
        chosen = config.door.get(spec.name)
        return Door(
            spec=spec, core=core, settings=_settings(spec, {} if chosen is None else chosen.settings),
            accounts=CoreAccounts(core), anonymous=_anonymous(spec, None if chosen is None else chosen.anonymous),
            trusted_networks=networks, digest=digest, urls=urls, signer=signer, clock=clock, ids=ids, epoch=core.epoch,
            places=addresses.places,
        )  # fmt: skip

    if unknown := set(config.door) - set(registry.apis):
        raise ConfigError(
            f"There is no API {', '.join(sorted(unknown))}; there are {', '.join(sorted(registry.apis))}."
        )
    served = [
        Served(opened, spec.build(opened))
        for spec in registry.apis.values()
        if (spec.enabled if spec.name not in config.door else config.door[spec.name].enabled)
        for opened in [door(spec)]
    ]
    security = Security(
        hosts=Hosts((*config.hosts, *_own_names(config)), machine_names()),
        origins=Origins(config.cors_origins, readers=config.cors_readers, public_url=config.public_url),
        proxies=Proxies(proxies),
    )
    directory = PrinterDirectory(
        find=core.printers.by_slug, front=lambda: _front(core), first=lambda machine_id: _first(core, machine_id)
    )
    return Doors(served, directory, security, addresses.pins, public_prefix=config.public_prefix)


def _own_names(config: Config) -> list[str]:
    """The host names that the configuration gives to the yard, its printers and its groups."""
    public = urlsplit(config.public_url).hostname
    own = [printer.host for printer in config.printer] + [group.host for group in config.group]
    return [*([public] if public else []), *filter(None, own)]


def _front(core: Core) -> str | None:
    printer_id = core.settings.front_printer()
    return None if printer_id is None else core.printers.board.slug(printer_id)


def _first(core: Core, machine_id: str) -> str | None:
    """The first printer of a kind of machine."""
    shown = core.printers.board.all(EVERYTHING)
    return next((one.printer.slug for one in shown if one.printer.model_id == machine_id), None)


def _networks(texts: tuple[str, ...]) -> Networks:
    try:
        return Networks(texts)
    except ValueError as error:
        raise ConfigError(f"This is no network: {error}.") from error


def _settings(spec: ApiSpec, values: dict[str, Any]) -> Any:  # noqa: ANN401
    try:
        return msgspec.convert(values, spec.settings, strict=False)
    except msgspec.ValidationError as error:
        raise ConfigError(f"[door.{spec.name}.settings] does not fit: {error}.") from error


def _anonymous(spec: ApiSpec, word: str | None) -> AnonymousRight:
    try:
        return spec.anonymous if word is None else AnonymousRight(word)
    except ValueError:
        raise ConfigError(f"[door.{spec.name}] anonymous is none, read, guest or member, not {word!r}.") from None
