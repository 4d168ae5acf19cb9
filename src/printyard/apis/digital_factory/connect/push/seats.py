"""A listener's seat at a feed: the facts that it missed, then whole statuses, then what the others hear too."""

from collections.abc import AsyncIterator

from printyard.apis.digital_factory.connect.push import schemas
from printyard.apis.digital_factory.connect.push.feed import Feed, Place
from printyard.apis.digital_factory.connect.statuses import Statuses
from printyard.core.errors import Throttled
from printyard.core.facade import Core
from printyard.core.foreign_ids import ForeignIds
from printyard.core.model.user import Principal, Scope
from printyard.serving.listening import frame
from printyard.serving.outbox import Outbox

STREAM_LIMIT = 1000
AT_ONCE = 20
"""So many whole statuses are put together: a listener that reads slowly holds no more of them."""


class Seat:
    """serving.listening.Feed for one listener, who hears of one cluster (the core's id), or of all (None)."""

    def __init__(self, core: Core, feed: Feed, principal: Principal, only: str | None) -> None:
        self._core, self._feed, self._principal, self._only = core, feed, principal, only

    async def listen(self, outbox: Outbox, cursor: int | None) -> AsyncIterator[bytes]:
        """What a listener begins with."""
        feed, place = self._feed, Place(outbox, self._principal, self._only)
        feed.begin(place)
        start = feed.seen if cursor is None else cursor
        yield frame("hello", schemas.Hello(epoch=self._core.epoch, newest=feed.seen))
        if cursor is not None and (reset := await self._lost(cursor)) is not None:
            start = feed.seen
            yield reset
        may = await feed.visible(place)
        while start < feed.seen:
            page, start = await feed.facts(start, feed.seen + 1)
            if told := b"".join(data for cluster_id, data in await feed.frames(page) if cluster_id in may):
                yield told
        # Nothing waits between the last look at `seen` and this: from here on facts come to the outbox.
        feed.enter(place, may)
        clusters = sorted(may)
        for first in range(0, len(clusters), AT_ONCE):
            yield await feed.whole(place, clusters[first : first + AT_ONCE])
        place.joining = False
        await feed.settle(place)

    def leave(self, outbox: Outbox) -> None:
        """The listener has gone."""
        self._feed.leave(outbox)

    async def _lost(self, cursor: int) -> bytes | None:
        """The frame for a cursor from which nobody can go on: older than what is kept, or of another log."""
        oldest, newest = await self._core.history.oldest(), self._core.history.newest
        if cursor + 1 >= oldest and cursor <= newest:
            return None
        return frame("reset", schemas.Reset(oldest=oldest, newest=newest))


class Push:
    """All feeds of the API."""

    def __init__(self, core: Core, ids: ForeignIds, statuses: Statuses) -> None:
        self._core, self._ids, self._statuses = core, ids, statuses
        self._feeds: dict[Scope, Feed] = {}

    def seat(self, principal: Principal, only: str | None) -> Seat:
        """A seat for a listener. Raises Throttled beyond so many."""
        scope = principal.scope
        self._feeds = {key: feed for key, feed in self._feeds.items() if feed.places or key == scope}
        if sum(len(feed.places) for feed in self._feeds.values()) >= STREAM_LIMIT:
            raise Throttled("Too many event streams are open.", 10.0)
        feed = self._feeds.get(scope)
        if feed is None:
            feed = self._feeds[scope] = Feed(self._core, self._ids, self._statuses, scope)
        return Seat(self._core, feed, principal, only)

    def mark(self, group_id: str) -> None:
        """Something of a group has changed that neither its printers nor the log tell of."""
        for feed in self._feeds.values():
            feed.mark(group_id)
