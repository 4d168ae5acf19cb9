"""Announcements as another program in the network hears them: a browser of the same protocol, over real sockets."""

import asyncio
import logging
import socket

import pytest

from printyard.core.ports.announce import Notice
from printyard.infra.announce.multicast import MulticastAnnouncer, own_addresses

zeroconf = pytest.importorskip("zeroconf")
from zeroconf.asyncio import AsyncServiceBrowser, AsyncServiceInfo, AsyncZeroconf  # noqa: E402

KIND = "_ultimaker._tcp.local."
LOOPBACK = "127.0.0.1"


def multicast_works():
    """Whether loopback carries multicast here: in some containers it does not."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(LOOPBACK))
            probe.setsockopt(
                socket.IPPROTO_IP,
                socket.IP_ADD_MEMBERSHIP,
                socket.inet_aton("224.0.0.251") + socket.inet_aton(LOOPBACK),
            )
        except OSError:
            return False
    return True


pytestmark = pytest.mark.skipif(not multicast_works(), reason="loopback takes no part in multicast here")


class Neighbour:
    """Who listens in the network."""

    def __init__(self):
        self.heard = asyncio.Queue()
        self.network = AsyncZeroconf(interfaces=[LOOPBACK])
        self.browser = AsyncServiceBrowser(self.network.zeroconf, KIND, handlers=[self._note])

    def _note(self, zeroconf, service_type, name, state_change):
        self.heard.put_nowait((state_change.name, name.removesuffix(f".{service_type}")))

    async def hears(self, *wanted):
        async with asyncio.timeout(10):
            while (said := await self.heard.get()) not in wanted:
                assert said[0] != "Removed", said
        return said

    async def details(self, name):
        info = AsyncServiceInfo(KIND, f"{name}.{KIND}")
        assert await info.async_request(self.network.zeroconf, 3000)
        return info

    async def close(self):
        await self.browser.async_cancel()
        await self.network.async_close()


def notice(instance, **more):
    told = {"type": "printer", "name": "Luke", "machine": "9051.0", "firmware_version": "7.0.3", "cluster_size": "1"}
    return Notice(kind=KIND, name=instance, port=80, addresses=("127.0.0.2",), told=told | more)


@pytest.fixture
async def neighbour():
    listening = Neighbour()
    yield listening
    await listening.close()


async def test_it_is_announced_updated_and_taken_back(neighbour):
    announcer = MulticastAnnouncer([LOOPBACK])
    luke = "ultimakersystem-ccbdd30044ec"
    await announcer.show([notice(luke)])
    assert await neighbour.hears(("Added", luke)) == ("Added", luke)
    found = await neighbour.details(luke)
    assert (found.parsed_addresses(), found.port) == (["127.0.0.2"], 80)
    assert found.decoded_properties == {
        "type": "printer", "name": "Luke", "machine": "9051.0", "firmware_version": "7.0.3", "cluster_size": "1",
    }  # fmt: skip

    await announcer.show([notice(luke, name="Leia", cluster_size="3")])
    await neighbour.hears(("Updated", luke))
    found = await neighbour.details(luke)
    assert (found.decoded_properties["name"], found.decoded_properties["cluster_size"]) == ("Leia", "3")

    await announcer.show([])
    await neighbour.hears(("Removed", luke))
    await announcer.show([notice("ultimakersystem-000000000002")])
    await neighbour.hears(("Added", "ultimakersystem-000000000002"))
    await announcer.close()
    await neighbour.hears(("Removed", "ultimakersystem-000000000002"))


async def test_a_name_that_another_device_has_is_left_to_it(neighbour, caplog):
    theirs, ours = MulticastAnnouncer([LOOPBACK]), MulticastAnnouncer([LOOPBACK])
    taken, free = "ultimakersystem-000000000003", "ultimakersystem-000000000004"
    await ours.show([notice(free)])  # who listens knows what is taken, and need not have an answer in half a second
    await theirs.show([notice(taken)])
    await neighbour.hears(("Added", taken))
    with caplog.at_level(logging.WARNING):
        await ours.show([notice(free), notice(taken, name="Impostor")])
    assert "could not be announced" in caplog.text
    await ours.close()
    assert (await neighbour.details(taken)).decoded_properties["name"] == "Luke"
    await theirs.close()


def test_the_addresses_of_this_machine_are_not_its_loopback():
    assert all(not address.startswith("127.") for address in own_addresses())
