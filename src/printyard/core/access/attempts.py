"""Attempts to sign in: who guesses has to wait, longer each time, by the name and by the address."""

import unicodedata
from ipaddress import IPv4Address, ip_address, ip_network
from typing import NamedTuple

from printyard.core.errors import Throttled
from printyard.core.model.value import MICROSECONDS, Instant, after
from printyard.core.ports.time import Clock

NAME_LIMIT = 5
PEER_LIMIT = 20
"""Wrong ones in a row before the first pause. Many people may share an address, nobody shares a name."""

NAME, PEER = "name", "peer"
LONGEST_SECONDS = 300
IPV6_NETWORK_BITS = 64
FORGOTTEN_SECONDS = 3600.0
KNOWN_LIMIT = 4096


class Tally(NamedTuple):
    """How many in a row were wrong, and until when the next one has to wait."""

    wrong: int
    until: Instant


class Attempts:
    """Wrong attempts that are not forgotten yet."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._tallies: dict[tuple[str, str], Tally] = {}

    def begin(self, name: str, peer: str) -> None:
        """Count an attempt as wrong until it proves good, so that many at once are no way around. Raises Throttled."""
        now, places = self._clock.now(), _places(name, peer)
        for place, limit in places:
            count, until = self._tallies.get(place, Tally(0, now))
            if count >= limit and until > now:
                raise Throttled("Too many wrong attempts.", (until - now) / MICROSECONDS)
        for place, limit in places:
            count = self._count(place, now) + 1
            pause = min(2 ** max(count - limit, 0), LONGEST_SECONDS)
            self._make_room(now)
            self._tallies[place] = Tally(count, after(now, pause))

    def good(self, name: str, peer: str) -> None:
        """It was right: the name starts anew; of the address just this one is taken back."""
        for place, _ in _places(name, peer):
            if place[0] == NAME:
                self._tallies.pop(place, None)
            elif (tally := self._tallies.get(place)) is not None:
                self._tallies[place] = tally._replace(wrong=tally.wrong - 1)

    def _count(self, place: tuple[str, str], now: Instant) -> int:
        tally = self._tallies.pop(place, None)
        return 0 if tally is None or after(tally.until, FORGOTTEN_SECONDS) <= now else tally.wrong

    def _make_room(self, now: Instant) -> None:
        """Forget what is over; else the oldest, one by one: a flood of made-up names does not wipe the slate clean."""
        if len(self._tallies) < KNOWN_LIMIT:
            return
        self._tallies = {
            place: tally for place, tally in self._tallies.items() if after(tally.until, FORGOTTEN_SECONDS) > now
        }
        while len(self._tallies) >= KNOWN_LIMIT:
            self._tallies.pop(min(self._tallies, key=lambda place: self._tallies[place].wrong))


def _places(name: str, peer: str) -> list[tuple[tuple[str, str], int]]:
    """What an attempt counts against; a token has no name. Names count as one that are one account's."""
    places = [((NAME, unicodedata.normalize("NFKC", name).casefold()), NAME_LIMIT)] if name else []
    return [*places, ((PEER, _near(peer)), PEER_LIMIT)] if peer else places


def _near(peer: str) -> str:
    """An address as it counts: of IPv6 everybody has a whole network, and is as many addresses as they like."""
    try:
        address = ip_address(peer.partition("%")[0])
    except ValueError:
        return peer
    if isinstance(address, IPv4Address):
        return peer
    return str(address.ipv4_mapped or ip_network((address, IPV6_NETWORK_BITS), strict=False))
