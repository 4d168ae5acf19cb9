"""The addresses of this yard: its listener, and those that printers, their cameras and groups have for themselves.

Slicers know devices by their address alone, most of them at port 80: so that each can be one, each may have its own.
"""

from ipaddress import ip_address
from typing import TypeVar

import msgspec

from printyard.app.config import Config, ConfigError
from printyard.app.doors import Family, OwnCamera, Pinned, Pins
from printyard.serving.peer import LOOPBACK, Networks
from printyard.serving.places import Address, Places

WILDCARDS = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - to know them
HTTP_PORT = 80
CAMERA_PORT = 8080
"""Where clients look for the camera of a device."""


class Addresses(msgspec.Struct, frozen=True):
    """Where to listen (the yard's own listener first), what each address shows, and what to tell clients of them."""

    listeners: tuple[Address, ...]
    pins: Pins
    places: Places


def addresses_of(config: Config) -> Addresses:
    """All addresses. Raises ConfigError for one that makes no sense, or that two want."""
    book = Book(config)
    for printer in config.printer:
        where = f"The printer {printer.slug}"
        own = book.own(printer.listen, printer.port, printer.host, printer.slug, where)
        if own is not None:
            book.printers[printer.slug] = own
        if printer.camera:
            near = own[0] if own is not None else config.host
            camera = parsed(printer.camera, near, CAMERA_PORT, f"{where} has the camera")
            book.pin(camera, OwnCamera(printer.slug), where)
            book.cameras[printer.slug] = camera
    for group in config.group:
        own = book.own(group.listen, group.port, group.host, Family(group.machine), f"The group {group.machine}")
        if own is not None:
            book.groups[group.machine] = own
    return book.closed()


class Book:
    """Addresses as they are written down."""

    def __init__(self, config: Config) -> None:
        self._host = config.host
        self._listeners: list[Address] = [(config.host, config.port)]
        self._addresses: dict[Address, Pinned] = {}
        self._ports: dict[int, Pinned] = {}
        self._hosts: dict[str, Pinned] = {}
        self.printers: dict[str, Address] = {}
        self.cameras: dict[str, Address] = {}
        self.groups: dict[str, Address] = {}

    def own(self, listen: str, port: int, host: str, target: Pinned, who: str) -> Address | None:
        """Write down what one has for itself; its address, if it has one. Raises ConfigError."""
        found = None
        if port:
            found = (self._host, port)
            claim(self._ports, port, target, who)
            self._listen(found)
        if listen:
            found = parsed(listen, "", HTTP_PORT, f"{who} listens on")
            self.pin(found, target, who)
        if host:
            claim(self._hosts, host.lower().rstrip("."), target, who)
        return found

    def pin(self, address: Address, target: Pinned, who: str) -> None:
        """An address shows one thing alone. Raises ConfigError if it shows another already."""
        if address[0] in WILDCARDS:
            claim(self._ports, address[1], target, who)
        else:
            claim(self._addresses, address, target, who)
        self._listen(address)

    def closed(self) -> Addresses:
        """The whole book."""
        pins = Pins(addresses=self._addresses, ports=self._ports, hosts=self._hosts)
        places = Places(printers=self.printers, cameras=self.cameras, groups=self.groups)
        return Addresses(tuple(self._listeners), pins, places)

    def _listen(self, address: Address) -> None:
        """One listener for all addresses is enough for each of them."""
        host, port = address
        if address in self._listeners:
            return
        if host and any(host_known in WILDCARDS and known == port for host_known, known in self._listeners):
            return
        self._listeners.append(address)


Key = TypeVar("Key", Address, int, str)


def claim(pins: dict[Key, Pinned], key: Key, target: Pinned, who: str) -> None:
    """Write down what an address, a port or a host name shows. Raises ConfigError if it shows something else."""
    if pins.setdefault(key, target) != target:
        raise ConfigError(f"{who} wants {key}, which is another's already.")


def parsed(text: str, near: str, default_port: int, where: str) -> Address:
    """One of "192.168.1.51:80", "192.168.1.51", "[fd00::1]:80", ":8080" (at the address `near`). Raises ConfigError."""
    host, colon, port = text.strip().rpartition(":")
    naked = ":" in host and not host.startswith("[")
    if not colon or naked or text.strip().endswith("]"):
        host, port = text.strip(), str(default_port)
    bare = host.strip("[]")
    try:
        number = int(port)
        literal = ip_address(bare).compressed if bare else near
    except ValueError:
        raise ConfigError(f"{where} {text!r}: that is no IP address with a port.") from None
    if not 0 < number < 65536:
        raise ConfigError(f"{where} {text!r}: ports go from 1 to 65535.")
    return literal, number


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine reaches that address."""
    return host == "localhost" or host in Networks(LOOPBACK)
