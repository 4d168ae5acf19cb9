"""Who hears of what: listeners of one set of clusters are one audience, and share the very bytes."""

from collections import Counter
from collections.abc import Sequence

from printyard.serving.outbox import Outbox

Clusters = frozenset[str]
"""Clusters by the core's ids."""

Frames = Sequence[tuple[str, bytes]]
"""Frames in their order, each with the cluster that it is about."""

NONE: Clusters = frozenset()


class Audiences:
    """The audiences of one kind of frames."""

    def __init__(self) -> None:
        self._outboxes: dict[Clusters, set[Outbox]] = {}
        self._listeners: Counter[str] = Counter()

    def __contains__(self, cluster_id: str) -> bool:
        """Whether anybody hears of a cluster."""
        return cluster_id in self._listeners

    def move(self, outbox: Outbox, before: Clusters, after: Clusters) -> None:
        """Somebody hears of other clusters than before."""
        others = self._outboxes.get(before, set())
        others.discard(outbox)
        if not others:
            self._outboxes.pop(before, None)
        if after:
            self._outboxes.setdefault(after, set()).add(outbox)
        self._listeners.update(after - before)
        self._listeners.subtract(before - after)
        for one in before - after:
            if not self._listeners[one]:
                del self._listeners[one]

    def deliver(self, frames: Frames) -> None:
        """Give each audience what concerns it, all of it as one."""
        if not frames:
            return
        whole, about = b"".join(data for _, data in frames), frozenset(one for one, _ in frames)
        for clusters, outboxes in self._outboxes.items():
            if clusters.isdisjoint(about):
                continue
            data = whole if about <= clusters else b"".join(data for one, data in frames if one in clusters)
            for outbox in outboxes:
                outbox.put(data)
