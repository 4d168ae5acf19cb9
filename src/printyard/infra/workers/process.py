"""A worker process, seen from the server: frames in, frames out, its last words into the log."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final, Protocol, Self

import printyard
from printyard.infra.workers.wire import FRAME_BYTES, LENGTH, frame

logger = logging.getLogger(__name__)

_GRACE_SECONDS: Final = 5.0
"""How long a worker may take to end after its stdin was closed."""

_PIPE_BYTES: Final = 1 << 20
_LOG_LINE_CHARACTERS: Final = 2000

_PASSED_ON: Final = ("HOME", "LANG", "LC_ALL", "PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR", "TZ", "USERPROFILE")
"""All that a worker gets of the server's environment: it reads hostile files, so it's told no secrets."""


class Link(Protocol):
    """The line to one worker."""

    @property
    def alive(self) -> bool:
        """Whether it still runs."""

    async def send(self, body: bytes) -> None:
        """Send a frame. Raises OSError when nobody listens."""

    async def receive(self) -> bytes | None:
        """The next frame; None when the worker has ended or talks nonsense."""

    async def close(self) -> None:
        """Let it end; kill it if it won't."""

    async def kill(self) -> int:
        """End it now; its exit status (negative: the signal)."""


Spawn = Callable[[], Awaitable[Link]]


def worker_command(name: str) -> tuple[str, ...]:
    """How a worker of ours is started: this interpreter, without the current folder in its module path."""
    return (sys.executable, "-P", "-m", "printyard.infra.workers", name, "--parent", str(os.getpid()))


def worker_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a worker: it finds this very package, and keeps to one thread."""
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    environment |= {
        "PYTHONPATH": str(Path(printyard.__file__).resolve().parent.parent),
        "PYTHONUNBUFFERED": "1",
        "MALLOC_ARENA_MAX": "2",
        "OPENBLAS_NUM_THREADS": "1",
        "OMP_NUM_THREADS": "1",
        "NUMBA_NUM_THREADS": "1",
    }
    return environment | dict(extra or {})


class ProcessLink:
    """A worker as a child process."""

    def __init__(self, name: str, process: asyncio.subprocess.Process) -> None:
        if process.stdin is None or process.stdout is None or process.stderr is None:
            raise ValueError("a worker needs its three pipes")
        self._name = name
        self._process = process
        self._in, self._out = process.stdin, process.stdout
        self._draining = asyncio.create_task(_drain(name, process.stderr))

    @classmethod
    async def start(cls, name: str, command: Sequence[str], environment: Mapping[str, str]) -> Self:
        """Start it in a session of its own, so that Ctrl-C in a terminal reaches the server alone."""
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *command, stdin=pipe, stdout=pipe, stderr=pipe, env=environment, start_new_session=True, limit=_PIPE_BYTES
        )
        return cls(name, process)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.returncode is None and not self._out.at_eof()

    async def send(self, body: bytes) -> None:
        if self._in.is_closing():  # it ended meanwhile: uvloop would raise RuntimeError
            raise BrokenPipeError(f"worker {self._name} has ended")
        self._in.write(frame(body))
        await self._in.drain()

    async def receive(self) -> bytes | None:
        try:
            (size,) = LENGTH.unpack(await self._out.readexactly(LENGTH.size))
            if size > FRAME_BYTES:
                return None
            return await self._out.readexactly(size)
        except (asyncio.IncompleteReadError, OSError):
            return None

    async def close(self) -> None:
        self._in.close()
        try:
            async with asyncio.timeout(_GRACE_SECONDS):
                await self._process.wait()
        except TimeoutError:
            logger.warning("worker %s did not end by itself", self._name)
        finally:
            await self.kill()

    async def kill(self) -> int:
        self._strike()
        self._in.close()
        status = await self._process.wait()
        await self._draining
        with suppress(OSError):
            await self._in.wait_closed()
        return status

    def _strike(self) -> None:
        """Kill it. `Process.kill` takes its status first, which is then lost to asyncio's watcher (that says 255)."""
        if self._process.returncode is None:
            with suppress(ProcessLookupError):
                if sys.platform == "win32":
                    self._process.kill()
                else:
                    os.kill(self._process.pid, signal.SIGKILL)


def spawner(name: str, command: Sequence[str], environment: Mapping[str, str]) -> Spawn:
    """Starts workers of one kind."""

    async def spawn() -> Link:
        return await ProcessLink.start(name, command, environment)

    return spawn


async def _drain(name: str, errors: asyncio.StreamReader) -> None:
    """Write what a worker says on stderr into the log, line by line; a line without end is cut."""
    rest = ""
    while chunk := await errors.read(8192):
        *lines, rest = (rest + chunk.decode("utf-8", "replace")).split("\n")
        if len(rest) > _LOG_LINE_CHARACTERS:
            lines, rest = [*lines, rest], ""
        for line in lines:
            logger.warning("worker %s: %s", name, line[:_LOG_LINE_CHARACTERS])
    if rest:
        logger.warning("worker %s: %s", name, rest)
