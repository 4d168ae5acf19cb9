"""Browsers that signed in, and links that sign in once."""

import hmac
import secrets

from msgspec.structs import replace

from printyard.core.access.credentials import ADMIN, Credentials, token_digest
from printyard.core.errors import Forbidden, Unauthenticated
from printyard.core.model.user import HOME, Principal, Token, TokenPurpose
from printyard.core.model.value import Id, Instant, after
from printyard.core.ports.store import Store, Transaction
from printyard.core.ports.time import Clock, Ids

SESSION_SECONDS = 14 * 24 * 3600.0
LINK_SECONDS = 15 * 60.0
SECRET_BYTES = 32
LINK_LIMIT = 100


class Sessions:
    """Signed-in browsers. A session is a token of its own purpose: it expires, and signing out revokes it."""

    def __init__(self, store: Store, clock: Clock, ids: Ids, credentials: Credentials) -> None:
        self._store, self._clock, self._ids, self._credentials = store, clock, ids, credentials
        self._links: dict[bytes, tuple[Principal, Instant]] = {}

    async def open(self, principal: Principal) -> str:
        """Sign somebody in; the secret for the cookie. Raises Forbidden for somebody who sees or may only a part."""
        if principal.rights is not None or principal.scope.printers is not None or principal.scope.groups is not None:
            raise Forbidden("This credential is good for a part of the yard only: it cannot sign in.")
        secret, now = self._ids.secret(SECRET_BYTES).hex(), self._clock.now()
        token = Token(
            id=self._ids.new(), organization_id=principal.scope.organization_id or HOME, user_id=principal.user_id,
            name=principal.name, role=principal.role, created_at=now, expires_at=after(now, SESSION_SECONDS),
            purpose=TokenPurpose.SESSION, parent_id=_parent(principal),
        )  # fmt: skip

        def work(tx: Transaction) -> None:
            session = token
            if token.parent_id is not None:
                parent = tx.people.token(principal.scope, token.parent_id)
                if parent.revoked_at is not None:
                    raise Unauthenticated("The token was revoked.")
                ends = min(parent.expires_at or after(now, SESSION_SECONDS), after(now, SESSION_SECONDS))
                session = replace(token, expires_at=ends)
            tx.people.put_token(session, token_digest(secret))

        await self._store.write(work)
        return secret

    async def sign_in(self, name: str, secret: str, peer: str) -> str:
        """What a log-in form holds, a name with its password or a token alone; the secret for the cookie.

        Raises Unauthenticated, Throttled, Forbidden.
        """
        named, credentials = name.strip(), self._credentials
        if named:
            return await self.open(await credentials.by_password(named, secret, peer))
        return await self.open(await credentials.by_typed_token(secret, peer))

    async def close(self, secret: str) -> None:
        """Sign out; fine if the session is over already."""
        digest = token_digest(secret)
        token = await self._store.read(lambda tx: tx.people.token_by_digest(digest))
        if token is not None and token.purpose is TokenPurpose.SESSION:
            ended = replace(token, revoked_at=self._clock.now())
            await self._store.write(lambda tx: tx.people.put_token(ended, None))
            self._credentials.forget()

    async def sweep(self) -> int:
        """Forget the sessions that are over; how many."""
        now = self._clock.now()
        return await self._store.write(lambda tx: tx.people.forget_sessions(now))

    async def principal(self, secret: str) -> Principal:
        """Who signed in. Raises Unauthenticated."""
        return await self._credentials.by_token(secret, TokenPurpose.SESSION)

    def link(self, principal: Principal) -> str:
        """A secret that proves `principal` once, within a quarter of an hour: for a link, or a query string."""
        now = self._clock.now()
        self._links = {digest: entry for digest, entry in self._links.items() if entry[1] > now}
        while len(self._links) >= LINK_LIMIT:
            self._links.pop(next(iter(self._links)))
        secret = self._ids.secret(SECRET_BYTES).hex()
        self._links[token_digest(secret)] = (principal, after(now, LINK_SECONDS))
        return secret

    def redeem(self, secret: str) -> Principal:
        """Who holds a link's secret; it is used up. Raises Unauthenticated."""
        principal, expires_at = self._links.pop(token_digest(secret), (None, Instant(0)))
        if principal is None or expires_at <= self._clock.now():
            raise Unauthenticated("This link was used already, or has expired.")
        return principal


def _parent(principal: Principal) -> Id | None:
    """The token that somebody signs in with; a password and the admin token are none."""
    return None if principal.credential_id in {None, ADMIN} else Id(str(principal.credential_id))


def form_token(session: str) -> str:
    """What a form of a signed-in page must send along: only a page that was served to this session knows it."""
    return hmac.new(session.encode(), b"printyard form", "sha256").hexdigest()


def same_form_token(session: str, sent: str) -> bool:
    """Whether a form came from our own page, in constant time."""
    return secrets.compare_digest(form_token(session).encode(), sent.encode("utf-8", "surrogatepass"))
