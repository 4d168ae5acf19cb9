"""The worker's own side: takes one task after the other from stdin, and dies with the server.

Nothing else may use the pipes: prints of libraries go to stderr, which the server writes into its log.
"""

import errno
import os
import queue
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, BinaryIO, Final

import msgspec

from printyard.core.errors import CoreError, Invalid, StorageFull
from printyard.infra.workers.tasks import Echo, read_task
from printyard.infra.workers.wire import LENGTH, OUT_OF_MEMORY, Done, Failed, Progress, encode, frame

MEMORY_BYTES: Final = 300_000_000
"""What a worker may hold for itself; what it maps of files doesn't count."""

_WATCH_SECONDS: Final = 0.1
_PROGRESS_SECONDS: Final = 0.2
_NICENESS: Final = 5
_PR_SET_PDEATHSIG: Final = 1
_SIGKILL: Final = 9

Report = Callable[[float], None]
Handler = Callable[[Any, Report], object]
Handlers = Mapping[type, Handler]


def serve(handlers: Handlers, parent: int, memory_bytes: int = MEMORY_BYTES) -> None:
    """Work until the server hangs up, or dies."""
    die_with(parent)
    tasks, replies = _take_pipes()
    _limit_memory(memory_bytes)
    waiting: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(target=_read_frames, args=(tasks, waiting), daemon=True).start()
    answering = Answering({Echo: _echo, **handlers}, replies)
    while True:
        answering.answer(waiting.get())


class Answering:
    """Does tasks, and writes what comes of them."""

    def __init__(self, handlers: Handlers, replies: BinaryIO) -> None:
        self._handlers = handlers
        self._replies = replies
        self._told_at = 0.0

    def answer(self, body: bytes) -> None:
        """Do one task, and say what came of it."""
        try:
            task = read_task(body)
            answer = self._handlers[type(task)](task, self._report)
            reply: Done | Failed = Done(msgspec.Raw(encode(answer)))
        except Exception as error:  # noqa: BLE001 - whatever a hostile file brought about
            reply = failed(error)
        self._say(reply)

    def _report(self, fraction: float) -> None:
        now = time.monotonic()
        if now - self._told_at >= _PROGRESS_SECONDS:
            self._told_at = now
            self._say(Progress(fraction))

    def _say(self, reply: Progress | Done | Failed) -> None:
        self._replies.write(frame(encode(reply)))
        self._replies.flush()


def _echo(task: Echo, _report: Report) -> str:
    return task.text


def failed(error: Exception) -> Failed:
    """What the server is told of an error; one that nobody foresaw goes to the log too."""
    if isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT}:
        error = StorageFull("The disk is full.")
    elif isinstance(error, MemoryError):
        error = Invalid("The file needs more memory than it may have.", code="out_of_memory")
    elif not isinstance(error, CoreError):
        traceback.print_exception(error, limit=-8)
        error = Invalid("The file could not be worked on.", code="worker_failed")
    return Failed(type(error).__name__, error.code, error.message)


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """Keep stdin and stdout to ourselves."""
    tasks, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.close(nothing)
    os.dup2(2, 1)
    return tasks, replies


def _read_frames(tasks: BinaryIO, waiting: "queue.SimpleQueue[bytes]") -> None:
    while len(head := tasks.read(LENGTH.size)) == LENGTH.size:
        (size,) = LENGTH.unpack(head)
        waiting.put(tasks.read(size))
    # The server hung up or is gone. What is under way is for nobody, and the server removes half-written files.
    os._exit(0)


def die_with(parent: int) -> None:
    """Ask the kernel for a SIGKILL when the server dies, and give way to the server's loop."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, _SIGKILL)
        if os.getppid() != parent:  # it died before we asked
            os._exit(0)
    if sys.platform != "win32":
        os.nice(_NICENESS)


def _limit_memory(size: int) -> None:
    """End this process when it holds more; a leap past twice as much is refused by the kernel."""
    if sys.platform != "linux":
        return
    import resource

    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (2 * size, 2 * size))
    threading.Thread(target=_watch_memory, args=(size,), daemon=True).start()


def _watch_memory(size: int) -> None:
    statm = Path("/proc/self/statm")
    page = os.sysconf("SC_PAGE_SIZE")
    while True:
        _, resident, shared, *_ = map(int, statm.read_text().split())
        if (resident - shared) * page > size:
            os._exit(OUT_OF_MEMORY)
        time.sleep(_WATCH_SECONDS)
