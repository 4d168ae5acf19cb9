"""Sets the domain up from its ports, and runs what runs by itself: sessions, dispatcher, reactions, housekeeping."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Coroutine
from functools import partial
from typing import Any

import msgspec

from printyard.core.access.credentials import Credentials
from printyard.core.access.oauth import OAuth
from printyard.core.access.oauth_clients import OAuthClients
from printyard.core.access.requests import PENDING_SECONDS, AccessRequests
from printyard.core.access.rules import WARDEN
from printyard.core.access.sessions import Sessions
from printyard.core.actions import Actions
from printyard.core.analysis import Analyses
from printyard.core.clusters import Clusters
from printyard.core.errors import CoreError
from printyard.core.events import FactName, RecordedFact
from printyard.core.facade import Core
from printyard.core.files import Files
from printyard.core.fleet.board import SnapshotBoard
from printyard.core.fleet.declared import Declared, declare
from printyard.core.fleet.printers import Printers
from printyard.core.fleet.session import Seat
from printyard.core.fleet.supervisor import Supervisor
from printyard.core.foreign_ids import ForeignIds
from printyard.core.groups import Groups
from printyard.core.history import History
from printyard.core.jobs.altering import Alterations
from printyard.core.jobs.dispatcher import Dispatcher
from printyard.core.jobs.ordering import Ordering
from printyard.core.jobs.queue import Queue
from printyard.core.jobs.reading import Readings
from printyard.core.jobs.standings import Standings
from printyard.core.jobs.steering import Steering
from printyard.core.jobs.submitting import Demand, Submissions
from printyard.core.library import Library
from printyard.core.maintenance import Maintenance
from printyard.core.materials import Materials
from printyard.core.model.machine import MachineModel
from printyard.core.model.printer import Printer
from printyard.core.model.value import seconds_between
from printyard.core.organizations import Organizations
from printyard.core.own_account import OwnAccount
from printyard.core.policies import Policies
from printyard.core.ports.blobs import Blobs
from printyard.core.ports.bus import Bell
from printyard.core.ports.driver import Driver, DriverSpec
from printyard.core.ports.secrets import Passwords, Seal
from printyard.core.ports.store import Store
from printyard.core.ports.time import Clock, Ids
from printyard.core.ports.workers import Plans
from printyard.core.preparations import Preparations
from printyard.core.remarks import Remarks
from printyard.core.reports import Reports
from printyard.core.settings import Settings
from printyard.core.teams import Teams
from printyard.core.uploads import Uploads
from printyard.core.users import Accounts

log = logging.getLogger(__name__)

HOUSEKEEPING_SECONDS = 3600.0
RETRY_SECONDS = 1.0
EPOCH_BYTES = 4
ANSWERED = frozenset({FactName.QUESTION_ANSWERED})
CATCH_UP = 100
"""How many answers a start looks back at."""
UPLOAD_BYTES = 10_000_000_000


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    """All that the domain needs of the outside."""

    store: Store
    clock: Clock
    ids: Ids
    bell: Bell
    blobs: Blobs
    plans: Plans
    seal: Seal
    passwords: Passwords
    drivers: dict[str, DriverSpec]
    open_driver: Callable[[Printer], tuple[Driver, MachineModel]]
    declared: tuple[Declared, ...] = ()
    upload_bytes: int = UPLOAD_BYTES


class House(msgspec.Struct, frozen=True, kw_only=True):
    """The services, and the parts that run by themselves."""

    core: Core
    supervisor: Supervisor
    dispatcher: Dispatcher
    readings: Readings
    ports: Ports


def build(ports: Ports) -> House:
    """The domain, wired; nothing runs yet."""
    store, clock, ids = ports.store, ports.clock, ports.ids
    board, dispatcher = SnapshotBoard(), Dispatcher(store, clock, ports.bell)
    analyses = Analyses(store, ports.plans)
    files = Files(store, clock, ids, ports.blobs, ports.upload_bytes)
    seat = Seat(store, clock, ids, board, dispatcher.freed)
    supervisor = Supervisor(seat, ports.open_driver, analyses.of)
    printers = Printers(store, clock, ids, board, supervisor, ports.drivers)
    materials = Materials(store, clock)
    credentials = Credentials(store, clock, ports.seal, ports.passwords)
    alterations = Alterations(store, clock, supervisor)
    readings = Readings(store, clock, printers, analyses, alterations)
    of_clusters = _of_clusters(store, clock, ids, printers)
    core = Core(
        printers=printers,
        **_of_queue(ports, printers, supervisor, alterations, readings, of_clusters["policies"].demand_approval),
        files=files,
        uploads=Uploads(store, clock, ids, files),
        library=Library(store, clock, ids),
        reports=Reports(store, clock, ids, ports.blobs, board),
        analyses=analyses,
        preparations=Preparations(clock, ids, ports.plans, analyses, files, printers, materials),
        materials=materials,
        access=AccessRequests(store, clock, ids, ports.seal, credentials, printers),
        accounts=Accounts(store, clock, ids, ports.passwords, credentials),
        own_account=OwnAccount(store, clock, ids, ports.passwords, credentials),
        organizations=Organizations(store, clock, ids, credentials),
        teams=Teams(store, clock, ids),
        oauth=OAuth(store, clock, ids, credentials, OAuthClients(store, clock, ids, credentials)),
        credentials=credentials,
        sessions=Sessions(store, clock, ids, credentials),
        history=History(store, clock, ports.bell, board),
        settings=Settings(store, board),
        **of_clusters,
        foreign_ids=partial(ForeignIds, store, ids),
        clock=clock,
        ids=ids,
        epoch=ids.secret(EPOCH_BYTES).hex(),
    )
    return House(core=core, supervisor=supervisor, dispatcher=dispatcher, readings=readings, ports=ports)


def _of_queue(
    ports: Ports, printers: Printers, supervisor: Supervisor, alterations: Alterations, readings: Readings,
    demand: Demand,
) -> dict[str, Any]:  # fmt: skip
    """The services of the queue, by their names in the facade."""
    store, clock, ids = ports.store, ports.clock, ports.ids
    submissions = Submissions(store, clock, ids, printers, readings, demand)
    standings = Standings(store, printers)
    jobs = Queue(store, clock, ids, printers, supervisor, alterations, submissions)
    ordering = Ordering(store, printers.board, alterations, standings)
    return {
        "jobs": jobs,
        "submissions": submissions,
        "ordering": ordering,
        "standings": standings,
        "steering": Steering(store, printers.board, jobs, ordering),
        "groups": Groups(store, clock, ids, printers, supervisor),
    }


def _of_clusters(store: Store, clock: Clock, ids: Ids, printers: Printers) -> dict[str, Any]:
    """The services of groups, by their names in the facade."""
    return {
        "policies": Policies(store),
        "clusters": Clusters(store, clock, ids, printers, Teams(store, clock, ids)),
        "maintenance": Maintenance(store, clock, ids, printers),
        "actions": Actions(store, clock, ids),
        "remarks": Remarks(store),
    }


@contextlib.asynccontextmanager
async def running(house: House) -> AsyncIterator[Core]:
    """The domain at work for as long as the context lasts."""
    core = house.core
    await core.materials.preload()
    await core.settings.load()
    await core.clusters.load()
    ports = house.ports
    await declare(ports.store, ports.clock, ports.ids, ports.drivers, ports.declared)
    work: tuple[Coroutine[Any, Any, None], ...] = (
        house.dispatcher.run(house.supervisor), house.readings.run(), _react(core), _housekeeping(core),
        core.reports.run(),
    )  # fmt: skip
    tasks = [asyncio.create_task(coroutine) for coroutine in work]
    try:
        await house.supervisor.start()
        yield core
    finally:
        await core.preparations.close()
        with contextlib.suppress(CoreError):
            await core.credentials.uses.write()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await core.actions.stop()
        await house.supervisor.stop()


async def _react(core: Core) -> None:
    """What one fact brings about elsewhere is a new request, made here."""
    seen = core.history.newest
    await _catch_up(core)
    with core.history.listen() as listener:
        while True:
            newest = await listener.wait(seen)
            try:
                await _follow(core, seen, newest)
            except CoreError as error:
                log.warning("the log could not be followed: %s", error)
                await core.clock.sleep(RETRY_SECONDS)
            else:
                seen = newest


async def _catch_up(core: Core) -> None:
    """React to what was answered just before the yard went down, as long as it still matters."""
    try:
        page = await core.history.page(WARDEN, newest_first=True, names=ANSWERED, limit=CATCH_UP)
    except CoreError as error:
        log.warning("the log could not be read: %s", error)
        return
    for recorded in reversed(page):
        if seconds_between(recorded.fact.at, core.clock.now()) < PENDING_SECONDS:
            await _answered(core, recorded)


async def _follow(core: Core, seen: int, newest: int) -> None:
    """React to the facts with seen < number <= newest; safe to repeat."""
    while page := await core.history.page(WARDEN, after=seen, before=newest + 1, names=frozenset(REACTIONS)):
        for recorded in page:
            await REACTIONS[recorded.fact.name](core, recorded)
        seen = page[-1].number


async def _answered(core: Core, recorded: RecordedFact) -> None:
    fact = recorded.fact
    if fact.printer_id is not None and fact.body.get("answer"):
        await core.access.answered(fact.printer_id, fact.body["id"], fact.body["answer"])


async def _returned(core: Core, recorded: RecordedFact) -> None:
    if recorded.fact.printer_id is not None:
        await core.clusters.returned(recorded.fact.printer_id)


REACTIONS: dict[FactName, Callable[[Core, RecordedFact], Coroutine[Any, Any, None]]] = {
    FactName.QUESTION_ANSWERED: _answered,
    FactName.PRINTER_CONNECTED: _returned,
}
"""The facts that something follows from, and what."""


async def _housekeeping(core: Core) -> None:
    chores = (
        core.jobs.expire, core.uploads.sweep, core.files.sweep, core.sessions.sweep,
        core.oauth.sweep, core.history.sweep, core.reports.sweep, core.credentials.uses.write,
    )  # fmt: skip
    while True:
        await core.clock.sleep(HOUSEKEEPING_SECONDS)
        for chore in chores:
            try:
                await chore()
            except CoreError as error:
                log.warning("the housekeeping failed: %s", error)
