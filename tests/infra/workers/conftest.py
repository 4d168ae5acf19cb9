"""A clock that the test turns, and workers without processes."""

import asyncio
import io
from collections import Counter, deque
from collections.abc import Callable

import pytest

from printyard.core.model.value import Instant
from printyard.infra.workers.process import ProcessLink, worker_command, worker_environment
from printyard.infra.workers.tasks import read_task
from printyard.infra.workers.wire import LENGTH
from printyard.infra.workers.worker import Answering


class TurnedClock:
    """Time stands until `turn`."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._sleepers: list[tuple[float, asyncio.Future]] = []

    def now(self) -> Instant:
        return Instant(round(self.seconds * 1_000_000))

    async def sleep(self, seconds: float) -> None:
        waking = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.seconds + seconds, waking))
        await waking

    async def turn(self, seconds: float) -> None:
        await settle()
        self.seconds += seconds
        for at, waking in self._sleepers:
            if at <= self.seconds and not waking.done():
                waking.set_result(None)
        await settle()


async def settle() -> None:
    """Let everything run that can."""
    for _ in range(20):
        await asyncio.sleep(0)


class ScriptedLink:
    """A worker that says what the test puts into `replies`; None: it has died."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.replies: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.alive = True
        self.ended = ""
        self.status = -9
        self.deaf = False

    async def send(self, body: bytes) -> None:
        if self.deaf:
            raise BrokenPipeError
        self.heard.append(body)

    async def receive(self) -> bytes | None:
        return await self.replies.get()

    async def close(self) -> None:
        self.alive, self.ended = False, "closed"

    async def kill(self) -> int:
        self.alive, self.ended = False, "killed"
        return self.status


class InsideLink:
    """A worker's own code, answering in this process. `tasks` counts what it was asked, by kind."""

    def __init__(self, handlers) -> None:
        self.tasks = Counter()
        self.alive = True
        self._output = io.BytesIO()
        self._answering = Answering(handlers, self._output)
        self._frames: deque[bytes] = deque()

    async def send(self, body: bytes) -> None:
        self.tasks[type(read_task(body))] += 1
        self._output.seek(0)
        self._output.truncate()
        await asyncio.to_thread(self._answering.answer, body)
        said = self._output.getvalue()
        while said:
            (size,) = LENGTH.unpack(said[: LENGTH.size])
            self._frames.append(said[LENGTH.size : LENGTH.size + size])
            said = said[LENGTH.size + size :]

    async def receive(self) -> bytes | None:
        return self._frames.popleft()

    async def close(self) -> None:
        self.alive = False

    async def kill(self) -> int:
        self.alive = False
        return 0


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
async def start_worker():
    """Starts real worker processes, and sees to their end."""
    links = []

    async def start(name: str = "camera", command: tuple[str, ...] = ()) -> ProcessLink:
        link = await ProcessLink.start(name, command or worker_command(name), worker_environment())
        links.append(link)
        return link

    yield start
    for link in links:
        await link.kill()


@pytest.fixture
def inside() -> Callable:
    return InsideLink


@pytest.fixture
def scripted() -> Callable:
    return ScriptedLink


@pytest.fixture
def settled() -> Callable:
    return settle
