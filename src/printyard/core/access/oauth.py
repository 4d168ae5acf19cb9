"""OAuth2's authorization code: somebody's yes becomes a code, the code tokens, and a refresh token newer ones.

A code is good once and for a minute; a refresh token once, and if it comes back all that came of the same yes ends.
"""

from collections.abc import Mapping
from typing import NamedTuple

from msgspec.structs import replace

from printyard.core.access.consents import consent_fact, end_consent
from printyard.core.access.credentials import ADMIN, Credentials, token_digest
from printyard.core.access.oauth_clients import OAuthClients, known_to
from printyard.core.access.pkce import proves, refused
from printyard.core.access.redirects import check_redirect
from printyard.core.access.rules import require
from printyard.core.errors import Conflict, CoreError, Forbidden, Invalid, NotFound
from printyard.core.events import FactName
from printyard.core.model.oauth import Client, Code, Consent, Issued, Request
from printyard.core.model.user import Principal, Right, Role, Scope, Token, TokenPurpose, lesser
from printyard.core.model.value import Id, Instant, after, seconds_between
from printyard.core.organizations import organization_of
from printyard.core.ports.store import Store, Transaction
from printyard.core.ports.time import Clock, Ids
from printyard.core.users import revoke_token

CODE_SECONDS = 60.0
ACCESS_SECONDS = 3600.0
REFRESH_SECONDS = 60 * 24 * 3600.0
KEPT_SECONDS = 24 * 3600.0
"""How long a used code is remembered, so that its second coming is noticed."""

SECRET_BYTES = 32

Vocabulary = Mapping[str, frozenset[Right]]
"""An API's words for what a program can ask for."""


class Fresh(NamedTuple):
    """What is made anew for one answer, outside of the unit of work (which may run twice)."""

    consent_id: Id
    access_id: Id
    access: str
    refresh_id: Id
    refresh: str


