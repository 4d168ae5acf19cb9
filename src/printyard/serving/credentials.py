"""Credentials: what a request brings along to prove who asks, as plain values; what they are worth, the core says."""

from enum import StrEnum
from typing import Protocol, TypeAlias
from urllib.parse import parse_qsl

import msgspec

from printyard.core.access.credentials import HashedPair
from printyard.core.model.user import Principal
from printyard.serving.asgi import Scope

MAX_CREDENTIAL_BYTES = 8192


class AnonymousRight(StrEnum):
    """What somebody without a credential may at a door, if he calls from a trusted network."""

    NONE = "none"
    READ = "read"
    GUEST = "guest"
    MEMBER = "member"


class Bearer(msgspec.Struct, frozen=True):
    """`Authorization: Bearer`: a personal, access or admin token."""

    token: str


class Token(msgspec.Struct, frozen=True):
    """`Authorization: Token`: a token by its older name."""

    token: str


class ApiKey(msgspec.Struct, frozen=True):
    """`X-Api-Key`: a key."""

    key: str


class OneShot(msgspec.Struct, frozen=True):
    """A token in the query string; it is good for one use and some seconds, since query strings end up in logs."""

    token: str


class SessionCookie(msgspec.Struct, frozen=True):
    """A browser's session."""

    value: str


class DigestHeader(msgspec.Struct, frozen=True):
    """`Authorization: Digest`, not yet verified."""

    header: str


class DigestUser(msgspec.Struct, frozen=True):
    """A digest that was found right: the caller knows the key of `public_id`."""

    public_id: str


Credential: TypeAlias = Bearer | Token | ApiKey | OneShot | SessionCookie | DigestHeader
"""As extracted from a request."""

Proof: TypeAlias = Bearer | Token | ApiKey | OneShot | SessionCookie | DigestUser
"""As asked of the accounts."""


class Accounts(Protocol):
    """What the doors ask of the core about people, programs and their credentials."""

    def anonymous(self, right: AnonymousRight) -> Principal:
        """The caller without a credential: `authenticated` is False; a member is one whose prints need no approval."""

    async def principal(self, proof: Proof, printer_id: str | None) -> Principal:
        """Who that is, at that printer's own door if one is given (a digest grant belongs to one printer).

        Raises Unauthenticated: unknown, expired, another printer's, not allowed (yet); NotFound for a printer that is
        none of theirs, whatever they ask of it.
        """

    async def hashed_pair(self, public_id: str) -> HashedPair | None:
        """HA1 of a grant in any state, or of the admin (whose key is the admin token); None if there is no such."""


def authorization(value: str) -> Credential | None:
    """The credential in an Authorization header; None for a scheme that no door speaks."""
    scheme, _, rest = value.strip().partition(" ")
    rest = rest.strip()
    if not rest:
        return None
    match scheme.lower():
        case "bearer":
            return Bearer(rest)
        case "digest":
            return DigestHeader(value.strip())
        case "token":
            return Token(rest)
        case _:
            return None


def cookie(header: str, name: str) -> str:
    """The value of a cookie, or ""."""
    for pair in header.split(";"):
        key, _, value = pair.strip().partition("=")
        if key == name:
            return value.strip('"')
    return ""


def credential(scope: Scope, *, cookie_name: str = "", one_shot: str = "") -> Credential | None:
    """What the request brings, the strongest first: Authorization, X-Api-Key, one-shot parameter, session cookie."""
    found: dict[bytes, bytes] = {}
    for name, value in scope["headers"]:
        if name in {b"authorization", b"x-api-key", b"cookie"} and len(value) <= MAX_CREDENTIAL_BYTES:
            found.setdefault(name, value)
    if b"authorization" in found and (known := authorization(found[b"authorization"].decode("latin-1"))):
        return known
    if key := found.get(b"x-api-key", b"").strip():
        return ApiKey(key.decode("latin-1"))
    query: bytes = scope.get("query_string", b"")
    if one_shot and one_shot.encode() in query:
        for name, text in parse_qsl(query.decode("latin-1")):
            if name == one_shot:
                return OneShot(text)
    if cookie_name and (session := cookie(found.get(b"cookie", b"").decode("latin-1"), cookie_name)):
        return SessionCookie(session)
    return None
