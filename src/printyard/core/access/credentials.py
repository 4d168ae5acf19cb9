"""Credentials become Principals: tokens by their hash, digest grants by their HA1, passwords slowly."""

import hashlib
import hmac
from typing import NamedTuple, TypeVar

from msgspec.structs import replace

from printyard.core.access.attempts import Attempts
from printyard.core.access.consents import end_consent
from printyard.core.access.uses import Uses
from printyard.core.errors import Forbidden, NotFound, Unauthenticated
from printyard.core.model.oauth import Consent
from printyard.core.model.user import HOME, Grant, GrantState, Principal, Role, Scope, Token, TokenPurpose, lesser
from printyard.core.ports.secrets import Passwords, Seal
from printyard.core.ports.store import Store, Transaction
from printyard.core.ports.time import Clock, Ids

REALM = "Jedi-API"
"""The one realm: a client in wide use has it hard-coded."""

ADMIN = "admin"
"""The digest user name of the admin token."""

ADMIN_SETTING = "admin_token"
ADMIN_SEEN_SETTING = "admin_seen"
"""The admin token of the last start, sealed: from it came the sessions that no account and no token stands behind."""

ADMIN_BYTES = 24

KNOWN_LIMIT = 4096

BEARERS = frozenset({TokenPurpose.ACCESS, TokenPurpose.OAUTH})
"""What a program shows with its requests."""

K = TypeVar("K")
V = TypeVar("V")


class HashedPair(NamedTuple):
    """HA1 = H(user:realm:key) by MD5 and by SHA-256, in lower-case hex: what digest authentication needs."""

    md5: str
    sha256: str


def hashed_pair(user: str, key: str) -> HashedPair:
    """HA1 of a user name and key in our realm."""
    text = f"{user}:{REALM}:{key}".encode()
    return HashedPair(hashlib.md5(text, usedforsecurity=False).hexdigest(), hashlib.sha256(text).hexdigest())


class Held(NamedTuple):
    """A token, and whom it stands for now: a role is never above that of the account behind it."""

    token: Token
    name: str
    role: Role
    consent: Consent | None = None


