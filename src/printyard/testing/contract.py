"""What every API and driver promises, as assertions that a plug-in's own tests can make too."""

import asyncio
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import msgspec

from printyard.core.commands import COMMANDS, Command
from printyard.core.model.machine import MachineModel
from printyard.core.model.printer import Printer
from printyard.core.model.user import HOME
from printyard.core.model.value import Id
from printyard.core.ports.driver import Driver, DriverContext, DriverSpec, Report
from printyard.core.ports.facets import Facets
from printyard.infra.blobs.local import LocalBlobs
from printyard.serving.spec import ApiSpec
from printyard.testing.clock import ManualClock
from printyard.testing.ids import SeededIds
from printyard.testing.plans import BlankRenderer, ReferencePlans

NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
ROOT = re.compile(r"(/[A-Za-z0-9._~-]+)+|/")
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "WEBSOCKET"})
SUPPORT = frozenset({"done", "stub", "exempt"})


def check_driver_spec(spec: DriverSpec) -> None:
    """A driver's spec makes sense: names, machines and a form."""
    assert NAME.fullmatch(spec.name), spec.name
    assert spec.title.strip(), spec.name
    assert issubclass(spec.settings, msgspec.Struct)
    assert spec.machines, f"{spec.name} drives nothing"
    assert len({machine.id for machine in spec.machines}) == len(spec.machines), "machines share an id"
    for machine in spec.machines:
        check_machine(machine)
    msgspec.json.schema(spec.settings)  # the form of "add printer" is made of it


def check_machine(machine: MachineModel) -> None:
    """A kind of machine has the figures that a print needs."""
    assert machine.id, machine
    assert machine.variant, machine
    assert machine.flavor, machine
    assert machine.tools >= 1, machine
    speeds = (machine.max_speed.x, machine.max_speed.y, machine.max_speed.z, machine.max_feeder_speed)
    assert all(figure > 0 for figure in (*machine.volume_mm, *speeds, machine.acceleration)), machine
    assert machine.filament_diameter_mm in {1.75, 2.85}, machine


def check_api_spec(spec: ApiSpec) -> None:
    """An API's spec makes sense: roots of whole segments, and public operations that can be."""
    assert NAME.fullmatch(spec.name), spec.name
    assert spec.title.strip(), spec.name
    assert spec.roots, f"{spec.name} answers nowhere"
    for root in (*spec.roots, *spec.owns):
        assert ROOT.fullmatch(root), f"{spec.name}: {root} is no path of whole segments"
    for method, path in spec.public:
        assert method in METHODS, f"{spec.name}: {method} {path}"
        assert path.startswith("/"), f"{spec.name}: {method} {path}"
    spec.settings()


def check_support(name: str, table: Mapping[str, Any], tests: str) -> None:
    """An API's support.toml says of each operation that it is done, a stub or exempt, and does not lie.

    `tests` is the text of the API's tests: "done" only if they name the operation's path or its last word. Beside
    [operations] there may be tables of what is no part of that document; [further] has reasons, and no states.
    """
    assert table["operations"], f"{name} has no operations"
    sections: list[Mapping[str, str]] = [rows for section, rows in table.items() if section != "further"]
    operations = {operation: support for rows in sections for operation, support in rows.items()}
    assert len(operations) == sum(map(len, sections)), f"{name} has an operation twice"
    for operation, support in operations.items():
        state, _, reason = support.partition(": ")
        assert state in SUPPORT, f"{name}: {operation} is {support!r}"
        assert state == "done" or reason.strip(), f"{name}: {operation} is {state} without a reason"
        if state == "done":
            assert _named(operation, tests), f"{name}: {operation} is done, and no test names it"


def _named(operation: str, tests: str) -> bool:
    """Whether the fixed words of an operation's path stand in the tests; parameters stand there with their values."""
    _, _, path = operation.partition(" ")
    words = [word for word in re.split(r"[/?]", path or operation) if word and not word.startswith("{")]
    return all(re.search(rf"(?<![A-Za-z]){re.escape(word)}(?![A-Za-z])", tests) for word in words[-2:])


class Conversation:
    """A driver at work outside of a house: what it reported, and how its talk ended."""

    def __init__(self, driver: Driver, clock: ManualClock, blobs: LocalBlobs) -> None:
        self.driver, self.clock, self.blobs = driver, clock, blobs
        self.reports: list[Report] = []
        self._task: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Begin to talk."""
        self._task = asyncio.create_task(self.driver.run(self.reports.append))
        await self.clock.advance(2.0)

    async def hang_up(self) -> None:
        """Cancel the talk; it ends at once and raises nothing of its own."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError, OSError):
                await self._task

    @property
    def lost(self) -> BaseException | None:
        """What the talk was ended by, or None while it goes on."""
        return self._task.exception() if self._task is not None and self._task.done() else None

    def seen(self, field: str) -> Any:  # noqa: ANN401
        """The newest value of a field that was reported; UNSET if none was."""
        values = (getattr(report, field) for report in reversed(self.reports))
        return next((value for value in values if value is not msgspec.UNSET), msgspec.UNSET)


@asynccontextmanager
async def conversation(
    spec: DriverSpec, settings: Mapping[str, Any], folder: Path, clock: ManualClock | None = None
) -> AsyncIterator[Conversation]:
    """A driver opened on its own, with everything that it needs of the house."""
    clock = clock or ManualClock()
    ids = SeededIds(clock)
    blobs = LocalBlobs(folder, clock, ids, reserve_bytes=0)
    await blobs.start()
    plans = folder / "plans"
    plans.mkdir(exist_ok=True)
    form = msgspec.convert(dict(settings), spec.settings, strict=False)
    machine_id = spec.identify(form)
    machine = next(machine for machine in spec.machines if machine.id == machine_id)
    printer = Printer(
        id=Id("00000000-0000-7000-8000-000000000001"), organization_id=HOME, group_id=Id("g"), slug="luke", name="Luke",
        driver=spec.name, model_id=machine.id, device_guid="b5f4a02e-0000-4000-8000-000000000001",
        created_at=clock.now(), settings=dict(settings),
    )  # fmt: skip
    context = DriverContext(
        printer=printer, machine=machine, folder=folder / "device", clock=clock, ids=ids, blobs=blobs,
        plans=ReferencePlans(blobs, plans), renderer=BlankRenderer(),
        color=_no_color,
    )  # fmt: skip
    talk = Conversation(spec.open(context, form), clock, blobs)
    try:
        with clock.including_threads():
            yield talk
    finally:
        await talk.hang_up()
        await blobs.close()


async def _no_color(_: str) -> str:
    return ""


def check_driver(driver: Driver) -> None:
    """A driver says what it can do in the house's words."""
    supports: frozenset[type[Command]] = driver.supports
    assert supports <= frozenset(COMMANDS)
    assert isinstance(driver.facets, Facets)
