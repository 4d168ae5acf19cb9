"""Work that keeps its order although it is done by a pool of threads."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future


class Lane:
    """Does what it is given one after the other, each piece in whichever thread is free.

    Lanes that share threads take turns, so that a fast upload does not keep the slow ones from theirs.
    """

    def __init__(self, threads: Executor) -> None:
        self._threads = threads
        self._lock = threading.Lock()
        self._waiting: deque[tuple[Callable[[], object], Future[None]]] = deque()
        self._running = False

    def put(self, work: Callable[[], object]) -> Future[None]:
        """Do it after all that was put before; fails as the work does, and does not keep the next from its turn."""
        done: Future[None] = Future()
        with self._lock:
            self._waiting.append((work, done))
            if self._running:
                return done
            self._running = True
        self._threads.submit(self._turn)
        return done

    def _turn(self) -> None:
        with self._lock:
            work, done = self._waiting.popleft()
        try:
            work()
        except BaseException as error:  # noqa: BLE001 - told to whoever waits for this piece
            done.set_exception(error)
        else:
            done.set_result(None)
        with self._lock:
            self._running = bool(self._waiting)
            if not self._running:
                return
        self._threads.submit(self._turn)
