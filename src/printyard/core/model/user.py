"""People and programs: who asks, and how far their word goes."""

from enum import StrEnum

from printyard.core.model.value import Id, Instant, Value

HOME = Id("home")
"""The one organization of a yard that nobody has divided."""


class Role(StrEnum):
    """How far somebody's word goes; each role may all that the ones below may."""

    ADMIN = "admin"
    OPERATOR = "operator"
    MEMBER = "member"
    GUEST = "guest"


RANK = {Role.GUEST: 0, Role.MEMBER: 1, Role.OPERATOR: 2, Role.ADMIN: 3}


def lesser(one: Role, other: Role) -> Role:
    """The role that may less."""
    return min(one, other, key=RANK.__getitem__)


class Right(StrEnum):
    """What can be asked for; `access.rules.REQUIRED` says which role it takes.

    READ: look. PRINT: hand in a print. CONTROL: move, heat, pause and abort. CONFIGURE: a printer's own settings.
    MANAGE: decide about others' requests and what stands in the yard's records. ADMINISTER: people, tokens, printers.
    """

    READ = "read"
    PRINT = "print"
    CONTROL = "control"
    CONFIGURE = "configure"
    MANAGE = "manage"
    ADMINISTER = "administer"


class Scope(Value):
    """The rows that somebody can see: a required argument of every read.

    `printers` and `groups` are None for all of the organization. `organization_id` is None only for the
    yard itself (the session supervisor, reactions) and for migrations.
    """

    organization_id: Id | None
    printers: frozenset[str] | None = None
    groups: frozenset[str] | None = None


EVERYTHING = Scope(organization_id=None)
"""For the yard itself alone."""


class Principal(Value):
    """Who asks, proved by whatever credential the door knows.

    `rights` narrows what the role allows (None: all of it); `credential_id` names the row that proves it,
    so that streams end when it is withdrawn; `application` is the program's name as it claimed it. `user_id` is the
    account behind it, if there is one; `present`: a person has signed in, and it is no program that holds a token.
    """

    id: str
    name: str
    role: Role
    scope: Scope
    rights: frozenset[Right] | None = None
    credential_id: str | None = None
    application: str = ""
    authenticated: bool = True
    user_id: Id | None = None
    present: bool = False


class User(Value):
    """A person with an account; one that is switched off (`disabled_at`) proves nobody until it is switched on."""

    id: Id
    organization_id: Id
    name: str
    role: Role
    created_at: Instant
    email: str = ""
    has_password: bool = False
    disabled_at: Instant | None = None
    deleted_at: Instant | None = None
    version: int = 1


class TokenPurpose(StrEnum):
    """What a token is for: programs that call, browsers that signed in, programs that somebody gave consent to."""

    ACCESS = "access"
    SESSION = "session"
    OAUTH = "oauth"
    REFRESH = "refresh"


class Token(Value):
    """A personal access token, a browser's session, or a program's; only its hash is stored.

    `rights` narrows what the role allows (None: all of it). `parent_id` names what it came of and ends with: a
    program's consent, the token with which a session was opened.
    """

    id: Id
    organization_id: Id
    user_id: Id | None
    name: str
    role: Role
    created_at: Instant
    expires_at: Instant | None = None
    last_used_at: Instant | None = None
    revoked_at: Instant | None = None
    purpose: TokenPurpose = TokenPurpose.ACCESS
    rights: frozenset[Right] | None = None
    parent_id: Id | None = None


class GrantState(StrEnum):
    """Whether an application that asked for access has it."""

    PENDING = "pending"
    ALLOWED = "allowed"
    DENIED = "denied"
    EXPIRED = "expired"
    REVOKED = "revoked"


class Grant(Value):
    """An application's access to one printer, asked for over the network and answered by a person.

    `public_id` is the digest user name (32 hex digits). The two HA1 values are sealed with the key file: they are the
    only secrets beside outgoing credentials that are not one-way, since digest authentication needs them.
    """

    id: Id
    organization_id: Id
    printer_id: Id
    public_id: str
    state: GrantState
    application: str
    user: str
    host_name: str
    exclusion_key: str
    role: Role
    created_at: Instant
    expires_at: Instant
    decided_at: Instant | None = None
    decided_by: str | None = None
    sealed_ha1_md5: bytes = b""
    sealed_ha1_sha256: bytes = b""
    version: int = 1