class OAuth:
    """What people allow programs."""

    def __init__(self, store: Store, clock: Clock, ids: Ids, credentials: Credentials, clients: OAuthClients) -> None:
        self.clients = clients
        self._store, self._clock, self._ids, self._credentials = store, clock, ids, credentials

    async def check(self, request: Request) -> Client:
        """The client of a request that makes sense. Raises NotFound, Invalid (code bad_redirect: send nobody there)."""
        client = await self.clients.get(request.client_id)
        check_redirect(client, request.redirect_uri)
        if request.challenge is None and not client.confidential:
            raise refused("A code_challenge is required (PKCE).")
        return client

    async def allow(self, principal: Principal, request: Request) -> str:
        """Somebody says yes; the code. Raises like `check`, and Forbidden for who has only a part to give."""
        client = await self.check(request)
        require(principal, Right.READ)
        if principal.rights is not None or principal.scope.printers is not None or principal.scope.groups is not None:
            raise Forbidden("Who was given a part of the yard cannot pass it on.")
        organization = organization_of(principal)
        if not known_to(client, organization):
            raise NotFound("Nobody here knows this program.")
        secret, now = self._ids.secret(SECRET_BYTES).hex(), self._clock.now()
        code = Code(
            id=self._ids.new(), organization_id=organization, user_id=principal.user_id, name=principal.name,
            role=principal.role, client_id=client.client_id, redirect_uri=request.redirect_uri, scopes=request.scopes,
            rights=request.rights & client.rights, challenge=request.challenge, created_at=now,
            expires_at=after(now, CODE_SECONDS),
        )  # fmt: skip

        def work(tx: Transaction) -> None:
            tx.oauth.put_code(replace(code, root_id=_root(tx, principal)), token_digest(secret))

        await self._store.write(work)
        return secret

    async def exchange(self, client: Client, code: str, redirect_uri: str, verifier: str) -> Issued:
        """Tokens for a code, by its client. Any attempt uses the code up. Raises Invalid (code invalid_grant)."""
        digest, fresh = token_digest(code), self._fresh()

        def work(tx: Transaction) -> Issued | CoreError:
            found = tx.oauth.code(digest)
            if found is None:
                return _bad_grant("The code is not known.")
            if found.used_at is not None:
                _end_family(tx, found.consent_id, "code_reused")
                return _bad_grant("The code was used already.")
            wrong = _wrong(found, client, redirect_uri, verifier, tx.now)
            standing = _standing(tx, found)
            if wrong or standing is None:
                tx.oauth.put_code(replace(found, used_at=tx.now))
                return _bad_grant(wrong or "Whoever said yes may not any more.")
            consent = _consent(found, client, fresh.consent_id, tx.now)
            tx.oauth.put_code(replace(found, used_at=tx.now, consent_id=consent.id))
            tx.events.append([consent_fact(consent, FactName.CONSENT_GIVEN, tx.now, found.user_id or found.name)])
            return _issue(tx, consent, standing, fresh, consent.scopes, consent.rights)

        return self._told(await self._store.write(work))

    async def refresh(
        self, client: Client, refresh_token: str, scopes: tuple[str, ...], vocabulary: Vocabulary
    ) -> Issued:
        """Newer tokens for a refresh token, with all scopes or those of `scopes` that were allowed before.

        Raises Invalid (code invalid_grant, invalid_scope).
        """
        digest, fresh = token_digest(refresh_token), self._fresh()

        def work(tx: Transaction) -> Issued | CoreError:
            token = tx.people.token_by_digest(digest)
            consent = None if token is None or token.parent_id is None else tx.oauth.consent(token.parent_id)
            if token is None or consent is None or token.purpose is not TokenPurpose.REFRESH:
                return _bad_grant("The refresh token is not known.")
            if consent.client_id != client.client_id:
                return _bad_grant("The refresh token is another program's.")
            if token.revoked_at is not None:
                _end_family(tx, consent.id, "refresh_token_reused")
                return _bad_grant("The refresh token was used or withdrawn already.")
            standing = _standing(tx, consent)
            if standing is None or (token.expires_at is not None and token.expires_at <= tx.now):
                return _bad_grant("The refresh token has expired.")
            wanted = tuple(scope for scope in consent.scopes if not scopes or scope in scopes)
            if not wanted:
                return Invalid("None of these scopes was allowed.", code="invalid_scope")
            rights = consent.rights.intersection(frozenset().union(*(vocabulary.get(each, ()) for each in wanted)))
            tx.people.put_token(replace(token, revoked_at=tx.now), None)
            return _issue(tx, consent, standing, fresh, wanted, rights)

        return self._told(await self._store.write(work))

    async def revoke(self, client: Client, secret: str) -> None:
        """A program gives back a token of either kind (RFC 7009), and with it all of the family; fine for any other."""
        digest = token_digest(secret)

        def work(tx: Transaction) -> None:
            token = tx.people.token_by_digest(digest)
            consent = None if token is None or token.parent_id is None else tx.oauth.consent(token.parent_id)
            if consent is not None and consent.client_id == client.client_id:
                end_consent(tx, consent, consent.user_id or consent.name, "given_back")

        await self._store.write(work)
        self._credentials.forget()

    async def end(self, principal: Principal) -> None:
        """The caller's own token ends, with its family. Raises Conflict for a credential that is none of the kind."""

        def work(tx: Transaction) -> None:
            try:
                token = tx.people.token(principal.scope, principal.credential_id or "")
            except NotFound:
                raise Conflict("This credential does not end.") from None
            consent = None if token.parent_id is None else tx.oauth.consent(token.parent_id)
            if consent is None:
                revoke_token(tx, token, principal)
            else:
                end_consent(tx, consent, principal.id, "signed_out")

        await self._store.write(work)
        self._credentials.forget()

    async def consents(self, principal: Principal, *, everybodys: bool = False) -> list[Consent]:
        """What the caller (or everybody) allowed, newest first. Raises Forbidden, NotFound without an account."""
        user_id, now = _whose(principal, everybodys=everybodys), self._clock.now()
        found = await self._store.read(lambda tx: tx.oauth.consents(principal.scope, user_id=user_id))
        return [consent for consent in found if consent.expires_at > now]

    async def withdraw(self, principal: Principal, consent_id: str, *, everybodys: bool = False) -> None:
        """Take back what the caller (or anybody) allowed. Raises NotFound, Forbidden."""
        user_id = _whose(principal, everybodys=everybodys)

        def work(tx: Transaction) -> None:
            found = [each for each in tx.oauth.consents(principal.scope, user_id=user_id) if each.id == consent_id]
            if not found:
                raise NotFound("There is no such consent.")
            end_consent(tx, found[0], principal.id, "withdrawn")

        await self._store.write(work)
        self._credentials.forget()

    async def sweep(self) -> int:
        """Forget what ended long ago; how many."""
        limit = after(self._clock.now(), -KEPT_SECONDS)
        return await self._store.write(lambda tx: tx.oauth.forget(limit))

    def _fresh(self) -> Fresh:
        ids = self._ids
        return Fresh(
            consent_id=ids.new(), access_id=ids.new(), access=ids.secret(SECRET_BYTES).hex(),
            refresh_id=ids.new(), refresh=ids.secret(SECRET_BYTES).hex(),
        )  # fmt: skip

    def _told(self, outcome: Issued | CoreError) -> Issued:
        """What is refused may have ended a family all the same: so the unit of work returns, and this raises."""
        if isinstance(outcome, CoreError):
            self._credentials.forget()
            raise outcome
        return outcome


