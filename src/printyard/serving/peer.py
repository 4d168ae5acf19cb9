"""Who is at the other end of the socket, and what a trusted proxy says about it."""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import msgspec

from printyard.serving.asgi import Scope

Network = IPv4Network | IPv6Network

FORWARDING = frozenset({b"x-forwarded-for", b"forwarded", b"x-real-ip", b"cf-connecting-ip", b"x-forwarded-proto"})
"""Headers by which a proxy shows itself."""


class Peer(msgspec.Struct, frozen=True):
    """The caller's address and scheme. `proxied`: behind a proxy that nobody trusts, so the address is the proxy's."""

    address: str
    scheme: str = "http"
    proxied: bool = False


@lru_cache(maxsize=4096)
def parsed_address(text: str) -> IPv4Address | IPv6Address | None:
    """An address in its plain form (an IPv4 address in IPv6 clothes is IPv4), or None."""
    try:
        address = ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return address.ipv4_mapped
    return address


class Networks:
    """A set of networks, such as 127.0.0.0/8."""

    def __init__(self, networks: Iterable[str]) -> None:
        """Raises ValueError for text that is no network."""
        self._networks: tuple[Network, ...] = tuple(ip_network(text, strict=False) for text in networks)

    def __contains__(self, address: str) -> bool:
        parsed = parsed_address(address)
        return parsed is not None and any(parsed in network for network in self._networks)


LOOPBACK = ("127.0.0.0/8", "::1/128")


class Proxies:
    """What to believe of forwarding headers: those of trusted proxies, and nobody else's."""

    def __init__(self, trusted: Networks) -> None:
        self._trusted = trusted

    def peer(self, scope: Scope) -> Peer:
        """The caller, by the socket; by the headers only if a trusted proxy is at the socket."""
        client = scope.get("client")
        address = str(client[0]) if client else ""
        scheme = "https" if scope.get("scheme") in {"https", "wss"} else "http"
        said = [(name, value) for name, value in scope["headers"] if name in FORWARDING]
        if not said:
            return Peer(address, scheme)
        if address not in self._trusted:
            return Peer(address, scheme, proxied=True)
        return self._through_proxy(address, scheme, said)

    def _through_proxy(self, address: str, scheme: str, said: list[tuple[bytes, bytes]]) -> Peer:
        hops = [
            hop.strip()
            for name, value in said
            if name == b"x-forwarded-for"
            for hop in value.decode("latin-1").split(",")
        ]
        # From the right: what stands left of the first address that is no proxy of ours, anybody may have written.
        while hops and address in self._trusted:
            address = hops.pop()
            if parsed_address(address) is None:
                return Peer("", scheme, proxied=True)
        proto = [value for name, value in said if name == b"x-forwarded-proto"]
        if proto and proto[-1].strip().lower() in {b"https", b"wss"}:
            scheme = "https"
        elif proto:
            scheme = "http"
        return Peer(address, scheme)
