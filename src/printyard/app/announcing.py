"""Tells the network where the yard's printers and groups answer, and keeps what it told true."""

import contextlib
import logging
from collections.abc import Callable, Iterator

from printyard.app.addresses import HTTP_PORT, WILDCARDS, Addresses, addresses_of, is_loopback
from printyard.app.config import Config
from printyard.core.access.rules import SYSTEM
from printyard.core.facade import Core
from printyard.core.fleet.board import Snapshot
from printyard.core.ports.announce import Announcer, Notice
from printyard.dialects.ultimaker.announcement import notice_of
from printyard.infra.announce.multicast import own_addresses
from printyard.serving.places import Address

log = logging.getLogger(__name__)

REST_SECONDS = 2.0
"""Between two looks: firmware and names change rarely, and a printer that prints says something new each second."""
YARD = "yard"


async def announce(config: Config, core: Core, announcer: Announcer) -> None:
    """Keep the network told until cancelled; then everything is taken back."""
    addresses = addresses_of(config)
    told: list[Notice] = []
    try:
        with core.printers.board.changes() as changes:
            while True:
                wanted = list(notices(config, addresses, core))
                if wanted != told:
                    try:
                        await announcer.show(wanted)
                        told = wanted
                    except OSError as error:
                        log.warning("the network could not be told where the printers are: %s", error)
                await changes.take()
                await core.clock.sleep(REST_SECONDS)
    finally:
        with contextlib.suppress(OSError):
            await announcer.close()


def notices(
    config: Config, addresses: Addresses, core: Core, machine: Callable[[], tuple[str, ...]] = own_addresses
) -> Iterator[Notice]:  # fmt: skip
    """What there is to tell: printers with addresses of their own, groups, and the yard itself as one group.

    `machine` gives the addresses of this machine. To slicers an address is one device, so who listens on all of them
    is announced at those that nobody has for himself; nobody is told of loopback, nor of another port than slicers
    look at.
    """
    places = addresses.places
    taken = {host for host, _ in (*places.printers.values(), *places.groups.values())}

    def at(own: Address | None) -> tuple[str, ...]:
        """Where to send who looks for that, if there is somebody to tell."""
        if own is None or is_loopback(own[0]) or (own[1] != HTTP_PORT and not config.announce.any_port):
            return ()
        return tuple(host for host in machine() if host not in taken) if own[0] in WILDCARDS else (own[0],)

    everybody = core.printers.all(SYSTEM)
    for shown in everybody:
        own = places.printers.get(shown.printer.slug)
        yield from _told(core, shown, own, at(own), shown.printer.name, "", 1)
    for group in config.group:
        members = [shown for shown in everybody if shown.printer.model_id == group.machine]
        own = places.groups.get(group.machine)
        if members:
            name = group.name or f"{config.announce.name} ({_variant(core, members[0])})"
            yield from _told(core, members[0], own, at(own), name, group.machine.replace("_", "-"), len(members))
    front, own = core.settings.front_printer(), addresses.listeners[0]
    for shown in everybody:
        if shown.printer.id == front:
            yield from _told(core, shown, own, at(own), config.announce.name, YARD, len(everybody))


def _told(
    core: Core, shown: Snapshot, own: Address | None, hosts: tuple[str, ...], name: str, group: str, size: int
) -> Iterator[Notice]:  # fmt: skip
    """The notice, if slicers can do something with it."""
    if own is None or not hosts:
        return
    machine = core.printers.machine(SYSTEM, shown.printer.id)
    notice = notice_of(shown, machine, name, own[1], hosts, group=group, size=size)
    if notice is not None:
        yield notice


def _variant(core: Core, shown: Snapshot) -> str:
    return core.printers.machine(SYSTEM, shown.printer.id).variant


def interfaces(config: Config) -> tuple[str, ...]:
    """The addresses through which to speak; none: all of them."""
    hosts = {host for host, _ in addresses_of(config).listeners}
    return () if hosts & WILDCARDS else tuple(sorted(host for host in hosts if not is_loopback(host)))
