"""Host names that we answer to: a name that is rebound to our address by a web page is not among them."""

import re
import socket
from collections.abc import Iterable
from functools import lru_cache

import msgspec

from printyard.serving.asgi import Scope
from printyard.serving.peer import parsed_address

HOST = re.compile(
    r"(?P<name>\[[0-9A-Fa-f:.]+(?:%25[\w.-]+)?\]|[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?\.?)(?::(?P<port>[0-9]{1,5}))?"
)
DEFAULT_PORTS = {"http": 80, "https": 443}


class Host(msgspec.Struct, frozen=True):
    """A host as a client names it: lower case, no trailing dot, IPv6 without brackets; and the port if it gave one."""

    name: str
    port: int | None = None

    @property
    def authority(self) -> str:
        """As it stands in a URL."""
        name = f"[{self.name}]" if ":" in self.name else self.name
        return name if self.port is None else f"{name}:{self.port}"

    def port_for(self, scheme: str) -> int:
        """The port that is meant under that scheme."""
        return DEFAULT_PORTS.get(scheme, 0) if self.port is None else self.port


@lru_cache(maxsize=1024)
def parse_host(text: str) -> Host | None:
    """The value of a Host header, or None if it makes no sense."""
    match = HOST.fullmatch(text)
    if match is None:
        return None
    port = match["port"]
    if port is not None and not 0 < int(port) < 65536:
        return None
    name = match["name"].lower().rstrip(".").strip("[]")
    return Host(name, None if port is None else int(port))


def machine_names() -> frozenset[str]:
    """The names of this machine, as its neighbours may call it."""
    name = socket.gethostname().lower().rstrip(".")
    short = name.partition(".")[0]
    return frozenset({name, short, f"{short}.local"} - {""})


class Hosts:
    """Which hosts are ours: IP literals, localhost, the machine's names and those that the operator listed."""

    def __init__(self, listed: Iterable[str] = (), machine: Iterable[str] = ()) -> None:
        self._ours = frozenset(name.lower().rstrip(".") for name in (*listed, *machine)) | {"localhost"}

    def admits(self, host: Host) -> bool:
        """Whether a request to that host is meant for us."""
        return host.name in self._ours or host.name.endswith(".localhost") or parsed_address(host.name) is not None

    def of(self, scope: Scope) -> Host | None:
        """The host of a request; None if it must be refused.

        A request without a Host header (HTTP/1.0: never a browser) is taken for one to the socket's own address.
        """
        said = [value for name, value in scope["headers"] if name == b"host"]
        if not said:
            server = scope.get("server") or ("localhost", None)
            return Host(str(server[0]), server[1])
        host = parse_host(said[0].decode("latin-1")) if len(said) == 1 else None
        return host if host is not None and self.admits(host) else None
