"""Announcements by multicast DNS (RFC 6762 and 6763). Nothing is imported or sent before there is something to say."""

import logging
import socket
from collections.abc import Awaitable, Collection, Coroutine, Sequence
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from printyard.core.ports.announce import Notice

if TYPE_CHECKING:
    from zeroconf import ServiceInfo
    from zeroconf.asyncio import AsyncZeroconf

log = logging.getLogger(__name__)

Key = tuple[str, str]


class MulticastAnnouncer:
    """core.ports.announce.Announcer. `interfaces` are the addresses through which to speak (none: all of them)."""

    def __init__(self, interfaces: Sequence[str] = ()) -> None:
        self._interfaces = list(interfaces)
        self._shown: dict[Key, tuple[Notice, ServiceInfo]] = {}
        self._opened: AsyncZeroconf | None = None

    async def show(self, notices: Collection[Notice]) -> None:
        """As the port says. A name that another device in the network has already is left out, and logged."""
        wanted = {(notice.kind, notice.name): notice for notice in notices}
        for key in [key for key in self._shown if key not in wanted]:
            await self._take_back(key)
        for key, notice in wanted.items():
            known = self._shown.get(key)
            if known is None:
                await self._announce(key, notice)
            elif known[0] != notice:
                await self._update(key, notice, known[0])

    async def close(self) -> None:
        """Take everything back: who listens hears that the devices are gone."""
        for key in list(self._shown):
            await self._take_back(key)
        if self._opened is not None:
            await self._opened.async_close()
            self._opened = None

    async def _announce(self, key: Key, notice: Notice) -> None:
        described = described_by(notice)
        network = await self._network()
        if await self._sent(notice, network.async_register_service(described)):
            self._shown[key] = (notice, described)

    async def _update(self, key: Key, notice: Notice, before: Notice) -> None:
        if (notice.port, notice.addresses) != (before.port, before.addresses):
            await self._take_back(key)
            await self._announce(key, notice)
            return
        described = described_by(notice)
        network = await self._network()
        if await self._sent(notice, network.async_update_service(described)):
            self._shown[key] = (notice, described)

    async def _take_back(self, key: Key) -> None:
        notice, described = self._shown.pop(key)
        network = await self._network()
        await self._sent(notice, network.async_unregister_service(described))

    async def _sent(self, notice: Notice, sending: Coroutine[Any, Any, Awaitable[Any]]) -> bool:
        """Send, and wait until it was sent (it is said several times); whether it went well."""
        from zeroconf import Error

        try:
            await (await sending)
        except (Error, OSError) as error:
            log.warning("%s could not be announced: %s", notice.name, str(error) or type(error).__name__)
            return False
        return True

    async def _network(self) -> "AsyncZeroconf":
        if self._opened is None:
            from zeroconf import InterfaceChoice
            from zeroconf.asyncio import AsyncZeroconf

            self._opened = AsyncZeroconf(interfaces=self._interfaces or InterfaceChoice.All)
        return self._opened


def described_by(notice: Notice) -> "ServiceInfo":
    """A notice as the library has it."""
    from zeroconf import ServiceInfo

    addresses = notice.addresses or own_addresses()
    return ServiceInfo(
        notice.kind,
        f"{notice.name}.{notice.kind}",
        port=notice.port,
        properties=dict(notice.told),
        server=f"{notice.name}.local.",
        addresses=[
            socket.inet_pton(socket.AF_INET if ip_address(one).version == 4 else socket.AF_INET6, one)
            for one in addresses
        ],
    )


def own_addresses() -> tuple[str, ...]:
    """The IPv4 addresses at which this machine's neighbours reach it: some clients can read no other kind."""
    import ifaddr

    found = [str(ip.ip) for adapter in ifaddr.get_adapters() for ip in adapter.ips if ip.is_IPv4]
    return tuple(one for one in found if not ip_address(one).is_loopback)
