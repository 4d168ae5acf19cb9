"""OAuth2 (RFC 6749, RFC 7636, RFC 8252): programs that act for somebody, and what they were allowed."""

from enum import StrEnum

from printyard.core.model.user import Right, Role
from printyard.core.model.value import Id, Instant, Value

MOST = frozenset(Right) - {Right.ADMINISTER}
"""What a program may ask for, unless somebody decides otherwise."""


class Client(Value):
    """A program that may ask people for access. `client_id` is what it calls itself.

    `loopback`: may send its user back to any port of this machine, at the one path for that; else to `redirect_uris`
    alone, letter for letter. `confidential`: keeps a secret, and proves it. `rights` is the most that it can get.
    One without an organization is known to all of them: an API has brought it along.
    """

    id: Id
    client_id: str
    name: str
    created_at: Instant
    organization_id: Id | None = None
    created_by: str = ""
    redirect_uris: tuple[str, ...] = ()
    loopback: bool = False
    confidential: bool = False
    rights: frozenset[Right] = MOST
    deleted_at: Instant | None = None
    version: int = 1


class ChallengeMethod(StrEnum):
    """How the challenge is made of the verifier. S512 is no standard, but the largest client speaks nothing else."""

    S256 = "S256"
    S512 = "S512"


class Challenge(Value):
    """What a program sends first of a secret that it shows when it fetches its tokens (PKCE)."""

    method: ChallengeMethod
    text: str


class Request(Value):
    """What a program asks somebody for. `redirect_uri` as it was asked, which may have been left out."""

    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    rights: frozenset[Right]
    challenge: Challenge | None = None


class Code(Value):
    """Somebody's yes, which a program turns into tokens: once, and soon. Only its hash is stored.

    `root_id` is the personal token with which whoever said it had signed in: what came of it ends with that.
    """

    id: Id
    organization_id: Id
    user_id: Id | None
    name: str
    role: Role
    client_id: str
    redirect_uri: str
    scopes: tuple[str, ...]
    rights: frozenset[Right]
    challenge: Challenge | None
    created_at: Instant
    expires_at: Instant
    used_at: Instant | None = None
    consent_id: Id | None = None
    root_id: Id | None = None


class Consent(Value):
    """What somebody allowed a program: the family of all tokens that came of one yes, and end together.

    `user_id` is None for whoever proved the admin token, or one of nobody's: there is no account then. `root_id` as
    of a code.
    """

    id: Id
    organization_id: Id
    user_id: Id | None
    name: str
    role: Role
    client_id: str
    application: str
    scopes: tuple[str, ...]
    rights: frozenset[Right]
    created_at: Instant
    expires_at: Instant
    revoked_at: Instant | None = None
    root_id: Id | None = None


class Issued(Value):
    """Tokens, as their program gets them: the secrets are shown this once."""

    access: str
    refresh: str
    lifetime_seconds: float
    scopes: tuple[str, ...]
