"""Absolute URLs, from one place: our public address if it is set, else the (checked) host that the client named."""

import base64
import hashlib
import hmac
from functools import lru_cache
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import msgspec

from printyard.core.errors import Forbidden
from printyard.core.model.value import MICROSECONDS
from printyard.core.ports.time import Clock
from printyard.serving.hosts import Host
from printyard.serving.visit import Visit

SIGNATURE_BYTES = 18


class AbsoluteUrls(msgspec.Struct, frozen=True, kw_only=True):
    """Makes URLs that a client can follow.

    `public_url` without a trailing slash; `public_prefix` is the path under which a proxy has us ("" or "/yard"), for
    when there is no public URL; `listener` is our own address for those who ask nothing (mail, announcements).
    """

    public_url: str = ""
    public_prefix: str = ""
    listener: str = ""

    def base(self, visit: Visit | None = None) -> str:
        """Scheme, authority and prefix, without a trailing slash."""
        if self.public_url:
            return self.public_url.rstrip("/")
        if visit is None:
            return self.listener.rstrip("/") + self.public_prefix
        return f"{visit.peer.scheme}://{host_text(visit.host, visit.peer.scheme)}{self.public_prefix}"

    @property
    def prefix(self) -> str:
        """The path under which the world has this server ("" or "/yard"), without a trailing slash."""
        return urlsplit(self.public_url).path.rstrip("/") if self.public_url else self.public_prefix.rstrip("/")

    def url(self, visit: Visit | None, path: str, **query: str) -> str:
        """The URL of a path of the yard (percent-encoded here, "/" kept)."""
        return self.base(visit) + encoded(path, tuple(query.items()))

    def printer_url(self, visit: Visit, path: str, **query: str) -> str:
        """The URL of a path of the visited printer, under the name by which the client knows it."""
        return self.url(visit, visit.prefix + path, **query)

    def websocket_url(self, visit: Visit, path: str) -> str:
        """The same with ws or wss."""
        return "ws" + self.url(visit, path).removeprefix("http")


SAFE_PATH = "/~:@!$&'()*+,;="


@lru_cache(maxsize=4096)
def encoded(path: str, query: tuple[tuple[str, str], ...]) -> str:
    """Path and query as they stand in a URL."""
    tail = f"?{urlencode(query)}" if query else ""
    return quote(path, safe=SAFE_PATH) + tail


def host_text(host: Host, scheme: str) -> str:
    """The authority without a port that the scheme implies."""
    return Host(host.name).authority if host.port == Host(host.name).port_for(scheme) else host.authority


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """What a signed URL permits: one purpose and method on one object, for one principal, until `expires_at`."""

    purpose: str
    object_id: str
    method: str
    principal_id: str
    expires_at: int


class UrlSigner:
    """Signs URLs for clients that cannot send a header (browsers' downloads, uploads to an announced address)."""

    def __init__(self, secret: bytes, clock: Clock) -> None:
        self._key = hashlib.sha256(b"printyard url signature\0" + secret).digest()
        self._clock = clock

    def sign(self, purpose: str, object_id: str, method: str, principal_id: str, seconds: float) -> str:
        """The query string (without "?") that permits it for so many seconds."""
        expires_at = (self._clock.now() + round(seconds * MICROSECONDS)) // MICROSECONDS
        signed = Signed(
            purpose=purpose,
            object_id=object_id,
            method=method,
            principal_id=principal_id,
            expires_at=expires_at * MICROSECONDS,
        )
        return urlencode({"by": principal_id, "until": expires_at, "sig": self._mac(signed)})

    def check(self, query: bytes, purpose: str, object_id: str, method: str) -> Signed:
        """What a query string permits (GET covers HEAD). Raises Forbidden: altered, of something else, late."""
        said = dict(parse_qsl(query.decode("latin-1")))
        until = said.get("until", "")
        if not (until.isascii() and until.isdigit() and len(until) < 12):
            raise Forbidden("this address is not signed", code="bad_signature")
        signed = Signed(
            purpose=purpose,
            object_id=object_id,
            method="GET" if method == "HEAD" else method,
            principal_id=said.get("by", ""),
            expires_at=int(until) * MICROSECONDS,
        )
        if not hmac.compare_digest(self._mac(signed).encode(), said.get("sig", "").encode()):
            raise Forbidden("the signature of this address is wrong", code="bad_signature")
        if signed.expires_at <= self._clock.now():
            raise Forbidden("this address has expired", code="expired_signature")
        return signed

    def _mac(self, signed: Signed) -> str:
        # JSON of a list: no two different sets of fields have the same text.
        text = msgspec.json.encode(
            [signed.purpose, signed.object_id, signed.method, signed.principal_id, signed.expires_at]
        )
        mac = hmac.new(self._key, text, hashlib.sha256).digest()[:SIGNATURE_BYTES]
        return base64.urlsafe_b64encode(mac).decode()
