"""Origins: a web page of somebody else may look at nothing, and change nothing, unless the operator listed it."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from printyard.serving.asgi import READING, Scope, text_header
from printyard.serving.hosts import Host, parse_host

PREFLIGHT_SECONDS = 600
EXPOSED = "ETag, Location, Range, Content-Range, Accept-Ranges, Retry-After, WWW-Authenticate, X-Request-Id"

CorsHeaders = tuple[tuple[bytes, bytes], ...]


def origin_host(origin: str) -> tuple[str, Host] | None:
    """Scheme and host of an origin; None for "null" and other opaque ones."""
    scheme, separator, authority = origin.partition("://")
    host = parse_host(authority) if separator else None
    return (scheme.lower(), host) if host is not None else None


def normal_origin(url: str) -> str:
    """The origin of a URL (or of an origin that the operator wrote), lower-case, without a default port or a path."""
    parts = urlsplit(url if "://" in url else f"http://{url}")
    found = origin_host(f"{parts.scheme}://{parts.netloc}")
    if found is None:
        return url.rstrip("/").lower()
    scheme, host = found
    default = host.port is not None and host.port == Host(host.name).port_for(scheme)
    return f"{scheme}://{Host(host.name).authority if default else host.authority}"


class Origins:
    """Which pages may do what.

    `listed` may read and write; `readers` ("*": everybody) may read what GET answers without a cookie.
    `public_url` is our own address as the world sees it.
    """

    def __init__(self, listed: Iterable[str] = (), readers: Iterable[str] = (), public_url: str = "") -> None:
        readers = tuple(readers)
        self._listed = frozenset(map(normal_origin, listed))
        self._all_read = "*" in readers
        self._readers = frozenset(normal_origin(reader) for reader in readers if reader != "*")
        self._public = normal_origin(public_url) if public_url else ""

    def own(self, origin: str, host: Host) -> bool:
        """Whether the page came from us: same name and port as the (validated) host of the request."""
        if self._public and normal_origin(origin) == self._public:
            return True
        found = origin_host(origin)
        if found is None:
            return False
        scheme, theirs = found
        # Behind a proxy that ends TLS our own scheme may be unknown: each side's port is read with the origin's scheme.
        return (
            scheme in {"http", "https"}
            and theirs.name == host.name
            and theirs.port_for(scheme) == host.port_for(scheme)
        )

    def listed(self, origin: str) -> bool:
        """Whether the operator trusts that page."""
        return bool(self._listed) and normal_origin(origin) in self._listed

    def foreign(self, scope: Scope, host: Host) -> bool:
        """Whether a request that could change something comes from a page that may not.

        Programs send no Origin, browsers always do with such requests; where one does not, Sec-Fetch-Site tells.
        """
        origin = text_header(scope, b"origin")
        if origin:
            return not (self.own(origin, host) or self.listed(origin))
        return text_header(scope, b"sec-fetch-site") == "cross-site"

    def cors(self, scope: Scope, host: Host, *, admitted: bool = False) -> CorsHeaders:
        """What lets the page at that origin read the answer; empty if it may not, or need not be told."""
        origin = text_header(scope, b"origin")
        if not origin or self.own(origin, host):
            return ()
        reads = scope.get("method") in READING and (self._all_read or normal_origin(origin) in self._readers)
        if not (admitted or reads or self.listed(origin)):
            return ((b"vary", b"Origin"),)
        return (
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-expose-headers", EXPOSED.encode()),
            (b"vary", b"Origin"),
        )

    def preflight(self, scope: Scope, host: Host, *, admitted: bool = False) -> CorsHeaders | None:
        """The answer to a browser's question whether a page may; None if the request is no such question.

        A "no" is an answer without permission. Never with credentials: a foreign page brings its own token, not our
        cookie.
        """
        method = text_header(scope, b"access-control-request-method").upper()
        origin = text_header(scope, b"origin")
        if scope["method"] != "OPTIONS" or not method or not origin:
            return None
        reads = method in READING and (self._all_read or normal_origin(origin) in self._readers)
        vary = (b"vary", b"Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
        if not (admitted or reads or self.own(origin, host) or self.listed(origin)):
            return (vary,)
        wanted = text_header(scope, b"access-control-request-headers")
        allowed = [
            (b"access-control-allow-origin", origin.encode("latin-1")),
            (b"access-control-allow-methods", method.encode("latin-1")),
            (b"access-control-max-age", b"%d" % PREFLIGHT_SECONDS),
            vary,
        ]
        if wanted:
            allowed.append((b"access-control-allow-headers", wanted.encode("latin-1")))
        if text_header(scope, b"access-control-request-private-network") == "true":
            allowed.append((b"access-control-allow-private-network", b"true"))
        return tuple(allowed)