class Credentials:
    """Proof of who asks."""

    def __init__(self, store: Store, clock: Clock, seal: Seal, passwords: Passwords) -> None:
        self._store, self._clock = store, clock
        self._seal, self._passwords = seal, passwords
        self._admin: HashedPair | None = None
        self._admin_digests: list[bytes] = []
        self._tokens: dict[bytes, Held] = {}
        self._grants: dict[str, tuple[Grant, HashedPair]] = {}
        self._attempts = Attempts(clock)
        self.uses = Uses(store)
        self._lookups = object()

    def set_admin(self, secret: str) -> None:
        """The admin token that the configuration names."""
        self._admin = hashed_pair(ADMIN, secret)
        self.add_admin(secret)

    def add_admin(self, secret: str) -> None:
        """One more token that is as good as the admin's, until the server stops."""
        self._admin_digests.append(token_digest(secret))

    async def end_former_admin(self) -> None:
        """Whoever signed in with another admin token than the one that is set has to do it again."""
        if self._admin is None:
            return
        current = self._admin.sha256.encode()
        stored = await self._store.read(lambda tx: tx.settings.get(ADMIN_SEEN_SETTING))
        if stored is not None and hmac.compare_digest(self._seal.open(bytes.fromhex(stored)), current):
            return
        sealed = self._seal.close(current).hex()

        def work(tx: Transaction) -> None:
            end_admins_logins(tx)
            tx.settings.put(ADMIN_SEEN_SETTING, sealed)

        await self._store.write(work)
        self.forget()

    async def own_admin(self, ids: Ids) -> str:
        """Use the yard's own admin token; the token if it is made now, at the first start, else "".

        Only its hashes are kept.
        """
        stored = await self._store.read(lambda tx: tx.settings.get(ADMIN_SETTING))
        if stored is not None:
            digest, *pair = (self._seal.open(bytes.fromhex(sealed)) for sealed in stored)
            self._admin = HashedPair(*(half.decode() for half in pair))
            self._admin_digests.append(digest)
            return ""
        secret = ids.secret(ADMIN_BYTES).hex()
        parts = (token_digest(secret), *(half.encode() for half in hashed_pair(ADMIN, secret)))
        sealed_parts = [self._seal.close(part).hex() for part in parts]
        await self._store.write(lambda tx: tx.settings.put(ADMIN_SETTING, sealed_parts))
        self.set_admin(secret)
        return secret

    def forget(self) -> None:
        """What was looked up may have changed; also what is being looked up now."""
        self._lookups = object()
        self._tokens.clear()
        self._grants.clear()

    async def by_token(self, secret: str, purpose: TokenPurpose = TokenPurpose.ACCESS) -> Principal:
        """Who holds a token of that purpose. Raises Unauthenticated (code token_expired if it once was good)."""
        digest = token_digest(secret)
        access = purpose is TokenPurpose.ACCESS
        if access and any(hmac.compare_digest(digest, known) for known in self._admin_digests):
            return _admin_principal()
        held = self._tokens.get(digest) or await self._look_up(digest)
        token = held.token
        if token.purpose not in (BEARERS if access else {purpose}):
            raise Unauthenticated("The token is not for this.")
        if token.revoked_at is not None:
            raise Unauthenticated("The token was revoked.")
        now = self._clock.now()
        if token.expires_at is not None and token.expires_at <= now:
            raise Unauthenticated("The token has expired.", code="token_expired")
        self.uses.note(token.id, now)
        return Principal(
            id=token.user_id or f"token:{token.id if held.consent is None else held.consent.id}",
            name=held.name,
            role=held.role,
            scope=Scope(organization_id=token.organization_id),
            rights=token.rights,
            credential_id=token.id,
            application=token.name,
            user_id=token.user_id,
            present=token.purpose is TokenPurpose.SESSION and token.parent_id is None,
        )

    async def digest_pair(self, user: str) -> tuple[HashedPair, Grant | None]:
        """HA1 of a digest user, and its grant (None for the admin token). Raises NotFound for an unknown user."""
        if user == ADMIN and self._admin is not None:
            return self._admin, None
        known = self._grants.get(user)
        if known is None:
            lookups = self._lookups
            grant = await self._store.read(lambda tx: tx.people.grant_by_public_id(user))
            if grant is None:
                raise NotFound("There is no such application.")
            md5, sha256 = (
                self._seal.open(sealed).decode() for sealed in (grant.sealed_ha1_md5, grant.sealed_ha1_sha256)
            )
            known = (grant, HashedPair(md5, sha256))
            if lookups is self._lookups:
                _bound(self._grants)[user] = known
        return known[1], known[0]

    def by_grant(self, grant: Grant | None, printer_id: str) -> Principal:
        """Who proved a grant's key at a printer's door. Raises Unauthenticated: another printer's, or not allowed."""
        if grant is None:
            return _admin_principal()
        if grant.printer_id != printer_id:
            raise Unauthenticated("The access was granted for another printer.")
        if grant.state is GrantState.PENDING:
            raise Unauthenticated("Nobody has allowed the access yet.", code="pending")
        if grant.state is not GrantState.ALLOWED:
            raise Unauthenticated("The access was denied or withdrawn.", code="denied")
        return Principal(
            id=f"grant:{grant.id}",
            name=grant.user or grant.application,
            role=grant.role,
            scope=Scope(organization_id=grant.organization_id, printers=frozenset({grant.printer_id})),
            credential_id=grant.id,
            application=grant.application,
        )

    async def by_password(self, name: str, password: str, peer: str = "") -> Principal:
        """Who knows a password. It takes as long for a name that nobody has.

        Raises Unauthenticated, Throttled after many wrong ones (of a name, of a peer), Forbidden (switched off).
        """
        self._attempts.begin(name, peer)
        found = await self._store.read(lambda tx: tx.people.user_named(name))
        good = await self._passwords.verify(found[1] if found else "", password)
        if found is None or not good:
            raise Unauthenticated("The name or the password is wrong.")
        self._attempts.good(name, peer)
        user = found[0]
        if user.disabled_at is not None:
            raise Forbidden("This account is switched off.", code="disabled")
        return Principal(
            id=user.id, name=user.name, role=user.role, scope=Scope(organization_id=user.organization_id),
            user_id=user.id, present=True,
        )  # fmt: skip

    async def by_typed_token(self, secret: str, peer: str) -> Principal:
        """Who holds a token that was typed into a form. Raises Unauthenticated, Throttled after many wrong ones."""
        self._attempts.begin("", peer)
        principal = await self.by_token(secret.strip())
        self._attempts.good("", peer)
        return principal

    async def any_password(self) -> bool:
        """Whether somebody has a password."""
        return await self._store.read(lambda tx: tx.people.any_password())

    async def _look_up(self, digest: bytes) -> "Held":
        lookups = self._lookups
        found = await self._store.read(lambda tx: _held(tx, digest))
        if lookups is self._lookups:
            _bound(self._tokens)[digest] = found
        return found


def token_digest(secret: str) -> bytes:
    """The hash under which a token is stored: tokens are long and random, so a fast one is enough."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).digest()


def _held(tx: Transaction, digest: bytes) -> Held:
    """What a token stands for. Raises Unauthenticated: unknown, or its account is gone."""
    token = tx.people.token_by_digest(digest)
    if token is None:
        raise Unauthenticated("The token is not known.")
    consent = tx.oauth.consent(token.parent_id) if token.parent_id and token.purpose is TokenPurpose.OAUTH else None
    if token.user_id is None:
        return Held(token, token.name if consent is None else consent.name, token.role, consent)
    try:
        user = tx.people.user(Scope(organization_id=token.organization_id), token.user_id)
    except NotFound:
        raise Unauthenticated("The account of this token was removed.") from None
    if user.disabled_at is not None:
        raise Unauthenticated("The account of this token is switched off.")
    return Held(token, user.name, lesser(token.role, user.role), consent)


def end_admins_logins(tx: Transaction) -> None:
    """Within a unit of work: end what came of the admin token alone, sessions and what programs were allowed."""
    scope = Scope(organization_id=HOME)
    for consent in tx.oauth.consents(scope):
        if consent.user_id is None and consent.root_id is None:
            end_consent(tx, consent, ADMIN, "admin_token_changed")
    for token in tx.people.tokens(scope):
        of_admin = token.purpose is TokenPurpose.SESSION and token.user_id is None and token.parent_id is None
        if of_admin and token.revoked_at is None:
            tx.people.put_token(replace(token, revoked_at=tx.now), None)


def _bound(known: dict[K, V]) -> dict[K, V]:
    if len(known) >= KNOWN_LIMIT:
        known.clear()
    return known


def _admin_principal() -> Principal:
    return Principal(id=ADMIN, name=ADMIN, role=Role.ADMIN, scope=Scope(organization_id=HOME), credential_id=ADMIN)
