"""A yard's surroundings for virtual printers: a clock that tests wind, plans made in this process, blobs in memory."""

import asyncio
import gzip
import hashlib
import heapq
import io
import itertools
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from printyard.core.errors import Invalid, NotFound
from printyard.core.model.file import Analysis, Blob, FileKind
from printyard.core.model.printer import Printer
from printyard.core.model.value import MICROSECONDS, Id, Instant
from printyard.core.ports.driver import DriverContext
from printyard.drivers.virtual import DRIVER
from printyard.drivers.virtual.settings import VirtualSettings
from printyard.gcode.check import FactsReader
from printyard.gcode.container import SourceKind
from printyard.gcode.estimate import GcodeError
from printyard.gcode.plan import Plan
from printyard.infra.workers.analyst import analysis_of

try:
    from printyard.gcode.kernel import analyse
except ImportError:
    from printyard.gcode.reference import analyse

DATA = Path(__file__).resolve().parents[2] / "data" / "gcode"
FILES = sorted(path.name.removesuffix(".gcode.gz") for path in DATA.glob("*.gcode.gz"))
START = Instant(1_700_000_000 * MICROSECONDS)


class WoundClock:
    """core.ports.time.Clock that goes only when a test winds it."""

    def __init__(self):
        self._now = START
        self._sleepers = []
        self._order = itertools.count()

    def now(self):
        return self._now

    async def sleep(self, seconds):
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        await self._sleeper(seconds)

    def later(self, seconds, work):
        if seconds <= 0:
            return asyncio.get_running_loop().call_soon(work).cancel
        waiting = self._sleeper(seconds)
        waiting.add_done_callback(lambda done: None if done.cancelled() else work())
        return waiting.cancel

    def _sleeper(self, seconds):
        waiting = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._now + round(seconds * MICROSECONDS), next(self._order), waiting))
        return waiting

    async def wind(self, seconds):
        """Let so much time pass; each sleeper wakes at its own instant."""
        goal = self._now + round(seconds * MICROSECONDS)
        await self.settle()
        while self._sleepers and self._sleepers[0][0] <= goal:
            self._now, _, waiting = heapq.heappop(self._sleepers)
            if not waiting.done():
                waiting.set_result(None)
                await self.settle()
        self._now = Instant(goal)
        await self.settle()

    def jump(self, seconds):
        """Let time pass that nobody notices."""
        self._now = Instant(self._now + round(seconds * MICROSECONDS))

    async def settle(self):
        """Let everything that can run do so, threads too."""
        for _ in range(6):
            await asyncio.sleep(0)


class CountedIds:
    def __init__(self):
        self._count = itertools.count(1)

    def new(self):
        return Id(f"00000000-0000-7000-8000-{next(self._count):012x}")

    def secret(self, size):
        return hashlib.sha256(str(next(self._count)).encode()).digest()[:size]


class MemoryPartial:
    def __init__(self, blobs):
        self._blobs, self._bytes = blobs, bytearray()

    async def write(self, chunk):
        self._bytes += chunk

    async def finish(self, name):
        return self._blobs.put(bytes(self._bytes))

    async def abandon(self):
        self._bytes.clear()


class MemoryBlobs:
    def __init__(self):
        self.bytes = {}

    def put(self, raw):
        plain = gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
        blob = Blob(
            sha256=hashlib.sha256(raw).hexdigest(),
            size=len(raw),
            kind=FileKind.GCODE_GZIP if plain is not raw else FileKind.GCODE,
            created_at=START,
            content_sha256=hashlib.sha256(plain).hexdigest(),
            content_size=len(plain),
        )
        self.bytes[blob.sha256] = plain
        return blob

    async def begin(self, limit=None):
        return MemoryPartial(self)


class InProcessPlans:
    """core.ports.workers.Plans without workers: each plan is made once for all tests of the run."""

    made: dict[str, tuple[Path, Analysis]] = {}

    def __init__(self, blobs, folder):
        self._blobs, self._folder = blobs, folder
        self.opened = 0

    def _make(self, blob, limits):
        key = f"{blob.content_sha256}-{limits.key()}"
        if key not in self.made:
            raw = self._blobs.bytes.get(blob.sha256)
            if raw is None:
                raise NotFound("The file is gone.")
            path = self._folder / f"{key}.plan"
            try:
                estimate = analyse(io.BytesIO(raw), limits, path)
            except GcodeError as error:
                raise Invalid(f"The G-code makes no sense: {error}.", code="gcode") from error
            with Plan.open(path) as plan:
                reader = FactsReader()
                reader.feed(raw)
                facts = reader.facts(SourceKind.GCODE)
                self.made[key] = path, analysis_of(facts, estimate, plan.summary, limits)
        return self.made[key]

    @asynccontextmanager
    async def open(self, blob, limits):
        if blob.sha256 not in self._blobs.bytes:
            raise NotFound("The file is gone.")
        path, _ = self._make(blob, limits)
        plan = Plan.open(path)
        self.opened += 1
        try:
            yield plan
        finally:
            self.opened -= 1
            plan.close()

    async def analyse(self, blob, limits):
        return self._make(blob, limits)[1]

    def path(self, blob, limits):
        return self._make(blob, limits)[0]


