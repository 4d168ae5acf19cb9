"""The event stream's inside: facts from the log and differences of views, made once for all who may see the same.

A feed belongs to one set of visible things. It remembers what it last sent of each printer, so one difference and one
encoding serve all its listeners; whoever joins gets just that, and then the same frames as the others.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Coroutine, Iterable
from typing import Any

import msgspec

from printyard.apis.yard import schemas
from printyard.apis.yard.frames import difference, is_news
from printyard.apis.yard.translate import event_of
from printyard.apis.yard.views import View, Views
from printyard.core.errors import NotFound, Throttled
from printyard.core.events import FactName, RecordedFact
from printyard.core.facade import Core
from printyard.core.fleet.board import Changes
from printyard.core.model.user import Principal, Scope
from printyard.core.ports.bus import Listener
from printyard.serving.listening import WITHDRAWING, frame
from printyard.serving.outbox import Outbox

log = logging.getLogger(__name__)

TICK_SECONDS = 0.25
PAGE = 500
STREAM_LIMIT = 1000


class Watched(msgspec.Struct, frozen=True):
    """What a listener sees: the printers of a scope (or one of them), and the facts of these names."""

    scope: Scope
    names: frozenset[FactName]
    printer_id: str | None = None


class Feed:
    """All that one set of visible things tells, to all who listen to it."""

    def __init__(self, core: Core, views: Views, principal: Principal, watched: Watched) -> None:
        self._core, self._views, self._principal, self._watched = core, views, principal, watched
        self._sent: dict[str, schemas.Printer] = {}
        self._seen = core.history.newest
        self._tasks: list[asyncio.Task[None]] = []
        self._ears = contextlib.ExitStack()
        self.outboxes: set[Outbox] = set()

    async def listen(self, outbox: Outbox, cursor: int | None) -> AsyncIterator[bytes]:
        """The frames with which a listener begins; the rest comes to its outbox, which is known when this ends.

        The missed facts first, then a whole view of every printer. Without a cursor nothing was missed.
        """
        if not self._tasks:
            self._seen = self._core.history.newest
        start = self._seen if cursor is None else cursor
        yield frame("hello", {"epoch": self._core.epoch, "newest": self._seen})
        if cursor is not None and (reset := await self._lost(cursor)) is not None:
            start = self._seen
            yield reset
        async for data in self._missed(start):
            yield data
        # From here to the end nothing waits: what is sent now is just what the next difference is measured from.
        if not self._tasks:
            self._start()
        self.outboxes.add(outbox)
        for printer in self._sent.values():
            outbox.put(frame("printer", printer))

    def leave(self, outbox: Outbox) -> None:
        """A listener has gone; with the last one the feed stops."""
        self.outboxes.discard(outbox)
        if not self.outboxes:
            self._stop()

    def _start(self) -> None:
        self._sent = {view.snapshot.printer.id: view.printer for view in self._visible()}
        changes = self._ears.enter_context(self._core.printers.board.changes())
        listener = self._ears.enter_context(self._core.history.listen())
        self._tasks = [
            asyncio.create_task(self._guarded(self._follow_printers(changes))),
            asyncio.create_task(self._guarded(self._follow_facts(listener))),
        ]

    def _stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        self._tasks = []
        self._ears.close()

    async def _guarded(self, following: Coroutine[Any, Any, None]) -> None:
        """A feed that fails ends its listeners: they come back with their cursor."""
        try:
            await following
        except Exception:
            log.exception("an event feed failed")
            for outbox in self.outboxes:
                outbox.close()

    async def _lost(self, cursor: int) -> bytes | None:
        """The frame for a cursor from which nobody can go on: older than what is kept, or of another log."""
        oldest, newest = await self._core.history.oldest(), self._core.history.newest
        if cursor + 1 >= oldest and cursor <= newest:
            return None
        return frame("reset", {"oldest": oldest, "newest": newest})

    async def _missed(self, cursor: int) -> AsyncIterator[bytes]:
        while cursor < self._seen:
            page = await self._page(cursor, self._seen + 1)
            if told := self._told(page):
                yield told
            cursor = page[-1].number if len(page) == PAGE else self._seen

    async def _follow_facts(self, listener: Listener) -> None:
        while True:
            newest = await listener.wait(self._seen)
            while self._seen < newest:
                page = await self._page(self._seen, newest + 1)
                self._seen = page[-1].number if len(page) == PAGE else newest
                if told := self._told(page):
                    self._post(told)
                if any(recorded.fact.name in WITHDRAWING for recorded in page):
                    for outbox in self.outboxes:
                        outbox.doubt()

    async def _follow_printers(self, changes: Changes) -> None:
        while True:
            if told := self._changed(await changes.take()):
                self._post(told)
            await self._core.clock.sleep(TICK_SECONDS)

    def _changed(self, dirty: set[str]) -> bytes:
        """Frames for what is different from what was last sent."""
        frames: list[bytes] = []
        for printer_id in dirty:
            before, view = self._sent.get(printer_id), self._view(printer_id)
            if view is None:
                if before is not None:
                    del self._sent[printer_id]
                    frames.append(frame("removed", {"slug": before.slug}))
            elif before is None:
                self._sent[printer_id] = view.printer
                frames.append(frame("printer", view.printer))
            elif is_news(patch := difference(before, view.printer)):
                self._sent[printer_id] = view.printer
                frames.append(frame("delta", {"slug": before.slug, "patch": patch}))
        return b"".join(frames)

    def _view(self, printer_id: str) -> View | None:
        """The newest view of one printer; None if it is gone, or not for this feed."""
        if self._watched.printer_id not in {None, printer_id}:
            return None
        try:
            return self._views.of(self._principal, self._core.printers.board.get(self._watched.scope, printer_id))
        except NotFound:
            return None

    def _visible(self) -> list[View]:
        return [
            self._views.of(self._principal, shown)
            for shown in self._core.printers.board.all(self._watched.scope)
            if self._watched.printer_id in {None, shown.printer.id}
        ]

    async def _page(self, after: int, before: int) -> list[RecordedFact]:
        return await self._core.history.page(self._principal, after=after, before=before, limit=PAGE)

    def _told(self, page: Iterable[RecordedFact]) -> bytes:
        watched = self._watched
        slugs: dict[str, str] = {
            shown.printer.id: shown.printer.slug for shown in self._core.printers.board.all(watched.scope)
        }
        return b"".join(
            frame("fact", event_of(recorded, slugs.get(recorded.fact.printer_id or "")), recorded.number)
            for recorded in page
            if recorded.fact.name in watched.names and watched.printer_id in {None, recorded.fact.printer_id}
        )

    def _post(self, data: bytes) -> None:
        for outbox in self.outboxes:
            outbox.put(data)


class Push:
    """All feeds of the API."""

    def __init__(self, core: Core, views: Views) -> None:
        self._core, self._views = core, views
        self._feeds: dict[Watched, Feed] = {}

    def feed(self, principal: Principal, watched: Watched) -> Feed:
        """The feed of a set of visible things. Raises Throttled beyond so many listeners."""
        self._feeds = {key: feed for key, feed in self._feeds.items() if feed.outboxes or key == watched}
        if sum(len(feed.outboxes) for feed in self._feeds.values()) >= STREAM_LIMIT:
            raise Throttled("Too many event streams are open.", 10.0)
        feed = self._feeds.get(watched)
        if feed is None:
            feed = self._feeds[watched] = Feed(self._core, self._views, principal, watched)
        return feed