def _whose(principal: Principal, *, everybodys: bool) -> Id | None:
    """Whose consents are asked for (None: everybody's). Raises Forbidden, NotFound without an account."""
    require(principal, Right.ADMINISTER if everybodys else Right.READ)
    if everybodys:
        return None
    if principal.user_id is None:
        raise NotFound("There is no account behind this credential.")
    if principal.rights is not None:
        raise Forbidden("This program may not manage what you allowed.")
    return principal.user_id


def _wrong(code: Code, client: Client, redirect_uri: str, verifier: str, now: Instant) -> str:
    """Why a code is no good for this request; "" if it is."""
    if code.client_id != client.client_id:
        return "The code is another program's."
    if code.expires_at <= now:
        return "The code has expired."
    if code.redirect_uri != redirect_uri:
        return "The redirect_uri is not the one that was asked with."
    if code.challenge is None:
        # Without a challenge somebody may have taken it off: a verifier then proves that there was one.
        return "There was no code_challenge." if verifier else ""
    return "" if proves(code.challenge, verifier) else "The code_verifier is wrong."


class Standing(NamedTuple):
    """How far the word of somebody who said yes goes by now, and until when at most."""

    role: Role
    until: Instant | None


def _standing(tx: Transaction, given: Code | Consent) -> Standing | None:
    """None for somebody who was removed or switched off, or whose token ended with which they had signed in."""
    scope, role = Scope(organization_id=given.organization_id), given.role
    try:
        if given.user_id is not None:
            user = tx.people.user(scope, given.user_id)
            if user.disabled_at is not None:
                return None
            role = lesser(role, user.role)
        root = None if given.root_id is None else tx.people.token(scope, given.root_id)
    except NotFound:
        return None
    if root is None:
        return Standing(role, None)
    over = root.revoked_at is not None or (root.expires_at is not None and root.expires_at <= tx.now)
    return None if over else Standing(role, root.expires_at)


def _root(tx: Transaction, principal: Principal) -> Id | None:
    """The personal token with which somebody is signed in; None after a password, or the admin token."""
    if principal.credential_id in {None, ADMIN}:
        return None
    token = tx.people.token(principal.scope, str(principal.credential_id))
    return token.parent_id if token.purpose is TokenPurpose.SESSION else token.id


def _consent(code: Code, client: Client, consent_id: Id, now: Instant) -> Consent:
    return Consent(
        id=consent_id, organization_id=code.organization_id, user_id=code.user_id, name=code.name, role=code.role,
        client_id=code.client_id, application=client.name, scopes=code.scopes, rights=code.rights, created_at=now,
        expires_at=after(now, REFRESH_SECONDS), root_id=code.root_id,
    )  # fmt: skip


def _issue(
    tx: Transaction,
    consent: Consent,
    standing: Standing,
    fresh: Fresh,
    scopes: tuple[str, ...],
    rights: frozenset[Right],
) -> Issued:
    """An access token and the refresh token that follows it, both of one family."""
    ends = after(tx.now, REFRESH_SECONDS)
    ends = ends if standing.until is None else min(ends, standing.until)
    refresh = Token(
        id=fresh.refresh_id, organization_id=consent.organization_id, user_id=consent.user_id, name=consent.application,
        role=standing.role, created_at=tx.now, expires_at=ends, purpose=TokenPurpose.REFRESH,
        rights=consent.rights, parent_id=consent.id,
    )  # fmt: skip
    lasting = min(ends, after(tx.now, ACCESS_SECONDS))
    access = replace(refresh, id=fresh.access_id, purpose=TokenPurpose.OAUTH, rights=rights, expires_at=lasting)
    tx.oauth.put_consent(replace(consent, expires_at=ends))
    tx.people.put_token(access, token_digest(fresh.access))
    tx.people.put_token(refresh, token_digest(fresh.refresh))
    return Issued(
        access=fresh.access, refresh=fresh.refresh, lifetime_seconds=seconds_between(tx.now, lasting), scopes=scopes
    )


def _end_family(tx: Transaction, consent_id: Id | None, reason: str) -> None:
    consent = None if consent_id is None else tx.oauth.consent(consent_id)
    if consent is not None:
        end_consent(tx, consent, "", reason)


def _bad_grant(message: str) -> Invalid:
    return Invalid(message, code="invalid_grant")
