"""The hub: what changes is encoded once per topic and tick, and laid into the mailboxes of all who follow the topic."""

import asyncio
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager

from printyard.core.ports.time import Clock
from printyard.serving.mailbox import Mailbox

TICK_SECONDS = 0.25

Encode = Callable[[Hashable], bytes | None]
"""The present state of a topic as a message; None if there is nothing to show (any more)."""


class Hub:
    """Topics and their followers. `run` must run while there are any."""

    def __init__(self, encode: Encode, clock: Clock, *, tick_seconds: float = TICK_SECONDS) -> None:
        self._encode = encode
        self._clock = clock
        self._tick_seconds = tick_seconds
        self._followers: dict[Hashable, set[Mailbox]] = {}
        self._changed: set[Hashable] = set()
        self._bell = asyncio.Event()

    @contextmanager
    def following(self, mailbox: Mailbox, topics: Iterable[Hashable]) -> Iterator[None]:
        """Let a mailbox follow topics for as long as the context lasts."""
        topics = tuple(topics)
        for topic in topics:
            self.follow(mailbox, topic)
        try:
            yield
        finally:
            self.leave(mailbox)

    def follow(self, mailbox: Mailbox, topic: Hashable) -> None:
        """Let a mailbox follow one more topic."""
        self._followers.setdefault(topic, set()).add(mailbox)

    def unfollow(self, mailbox: Mailbox, topic: Hashable) -> None:
        """Let it follow one less."""
        followers = self._followers.get(topic)
        if followers is not None:
            followers.discard(mailbox)
            mailbox.forget(topic)
            if not followers:
                del self._followers[topic]

    def leave(self, mailbox: Mailbox) -> None:
        """Let it follow nothing any more."""
        for topic in [topic for topic, followers in self._followers.items() if mailbox in followers]:
            self.unfollow(mailbox, topic)

    def mark(self, topic: Hashable) -> None:
        """A topic has changed; costs nothing if nobody follows it."""
        if topic in self._followers:
            self._changed.add(topic)
            self._bell.set()

    async def run(self) -> None:
        """Encode what changed and lay it into the mailboxes: at once after a quiet time, then once per tick."""
        while True:
            await self._bell.wait()
            self._bell.clear()
            changed, self._changed = self._changed, set()
            for topic in changed:
                self._deliver(topic)
            await self._clock.sleep(self._tick_seconds)

    def _deliver(self, topic: Hashable) -> None:
        followers = self._followers.get(topic)
        if not followers:
            return
        message = self._encode(topic)
        if message is None:
            return
        for mailbox in followers:
            mailbox.show(topic, message)
