"""Actions: what clients ask for and come back later to see what became of it; their fate is recorded with commands'."""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from typing import Any, ClassVar

from printyard.core.commands import Command, CommandRecord, Envelope, Fate
from printyard.core.deadline import within
from printyard.core.errors import CoreError, NotFound
from printyard.core.model.user import Principal
from printyard.core.model.value import Id, Value, after
from printyard.core.ports.store import Store
from printyard.core.ports.time import Clock, Ids

log = logging.getLogger(__name__)

ACTION_SECONDS = 60.0
"""How long an action may take."""

PICTURES = 64
"""How many pictures are kept for those who come back for them."""

UNDECIDED = frozenset({Fate.PENDING, Fate.SENT})

Work = Callable[[], Coroutine[Any, Any, bytes | None]]
"""What an action does; a picture, if it is one. Raises what the core raises."""


class Errand(Command):
    """Something that was asked of the yard rather than of a device: it goes by its own name."""

    word: ClassVar[str] = "errand"
    what: str
    subject: str = ""


class Action(Value):
    """One action as it stands. `lost`: nobody knows any more what became of it, since the server was stopped."""

    record: CommandRecord
    lost: bool


class Actions:
    """The actions that are under way, and the fate of all."""

    def __init__(self, store: Store, clock: Clock, ids: Ids) -> None:
        self._store, self._clock, self._ids = store, clock, ids
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._pictures: OrderedDict[str, bytes] = OrderedDict()

    async def begin(self, principal: Principal, printer_id: str, errand: Errand, work: Work) -> Id:
        """Begin one; its id, once it is recorded. Rights are asked before: whoever may not, never gets an id."""
        now = self._clock.now()
        envelope = Envelope(
            id=self._ids.new(), command=errand, principal_id=principal.id, at=now, deadline=after(now, ACTION_SECONDS)
        )
        await self._record(envelope, printer_id, Fate.PENDING)
        task = asyncio.create_task(self._carry(envelope, printer_id, work), name=f"{errand.what} {envelope.id}")
        self._under_way[envelope.id] = task
        task.add_done_callback(lambda _: self._under_way.pop(envelope.id, None))
        return envelope.id

    async def get(self, principal: Principal, action_id: str) -> Action:
        """What became of one. Raises NotFound, also for one at a printer that the caller may not see."""
        # Looked up first: what ends while its record is read is not lost.
        known = action_id in self._under_way
        found = await self._store.read(lambda tx: tx.commands.get(principal.scope, action_id))
        if found is None or found.word != Errand.word:
            raise NotFound("There is no such action.")
        return Action(record=found, lost=found.fate in UNDECIDED and not known)

    def picture(self, action_id: str) -> bytes:
        """The picture that an action took. Raises NotFound (it took none, or was long ago)."""
        if action_id not in self._pictures:
            raise NotFound("There is no such picture.")
        return self._pictures[action_id]

    async def stop(self) -> None:
        """Give up what is under way."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _carry(self, envelope: Envelope, printer_id: str, work: Work) -> None:
        try:
            await self._record(envelope, printer_id, Fate.SENT)
            picture = await within(self._clock, ACTION_SECONDS, work())
            if picture is not None:
                self._pictures[envelope.id] = picture
                while len(self._pictures) > PICTURES:
                    self._pictures.popitem(last=False)
            await self._record(envelope, printer_id, Fate.DONE)
        except TimeoutError:
            await self._record(envelope, printer_id, Fate.EXPIRED, "It took too long.")
        except CoreError as error:
            await self._record(envelope, printer_id, Fate.REFUSED, error.message)
        except Exception:
            log.exception("an action failed")
            await self._record(envelope, printer_id, Fate.EXPIRED, "Something went wrong.")

    async def _record(self, envelope: Envelope, printer_id: str, fate: Fate, reason: str = "") -> None:
        await self._store.write(lambda tx: tx.commands.put(envelope, printer_id, fate, reason))
