"""Accounts and tokens, for those who administer them."""

from typing import Any

from msgspec.structs import replace

from printyard.core.access.consents import end_consent
from printyard.core.access.credentials import Credentials, token_digest
from printyard.core.access.rules import require
from printyard.core.errors import Conflict, Invalid
from printyard.core.events import Fact, FactName
from printyard.core.model.user import HOME, Principal, Right, Role, Scope, Token, TokenPurpose, User
from printyard.core.model.value import Id, Instant
from printyard.core.organizations import organization_of, require_steward
from printyard.core.ports.secrets import Passwords
from printyard.core.ports.store import Store, Transaction
from printyard.core.ports.time import Clock, Ids

TOKEN_BYTES = 32
NAME_LIMIT = 100
EMAIL_LIMIT = 254
PASSWORD_LEAST = 8

LOGINS = frozenset({TokenPurpose.SESSION, TokenPurpose.OAUTH, TokenPurpose.REFRESH})
"""What came of somebody's password, and ends when that is changed."""


class Accounts:
    """People and their tokens."""

    def __init__(self, store: Store, clock: Clock, ids: Ids, passwords: Passwords, credentials: Credentials) -> None:
        self._store, self._clock, self._ids = store, clock, ids
        self._passwords, self._credentials = passwords, credentials

    async def add_token(
        self, principal: Principal, name: str, role: Role, expires_at: Instant | None = None,
        rights: frozenset[Right] | None = None,
    ) -> tuple[Token, str]:  # fmt: skip
        """A new token of nobody's and its secret, which is shown once. Raises Forbidden, Invalid."""
        require(principal, Right.ADMINISTER)
        secret = self._ids.secret(TOKEN_BYTES).hex()
        token = Token(
            id=self._ids.new(), organization_id=organization_of(principal), user_id=None, name=checked_name(name),
            role=role, created_at=self._clock.now(), expires_at=expires_at, rights=rights,
        )  # fmt: skip

        def work(tx: Transaction) -> None:
            tx.people.put_token(token, token_digest(secret))
            tx.events.append([token_fact(token, FactName.TOKEN_ADDED, tx.now, principal)])

        await self._store.write(work)
        return token, secret

    async def tokens(self, principal: Principal) -> list[Token]:
        """All tokens, people's own too, newest first; never their secrets."""
        require(principal, Right.ADMINISTER)
        await self._credentials.uses.write()
        tokens = await self._store.read(lambda tx: tx.people.tokens(principal.scope))
        return [token for token in tokens if token.purpose is TokenPurpose.ACCESS]

    async def revoke_token(self, principal: Principal, token_id: str) -> None:
        """Take a token's power away, and that of the sessions that it opened. Raises NotFound."""
        require(principal, Right.ADMINISTER)

        def work(tx: Transaction) -> None:
            revoke_token(tx, tx.people.token(principal.scope, token_id), principal)

        await self._store.write(work)
        self._credentials.forget()

    async def add_user(
        self, principal: Principal, name: str, role: Role, password: str = "", organization_id: str | None = None
    ) -> User:
        """A new account, by default in the caller's own organization.

        Raises Conflict (name taken), Invalid, Forbidden, NotFound (no such organization).
        """
        require(principal, Right.ADMINISTER)
        if organization_id is not None and organization_id != organization_of(principal):
            require_steward(principal)
        name, hashed = checked_name(name), await self._hashed(password)
        user = User(
            id=self._ids.new(), organization_id=Id(organization_id or organization_of(principal)), name=name, role=role,
            created_at=self._clock.now(), has_password=bool(password),
        )  # fmt: skip

        def work(tx: Transaction) -> User:
            if user.organization_id != HOME:
                tx.accounts.organization(Scope(organization_id=user.organization_id), user.organization_id)
            if tx.people.user_named(name) is not None:
                raise Conflict(f"There is a user {name!r} already.")
            stored = tx.people.put_user(user, hashed)
            tx.events.append([user_fact(stored, FactName.USER_ADDED, tx.now, principal)])
            return stored

        return await self._store.write(work)

    async def users(self, principal: Principal) -> list[User]:
        """All accounts."""
        require(principal, Right.ADMINISTER)
        return await self._store.read(lambda tx: tx.people.users(principal.scope))

    async def user(self, principal: Principal, user_id: str) -> User:
        """One account: the caller's own, or any for an administrator. Raises NotFound, Forbidden."""
        if principal.user_id is None or principal.user_id != user_id:
            require(principal, Right.ADMINISTER)
        return await self._store.read(lambda tx: tx.people.user(principal.scope, user_id))

    async def change_user(
        self, principal: Principal, user_id: str, role: Role | None = None, email: str | None = None,
        name: str | None = None, *, disabled: bool | None = None,
    ) -> User:  # fmt: skip
        """Change an account, from now on and for all of its tokens. One that is switched off has to sign in again.

        Raises NotFound, Conflict (the own role, or a name that is taken), Invalid.
        """
        require(principal, Right.ADMINISTER)
        if user_id == principal.user_id and (role is not None or disabled):
            raise Conflict("Nobody changes their own role, or switches themselves off: ask another administrator.")
        name = None if name is None else checked_name(name)
        email = None if email is None else checked_email(email)

        def work(tx: Transaction) -> User:
            user = tx.people.user(principal.scope, user_id)
            off = user.disabled_at is not None if disabled is None else disabled
            changed = replace(
                user, role=role or user.role, email=user.email if email is None else email, name=name or user.name,
                disabled_at=(user.disabled_at or tx.now) if off else None,
            )  # fmt: skip
            if changed == user:
                return user
            if off:
                end_logins(tx, user, LOGINS, principal.id)
            stored = tx.people.put_user(changed)
            tx.events.append([user_fact(stored, FactName.USER_CHANGED, tx.now, principal, disabled=off)])
            return stored

        stored = await self._store.write(work)
        self._credentials.forget()
        return stored

    async def set_password(self, principal: Principal, user_id: str, password: str) -> User:
        """Give an account another password ("": none); its sessions and programs have to sign in again.

        Raises NotFound, Forbidden, Invalid.
        """
        require(principal, Right.ADMINISTER)
        hashed = await self._hashed(password)

        def work(tx: Transaction) -> User:
            return change_password(tx, tx.people.user(principal.scope, user_id), hashed, principal)

        stored = await self._store.write(work)
        self._credentials.forget()
        return stored

    async def remove_user(self, principal: Principal, user_id: str) -> None:
        """Remove an account, with all that it could sign in with; what it did stays. Raises NotFound, Conflict."""
        require(principal, Right.ADMINISTER)
        if user_id == principal.user_id:
            raise Conflict("Nobody removes their own account: ask another administrator.")

        def work(tx: Transaction) -> None:
            remove_user(tx, tx.people.user(principal.scope, user_id), principal)

        await self._store.write(work)
        self._credentials.forget()

    async def _hashed(self, password: str) -> str:
        return await self._passwords.hash(checked_password(password)) if password else ""


