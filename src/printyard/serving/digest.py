"""HTTP Digest, the server's side (RFC 7616, with MD5 for old clients): stateless nonces, and a window against replays.

What clients were seen to do decides the details: one challenge, with realm, nonce and qop as its first three quoted
values; no algorithm and no opaque; `stale=true` unquoted and last; the client's own choice of algorithm is followed.
"""

import hashlib
import hmac
import re
from collections import OrderedDict
from collections.abc import Callable
from enum import StrEnum

import msgspec

from printyard.core.access.credentials import REALM, HashedPair
from printyard.core.model.value import MICROSECONDS

LIFETIME_SECONDS = 300.0
WINDOW = 64
MAX_NONCES = 4096
CLOCK_STEP_MICROSECONDS = 60 * MICROSECONDS

PARAMETER = re.compile(r'\s*([A-Za-z0-9_*-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))\s*(?:,|$)')
ESCAPE = re.compile(r"\\(.)")
NONCE = re.compile(r"[0-9a-f]{64}")
COUNT = re.compile(r"[0-9a-fA-F]{1,8}")
ABSOLUTE = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*://[^/?]*")
STRANGER = HashedPair("0" * 32, "0" * 64)

Lookup = Callable[[str], HashedPair | None]


class DigestOutcome(StrEnum):
    """What a digest is worth. STALE: the caller knows the key, but must say it again with our new nonce."""

    ACCEPTED = "accepted"
    STALE = "stale"
    WRONG = "wrong"


class Verdict(msgspec.Struct, frozen=True):
    """The outcome, and whose key it was ("" when WRONG)."""

    outcome: DigestOutcome
    user: str = ""


WRONG = Verdict(DigestOutcome.WRONG)


def parameters(header: str) -> dict[str, str]:
    """The parameters of an Authorization header, names in lower case, values without quotes; {} if it is malformed."""
    scheme, _, rest = header.strip().partition(" ")
    if scheme.lower() != "digest":
        return {}
    found: dict[str, str] = {}
    position = 0
    while position < len(rest):
        match = PARAMETER.match(rest, position)
        if match is None or match[1].lower() in found:
            return {}
        found[match[1].lower()] = ESCAPE.sub(r"\1", match[2]) if match[2] is not None else match[3]
        position = match.end()
    return found


def digest_user(header: str) -> str:
    """The user that an Authorization header claims, or ""."""
    return parameters(header).get("username", "")


class Window:
    """The request counts seen with one nonce: the highest, and which of the 64 below it. They may come out of order."""

    __slots__ = ("_highest", "_seen")

    def __init__(self) -> None:
        self._highest = -1
        self._seen = 0

    def take(self, count: int) -> bool:
        """Whether this count is new; then it is not any longer."""
        if self._highest < 0 or count > self._highest:
            shift = min(count - self._highest, WINDOW)
            self._seen = ((self._seen << shift) | 1) & ((1 << WINDOW) - 1) if self._highest >= 0 else 1
            self._highest = count
            return True
        bit = 1 << (self._highest - count)
        if self._highest - count >= WINDOW or self._seen & bit:
            return False
        self._seen |= bit
        return True