class SketchRenderer:
    """core.ports.workers.Renderer that draws nothing, and remembers what it was asked for."""

    def __init__(self):
        self.scenes = []

    async def render(self, scene):
        self.scenes.append(scene)
        return b"\xff\xd8" + str(len(self.scenes)).encode() + b"\xff\xd9"


async def color_of(guid):
    """A color for each material, the same whenever it is asked for."""
    return f"#{hashlib.sha256(guid.encode()).hexdigest()[:6]}" if guid else ""


class Bench:
    """One virtual printer on the bench: its driver, its clock, and what it has reported."""

    color_of = staticmethod(color_of)

    def __init__(self, folder, plans, blobs, clock, **settings):
        self.folder, self.clock, self.blobs, self.plans = folder, clock, blobs, plans
        self.ids, self.renderer = CountedIds(), SketchRenderer()
        self.settings = VirtualSettings(**({"seed": 7} | settings))
        self.reports, self.state = [], {}
        self.error = None
        self._task = None
        self._open()

    def _open(self):
        machine_id = DRIVER.identify(self.settings)
        machine = next(machine for machine in DRIVER.machines if machine.id == machine_id)
        printer = Printer(
            id=Id("0192d3a0-0000-7000-8000-000000000001"), organization_id=Id("home"), group_id=Id("g"), slug="luke",
            name="Luke", driver="virtual", model_id=machine.id, device_guid="d", created_at=START,
        )  # fmt: skip
        self.machine = machine
        self.driver = DRIVER.open(
            DriverContext(
                printer=printer, machine=machine, folder=self.folder, clock=self.clock, ids=self.ids, blobs=self.blobs,
                plans=self.plans, renderer=self.renderer, color=color_of,
            ),
            self.settings,
        )  # fmt: skip

    def _take(self, report):
        self.reports.append(report)
        for name in report.__struct_fields__:
            value = getattr(report, name)
            if (value is not __import__("msgspec").UNSET and value != ()) or (name == "faults" and value == ()):
                self.state[name] = value

    def __getattr__(self, name):
        try:
            return self.__dict__["state"][name]
        except KeyError:
            raise AttributeError(name) from None

    async def connect(self):
        self._task = asyncio.ensure_future(self.driver.run(self._take))
        await self.wind(0)

    async def wind(self, seconds):
        await self.until(lambda: False, seconds, strict=False)

    async def until(self, condition, seconds=36_000.0, *, strict=True):
        """Wind the clock until something holds; at most so long."""
        goal = self.clock.now() + round(seconds * MICROSECONDS)
        while True:
            await self._idle()
            if condition():
                return
            if self.clock.now() >= goal:
                assert not strict, "it never came to that"
                return
            step = min((goal - self.clock.now()) / MICROSECONDS, 1.0)
            await self.clock.wind(step)

    async def _idle(self):
        """Wait for the journal's thread."""
        board = self.driver._board
        for _ in range(2000):
            await self.clock.settle()
            if not board._turn.locked():
                return
            await asyncio.sleep(0.0005)

    async def do(self, command):
        await self.driver.execute(command)
        await self._idle()

    async def disconnect(self):
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def restart(self, seconds=0.0):
        """The server is killed, some time passes, and it starts again with the same folder."""
        await self.disconnect()
        self.clock.jump(seconds)
        self.reports, self.state = [], {}
        self._open()
        await self.connect()

    def file(self, name):
        return self.blobs.put((DATA / f"{name}.gcode.gz").read_bytes())


@pytest.fixture(scope="session")
def plan_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("plans")


@pytest.fixture
def clock():
    return WoundClock()


@pytest.fixture
async def bench(tmp_path, plan_folder, clock):
    """Makes benches: `await bench(model=..., speed=...)`."""
    made = []
    numbers = itertools.count()

    async def make(*, connect=True, folder=None, **settings):
        blobs = MemoryBlobs()
        where = folder or tmp_path / f"printer{next(numbers)}"
        one = Bench(where, InProcessPlans(blobs, plan_folder), blobs, clock, **settings)
        made.append(one)
        if connect:
            await one.connect()
        return one

    yield make
    for one in made:
        await one.disconnect()
        assert one.plans.opened == 0