def checked_name(name: str) -> str:
    """A person's or a token's name, as people see it. Raises Invalid."""
    clean = " ".join(name.split())
    if not clean or len(clean) > NAME_LIMIT or not clean.isprintable():
        raise Invalid(f"A name has 1 to {NAME_LIMIT} printable characters.")
    return clean


def checked_email(email: str) -> str:
    """A mail address, or "" for none. Raises Invalid."""
    clean = email.strip()
    local, _, domain = clean.rpartition("@")
    if clean and (not local or not domain or len(clean) > EMAIL_LIMIT or not clean.isprintable() or " " in clean):
        raise Invalid(f"A mail address has an @ and at most {EMAIL_LIMIT} characters.")
    return clean


def checked_password(password: str) -> str:
    """A new password, exactly as it was typed. Raises Invalid for one that is quickly guessed."""
    if len(password) < PASSWORD_LEAST:
        raise Invalid(f"A password has at least {PASSWORD_LEAST} characters.")
    return password


def change_password(tx: Transaction, user: User, hashed: str, principal: Principal, but: str | None = None) -> User:
    """Within a unit of work: another password; what came of the old one ends, but for the session `but`."""
    stored = tx.people.put_user(user, hashed)
    end_logins(tx, user, LOGINS, principal.id, but)
    fact = user_fact(stored, FactName.USER_CHANGED, tx.now, principal, password_changed=True)
    tx.events.append([fact])
    return stored


def remove_user(tx: Transaction, user: User, principal: Principal) -> None:
    """Within a unit of work: leave a tombstone."""
    tx.people.put_user(replace(user, deleted_at=tx.now, has_password=False), "")
    tx.accounts.leave_teams(user.id)
    end_logins(tx, user, frozenset(TokenPurpose), principal.id)
    tx.events.append([user_fact(user, FactName.USER_REMOVED, tx.now, principal)])


def end_logins(tx: Transaction, user: User, purposes: frozenset[TokenPurpose], by: str, but: str | None = None) -> None:
    """Within a unit of work: end somebody's tokens of these purposes, and what programs were allowed."""
    for consent in tx.oauth.consents(Scope(organization_id=user.organization_id), user_id=user.id):
        end_consent(tx, consent, by, "logins_ended")
    tx.people.revoke(tx.now, user_id=user.id, purposes=purposes, but=but)


def revoke_token(tx: Transaction, token: Token, principal: Principal) -> None:
    """Within a unit of work: end a token, the sessions that it opened, and what was allowed in them."""
    for consent in tx.oauth.consents(Scope(organization_id=token.organization_id), root_id=token.id):
        end_consent(tx, consent, principal.id, "token_revoked")
    tx.people.put_token(replace(token, revoked_at=token.revoked_at or tx.now), None)
    tx.people.revoke(tx.now, parent_id=token.id)
    tx.events.append([token_fact(token, FactName.TOKEN_REVOKED, tx.now, principal)])


def user_fact(user: User, name: FactName, at: Instant, principal: Principal, **body: Any) -> Fact:  # noqa: ANN401
    """Something about an account."""
    return Fact(
        name=name, at=at, organization_id=user.organization_id, subject_kind="user", subject_id=user.id,
        actor=principal.id, body={"name": user.name, "role": user.role.value} | body,
    )  # fmt: skip


def token_fact(token: Token, name: FactName, at: Instant, principal: Principal) -> Fact:
    """Something about a token."""
    return Fact(
        name=name, at=at, organization_id=token.organization_id, subject_kind="token", subject_id=token.id,
        actor=principal.id, body={"name": token.name, "role": token.role.value},
    )  # fmt: skip