class DigestVerifier:
    """Makes challenges and judges answers to them.

    `secret` is new at each boot (so that nothing can be replayed over a restart); `random` gives so many unguessable
    bytes. `public_prefix` is the path that a rewriting proxy takes away. `legacy`: accept RFC 2069 (without qop).
    """

    def __init__(
        self,
        secret: bytes,
        random: Callable[[int], bytes],
        *,
        lifetime_seconds: float = LIFETIME_SECONDS,
        public_prefix: str = "",
        legacy: bool = False,
        max_nonces: int = MAX_NONCES,
    ) -> None:
        self._key = hashlib.sha256(b"printyard digest nonce\0" + secret).digest()
        self._random = random
        self._lifetime = round(lifetime_seconds * MICROSECONDS)
        self._prefix = public_prefix.encode()
        self._legacy = legacy
        self._max_nonces = max_nonces
        self._windows: OrderedDict[str, tuple[int, Window]] = OrderedDict()
        self._forgotten_until = 0

    def nonce(self, now: int) -> str:
        """A new nonce: hex of its instant, 8 random bytes, and a MAC over both. Nothing is stored."""
        body = now.to_bytes(8, "big") + self._random(8)
        return (body + self._mac(body)).hex()

    def challenge(self, now: int, *, stale: bool = False) -> str:
        """The value of WWW-Authenticate."""
        return f'Digest realm="{REALM}", nonce="{self.nonce(now)}", qop="auth"' + (", stale=true" if stale else "")

    def verify(self, header: str, method: str, target: bytes, lookup: Lookup, now: int) -> Verdict:
        """Judge an Authorization header of a request with that method and raw target, at `now` (microseconds)."""
        said = parameters(header)
        user = said.get("username", "")
        secrets = lookup(user) if user else None
        if not (self._digest_right(said, method, secrets or STRANGER) and secrets is not None):
            return WRONG
        if not self._same_target(said.get("uri", "").encode("latin-1", "replace"), target):
            return WRONG
        fresh = self._fresh(said["nonce"], now) and self._first_time(said, now)
        return Verdict(DigestOutcome.ACCEPTED if fresh else DigestOutcome.STALE, user)

    def _digest_right(self, said: dict[str, str], method: str, secrets: HashedPair) -> bool:
        response = said.get("response", "").lower()
        algorithm = said.get("algorithm", "").upper() or ("SHA-256" if len(response) == 64 else "MD5")
        qop = said.get("qop", "").lower()
        if algorithm not in {"MD5", "SHA-256"} or "nonce" not in said or "uri" not in said:
            return False
        ha1 = secrets.md5 if algorithm == "MD5" else secrets.sha256
        ha2 = hashed(algorithm, f"{method}:{said['uri']}")
        if qop == "auth" and said.get("cnonce") and COUNT.fullmatch(said.get("nc", "")):
            middle = f"{said['nonce']}:{said['nc']}:{said['cnonce']}:{said['qop']}"
        elif not qop and self._legacy:
            middle = said["nonce"]
        else:
            return False
        expected = hashed(algorithm, f"{ha1}:{middle}:{ha2}")
        return hmac.compare_digest(expected.encode(), response.encode("utf-8", "surrogatepass"))

    def _same_target(self, uri: bytes, target: bytes) -> bool:
        absolute = ABSOLUTE.match(uri)
        if absolute is not None:
            uri = uri[absolute.end() :] or b"/"
        return uri == target or (bool(self._prefix) and uri == self._prefix + target)

    def _fresh(self, nonce: str, now: int) -> bool:
        """Whether the nonce is ours and young enough."""
        if not NONCE.fullmatch(nonce):
            return False
        raw = bytes.fromhex(nonce)
        if not hmac.compare_digest(self._mac(raw[:16]), raw[16:]):
            return False
        return -CLOCK_STEP_MICROSECONDS <= now - int.from_bytes(raw[:8], "big") <= self._lifetime

    def _first_time(self, said: dict[str, str], now: int) -> bool:
        """Whether this count is new with this nonce. Only right digests get here, so only friends fill the table."""
        nonce = said["nonce"]
        made_at = int(nonce[:16], 16)
        known = self._windows.get(nonce)
        if known is None:
            if made_at <= self._forgotten_until:
                return False
            self._make_room(now)
            known = self._windows[nonce] = (made_at, Window())
        self._windows.move_to_end(nonce)
        # Without qop there is no count: the first use is count 0, and there is no second.
        return known[1].take(int(said.get("nc", "0"), 16))

    def _make_room(self, now: int) -> None:
        while self._windows:
            nonce, (made_at, _) = next(iter(self._windows.items()))
            if now - made_at <= self._lifetime and len(self._windows) < self._max_nonces:
                return
            del self._windows[nonce]
            # A forgotten nonce must not count as never used, nor any that is as old.
            self._forgotten_until = max(self._forgotten_until, made_at)

    def _mac(self, body: bytes) -> bytes:
        return hmac.new(self._key, body, hashlib.sha256).digest()[:16]


def hashed(algorithm: str, text: str) -> str:
    """Lower-case hex of MD5 or SHA-256. Header text came as latin-1, so it goes back the same way."""
    raw = text.encode("latin-1", "replace")
    return (hashlib.md5(raw, usedforsecurity=False) if algorithm == "MD5" else hashlib.sha256(raw)).hexdigest()
