"""The queue of what people asked to be done with files: seen by those who may, shared, and ended by withdrawing it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from printyard.core.errors import Conflict, CoreError, Throttled
from printyard.core.model.preparation import UNDER_WAY, Preparation, Stage
from printyard.core.ports.time import Clock
from printyard.core.ports.workers import Watch

MOST_UNDER_WAY: Final = 100
MOST_KEPT: Final = 100
"""Of those that ended after somebody was told to come again for them."""

T = TypeVar("T")
Doing = Callable[[Watch], Coroutine[Any, Any, T]]


class Errand:
    """One preparation: what is shown of it, and the task that does it.

    `told`: somebody was told to come again for it, so that it's kept for a while when it has ended.
    """

    def __init__(self, shown: Preparation, doing: Doing[Any]) -> None:
        self.shown, self.told = shown, False
        self.task = asyncio.create_task(self._run(doing))

    def show(self, **changes: Any) -> None:  # noqa: ANN401
        """Change what is shown."""
        self.shown = replace(self.shown, **changes)

    async def _run(self, doing: Doing[Any]) -> Any:  # noqa: ANN401
        try:
            result = await doing(self._watch)
        except CoreError as error:
            self.show(stage=Stage.FAILED, code=error.code, message=error.message)
            raise
        except Exception:
            self.show(stage=Stage.FAILED, code="error", message="The server failed to do this.")
            raise
        self.show(stage=Stage.DONE, fraction=1.0)
        return result

    def _watch(self, fraction: float) -> None:
        self.show(stage=Stage.WORKING, fraction=max(fraction, self.shown.fraction))


class Errands:
    """All that is under way, in the order in which it was asked for, and what ended lately."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._errands: dict[str, Errand] = {}

    async def do(self, wanted: Preparation, doing: Doing[T], seconds: float) -> T | Preparation:
        """The result, if it comes in time; else what is shown of the work, which goes on.

        Who asks for what they have asked for already waits for the same work. Raises Throttled, Conflict (it was
        withdrawn), and what the work raises.
        """
        errand = self._same(wanted) or self._begun(wanted, doing)
        task: asyncio.Task[T] = errand.task
        timer = asyncio.create_task(self._clock.sleep(seconds))
        try:
            await asyncio.wait({task, timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
        if not task.done():
            errand.told = True
            return errand.shown
        if task.cancelled():
            raise Conflict("The work was withdrawn.")
        return task.result()

    def all(self) -> list[Preparation]:
        """What is shown of each."""
        return [errand.shown for errand in self._errands.values()]

    def note(self, preparation_id: str, **changes: Any) -> None:  # noqa: ANN401
        """Show something more of it, if it is still there."""
        if preparation_id in self._errands:
            self._errands[preparation_id].show(**changes)

    async def withdraw(self, preparation_id: str) -> None:
        """Take one out, and end it if it is under way."""
        errand = self._errands.pop(preparation_id, None)
        if errand is not None:
            errand.task.cancel()
            await asyncio.wait({errand.task})

    async def close(self) -> None:
        """End all."""
        for preparation_id in list(self._errands):
            await self.withdraw(preparation_id)

    def _same(self, wanted: Preparation) -> Errand | None:
        under_way = (errand for errand in self._errands.values() if errand.shown.stage in UNDER_WAY)
        return next((errand for errand in under_way if _asks(errand.shown) == _asks(wanted)), None)

    def _begun(self, wanted: Preparation, doing: Doing[Any]) -> Errand:
        if sum(errand.shown.stage in UNDER_WAY for errand in self._errands.values()) >= MOST_UNDER_WAY:
            raise Throttled("The workers have enough to do: come again later.", retry_after_seconds=10.0)
        errand = self._errands[wanted.id] = Errand(wanted, doing)
        errand.task.add_done_callback(lambda done: self._ended(wanted.id, done))
        return errand

    def _ended(self, preparation_id: str, done: "asyncio.Task[Any]") -> None:
        """Forget it, unless somebody was told to come again; of those the oldest go."""
        if not done.cancelled():
            done.exception()  # heard by whoever waits, and shown
        errand = self._errands.get(preparation_id)
        if errand is not None and not errand.told:
            del self._errands[preparation_id]
        ended = [key for key, kept in self._errands.items() if kept.shown.stage not in UNDER_WAY]
        for key in ended[:-MOST_KEPT]:
            del self._errands[key]


def _asks(shown: Preparation) -> tuple[object, ...]:
    """By whom, what, with which file, for which printer, and whether by force."""
    return shown.asked_by, shown.work, shown.file_id, shown.printer_id, shown.force
